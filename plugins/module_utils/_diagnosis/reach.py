# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which cells a fault of a Service, or of Pods, makes fail: the predicates that rules share. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service

from .about import About, Reach
from .case import Case, ref_of
from .finding import ObjectRef


def to_service(service: Service, port: int = 0) -> Reach:
    """Match what uses a Service, or one of its ports: directly, by a node port, or through an Ingress.

    A lookup of its name is none, unless the Service is headless: then the name has no address without endpoints, which
    a name server says; that none answers is another matter.
    """

    def matches(about: About) -> bool:
        if about.is_lookup and not (service.headless and about.is_for(ref_of(service)) and _is_answer(about)):
            return False
        if port:
            return about.uses(service.id, port)
        return any(used == service.id for used, _port in about.ports)

    return Reach(frozenset((ref_of(service),)), matches)


def _is_answer(about: About) -> bool:
    """Whether a name server answered a lookup, if only that there is no such name."""
    return about.cell.outcome not in ("dns_servfail", "dns_timeout")


def to_pods(case: Case, pods: t.Iterable[Pod]) -> Reach:
    """Match what asks Pods that do not work, and what uses a Service that no other ready Pod is behind."""
    bad = {pod.id: pod for pod in pods}
    refs = {ref_of(pod) for pod in bad.values()}
    services = {service.id: service for pod in bad.values() for service in case.services_of(pod)}
    cut_off = {
        service.id
        for service in services.values()
        if not any(pod.ready for pod in case.pods_of(service) if pod.id not in bad)
    }

    def matches(about: About) -> bool:
        if about.asked in refs:
            return True
        used = {service for service, _port in about.ports}
        by_name = _is_answer(about) and any(services[one].headless for one in used & cut_off)
        return bool(used & cut_off) and (not about.is_lookup or by_name)

    return Reach(frozenset(refs) | {ref_of(services[one]) for one in cut_off}, matches)


def to_workload(case: Case, owner: ObjectRef) -> Reach:
    """Match what uses a Service for the Pods of a workload, where there is no ready one: also if there is no Pod."""
    known = case.owner_of(owner)
    labels = known.template_labels if known else {}
    there = [
        service
        for service in case.services_in(owner.namespace)
        if service.selector
        and service.selector.items() <= labels.items()
        and not any(pod.ready for pod in case.pods_of(service))
    ]
    each = [to_service(service) for service in there]
    return Reach(frozenset(map(ref_of, there)), lambda about: any(one(about) for one in each))
