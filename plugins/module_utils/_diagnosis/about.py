# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A cell of the matrix with the objects that its traffic is for and goes through."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Cell
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

from .finding import ObjectRef

Plain = t.Mapping[str, t.Any]
#: C(Kind namespace/name) or C(Kind name) at the start of a text of a cell, with the port of a Service.
_NAMED = re.compile(
    r"(?P<kind>[A-Z][A-Za-z]+) (?:(?P<namespace>[a-z0-9.-]+)/)?(?P<name>[a-z0-9.:-]+)(?: port (?P<port>\d+))?"
)
_KINDS = {"pod": "Pod", "service": "Service", "node": "Node"}


@dataclasses.dataclass(frozen=True)
class About:
    """A cell, its ends, and the objects on its way.

    Attributes:
        cell: as the report has it.
        source: of the cell, as the report has it.
        target: of the cell, as the report has it.
        asked: the object that the question is for (Pod, Service, Node, Ingress or route); none for an address.
        objects: that one, and every object that its traffic goes through: the Ingress, and the Services behind it.
        ports: the ports of these Services, each as (C(namespace/name), port).
        asker: the Pod or Node that asks; none outside the cluster.
    """

    cell: Cell
    source: Plain
    target: Plain
    asked: ObjectRef | None
    objects: frozenset[ObjectRef]
    ports: frozenset[tuple[str, int]]
    asker: ObjectRef | None

    @property
    def failed(self) -> bool:
        """Whether it should have been answered, and was not."""
        return self.cell.verdict == "fail"

    @property
    def closed(self) -> bool:
        """Whether an object of the cluster closes it, and it was not answered."""
        return self.cell.expectation == "deny" and self.cell.verdict in ("pass", "unknown") and not self.answered

    @property
    def open(self) -> bool:
        """Whether it was answered, and should not have been."""
        return self.cell.verdict == "unexpected_open"

    @property
    def answered(self) -> bool:
        """Whether it was answered as it should, so that the whole way works, the application included."""
        return self.cell.verdict == "pass" and _words.outcome(self.cell.outcome).is_open

    @property
    def is_lookup(self) -> bool:
        """Whether only a name is looked up, or its resolution is what failed: nothing was sent to the object."""
        return self.cell.protocol == "dns" or _words.outcome(self.cell.outcome).is_name

    @property
    def is_inside(self) -> bool:
        """Whether a container asks another of its Pod over loopback: others may not be answered there."""
        return self.cell.model == "container_to_container"

    @property
    def intermittent(self) -> bool:
        """Whether some tries were answered and some were not."""
        sent, received = self.cell.evidence.get("sent"), self.cell.evidence.get("received")
        return bool(received) and sent is not None and received < sent

    def is_for(self, ref: ObjectRef) -> bool:
        """Whether its traffic is for the object, or goes through it."""
        return ref in self.objects

    def uses(self, service: str, port: int) -> bool:
        """Whether it uses the port of a Service, directly, by a node port or through an Ingress."""
        return (service, port) in self.ports


@dataclasses.dataclass(frozen=True)
class Reach:
    """A predicate that matches no cell but those that have certain objects on their way: no other has to be asked.

    Attributes:
        objects: one of which is among C(About.objects) of each cell that it matches.
        matches: decides on these cells.
    """

    objects: frozenset[ObjectRef]
    matches: t.Callable[[About], bool]

    def __call__(self, about: About) -> bool:
        """Whether it matches a cell."""
        return self.matches(about)

    def where(self, condition: t.Callable[[About], bool]) -> Reach:
        """Match only those that a condition holds for, too."""
        matches = self.matches
        return Reach(self.objects, lambda about: matches(about) and condition(about))


class Abouts:
    """Makes C(About) of the cells of a report."""

    def __init__(self, report: Plain, facts: Facts) -> None:
        self._sources: Plain = report.get("sources") or {}
        self._targets: Plain = report.get("targets") or {}
        self._node_ports = {
            (port.node_port, port.protocol): (service.id, port.port)
            for service in facts.services.values()
            for port in service.ports
            if port.node_port
        }
        self._entries: dict[tuple[str, str, str, int], list[tuple[str, str]]] = {}
        for entry in facts.entries:
            backends = [(entry.path.namespace, entry.path.service, entry.path.port)]
            backends += [(other.namespace, other.service, other.port) for other in entry.path.others]
            key = (entry.namespace, entry.name, f"{entry.host or '*'}{entry.path.path}", entry.port)
            for namespace, name, port in backends:
                if name:
                    self._entries.setdefault(key, []).append((f"{namespace or entry.namespace}/{name}", port))
        self._services = facts.services

    def of(self, cell: Cell) -> About:
        """Put a cell and its objects together."""
        source: Plain = self._sources.get(cell.source) or {}
        target: Plain = self._targets.get(cell.target) or {}
        ports = self._ports(cell, target)
        asked = self._asked(cell, target)
        objects = {_service(service) for service, _port in ports}
        objects |= {ref for text in (cell.decided_by, cell.evidence.get("path", "")) if (ref := named(text))}
        if asked:
            objects.add(asked)
        return About(cell, source, target, asked, frozenset(objects), frozenset(ports), _asker(source))

    def _asked(self, cell: Cell, target: Plain) -> ObjectRef | None:
        kind = target.get("kind", "")
        if kind == "ingress":
            decided = named(cell.decided_by)
            is_entry = decided and decided.name == target.get("name")
            return decided if is_entry else ObjectRef("Ingress", target.get("name", ""), target.get("namespace", ""))
        if kind == "apiserver":
            return ObjectRef("Service", "kubernetes", "default")
        return ObjectRef(_KINDS[kind], target["name"], target.get("namespace", "")) if kind in _KINDS else None

    def _ports(self, cell: Cell, target: Plain) -> set[tuple[str, int]]:
        kind, port = target.get("kind", ""), target.get("port", 0)
        if kind == "service":
            return {(f"{target.get('namespace', '')}/{target['name']}", port)}
        if kind == "node":
            found = self._node_ports.get((port, "UDP" if cell.protocol == "udp" else "TCP"))
            return {found} if found else set()
        if kind == "ingress":
            key = (target.get("namespace", ""), target.get("name", ""), target.get("port_name", ""), port)
            return {(service, self._number(service, wanted)) for service, wanted in self._entries.get(key, ())}
        return {("default/kubernetes", port)} if kind == "apiserver" else set()

    def _number(self, service: str, wanted: str) -> int:
        """The number of a port that an Ingress names; 0 where the Service or the port does not exist."""
        there = self._services.get(service)
        ports = there.ports if there else ()
        return next((each.port for each in ports if wanted in ("", each.name, str(each.port))), 0)


def named(text: str) -> ObjectRef | None:
    """Read the object at the start of a text such as C(Service shop/web port 80)."""
    match = _NAMED.match(text)
    return ObjectRef(match["kind"], match["name"], match["namespace"] or "") if match else None


def _service(key: str) -> ObjectRef:
    namespace, _slash, name = key.partition("/")
    return ObjectRef("Service", name, namespace)


def _asker(source: Plain) -> ObjectRef | None:
    if source.get("kind") == "node":
        return ObjectRef("Node", source.get("node", ""))
    return ObjectRef("Pod", source["pod"], source.get("namespace", "")) if source.get("pod") else None
