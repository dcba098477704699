# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module, then shows its causes on the terminal: a task of its own for that would hide them in JSON."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalAction

from .net_report import show


class ActionModule(NormalAction):  # type: ignore[misc]
    """Action plugin of M(kubewire.netdebug.net_diagnose)."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module as Ansible would without this plugin; under C(async) there is nothing to show yet."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        if not self._task.no_log and boolean(self._task.args.get("show", True), strict=False):
            show(result)
        return result
