# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module, then shows what it packed and what was not collected: a task of its own would hide that in JSON."""

from __future__ import annotations

from .net_diagnose import ActionModule

__all__ = ["ActionModule"]
