# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A case: all that is known when causes are looked for, with the finders that rules need."""

from __future__ import annotations

import collections
import dataclasses
import functools
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Cell
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Endpoint,
    Missing,
    Pod,
    Service,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    Condition,
    ContainerDetail,
    PodDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    FURTHER_FACTS,
    FoldedEvent,
    Owner,
    Workloads,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.selections import Selections

from .about import About, Abouts, Plain, Reach
from .finding import Change, ObjectRef
from .follow_ups.records import FollowUpAnswers

#: Facts that the workloads of a snapshot call otherwise: both have Pods and Nodes.
_OF_WORKLOADS = {"details": "pods", "node_details": "nodes"}
#: Facts that only C(depth: all) reads.
_OF_ALL = frozenset({"jobs", "roles", "bindings"})
#: Where the template of its Pods stands in an object.
_TEMPLATES = {"Pod": "", "CronJob": "spec.jobTemplate.spec.template."}
R = t.TypeVar("R")
_LIST_ITEM = re.compile(r"\[[^\]]*\]")


class NotKnown(Exception):
    """A rule cannot tell without a fact.

    Attributes:
        fact: that is not known.
        reason: why it is not.
    """

    def __init__(self, fact: str, reason: str) -> None:
        super().__init__(f"{fact}: {reason}")
        self.fact, self.reason = fact, reason


