# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cases of NetworkPolicies share.

The cluster of every case, in both families (the last number of an address is the same in both):

    shop (team: blue)    web 1 on w1, api 2 on w2, db 3 on w1
    ops  (team: green)   admin 4 on w1, web 5 on w2
    plain (no labels)    lone 6 on w2
    nodes                w1 101, w2 102; host-agent of ops is hostNetwork on w1
    outside              200
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Container,
    ContainerPort,
    Missing,
    Namespace,
    NetworkPolicy,
    Node,
    Pod,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policies import Peer, PolicyDecision, decide

Json = dict[str, t.Any]


PORTS = (
    ContainerPort(8080, "http"),
    ContainerPort(8080, "http", "SCTP"),
    ContainerPort(53, "dns", "UDP"),
    ContainerPort(9090),
)


FAMILIES = pytest.mark.parametrize("family", [4, 6])


#: What a Pod, a node or the outside is called here -> the last number of its address.
NUMBERS = {
    "shop/web": 1,
    "shop/api": 2,
    "shop/db": 3,
    "ops/admin": 4,
    "ops/web": 5,
    "plain/lone": 6,
    "w1": 101,
    "w2": 102,
    "outside": 200,
}


ALL: Json = {}


DNS = {"protocol": "UDP", "port": 53}


def address(name: str, family: int = 4) -> str:
    number = NUMBERS[name]
    outside = number == 200
    if family == 6:
        return f"2001:db8::{number:x}" if outside else f"fd00::{number:x}"
    return f"203.0.113.{number}" if outside else f"10.0.0.{number}"


def both(name: str) -> tuple[str, str]:
    return address(name), address(name, 6)


def pod(name: str, node: str, **more: t.Any) -> Pod:
    namespace, own = name.split("/")
    labels = more.pop("labels", {"app": own, "tier": "back" if own == "db" else "front"})
    more.setdefault("ips", both(name) if name in NUMBERS else both(node))
    return Pod(namespace, own, node, labels=labels, containers=(Container("app", ports=PORTS),), **more)


PODS = (
    *(pod("shop/web", "w1"), pod("shop/api", "w2"), pod("shop/db", "w1")),
    *(pod("ops/admin", "w1"), pod("ops/web", "w2"), pod("plain/lone", "w2")),
    pod("ops/host-agent", "w1", host_network=True, labels={"app": "admin"}),
)


NAMESPACES = (
    Namespace("shop", labels={"team": "blue", "stage": "live"}),
    Namespace("ops", labels={"team": "green", "stage": "live"}),
    Namespace("plain"),
)


def policy(selector: Json | None = None, name: str = "p", namespace: str = "shop", **spec: t.Any) -> NetworkPolicy:
    return NetworkPolicy(namespace, name, {"podSelector": selector or {}, **spec})


def ingress(*rules: Json, **more: t.Any) -> NetworkPolicy:
    return policy(ingress=list(rules), policyTypes=["Ingress"], **more)


def egress(*rules: Json, **more: t.Any) -> NetworkPolicy:
    return policy(egress=list(rules), policyTypes=["Egress"], **more)


def app(name: str) -> Json:
    return {"matchLabels": {"app": name}}


def team(name: str) -> Json:
    return {"matchLabels": {"team": name}}


def where(key: str, operator: str, *values: str) -> Json:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def facts_of(*policies: NetworkPolicy, **more: t.Any) -> Facts:
    nodes = tuple(Node(name, internal_ips=both(name)) for name in ("w1", "w2"))
    known = {"namespaces": NAMESPACES, "nodes": nodes, "pods": PODS, "network_policies": policies}
    return Facts(Snapshot("2026-11-21T09:00:00Z", "https://198.18.0.2:6443", **{**known, **more}))


def ask(facts: Facts, client: str, server: str, call: str = "TCP 8080", family: int = 4) -> PolicyDecision:
    protocol, _space, port = call.partition(" ")
    ends = [Peer((address(name, family),)) for name in (client, server)]
    return decide(facts, *ends, protocol, int(port or 0))


def words(facts: Facts, server: str = "shop/web", call: str = "TCP 8080", family: int = 4) -> str:
    """Who may ask a server, each by name: those that are denied are left out."""
    answers = {name: ask(facts, name, server, call, family).decision for name in NUMBERS if name != server}
    assert set(answers.values()) <= {"allow", "deny"}
    return " ".join(name for name, word in answers.items() if word == "allow")


EVERYBODY = "shop/api shop/db ops/admin ops/web plain/lone w1 w2 outside"


NODE = "w1"  # the node of shop/web: it may always


PODS_ONLY = "shop/api shop/db ops/admin ops/web plain/lone w1"


NO_NAMESPACES = {"namespaces": (), "missing": (Missing("namespaces", "no right to list namespaces"),)}
