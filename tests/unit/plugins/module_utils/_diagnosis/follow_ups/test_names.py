# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked further of names and of ways in."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups import names as follow_ups_names
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups.doubts import Doubts
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups.records import (
    FollowUp,
    FollowUpAnswer,
)

from .. import chart_scenes, scenes
from ..chart_scenes import CONTROLLER
from ..scenes import CLIENT, SERVICE

RESOLV = ["nameserver 10.96.0.10", "nameserver 10.0.0.2", "search shop.svc.cluster.local svc.cluster.local lab"]


def unresolved(asked: str = "web:80", **more: str) -> Doubts:
    report = scenes.Report()
    report.ask((SERVICE, 80), "dns_nxdomain", asked=asked, **more)
    report.sources[f"shop/{CLIENT.name}/client"]["resolv_conf"] = RESOLV
    return Doubts(scenes.case(report=report), [])


def test_each_name_server_is_asked_alone_by_udp_and_tcp():
    found = list(follow_ups_names.name_servers(unresolved()))
    assert [(one.host, one.dns_server, one.transport) for one in found] == [
        ("web.shop.svc.cluster.local.", server, transport) for server in ("@1", "@2") for transport in ("", "tcp")
    ]
    assert str(found[0].object) == f"Pod shop/{CLIENT.name}"


def test_a_short_name_is_asked_in_each_domain_of_the_search_list():
    found = list(follow_ups_names.search_domains(unresolved()))
    assert [one.host for one in found] == ["web.shop.svc.cluster.local.", "web.svc.cluster.local.", "web.lab."]
    assert not list(follow_ups_names.search_domains(unresolved("web.shop.svc.cluster.local.:80")))


@pytest.mark.parametrize(
    ("asked", "protocol", "host"),
    [("web.shop:80", "tcp", "web.shop"), ("http://web/cart", "http", "web"), ("web.lab. A by @1", "dns", "web.lab.")],
)
def test_the_host_of_a_check_is_read_from_what_was_asked(asked: str, protocol: str, host: str):
    (doubt,) = unresolved(asked, protocol=protocol).all
    assert follow_ups_names.host_of(doubt.about) == host


def through_ingress(outcome: str = "http_502", *answers: FollowUpAnswer) -> Case:
    case = scenes.case(chart_scenes.snapshot(), chart_scenes.asked(outcome, "http://shop.lab:80/cart"))
    return dataclasses.replace(case, report={**case.report, "follow_ups": [each.to_dict() for each in answers]})


def backends(case: Case) -> list[FollowUp]:
    return list(follow_ups_names.backends(Doubts(case, [])))


def test_the_backend_is_asked_directly_with_the_host_by_either_protocol():
    found = backends(through_ingress())
    assert [(one.protocol, one.host, one.port, one.path, one.server_name) for one in found[:2]] == [
        ("http", "10.244.1.8", 8080, "/cart", "shop.lab"),
        ("https", "10.244.1.8", 8080, "/cart", "shop.lab"),
    ]
    assert len(found) == 4
    assert str(found[0].object) == "Ingress shop/web"


def test_the_controller_asks_a_backend_that_others_get_an_answer_from():
    assert not list(follow_ups_names.from_controllers(Doubts(through_ingress(), [])))
    (first, *_others) = backends(through_ingress())
    case = through_ingress("http_504", FollowUpAnswer(first, "shop/client/app", "http://10.244.1.8", "http_200"))
    (found,) = follow_ups_names.from_controllers(Doubts(case, []))
    assert (found.kind, found.host, found.askers) == ("controller", "10.244.1.8", (CONTROLLER.id,))
