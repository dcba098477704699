# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one question asks of the sample application, recorded on the lab."""

from __future__ import annotations

import dataclasses
import json
import pathlib

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import expectation, matrix, plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.bounds import Bounds
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question import plan as question_plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question.plan import DirectQuestion
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import check
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

ROOT = pathlib.Path(__file__).resolve().parents[6]
SNAPSHOT = check.read(json.loads((ROOT / "lab" / "recording" / "snapshot.json").read_text()))
UNSET = dict.fromkeys(("sources", "targets"), None) | {"internet": []}
CONTROLLER = Source("outside/controller", kind="outside", addresses=("198.18.0.1", "fd00:198:18::1"))
SERVICE = SNAPSHOT.services[[service.name for service in SNAPSHOT.services].index("ledger")]
LEDGER = next(pod for pod in SNAPSHOT.pods if pod.name.startswith("ledger-"))
NODE_PORT = next(service for service in SNAPSHOT.services if service.name == "frontend-nodeport")
STORE = next(pod for pod in SNAPSHOT.pods if pod.name == "store-0")
API = [pod for pod in SNAPSHOT.pods if pod.name.startswith("api-")]
ASKER = "shop/bashful"


def asked(source: str, target: str, snapshot=SNAPSHOT, namespace: str = "shop") -> plan.Plan:
    """The plan of a question."""
    facts = Facts(snapshot)
    question = DirectQuestion(source, target, "cluster.local", namespace)
    selected = question.choose(facts, UNSET, {question.kind}, [CONTROLLER])
    options = Options(protocols=question.protocols(tuple(_words.PROTOCOLS)))
    layout = plan.make(facts, selected, question.models(list(MODELS)), options, Bounds(narrow=question.narrow))
    question.assert_asked(layout)
    return layout


def ways(layout: plan.Plan, family: str = "IPv4") -> set[str]:
    """What its first source asks in one family: model, protocol and what a person would type."""
    probes = next(iter(layout.probes.values()))
    shown = (f"{probe.model} {probe.protocol} {matrix.asked(probe)}" for probe in probes if probe.family == family)
    return {one.removeprefix("pod_to_") for one in shown}


NAMES = ("ledger", "ledger.shop", "ledger.shop.svc.cluster.local", "ledger.shop.svc.cluster.local.")
BY_SERVICE = {
    *(f"service dns {name} A" for name in NAMES),
    *(f"service tcp {host}:7000" for host in (NAMES[0], NAMES[-1], SERVICE.cluster_ips[0])),
    f"pod_same_node tcp {LEDGER.ips[0]}:7000",
}
HOSTS = ("https://shop.lab:443/v1/x?y=1", "https://198.18.0.200:443/v1/x?y=1")


@pytest.mark.parametrize(
    "target",
    [
        "ledger.shop:7000",
        "ledger.shop",
        "shop/ledger",
        "svc/ledger",
        "svc/ledger.shop:tcp-ledger",
        "shop/svc/ledger:7000/tcp",
        "ledger.shop.svc",
        "ledger.shop.svc.cluster.local.:7000",
        "ledger",
    ],
)
def test_a_service_is_asked_by_its_names_its_address_and_its_endpoints_in_both_families(target: str):
    layout = asked(ASKER, target)
    assert ways(layout) == BY_SERVICE
    assert len(ways(layout, "IPv6")) == len(BY_SERVICE)
    assert layout.not_tested == []


