# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The echo objects of a run: where Pods go, what is waited for, what is left out and why."""

from __future__ import annotations

import collections
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import wait
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Trouble
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage import echo
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.echo import Echo

RUN = "20260101-000000-abcdef"
NAME = f"kubewire-{RUN}"
Json = dict[str, t.Any]


def node(name: str, system: str = "linux", ready: bool = True) -> Json:
    conditions = [{"type": "Ready", "status": str(ready), "reason": "KubeletReady"}]
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/os": system}},
        "spec": {},
        "status": {"conditions": conditions, "addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]},
    }


class Api:
    """A cluster that runs what is created; C(unserved) kinds get no address from a load balancer or controller."""

    def __init__(self, *nodes: Json, classes: t.Sequence[str] = ("nginx",), unserved: t.Collection[str] = ()) -> None:
        self.nodes, self.classes, self.unserved = nodes, classes, unserved
        self.refused: dict[str, str] = {}
        self.there: dict[tuple[str, str], Json] = {}
        self.deleted: list[tuple[str, str]] = []
        self.tries: collections.Counter[str] = collections.Counter()

    def post(self, _path: str, body: Json, _what: str, params: Json) -> Json:
        key = body["kind"], body["metadata"]["name"]
        self.tries[body["kind"]] += 1
        if self.tries[body["kind"]] == 1 and body["kind"] in self.refused:
            raise ClusterError("forbidden", self.refused[body["kind"]], "", 403)
        made = {**body, "metadata": {**body["metadata"], "uid": "-".join(key)}}
        if "dryRun" not in params:
            self.there[key] = made
        return made

    def list(self, path: str, _params: Json, _what: str) -> list[Json]:
        if path == "/api/v1/nodes":
            return list(self.nodes)
        if path.endswith("/ingressclasses"):
            return [{"metadata": {"name": name}, "spec": {"controller": "c"}} for name in self.classes]
        pods = [{"name": name} for kind, name in self.there if kind == "Pod"]
        endpoints = [{"addresses": ["10.0.0.1"], "targetRef": pod, "conditions": {"ready": True}} for pod in pods]
        labels = {"kubernetes.io/service-name": "echo"}
        metadata = {"namespace": NAME, "name": "echo-1", "labels": labels}
        return [{"metadata": metadata, "addressType": "IPv4", "ports": [], "endpoints": endpoints}]

    def get(self, path: str, what: str) -> Json:
        plural, name = path.split("/")[-2:]
        kind = {"services": "Service", "ingresses": "Ingress"}.get(plural, "")
        if kind:
            served = {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}]}}
            return {**self.there[kind, name], "status": {} if kind in self.unserved else served}
        kind = "Namespace" if plural == "namespaces" else "PersistentVolume"
        if (kind, name) not in self.there:
            raise ClusterError("not_found", what, "", 404)
        return {**self.there[kind, name], "status": {"phase": "Bound"}}

    def delete(self, path: str, _options: Json, _what: str) -> bool:
        plural, name = path.split("/")[-2:]
        self.deleted.append((plural, name))
        if plural == "namespaces":
            self.there.clear()
        return True


@pytest.fixture(autouse=True)
def pods_run(monkeypatch: pytest.MonkeyPatch) -> dict[str, Trouble]:
    """Every Pod runs but those that are given a trouble, by a part of their names."""
    troubles: dict[str, Trouble] = {}

    def run(api: Api, _namespace: str, wanted: t.Collection[str], *_more: t.Any) -> dict[str, t.Any]:
        def state(name: str) -> t.Any:
            return next((each for part, each in troubles.items() if part in name), api.there["Pod", name])

        return {name: state(name) for name in wanted}

    monkeypatch.setattr(wait, "until_running", run)
    monkeypatch.setattr(echo, "_ENTRY_S", 0.0)
    return troubles


def made(api: Api) -> Echo:
    one = Echo(t.cast(t.Any, api), "image:1", 60.0, RUN, "restricted", "cluster.local")
    one.make()
    return one


def pods(api: Api) -> list[Json]:
    return [item for (kind, _name), item in api.there.items() if kind == "Pod"]


