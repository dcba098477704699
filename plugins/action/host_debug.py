# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows the diff of a container that is removed again, as that of M(kubewire.netdebug.debug_pod) is shown."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.action.debug_pod import ActionModule

__all__ = ("ActionModule",)
