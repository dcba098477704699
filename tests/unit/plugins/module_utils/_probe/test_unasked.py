# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic models without a check are named where they could have some; the outside asks without a list of nodes."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import local, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import outside
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing, Snapshot
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

REFUSED = "cannot list nodes: nodes is forbidden"


def on(node: str, address: str, **status: t.Any) -> dict[str, t.Any]:
    """The status of a Pod on a node."""
    return {
        "status": {"hostIP": address, "hostIPs": [{"ip": address}], "podIPs": [{"ip": f"10.0.{node[-1]}.1"}], **status}
    }


def without_nodes() -> Snapshot:
    """What a user sees who may not list nodes."""
    pods = [
        cluster.pod("web-1", "w1", ports=[cluster.HTTP], **on("w1", "198.18.0.11")),
        cluster.pod("web-2", "w2", ports=[cluster.HTTP], **on("w2", "198.18.0.12")),
    ]
    whole = cluster.snapshot(nodes=[], pods=pods)
    return dataclasses.replace(whole, api_addresses=("10.96.0.1",), missing=(Missing("nodes", REFUSED, "grant"),))


def make(
    snapshot: Snapshot,
    sources: t.Any = None,
    targets: t.Any = None,
    outside: t.Sequence[Source] = (),
    models: t.Sequence[str] = tuple(MODELS),
) -> plan.Plan:
    facts = Facts(snapshot)
    selected = selection.select(facts, sources, targets, plan.kinds(models), (), outside)
    return plan.make(facts, selected, models, Options())


