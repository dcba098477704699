# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the decisions of the chart (C(way.py)) look at: each answers yes, no or not known, and says why. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import entry_backends
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod

from ..about import About
from ..rules.pods import PULLING
from ..rules.unwell import crashes
from .stretch import Stretch

#: What is not there that a container refers to, or may not be used.
MISSING = ("POD-09", "POD-16", "POD-18", "POD-19", "NODE-08")
#: What keeps a workload from having Pods at all.
NO_PODS = ("POD-18", "POD-19", "POD-20", "POD-21", "POD-22", "POD-30", "POD-31", "CP")
#: What a client is told to ask for, and what it has to ask from.
OF_CLIENTS = ("POD-25", "POD-27", "POD-28", "POD-32", "POD-34", "EGR")
#: What keeps a Service from answering at its own address, which checks may not have asked.
_AT_ADDRESS = ("SVC-03", "SVC-04", "SVC-06", "SVC-10", "SVC-12", "SVC-13", "SVC-16", "SVC-17", "SVC-19")
#: What keeps the scheduler from binding a Pod.
NOT_BOUND = ("POD-12", "POD-13", "POD-14", "POD-16", "POD-24", "POD-30")

Answer = t.Tuple[t.Optional[bool], str]  # noqa: UP006, UP045 - evaluated, and hosts that probe may have Python 3.9
Look = t.Callable[[Stretch], Answer]


def found(*codes: str) -> Look:
    """Whether there is a candidate of some codes, or with these starts."""

    def look(stretch: Stretch) -> Answer:
        there = [one for one in stretch.suspects if one.rule.code in stretch.codes(*codes)]
        return bool(there), there[0].candidate.sentence if there else ""

    return look


def not_found(*codes: str) -> Look:
    """Whether there is no candidate of some codes."""

    def look(stretch: Stretch) -> Answer:
        is_there, says = found(*codes)(stretch)
        return not is_there, says

    return look


def has_pods(stretch: Stretch) -> Answer:
    """Whether each workload has as many Pods as it wants, and wants any that somebody needs."""
    if not stretch.case.knows("owners"):
        return None, stretch.case.unknown("owners")
    for ref in stretch.owners:
        known, there = stretch.case.owner_of(ref), stretch.case.number_of_pods(ref)
        wanted = known.desired if known and known.desired is not None else there
        if there < wanted or (known and wanted == 0 and stretch.codes("POD-22", "ING-01")):
            return False, f"{ref} has {there} of {wanted} Pods"
    return not_found("POD-20", "POD-21", "POD-22", "POD-30", "POD-31")(stretch)


def is_pending(stretch: Stretch) -> Answer:
    """Whether a Pod waits to be started."""
    return _first(stretch.pods, lambda pod: pod.phase == "Pending", lambda pod: f"Pod {pod.id} is Pending")


def _first(pods: t.Iterable[Pod], wanted: t.Callable[[Pod], bool], says: t.Callable[[Pod], str]) -> Answer:
    first = next(filter(wanted, pods), None)
    return first is not None, says(first) if first else ""


def has_node(stretch: Stretch) -> Answer:
    """Whether each Pod is bound to a node."""
    unbound, says = _first(stretch.pods, lambda pod: not pod.node, lambda pod: f"Pod {pod.id} has no node")
    return not unbound, says


def runs(stretch: Stretch) -> Answer:
    """Whether all containers run and do not end again and again."""
    for pod, one in stretch.containers:
        if one.kind in ("app", "sidecar") and (one.state != "running" or crashes(stretch.case, one)):
            why = one.reason or one.last_reason or one.state
            return False, f"container {one.name} of Pod {pod.id}: {why}"
    idle, says = _first(stretch.pods, _does_not_run, lambda pod: f"Pod {pod.id} is {pod.status or pod.phase}")
    return not idle, says


def _does_not_run(pod: Pod) -> bool:
    return pod.phase == "Pending" or not all(container.running for container in pod.containers)


def init_keeps(stretch: Stretch) -> Answer:
    """Whether an init container has not ended well, or another one before the application has not started."""
    for pod, one in stretch.containers:
        failed = one.exit_code not in (None, 0) or one.reason not in ("", "Completed", "PodInitializing")
        if one.kind == "init" and one.reason not in PULLING and (failed or one.state == "running"):
            return True, f"init container {one.name} of Pod {pod.id}: {one.reason or one.state}"
    return found("POD-10")(stretch)


def waits_for_image(stretch: Stretch) -> Answer:
    """Whether the kubelet cannot pull an image."""
    waiting = [(pod, one) for pod, one in stretch.containers if one.reason in PULLING]
    return bool(waiting), f"Pod {waiting[0][0].id}: {waiting[0][1].reason}" if waiting else ""


def ends(stretch: Stretch) -> Answer:
    """Whether a container ends again and again."""
    for pod, one in stretch.containers:
        if crashes(stretch.case, one):
            return True, f"container {one.name} of Pod {pod.id} has {one.restarts} restarts"
    return found("POD-04", "POD-05", "POD-06", "POD-07")(stretch)


def is_ready(stretch: Stretch) -> Answer:
    """Whether all Pods are ready."""
    unready, says = _first(
        stretch.pods, lambda pod: not pod.ready and not pod.deleting, lambda pod: f"Pod {pod.id} is not ready"
    )
    return not unready, says


