# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of net_diagnose: it shows the causes, unless it is told not to."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.action import net_diagnose, net_report
from ansible_collections.kubewire.netdebug.tests.unit.plugins.action.test_net_report import Screen

RESULT = {"text": "1 cause explains 1 of 1 failed check"}


@pytest.mark.parametrize(
    ("args", "no_log", "lines"),
    [({}, False, 2), ({"show": True}, False, 2), ({"show": "no"}, False, 0), ({}, True, 0)],
)
def test_causes_are_shown(monkeypatch: pytest.MonkeyPatch, args: dict[str, t.Any], no_log: bool, lines: int):
    screen = Screen(False)
    monkeypatch.setattr(net_report, "display", screen)
    monkeypatch.setattr(net_diagnose.NormalAction, "run", lambda *_all: RESULT)
    plugin = net_diagnose.ActionModule.__new__(net_diagnose.ActionModule)
    plugin._task = types.SimpleNamespace(args=args, no_log=no_log)
    assert plugin.run() == RESULT
    assert len(screen.lines) == lines
