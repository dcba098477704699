# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cells a fault makes fail."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.reach import to_pods, to_service, to_workload
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import Predicate, nothing

from . import scenes
from .scenes import SERVICE, WEB


def matched(predicate: Predicate, case: scenes.Case) -> list[int]:
    return [about.cell.id for about in case.cells if predicate(about)]


def asked() -> scenes.Report:
    report = scenes.Report()
    report.ask((SERVICE, 80))
    report.ask((SERVICE, 81))
    report.ask((SERVICE, 80), protocol="dns")
    report.ask((WEB[0], 8080))
    report.ask((WEB[1], 8080))
    return report


def test_a_service_and_a_port_of_it():
    case = scenes.case(report=asked())
    assert matched(to_service(SERVICE), case) == [1, 2]
    assert matched(to_service(SERVICE, 80), case) == [1]
    assert matched(nothing, case) == []


def test_the_name_of_a_headless_service_has_no_address_without_endpoints():
    case = scenes.case(report=asked())
    assert matched(to_service(dataclasses.replace(SERVICE, cluster_ips=())), case) == [1, 2, 3]


def test_that_no_name_server_answers_is_not_for_want_of_endpoints():
    for outcome in ("dns_timeout", "dns_servfail"):
        report = scenes.Report()
        report.ask((SERVICE, 80), outcome, protocol="dns")
        case = scenes.case(report=report)
        assert matched(to_service(dataclasses.replace(SERVICE, cluster_ips=())), case) == []


def test_pods_and_the_services_that_have_no_other():
    case = scenes.case(report=asked())
    assert matched(to_pods(case, WEB), case) == [1, 2, 4, 5]
    assert matched(to_pods(case, WEB[:1]), case) == [4]
    rest = scenes.case(scenes.snapshot(pods=(WEB[0], dataclasses.replace(WEB[1], ready=False))), asked())
    assert matched(to_pods(rest, WEB[:1]), rest) == [1, 2, 4]


def test_a_workload_without_pods():
    web = ObjectRef("Deployment", "web", "shop")
    none = scenes.case(scenes.snapshot(pods=()), asked())
    assert matched(to_workload(none, web), none) == [1, 2]
    some = scenes.case(report=asked())
    assert matched(to_workload(some, web), some) == []


def test_no_cell_that_is_matched_is_beyond_the_objects():
    rest = scenes.case(scenes.snapshot(pods=(WEB[0], dataclasses.replace(WEB[1], ready=False))), asked())
    none = scenes.case(scenes.snapshot(pods=()), asked())
    headless = dataclasses.replace(SERVICE, cluster_ips=())
    web = ObjectRef("Deployment", "web", "shop")
    for case in (scenes.case(report=asked()), rest, none):
        reaches = [to_service(SERVICE), to_service(SERVICE, 80), to_service(headless), to_workload(case, web)]
        reaches += [to_pods(case, WEB), to_pods(case, WEB[:1]), to_service(SERVICE).where(lambda _about: True)]
        for reach in reaches:
            for about in case.cells:
                assert not reach(about) or reach.objects & about.objects
            assert case.failing_that(reach) == [about for about in case.failing if reach(about)]
            assert case.answered_that(reach) == [about for about in case.answered if reach(about)]
        assert not to_service(SERVICE).where(lambda _about: False)(case.cells[0])
        assert case.answered_that(lambda _about: True) == list(case.answered)
