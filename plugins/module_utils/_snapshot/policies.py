# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""May this connection be made? The policies of a snapshot, read to the letter. Pure.

Source: the field comments of C(networking.k8s.io/v1) (k8s.io/api, networking/v1/types.go) and
https://kubernetes.io/docs/concepts/services-networking/network-policies/. Where these leave the answer to the network
plugin (ICMP), the answer is C(undefined); where an address may have been rewritten or something was not read, it is
C(unknown). Both give the reason. C(cluster_policies) evaluates what goes before and after NetworkPolicies.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .cluster_policies import Applied
from .facts import Facts
from .model import Node, Pod
from .policy_rules import Isolation, PolicyDecision, Rule, Seen, Traffic, ip

PROTOCOLS = ("TCP", "UDP", "SCTP", "ICMP")
_FREE = "no NetworkPolicy isolates either end of it"
_OPEN = PolicyDecision("allow", _FREE)


@dataclasses.dataclass(frozen=True)
class Peer:
    """One end of a connection.

    C(addresses) are those that the other end may see, all of one family: a Pod's own; for a source that a node may
    rewrite (NodePort, LoadBalancer with C(externalTrafficPolicy: Cluster)) its own and the node's; none where it is not
    known. Who has an address (a Pod, a node) is looked up unless C(pod) or C(node) says it. A hostNetwork Pod counts as
    its node, which the API allows and most network plugins do.
    """

    addresses: tuple[str, ...] = ()
    pod: Pod | None = None
    node: str = ""
    name: str = ""  #: that the client has asked the cluster's DNS for, where that is known
    by_service: bool = False  #: whether the address of a Service is asked, which leads to this one


