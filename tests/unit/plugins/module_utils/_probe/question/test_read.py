# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of a cluster for one question: never the Pods, endpoints or policies of more than its namespaces."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question import read as question_read
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question.plan import DirectQuestion
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

Json = dict[str, t.Any]


def of(namespace: str, item: Json, **more: Json) -> Json:
    """An object in a namespace."""
    return {**item, **more, "metadata": {**item["metadata"], "namespace": namespace}}


def ingress(namespace: str, host: str) -> Json:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    return {
        "metadata": {"namespace": namespace, "name": "web"},
        "spec": {"rules": [{"host": host, "http": {"paths": [{"path": "/", "backend": backend}]}}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}},
    }


BALANCED = {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}}
PORTS = [{"port": 80, "nodePort": 30080}]
BLOCKS = {"w1": ["10.0.1.0/24", "fd00:1::/64"], "w2": ["10.0.2.0/24", "fd00:2::/64"]}
LISTS: dict[str, list[Json]] = {
    "namespaces": [{"metadata": {"name": name}} for name in ("default", "shop", "vault", "edge", "big")],
    "nodes": [{**cluster.node(name, f"198.18.0.1{name[1]}"), "spec": {"podCIDRs": BLOCKS[name]}} for name in BLOCKS],
    "pods": [
        of("shop", cluster.pod("web-1", "w1", "10.0.1.1", "fd00:1::1")),
        of("vault", cluster.pod("safe-1", "w2", "10.0.2.1", "fd00:2::1")),
        of("edge", cluster.pod("proxy-1", "w2", "10.0.2.2", spec={"hostNetwork": True})),
        of("big", cluster.pod("many-1", "w1", "10.0.1.9")),
    ],
    "services": [
        of("shop", cluster.service("web", "10.96.0.5", ports=[{"port": 80}])),
        of("vault", cluster.service("safe", "10.96.0.6", ports=PORTS, type="NodePort")),
        of("edge", cluster.service("proxy", "10.96.0.7", ports=[{"port": 80}], type="LoadBalancer"), status=BALANCED),
    ],
    "ingresses": [ingress("shop", "www.shop.example")],
    "endpointslices": [],
    "networkpolicies": [],
    "ingressclasses": [],
}


class Kube:
    """An API server with these objects, that honours namespaces and the fields that are selected by."""

    def __init__(self, forbidden: str = "", **lists: list[Json]) -> None:
        self.forbidden, self.lists, self.asked = forbidden, {**LISTS, **lists}, list[str]()

    def __call__(self, peer: t.Any) -> None:
        url = urllib.parse.urlsplit(peer.request.split(" ")[1])
        query = urllib.parse.parse_qs(url.query)
        field = query.get("fieldSelector", [""])[0]
        if "labelSelector" not in query:
            self.asked.append(f"{url.path}?{field}" if field else url.path)
        found = re.fullmatch(r".*/v1(?:/namespaces/([^/]+))?/([a-z]+)", url.path)
        if self.forbidden and re.fullmatch(self.forbidden, url.path):
            peer.answer(403, {"kind": "Status", "code": 403, "message": "no"})
        elif url.path == "/version":
            peer.answer(200, {"gitVersion": "v1.36.0"})
        elif url.path == "/apis":
            peer.answer(200, {"groups": []})
        elif one := re.fullmatch(r"/api/v1/namespaces/([^/]+)/services/([^/]+)", url.path):
            there = [each for each in self.lists["services"] if each["metadata"]["name"] == one[2]]
            status = 200 if any(each["metadata"]["namespace"] == one[1] for each in there) else 403
            peer.answer(status, there[0] if status == 200 else {"kind": "Status", "code": 403, "message": "no"})
        elif not found or found[2] not in self.lists:
            peer.answer(404, {"kind": "Status", "code": 404, "message": "not found"})
        else:
            wanted = [each for each in self.lists[found[2]] if found[1] in (None, each["metadata"].get("namespace"))]
            name, _equals, value = field.partition("=")
            of_field = {
                "": lambda _object: True,
                "status.podIP": lambda pod: pod["status"]["podIPs"][0]["ip"] == value,
                "spec.nodeName": lambda pod: pod["spec"]["nodeName"] == value,
                "spec.type": lambda service: service["spec"].get("type") == value,
            }[name]
            there = [] if "labelSelector" in query else [each for each in wanted if of_field(each)]
            peer.answer(200, {"items": there, "metadata": {}})


