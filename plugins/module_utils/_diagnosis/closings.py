# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Connections that NetworkPolicies close: which policy, in which direction, and whether one was written for them. Pure.

A rule of a policy that would allow a connection but for one slip (a port of a Service in place of the Pod's, a label
that nobody has, two selectors in one element) is a near miss: it was evidently written for that connection.
"""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors as selectors
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import policies
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import family, is_address
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import NetworkPolicy, Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policy_rules import (
    Block,
    Seen,
    Traffic,
    is_port,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from .about import About
from .case import Case

Json = t.Mapping[str, t.Any]
_PROTOCOLS = {"udp": "UDP", "dns": "UDP"}
#: The field of a direction's rules, and that of their peers.
_FIELDS = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}
_ALIKE = 0.7


@dataclasses.dataclass(frozen=True)
class Connection:
    """A Pod that connects to a port of a Pod; at most one end is no Pod of the cluster, and has an address alone."""

    client: Pod | None
    server: Pod | None
    protocol: str
    port: int
    address: str = ""  #: of the end that is no Pod

    def ends(self, direction: str) -> tuple[Pod | None, Pod | None]:
        """The Pod that a direction's policies isolate, and the other end."""
        return (self.server, self.client) if direction == "Ingress" else (self.client, self.server)


@dataclasses.dataclass(frozen=True)
class Closing:
    """A NetworkPolicy that isolates an end of a connection, which no policy allows in that direction."""

    policy: NetworkPolicy
    direction: str
    connection: Connection


@dataclasses.dataclass(frozen=True)
class NearMiss:
    """The field of a rule that keeps it from allowing a connection."""

    code: str
    field: str
    value: str
    wanted: str
    why: str  #: a clause: C(no Pod has that label)


def connections(case: Case, about: About) -> list[Connection]:
    """The connections that a cell stands for: one for each Pod that may be asked."""
    protocol = _PROTOCOLS.get(about.cell.protocol, "TCP")
    asker = about.asker
    client = case.facts.pods.get(f"{asker.namespace}/{asker.name}") if asker and asker.kind == "Pod" else None
    address = "" if client else _address_of(about)
    if about.asked and about.asked.kind == "Pod":
        server = case.facts.pods.get(f"{about.asked.namespace}/{about.asked.name}")
        return [Connection(client, server, protocol, about.target.get("port", 0), address)] if server else []
    found = []
    for service_id, number in about.ports:
        service = case.facts.services.get(service_id)
        for port in service.ports if service and about.target.get("kind") != "ingress" else ():
            if service and port.port == number and port.protocol == protocol:
                for pod in case.pods_of(service):
                    target = port_in_pod(pod, port)
                    found += [Connection(client, pod, protocol, target, address)] if target else []
    return found


def _address_of(about: About) -> str:
    """The address of a source that is no Pod, of the family that was asked; a recorded one may be anything."""
    own = [each for each in about.source.get("addresses") or () if is_address(each)]
    return next((each for each in own if family(each) == about.cell.family), next(iter(own), ""))


def rewritten(case: Case, about: About, connection: Connection) -> list[Closing]:
    """The policies that let a client in, and not the node that puts its own address in the place of the client's."""
    server = connection.server
    isolating = case.facts.policy_index.isolation(server, "Ingress").ids if server and not connection.client else ()
    return [
        Closing(one, "Ingress", connection)
        for one in case.facts.network_policies
        if one.id in isolating and f"NetworkPolicy {one.id}" in about.cell.decided_by.split(", ")
    ]


def closings(case: Case, connection: Connection) -> list[Closing]:
    """The policies that close a connection, in both directions."""
    client, server = (_peer(pod, connection.address) for pod in (connection.client, connection.server))
    found = []
    for direction in ("Egress", "Ingress"):
        isolated, _other = connection.ends(direction)
        if isolated is None or connection.client is connection.server:
            continue
        said = policies.decide(case.facts, client, server, connection.protocol, connection.port, direction)
        if said.decision == "deny":
            isolating = case.facts.policy_index.isolation(isolated, direction).ids
            found += [Closing(one, direction, connection) for one in case.facts.network_policies if one.id in isolating]
    return found


def _peer(pod: Pod | None, address: str) -> policies.Peer:
    if pod is None:
        return policies.Peer((address,) if is_address(address) else ())
    return policies.Peer(pod.ips[:1], pod)


