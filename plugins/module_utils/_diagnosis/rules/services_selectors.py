# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rule of the layer Service: selectors that match no Pod, and Services that have none."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    EndpointSlice,
    Pod,
    Service,
)

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..reach import to_service
from ..rule import Candidate, Rule, nothing
from .named_addresses import APP_LABELS, pod_of_application
from .services import with_selector

_Labels = t.Mapping[str, str]
#: Who makes the slices of Services that have a selector.
_CONTROLLER = "endpointslice-controller.k8s.io"
_WITHOUT_ENDPOINTS = "Without a Pod that matches, the Service has no endpoint, and kube-proxy refuses its connections"
_WITHOUT_NAMES = "Without a Pod that matches, the headless Service has no endpoint, and DNS no name for it or its Pods"
#: How alike two texts have to be for one to be a slip of the other.
_ALIKE = 0.6
#: Labels that tell applications apart: a release or a version may be another one of the same.
_OF_APPLICATION = {*APP_LABELS, "app.kubernetes.io/component", "component", "tier", "role"} - {
    "app.kubernetes.io/instance"
}
#: Workloads of a namespace of which only those with a label or the name of the Service are compared with its selector.
_MANY_SETS = 500


def _without_pods(case: Case) -> t.Iterator[Candidate]:
    """SVC-02: no Pod has the labels of the selector, or there is none."""
    yield from _matches_no_pod(case)
    yield from _has_none(case)
    if any(not case.facts.selected_by(one) and not case.endpoints(one) for one in with_selector(case)):
        case.need("owners")


def _matches_no_pod(case: Case) -> t.Iterator[Candidate]:
    """SVC-02: no Pod has the labels of the selector, and no workload would make one."""
    for service in with_selector(case):
        if case.facts.selected_by(service) or case.endpoints(service) or _is_template(case, service):
            continue
        ref = ref_of(service)
        said = ", ".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
        governed = _governed(case, service)
        near = governed or nearest(service, _label_sets(case, service.namespace))
        if not near and not case.knows("owners"):
            continue  # a workload without Pods may be what it selects
        value, wanted = _difference(service.selector, near[1]) if near else (said, "")
        closest = f"; those of {near[0]} have {wanted or 'no such label'}" if near else ""
        yield Candidate(
            ref,
            f"{ref}: spec.selector has {value}, and no Pod in namespace {service.namespace} does{closest}"
            if near
            else f"{ref}: spec.selector is {said}, and no Pod in namespace {service.namespace} has these labels",
            field="spec.selector",
            value=value,
            wanted=wanted,
            # No check fails: without endpoints, there is no name to ask.
            stands_alone=bool(governed),
            mechanism=_WITHOUT_NAMES if service.headless else _WITHOUT_ENDPOINTS,
            explains=to_service(service),
            predicts=to_service(service),
            evidence=(
                Evidence("api", str(ref), f"selector {said}; no Pod of the namespace matches it", key=True),
                *((Evidence("api", near[0], f"the nearest labels: {text_of(near[1])}"),) if near else ()),
            ),
            fix=_select(service, near[1]) if near else Fix("Give the selector the labels of the Pods it is for"),
        )


def _governed(case: Case, service: Service) -> tuple[str, _Labels] | None:
    """The StatefulSet whose Pods have their names in the zone of a headless Service, and the labels of these Pods."""
    for owner in case.owners_in(service.namespace):
        if service.headless and owner.kind == "StatefulSet" and owner.service == service.name and owner.desired:
            return str(ObjectRef(owner.kind, owner.name, owner.namespace)), owner.template_labels
    return None


def _has_none(case: Case) -> t.Iterator[Candidate]:
    """SVC-02: the Service has no selector, and nobody writes its endpoints.

    Those of a selector that was taken away stay, and are not kept up to date any more (syncService of the EndpointSlice
    controller).
    """
    slices: dict[str, list[EndpointSlice]] = {}
    for one in case.snapshot.endpoint_slices:
        slices.setdefault(f"{one.namespace}/{one.service}", []).append(one)
    for service in case.snapshot.services:
        there = slices.get(service.id, [])
        left = [one for one in there if one.managed_by == _CONTROLLER]
        if service.selector or service.type == "ExternalName" or (there and len(left) < len(there)):
            continue
        if not left and any(one.endpoints for one in there):
            continue
        ref = ref_of(service)
        pod = pod_of_application(case, service.namespace, service.name)
        labels = _labels_of(pod) if pod else {}
        has = "its endpoints are those of a selector that it had" if left else "nobody has written endpoints for it"
        yield Candidate(
            ref,
            f"{ref} has no spec.selector, and {has}",
            certainty="certain" if not left or pod else "strong",
            field="spec.selector",
            wanted=text_of(labels),
            mechanism="The cluster keeps the endpoints of a Service with a selector alone: the Pods that it matches",
            victims=tuple(ObjectRef("EndpointSlice", one.name, one.namespace) for one in left),
            explains=to_service(service),
            predicts=nothing if left else to_service(service),
            evidence=(Evidence("api", str(ref), f"no selector; {has}", key=True),),
            fix=_give(service, labels) if labels else Fix("Give it a selector, or an EndpointSlice with its addresses"),
        )


