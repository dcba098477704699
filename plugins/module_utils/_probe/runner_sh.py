# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The runner for containers that have a shell and no Python."""

from __future__ import annotations

SOURCE = r"""
printf '%s\n' '{"kw": 1, "runner": "sh", "tools": []}' '{"done": 1}'
"""
