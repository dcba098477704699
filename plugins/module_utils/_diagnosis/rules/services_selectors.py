# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Service: selectors that match no Pod, or those of another application as well."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    EndpointSlice,
    Pod,
    Service,
    ServicePort,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from .. import fixes
from ..about import About
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..reach import to_service
from ..rule import Candidate, Rule, nothing
from .named_addresses import APP_LABELS, pod_of_application
from .policy_fixes import OF_ONE_POD
from .services import heard, with_selector

_Labels = t.Mapping[str, str]
_Groups = t.Mapping[ObjectRef, t.Sequence[Pod]]
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
                *((Evidence("api", near[0], f"the nearest labels: {_text(near[1])}"),) if near else ()),
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
            wanted=_text(labels),
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
    return _text(wrong), _text({key: labels[key] for key in wrong if key in labels})


def _text(labels: _Labels) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _select(service: Service, labels: _Labels) -> Fix:
    wrong = [key for key, value in service.selector.items() if labels.get(key) != value]
    change = {key: labels.get(key) for key in wrong}  # null takes a key away
    back = {key: service.selector[key] for key in wrong}
    text = "Give the selector the labels of the Pods"
    return fixes.patch(ref_of(service), text, {"spec": {"selector": change}}, {"spec": {"selector": back}})


def _too_broad(case: Case) -> t.Iterator[Candidate]:
    """SVC-03: the selector matches the Pods of another application as well."""
    for service in with_selector(case):
        groups = _groups(case, service)
        if len(groups) < 2:
            continue
        for port in service.ports:
            others = _without(case, groups, port)
            if others:
                yield _deaf(case, service, port, groups, others)
                break
        else:
            others = _of_other_names(service, groups)
            if others:
                yield _strangers(case, service, groups, others)


def _groups(case: Case, service: Service) -> _Groups:
    """The ready Pods behind a Service by what they belong to."""
    found: dict[ObjectRef, list[Pod]] = {}
    for pod in case.pods_of(service):
        if pod.ready and not pod.deleting:
            found.setdefault(case.owner(pod), []).append(pod)
    return found


def _without(case: Case, groups: _Groups, port: ServicePort) -> list[ObjectRef]:
    """The workloads in which nothing listens at a port of the Service, where it does in others."""
    listen = {owner: _listens(case, pods, port) for owner, pods in groups.items()}
    return [owner for owner in groups if not listen[owner]] if any(listen.values()) else []


def _listens(case: Case, pods: t.Sequence[Pod], port: ServicePort) -> bool:
    """Whether Pods listen at a port: as their sockets say, else as their containers declare."""
    number = port_in_pod(pods[0], port)
    hears = heard(case, pods) if port.protocol == "TCP" else None
    if hears is not None:
        return number in hears
    there = (each for container in pods[0].containers for each in container.ports)
    return any((each.port, each.protocol) == (number, port.protocol) for each in there)


def _deaf(case: Case, service: Service, port: ServicePort, groups: _Groups, others: t.Sequence[ObjectRef]) -> Candidate:
    ref, uses = ref_of(service), to_service(service, port.port)
    failing = [about for about in case.failing if uses(about)]
    wrong = [pod for owner in others for pod in groups[owner]]
    number = port_in_pod(wrong[0], port) or port.target_port
    said = f"which do not listen at {number}"
    cells = (Evidence("probe", f"check {about.cell.id}", about.cell.reason) for about in failing[:1])
    return _candidate(service, groups, others, said, explains=uses, evidence=tuple(cells), mechanism=_mechanism(ref))


def _mechanism(ref: ObjectRef) -> str:
    return f"{ref} spreads its connections over all Pods that match its selector, whatever they run"


def _of_other_names(service: Service, groups: _Groups) -> list[ObjectRef]:
    """The workloads of other applications: by a label that names the application, and that one of them shares with it.

    Versions of one application (C(web), C(web-canary)) have one such label, or names that begin alike.
    """
    for key in APP_LABELS:
        names = {owner: {pod.labels.get(key, "") for pod in pods} for owner, pods in groups.items()}
        if key in service.selector or not all(len(each) == 1 and "" not in each for each in names.values()):
            continue
        one = {owner: next(iter(each)) for owner, each in names.items()}
        others = [owner for owner, name in one.items() if not _is_same(name, service.name)]
        if service.name in one.values() and others:
            return others
    return []


def _is_same(name: str, service: str) -> bool:
    return name.startswith(service) or service.startswith(name)


def _strangers(case: Case, service: Service, groups: _Groups, others: t.Sequence[ObjectRef]) -> Candidate:
    said = "which is another application"
    shown = tuple(
        Evidence("probe", f"check {about.cell.id}", f"{about.cell.asked} answers as well")
        for owner in others
        for about in _answers(case, groups[owner])[:1]
    )
    return _candidate(
        service,
        groups,
        others,
        said,
        certainty="strong",
        severity="warning",
        stands_alone=True,
        evidence=shown,
        mechanism=f"{_mechanism(ref_of(service))}: some requests are answered by the wrong application",
    )


def _answers(case: Case, pods: t.Sequence[Pod]) -> list[About]:
    return [about for pod in pods for about in case.answered_for(ref_of(pod)) if about.target.get("port")]


def _candidate(
    service: Service, groups: _Groups, others: t.Sequence[ObjectRef], said: str, evidence: t.Any, **more: t.Any
) -> Candidate:
    ref = ref_of(service)
    own = [pod for owner, pods in groups.items() if owner not in others for pod in pods]
    wrong = [pod for owner in others for pod in groups[owner]]
    named = " and ".join(map(str, others[:3]))
    change, all_of = _distinguishing(own, wrong), len(own) + len(wrong)
    return Candidate(
        ref,
        f"{ref}: spec.selector {_text(service.selector)} also matches the Pods of {named}, {said}",
        field="spec.selector",
        value=_text(service.selector),
        wanted=_text({**service.selector, **change}) if change else "",
        scope=Scope(len(wrong), all_of, "endpoints"),
        evidence=(
            Evidence("api", str(ref), f"{len(wrong)} of its {all_of} endpoints are of {named}", key=True),
            *evidence,
        ),
        fix=_narrow(service, change) if change else Fix("Add a label to the selector that only its own Pods have"),
        **more,
    )


def _distinguishing(own: t.Sequence[Pod], wrong: t.Sequence[Pod]) -> dict[str, str]:
    """A label that all of some Pods have and none of the others; that which names the application, if there is one."""
    shared = set.intersection(*(set(pod.labels.items()) for pod in own))
    shared -= {item for pod in wrong for item in pod.labels.items()}
    shared = {item for item in shared if not item[0].startswith(OF_ONE_POD)}
    known = [(key, value) for key in APP_LABELS for other, value in shared if other == key]
    return dict(known[:1] or sorted(shared)[:1])


def _narrow(service: Service, change: t.Mapping[str, str]) -> Fix:
    text = "Add the label to the selector that only its own Pods have"
    back = dict.fromkeys(change)
    return fixes.patch(ref_of(service), text, {"spec": {"selector": dict(change)}}, {"spec": {"selector": back}})


RULES = (
    Rule("SVC-02", "The selector matches no Pod", ("services", "pods", "endpoint_slices"), _without_pods),
    Rule("SVC-03", "The selector matches another application as well", ("services", "pods"), _too_broad),
)
