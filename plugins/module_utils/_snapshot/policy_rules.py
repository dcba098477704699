# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a NetworkPolicy's fields match: which Pods it selects, which of its rules name a peer, which ports they open.

The words are those of C(networking.k8s.io/v1) (k8s.io/api, networking/v1/types.go). Everything that is compared is
kept, so a matrix asks each question once.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
import typing as t

from .. import _selectors as selectors
from .model import Namespace, NetworkPolicy, Pod

Json = t.Mapping[str, t.Any]

#: The API server gives each namespace this label, with the namespace's name (KEP-2161).
NAMESPACE_NAME = "kubernetes.io/metadata.name"


@dataclasses.dataclass(frozen=True)
class PolicyDecision:
    """What policies say of a connection, in one sentence, and which of them decided it."""

    #: C(allow), C(deny), C(unknown), C(undefined) where the API leaves it to the network plugin, or C(unread) where
    #: policies could not be read
    decision: str
    reason: str = ""
    policies: tuple[str, ...] = ()  #: C(namespace/name); of other kinds C(Kind name), C(Kind namespace/name)
    #: which policies would close it, were it not exempted by the documentation; not every network plugin exempts it
    exempt: str = ""


class Match(t.NamedTuple):
    """Whether something matches; where C(doubt) says why that cannot be told, C(hit) is false."""

    hit: bool
    doubt: str = ""


YES, NO = Match(True), Match(False)


def any_of(matches: t.Iterable[Match]) -> Match:
    """Join alternatives: one that matches is enough, else the first doubt stands."""
    doubt = ""
    for match in matches:
        if match.hit:
            return match
        doubt = doubt or match.doubt
    return Match(False, doubt)


@dataclasses.dataclass(frozen=True)
class Seen:
    """The other end of a connection as a policy sees it: a Pod's address, any address, or one that is not known."""

    address: str  #: empty where it is not known
    pod: Pod | None = None
    version: int = 0  #: of IP: 4 or 6; 0 where that is not known either
    node: str = ""  #: the node that it is, whatever its address

    @functools.cached_property
    def key(self) -> tuple[str, ...]:
        """What tells it from others."""
        return self.address, self.pod.id if self.pod else "", str(self.version), self.node

    def __str__(self) -> str:
        if self.pod:
            return f"Pod {self.pod.id} ({self.address})"
        return self.address or (f"node {self.node}" if self.node else "an address that is not known")


@dataclasses.dataclass(frozen=True)
class Traffic:
    """What is asked of the server."""

    protocol: str
    port: int
    server: Pod | None  #: whose names of ports count
    name: str = ""  #: that the client has asked the cluster's DNS for, where that is known

    def __str__(self) -> str:
        return self.protocol if self.protocol == "ICMP" else f"{self.protocol} {self.port}"


@functools.lru_cache(maxsize=65536)
def ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read an address.

    Raises:
        ValueError: it is none.
    """
    return ipaddress.ip_address(text)


class Block:
    """C(ipBlock): addresses in C(cidr) that are in none of C(except)."""

    def __init__(self, block: Json) -> None:
        self._text = str(block.get("cidr"))
        try:
            self._cidr = ipaddress.ip_network(self._text, strict=False)
            self._except = [ipaddress.ip_network(str(cidr), strict=False) for cidr in block.get("except") or ()]
            self._doubt = ""
        except ValueError as error:  # Forms that Kubernetes took before 1.36, such as 010.0.0.0/8
            self._doubt = f"its ipBlock cannot be read: {error}"

    def match(self, seen: Seen) -> Match:
        """Compare by address, whoever has it: a Pod's address counts like any other."""
        if self._doubt:
            return Match(False, self._doubt)
        if seen.address:
            address = ip(seen.address)
            return Match(address in self._cidr and not any(address in part for part in self._except))
        if seen.version not in (0, self._cidr.version):
            return NO
        if seen.version and not self._cidr.prefixlen and not self._except:
            return YES
        return Match(False, f"whether the address is in {self._text} is not known")