def near_miss(case: Case, closing: Closing, is_wanted: bool = False) -> NearMiss | None:
    """The slip of a rule of the policy that was evidently written for the connection; none where there is none.

    Args:
        case: all that is known.
        closing: of the connection.
        is_wanted: whether a client was made to use the connection: a label that nobody has, it was meant to have.
    """
    field, peers = _FIELDS[closing.direction]
    found: list[NearMiss] = []
    for number, rule in enumerate(closing.policy.spec.get(field) or ()):
        place, entries = f"spec.{field}[{number}]", rule.get(peers) or ()
        _isolated, other = closing.connection.ends(closing.direction)
        named = not entries or any(_names(case, closing, entry, other) for entry in entries)
        wanted = _is_open(rule.get("ports") or (), closing.connection)
        if named and not wanted:
            found += _ports(case, closing, f"{place}.ports", rule["ports"])
        elif wanted:  # where it is named as well, a node has rewritten what the rule names
            for index, entry in enumerate(entries):
                if named and "ipBlock" not in entry:
                    continue
                slip = _entry(case, closing, f"{place}.{peers}[{index}]", entry, other, is_wanted)
                found += [slip] if slip else []
    return min(found, key=lambda one: (one.code, one.field)) if found else None


def names(case: Case, closing: Closing, rule: Json) -> bool:
    """Whether a rule of the policy is about the other end, whatever its ports."""
    entries, other = rule.get(_FIELDS[closing.direction][1]) or (), closing.connection.ends(closing.direction)[1]
    return not entries or any(_names(case, closing, entry, other) for entry in entries)


def allows(case: Case, closing: Closing, rule: Json) -> bool:
    """Whether a rule of the policy allows the connection."""
    return names(case, closing, rule) and _is_open(rule.get("ports") or (), closing.connection)


def _is_open(ports: t.Sequence[Json], connection: Connection) -> bool:
    wire = Traffic(connection.protocol, connection.port, connection.server)
    return not ports or any(is_port(port, wire) for port in ports)


def _numbers(pod: Pod, name: str) -> list[int]:
    return [one.port for container in pod.containers for one in container.ports if one.name == name]


def _ports(case: Case, closing: Closing, place: str, ports: t.Sequence[Json]) -> t.Iterator[NearMiss]:
    """POL-04: the number of a Service's port, or a name that no port of the Pod has."""
    server, connection = closing.connection.server, closing.connection
    for index, port in enumerate(ports):
        first = port.get("port")
        if server is None or (port.get("protocol") or "TCP") != connection.protocol or port.get("endPort"):
            continue
        if first is None or _is_declared(case, closing, port):
            continue
        if isinstance(first, str):
            if not _numbers(server, first):
                has = f"no port of Pod {server.id} has that name"
                yield NearMiss("POL-04", f"{place}[{index}].port", first, str(connection.port), has)
            continue
        for service in case.services_of(server):
            for own in service.ports:
                target = port_in_pod(server, own) if own.protocol == connection.protocol else 0
                if own.port == first != target == connection.port:
                    why = f"{first} is the port of Service {service.id}; policies see that of the Pod, {target}"
                    yield NearMiss("POL-04", f"{place}[{index}].port", str(first), str(target), why)


def _is_declared(case: Case, closing: Closing, port: Json) -> bool:
    """Whether a Pod that the rule is about has such a port: then the rule is for that one."""
    protocol, wanted = port.get("protocol") or "TCP", str(port["port"])
    servers = [closing.connection.server]
    if closing.direction == "Ingress":
        space, selector = closing.policy.namespace, closing.policy.spec.get("podSelector")
        servers = [one for one in case.snapshot.pods if one.namespace == space and _pod_fits(selector, one)]
    return any(
        wanted in (one.name, str(one.port)) and one.protocol == protocol
        for pod in servers
        if pod
        for container in pod.containers
        for one in container.ports
    )


def _names(case: Case, closing: Closing, entry: Json, other: Pod | None) -> bool:
    if entry.get("ipBlock"):
        addresses = other.ips[:1] if other else (closing.connection.address,)
        return any(_in_block(entry["ipBlock"], address) for address in addresses if address)
    return other is not None and _is_selected(case, closing.policy, entry, other)


def _in_block(block: Json, address: str) -> bool:
    try:
        return Block(block).match(Seen(address)).hit
    except ValueError:  # the address of a report may be any text
        return False


def _is_selected(case: Case, policy: NetworkPolicy, entry: Json, pod: Pod) -> bool:
    in_namespace = pod.namespace == policy.namespace
    if entry.get("namespaceSelector") is not None:
        in_namespace = _namespace_fits(case, entry["namespaceSelector"], pod.namespace)
    return in_namespace and _pod_fits(entry.get("podSelector"), pod)


