# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot of a greater depth, from an API server that gives all of it or refuses a part."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import TABLE, Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather import Scope, gather
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds_workloads import (
    WORKLOAD_KINDS,
    WorkloadKind,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Workloads
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

Json = dict[str, t.Any]

MOST_REQUESTS = 60  #: beside logs and the lists of further namespaces
MANAGED = [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]


def crashing(name: str, namespace: str = "shop") -> Json:
    pod = cluster.pod(name, "w1", "10.0.1.9")
    pod["metadata"]["namespace"] = namespace
    pod["metadata"]["annotations"] = {"note": "MARKER"}
    env = [{"name": "A", "value": "MARKER"}, {"name": "DB", "value": "postgres://bob:MARKER@db:5432/x"}]
    pod["spec"]["containers"] = [{"name": "web", "image": "web:1", "env": env, "args": ["MARKER"]}]
    last = {"terminated": {"exitCode": 3, "reason": "Error"}}
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    pod["status"] = {"containerStatuses": [{"name": "web", "state": waiting, "lastState": last, "restartCount": 2}]}
    return pod


def named(name: str, namespace: str = "shop", **more: t.Any) -> Json:
    meta = {"name": name, "annotations": {"note": "MARKER"}, "managedFields": MANAGED}
    return {"metadata": {**meta, "namespace": namespace} if namespace else meta, **more}


EVENT = {
    "metadata": {"namespace": "shop", "name": "e"},
    "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
    "reason": "BackOff",
    "message": "Back-off restarting failed container",
    "type": "Warning",
    "lastTimestamp": "2026-12-01T04:00:00Z",
}
KEYS = {"f:data": {".": {}, "f:password": {}}, "f:type": {}}
SECRET = named("db", type="Opaque", data={"password": "MARKER"})
SECRET["metadata"]["managedFields"] = [{"manager": "kubectl", "operation": "Apply", "fieldsV1": KEYS}]
HOOKS = [{"name": "a.lab", "clientConfig": {"service": {"namespace": "shop", "name": "hook"}}}]
SERVED = [{"spec": {"service": {"namespace": "shop", "name": "metrics"}}}, {"spec": {}}]
#: Resource -> what the whole cluster has of it; other lists are empty.
LISTS: dict[str, list[Json]] = {
    "pods": [crashing("web-1"), crashing("coredns-1", "kube-system")],
    "services": [named("web", spec={"clusterIPs": ["10.96.0.5"], "ports": [{"port": 80}]})],
    "nodes": [cluster.node("w1", "198.18.0.11")],
    "namespaces": [named("shop", ""), named("kube-system", ""), named("back", "")],
    "events": [EVENT, EVENT],
    **{f"{kind}s": [named("web", spec={"replicas": 2})] for kind in ("deployment", "statefulset", "replicaset")},
    "daemonsets": [named("kube-proxy", "kube-system", status={"desiredNumberScheduled": 3})],
    "jobs": [named("nightly", spec={"parallelism": 1})],
    "cronjobs": [named("nightly", spec={})],
    "resourcequotas": [named("few", spec={"hard": {"pods": "6"}})],
    "limitranges": [named("small", spec={"limits": [{"type": "Pod"}]})],
    "persistentvolumeclaims": [named("data", spec={})],
    "serviceaccounts": [named("default")],
    "poddisruptionbudgets": [named("web", spec={})],
    "secrets": [SECRET],
    "configmaps": [named("conf", data={"color": "MARKER"})],
    "persistentvolumes": [named("pv-1", "", spec={})],
    "storageclasses": [named("fast", "")],
    "priorityclasses": [named("high", "", value=5)],
    "validatingwebhookconfigurations": [named("check", "", webhooks=HOOKS)],
    "mutatingwebhookconfigurations": [named("change", "", webhooks=HOOKS)],
    "apiservices": [named("v1.x", "", **SERVED[0]), named("v1.", "", **SERVED[1])],
    "certificatesigningrequests": [named("csr-1", "", spec={})],
    "prioritylevelconfigurations": [named("workload-low", "", spec={"type": "Limited"})],
    "flowschemas": [named("service-accounts", "", spec={"matchingPrecedence": 9000})],
    "leases": [
        named("w1", "kube-node-lease", spec={"renewTime": "2026-12-01T04:57:07Z"}),
        named("kube-scheduler", "kube-system", spec={"renewTime": "2026-12-01T04:57:08Z"}),
    ],
    "horizontalpodautoscalers": [named("web", spec={"scaleTargetRef": {"kind": "Deployment", "name": "web"}})],
    "roles": [named("reader", rules=[])],
    "rolebindings": [named("read", roleRef={"kind": "Role", "name": "reader"})],
    "clusterroles": [named("view", "", rules=[])],
    "clusterrolebindings": [named("viewers", "", roleRef={"kind": "ClusterRole", "name": "view"})],
}
COREFILE = named("coredns", "kube-system", data={"Corefile": ".:53 {\n}", "other": "MARKER"})


class Server:
    """Answers as the lists above say, with 403 where a path ends like one of some; remembers what it was asked."""

    def __init__(self, *forbidden: str, dns_role: bool = False) -> None:
        self.forbidden = forbidden
        self.dns_role = dns_role
        self.asked: list[str] = []
        self.accepted: dict[str, str] = {}

    def __call__(self, peer: t.Any) -> None:
        url = urllib.parse.urlsplit(peer.request.split(" ")[1])
        self.asked.append(url.path)
        place, _slash, name = url.path.rpartition("/")
        self.accepted[name] = peer.header("Accept")
        if url.path.endswith(self.forbidden) if self.forbidden else False:
            peer.answer(403, {"kind": "Status", "code": 403, "message": f"{name} is forbidden"})
        elif url.path == "/version":
            peer.answer(200, {"gitVersion": "v1.36.0"})
        elif url.path == "/apis":
            peer.answer(200, {"groups": []})
        elif name == "log":
            peer.answer(200, b"missing DB_HOST\npassword=MARKER\n")
        elif name == "coredns":
            peer.answer(200, COREFILE)
        elif name == "system:coredns" and self.dns_role:
            peer.answer(200, named(name, "", rules=[], roleRef={"kind": "ClusterRole", "name": name}))
        elif name in LISTS or name in ("endpointslices", "ingresses", "networkpolicies", "ingressclasses"):
            namespace = place.rpartition("/namespaces/")[2] if "/namespaces/" in place else ""
            found = [each for each in LISTS.get(name, []) if not namespace or spaced(each) == namespace]
            if peer.header("Accept") == TABLE:
                peer.answer(200, table(found))
            else:
                peer.answer(200, {"items": found, "metadata": {}})
        else:
            peer.answer(404, {"kind": "Status", "code": 404, "message": "not found"})


def table(items: list[Json]) -> Json:
    """Objects as the API server gives them as a Table: what kubectl prints of them, and their metadata."""
    columns = [{"name": name} for name in ("Name", "Type", "Data", "Age")]
    rows = [
        {
            "cells": [each["metadata"]["name"], each.get("type"), len(each.get("data", {})), "5m"],
            "object": {"kind": "PartialObjectMetadata", "metadata": each["metadata"]},
        }
        for each in items
    ]
    return {"kind": "Table", "columnDefinitions": columns, "rows": rows, "metadata": {}}


def spaced(item: Json) -> str:
    return str(item["metadata"].get("namespace", ""))


@pytest.fixture
def read(bad_server: t.Any) -> t.Callable[..., Snapshot]:
    def take(server: Server, depth: str = "workloads", *namespaces: str) -> Snapshot:
        snapshot = gather(Api(bad_server(server).connection(), 60.0), Scope(namespaces), depth=depth)
        text = json.dumps(snapshot.to_dict())
        assert Snapshot.from_dict(json.loads(text)) == snapshot
        assert "MARKER" not in text, "no value of an environment, an argument, an annotation, a Secret, a ConfigMap"
        assert snapshot.requests == len(server.asked)
        return snapshot

    return take


def workloads(snapshot: Snapshot) -> Workloads:
    assert snapshot.workloads
    return snapshot.workloads


def names(records: t.Iterable[t.Any]) -> list[str]:
    return [each.name for each in records]


def test_what_depth_workloads_adds(read: t.Any) -> None:
    found = workloads(read(Server()))
    assert found.unknown == {}
    assert found.depth == "workloads"
    assert names(found.pods) == ["coredns-1", "web-1"]
    assert found.pods[1].containers[0].addresses == ("db:5432",)
    assert [f"{each.kind}/{each.name}" for each in found.owners] == [
        "DaemonSet/kube-proxy",
        "Deployment/web",
        "ReplicaSet/web",
        "StatefulSet/web",
    ]
    assert [(each.name, each.reason, each.count) for each in found.events] == [("web-1", "BackOff", 2)]
    assert [(each.pod, each.previous, each.lines) for each in found.logs] == [
        ("coredns-1", True, ("missing DB_HOST", "password=[redacted]")),
        ("web-1", True, ("missing DB_HOST", "password=[redacted]")),
    ]
    one_each = ("quotas", "limit_ranges", "claims", "volumes", "storage_classes", "service_accounts")
    one_each += ("priority_classes", "disruption_budgets", "leases", "api_services", "signing_requests")
    assert {field: len(getattr(found, field)) for field in one_each} == dict.fromkeys(one_each, 1)
    assert [(each.kind[:10], each.name) for each in found.webhooks] == [
        ("MutatingWe", "a.lab"),
        ("Validating", "a.lab"),
    ]
    assert [(each.name, each.lease) for each in found.nodes] == [("w1", "2026-12-01T04:57:07Z")]
    assert [(each.name, each.key, each.text) for each in found.configurations] == [("coredns", "Corefile", ".:53 {\n}")]
    assert [each.to_dict() for each in found.keys] == [
        {"kind": "ConfigMap", "namespace": "shop", "name": "conf", "partial": True},
        {"kind": "Secret", "namespace": "shop", "name": "db", "type": "Opaque", "keys": ["password"], "partial": False},
    ]
    assert [f"{each.kind}/{each.name}" for each in found.histories] == [
        "ConfigMap/coredns",
        "DaemonSet/kube-proxy",
        "Deployment/web",
        "Service/web",
        "StatefulSet/web",
    ]
    assert names(found.autoscalers) == ["web"]
    assert (found.roles, found.bindings) == ((), ()), "there is no role of the cluster's DNS"


def test_what_depth_all_adds_to_that(read: t.Any) -> None:
    found = workloads(read(Server(), "all"))
    assert found.unknown == {}
    assert [(each.kind, each.name, each.type, each.keys) for each in found.keys] == [
        ("ConfigMap", "conf", "", ("color",)),
        ("Secret", "db", "Opaque", ("password",)),
    ]
    assert {each.kind for each in found.owners} >= {"Job", "CronJob"}
    assert names(found.autoscalers) == ["web"]
    assert [each.kind for each in found.roles] == ["ClusterRole", "Role"]
    assert [each.kind for each in found.bindings] == ["ClusterRoleBinding", "RoleBinding"]


def test_the_role_of_the_clusters_dns_is_read_by_its_name(read: t.Any) -> None:
    server = Server(dns_role=True)
    found = workloads(read(server))
    assert [(each.kind, each.name) for each in (*found.roles, *found.bindings)] == [
        ("ClusterRole", "system:coredns"),
        ("ClusterRoleBinding", "system:coredns"),
    ]
    assert found.unknown == {}
    refused = workloads(read(Server("/clusterroles/system:coredns"))).unknown
    assert set(refused) == {"dns_access"}
    assert "resources: [clusterroles], verbs: [get]" in refused["dns_access"]
    every = Server(dns_role=True)
    read(every, "all")
    assert not [path for path in every.asked if path.endswith("system:coredns")], "all of them are listed"


def test_depth_traffic_reads_nothing_of_it(read: t.Any) -> None:
    server = Server()
    assert read(server, "traffic").workloads is None
    assert not [path for path in server.asked if path.endswith(("events", "log", "secrets", "deployments"))]


def test_secrets_and_config_maps_are_not_sent_where_their_names_are_enough(read: t.Any) -> None:
    server = Server()
    read(server)
    assert server.accepted["secrets"] == server.accepted["configmaps"] == TABLE
    assert server.accepted["deployments"] == "application/json"


@pytest.mark.parametrize("kind", WORKLOAD_KINDS, ids=lambda kind: f"{kind.fact}-{kind.resource}")
def test_a_list_that_is_refused_is_unknown_and_the_rest_is_there(read: t.Any, kind: WorkloadKind) -> None:
    path = f"{kind.base}/namespaces/{kind.only_in}/{kind.resource}" if kind.only_in else f"{kind.base}/{kind.resource}"
    snapshot = read(Server(path), "all")
    unknown = workloads(snapshot).unknown
    assert set(unknown) == {kind.fact}
    assert f"{kind.resource} is forbidden" in unknown[kind.fact]
    assert f"resources: ['{kind.resource}'], verbs: ['list']" in unknown[kind.fact]
    assert snapshot.missing == (), "what carries traffic is all there"
    assert workloads(snapshot).pods


@pytest.mark.parametrize(
    ("path", "fact", "right"),
    [
        ("/api/v1/events", "events", "resources: ['events'], verbs: ['list']"),
        ("/log", "logs", "resources: ['pods/log'], verbs: ['get']"),
        ("/configmaps/coredns", "configurations", "resources: ['configmaps'], verbs: ['get']"),
        ("/api/v1/pods", "pods", "resources: ['pods'], verbs: ['list']"),
        ("/api/v1/nodes", "nodes", "resources: ['nodes'], verbs: ['list']"),
    ],
)
def test_a_right_that_is_missing_is_named(read: t.Any, path: str, fact: str, right: str) -> None:
    unknown = workloads(read(Server(path))).unknown
    assert set(unknown) == {fact}
    assert right in unknown[fact]


def test_of_a_kind_of_several_lists_each_right_is_named(read: t.Any) -> None:
    unknown = workloads(read(Server("/deployments", "/statefulsets"))).unknown
    assert set(unknown) == {"owners"}
    assert "['deployments']" in unknown["owners"]
    assert "['statefulsets']" in unknown["owners"]


def test_what_is_known_of_one_namespace_is_not_known_of_the_other(read: t.Any) -> None:
    found = workloads(read(Server("/namespaces/back/resourcequotas"), "workloads", "shop", "back"))
    assert names(found.quotas) == ["few"]
    assert "namespace back" in found.unknown["quotas"]


def test_the_clusters_own_components_are_looked_at_whatever_is_selected(read: t.Any) -> None:
    found = workloads(read(Server(), "workloads", "shop"))
    assert names(found.pods) == ["coredns-1", "web-1"]
    assert [each.pod for each in found.logs] == ["coredns-1", "web-1"]
    assert "DaemonSet/kube-proxy" in {f"{each.kind}/{each.name}" for each in found.owners}
    refused = workloads(read(Server("/namespaces/kube-system/pods"), "workloads", "shop"))
    assert set(refused.unknown) == {"components"}
    assert names(refused.pods) == ["web-1"]


def test_an_object_that_cannot_be_read_is_unknown(read: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LISTS, "resourcequotas", [named("odd", spec=5), *LISTS["resourcequotas"]])
    found = workloads(read(Server()))
    assert names(found.quotas) == ["few"]
    assert "resourcequotas shop/odd: it cannot be read: spec is a whole number" in found.unknown["quotas"]


@pytest.mark.parametrize("namespaces", [(), ("shop",), ("shop", "kube-system", "back")])
def test_a_kind_costs_one_request_and_one_more_for_each_further_namespace(read: t.Any, namespaces: tuple[str]) -> None:
    server = Server()
    read(server, "all", *namespaces)
    lists = [path for path in server.asked if not path.endswith("/log")]
    further = {path for path in lists for name in namespaces[1:] if f"/namespaces/{name}/" in path}
    assert len(set(lists) - further) <= MOST_REQUESTS


def test_what_a_controller_is_that_has_no_ready_endpoint(read: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address = {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}}
    edge = named("edge", "edge", spec={"type": "LoadBalancer", "selector": {"app": "edge"}}, status=address)
    monkeypatch.setitem(LISTS, "ingresses", [named("web", spec={}, status=address)])
    monkeypatch.setitem(LISTS, "services", [edge])
    monkeypatch.setitem(LISTS, "deployments", [named("edge", "edge", spec={"replicas": 0})])
    server = Server()
    found = workloads(read(server, "workloads", "shop"))
    assert [(each.kind, each.name, each.desired) for each in found.owners if each.namespace == "edge"] == [
        ("Deployment", "edge", 0)
    ]
    path = "/apis/apps/v1/namespaces/edge/deployments"
    assert server.asked.count(path) == 1
    assert "is forbidden" in workloads(read(Server(path), "workloads", "shop")).unknown["components"]