@dataclasses.dataclass(frozen=True)
class PeerEntry:
    """A C(NetworkPolicyPeer): a block of addresses, or Pods by their own labels and by those of their namespace."""

    block: Block | None
    pods: list[selectors.Requirement]
    namespaces: list[selectors.Requirement] | None  #: none: Pods of the policy's own namespace

    @classmethod
    def of(cls, peer: Json) -> PeerEntry:
        """Read one; a selector that is there and empty selects everything, one that is absent nothing of its own."""
        spaces = peer.get("namespaceSelector")
        return cls(
            block=Block(peer["ipBlock"]) if peer.get("ipBlock") else None,
            pods=selectors.of_object(peer.get("podSelector")),
            namespaces=None if spaces is None else selectors.of_object(spaces),
        )


@dataclasses.dataclass(frozen=True)
class Rule:
    """A C(NetworkPolicyIngressRule) or C(NetworkPolicyEgressRule)."""

    policy: str  #: C(namespace/name)
    path: str  #: where it stands in the spec, such as C(ingress[0])
    entries: tuple[PeerEntry, ...]  #: none: all sources or destinations
    ports: tuple[Json, ...]  #: none: all ports

    def opens(self, wire: Traffic) -> Match:
        """Whether its ports have the one that is asked."""
        if not self.ports:
            return YES
        if wire.protocol == "ICMP":
            return Match(False, "its rule names ports, and the API does not say what that means for ICMP")
        return Match(any(is_port(port, wire) for port in self.ports))

    def __str__(self) -> str:
        return f"{self.policy} {self.path}"

    def ports_words(self) -> str:
        """Its ports, as a person says them."""
        return ", ".join(map(_port_words, self.ports))


def is_port(port: Json, wire: Traffic) -> bool:
    """Whether a C(NetworkPolicyPort) has the port that is asked."""
    if (port.get("protocol") or "TCP") != wire.protocol:
        return False
    first = port.get("port")
    if first is None:
        return True
    if isinstance(first, str):
        # "A numerical or named port on a pod": where the server is no Pod, nothing has that name.
        return wire.server is not None and any(
            (candidate.name, candidate.protocol, candidate.port) == (first, wire.protocol, wire.port)
            for container in wire.server.containers
            for candidate in container.ports
        )
    return int(first) <= wire.port <= int(port.get("endPort") or first)


def _port_words(port: Json) -> str:
    protocol = port.get("protocol") or "TCP"
    if port.get("port") is None:
        return f"all {protocol} ports"
    return f"{protocol} {port['port']}" + (f"-{port['endPort']}" if port.get("endPort") else "")


def directions(policy: NetworkPolicy) -> t.Sequence[str]:
    """Return C(policyTypes): without them C(Ingress), and C(Egress) where there are egress rules."""
    types: t.Sequence[str] = policy.spec.get("policyTypes") or ()
    return types or (("Ingress", "Egress") if policy.spec.get("egress") else ("Ingress",))


