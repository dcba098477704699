# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rule of the layer Pod: Pods that the scheduler ended for others of a higher priority."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import FoldedEvent

from .. import fixes
from ..case import Case
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..reach import to_workload
from ..rule import Candidate, Rule
from .pods_scheduling import NO_FREE_PORT, message_of
from .unwell import is_recent

#: What tells that two Pods want the same port of a node: one of them goes then, whatever their priorities are.
_SAME_PORT = ("POD-14", "ING-14")
#: The scheduler names the other Pod by its uid since Kubernetes 1.28, by namespace and name before (pkg/scheduler).
_BY = re.compile(r"Preempted by (?:a )?(?:pod )?(?P<who>\S+)? ?on node (?P<node>\S+)")


def _preempted(case: Case) -> t.Iterator[Candidate]:
    """POD-30: Pods of a higher priority took the place of these."""
    found: dict[ObjectRef, list[FoldedEvent]] = {}
    for event in case.workloads.events:
        if event.reason == "Preempted" and event.kind == "Pod" and is_recent(case, event.last):
            owner = _owner(case, event)
            if owner and _lacks_pods(case, owner):
                found.setdefault(owner, []).append(event)
    for owner, events in found.items():
        yield _candidate(case, owner, events)


def _owner(case: Case, event: FoldedEvent) -> ObjectRef | None:
    """What a Pod belonged to, which is there no more: its name is that of its controller and a part of its own."""
    pod = case.facts.pods.get(f"{event.namespace}/{event.name}")
    if pod:
        return case.owner(pod)
    above = event.name.rpartition("-")[0]
    possible = (ObjectRef(kind, above, event.namespace) for kind in ("ReplicaSet", "StatefulSet", "DaemonSet", "Job"))
    known = next((each for each in possible if case.owner_of(each)), None)
    return case.top(known) if known else None


def _lacks_pods(case: Case, owner: ObjectRef) -> bool:
    known = case.owner_of(owner)
    return bool(known and known.ready < (known.desired or 0))


def _candidate(case: Case, owner: ObjectRef, events: t.Sequence[FoldedEvent]) -> Candidate:
    event = max(events, key=lambda each: each.last)
    pods = [pod for pod in case.snapshot.pods if case.owner(pod) == owner]
    other = _other(case, event)
    origin, field, value = _origin(case, owner, other)
    nodes = tuple(sorted({match["node"] for each in events if (match := _BY.search(each.message))}))
    whose = f"Pods of {case.owner(other)}" if other else "Pods of a higher priority"
    number = f"{len(events)} Pods" if events[1:] else "a Pod"
    suffering = (owner, *(ObjectRef("Pod", pod.name, pod.namespace) for pod in pods))
    for_a_port = _want_same_port(case, pods, other)
    return Candidate(
        origin,
        f"{origin}: {field} is {value or 'not set'}, and {whose} took the place of {number} of {owner}",
        field=field,
        value=value,
        victims=() if for_a_port else tuple(each for each in suffering if each != origin),
        parents=suffering if for_a_port else (),
        parent_codes=_SAME_PORT,
        explains=to_workload(case, owner),
        stands_alone=True,
        scope=Scope(len(events), 0, "Pods", nodes),
        mechanism="The scheduler ends Pods of a lower priority where one of a higher one gets no node",
        evidence=(Evidence("event", f"Pod {event.namespace}/{event.name}", f"Preempted: {event.message}", key=True),),
        fix=_fix(case, owner, other),
    )


def _other(case: Case, event: FoldedEvent) -> Pod | None:
    """The Pod that took the place, where it is in sight."""
    match = _BY.search(event.message)
    who = match["who"] if match else ""
    return next((pod for pod in case.snapshot.pods if who and who in (pod.uid, pod.id)), None)


def _want_same_port(case: Case, pods: t.Iterable[Pod], other: Pod | None) -> bool:
    """Whether Pods that lost their place want a port of the node that the Pod that took it has.

    Where that Pod is not in sight, the scheduler's word counts: the ports of all nodes are taken.
    """
    waiting = [pod for pod in pods if not pod.node]
    if other:
        return any(_host_ports(case, pod) & _host_ports(case, other) for pod in waiting)
    details = filter(None, map(case.detail, waiting))
    return any(NO_FREE_PORT.search(message_of(detail)) for detail in details)


def _host_ports(case: Case, pod: Pod) -> set[int]:
    detail = case.detail(pod)
    return {port for one in (detail.containers if detail else ()) for port in one.host_ports}


def _origin(case: Case, owner: ObjectRef, other: Pod | None) -> tuple[ObjectRef, str, str]:
    """The class where it is one for all Pods; else the template that names it; else the one that lost its place."""
    detail = case.detail(other) if other else None
    name = detail.priority_class if detail else ""
    default = next((each for each in case.workloads.priority_classes if each.default), None)
    if default and (not other or default.name == name):
        return ObjectRef("PriorityClass", default.name), "globalDefault", "true"
    if other and detail:
        origin, field = case.origin(other, "spec.priorityClassName")
        return origin, field, name
    prefix = "" if owner.kind == "Pod" else "spec.template."
    return owner, f"{prefix}spec.priorityClassName", ""


def _fix(case: Case, owner: ObjectRef, other: Pod | None) -> Fix:
    text = f"Give {owner} a priority that is as high, add a node, or run fewer of the other Pods"
    ref = case.owner(other) if other else None
    known = case.owner_of(ref) if ref else None
    if ref is None or known is None or not known.desired or ref.kind not in ("Deployment", "StatefulSet"):
        return Fix(text)
    fewer, back = (("scale", f"{ref.kind.lower()}/{ref.name}", f"--replicas={each}") for each in (0, known.desired))
    return fixes.command(ref, text, fewer, back, "high")


RULES = (Rule("POD-30", "Pods of a higher priority took the place", ("pods", "owners", "events"), _preempted),)
