# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read beside what was selected, from an API server that gives all, some or nothing of it."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import gather, gather_beyond
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather import Scope
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds import KINDS
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import KubeProxy
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

Json = dict[str, t.Any]


def moved(item: Json, namespace: str) -> Json:
    item["metadata"]["namespace"] = namespace
    return item


EDGE = moved(cluster.service("lb", "10.96.0.9", ports=[{"port": 80}], type="LoadBalancer"), "traefik")
EDGE["status"] = {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}}
DNS = moved(cluster.service("kube-dns", "10.96.0.10", ports=[{"port": 53, "protocol": "UDP"}]), "kube-system")
NODE = cluster.node("w1", "198.18.0.11")
NODE["metadata"]["annotations"] = {"flannel.alpha.coreos.com/backend-type": "vxlan"}
INGRESS = {
    "metadata": {"namespace": "shop", "name": "web"},
    "status": {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}},
}
UDP = {"port": 53, "protocol": "UDP"}
#: Path and selectors -> objects; every other list is empty.
OBJECTS: dict[tuple[str, str], list[Json]] = {
    ("nodes", ""): [NODE],
    ("namespaces", ""): [{"metadata": {"name": name}} for name in ("shop", "traefik", "kube-system")],
    ("shop/services", ""): [cluster.service("web", "10.96.0.5", ports=[{"port": 80}])],
    ("shop/ingresses", ""): [INGRESS],
    ("services", "spec.type=LoadBalancer"): [EDGE],
    ("traefik/endpointslices", "kubernetes.io/service-name=lb"): [
        moved(cluster.endpoint_slice("lb", "IPv4", {"port": 8000}, ("10.0.1.80", "w1", "lb-1", True)), "traefik")
    ],
    ("traefik/pods", "app=lb"): [moved(cluster.pod("lb-1", "w1", "10.0.1.80"), "traefik")],
    ("traefik/networkpolicies", ""): [moved(cluster.policy("closed", podSelector={}), "traefik")],
    ("kube-system/pods", "k8s-app=kube-dns"): [moved(cluster.pod("dns-1", "w1", "10.0.1.53"), "kube-system")],
    ("kube-system/services", "k8s-app=kube-dns"): [DNS],
    ("kube-system/endpointslices", "kubernetes.io/service-name=kube-dns"): [
        moved(cluster.endpoint_slice("kube-dns", "IPv4", UDP, ("10.0.1.53", "w1", "dns-1", True)), "kube-system")
    ],
}
CONFIG_MAPS = {
    "kube-system/kube-proxy": {"config.conf": "mode: ipvs\n"},
    "kube-system/node-local-dns": {"Corefile": "bind 169.254.20.10\n"},
    "kube-flannel/kube-flannel-cfg": {"net-conf.json": '{"Backend": {"Type": "vxlan", "Port": 4789}}'},
}


class Server:
    """Answers as the objects above say, with 403 where a path contains one of some parts; counts what it was asked."""

    def __init__(self, *forbidden: str) -> None:
        self.forbidden = forbidden
        self.asked: list[str] = []

    def __call__(self, peer: t.Any) -> None:
        url = urllib.parse.urlsplit(peer.request.split(" ")[1])
        query = urllib.parse.parse_qs(url.query)
        selector = query.get("labelSelector", query.get("fieldSelector", [""]))[0]
        place = url.path.partition("/namespaces/")[2] or url.path.rsplit("/", 1)[1]
        self.asked.append(f"{url.path} {selector}".strip())
        if any(part in url.path for part in self.forbidden):
            peer.answer(403, {"kind": "Status", "status": "Failure", "code": 403, "message": "no right"})
        elif url.path == "/version":
            peer.answer(200, {"gitVersion": "v1.36.0"})
        elif url.path == "/apis":
            peer.answer(200, {"groups": []})
        elif "/configmaps/" in place:
            data = CONFIG_MAPS.get(place.replace("configmaps/", ""))
            peer.answer(200 if data else 404, {"data": data} if data else {"kind": "Status", "code": 404})
        elif place == "default/services/kubernetes":
            peer.answer(200, {"spec": {"clusterIPs": ["10.96.0.1"], "ports": [{"port": 443}]}})
        else:
            peer.answer(200, {"items": OBJECTS.get((place, selector), []), "metadata": {}})


@pytest.fixture
def read(bad_server):
    def take(server: Server, *namespaces: str) -> Snapshot:
        snapshot = gather.gather(Api(bad_server(server).connection(), 60.0), Scope(namespaces))
        assert Snapshot.from_dict(json.loads(json.dumps(snapshot.to_dict()))) == snapshot
        return snapshot

    return take


def test_what_is_behind_addresses_and_dns_in_other_namespaces(read):
    snapshot = read(Server(), "shop")
    beyond = snapshot.beyond
    assert beyond is not None
    assert [each.id for each in beyond.services] == ["kube-system/kube-dns", "traefik/lb"]
    assert [each.id for each in beyond.pods] == ["traefik/lb-1"]
    assert [each.id for each in beyond.network_policies] == ["traefik/closed"]
    assert [each.id for each in snapshot.services] == ["shop/web"]
    assert (snapshot.dns_addresses, snapshot.api_ports) == (("10.96.0.10",), (443,))
    assert snapshot.kube_proxy == KubeProxy("ipvs")
    assert snapshot.node_local_dns == ("169.254.20.10",)
    assert snapshot.flannel is not None
    assert snapshot.flannel.port == 4789
    facts = Facts(snapshot)
    edge = facts.services["traefik/lb"]
    assert [each.address for each in facts.backends(edge, edge.ports[0], "IPv4")] == ["10.0.1.80"]
    assert facts.owners["10.0.1.80"] is facts.pods["traefik/lb-1"]
    assert facts.policy_index.isolation(facts.pods["traefik/lb-1"], "Ingress").ids == ("traefik/closed",)


