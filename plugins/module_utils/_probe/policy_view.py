# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What policies see of a packet that nodes rewrite on its way. Pure.

kube-proxy translates the destination where a packet first meets a node, before policies are asked, and puts the node's
address in place of the source's where the packet leaves the node, after policies were asked. So policies of the source
see a node port of another node and not what is behind it; policies of an endpoint see the source as it arrived if the
endpoint is on the node that translates, else that node.
"""

from __future__ import annotations

import ipaddress
import typing as t

from .._snapshot import node_kinds
from .._snapshot.facts import Facts, family, of_family
from .._snapshot.policies import Peer, both, decide
from .._snapshot.policy_rules import PolicyDecision
from .paths.path import Path, PathEnd
from .questions import Question

_MOST = 64  #: addresses that a source is compared by; beyond that, it is not known
_VERBS = {"deny": "may not be reached", **dict.fromkeys(("unknown", "unread", "undefined"), "cannot be judged")}


def over(facts: Facts, question: Question, path: Path, protocol: str) -> PolicyDecision:
    """Join what policies say of each end that may be drawn."""
    own = _own(facts, question)
    said = [_of(facts, question, path, end, protocol, own) for end in path.ends]
    if len(said) == 1:
        return said[0]
    words = {each.decision for each in said}
    if len(words) == 1:
        return next((each for each in said if each.exempt), said[0])
    if words == {"allow", "unread"}:
        return next(each for each in said if each.decision == "unread")
    worst = next(each for word in ("deny", "unknown", "unread", "undefined") for each in said if each.decision == word)
    count = sum(each.decision == worst.decision for each in said)
    reason = f"it depends on which endpoint is picked: {count} of {len(said)} {_VERBS[worst.decision]} ({worst.reason})"
    return PolicyDecision("unknown", reason, worst.policies)


def _of(facts: Facts, question: Question, path: Path, end: PathEnd, protocol: str, own: Peer) -> PolicyDecision:
    seen = _client(facts, question, path, end, own)
    if not question.pod or (path.met_first is None and (seen is own or seen == own)):
        return decide(facts, seen, end.peer, protocol, end.port)
    out = _leaving(facts, own, path, end, protocol)
    return both(out, decide(facts, seen, end.peer, protocol, end.port, "Ingress"))


def _leaving(facts: Facts, own: Peer, path: Path, end: PathEnd, protocol: str) -> PolicyDecision:
    """What policies of the source say of what they see."""
    if path.met_first is None:
        return decide(facts, own, end.peer, protocol, end.port, "Egress")
    first = decide(facts, own, path.met_first.peer, protocol, path.met_first.port, "Egress")
    if facts.proxy.name == "kube-proxy" or not path.handled_by:
        return first
    behind = decide(facts, own, end.peer, protocol, end.port, "Egress")
    if behind.decision == first.decision:
        return first
    reason = "what implements Services is not known: whether policies see the node port or the endpoint behind it"
    worse = min(first, behind, key=lambda each: each.decision == "allow")
    return PolicyDecision("unknown", f"{reason} ({worse.reason})", worse.policies)


def _addresses(question: Question) -> tuple[str, ...]:
    return of_family(question.source.addresses, question.probe.family)


def _own(facts: Facts, question: Question) -> Peer:
    """The source as it sends."""
    if question.pod and not question.pod.host_network:
        return Peer(_addresses(question), question.pod)
    if question.source.kind == "outside":
        return Peer(_addresses(question))
    return _node(facts, question.source.node, question.probe.family)


def _client(facts: Facts, question: Question, path: Path, end: PathEnd, own: Peer) -> Peer:
    """The source as the policies of an end see it."""
    ip_family, by = question.probe.family, path.handled_by
    proxy = facts.proxy.name
    if own.node or (own.pod and proxy == "cilium"):  # Cilium translates in the Pod's own sockets, and keeps who it is
        return own
    if not by:
        return _somewhere(facts, own, ip_family, end) if path.rewritten else own
    arrived = own if by == question.source.node else _arrived(facts, question, own)
    away = end.peer.pod is None or end.peer.pod.node != by
    if not path.rewritten:
        return arrived
    if proxy == "kube-proxy":
        return _node(facts, by, ip_family) if away else arrived
    return _any_of(own, (*arrived.addresses, *_node(facts, by, ip_family).addresses))


def _arrived(facts: Facts, question: Question, own: Peer) -> Peer:
    """The source as another node sees it: flannel puts the address of a Pod's node in place of the Pod's."""
    node = facts.nodes.get(question.source.node)
    if not own.pod or node is None:
        return own
    internal = of_family(node.internal_ips, question.probe.family)
    overlay = node_kinds.overlay(facts.snapshot, node)
    if overlay and overlay.name.startswith("flannel"):
        return Peer(internal, node=node.name)
    return _any_of(own, (*own.addresses, *internal))


def _somewhere(facts: Facts, own: Peer, ip_family: str, end: PathEnd) -> Peer:
    """The source behind a node that is not known: it is seen as it is by endpoints there, else as that node."""
    if facts.nodes_by_family[ip_family] > _MOST + 1:
        return Peer((), own.pod)
    own_node = end.peer.pod.node if end.peer.pod else ""
    found = dict.fromkeys(own.addresses)
    for name, addresses in facts.node_addresses.items():
        if name != own_node:
            found.update(dict.fromkeys(_node(facts, name, ip_family).addresses))
        if own.pod:  # what it meets first may be its own node, which sends it out of the cluster
            found.update((each, None) for each in addresses if family(each) == ip_family)
    return _any_of(own, found)


def _any_of(own: Peer, addresses: t.Iterable[str]) -> Peer:
    found = tuple(dict.fromkeys(addresses))
    return Peer(found if len(found) <= _MOST else (), own.pod)


def _node(facts: Facts, name: str, ip_family: str) -> Peer:
    """A node as Pods of others see it: by the address of its tunnel where it has one, which flannel says.

    The tunnels of flannel have the first address of the node's range of Pods (pkg/backend/vxlan).
    """
    node = facts.nodes.get(name)
    if node is None:
        return Peer((), node=name)
    internal = of_family(node.internal_ips, ip_family)
    networks = [ipaddress.ip_network(cidr, strict=False) for cidr in node.pod_cidrs if family(cidr) == ip_family]
    overlay = node_kinds.overlay(facts.snapshot, node)
    if overlay and overlay.name in ("flannel vxlan", "flannel wireguard", "flannel udp") and networks:
        return Peer((str(networks[0].network_address),), node=name)
    if overlay and overlay.name == "flannel host-gw":
        return Peer(internal, node=name)
    bridges = (str(network[place]) for network in networks for place in (0, 1) if place < network.num_addresses)
    return Peer((*internal, *bridges), node=name)