WAYS = {
    "shop/deployment/ledger:9999": {f"pod_same_node tcp {LEDGER.ips[0]}:9999"},
    "deployment/ledger": {f"pod_same_node {one}" for one in (f"icmp {LEDGER.ips[0]}", f"mtu {LEDGER.ips[0]}")}
    | {f"pod_same_node tcp {LEDGER.ips[0]}:7000"},
    f"shop/{LEDGER.name}:7000/udp": {f"pod_same_node udp {LEDGER.ips[0]}:7000"},
    "store-0.store.shop:7007/tcp": {
        f"headless tcp {host}:7007" for host in (STORE.ips[0], "store-0.store.shop.svc.cluster.local.")
    },
    "shop/frontend-nodeport:30080": {
        f"nodeport http http://{node.internal_ips[0]}:30080/healthz" for node in SNAPSHOT.nodes
    },
    f"{LEDGER.ips[0]}:7000": {f"pod_same_node tcp {LEDGER.ips[0]}:7000"},
    f"{SERVICE.cluster_ips[0]}": {f"service tcp {SERVICE.cluster_ips[0]}:7000"},
    f"{NODE_PORT.cluster_ips[0]}:30080": {f"service tcp {NODE_PORT.cluster_ips[0]}:30080"},
    "198.18.0.201": {"loadbalancer http http://198.18.0.201:80/healthz"},
    "node/w1": {"nodeport icmp 198.18.0.11"},
    "198.18.0.11:10250": {"nodeport tcp 198.18.0.11:10250"},
    "node/w1:30080": {"nodeport http http://198.18.0.11:30080/healthz"},
    "198.18.0.12:30080": {"nodeport http http://198.18.0.12:30080/healthz"},
    "https://shop.lab/v1/x?y=1": {f"ingress https {url}" for url in HOSTS}
    | {"ingress tls shop.lab:443", "ingress tls 198.18.0.200:443"},
    "ingress/status": {f"ingress http http://{host}:80/healthz" for host in ("status.shop.lab", "198.18.0.200")},
    "beta.shop.lab:80": {
        f"ingress http http://{host}:80{path}" for host in ("beta.shop.lab", "198.18.0.200") for path in ("/", "/v1")
    },
    "www.example.com": {"internet icmp www.example.com"},
    "www.example.com:53/udp": {"internet udp www.example.com:53"},
    "https://www.example.com/a?b": {"internet https https://www.example.com:443/a?b"},
    "192.0.2.1:80": {"internet tcp 192.0.2.1:80"},
    "supplier.shop:80": {
        "service dns supplier.shop.svc.cluster.local. A",
        "service tcp supplier.shop.svc.cluster.local.:80",
    },
}


@pytest.mark.parametrize("target", WAYS)
def test_each_kind_of_target(target: str):
    assert ways(asked(ASKER, target)) == WAYS[target]


@pytest.mark.parametrize("ip", [f"[{LEDGER.ips[1]}]:7000", f"[{SERVICE.cluster_ips[1]}]:7000", "[fd00:198:18::201]:80"])
def test_an_ipv6_address_is_asked_in_its_own_family(ip: str):
    layout = asked(ASKER, ip)
    assert ways(layout) == set()
    assert len(ways(layout, "IPv6")) == 1


def test_a_url_is_asked_with_its_path_and_its_host_wherever_its_service_is():
    probes = next(iter(asked(ASKER, "http://api.shop/v1").probes.values()))
    by_http = [probe for probe in probes if probe.protocol != "dns"]
    assert {probe.protocol for probe in by_http} == {"http"}
    assert {probe.path for probe in by_http} == {"/v1"}
    assert {probe.server_name for probe in by_http} == {"api.shop"}
    assert {probe.host for probe in by_http if probe.family == "IPv4" and probe.port == 8080} == {
        pod.ips[0] for pod in API
    }


SOURCES = {
    "shop/bashful": {"shop/bashful"},
    "bashful": {"shop/bashful"},
    "shop/deployment/frontend": {"shop/frontend"},
    "sts/store": {"shop/store-0", "shop/store-1"},
    "shop/store-1": {"shop/store-1"},
    "pod/store-1": {"shop/store-1"},
    "node/w2": {"node/w2"},
}


@pytest.mark.parametrize("source", SOURCES)
def test_each_kind_of_source(source: str):
    found = asked(source, "ledger.shop:7000").probes
    for name in SOURCES[source]:
        assert any(each.startswith(name) for each in found), found
    assert len(found) == (2 if "frontend" in source else len(SOURCES[source]))


def test_the_host_of_a_wildcard_is_asked_by_the_name_that_was_given():
    def wild(ingress):
        paths = tuple(dataclasses.replace(path, host="*.shop.lab", path="/a b") for path in ingress.paths)
        return dataclasses.replace(ingress, paths=paths)

    there = [wild(each) if each.name == "status" else each for each in SNAPSHOT.ingresses]
    snapshot = dataclasses.replace(SNAPSHOT, ingresses=tuple(there))
    found = ways(asked(ASKER, "new.shop.lab", snapshot))
    assert found == {f"ingress http http://{host}:80/a%20b" for host in ("new.shop.lab", "198.18.0.200")}
    probes = next(iter(asked(ASKER, "new.shop.lab", snapshot).probes.values()))
    assert {probe.server_name for probe in probes} == {"", "new.shop.lab"}
    assert ways(asked(ASKER, "two.labels.shop.lab:80", snapshot)) == {"internet tcp two.labels.shop.lab:80"}
    assert ways(asked("node/w1", "shop.lab:80")) == {
        f"node_to_node http http://shop.lab:80{path}" for path in ("/", "/v1")
    }


def test_a_node_asks_by_address_alone():
    found = ways(asked("node/w2", "ledger.shop"))
    assert found == {
        f"node_to_pod tcp {LEDGER.ips[0]}:7000",
        f"node_to_service tcp {SERVICE.cluster_ips[0]}:7000",
    }
    assert ways(asked("node/w2", "node/w1")) == {"node_to_node icmp 198.18.0.11", "node_to_node mtu 198.18.0.11"}


