# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the spec of a policy of C(policy.networking.k8s.io) to its rules. It asks nothing and refuses nothing.

Each object that the API calls a choice has exactly one field. A field that is not one of theirs is of a version that is
not known here, as are the fields of versions before v0.1.7 (C(sameLabels)): what it means is left open.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
import typing as t

from .. import _selectors as selectors
from .cluster_policy_rules import (
    ACCEPT,
    ADMIN,
    ANY,
    BASELINE,
    DENY,
    PASS,
    ClusterRule,
    DomainNames,
    Networks,
    Nodes,
    Odd,
    Peer,
    Pods,
    Ports,
    Side,
)
from .fields import Json, OddObject, integer, mapping, mappings, port_of, string, strings
from .model import ClusterPolicy
from .parse import identity_of
from .policy_rules import Block


def cluster_policy(kind: str) -> t.Callable[[Json], ClusterPolicy]:
    """Return what reads a policy of a kind of C(policy.networking.k8s.io)."""
    return functools.partial(_cluster_policy, kind)


def _cluster_policy(kind: str, item: Json) -> ClusterPolicy:
    """Whatever its spec is: one that is no object could say anything."""
    spec = item.get("spec")
    return ClusterPolicy(kind, identity_of(item)["name"], spec if isinstance(spec, dict) else None)


@dataclasses.dataclass(frozen=True)
class _Dialect:
    """The words of a kind."""

    fields: tuple[str, ...]  #: of its spec, beside those that all have
    actions: t.Mapping[str, str]
    ports: str  #: the field of a rule
    port: t.Callable[[Json], Ports]
    tier: str = ""  #: where its spec has none


def sides(policy: ClusterPolicy, direction: str) -> t.Iterator[Side]:
    """Yield what a policy says of a direction (C(Ingress) or C(Egress)): nothing where it has no such rules."""
    field = direction.lower()
    try:
        spec = policy.spec
        if spec is None:
            raise OddObject("its spec is no object")
        dialect = _DIALECTS[policy.kind]
        _only(spec, *dialect.fields, "subject", "ingress", "egress")
        rules = mappings(spec, field)
        if not rules:
            return
        tier = dialect.tier or string(spec, "tier")
        if tier not in (ADMIN, BASELINE):
            raise OddObject(f"its tier is {tier[:50]!r}")
        if "priority" in dialect.fields and spec.get("priority") is None:
            raise OddObject("it has no priority")
        priority = integer(spec, "priority")
        title = policy.id + _place(dialect, tier, priority)
        made = tuple(_rule(dialect, policy, title, direction, number, rule) for number, rule in enumerate(rules))
        yield Side(policy.kind, tier, priority, _or_odd(_subject, spec), made)
    except ValueError as error:
        rule = ClusterRule(policy.id, policy.id, "", ANY, (Odd(f"it cannot be read: {error}"),))
        late = policy.kind == "BaselineAdminNetworkPolicy" or (policy.spec or {}).get("tier") == BASELINE
        yield Side(policy.kind, BASELINE if late else ADMIN, 0, Pods([], []), (rule,))


def label_keys(policy: ClusterPolicy) -> set[str]:
    """The labels of Pods by which a policy selects or names them."""
    return {requirement[0] for part in _parts(policy) if isinstance(part, Pods) for requirement in part.pods}


def is_readable(policy: ClusterPolicy) -> bool:
    """Whether all of whom a policy selects and names is known."""
    return not any(isinstance(part, Odd) for part in _parts(policy))


def _parts(policy: ClusterPolicy) -> t.Iterator[Peer]:
    for direction in ("Ingress", "Egress"):
        for side in sides(policy, direction):
            yield side.subject
            for rule in side.rules:
                yield from rule.peers


def _place(dialect: _Dialect, tier: str, priority: int) -> str:
    if not dialect.tier:
        return f" (tier {tier}, priority {priority})"
    return f" (priority {priority})" if "priority" in dialect.fields else ""


def _rule(dialect: _Dialect, policy: ClusterPolicy, title: str, direction: str, number: int, rule: Json) -> ClusterRule:
    field, read = ("from", _PEERS_FROM) if direction == "Ingress" else ("to", _PEERS_TO)
    action = dialect.actions.get(str(rule.get("action")), ANY)
    path = f"{direction.lower()}[{number}]" + (f" {rule['name'][:100]!r}" if type(rule.get("name")) is str else "")
    try:
        _only(rule, "name", "action", field, dialect.ports)
        peers: list[Peer] = [_or_odd(_peer, entry, read, action) for entry in mappings(rule, field)]
        if not peers:
            raise OddObject(f"it has no {field}")
        ports = tuple(_or_odd(dialect.port, entry) for entry in mappings(rule, dialect.ports))
    except ValueError as error:
        peers, ports = [Odd(str(error))], ()
    return ClusterRule(policy.id, title, path, action, tuple(peers), ports)