def probe_fails(stretch: Stretch) -> Answer:
    """Whether a readiness probe is why."""
    gate, says = _first(
        stretch.pods,
        lambda pod: bool(pod.unmet_readiness_gates),
        lambda pod: f"Pod {pod.id} has an unmet readiness gate",
    )
    return (False, says) if gate else found("POD-08", "POD-23")(stretch)


def _answers(stretch: Stretch, cells: t.Sequence[About]) -> Answer:
    """Whether checks were answered, whoever asked them."""
    failed = [about for about in cells if about.failed or about.closed]
    if failed:
        cell = failed[0].cell
        return False, f"{cell.source} asks {cell.asked}: {cell.reason or cell.outcome}"
    return (True, "") if cells or not stretch.case.unknown("cells") else (None, stretch.case.unknown("cells"))


def _on_the_wire(stretch: Stretch, kind: str) -> list[About]:
    return [about for about in stretch.cells(kind) if not about.is_lookup]


def pods_answer(stretch: Stretch) -> Answer:
    """Whether the Pods answer at their own addresses."""
    answer = _answers(stretch, _on_the_wire(stretch, "pod"))
    through_service = any(about.failed for about in _on_the_wire(stretch, "service"))
    return answer if through_service or answer[0] is False else _unless(stretch, answer, "POL")


def pods_listen(stretch: Stretch) -> Answer:
    """Whether something listens where Pods do not answer: what refuses by itself has no listener."""
    return _listens(stretch, _on_the_wire(stretch, "pod"), "SVC-07", "SVC-08")


def services_listen(stretch: Stretch) -> Answer:
    """Whether something listens at the port of the Pods that a Service leads to."""
    codes = ("SVC-04", "SVC-05", "SVC-06", "SVC-07", "SVC-08", "SVC-16")
    return _listens(stretch, _on_the_wire(stretch, "service"), *codes)


def _listens(stretch: Stretch, cells: t.Sequence[About], *codes: str) -> Answer:
    is_there, says = found(*codes)(stretch)
    refused = [one for one in cells if one.failed and one.cell.outcome == "refused" and one.cell.author != "node"]
    if is_there or not refused:
        return not is_there, says
    return False, f"{refused[0].cell.asked} refuses"


def has_endpoints(stretch: Stretch) -> Answer:
    """Whether each Service with a selector has an endpoint that gets traffic, at each of its ports."""
    if not stretch.case.knows("endpoint_slices"):
        return None, stretch.case.unknown("endpoint_slices")
    for service in stretch.services:
        if service.selector and service.type != "ExternalName":
            there = stretch.case.endpoints(service)
            if not any(endpoint.ready for endpoint in there):
                return False, f"Service {service.id} has no ready endpoint"
    is_there, says = found("SVC-05")(stretch)
    return not is_there, says


def selects(stretch: Stretch) -> Answer:
    """Whether the selector of each Service matches Pods."""
    for service in stretch.services:
        if service.selector and service.type != "ExternalName" and not stretch.case.pods_of(service):
            return False, f"no Pod matches the selector of Service {service.id}"
    return True, ""


def has_address(stretch: Stretch) -> Answer:
    """Whether the kubelet has given each Pod an address."""
    lacks, says = _first(stretch.pods, lambda pod: not pod.ips, lambda pod: f"Pod {pod.id} has no address")
    return not lacks, says


def services_answer(stretch: Stretch) -> Answer:
    """Whether the Services answer at their own addresses, from Pods and from nodes."""
    return _unless(stretch, _answers(stretch, _on_the_wire(stretch, "service")), *_AT_ADDRESS)


def names_resolve(stretch: Stretch) -> Answer:
    """Whether names resolve: those of the Services, and what was asked of DNS itself."""
    own = [about for about in stretch.cells("service") if about.is_lookup]
    wrong, says = found("DNS", "SVC-01", "SVC-11", "SVC-15")(stretch)
    if wrong:
        return False, says
    return _answers(stretch, own)


def has_controller(stretch: Stretch) -> Answer:
    """Whether a controller serves each Ingress."""
    return not_found("ING-01", "ING-02", "ING-03")(stretch)


def has_backends(stretch: Stretch) -> Answer:
    """Whether the Service and the port behind each host and path exist, with endpoints."""
    for entry in stretch.entries:
        defect = entry_backends.defect_of(entry, entry_backends.backends_of(stretch.case.facts, entry))[0]
        if defect:
            return False, defect
    return not_found("ING-04", "ING-05", "ING-06")(stretch)


def entries_answer(stretch: Stretch) -> Answer:
    """Whether each host and path is answered inside the cluster."""
    inside = [about for about in _on_the_wire(stretch, "ingress") if about.source.get("kind") != "outside"]
    answer = _answers(stretch, inside)
    return answer if answer[0] is False else _unless(stretch, answer, "ING")


def _unless(stretch: Stretch, answer: Answer, *codes: str) -> Answer:
    is_there, says = found(*codes)(stretch)
    return (False, says) if is_there else answer


def outside_answers(stretch: Stretch) -> Answer:
    """Whether each is answered outside the cluster."""
    outside = [
        about
        for kind in ("ingress", "service", "node")
        for about in stretch.cells(kind)
        if about.source.get("kind") == "outside"
    ]
    return _unless(stretch, _answers(stretch, outside), "SVC-14")
