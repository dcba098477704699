# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the fields of a cluster's own policies match: whom they select, whom their rules name, which ports they mean.

The words are those of C(policy.networking.k8s.io): ClusterNetworkPolicy of C(v1beta1) and C(v1alpha2), which have the
same schema (sigs.k8s.io/network-policy-api v0.3.0, apis/v1beta1/clusternetworkpolicy_types.go), AdminNetworkPolicy and
BaselineAdminNetworkPolicy of C(v1alpha1) (v0.1.7).
"""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _selectors as selectors
from .fields import LAST_PORT
from .model import Node, Pod
from .policy_rules import Block, Seen, Spaces, Traffic

ACCEPT, DENY, PASS = "accept", "deny", "pass"
#: An action that is not known: it could be any of them.
ANY = ""
ADMIN, BASELINE = "Admin", "Baseline"


class Fit(t.NamedTuple):
    """Whether something matches; where C(doubt) says why that cannot be told, C(hit) is false."""

    hit: bool
    doubt: str = ""
    unread: bool = False  #: whether the doubt is a field that cannot be read


YES, NO = Fit(True), Fit(False)


def any_fits(fits: t.Iterable[Fit]) -> Fit:
    """Join alternatives: one that matches is enough, else the first doubt stands."""
    doubt = NO
    for fit in fits:
        if fit.hit:
            return fit
        doubt = doubt if doubt.doubt else fit
    return doubt


class Cluster:
    """What the matching of peers needs to know of the cluster."""

    def __init__(self, spaces: Spaces, nodes: t.Iterable[Node], unread_nodes: str = "") -> None:
        self.spaces, self.unread_nodes = spaces, unread_nodes
        self._by_name = {node.name: node for node in nodes}
        self._by_address = {
            address: node for node in self._by_name.values() for address in (*node.internal_ips, *node.external_ips)
        }

    def node(self, seen: Seen) -> Node | None:
        """The node whose address it is: a peer of nodes is matched by C(status.addresses)."""
        return self._by_address.get(seen.address) if seen.address else self._by_name.get(seen.node)


class Peer(t.Protocol):
    """An element of C(from) or C(to), or a subject."""

    def fit(self, cluster: Cluster, seen: Seen, name: str) -> Fit:
        """Whether it is the other end; C(name) is the one that the client asked, where that is known."""


@dataclasses.dataclass(frozen=True)
class Odd:
    """A part that cannot be read, which could match anything."""

    reason: str

    def fit(self, *_about: t.Any) -> Fit:
        """Leave it open."""
        return Fit(False, self.reason, True)


@dataclasses.dataclass(frozen=True)
class Pods:
    """C(namespaces), C(pods): Pods by their own labels and by those of their namespace; none of the host network."""

    pods: list[selectors.Requirement]
    namespaces: list[selectors.Requirement]

    def selects(self, cluster: Cluster, pod: Pod) -> Fit:
        """Whether a Pod is one of them."""
        if pod.host_network or not selectors.matches(self.pods, pod.labels):
            return NO
        return Fit(*cluster.spaces.match(self.namespaces, pod.namespace))

    def fit(self, cluster: Cluster, seen: Seen, _name: str) -> Fit:
        """Whether the other end is one of them."""
        if seen.pod is not None:
            return self.selects(cluster, seen.pod)
        return NO if seen.address or seen.node else Fit(False, "whether it is a Pod, and which, is not known")


@dataclasses.dataclass(frozen=True)
class Nodes:
    """C(nodes): the addresses of nodes by their labels."""

    labels: list[selectors.Requirement]

    def fit(self, cluster: Cluster, seen: Seen, _name: str) -> Fit:
        """Whether the other end is one of them; what is on the host network of a node is."""
        node = cluster.node(seen)
        if node is not None:
            return Fit(selectors.matches(self.labels, node.labels))
        if seen.pod is not None or (seen.address and not cluster.unread_nodes):
            return NO
        why = f": {cluster.unread_nodes}" if cluster.unread_nodes else ""
        return Fit(False, f"whether it is a node with such labels is not known{why}")


@dataclasses.dataclass(frozen=True)
class Networks:
    """C(networks): blocks of addresses, whoever has them."""

    blocks: tuple[Block, ...]

    def fit(self, _cluster: Cluster, seen: Seen, _name: str) -> Fit:
        """Whether the other end's address is in one of them."""
        return any_fits(Fit(*block.match(seen)) for block in self.blocks)


@dataclasses.dataclass(frozen=True)
class DomainNames:
    """C(domainNames): the addresses that the cluster's DNS gave the client for a name (NPEP-133)."""

    names: tuple[str, ...]

    def fit(self, _cluster: Cluster, seen: Seen, name: str) -> Fit:
        """Whether the client asked such a name; an address alone could have been given for any of them."""
        if name:
            return Fit(any(_is_domain(each, name) for each in self.names))
        if seen.pod is not None and not any(map(_may_be_of_the_cluster, self.names)):
            return NO
        return Fit(False, f"whether the address belongs to {', '.join(self.names[:3])} is not known")


def _is_domain(pattern: str, name: str) -> bool:
    """Compare as DNS does; C(*) stands for one or more whole labels, and only in front."""
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern


def _may_be_of_the_cluster(pattern: str) -> bool:
    """Whether the DNS of a cluster could give a Pod's address for it: of a headless Service, or of the Pod."""
    labels = pattern.lower().rstrip(".").split(".")
    return labels[-1] == "local" or bool({"svc", "pod"} & set(labels))


@dataclasses.dataclass(frozen=True)
class Ports:
    """An element of C(protocols) or C(ports): a protocol's ports, or those that a Pod has under a name."""

    protocol: str
    first: int = 1
    last: int = LAST_PORT
    name: str = ""

    def fit(self, wire: Traffic) -> Fit:
        """Whether the port that is asked is one of them."""
        if not self.name:
            return Fit(self.protocol == wire.protocol and self.first <= wire.port <= self.last)
        containers = wire.server.containers if wire.server else ()
        wanted = (self.name, wire.protocol, wire.port)
        return Fit(any((port.name, port.protocol, port.port) == wanted for each in containers for port in each.ports))


@dataclasses.dataclass(frozen=True)
class ClusterRule:
    """An element of C(ingress) or C(egress)."""

    policy: str  #: C(Kind name)
    title: str  #: of the policy, with its place among the others
    path: str  #: where it stands in the spec, such as C(ingress[0]), and its name
    action: str
    peers: tuple[Peer, ...]
    ports: tuple[Ports | Odd, ...] = ()  #: none: all traffic, whatever its protocol

    def __str__(self) -> str:
        return f"{self.title} {self.path}".rstrip()

    def names(self, cluster: Cluster, seen: Seen, name: str) -> Fit:
        """Whether it names the other end."""
        return any_fits(peer.fit(cluster, seen, name) for peer in self.peers)

    def covers(self, wire: Traffic) -> Fit:
        """Whether it is about the traffic; ICMP has no ports, so rules with ports are not."""
        return any_fits(port.fit(wire) for port in self.ports) if self.ports else YES


@dataclasses.dataclass(frozen=True)
class Side:
    """What a policy says of one direction, in the order of its rules."""

    kind: str
    tier: str
    priority: int
    subject: Pods | Odd
    rules: tuple[ClusterRule, ...]
