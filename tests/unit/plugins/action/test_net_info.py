# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of net_info: it shows tables as text, and is never why a task fails."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.action import net_info
from ansible_collections.kubewire.netdebug.tests.unit.plugins.action.test_net_report import Screen

TABLE = "NAMESPACE   NAME\nshop        web-1\n"


def shown(monkeypatch: pytest.MonkeyPatch, result: dict[str, t.Any], broken: bool = False) -> list[str]:
    """Show a result and return the lines."""
    screen = Screen(broken)
    monkeypatch.setattr(net_info, "display", screen)
    net_info.show(result)
    return [line for line, _colour in screen.lines]


def test_tables_are_lines(monkeypatch: pytest.MonkeyPatch):
    assert shown(monkeypatch, {"table": TABLE}) == ["", "NAMESPACE   NAME", "shop        web-1"]


def test_nothing_in_them_moves_the_cursor(monkeypatch: pytest.MonkeyPatch):
    assert shown(monkeypatch, {"table": "a\x1b[2Jb"}) == ["", "a\\x1b[2Jb"]


@pytest.mark.parametrize("result", [{}, {"table": None}, {"failed": True, "table": TABLE}])
def test_without_tables_nothing_is_shown(monkeypatch: pytest.MonkeyPatch, result: dict[str, t.Any]):
    assert shown(monkeypatch, result) == []


def test_a_closed_terminal_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    assert shown(monkeypatch, {"table": TABLE}, broken=True) == []