def test_the_outside_asks_a_service_through_what_leads_to_it():
    models = {way.split(" ")[0] for way in ways(asked("outside", "shop/frontend"))}
    assert models == {"outside_to_ingress"}
    assert len(ways(asked("outside", "shop/frontend-lb"))) == 1
    assert len(ways(asked("outside/controller", "shop/frontend-nodeport"))) == 3


def test_containers_of_one_pod_ask_each_other_where_the_pod_is_asked_by_itself():
    assert ways(asked("deployment/duo", "deployment/duo:7000")) == {"container_to_container tcp 127.0.0.1:7000"}


REFUSED = [
    ("shop/frontned", "x.y", "from: 'shop/frontned': namespace shop has no Pod or workload 'frontned'; "),
    ("shp/frontend", "x.y", "from: 'shp/frontend': there is no namespace 'shp'; the nearest is shop"),
    ("node/w3", "x.y", "from: 'node/w3': there is no node 'w3'; there are cp, w1, w2"),
    ("outside/other", "x.y", "from: 'outside/other': there is no outside_host 'other'; outside has controller"),
    ("job/stocktaking", "x.y", "from: 'job/stocktaking': there is no running Pod in namespaces shop"),
    (ASKER, "ledgr.shop", "to: 'ledgr.shop': namespace shop has no Service 'ledgr'; the nearest is ledger"),
    (ASKER, "ledger.shp", "to: 'ledger.shp': there is no namespace 'shp'; the nearest is ledger.shop"),
    (ASKER, "svc/leger", "to: 'svc/leger': namespace shop has no Service 'leger'; the nearest is ledger; "),
    (ASKER, "shop/leger", "the nearest are deployment/ledger, svc/ledger"),
    (ASKER, "leger", "a name of DNS that has no dot is leger."),
    (ASKER, "a.b.svc", "to: 'a.b.svc': there is no namespace 'b'; there are "),
    (ASKER, "a.svc.cluster.local", "it names no namespace"),
    (ASKER, "store-7.store.shop", "Service shop/store has no endpoint of the name 'store-7'; the nearest are "),
    (ASKER, "shop/ledger:7001", "Service shop/ledger has no port 7001; it has 7000/tcp (tcp-ledger)"),
    (ASKER, "shop/ledger:7000/udp", "Service shop/ledger has no port 7000/udp; it has 7000/tcp (tcp-ledger)"),
    (ASKER, "sts/store:web", "has no port of the name web; it declares 7007/udp (udp-echo), 7007/tcp (tcp-echo)"),
    (ASKER, "ingress/shp", "namespace shop has no ingress 'shp'; the nearest is shop"),
    (ASKER, "ingress/shop:81", "has no port 81; it is served at 80, 443"),
    (ASKER, "node/w1:https", "ports of nodes have none"),
    (ASKER, "www.example.com:https", "only ports of Services and Pods have one"),
    ("outside", "shop/ledger", "Service shop/ledger cannot be asked from outside: from outside, only node ports"),
    ("outside", "sts/store", "StatefulSet shop/store cannot be asked from outside: from outside, only node ports"),
    ("pod/store-0", "pod/store-0", "a Pod is not asked by itself"),
]


@pytest.mark.parametrize(("source", "target", "said"), REFUSED)
def test_what_matches_nothing_is_refused_with_what_there_is(source: str, target: str, said: str):
    with pytest.raises(SelectionError) as refusal:
        asked(source, target)
    assert said in str(refusal.value)
    assert str(refusal.value).startswith(
        tuple(f"{name}: {text!r}: " for name, text in (("from", source), ("to", target)))
    )


def test_workloads_of_two_kinds_are_refused_with_both():
    twin = next(pod for pod in SNAPSHOT.pods if pod.name == "store-0")
    twin = dataclasses.replace(twin, name="ledger-0", owner="StatefulSet/ledger")
    snapshot = dataclasses.replace(SNAPSHOT, pods=(*SNAPSHOT.pods, twin))
    with pytest.raises(SelectionError, match="say which of shop/deployment/ledger and shop/statefulset/ledger"):
        asked("shop/ledger", "x.y", snapshot)
    assert ways(asked(ASKER, "shop/ledger", snapshot)) == BY_SERVICE, "a Service goes before both"


