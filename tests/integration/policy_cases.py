# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of NetworkPolicies, made up: the same number always gives the same set.

Everything they say, an API server accepts. They use every field of networking.k8s.io/v1, over the namespaces, Pods,
labels, ports and addresses of a world, which may be invented or one of a real cluster.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
import itertools
import random
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Namespace, NetworkPolicy, Pod

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class World:
    """Whom policies may be about."""

    namespaces: tuple[Namespace, ...]
    pods: tuple[Pod, ...]
    outside: tuple[str, ...]  #: addresses that no Pod and no node has

    @functools.cached_property
    def ports(self) -> list[tuple[str, int]]:
        """Those that a Pod declares, and two that none does."""
        declared = {(port.protocol, port.port) for pod in self.pods for part in pod.containers for port in part.ports}
        return sorted(declared | {("TCP", 80), ("UDP", 8080)})

    @functools.cached_property
    def port_names(self) -> list[str]:
        """All names of ports, and one that no Pod has."""
        ports = (port for pod in self.pods for part in pod.containers for port in part.ports)
        return sorted({port.name for port in ports if port.name} | {"nobody-has-it"})

    @functools.cached_property
    def pod_labels(self) -> list[tuple[str, str]]:
        """Every label of a Pod."""
        return sorted({pair for pod in self.pods for pair in pod.labels.items()})

    @functools.cached_property
    def namespace_labels(self) -> list[tuple[str, str]]:
        """Every label of a namespace."""
        return sorted({pair for namespace in self.namespaces for pair in namespace.labels.items()})

    @functools.cached_property
    def addresses(self) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        """Every address of a Pod and of the outside."""
        return [ipaddress.ip_address(item) for item in (*self.outside, *(ip for pod in self.pods for ip in pod.ips))]

    @functools.cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Every client with every server of which one is a Pod."""
        ends = [pod.id for pod in self.pods] + list(self.outside)
        return [pair for pair in itertools.permutations(ends, 2) if not set(pair) <= set(self.outside)]


class Call(t.NamedTuple):
    """A connection: Pods by their id, the outside by its address."""

    client: str
    server: str
    version: int
    protocol: str
    port: int


def policy_set(world: World, number: int) -> list[NetworkPolicy]:
    """Make up one to six policies."""
    chance = random.Random(f"policy set {number}")
    return [_policy(world, chance, f"p{index}") for index in range(chance.choice((1, 2, 3, 4, 6)))]


def calls(world: World, number: int, count: int) -> list[Call]:
    """Pick connections between different ends: on ports that a Pod declares and on others, in both families."""
    chance = random.Random(f"calls {number}")
    return [Call(*pair, *_version_and_port(world, chance, pair)) for pair in chance.choices(world.pairs, k=count)]


def _version_and_port(world: World, chance: random.Random, pair: tuple[str, str]) -> tuple[int, str, int]:
    versions = [ipaddress.ip_address(end).version for end in pair if "/" not in end] or [4, 6]
    return (chance.choice(versions), *chance.choice(world.ports))


def _policy(world: World, chance: random.Random, name: str) -> NetworkPolicy:
    spec: Json = {"podSelector": _selector(chance, world.pod_labels)}
    types = chance.choice((None, ["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    if types:
        spec["policyTypes"] = types
    for field, peers in (("ingress", "from"), ("egress", "to")):
        if field.capitalize() in (types or ("Ingress", "Egress")) and chance.random() < 0.85:
            spec[field] = [_rule(world, chance, peers) for _rule_number in range(chance.choice((0, 1, 1, 2, 3)))]
    return NetworkPolicy(chance.choice(world.namespaces).name, name, spec)


def _rule(world: World, chance: random.Random, peers: str) -> Json:
    rule: Json = {}
    if chance.random() < 0.8:
        rule[peers] = [_peer(world, chance) for _peer_number in range(chance.choice((0, 1, 1, 2, 3)))]
    if chance.random() < 0.6:
        rule["ports"] = [_port(world, chance) for _port_number in range(chance.choice((0, 1, 1, 2, 3)))]
    return rule


def _peer(world: World, chance: random.Random) -> Json:
    pods = _selector(chance, world.pod_labels)
    spaces = _selector(chance, world.namespace_labels)
    return chance.choice(
        (
            {"podSelector": pods},
            {"namespaceSelector": spaces},
            {"namespaceSelector": spaces, "podSelector": pods},
            {"ipBlock": _block(world, chance)},
        )
    )


def _block(world: World, chance: random.Random) -> Json:
    """A network around an address of the world, now and then without a smaller one around another."""
    middle = chance.choice(world.addresses)
    wide = ipaddress.ip_network(
        (middle, middle.max_prefixlen - chance.choice((0, 2, 5, 8, middle.max_prefixlen))), False
    )
    inside = [item for item in world.addresses if item in wide]
    block: Json = {"cidr": str(wide)}
    if chance.random() < 0.5 and wide.prefixlen < middle.max_prefixlen - 1:
        holes = chance.sample(inside, k=min(len(inside), chance.choice((1, 2))))
        length = chance.randint(max(wide.prefixlen + 1, middle.max_prefixlen - 5), middle.max_prefixlen)
        block["except"] = sorted({str(ipaddress.ip_network((hole, length), False)) for hole in holes})
    return block


def _port(world: World, chance: random.Random) -> Json:
    protocol, number = chance.choice(world.ports)
    port: Json = {"protocol": protocol} if protocol != "TCP" or chance.random() < 0.5 else {}
    kind = chance.choice(("number", "number", "name", "range", "all"))
    if kind == "number":
        port["port"] = number
    elif kind == "name":
        port["port"] = chance.choice(world.port_names)
    elif kind == "range":
        port["port"], port["endPort"] = number - chance.randint(0, 2), number + chance.randint(0, 2)
    return port


def _selector(chance: random.Random, pairs: t.Sequence[tuple[str, str]]) -> Json:
    selector: Json = {}
    if chance.random() < 0.5:
        selector["matchLabels"] = dict(chance.sample(pairs, k=chance.choice((1, 1, 2))))
    if chance.random() < 0.35:
        selector["matchExpressions"] = [_expression(chance, pairs) for _number in range(chance.choice((1, 1, 2)))]
    return selector


def _expression(chance: random.Random, pairs: t.Sequence[tuple[str, str]]) -> Json:
    key = chance.choice(pairs)[0]
    operator = chance.choice(("In", "NotIn", "Exists", "DoesNotExist"))
    if operator in ("Exists", "DoesNotExist"):
        return {"key": key, "operator": operator}
    known = [value for name, value in pairs if name == key]
    values = chance.sample(known, k=chance.randint(1, len(known)))
    return {"key": key, "operator": operator, "values": values}
