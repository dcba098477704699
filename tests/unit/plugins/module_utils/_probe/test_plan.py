# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a selection to probes."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.ports import detect
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.questions import NOTHING, Question
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    Expectation,
    Probe,
    Source,
    Target,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._words import PROTOCOLS
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

#: One cell for each question: the size of packets is a matter of its own.
PLAIN = Options(protocols=tuple(word for word in PROTOCOLS if word != "mtu"))


def make(models=tuple(MODELS), sources=None, asked=None, options=PLAIN, internet=(), outside=(), **lists):
    kinds = plan.kinds(models) or {"pod"}
    facts = Facts(cluster.snapshot(**lists))
    return plan.make(facts, selection.select(facts, sources, asked, kinds, internet, outside), models, options)


def questions(layout, source=None):
    return [
        (probe.protocol, probe.via, f"{probe.host}:{probe.port}")
        for name, probes in layout.probes.items()
        for probe in probes
        if source in (None, name)
    ]


WEB = "shop/web-1/app"


def test_pod_to_pod_knows_the_node():
    assert questions(make(["pod_to_pod_same_node"]), WEB) == [
        ("icmp", "address", "10.0.1.2:0"),
        ("tcp", "address", "10.0.1.2:5432"),
    ]
    assert questions(make(["pod_to_pod_cross_node"]), WEB) == [
        ("icmp", "address", "10.0.2.1:0"),
        ("http", "address", "10.0.2.1:8080"),
    ]


def test_service_by_short_name_fqdn_and_address():
    layout = make(["pod_to_service"], asked=[{"namespace": "shop", "service": "web"}])
    assert questions(layout, WEB) == [
        ("dns", "short name", "web:0"),
        ("dns", "name.namespace", "web.shop:0"),
        ("dns", "fqdn", "web.shop.svc.cluster.local:0"),
        ("dns", "fqdn.", "web.shop.svc.cluster.local.:0"),
        ("icmp", "address", "10.96.0.5:0"),
        ("http", "short name", "web:80"),
        ("http", "fqdn.", "web.shop.svc.cluster.local.:80"),
        ("http", "address", "10.96.0.5:80"),
    ]
    icmp = next(probe for probe in layout.probes[WEB] if probe.protocol == "icmp")
    assert "nothing answers ICMP" in icmp.skip


def test_the_bare_name_is_not_asked_from_another_namespace():
    other = cluster.pod("job-1", "w1", "10.0.1.9")
    other["metadata"]["namespace"] = "batch"
    layout = make(["pod_to_service"], asked=[{"namespace": "shop", "service": "db"}], pods=[other])
    assert questions(layout)[0] == ("dns", "name.namespace", "db.shop:0")


def test_node_port_on_every_node():
    layout = make(["pod_to_nodeport"])
    assert questions(layout, WEB) == [
        ("icmp", "address", "198.18.0.11:0"),
        ("http", "address", "198.18.0.11:30080"),
        ("icmp", "address", "198.18.0.12:0"),
        ("http", "address", "198.18.0.12:30080"),
    ]


def test_containers_of_a_pod_ask_each_other_and_only_one_asks_the_world():
    duo = cluster.pod(
        "duo-1",
        "w1",
        "10.0.1.7",
        containers=[
            {"name": "app", "ports": [{"containerPort": 80, "name": "http"}]},
            {"name": "side", "ports": [{"containerPort": 9000}]},
        ],
    )
    layout = make(["container_to_container", "pod_to_pod_same_node"], pods=[duo])
    assert questions(layout, "shop/duo-1/app") == [("tcp", "loopback", "127.0.0.1:9000")]
    assert questions(layout, "shop/duo-1/side") == [("http", "loopback", "127.0.0.1:80")]