def test_where_all_is_read_nothing_is_read_twice(read):
    server = Server()
    snapshot = read(server)
    assert snapshot.beyond is None
    assert len(server.asked) == len(set(server.asked))


@pytest.mark.parametrize("part", ["configmaps", "/traefik/", "/kube-system/", "/api/v1/services", "kube-flannel"])
def test_what_is_forbidden_is_left_out_without_a_word(read, part):
    snapshot = read(Server(part), "shop")
    assert not snapshot.missing
    beyond = snapshot.beyond
    assert beyond is not None
    found = {each.id for each in beyond.services}
    with_slices = {f"{each.namespace}/{each.service}" for each in beyond.endpoint_slices}
    assert found == with_slices
    if part == "configmaps":
        assert (snapshot.kube_proxy, snapshot.node_local_dns, snapshot.flannel) == (None, (), None)


def test_a_service_is_not_there_without_its_endpoints(read):
    beyond = read(Server("traefik/endpointslices"), "shop").beyond
    assert beyond is not None
    assert [each.id for each in beyond.services] == ["kube-system/kube-dns"]


def test_the_service_of_a_dns_without_pods(read, monkeypatch):
    monkeypatch.setitem(OBJECTS, ("kube-system/pods", "k8s-app=kube-dns"), [])
    snapshot = read(Server(), "shop")
    assert (snapshot.dns_pods, snapshot.dns_addresses) == ((), ("10.96.0.10",))
    assert "kube-system/kube-dns" in {each.id for each in snapshot.beyond.services}


def test_no_address_no_list(read):
    server = Server("shop/ingresses")
    read(server, "shop")
    assert not [path for path in server.asked if "LoadBalancer" in path]


def client(url: str) -> Json:
    item = cluster.pod("client-1", "w1", "10.0.1.7")
    item["spec"]["containers"][0]["env"] = [{"name": "URL", "value": url}]
    return item


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://db:5432/", ["bank/db"]),
        ("http://db.shop:5432/", ["bank/db"]),
        ("http://db:5433/", []),
        ("http://db.bank:5432/", []),
        ("http://web:80/", []),
    ],
)
def test_a_name_that_no_service_of_the_pod_has_is_looked_for_elsewhere(read, monkeypatch, url, found):
    other = moved(cluster.service("db", "10.96.0.7", ports=[{"port": 5432}]), "bank")
    part = moved(cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.9", "w1", "db-1", True)), "bank")
    monkeypatch.setitem(OBJECTS, ("shop/pods", ""), [client(url)])
    monkeypatch.setitem(OBJECTS, ("services", "metadata.name=db"), [other])
    monkeypatch.setitem(OBJECTS, ("bank/endpointslices", "kubernetes.io/service-name=db"), [part])
    server = Server()
    beyond = read(server, "shop").beyond
    assert [each.id for each in beyond.services if each.namespace == "bank"] == found
    assert beyond.unread_names == ()
    assert any("metadata.name=db" in path for path in server.asked) is url.startswith(("http://db:", "http://db.shop:"))


def test_a_name_that_may_not_be_looked_for_is_told(read, monkeypatch):
    monkeypatch.setitem(OBJECTS, ("shop/pods", ""), [client("http://db:5432/")])
    assert read(Server("/api/v1/services"), "shop").beyond.unread_names == ("db",)


def test_the_number_of_requests_is_bounded(read, monkeypatch):
    dialled = [client(f"http://n{number}:80/") for number in range(9)]
    for number, item in enumerate(dialled):
        item["metadata"]["name"] = f"client-{number}"
    monkeypatch.setitem(OBJECTS, ("n0/pods", ""), [moved(item, "n0") for item in dialled])
    names = tuple(f"n{number}" for number in range(gather.MAX_NAMESPACES))
    server = Server()
    OBJECTS["namespaces", ""].extend({"metadata": {"name": name}} for name in names)
    for name in names:
        OBJECTS[f"{name}/ingresses", ""] = [INGRESS]
    balancers = [json.loads(json.dumps(EDGE)) for _number in range(9)]
    for number, item in enumerate(balancers):
        item["metadata"]["name"] = f"lb{number}"
        OBJECTS["traefik/endpointslices", f"kubernetes.io/service-name=lb{number}"] = []
    before = OBJECTS["services", "spec.type=LoadBalancer"]
    OBJECTS["services", "spec.type=LoadBalancer"] = balancers
    try:
        snapshot = read(server, *names)
    finally:
        OBJECTS["services", "spec.type=LoadBalancer"] = before
        for name in names:
            del OBJECTS[f"{name}/ingresses", ""]
        OBJECTS["namespaces", ""] = OBJECTS["namespaces", ""][:3]
    assert snapshot.requests == len(server.asked) <= gather.BUDGET
    lists = sum(len(names) if kind.namespaced else 1 for kind in KINDS)
    assert len(server.asked) - lists <= 6 + gather_beyond.MOST_REQUESTS
