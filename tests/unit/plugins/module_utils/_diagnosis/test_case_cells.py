# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of a case are found by their objects."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import ref_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef

from . import scenes
from .scenes import SERVICE, WEB

DEPLOYMENT = ObjectRef("Deployment", "web", "shop")


def test_cells_are_found_by_their_objects():
    report = scenes.broken_service()
    report.ask((WEB[0], 8080))
    case = scenes.case(report=report)
    assert [about.cell.id for about in case.failing_for(ref_of(SERVICE))] == [1]
    assert [about.cell.id for about in case.answered_for(ref_of(WEB[0]))] == [2]
    assert case.failing_for(ref_of(WEB[0])) == []
    assert case.by_id[2] in case.answered


def test_a_recorded_socket_without_a_port_is_not_known():
    report = scenes.Report()
    report.source(WEB[0], listens=["0.0.0.0#8080", "lb.example.com", "#", "x#y", ""])
    assert scenes.case(report=report).listens(WEB[0]) == ("0.0.0.0#8080",)
