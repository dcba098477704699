# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module, then shows its summary on the terminal: a task of its own for that would hide it in JSON."""

from __future__ import annotations

import typing as t

from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.kubewire.netdebug.plugins.module_utils._report.text import colour_of

display = Display()


class ActionModule(NormalAction):  # type: ignore[misc]
    """Action plugin of M(kubewire.netdebug.net_report)."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module as Ansible would without this plugin; under C(async) there is nothing to show yet."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        if not self._task.no_log:
            show(result)
        return result


def show(result: dict[str, t.Any]) -> None:
    """Show the summary of a result, if it has one; the task is not about showing, so it never fails for that."""
    text = result.get("text")
    if result.get("failed") or not isinstance(text, str):
        return
    try:
        for line in ("", *text.splitlines()):
            display.display(line, color=colour_of(line) or None)
    except Exception as error:  # a closed terminal, an encoding: the result stands
        display.vvv(f"net_report: cannot show the summary: {error}")
