# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a cluster changed while it was asked: an answer that is missing then says nothing of the network. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._snapshot.facts import Facts
from .._snapshot.model import Pod, Service
from .plan import Plan
from .questions import About
from .types import Cell, Source


def settle(cells: t.Iterable[Cell], plan: Plan, before: Facts, now: Facts) -> t.Iterator[Cell]:
    """Leave open what failed where the objects that it is about are not any more what the plan knew.

    Args:
        cells: the judged matrix.
        plan: what was asked, with the objects.
        before: the snapshot that the plan was made on.
        now: Pods, Services and EndpointSlices as they are after the last answer.
    """
    targets: dict[str, str] = {}
    sources: dict[str, str] = {}
    for cell in cells:
        if cell.verdict != "fail":
            yield cell
            continue
        if cell.target not in targets:
            targets[cell.target] = _changed(plan.by_id[cell.id].about, before, now)
        if cell.source not in sources:
            sources[cell.source] = _went(plan.sources[cell.source], before, now)
        reason = targets[cell.target] or sources[cell.source]
        yield _left_open(cell, reason) if reason else cell


def _left_open(cell: Cell, reason: str) -> Cell:
    return dataclasses.replace(cell, verdict="unknown", reason=f"{reason}; {cell.reason}", whose="", application="")


def _went(source: Source, before: Facts, now: Facts) -> str:
    """What became of the Pod that asked: one that ends takes what it sends with it.

    A container that restarts says nothing here: what it cannot reach may be why.
    """
    pod = before.pods.get(f"{source.namespace}/{source.pod}")
    return _gone(pod, now.pods.get(pod.id)) if pod else ""


def _changed(about: About, before: Facts, now: Facts) -> str:
    """What became of the objects; empty where they are as they were."""
    if about.pod:
        return _pod(about.pod, now.pods.get(about.pod.id))
    if about.service:
        service = now.services.get(about.service.id)
        if service is None:
            return f"Service {about.service.id} was deleted during the run"
        if service.cluster_ips != about.service.cluster_ips:
            return f"Service {about.service.id} has another address now"
        behind = _behind(before, about.service)
        if behind != _behind(now, about.service):
            return f"the endpoints of Service {about.service.id} changed during the run"
        for pod in sorted(behind[1]):
            if pod in before.pods and (reason := _pod(before.pods[pod], now.pods.get(pod))):
                return reason
    return ""


def _pod(before: Pod, now: Pod | None) -> str:
    if gone := _gone(before, now):
        return gone
    restarted = now is not None and now.restarts > before.restarts
    return f"a container of Pod {before.id} restarted during the run" if restarted else ""


def _gone(before: Pod, now: Pod | None) -> str:
    if now is None or (before.uid and now.uid != before.uid):
        return f"Pod {before.id} was deleted during the run"
    if now.deleting:
        return f"Pod {before.id} is being deleted"
    if now.finished and not before.finished:
        return f"Pod {before.id} ended during the run ({now.phase})"
    if now.ips != before.ips:
        return f"Pod {before.id} has another address now"
    return ""


def _behind(facts: Facts, service: Service) -> tuple[set[tuple[str, bool]], set[str]]:
    """The addresses of a Service's endpoints with their readiness, and the Pods that have them."""
    endpoints = [
        endpoint
        for part in facts.snapshot.endpoint_slices
        if (part.namespace, part.service) == (service.namespace, service.name)
        for endpoint in part.endpoints
    ]
    addresses = {(address, endpoint.ready) for endpoint in endpoints for address in endpoint.addresses}
    return addresses, {f"{service.namespace}/{endpoint.pod}" for endpoint in endpoints if endpoint.pod}