def test_families_are_cells_of_their_own_and_only_where_both_ends_speak_them():
    pods = [
        cluster.pod("a-1", "w1", "10.0.1.1", "fd00::1"),
        cluster.pod("b-1", "w1", "10.0.1.2", "fd00::2"),
        cluster.pod("c-1", "w1", "10.0.1.3"),
    ]
    layout = make(["pod_to_pod_same_node"], pods=pods, services=[], endpoint_slices=[])
    assert [host for _p, _v, host in questions(layout, "shop/a-1/app")] == ["10.0.1.2:0", "fd00::2:0", "10.0.1.3:0"]
    assert [host for _p, _v, host in questions(layout, "shop/c-1/app")] == ["10.0.1.1:0", "10.0.1.2:0"]
    only = make(
        ["pod_to_pod_same_node"],
        options=dataclasses.replace(PLAIN, families=("IPv6",)),
        pods=pods,
        services=[],
        endpoint_slices=[],
    )
    assert [host for _p, _v, host in questions(only)] == ["fd00::2:0", "fd00::1:0"]


def test_what_cannot_be_source_or_target_is_said():
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", ports=[cluster.HTTP]),
        cluster.pod("done-1", "w1", "10.0.1.8", status={"phase": "Succeeded", "containerStatuses": []}),
        cluster.pod("going-1", "w1", "10.0.1.9", meta={"deletionTimestamp": "2026-11-21T09:00:00Z"}),
        cluster.pod("new-1", "w1", status={"phase": "Pending", "containerStatuses": []}),
        cluster.pod("host-1", "w1", "198.18.0.11", spec={"hostNetwork": True}),
    ]
    layout = make(["pod_to_pod_same_node", "pod_to_service"], pods=pods)
    assert list(layout.probes) == [WEB]
    said = {item.what: item.reason for item in layout.not_tested}
    assert said["from Pod shop/done-1"] == "it has finished (Completed)"
    assert said["to Pod shop/going-1"] == "it is being deleted"
    assert said["from Pod shop/new-1"] == "it is not running (Pending)"
    assert "hostNetwork" in said["to Pod shop/host-1"]


