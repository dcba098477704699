# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rule of the layer Pod: an autoscaler that cannot compute, because containers request nothing."""

from __future__ import annotations

import re
import typing as t

from .. import fixes
from ..case import Case, condition
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Rule
from .unwell import is_recent

_REASONS = ("FailedGetResourceMetric", "FailedGetContainerResourceMetric", "FailedComputeMetricsReplicas")
#: pkg/controller/podautoscaler/replica_calculator.go; before Kubernetes 1.26 without the container and the Pod.
_MISSING = re.compile(
    r"missing request for (?P<what>[\w./-]+)(?: in container (?P<container>\S+) of Pod (?P<pod>[\w.-]+))?"
)
_ENOUGH = {"cpu": "100m", "memory": "128Mi"}


def _no_requests(case: Case) -> t.Iterator[Candidate]:
    """POD-35: a HorizontalPodAutoscaler wants a part of what the containers request, and one requests nothing."""
    for ref, (kind, text) in _said(case).items():
        match = t.cast("re.Match[str]", _MISSING.search(text))
        owner, field, container = _container(case, ref, match)
        yield Candidate(
            owner,
            f"{owner}: {field} is not set, and {ref} computes with it",
            severity="warning",
            field=field,
            mechanism="An autoscaler compares use with requests; with one missing, it leaves the replicas as they are",
            victims=(ref,) if owner != ref else (),
            stands_alone=True,
            evidence=(Evidence(kind, str(ref), text[:300], key=True),),
            fix=_request(owner, container, match["what"]),
        )


def _said(case: Case) -> dict[ObjectRef, tuple[str, str]]:
    """The autoscalers that lack requests, with the kind of the evidence and its text: conditions before events."""
    found: dict[ObjectRef, tuple[str, str]] = {}
    active: set[ObjectRef] = set()
    for each in case.workloads.autoscalers:
        ref = ObjectRef("HorizontalPodAutoscaler", each.name, each.namespace)
        scales = condition(each.conditions, "ScalingActive")
        if scales and scales.status == "True":
            active.add(ref)
        elif scales and _MISSING.search(scales.message):
            found[ref] = ("api", scales.message)
    for event in sorted(case.workloads.events, key=lambda each: each.last, reverse=True):
        ref = ObjectRef(event.kind, event.name, event.namespace)
        if event.kind != "HorizontalPodAutoscaler" or event.reason not in _REASONS or ref in active:
            continue
        if _MISSING.search(event.message) and is_recent(case, event.last):
            found.setdefault(ref, ("event", event.message))
    return found


def _container(case: Case, ref: ObjectRef, match: re.Match[str]) -> tuple[ObjectRef, str, str]:
    """The workload and the field of the container that requests nothing; the autoscaler where it is not in sight."""
    for pod, detail in case.details():
        for each in detail.containers:
            if (pod.namespace, pod.name, each.name) == (ref.namespace, match["pod"], match["container"]):
                owner, field = case.origin(pod, f"{each.field}.resources.requests.{match['what']}")
                return owner, field, each.name
    return ref, "spec.metrics", ""


def _request(owner: ObjectRef, container: str, what: str) -> Fix:
    text = f"Request {what} in each container, as much as it uses when it has little to do"
    if owner.kind not in ("Deployment", "StatefulSet", "ReplicaSet") or not container or what not in _ENOUGH:
        return Fix(text)
    target = f"{owner.kind.lower()}/{owner.name}"
    do = ("set", "resources", target, "-c", container, f"--requests={what}={_ENOUGH[what]}")
    return fixes.command(owner, text, do, ("rollout", "undo", target), "medium")


RULES = (
    Rule("POD-35", "An autoscaler lacks the requests of a container", ("pods", "details", "events"), _no_requests),
)
