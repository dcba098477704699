# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The way from one source to one target, hop by hop, with what each hop showed. Pure.

It ends at the first hop that lets nothing through; those after it are not judged. Where every hop lets through, what
the user sees is not the network.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Service

from .about import About
from .case import Case
from .closings import closings, connections
from .finding import ObjectRef
from .rules.services_asked import asked_service

#: What a hop does with the traffic; C(not_judged) is behind one that stops it.
STATES = ("passes", "stops", "unknown", "not_judged")


@dataclasses.dataclass(frozen=True)
class Hop(Record):
    """One hop."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"hop", "state"})

    hop: str
    state: str
    says: str = ""
    object: t.Optional[ObjectRef] = None  # noqa: UP045 - evaluated, and controllers may have Python 3.9


def walk(case: Case) -> tuple[Hop, ...]:
    """The hops of a report that is one question; none where it is not."""
    options = ((case.report.get("run") or {}).get("options")) or {}
    if not (options.get("from") and options.get("to")) or not case.cells:
        return ()
    hops: list[Hop] = []
    stopped = False
    for name, look in _HOPS.items():
        found = Hop(name, "not_judged") if stopped else look(case)
        if found is not None:
            hops.append(dataclasses.replace(found, hop=name))
            stopped = stopped or found.state == "stops"
    return tuple(hops)


def _hop(state: str, says: str, ref: ObjectRef | None = None) -> Hop:
    return Hop("", state, says, ref)


def _of(cells: t.Iterable[About]) -> str:
    """Say the first of some cells, and how many there are."""
    listed = list(cells)
    first = listed[0].cell
    more = f" (and {len(listed) - 1} more checks)" if len(listed) > 1 else ""
    return f"{first.asked}: {first.reason or first.outcome}{more}"


def _name(case: Case) -> Hop | None:
    """Whether names resolve: what asks for one, and what could not be sent because one did not."""
    lookups = [about for about in case.cells if about.is_lookup]
    failed = [about for about in lookups if about.failed]
    if failed:
        return _hop("stops", _of(failed))
    answered = [about for about in lookups if about.answered]
    return _hop("passes", f"{answered[0].cell.asked} is answered") if answered else None


def _named(case: Case) -> dict[str, set[int]]:
    """The Services on the way, and those that names which are asked mean, with the ports that are asked."""
    found: dict[str, set[int]] = {}
    for about in case.cells:
        meant = asked_service(case, about)
        by_name = {(f"{meant.namespace}/{meant.name}", int(about.target.get("port", 0)))} if meant else set()
        for service, port in {*about.ports, *by_name}:
            found.setdefault(service, set()).add(port)
    return found


def _services(case: Case) -> list[Service]:
    names = _named(case)
    return [case.facts.services[name] for name in sorted(names) if name in case.facts.services]


def _service(case: Case) -> Hop | None:
    """Whether the Services on the way exist, and select Pods."""
    named = _named(case)
    unread = {one for one in named if case.facts.unread_in("services", one.partition("/")[0])}
    missing = sorted(named.keys() - case.facts.services.keys() - unread)
    if missing:
        namespace, _slash, name = missing[0].partition("/")
        return _hop("stops", f"Service {missing[0]} does not exist", ObjectRef("Service", name, namespace))
    for service in _services(case):
        if said := _without_port(service, named[service.id]):
            return _hop("stops", said, ObjectRef("Service", service.name, service.namespace))
        if service.selector and not case.facts.selected_by(service) and case.knows("pods"):
            said = f"no Pod matches the selector of Service {service.id}"
            return _hop("stops", said, ObjectRef("Service", service.name, service.namespace))
    found = _services(case)
    return _hop("passes", f"Service {found[0].id} selects Pods") if found else None


def _without_port(service: Service, asked: t.Collection[int]) -> str:
    there = sorted({port.port for port in service.ports})
    lacks = sorted(port for port in asked if port and port not in there)
    if not lacks or service.type == "ExternalName" or service.headless:
        return ""
    has = f"it has {', '.join(map(str, there))}" if there else "it has none"
    return f"Service {service.id} has no port {lacks[0]}; {has}"


def _endpoint(case: Case) -> Hop | None:
    """Whether the Services have endpoints that get traffic."""
    for service in _services(case):
        for port in service.ports:
            families = ("IPv6" if ":" in address else "IPv4" for address in service.cluster_ips)
            there = [one for family in families for one in case.facts.backends(service, port, family)]
            if there and any(one.endpoint.ready or one.fading for one in there):
                return _hop("passes", f"Service {service.id} port {port.port} has ready endpoints")
        if service.cluster_ips and case.knows("endpoint_slices"):
            said = f"no endpoint of Service {service.id} is ready"
            return _hop("stops", said, ObjectRef("Service", service.name, service.namespace))
    return None


def _policy(direction: str) -> t.Callable[[Case], Hop | None]:
    def look(case: Case) -> Hop | None:
        """Whether NetworkPolicies let the connections through in one direction."""
        if not case.knows("network_policies"):
            return _hop("unknown", case.unknown("network_policies"))
        closing = [
            one
            for about in case.cells
            if not about.answered and not about.is_lookup
            for connection in connections(case, about)
            for one in closings(case, connection)
            if one.direction == direction
        ]
        if not closing:
            return _hop("passes", "no NetworkPolicy closes it")
        policy = closing[0].policy
        said = f"NetworkPolicy {policy.id} isolates the Pod for {direction.lower()}, and no rule allows the connection"
        return _hop("stops", said, ObjectRef("NetworkPolicy", policy.name, policy.namespace))

    return look


def _node(case: Case) -> Hop | None:
    """Whether the nodes of both ends are ready."""
    if not case.knows("nodes"):
        return _hop("unknown", case.unknown("nodes"))
    names = {str(end.get("node") or "") for about in case.cells for end in (about.source, about.target)} - {""}
    for name in sorted(names):
        node = case.facts.nodes.get(name)
        if node and not node.ready:
            return _hop("stops", f"Node {name} is {node.status or 'not ready'}", ObjectRef("Node", name))
    return _hop("passes", f"{', '.join(sorted(names))} ready") if names else None


def _listener(case: Case) -> Hop | None:
    """Whether something accepts the connections."""
    sent = [about for about in case.cells if not about.is_lookup and about.cell.protocol not in ("icmp", "mtu")]
    failed = [about for about in sent if about.failed and not _words.outcome(about.cell.outcome).is_open]
    if failed:
        return _hop("stops", _of(failed), failed[0].asked)
    answered = [about for about in sent if _words.outcome(about.cell.outcome).is_open]
    return _hop("passes", f"{answered[0].cell.asked} answers") if answered else None


def _application(case: Case) -> Hop | None:
    """Whether the application answers well."""
    failed = [about for about in case.cells if about.failed and not about.is_lookup]
    if failed:
        return _hop("stops", _of(failed), failed[0].asked)
    noted = [about for about in case.cells if about.cell.note]
    if noted:
        return _hop("passes", noted[0].cell.note, noted[0].asked)
    return _hop("passes", "") if any(about.answered for about in case.cells) else None


#: In the order of the way.
_HOPS: dict[str, t.Callable[[Case], Hop | None]] = {
    "name": _name,
    "Service": _service,
    "endpoint": _endpoint,
    "policy out": _policy("Egress"),
    "policy in": _policy("Ingress"),
    "node": _node,
    "listener": _listener,
    "application": _application,
}