def test_there_is_a_pod_on_each_node_and_two_on_one() -> None:
    api = Api(node("cp"), node("w1"), node("w2"))
    one = made(api)
    assert sorted(pod["spec"]["nodeName"] for pod in pods(api)) == ["cp", "w1", "w2", "w2"]
    assert all(pod["spec"]["tolerations"] == [{"operator": "Exists"}] for pod in pods(api))
    assert len({pod["spec"]["hostname"] for pod in pods(api)}) == 4
    kinds = collections.Counter(kind for kind, _name in api.there)
    assert (kinds["Service"], kinds["Ingress"]) == (5, 1)
    assert one.omitted == []


def test_nodes_that_can_run_none_are_named() -> None:
    api = Api(node("w1"), node("win", system="windows"), node("gone", ready=False))
    one = made(api)
    assert {pod["spec"]["nodeName"] for pod in pods(api)} == {"w1"}
    assert {each.what for each in one.omitted} == {"an echo Pod on node win", "an echo Pod on node gone"}
    assert "windows" in next(each.reason for each in one.omitted if each.what.endswith("win"))


def test_many_nodes_get_an_even_part_of_the_most_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echo, "MOST_NODES", 3)
    api = Api(*(node(f"n{number}") for number in range(9)))
    one = made(api)
    assert sorted({pod["spec"]["nodeName"] for pod in pods(api)}) == ["n0", "n3", "n6"]
    assert [each.what for each in one.omitted] == ["echo Pods on 6 nodes"]


@pytest.mark.parametrize(("kind", "what"), [("Service", "a load balancer"), ("Ingress", "an Ingress of class nginx")])
def test_what_gets_no_address_is_removed_and_named(kind: str, what: str) -> None:
    api = Api(node("w1"), unserved=[kind])
    one = made(api)
    (left_out,) = one.omitted
    assert (left_out.what, left_out.not_applicable) == (what, True)
    assert len(api.deleted) == 2  # the volume that ends the Namespace is the other
    assert api.deleted[-1][1] in ("echo-loadbalancer", "echo-nginx")


def test_without_an_ingress_class_there_is_no_ingress() -> None:
    (left_out,) = made(Api(node("w1"), classes=())).omitted
    assert (left_out.what, left_out.reason) == ("an Ingress", "the cluster has no IngressClass")


def test_an_ingress_that_is_refused_is_named() -> None:
    api = Api(node("w1"))
    api.refused["Ingress"] = "denied by a webhook"
    (left_out,) = made(api).omitted
    assert "denied by a webhook" in left_out.reason


def test_a_pod_that_does_not_start_is_named_and_removed(pods_run: dict[str, Trouble]) -> None:
    pods_run["-w1-"] = Trouble("image_pull", True, "no such image", "name another")
    api = Api(node("w1"), node("w2"))
    one = made(api)
    (left_out,) = one.omitted
    assert (left_out.what, left_out.reason) == ("an echo Pod on node w1", "no such image")
    assert [name for plural, name in api.deleted if plural == "pods" and "-w1-" in name]


def test_where_no_pod_starts_the_reason_is_the_error(pods_run: dict[str, Trouble]) -> None:
    pods_run[""] = Trouble("exited", True, "nothing in it can answer", "use another image")
    with pytest.raises(ClusterError, match="no echo Pod runs: nothing in it can answer") as failed:
        made(Api(node("w1")))
    assert (failed.value.reason, failed.value.remedy) == ("exited", "use another image")


def test_a_new_namespace_gets_its_service_account_a_moment_later() -> None:
    api = Api(node("w1"))
    api.refused["Pod"] = f'error looking up service account {NAME}/default: serviceaccount "default" not found'
    assert made(api).omitted == []
    assert len(pods(api)) == 2


def test_all_is_removed_with_the_namespace() -> None:
    api = Api(node("w1"))
    one = made(api)
    assert one.remove() == []
    assert api.there == {}


def test_a_plan_creates_nothing() -> None:
    api = Api(node("w1"), node("w2"))
    one = Echo(t.cast(t.Any, api), "image:1", 60.0, RUN, "restricted", "cluster.local")
    found = {each.what.creates.name: len(each.objects) for each in one.plan()}
    assert found == {"Namespace": 1, "PersistentVolume": 1, "Pod": 3, "Service": 5, "Ingress": 1}
    assert api.there == {}
    assert set(api.tries) == {"Namespace"}
