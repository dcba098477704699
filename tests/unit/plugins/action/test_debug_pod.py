# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of debug_pod and host_debug: the diff is shown where Ansible would not show it."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.kubewire.netdebug.plugins.action import debug_pod, host_debug

DIFF = {"before_header": "Pod shop/a", "after_header": "Pod shop/a", "before": "", "after": "kind: Pod\n"}
RESULT = {"changed": False, "diff": DIFF}


@pytest.mark.parametrize("plugin", [debug_pod.ActionModule, host_debug.ActionModule])
@pytest.mark.parametrize(
    ("task", "result", "shown"),
    [
        ({}, RESULT, True),
        ({"no_log": True}, RESULT, False),
        ({"diff": False}, RESULT, False),
        ({}, {"changed": True, "diff": DIFF}, False),  # then Ansible shows it
        ({}, {"changed": False}, False),
    ],
)
def test_a_diff_is_shown_where_the_task_is_not_changed(monkeypatch, plugin, task, result, shown):
    lines: list[tuple[str, t.Any]] = []
    screen = types.SimpleNamespace(display=lambda text, color: lines.append((text, color)))
    monkeypatch.setattr(debug_pod, "display", screen)
    monkeypatch.setattr(NormalAction, "run", lambda _self, _tmp, _task_vars: dict(result))
    action = object.__new__(plugin)
    action._task = types.SimpleNamespace(**{"diff": True, "no_log": False, **task})
    assert action.run(None, {}) == result
    assert len(lines) == int(shown)
    if shown:
        assert "+kind: Pod" in lines[0][0]
        assert lines[0][1] == "green"