def missing(layout: plan.Plan) -> dict[str, str]:
    return {item.model: item.reason for item in layout.not_tested if item.model}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that this machine looked for a way to; it has one to each."""
    asked: list[str] = []

    def own(towards: str) -> str:
        asked.append(towards)
        return "198.51.100.8"

    monkeypatch.setattr(local, "_own_address", own)
    return asked


def test_nodes_are_known_by_their_pods_where_they_cannot_be_listed() -> None:
    assert Facts(without_nodes()).node_addresses == {"w1": ("198.18.0.11",), "w2": ("198.18.0.12",)}
    listed = cluster.snapshot()
    assert Facts(listed).node_addresses == {node.name: node.internal_ips for node in listed.nodes}


def test_an_older_api_server_gives_one_address_of_the_node() -> None:
    pod = cluster.pod("web-1", "w1", "10.0.1.1", status={"hostIP": "198.18.0.11", "podIPs": [{"ip": "10.0.1.1"}]})
    assert Facts(cluster.snapshot(nodes=[], pods=[pod])).node_addresses == {"w1": ("198.18.0.11",)}


def test_the_outside_asks_the_node_ports_of_nodes_that_cannot_be_listed(here: list[str]) -> None:
    snapshot = without_nodes()
    controller = outside.Outside([{"name": "controller", "answers": None, "error": None}], snapshot).sources
    assert here == ["198.18.0.11"]
    layout = make(snapshot, outside=controller)
    asked = {probe.host for probe in layout.probes["outside/controller"] if probe.model == "outside_to_nodeport"}
    assert asked == {"198.18.0.11", "198.18.0.12"}
    assert any(probe.model == "pod_to_nodeport" for probe in layout.probes["shop/web-1/app"])
    found = missing(layout)
    assert "outside_to_nodeport" not in found
    assert {found[name] for name in ("node_to_pod", "node_to_node")} == {"it needs nodes, which could not be listed"}
    assert "node ports of nodes that run no selected Pod" in {item.what for item in layout.not_tested}


def test_without_any_node_the_way_leads_to_load_balancers(here: list[str]) -> None:
    balancer = {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}}
    service = {**cluster.service("web", "10.96.0.5", ports=[{"port": 80}], type="LoadBalancer"), "status": balancer}
    snapshot = dataclasses.replace(cluster.snapshot(nodes=[], services=[service]), missing=without_nodes().missing)
    controller = outside.Outside([{"name": "controller", "answers": None, "error": None}], snapshot).sources
    assert here == ["198.18.0.200"]
    layout = make(snapshot, outside=controller)
    assert {probe.model for probe in layout.probes["outside/controller"]} == {"outside_to_loadbalancer"}


def test_who_has_no_way_in_says_so() -> None:
    snapshot = cluster.snapshot(nodes=[], services=[])
    (source,) = outside.Outside([{"name": "controller", "answers": None, "error": None}], snapshot).sources
    layout = make(snapshot, outside=[source])
    (told,) = [item for item in layout.not_tested if item.what == "from outside/controller"]
    assert told.reason.startswith("it has no route to any address of the cluster that could be read")
    assert not told.not_applicable
    assert missing(layout)["outside_to_nodeport"] == "no machine outside the cluster can probe"


def test_only_what_could_be_asked_is_missing() -> None:
    controller = Source("outside/controller", kind="outside", addresses=("198.51.100.8",))
    snapshot = dataclasses.replace(cluster.snapshot(), api_addresses=("10.96.0.1",))
    # There is no Ingress and no load balancer; nobody gave an address of the Internet.
    assert set(missing(make(snapshot, outside=[controller]))) == {"pod_to_internet"}
    assert missing(make(snapshot, models=["pod_to_service", "pod_to_ingress"])) == {}
    # What the user named leaves nothing out that was wanted.
    assert missing(make(snapshot, targets=[{"namespace": "shop", "service": "web"}])) == {}
    by_pod = make(snapshot, sources=[{"pod": "web-1"}], models=["pod_to_service", "node_to_service"])
    assert missing(by_pod) == {}


def test_finished_pods_and_those_of_the_host_are_nothing_to_ask() -> None:
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", ports=[cluster.HTTP]),
        cluster.pod("done-1", "w1", "10.0.1.8", status={"phase": "Succeeded", "containerStatuses": []}),
        cluster.pod("new-1", "w1", status={"phase": "Pending", "containerStatuses": []}),
        cluster.pod("host-1", "w1", "198.18.0.11", spec={"hostNetwork": True}),
    ]
    layout = make(cluster.snapshot(pods=pods), models=["pod_to_service"])
    told = {item.what: item.not_applicable for item in layout.not_tested if " Pod shop/" in item.what}
    assert {name for name, nothing in told.items() if not nothing} == {"from Pod shop/new-1", "to Pod shop/new-1"}
    assert told["from Pod shop/done-1"]
    assert told["to Pod shop/host-1"]


def test_pods_that_resolve_no_names_of_services_are_named_once_for_each_workload() -> None:
    owner = {"ownerReferences": [{"kind": "ReplicaSet", "name": "dns-1", "controller": True}]}
    pods = [cluster.pod(f"dns-{number}", "w1", f"10.0.1.{number}", spec={"dnsPolicy": "Default"}) for number in (1, 2)]
    for each in pods:
        each["metadata"].update(owner)
    pods += [
        cluster.pod(
            "own-1", "w1", "10.0.1.3", spec={"dnsPolicy": "None", "dnsConfig": {"nameservers": ["198.18.0.254"]}}
        ),
        cluster.pod("web-1", "w1", "10.0.1.4"),
    ]
    snapshot = dataclasses.replace(cluster.snapshot(pods=pods), dns_addresses=("10.96.0.10",))
    layout = make(snapshot, models=["pod_to_service"])
    told = {item.what: item for item in layout.not_tested if item.what.startswith("names of")}
    assert {name: item.reason for name, item in told.items()} == {
        "names of Services from 2 Pods of ReplicaSet/dns-1 in shop": "the Pod's dnsPolicy: Default does not use the "
        "cluster's DNS",
        "names of Services from Pod shop/own-1": "the Pod's dnsPolicy: None does not use the cluster's DNS",
    }
    assert all(item.not_applicable for item in told.values())
    assert not [
        item
        for item in make(cluster.snapshot(pods=pods), models=["pod_to_nodeport"]).not_tested
        if "names of" in item.what
    ]
