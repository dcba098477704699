# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rule of the layer Service: a selector that matches the Pods of another application as well."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
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
from ..rule import Candidate, Rule
from .named_addresses import APP_LABELS
from .policy_fixes import OF_ONE_POD
from .services import heard, with_selector
from .services_selectors import text_of

_Groups = t.Mapping[ObjectRef, t.Sequence[Pod]]


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
        f"{ref}: spec.selector {text_of(service.selector)} also matches the Pods of {named}, {said}",
        field="spec.selector",
        value=text_of(service.selector),
        wanted=text_of({**service.selector, **change}) if change else "",
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


RULES = (Rule("SVC-03", "The selector matches another application as well", ("services", "pods"), _too_broad),)