def _pod_fits(selector: Json | None, pod: Pod) -> bool:
    return selectors.matches(selectors.of_object(selector), pod.labels)


def _namespace_fits(case: Case, selector: Json, namespace: str) -> bool:
    return selectors.matches(selectors.of_object(selector), case.facts.namespace_labels(namespace))


def _entry(
    case: Case, closing: Closing, place: str, entry: Json, other: Pod | None, is_wanted: bool
) -> NearMiss | None:
    if entry.get("ipBlock"):
        return _block(case, closing, place, entry["ipBlock"], other)
    if other is None:
        return None
    pods, spaces = entry.get("podSelector"), entry.get("namespaceSelector")
    if pods is not None and spaces is not None:
        fits = (_pod_fits(pods, other), _namespace_fits(case, spaces, other.namespace))
        nobody = not any(_is_selected(case, closing.policy, entry, pod) for pod in case.snapshot.pods)
        if nobody and fits.count(True) == 1 and _each_fits_somebody(case, pods, spaces):
            why = "both selectors of one element must match, and no Pod is matched by both: each matches some alone"
            return NearMiss("POL-05", place, "podSelector and namespaceSelector in one element", "two elements", why)
    if any(_is_selected(case, closing.policy, entry, pod) for pod in case.snapshot.pods):
        return None
    return _label(case, closing, place, entry, other, is_wanted)


def _each_fits_somebody(case: Case, pods: Json, spaces: Json) -> bool:
    return any(_pod_fits(pods, pod) for pod in case.snapshot.pods) and any(
        _namespace_fits(case, spaces, one.name) for one in case.snapshot.namespaces
    )


def _label(case: Case, closing: Closing, place: str, entry: Json, other: Pod, is_wanted: bool) -> NearMiss | None:
    """POL-03: a selector that nobody meets, and which the other end meets but for one label."""
    found: list[tuple[str, str, str, str]] = []  # where, what it says, what the other end has, of whom
    for part, labels, who in (
        ("podSelector", dict(other.labels), "Pod"),
        ("namespaceSelector", case.facts.namespace_labels(other.namespace), "namespace"),
    ):
        if part == "podSelector" or entry.get(part) is not None:
            for key, value in ((entry.get(part) or {}).get("matchLabels") or {}).items():
                if labels.get(key) != value:
                    found.append((f"{place}.{part}.matchLabels.{key}", value, labels.get(key, ""), f"{who}s|{key}"))
    if entry.get("namespaceSelector") is None and other.namespace != closing.policy.namespace:
        return None
    if len(found) != 1:
        return None
    field, value, has, who = found[0]
    whose, key = who.split("|")
    is_meant = _is_slip(value, has) or (whose == "namespaces" and _is_slip(value, other.namespace))
    if whose == "namespaces" and not has and entry.get("podSelector"):
        is_meant = is_meant or _pod_fits(entry["podSelector"], other)
    if not (is_meant or case.is_question or (is_wanted and not has)):
        return None
    return NearMiss("POL-03", field, value, has, f"no {whose[:-1]} has the label {key}={value}")


def _is_slip(value: str, has: str) -> bool:
    return bool(has) and difflib.SequenceMatcher(None, value, has).ratio() >= _ALIKE


def _block(case: Case, closing: Closing, place: str, block: Json, other: Pod | None) -> NearMiss | None:
    """POL-06: a block of Pod addresses, or of a client whose address a node rewrites."""
    field, cidr = f"{place}.ipBlock.cidr", str(block.get("cidr"))
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None
    if other is not None and not network.prefixlen:
        return None
    if other is not None:
        ranges = [ipaddress.ip_network(one, strict=False) for node in case.snapshot.nodes for one in node.pod_cidrs]
        is_anybody = any(_in_block(block, address) for pod in case.snapshot.pods for address in pod.ips)
        if not is_anybody and any(network.version == one.version and network.overlaps(one) for one in ranges):
            why = f"{cidr} lies in the range of Pod addresses, and Pod {other.id} has {', '.join(other.ips)}"
            return NearMiss("POL-06", field, cidr, "", f"{why}: a Pod's address changes, its labels do not")
    elif _in_block(block, closing.connection.address):
        why = "a node rewrites the address of such clients, so that policies see the node's"
        return NearMiss("POL-06", field, cidr, "", why)
    return None
