# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module and, where its option show is set, shows the tables of what it found, or in check mode its rights."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.kubewire.netdebug.plugins.module_utils._report.sanitize import sanitize

display = Display()
_WIDEST = 2000  #: columns of a line


class ActionModule(NormalAction):  # type: ignore[misc]
    """Action plugin of M(kubewire.netdebug.net_info)."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module as Ansible would without this plugin; under C(async) there is nothing to show yet."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        if boolean(self._task.args.get("show", False), strict=False) and not self._task.no_log:
            show(result)
        return result


def show(result: t.Mapping[str, t.Any]) -> None:
    """Show the rights of check mode, else the tables; the task is not about showing, so it never fails for that."""
    text = result.get("text") or (None if result.get("failed") else result.get("table"))
    if not isinstance(text, str):
        return
    try:
        for line in ("", *text.splitlines()):
            display.display(sanitize(line, _WIDEST))
    except Exception as error:  # a closed terminal, an encoding: the result stands
        display.vvv(f"net_info: cannot show the tables: {error}")