def test_a_dead_container_and_a_dead_node_keep_their_cells():
    dead = {"containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}
    layout = make(
        ["pod_to_service"],
        pods=[cluster.pod("web-1", "w1", "10.0.1.1", status=dead), cluster.pod("web-2", "w2", "10.0.2.1")],
        nodes=[cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12", ready=False)],
    )
    unusable = {source.id: source.unusable for source, _probes in layout.by_source()}
    assert unusable[WEB] == "container app is not running: CrashLoopBackOff"
    assert unusable["shop/web-2/app"].startswith("Node w2 is NotReady")


@pytest.mark.parametrize(
    ("sources", "asked", "words"),
    [
        ([{"pod": "nope"}], None, "sources: no Pod matches pod=nope"),
        ([{"label_selector": "a b"}], None, "sources: label_selector: 'a b' is not a label selector"),
        ([{"pod": "web-1", "container": "x"}], None, "has no container 'x'; it has app"),
        (None, [{"service": "nope", "namespace": "shop"}], "no service 'shop/nope'; there are shop/db, shop/web"),
        ([{"query": "pods["}], None, "sources: query 'pods\\[' is no JMESPath expression"),
        ([{"query": "pods[].name"}], None, "gives no list of Pods"),
        ([{"query": "pods[?node == 'w9']"}], None, "sources: no Pod matches query="),
        ([{"owner": "deployment/nope"}], None, "sources: no Pod matches owner=deployment/nope"),
        (None, [{"ingress": "nope"}], "no ingress 'default/nope'; there are none"),
        (None, [{"node": "nope"}], "no node 'nope'; the cluster has w1, w2"),
        (None, [{"label_selector": "app=nope"}], "targets: no Pod matches label_selector=app=nope"),
    ],
)
def test_a_selection_that_matches_nothing_is_named(sources, asked, words):
    with pytest.raises(SelectionError, match=words.replace("(", r"\(")):
        make(sources=sources, asked=asked)


def named(there, selected, context):
    """The Services that are chosen by name alone, where some namespaces have one of it."""
    services = [cluster.service("api", "10.96.0.9", ports=[{"port": 80}]) for _namespace in there]
    for made, namespace in zip(services, there, strict=True):
        made["metadata"] = {"namespace": namespace, "name": "api"}
    snapshot = dataclasses.replace(cluster.snapshot(services=services), selected=selected, namespace=context)
    chosen = selection.select(Facts(snapshot), [{"pod": "web-1"}], [{"service": "api"}])
    return [each.namespace for each in chosen.services]


@pytest.mark.parametrize(
    ("there", "selected", "context", "expected"),
    [
        (["default", "shop"], (), "", "default"),
        (["default", "shop"], (), "shop", "shop"),
        (["default", "shop"], ("shop",), "default", "shop"),
        (["shop"], (), "", "shop"),
        (["shop"], (), "elsewhere", "shop"),
    ],
)
def test_a_service_without_a_namespace_is_where_kubectl_would_look(there, selected, context, expected):
    assert named(there, selected, context) == [expected]


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (["east", "west"], "service 'api' is in the namespaces east, west; give one of them as namespace"),
        ([], "there is no service 'elsewhere/api'; there are none"),
    ],
)
def test_a_service_without_a_namespace_that_could_be_several_is_refused(there, words):
    with pytest.raises(SelectionError, match=f"^targets: {words}$"):
        named(there, (), "elsewhere")


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ({"query": "pods[?node == 'w1']"}, ["web-1", "db-1"]),
        ({"query": "pods[?node == 'w1']", "label_selector": "app=web"}, ["web-1"]),
        ({"owner": "Deployment/web"}, ["web-1"]),
        ({"owner": "replicaset/web-5d8"}, ["web-1"]),
        ({"owner": "DaemonSet/db"}, ["db-1"]),
    ],
)
def test_pods_by_query_and_by_owner(entry, names):
    def owned(kind, name):
        return {"ownerReferences": [{"kind": kind, "name": name, "controller": True}]}

    labels = {"app": "web", "pod-template-hash": "5d8"}
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", labels=labels, meta=owned("ReplicaSet", "web-5d8") | {"labels": labels}),
        cluster.pod("web-2", "w2", "10.0.2.1"),
        cluster.pod("db-1", "w1", "10.0.1.2", meta=owned("DaemonSet", "db")),
    ]
    layout = make(["pod_to_pod_same_node", "pod_to_pod_cross_node"], sources=[entry], pods=pods)
    assert [name.split("/")[1] for name in layout.probes] == names


def test_a_host_of_the_users_own_is_known_by_its_address():
    asked = [
        {"host": "10.0.2.1", "port": 8080},
        {"host": "10.96.0.6", "port": 5432},
        {"host": "example.lab", "port": 443},
    ]
    layout = make([], sources=[{"pod": "web-1"}], asked=asked)
    assert [probe.model for probe in layout.probes[WEB]] == [
        "pod_to_pod_cross_node",
        "pod_to_service",
        "pod_to_internet",
    ]


def test_a_path_of_the_cluster_is_escaped_and_a_host_of_the_user_refused():
    port = {"containerPort": 8080, "name": "http"}
    hostile = {"httpGet": {"port": "http", "path": "a b\n'\"$(id)\u00e9?x=1"}}
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", containers=[{"name": "app", "ports": [port], "livenessProbe": hostile}]),
        cluster.pod("db-1", "w1", "10.0.1.2"),
    ]
    layout = make(["pod_to_pod_same_node"], pods=pods, services=[], endpoint_slices=[])
    paths = {probe.path for probe in layout.probes["shop/db-1/app"] if probe.protocol == "http"}
    assert paths == {"/a%20b%0A'%22$(id)%C3%A9?x=1"}
    with pytest.raises(ValueError, match="'a; id'"):
        make([], asked=[{"host": "a; id", "port": 80}])