@dataclasses.dataclass(frozen=True)
class Case:
    """A snapshot with its workloads, and the report of the probes, if any were sent.

    Attributes:
        snapshot: of the cluster.
        report: the document C(report.json); empty where nothing was probed.
    """

    snapshot: Snapshot
    report: Plain = dataclasses.field(default_factory=dict)

    # ---- what is known

    def unknown(self, fact: str) -> str:
        """Why a fact is not known; empty where it is.

        Facts are the lists of a snapshot (C(pods), C(services), C(endpoint_slices), C(nodes)), those of its workloads
        (C(details) of Pods, C(owners), C(events), C(logs), C(quotas), C(node_details)), parts of these (C(secrets) and
        C(config_maps) of the keys, C(jobs) of the owners, C(node_leases)), and C(cells).

        Raises:
            KeyError: there is no such fact.
        """
        if fact == "cells":
            return "" if self.report else "nothing was probed"
        if self.snapshot.failure:
            return "nothing could be read"
        if fact not in _OF_WORKLOADS and hasattr(self.snapshot, fact):
            resource = fact.replace("_", "")
            said = (_said(each) for each in self.snapshot.missing if each.what.partition(".")[0] == resource)
            return "; ".join(dict.fromkeys(said))
        key = _OF_WORKLOADS.get(fact, fact)
        if key not in FURTHER_FACTS and not hasattr(self.workloads, key):
            raise KeyError(fact)
        if self.snapshot.workloads is None:
            return "the snapshot was taken with depth: traffic"
        if key in _OF_ALL and self.workloads.depth != "all":
            return f"the snapshot was taken with depth: {self.workloads.depth}"
        return self.workloads.unknown.get(key, "")

    def knows(self, fact: str) -> bool:
        """Whether a fact is known."""
        return not self.unknown(fact)

    def need(self, fact: str) -> None:
        """Raise C(NotKnown) where a fact is not known.

        A rule that can tell something without it, and not all, calls this behind its last candidate: it then counts as
        one that could not tell, with the candidates that it gave.
        """
        reason = self.unknown(fact)
        if reason:
            raise NotKnown(fact, reason)

    def once(self, what: str, find: t.Callable[[Case], R]) -> R:
        """What a function finds in this case, found once for all rules that use it."""
        if what not in self._found:
            self._found[what] = find(self)
        return t.cast(R, self._found[what])

    @functools.cached_property
    def _found(self) -> dict[str, t.Any]:
        return {}

    @functools.cached_property
    def workloads(self) -> Workloads:
        """What of the workloads is known: nothing with C(depth: traffic)."""
        return self.snapshot.workloads or Workloads()

    @functools.cached_property
    def facts(self) -> Facts:
        """The snapshot with its indexes: endpoints, policies, entries."""
        return Facts(self.snapshot)

    # ---- cells

    @functools.cached_property
    def cells(self) -> tuple[About, ...]:
        """All cells of the report, each with the objects on its way."""
        abouts = Abouts(self.report, self.facts)
        return tuple(abouts.of(Cell.from_dict(cell)) for cell in self.report.get("cells") or ())

    @functools.cached_property
    def by_id(self) -> dict[int, About]:
        """All cells by their numbers."""
        return {about.cell.id: about for about in self.cells}

    @property
    def is_question(self) -> bool:
        """Whether the run asked why one end does not reach another."""
        options = (self.report.get("run") or {}).get("options") or {}
        return bool(options.get("from") and options.get("to"))

    @functools.cached_property
    def failing(self) -> tuple[About, ...]:
        """Cells that fail: those that were answered and should not have been are in C(open).

        Of a question, those that a policy closes as well: who asks why A does not reach B is told that it is closed.
        """
        return tuple(about for about in self.cells if about.failed or (self.is_question and about.closed))

    @functools.cached_property
    def closed(self) -> tuple[About, ...]:
        """Cells that a policy or another object closes as it says."""
        return tuple(about for about in self.cells if about.closed)

    @functools.cached_property
    def open(self) -> tuple[About, ...]:
        """Cells that were answered although they should not have been."""
        return tuple(about for about in self.cells if about.open)

    @functools.cached_property
    def answered(self) -> tuple[About, ...]:
        """Cells that were answered as they should."""
        return tuple(about for about in self.cells if about.answered)

    @functools.cached_property
    def _failing_of(self) -> dict[ObjectRef, list[About]]:
        return _by_object(self.failing)

    def failing_that(self, matches: t.Callable[[About], bool]) -> list[About]:
        """The failing cells that a predicate matches."""
        return self._matched(matches, self.failing, self._failing_of)

    def open_that(self, matches: t.Callable[[About], bool]) -> list[About]:
        """The cells that a predicate matches and that were answered although they should not have been."""
        return [about for about in self.open if matches(about)]

    def answered_that(self, matches: t.Callable[[About], bool]) -> list[About]:
        """The answered cells that a predicate matches."""
        return self._matched(matches, self.answered, self._answered_of)

    def _matched(
        self, matches: t.Callable[[About], bool], every: t.Iterable[About], by_object: t.Mapping[ObjectRef, list[About]]
    ) -> list[About]:
        if isinstance(matches, Reach):
            near = {about.cell.id: about for ref in matches.objects for about in by_object.get(ref, ())}
            every = [near[number] for number in sorted(near, key=self._places.__getitem__)]
        return [about for about in every if matches(about)]

    @functools.cached_property
    def _places(self) -> dict[int, int]:
        """The cells by their numbers -> their places in the report."""
        return {about.cell.id: place for place, about in enumerate(self.cells)}

    def failing_for(self, ref: ObjectRef) -> list[About]:
        """The failing cells whose traffic is for an object or goes through it."""
        return self._failing_of.get(ref, [])

    @functools.cached_property
    def _answered_of(self) -> dict[ObjectRef, list[About]]:
        return _by_object(self.answered)

    def answered_for(self, ref: ObjectRef) -> list[About]:
        """The answered cells whose traffic is for an object or goes through it."""
        return self._answered_of.get(ref, [])

    def listens(self, pod: Pod, protocol: str = "TCP") -> tuple[str, ...] | None:
        """C(ADDRESS#PORT) of the TCP or UDP sockets that listen in a Pod; none where nobody saw any."""
        return self._listens.get((pod.id, protocol))

    @functools.cached_property
    def _listens(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for source in (self.report.get("sources") or {}).values():
            for protocol, sockets in (("TCP", source.get("listens")), ("UDP", source.get("listens_udp"))):
                if source.get("pod") and sockets:
                    found.setdefault((f"{source.get('namespace', '')}/{source['pod']}", protocol), tuple(sockets))
        for answer in self.follow_ups:
            if answer.question.kind == "listeners" and answer.was_asked:
                name = f"{answer.question.object.namespace}/{answer.question.object.name}"
                found.setdefault((name, "TCP"), answer.listens)
                found.setdefault((name, "UDP"), answer.listens_udp)
        return found

    @functools.cached_property
    def follow_ups(self) -> FollowUpAnswers:
        """What was asked further, to tell candidates apart."""
        return FollowUpAnswers(self.report.get("follow_ups") or ())

    # ---- objects

    @functools.cached_property
    def _selections(self) -> Selections:
        """With what is known of Pods and Services that were not selected."""
        return Selections(self.facts.pods.values(), self.facts.services.values())

    @functools.cached_property
    def pods(self) -> tuple[Pod, ...]:
        """The Pods of the snapshot, and those of the cluster's DNS: without them, no Pod finds another."""
        known = {pod.id for pod in self.snapshot.pods}
        return (*self.snapshot.pods, *(pod for pod in self.snapshot.dns_pods if pod.id not in known))

    def pods_of(self, service: Service) -> list[Pod]:
        """The Pods that the selector of a Service selects, without those that have ended."""
        return [pod for pod in self._selections.pods_of(service) if not pod.finished]

    def pods_in(self, namespace: str) -> t.Sequence[Pod]:
        """The Pods of a namespace."""
        return self._selections.pods_in(namespace)

    def endpoints(self, service: Service) -> list[Endpoint]:
        """All endpoints of a Service, whether they are ready or not; those without a port, too.

        Pods may have been left out of a snapshot by label selectors, endpoints never are.
        """
        return self._endpoints.get(service.id, [])

    @functools.cached_property
    def _endpoints(self) -> dict[str, list[Endpoint]]:
        found: dict[str, list[Endpoint]] = {}
        beyond = self.snapshot.beyond.endpoint_slices if self.snapshot.beyond else ()
        for part in (*beyond, *self.snapshot.endpoint_slices):
            found.setdefault(f"{part.namespace}/{part.service}", []).extend(part.endpoints)
        return found

    def services_in(self, namespace: str) -> t.Sequence[Service]:
        """The Services of a namespace."""
        return self._selections.services_in(namespace)

    def services_of(self, pod: Pod) -> list[Service]:
        """The Services that select a Pod."""
        return self._selections.services_of(pod)

    @functools.cached_property
    def _details(self) -> dict[str, PodDetail]:
        return {f"{detail.namespace}/{detail.name}": detail for detail in self.workloads.pods}

    def detail(self, pod: Pod) -> PodDetail | None:
        """What decides whether a Pod runs; none where it is well and not in scope."""
        return self._details.get(pod.id)

    def details(self) -> t.Iterator[tuple[Pod, PodDetail]]:
        """The Pods of the snapshot, and those of the cluster's DNS, that have details, with them."""
        yield from self._detailed

    @functools.cached_property
    def _detailed(self) -> list[tuple[Pod, PodDetail]]:
        every = ((pod, self._details.get(pod.id)) for pod in self.pods)
        return [(pod, detail) for pod, detail in every if detail]

    @functools.cached_property
    def _owners(self) -> dict[tuple[str, str], Owner]:
        return {(owner.namespace, f"{owner.kind}/{owner.name}"): owner for owner in self.workloads.owners}

    def owner(self, pod: Pod) -> ObjectRef:
        """What a Pod belongs to, up to the top; the Pod itself where nothing controls it."""
        if not pod.owner:
            return ObjectRef("Pod", pod.name, pod.namespace)
        kind, _slash, name = pod.owner.partition("/")
        top = self.top(ObjectRef(kind, name, pod.namespace))
        kind, name = top.kind, top.name
        template = pod.labels.get("pod-template-hash", "")
        if kind == "ReplicaSet" and template and name.endswith(f"-{template}"):
            kind, name = "Deployment", name[: -len(template) - 1]  # its ReplicaSets were not read
        if kind == "Node":  # a static Pod, which its kubelet alone controls
            return ObjectRef("Pod", pod.name, pod.namespace)
        return ObjectRef(kind, name, pod.namespace)

    def top(self, ref: ObjectRef) -> ObjectRef:
        """What an owner of Pods belongs to, up to the top; itself where nothing controls it."""
        top = f"{ref.kind}/{ref.name}"
        while (above := self._owners.get((ref.namespace, top))) and above.owner:
            top = above.owner
        kind, _slash, name = top.partition("/")
        return ObjectRef(kind, name, ref.namespace)

    @functools.cached_property
    def _numbers(self) -> collections.Counter[ObjectRef]:
        return collections.Counter(self.owner(pod) for pod in self.pods if not pod.finished)

    def number_of_pods(self, owner: ObjectRef) -> int:
        """How many Pods that have not ended a workload has."""
        return self._numbers[owner]

    def owner_of(self, ref: ObjectRef) -> Owner | None:
        """What is known of an owner."""
        return self._owners.get((ref.namespace, f"{ref.kind}/{ref.name}"))

    def owners_in(self, namespace: str) -> t.Sequence[Owner]:
        """The owners of a namespace."""
        return self._owners_in.get(namespace, ())

    @functools.cached_property
    def _owners_in(self) -> dict[str, list[Owner]]:
        found: dict[str, list[Owner]] = {}
        for one in self.workloads.owners:
            found.setdefault(one.namespace, []).append(one)
        return found

    def owned_by(self, ref: ObjectRef) -> list[Owner]:
        """The owners that an owner controls: the ReplicaSets of a Deployment."""
        return self._owned.get((ref.namespace, f"{ref.kind}/{ref.name}"), [])

    @functools.cached_property
    def _owned(self) -> dict[tuple[str, str], list[Owner]]:
        found: dict[tuple[str, str], list[Owner]] = {}
        for one in self.workloads.owners:
            found.setdefault((one.namespace, one.owner), []).append(one)
        return found

    def origin(self, pod: Pod, field: str) -> tuple[ObjectRef, str]:
        """The object that a person changes to change a field of a Pod, and the field there."""
        owner = self.owner(pod)
        return owner, f"{_TEMPLATES.get(owner.kind, 'spec.template.')}{field}"

    @functools.cached_property
    def _events(self) -> dict[ObjectRef, list[FoldedEvent]]:
        found: dict[ObjectRef, list[FoldedEvent]] = {}
        for event in self.workloads.events:
            found.setdefault(ObjectRef(event.kind, event.name, event.namespace), []).append(event)
        return found

    def events(self, ref: ObjectRef, *reasons: str) -> list[FoldedEvent]:
        """The events of an object, the latest first; those with one of these reasons, where any is given."""
        found = [event for event in self._events.get(ref, ()) if not reasons or event.reason in reasons]
        return sorted(found, key=lambda event: event.last, reverse=True)

    def log(self, pod: Pod, container: str) -> tuple[str, ...]:
        """The last lines of a container: of the one that ended, if there is one."""
        return self._logs.get((pod.id, container), ())

    @functools.cached_property
    def _logs(self) -> dict[tuple[str, str], tuple[str, ...]]:
        ordered = sorted(self.workloads.logs, key=lambda tail: tail.previous)
        return {(f"{tail.namespace}/{tail.pod}", tail.container): tail.lines for tail in ordered if tail.lines}

    @functools.cached_property
    def _histories(self) -> dict[ObjectRef, t.Sequence[t.Any]]:
        return {ObjectRef(one.kind, one.name, one.namespace): one.writers for one in self.workloads.histories}

    def changed(self, ref: ObjectRef, field: str) -> Change | None:
        """Who wrote a field, or one above it, last."""
        plain = _LIST_ITEM.sub("", field)
        best: tuple[int, str, str] | None = None
        for writer in self._histories.get(ref, ()):
            for path in writer.fields:
                if plain == path or plain.startswith(f"{path}.") or (plain and path.startswith(f"{plain}.")):
                    best = max(filter(None, (best, (len(path), writer.time, writer.manager))))
        return Change(best[2], best[1]) if best else None


def _by_object(abouts: t.Iterable[About]) -> dict[ObjectRef, list[About]]:
    """Cells by the objects that their traffic is for or goes through."""
    found: dict[ObjectRef, list[About]] = {}
    for about in abouts:
        for ref in about.objects:
            found.setdefault(ref, []).append(about)
    return found


def _said(missing: Missing) -> str:
    """Why a list could not be read, with the right that reads it."""
    return f"{missing.reason}; {missing.remedy}" if missing.remedy else missing.reason


def ref_of(thing: Pod | Service) -> ObjectRef:
    """The reference of a Pod or Service."""
    return ObjectRef(type(thing).__name__, thing.name, thing.namespace)


def map_key(name: str) -> str:
    """A key of a map as the end of a field: C(.memory), C([example.com/gpu])."""
    return f"[{name}]" if "/" in name or "." in name else f".{name}"


def condition(conditions: t.Iterable[Condition], kind: str) -> Condition | None:
    """The condition of a type."""
    return next((one for one in conditions if one.type == kind), None)


def container(detail: PodDetail, name: str) -> ContainerDetail | None:
    """The container of a name."""
    return next((one for one in detail.containers if one.name == name), None)