def many(count: int):
    """The recording with so many more Pods of the ledger on as many nodes, all endpoints of its Service."""
    node = SNAPSHOT.nodes[1]
    nodes = [
        dataclasses.replace(node, name=f"n{number}", internal_ips=(f"198.18.9.{number}",)) for number in range(count)
    ]
    pods = [
        dataclasses.replace(LEDGER, name=f"ledger-{number}", node=f"n{number}", ips=(f"10.244.9.{number}",))
        for number in range(count)
    ]
    slices = []
    for part in SNAPSHOT.endpoint_slices:
        if part.service == "ledger" and part.address_type == "IPv4":
            more = [
                dataclasses.replace(part.endpoints[0], addresses=pod.ips, pod=pod.name, node=pod.node) for pod in pods
            ]
            part = dataclasses.replace(part, endpoints=(*part.endpoints, *more))  # noqa: PLW2901
        slices.append(part)
    return dataclasses.replace(
        SNAPSHOT,
        nodes=(*SNAPSHOT.nodes, *nodes),
        pods=(*SNAPSHOT.pods, *pods),
        endpoint_slices=tuple(slices),
    )


def test_a_question_costs_the_same_however_large_its_ends_are():
    small, large = many(20), many(200)
    for source, target in ((ASKER, "shop/ledger"), ("deployment/ledger", "shop/frontend-nodeport")):
        plans = [asked(source, target, snapshot) for snapshot in (small, large)]
        assert len({layout.cells for layout in plans}) == 1
        assert len({len(layout.probes) for layout in plans}) == 1
    left = [
        f"{item.what}: {item.reason}" for item in asked("deployment/ledger", "shop/frontend-nodeport", large).not_tested
    ]
    assert left == [
        "from 193 more Pods of deployment/ledger: a question is asked from 8 Pods of a workload",
        "node ports of Service shop/frontend-nodeport on 195 more nodes: a question asks 8 nodes",
    ]


def test_endpoints_that_are_not_ready_are_asked_where_no_other_is():
    slices = [
        dataclasses.replace(part, endpoints=tuple(dataclasses.replace(each, ready=False) for each in part.endpoints))
        for part in SNAPSHOT.endpoint_slices
    ]
    assert ways(asked(ASKER, "shop/ledger", dataclasses.replace(SNAPSHOT, endpoint_slices=tuple(slices)))) == BY_SERVICE


@pytest.mark.parametrize("target", ["ledger.shop:7000", "node/w1:30080", "https://shop.lab/v1/x", "store-0.store.shop"])
def test_what_must_happen_is_what_the_whole_cluster_s_run_would_say(target: str):
    """A target that was cut down to a port is judged as the whole one."""
    layout = expectation.assign(asked(ASKER, target), Facts(SNAPSHOT))
    for question in layout:
        expected = question.expected
        assert expected.decision == "allow", question
        assert expected.decided_by.split(" ")[0] in ("Service", "Pod", "Ingress", "NetworkPolicy"), expected


def test_it_is_not_given_beside_what_it_stands_for():
    none = dict.fromkeys(("from", "to", "sources", "targets", "internet", "label_selectors", "field_selectors"))
    question_plan.assert_alone({**none, "from": "shop/a", "targets": [{}]})
    for given in ({"from": "a", "sources": [{}]}, {"to": "a", "targets": [{}]}, {"to": "a", "internet": [{}]}):
        with pytest.raises(SelectionError, match="cannot be given with"):
            question_plan.assert_alone({**none, **given})
    with pytest.raises(SelectionError, match="cannot be given with label_selectors"):
        question_plan.assert_alone({**none, "from": "a", "to": "b", "label_selectors": ["x"]})


@pytest.mark.parametrize(("namespaces", "looked_up"), [((), "team"), (("shop",), "shop"), (("shop", "vault"), "team")])
def test_a_name_without_a_namespace_is_looked_up_in_the_one_that_is_selected_or_that_of_the_context(
    namespaces, looked_up
):
    question = DirectQuestion("frontend", "ledger", "cluster.local")
    question.look_up_in(namespaces, "team")
    assert question.namespace == looked_up


def test_either_end_alone_leaves_the_other_to_the_other_options():
    facts = Facts(SNAPSHOT)
    only_from = DirectQuestion("shop/bashful", None, "cluster.local")
    selected = only_from.choose(facts, UNSET, {"pod"}, [])
    assert selected.everything
    assert {chosen.source.pod.split("-")[0] for chosen in selected.sources} == {"bashful"}
    only_to = DirectQuestion(None, "ledger.shop:7000", "cluster.local", "shop")
    selected = only_to.choose(facts, {**UNSET, "sources": [{"outside": True}]}, {"outside"}, [CONTROLLER])
    assert [service.name for service in selected.services] == ["ledger"]
    assert [chosen.source.id for chosen in selected.sources] == ["outside/controller"]
    assert only_from.kind == "pod"
    assert only_to.kind == ""