@pytest.fixture
def read(bad_server):
    """Take the snapshot for a question."""

    def take(kube: Kube, source: str, target: str, nodes_ask: bool = True) -> Snapshot:
        api = Api(bad_server(kube).connection(), 60.0)
        question = DirectQuestion(source, target, "cluster.local")
        snapshot = question_read.read(api, question, "cluster.local", nodes_ask)
        assert snapshot.requests == api.requests
        return snapshot

    return take


#: source, target -> the namespaces that are read
SCOPES = {
    ("shop/web-1", "shop/web"): {"shop"},
    ("shop/web-1", "vault/safe:80"): {"shop", "vault"},
    ("shop/web-1", "safe.vault"): {"shop", "vault"},
    ("shop/web-1", "safe.vault.svc.cluster.local:80"): {"shop", "vault"},
    ("shop/web-1", "a.safe.vault"): {"shop", "vault"},
    ("pod/web-1", "svc/web"): {"default"},
    ("web", "kubernetes"): {"default"},
    ("shop/web-1", "www.shop.example"): {"shop", "edge"},
    ("vault/safe-1", "https://www.shop.example/"): {"shop", "vault", "edge"},
    ("shop/web-1", "www.example.com:443"): {"shop"},
    ("shop/web-1", "10.96.0.6:80"): {"shop", "vault"},
    ("shop/web-1", "10.0.2.1:80"): {"shop", "vault"},
    ("shop/web-1", "[fd00:2::1]:80"): {"shop", "vault"},
    ("shop/web-1", "[fd00:2::99]:80"): {"shop"},
    ("shop/web-1", "198.18.0.200:80"): {"shop", "edge"},
    ("shop/web-1", "198.18.0.11:30080"): {"shop", "vault"},
    ("shop/web-1", "node/w1:30080"): {"shop", "vault"},
    ("shop/web-1", "node/w1"): {"shop"},
    ("shop/web-1", "192.0.2.1"): {"shop"},
    ("node/w2", "node/w1"): {"default"},
    ("outside", "shop/web"): {"shop", "edge"},
    ("outside", "vault/safe"): {"vault"},
}


@pytest.mark.parametrize(("source", "target"), SCOPES)
def test_the_namespaces_of_the_two_ends_are_read_and_no_others(read, source: str, target: str):
    kube = Kube()
    assert set(read(kube, source, target).selected) == SCOPES[source, target]
    large = ("pods", "endpointslices", "networkpolicies")
    assert [path for path in kube.asked if path.rsplit("/", 1)[1] in large and "/namespaces/" not in path] == []


def test_a_node_asks_from_its_own_pods_wherever_they_are(read):
    assert {pod.id for pod in read(Kube(), "node/w2", "shop/web").pods} == {
        "shop/web-1",
        "vault/safe-1",
        "edge/proxy-1",
    }
    assert {pod.id for pod in read(Kube(), "node/w2", "shop/web", nodes_ask=False).pods} == {"shop/web-1"}


def test_a_second_address_is_looked_for_among_all_pods_where_nodes_do_not_say_which_are_theirs(read):
    nodes = [cluster.node("w1", "198.18.0.11")]
    assert set(read(Kube(nodes=nodes), "shop/web-1", "[fd00:2::1]:80").selected) == {"shop", "vault"}
    kube = Kube(nodes=nodes)
    assert set(read(kube, "shop/web-1", "10.9.9.9:80").selected) == {"shop"}
    assert "/api/v1/pods" not in kube.asked


@pytest.mark.parametrize("forbidden", ["/api/v1/namespaces", "/api/v1/services|.*/ingresses", "/api/v1/[a-z]+"])
def test_who_may_read_the_two_namespaces_alone_asks_all_the_same(read, forbidden: str):
    snapshot = read(Kube(forbidden), "shop/web-1", "safe.vault")
    assert set(snapshot.selected) == {"shop", "vault"}
    assert {pod.id for pod in snapshot.pods} == {"shop/web-1", "vault/safe-1"}


def test_a_name_of_dns_is_no_namespace_where_these_cannot_be_listed(read):
    for name in ("www.example.com", "example.com:443"):
        assert read(Kube("/api/v1/namespaces"), "shop/web-1", name).selected == ("shop",)


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("shp/web-1", "shop/web", "from: 'shp/web-1': there is no namespace 'shp'; the nearest is shop"),
        ("shop/web-1", "vaul/safe", "to: 'vaul/safe': there is no namespace 'vaul'; the nearest is vault"),
    ],
)
def test_a_namespace_that_is_not_there_is_refused_before_more_is_read(read, source: str, target: str, said: str):
    kube = Kube()
    with pytest.raises(SelectionError) as refusal:
        read(kube, source, target)
    assert str(refusal.value) == said
    assert kube.asked == ["/api/v1/namespaces"]
