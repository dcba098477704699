# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cell with the objects on its way."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.about import named
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import ref_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Ingress, IngressPath

from . import scenes
from .scenes import CLIENT, SERVICE

INGRESS = Ingress("shop", "front", addresses=("198.18.0.200",), paths=(IngressPath("shop.lab", "/", "web", "80"),))
ENTRY = {"id": "ingress/shop/front/shop.lab/:80", "kind": "ingress", "name": "front", "namespace": "shop", "port": 80}


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("Service shop/web port 80", ObjectRef("Service", "web", "shop")),
        ("Node w1", ObjectRef("Node", "w1")),
        ("NetworkPolicy shop/deny", ObjectRef("NetworkPolicy", "deny", "shop")),
        ("resolv.conf", None),
        ("the address 198.18.0.200", None),
        ("", None),
    ],
)
def test_objects_are_read_from_texts(text: str, ref: ObjectRef | None):
    assert named(text) == ref


def test_a_cell_through_an_ingress_uses_the_service_behind_it():
    report = scenes.Report()
    report.ask({**ENTRY, "port_name": "shop.lab/"}, "http_503", "fail", decided_by="Ingress shop/front")
    (about,) = scenes.case(scenes.snapshot(ingresses=(INGRESS,)), report).cells
    assert about.asked == ObjectRef("Ingress", "front", "shop")
    assert about.objects == {about.asked, ref_of(SERVICE)}
    assert about.uses("shop/web", 80)
    assert about.asker == ref_of(CLIENT)


@pytest.mark.parametrize(("protocol", "uses"), [("tcp", True), ("udp", False)])
def test_a_cell_at_a_node_port_uses_its_service(protocol: str, uses: bool):
    port = ServicePort(80, target_port="8080", node_port=30080)
    report = scenes.Report()
    node = {"id": "node/w1:30080", "kind": "node", "name": "w1", "node": "w1", "port": 30080}
    report.ask(node, "timeout", protocol=protocol)
    (about,) = scenes.case(scenes.snapshot(service=dataclasses.replace(SERVICE, ports=(port,))), report).cells
    assert about.uses("shop/web", 80) is uses
    assert about.is_for(ObjectRef("Node", "w1"))


def test_a_lookup_sends_nothing_to_the_object():
    report = scenes.Report()
    report.ask((SERVICE, 80), "dns_nxdomain")
    report.ask((SERVICE, 80), "open", protocol="dns")
    report.ask((SERVICE, 80), "refused")
    assert [about.is_lookup for about in scenes.case(report=report).cells] == [True, True, False]


@pytest.mark.parametrize(
    ("outcome", "verdict", "failed", "opened", "answered"),
    [
        ("refused", "fail", True, False, False),
        ("open", "unexpected_open", False, True, False),
        ("http_200", "pass", False, False, True),
        ("timeout", "pass", False, False, False),
        ("timeout", "unknown", False, False, False),
    ],
)
def test_what_a_cell_says(outcome: str, verdict: str, failed: bool, opened: bool, answered: bool):
    report = scenes.Report()
    report.ask((SERVICE, 80), outcome, verdict)
    (about,) = scenes.case(report=report).cells
    assert (about.failed, about.open, about.answered) == (failed, opened, answered)