class Side:
    """What a policy says of one direction: whom it isolates, and what it allows them."""

    def __init__(self, policy: NetworkPolicy, direction: str, spaces: Spaces) -> None:
        field, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
        self.policy, self._spaces = policy, spaces
        self.selector = selectors.of_object(policy.spec.get("podSelector"))
        self.rules = [
            Rule(
                policy=policy.id,
                path=f"{field}[{index}]",
                entries=tuple(map(PeerEntry.of, rule.get(peers) or ())),
                ports=tuple(rule.get("ports") or ()),
            )
            for index, rule in enumerate(policy.spec.get(field) or ())
        ]
        self._naming: dict[tuple[str, ...], list[tuple[Rule, Match]]] = {}

    def naming(self, seen: Seen) -> list[tuple[Rule, Match]]:
        """Return the rules that name the other end, or of which that is in doubt, whatever their ports."""
        if seen.key not in self._naming:
            found = ((rule, self._names(rule, seen)) for rule in self.rules)
            self._naming[seen.key] = [(rule, match) for rule, match in found if match != NO]
        return self._naming[seen.key]

    def _names(self, rule: Rule, seen: Seen) -> Match:
        return any_of(self._is(entry, seen) for entry in rule.entries) if rule.entries else YES

    def _is(self, entry: PeerEntry, seen: Seen) -> Match:
        if entry.block:
            return entry.block.match(seen)
        if seen.pod is None:
            return NO if seen.address or seen.node else Match(False, "whether it is a Pod, and which, is not known")
        if not selectors.matches(entry.pods, seen.pod.labels):
            return NO
        if entry.namespaces is None:
            return Match(seen.pod.namespace == self.policy.namespace)
        return self._spaces.match(entry.namespaces, seen.pod.namespace)


class Isolation:
    """The policies that isolate a Pod in a direction; Pods with the same ones share it."""

    def __init__(self, sides: t.Sequence[Side]) -> None:
        self.ids = tuple(side.policy.id for side in sides)  #: of the policies
        self.rules = sum(len(side.rules) for side in sides)  #: how many they are
        self._sides = sides
        self._naming: dict[tuple[str, ...], list[tuple[Rule, Match]]] = {}

    def naming(self, seen: Seen) -> list[tuple[Rule, Match]]:
        """Return the rules of all its policies that name the other end, or of which that is in doubt."""
        if seen.key not in self._naming:
            self._naming[seen.key] = [found for side in self._sides for found in side.naming(seen)]
        return self._naming[seen.key]


class Spaces:
    """The labels of namespaces."""

    def __init__(self, namespaces: t.Iterable[Namespace]) -> None:
        self._labels = {item.name: {NAMESPACE_NAME: item.name, **item.labels} for item in namespaces}

    def labels(self, name: str) -> selectors.Labels:
        """The labels of a namespace; none where it was not read."""
        return self._labels.get(name, {})

    def match(self, requirements: t.Sequence[selectors.Requirement], name: str) -> Match:
        """Whether a namespace's labels meet a selector; of one that was not read, the name alone is known."""
        if name in self._labels:
            return Match(selectors.matches(requirements, self._labels[name]))
        sure = [requirement for requirement in requirements if requirement[0] == NAMESPACE_NAME]
        if not selectors.matches(sure, {NAMESPACE_NAME: name}):
            return NO
        return YES if len(sure) == len(requirements) else Match(False, f"the labels of namespace {name} were not read")


class PolicyIndex:
    """The NetworkPolicies of a snapshot, by the Pods that they isolate."""

    def __init__(self, policies: t.Iterable[NetworkPolicy], spaces: Spaces) -> None:
        self._sides: dict[tuple[str, str], list[Side]] = {}
        for policy in policies:
            for direction in directions(policy):
                self._sides.setdefault((policy.namespace, direction), []).append(Side(policy, direction, spaces))
        self._of_pods: dict[tuple[str, str], Isolation] = {}
        self._isolations: dict[tuple[str, str, tuple[int, ...]], Isolation] = {}

    def isolation(self, pod: Pod, direction: str) -> Isolation:
        """Return what isolates a Pod in a direction (C(Ingress) or C(Egress)); it may have no policies."""
        key = (pod.id, direction)
        if key not in self._of_pods:
            sides = self._sides.get((pod.namespace, direction), [])
            chosen = tuple(n for n, side in enumerate(sides) if selectors.matches(side.selector, pod.labels))
            shared = (pod.namespace, direction, chosen)
            if shared not in self._isolations:
                self._isolations[shared] = Isolation([sides[n] for n in chosen])
            self._of_pods[key] = self._isolations[shared]
        return self._of_pods[key]
