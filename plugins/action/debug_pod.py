# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module and shows its diff, also where what it creates is removed again and the task is not changed."""

from __future__ import annotations

import typing as t

from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import shown_diff

display = Display()


class ActionModule(NormalAction):  # type: ignore[misc]
    """Action plugin of M(kubewire.netdebug.debug_pod) and M(kubewire.netdebug.host_debug)."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module as Ansible would without this plugin, then show the diff."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        lines = shown_diff.lines(result) if self._task.diff and not self._task.no_log else []
        if lines:
            display.display("\n".join(lines), color="green")
        return result