@pytest.mark.parametrize(
    ("name", "app_protocol", "probe", "protocol"),
    [
        ("http", "", None, "http"),
        ("https-web", "", None, "https"),
        ("metrics", "", None, "tcp"),
        ("metrics", "", {"port": "metrics", "path": "/live"}, "http"),
        ("metrics", "", {"port": 8443, "scheme": "HTTPS"}, "https"),
        ("http", "kubernetes.io/h2c", None, "tcp"),
        ("", "HTTPS", None, "https"),
    ],
)
def test_the_protocol_of_a_port(name, app_protocol, probe, protocol):
    spec = {"name": "app", "livenessProbe": {"httpGet": probe}} if probe else {"name": "app"}
    container = parse.pod(cluster.pod("web-1", "w1", containers=[spec])).containers[0]
    assert detect(container, name, 8443, app_protocol) == protocol


def test_a_name_of_the_cluster_that_none_can_be_is_not_asked_and_says_so():
    entry = {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"rules": [{"host": "a b.lab"}]}}
    entry["spec"]["rules"][0]["http"] = {"paths": [{"backend": {"service": {"name": "web"}}}]}
    facts = Facts(cluster.snapshot(ingresses=[entry]))
    layout = plan.make(facts, selection.select(facts, None, None), ["pod_to_ingress", "pod_to_service"], Options())
    skipped = {probe.skip for probes in layout.probes.values() for probe in probes if probe.model == "pod_to_ingress"}
    assert skipped == {"it cannot be asked: host 'a b.lab' is neither an address nor a DNS name"}
    assert all(probe.model != "pod_to_ingress" for _source, sent in layout.by_source() for probe in sent)
    own = selection.select(facts, None, [{"host": "a b.lab", "port": 80}])
    with pytest.raises(ValueError, match=r"^host 'a b\.lab' is neither an address nor a DNS name"):
        plan.make(facts, own, ["pod_to_service"], Options())


def test_a_name_server_is_not_asked_for_what_the_cluster_does_not_have():
    """The Service default/kubernetes has one family even where Pods have two."""
    dns = cluster.pod("dns-1", "w1", "10.0.1.9", "fd00::9", ports=[{"containerPort": 53, "protocol": "UDP"}])
    web = cluster.pod("web-1", "w1", "10.0.1.1", "fd00::1")
    snapshot = dataclasses.replace(cluster.snapshot(pods=[dns, web]), api_addresses=("10.96.0.1",))
    facts = Facts(snapshot)
    layout = plan.make(facts, selection.select(facts, None, None), ["pod_to_pod_same_node"], Options())
    asked = {probe.family: probe.skip for probe in layout.probes["shop/web-1/app"] if probe.protocol == "dns"}
    assert asked == {"IPv4": "", "IPv6": "kubernetes.default.svc has no IPv6 address that it could be asked for"}


def test_a_port_of_sctp_speaks_no_dns():
    assert detect(None, "dns", 53, "", "SCTP") == "sctp"


def test_what_needs_no_answer_is_waited_for_less():
    decisions = ("allow", "deny", "unknown", "not_applicable")
    probes = [
        Probe(number, "w", "t", "pod_to_service", "tcp", "IPv4", "10.0.0.1", 80, timeout_ms=4000)
        for number in range(len(decisions))
    ]
    source, target = Source("w"), Target("t", "service", "t")
    questions = [
        Question(source, None, target, NOTHING, probe, Expectation(decision, ""))
        for probe, decision in zip(probes, decisions, strict=True)
    ]
    shorter = plan.shorten_denied(plan.Plan({"w": questions}))
    assert [probe.timeout_ms for probe in shorter.probes["w"]] == [4000, 2000, 4000, 2000]
    assert {probe.timeout_ms for probe in probes} == {4000}