def _labels_of(pod: Pod) -> dict[str, str]:
    """The label that names the application of a Pod."""
    return dict([(key, pod.labels[key]) for key in APP_LABELS if key in pod.labels][:1])


def _give(service: Service, labels: t.Mapping[str, str]) -> Fix:
    text = "Give the Service a selector that matches its Pods"
    change = {"spec": {"selector": dict(labels)}}
    return fixes.patch(ref_of(service), text, change, {"spec": {"selector": None}})


def _is_template(case: Case, service: Service) -> bool:
    """Whether a workload would make Pods that match: then its missing Pods are what is wrong."""
    return any(service.selector.items() <= owner.template_labels.items() for owner in case.owners_in(service.namespace))


def _label_sets(case: Case, namespace: str) -> dict[str, _Labels]:
    """The labels of the Pods of a namespace, by what they belong to."""
    return case.once(f"label sets of {namespace}", lambda one: _find_label_sets(one, namespace))


def _find_label_sets(case: Case, namespace: str) -> dict[str, _Labels]:
    found: dict[str, _Labels] = {}
    for pod in case.pods_in(namespace):
        if not pod.finished:
            found.setdefault(str(case.owner(pod)), pod.labels)
    return dict(sorted(found.items()))


def nearest(service: Service, label_sets: t.Mapping[str, _Labels]) -> tuple[str, _Labels] | None:
    """The labels that a selector was most likely written for; none where nothing is like it."""
    best: tuple[float, str, _Labels] | None = None
    if len(label_sets) > _MANY_SETS:  # to compare the texts of all would take minutes
        same = service.selector.items()
        label_sets = {
            owner: labels
            for owner, labels in label_sets.items()
            if not same.isdisjoint(labels.items()) or owner.endswith(f"/{service.name}")
        }
    for owner, labels in sorted(label_sets.items()):
        wrong = [(key, value) for key, value in service.selector.items() if labels.get(key) != value]
        score = sum(_likeness(value, labels.get(key)) for key, value in service.selector.items())
        is_named = owner.endswith(f"/{service.name}")
        score = score / len(service.selector) + (0.2 if is_named else 0)
        is_meant = is_named or all(_is_slip(key, value, labels.get(key)) for key, value in wrong)
        if is_meant and score >= _ALIKE / 2 and (best is None or score > best[0]):
            best = (score, owner, labels)
    return best[1:] if best else None


def _is_slip(key: str, wanted: str, found: str | None) -> bool:
    """Whether a label may have been meant: an application of another name altogether is another application."""
    return found is None or key not in _OF_APPLICATION or _likeness(wanted, found) > 0


def _likeness(wanted: str, found: str | None) -> float:
    if found is None:
        return 0
    ratio = difflib.SequenceMatcher(None, wanted, found).ratio()
    return ratio if ratio >= _ALIKE else 0


def _difference(selector: _Labels, labels: _Labels) -> tuple[str, str]:
    """The labels of a selector that are wrong, and what they should be."""
    wrong = {key: value for key, value in selector.items() if labels.get(key) != value}
    return text_of(wrong), text_of({key: labels[key] for key in wrong if key in labels})


def text_of(labels: _Labels) -> str:
    """Labels as a selector has them: C(app=web,tier=front)."""
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _select(service: Service, labels: _Labels) -> Fix:
    wrong = [key for key, value in service.selector.items() if labels.get(key) != value]
    change = {key: labels.get(key) for key in wrong}  # null takes a key away
    back = {key: service.selector[key] for key in wrong}
    text = "Give the selector the labels of the Pods"
    return fixes.patch(ref_of(service), text, {"spec": {"selector": change}}, {"spec": {"selector": back}})


RULES = (Rule("SVC-02", "The selector matches no Pod", ("services", "pods", "endpoint_slices"), _without_pods),)