def decide(
    facts: Facts, client: Peer, server: Peer, protocol: str, port: int = 0, direction: str = ""
) -> PolicyDecision:
    """Say whether policies let a client's connection reach a server: its egress and the server's ingress must.

    Answers belong to the connection, so only the direction in which it is opened counts.

    Args:
        facts: the snapshot with its indexes; what was compared once is kept in it
        client: who opens the connection
        server: who is asked, after Services and NodePorts were resolved to an endpoint
        protocol: C(TCP), C(UDP), C(SCTP) or C(ICMP)
        port: the server's own port, not that of a Service; 0 for ICMP
        direction: C(Egress) for the client's policies alone, C(Ingress) for the server's; empty for both

    Raises:
        ValueError: an address or the protocol is none.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol {protocol!r} is none of {', '.join(PROTOCOLS)}")
    client, server = _known(facts, client), _known(facts, server)
    if _is_open(facts, client, server, direction):
        return _OPEN
    asked = (*_key(client), *_key(server), server.name, _is_hairpin(client, server), protocol, port, direction)
    found = facts.decisions.get(asked)
    if found is None:
        wire = Traffic(protocol, port, server.pod, server.name)
        found = facts.decisions[asked] = _rule(facts, client, server, wire, direction)
    return found


def _key(peer: Peer) -> tuple[t.Any, ...]:
    return peer.addresses, peer.pod.id if peer.pod else "", peer.node


def _is_open(facts: Facts, client: Peer, server: Peer, direction: str) -> bool:
    """Whether no policy has a say in it, which is so for nearly all pairs of a large cluster."""
    if client.pod and server.pod and client.pod.id == server.pod.id:
        return False
    if facts.unread_pods and not server.pod and not server.node:
        return False
    out = direction == "Ingress" or _is_untouched(facts, client, "Egress")
    return out and (direction == "Egress" or _is_untouched(facts, server, "Ingress"))


def _is_untouched(facts: Facts, subject: Peer, direction: str) -> bool:
    """Whether no policy can select an end in a direction."""
    pod = subject.pod
    key = (pod.id if pod else "", subject.node, direction)
    found = facts.untouched.get(key)
    if found is None:
        found = not facts.foreign_index.touching(pod, subject.node, direction)
        if found and pod:
            isolated = facts.policy_index.isolation(pod, direction).ids or facts.cluster_index.applied(pod, direction)
            found = not (facts.unread_policies or isolated)
        facts.untouched[key] = found
    return found


def _rule(facts: Facts, client: Peer, server: Peer, wire: Traffic, direction: str) -> PolicyDecision:
    if facts.unread_pods and not server.pod and not server.node:
        return PolicyDecision("unread", f"not all Pods were read: {facts.unread_pods}")
    if client.pod and server.pod and client.pod.id == server.pod.id:
        itself = PolicyDecision("allow", f"Pod {client.pod.id} connects to itself, which no policy can block")
        if not _is_hairpin(client, server):
            return itself
        found = _hairpin(facts, client, server, wire, itself)
        if found.decision != "allow" or found.exempt:
            return found
        closed = both(
            _direction(facts, "Egress", client, server, wire),
            _direction(facts, "Ingress", server, client, wire),
        )
        return dataclasses.replace(found, exempt=_exempt(closed, "a Pod that connects to itself"))
    ends = [("Egress", client, server), ("Ingress", server, client)]
    return both(*(_direction(facts, word, one, other, wire) for word, one, other in ends if direction in ("", word)))


def _exempt(closed: PolicyDecision, what: str) -> str:
    """Which policies would close what the documentation exempts; the enforcement of a cluster may do so all the same.

    Args:
        closed: what policies say without the exemption.
        what: what the documentation exempts.
    """
    if closed.decision not in ("deny", "undefined"):
        return ""
    isolates = closed.reason.partition(", and ")[0]
    return f"{isolates}; the documentation exempts {what}"


def _is_hairpin(client: Peer, server: Peer) -> bool:
    return server.by_service and client.pod is not None and server.pod is not None and client.pod.id == server.pod.id


def _hairpin(facts: Facts, client: Peer, server: Peer, wire: Traffic, itself: PolicyDecision) -> PolicyDecision:
    """A Pod connects to itself through a Service: NetworkPolicies cannot block that, the cluster's own policies may.

    https://network-policy-api.sigs.k8s.io/api-overview/#hairpin-traffic-semantics: it is preferred that they are
    applied, and not required.
    """
    pod = t.cast(Pod, server.pod)
    if not any(facts.cluster_index.applied(pod, direction) for direction in ("Egress", "Ingress")):
        return itself
    said = both(
        _direction(facts, "Egress", client, server, wire, itself),
        _direction(facts, "Ingress", server, client, wire, itself),
    )
    if said.decision == "allow":
        return itself
    left = "the API leaves it to the network plugin whether that counts for a Pod that connects to itself by a Service"
    word = "undefined" if said.decision == "deny" else said.decision
    return PolicyDecision(word, f"{said.reason}; {left}", said.policies)


def _known(facts: Facts, peer: Peer) -> Peer:
    """Fill in who has the address, and make a hostNetwork Pod its node."""
    owners, addresses = facts.owners, peer.addresses
    if not all(map(owners.__contains__, addresses)):
        addresses = tuple(address if address in owners else str(ip(address)) for address in addresses)
    owner = owners.get(addresses[0]) if len(addresses) == 1 and not peer.node else None
    pod = peer.pod or (owner if isinstance(owner, Pod) else None)
    if pod and pod.host_network:
        return dataclasses.replace(peer, addresses=addresses, pod=None, node=pod.node)
    node = owner.name if isinstance(owner, Node) and not pod else peer.node
    if addresses == peer.addresses and pod is peer.pod and node == peer.node:
        return peer
    return dataclasses.replace(peer, addresses=addresses, pod=pod, node=node)


def both(*ends: PolicyDecision) -> PolicyDecision:
    """Join the two directions: each can forbid, and both must be known to allow."""
    word = min((end.decision for end in ends), key=("deny", "unknown", "unread", "undefined", "allow").index)
    found = [end for end in ends if end.decision == word]
    reason = "; ".join(dict.fromkeys(end.reason for end in found if end.reason))
    names = dict.fromkeys(name for end in found for name in end.policies)
    exempt = next((end.exempt for end in found if end.exempt), "")
    return PolicyDecision(word, reason or _FREE, tuple(names), exempt)


def _direction(
    facts: Facts, direction: str, subject: Peer, other: Peer, wire: Traffic, itself: PolicyDecision | None = None
) -> PolicyDecision:
    """Rule by the policies that select one end, the subject; C(itself) stands for what NetworkPolicies say of it."""
    foreign = facts.foreign_index.touching(subject.pod, subject.node, direction, bool(other.pod))
    if foreign:
        who = f"Pod {subject.pod.id}" if subject.pod else f"node {subject.node}"
        named = f"{_some(foreign)} may select {who}, and policies of such kinds are not evaluated"
        return PolicyDecision("unknown", named, tuple(foreign))
    if not subject.pod:
        return PolicyDecision("allow")
    if facts.unread_policies:
        return PolicyDecision("unread", f"not all policies were read: {facts.unread_policies}")
    isolation = facts.policy_index.isolation(subject.pod, direction)
    applied = facts.cluster_index.applied(subject.pod, direction)
    if not isolation.ids and not applied:
        return PolicyDecision("allow")
    version = next((ip(address).version for address in (*other.addresses, *subject.addresses)), 0)
    found: dict[str, PolicyDecision] = {}
    for address in other.addresses or ("",):
        seen = _seen(facts, other, Seen(address, version=version, node=other.node))
        plain = (
            (itself or _by_address(facts, direction, subject.pod, isolation, other, seen, wire))
            if isolation.ids
            else None
        )
        found[address] = _by_tiers(applied, seen, wire, plain)
    if len({decision.decision for decision in found.values()}) == 1:
        return next(iter(found.values()))
    words = ", ".join(f"{address}: {decision.decision}" for address, decision in found.items())
    reason = f"which address Pod {subject.pod.id} sees is not known, and its policies depend on it ({words})"
    names = dict.fromkeys(name for decision in found.values() for name in decision.policies)
    return PolicyDecision("unknown", reason, tuple(names))


def _seen(facts: Facts, other: Peer, seen: Seen) -> Seen:
    """Fill in the Pod that has the address."""
    owner = other.pod if other.pod and seen.address in other.pod.ips else facts.owners.get(seen.address)
    return Seen(seen.address, owner, seen.version, seen.node) if isinstance(owner, Pod) else seen


def _by_tiers(applied: Applied | None, seen: Seen, wire: Traffic, plain: PolicyDecision | None) -> PolicyDecision:
    if applied:
        return applied.judge(seen, wire, plain)
    return plain or PolicyDecision("allow")


def _by_address(
    facts: Facts, direction: str, pod: Pod, isolation: Isolation, other: Peer, seen: Seen, wire: Traffic
) -> PolicyDecision:
    owner = facts.owners.get(seen.address)
    if pod.node and pod.node in (other.node, owner.name if isinstance(owner, Node) else ""):
        exempt = _exempt(_by_rules(direction, pod, isolation, seen, wire), "its own node")
        reason = f"traffic between Pod {pod.id} and its own node {pod.node} is always allowed"
        return PolicyDecision("allow", reason, exempt=exempt)
    return _by_rules(direction, pod, isolation, seen, wire)


def _by_rules(direction: str, pod: Pod, isolation: Isolation, seen: Seen, wire: Traffic) -> PolicyDecision:
    doubts: dict[str, str] = {}
    closed: list[Rule] = []
    for rule, named in isolation.naming(seen):
        opened = rule.opens(wire)
        if named.hit and opened.hit:
            return PolicyDecision("allow", f"NetworkPolicy {rule} allows it", (rule.policy,))
        if (named.hit or named.doubt) and (opened.hit or opened.doubt):
            doubts.setdefault(rule.policy, f"NetworkPolicy {rule}: {named.doubt or opened.doubt}")
        elif named.hit:
            closed.append(rule)
    if doubts:
        word = "undefined" if wire.protocol == "ICMP" else "unknown"
        return PolicyDecision(word, "; ".join(doubts.values()), tuple(doubts))
    ids = isolation.ids
    isolates = f"{_names(ids)} {'isolates' if len(ids) == 1 else 'isolate'} Pod {pod.id} for {direction.lower()}"
    if wire.protocol == "ICMP":
        return PolicyDecision(
            "undefined", f"{isolates}, and the API leaves the effect on ICMP to the network plugin", ids
        )
    if not seen.address and not seen.node:
        return PolicyDecision("unknown", f"{isolates}, and whether the other end is its own node is not known", ids)
    return PolicyDecision("deny", f"{isolates}, and {_nothing(direction, isolation.rules, closed, seen, wire)}", ids)


def _nothing(direction: str, rules: int, closed: list[Rule], seen: Seen, wire: Traffic) -> str:
    """Why none of the rules allows it."""
    if closed:
        ports = "; ".join(f"{rule} opens {rule.ports_words()}" for rule in closed[:3])
        return f"no rule that names {seen} opens {wire} ({ports})"
    if not rules:
        return f"there is no {direction.lower()} rule"
    return f"{'its rule does not name' if rules == 1 else f'none of the {rules} rules names'} {seen}"


def _names(ids: t.Sequence[str]) -> str:
    return f"{'NetworkPolicy' if len(ids) == 1 else 'NetworkPolicies'} {_some(ids)}"


def _some(names: t.Sequence[str]) -> str:
    """Name a few and count the rest."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
