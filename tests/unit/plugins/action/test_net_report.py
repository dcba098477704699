# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of net_report: it shows the summary, and is never why a task fails."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.action import net_report

TEXT = "1 of 2 checks FAILED on cluster x\n\nRequests: none\n"


class Screen:
    """Stands for Ansible's display."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.lines: list[tuple[str, t.Any]] = []

    def display(self, line: str, color: t.Any = None) -> None:
        """Keep a line."""
        if self.broken:
            raise BrokenPipeError("the terminal is gone")
        self.lines.append((line, color))

    def vvv(self, line: str) -> None:
        """Drop a line."""


def shown(monkeypatch: pytest.MonkeyPatch, result: dict[str, t.Any], broken: bool = False) -> list[tuple[str, t.Any]]:
    """Show a result and return the lines."""
    screen = Screen(broken)
    monkeypatch.setattr(net_report, "display", screen)
    net_report.show(result)
    return screen.lines


def test_summary_is_shown_with_its_colours(monkeypatch: pytest.MonkeyPatch):
    assert shown(monkeypatch, {"text": TEXT}) == [
        ("", None),
        ("1 of 2 checks FAILED on cluster x", "red"),
        ("", None),
        ("Requests: none", None),
    ]


@pytest.mark.parametrize("result", [{}, {"failed": True, "text": TEXT}, {"ansible_job_id": "j1"}, {"text": 7}])
def test_nothing_to_show(monkeypatch: pytest.MonkeyPatch, result: dict[str, t.Any]):
    assert shown(monkeypatch, result) == []


def test_broken_terminal_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    assert shown(monkeypatch, {"text": TEXT}, broken=True) == []