def _or_odd(read: t.Callable[..., t.Any], *about: t.Any) -> t.Any:
    try:
        return read(*about)
    except ValueError as error:
        return Odd(str(error))


def _only(item: Json, *known: str) -> None:
    """Refuse an object that has other fields."""
    other = sorted(str(key) for key, value in item.items() if value is not None and key not in known)
    if other:
        raise OddObject(f"it has the field {other[0][:50]!r}, which is not known")


def _choice(item: Json, *known: str) -> str:
    """The one field that an object has."""
    _only(item, *known)
    found = [key for key in known if item.get(key) is not None]
    if len(found) != 1:
        raise OddObject(f"it has {len(found)} of the fields {', '.join(known)} and must have one")
    return found[0]


def _selector(item: Json, field: str) -> list[selectors.Requirement]:
    selector = mapping(item, field)
    _only(selector, "matchLabels", "matchExpressions")
    return selectors.of_object(selector)


def _subject(spec: Json) -> Pods:
    subject = mapping(spec, "subject")
    return _pods(subject, _choice(subject, "namespaces", "pods"))


def _pods(item: Json, field: str) -> Pods:
    if field == "namespaces":
        return Pods([], _selector(item, field))
    pods = mapping(item, field)
    _only(pods, "namespaceSelector", "podSelector")
    return Pods(_selector(pods, "podSelector"), _selector(pods, "namespaceSelector"))


def _peer(entry: Json, known: t.Mapping[str, t.Callable[[Json, str], Peer]], action: str) -> Peer:
    field = _choice(entry, *known)
    if field == "domainNames" and action != ACCEPT:
        raise OddObject("it has domainNames, which only rules that allow may have")
    return known[field](entry, field)


def _nodes(entry: Json, field: str) -> Nodes:
    return Nodes(_selector(entry, field))


def _networks(entry: Json, field: str) -> Networks:
    texts = strings(entry, field)
    for text in texts:
        ipaddress.ip_network(text, strict=False)
    return Networks(tuple(Block({"cidr": text}) for text in texts))


def _domain_names(entry: Json, field: str) -> DomainNames:
    return DomainNames(strings(entry, field))


_PEERS_FROM: t.Mapping[str, t.Callable[[Json, str], Peer]] = {"namespaces": _pods, "pods": _pods}
_PEERS_TO: t.Mapping[str, t.Callable[[Json, str], Peer]] = {
    **_PEERS_FROM,
    "nodes": _nodes,
    "networks": _networks,
    "domainNames": _domain_names,
}


def _protocol(entry: Json) -> Ports:
    """Read a C(ClusterNetworkPolicyProtocol)."""
    field = _choice(entry, "tcp", "udp", "sctp", "destinationNamedPort")
    if field == "destinationNamedPort":
        return Ports("", name=string(entry, field))
    protocol = mapping(entry, field)
    _only(protocol, "destinationPort")
    if protocol.get("destinationPort") is None:
        return Ports(field.upper())
    port = mapping(protocol, "destinationPort")
    if _choice(port, "number", "range") == "number":
        return _range(field.upper(), port, "number", "number")
    return _range(field.upper(), mapping(port, "range"), "start", "end")


def _port(entry: Json) -> Ports:
    """Read an C(AdminNetworkPolicyPort)."""
    field = _choice(entry, "portNumber", "namedPort", "portRange")
    if field == "namedPort":
        return Ports("", name=string(entry, field))
    first, last = ("port", "port") if field == "portNumber" else ("start", "end")
    port = mapping(entry, field)
    return _range(string(port, "protocol") or "TCP", port, first, last)


def _range(protocol: str, item: Json, first: str, last: str) -> Ports:
    _only(item, "protocol", first, last)
    ports = Ports(protocol, port_of(item, first), port_of(item, last))
    if not ports.first or not ports.last:
        raise OddObject(f"it has no {first if not ports.first else last}")
    return ports


_OLD_ACTIONS = {"Allow": ACCEPT, "Deny": DENY, "Pass": PASS}
_DIALECTS = {
    "ClusterNetworkPolicy": _Dialect(
        ("tier", "priority"), {"Accept": ACCEPT, "Deny": DENY, "Pass": PASS}, "protocols", _protocol
    ),
    "AdminNetworkPolicy": _Dialect(("priority",), _OLD_ACTIONS, "ports", _port, ADMIN),
    # Nothing comes after it that its rules could pass to.
    "BaselineAdminNetworkPolicy": _Dialect((), {"Allow": ACCEPT, "Deny": DENY}, "ports", _port, BASELINE),
}
