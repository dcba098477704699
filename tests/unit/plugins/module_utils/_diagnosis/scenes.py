# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small shop to diagnose: a Deployment C(web) of two Pods, its Service, and a client; and cells between them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Container,
    ContainerPort,
    Endpoint,
    EndpointSlice,
    Namespace,
    Node,
    Pod,
    Service,
    ServicePort,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, PodDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    FoldedEvent,
    Owner,
    Workloads,
)

TAKEN = "2026-12-01T04:00:00Z"
IMAGE = "registry.lab:5000/shop-api:1"


def pod(name: str, number: int, node: str = "w1", app: str = "web", **more: t.Any) -> Pod:
    """A Pod of a Deployment."""
    base = Pod(
        namespace="shop",
        name=name,
        node=node,
        ips=(f"10.244.1.{number}",),
        phase="Running",
        ready=True,
        status="Running",
        labels={"app": app, "pod-template-hash": "b975c9b8d"},
        owner=f"ReplicaSet/{app}-b975c9b8d",
        containers=(Container(app, IMAGE, ports=(ContainerPort(8080, "http"),), running=True),),
    )
    return dataclasses.replace(base, **more)


WEB = (pod("web-b975c9b8d-ndznh", 8), pod("web-b975c9b8d-vq5zm", 9, "w2"))
CLIENT = pod("client-55cd8fb856-7dkjw", 7, app="client")
SERVICE = Service(
    "shop",
    "web",
    cluster_ips=("10.96.119.196",),
    ports=(ServicePort(80, target_port="8080"),),
    selector={"app": "web"},
)
SLICE = EndpointSlice(
    "shop",
    "web",
    "IPv4",
    (ServicePort(8080),),
    tuple(Endpoint(one.ips, node=one.node, pod=one.name) for one in WEB),
)
DEPLOYMENT = Owner(
    "Deployment", "shop", "web", desired=2, template_labels={"app": "web"}, template_images={"web": IMAGE}
)
REPLICA_SET = Owner(
    "ReplicaSet",
    "shop",
    "web-b975c9b8d",
    "Deployment/web",
    revision="1",
    template_labels={"app": "web", "pod-template-hash": "b975c9b8d"},
    template_images={"web": IMAGE},
)


def snapshot(pods: t.Sequence[Pod] = WEB, service: Service = SERVICE, **more: t.Any) -> Snapshot:
    """The cluster as the API describes it."""
    there = [one for one in pods if service.selector.items() <= one.labels.items()]
    found = tuple(Endpoint(one.ips, ready=one.ready, node=one.node, pod=one.name) for one in there)
    base = Snapshot(
        taken=TAKEN,
        server="https://198.18.0.2:6443",
        version="v1.36.3",
        namespaces=(Namespace("shop", "Active"),),
        nodes=(Node("w1", True), Node("w2", True)),
        pods=(*pods, CLIENT),
        services=(service,),
        endpoint_slices=(dataclasses.replace(SLICE, endpoints=found),),
        workloads=workloads(),
    )
    return dataclasses.replace(base, **more)


def workloads(*details: PodDetail, events: t.Iterable[FoldedEvent] = (), **more: t.Any) -> Workloads:
    """What of the workloads is known."""
    base = Workloads(pods=details, owners=(DEPLOYMENT, REPLICA_SET), events=tuple(events))
    return dataclasses.replace(base, **more)


def detail(one: Pod, container: ContainerDetail | None = None, **more: t.Any) -> PodDetail:
    """What decides whether a Pod runs."""
    own = container or ContainerDetail("web", state="running", ready=True)
    own = dataclasses.replace(own, field="spec.containers[0]", image=own.image or IMAGE)
    return PodDetail(one.namespace, one.name, containers=(own,), **more)


def ill(container: ContainerDetail, events: t.Iterable[FoldedEvent] = (), **more: t.Any) -> Snapshot:
    """Both Pods of the Deployment with a container that is unwell."""
    there = tuple(dataclasses.replace(one, ready=False, status=container.reason) for one in WEB)
    details = [detail(one, container) for one in there]
    return snapshot(pods=there, workloads=workloads(*details, events=events, **more))


def event(one: Pod, reason: str, message: str) -> FoldedEvent:
    """A warning about a Pod."""
    return FoldedEvent("Pod", one.namespace, one.name, reason, message, "Warning", last=TAKEN)


class Report:
    """The document of a run, made of cells."""

    def __init__(self) -> None:
        self.sources: dict[str, t.Any] = {}
        self.targets: dict[str, t.Any] = {}
        self.cells: list[dict[str, t.Any]] = []
        self.follow_ups: list[dict[str, t.Any]] = []

    def source(self, one: Pod, **more: t.Any) -> str:
        """Add a Pod that asks."""
        name = f"{one.namespace}/{one.name}/{one.labels['app']}"
        workload = f"Deployment/{one.labels['app']}"
        ends = {"id": name, "kind": "pod", "namespace": one.namespace, "pod": one.name, "workload": workload}
        self.sources.setdefault(name, {**ends, "container": one.labels["app"]}).update(more)
        return name

    def ask(self, target: t.Any, outcome: str = "open", verdict: str = "", source: Pod = CLIENT, **more: t.Any) -> int:
        """Add a cell: to a C((Service, port)), a C((Pod, port)), or a target as the report has it."""
        end = target if isinstance(target, dict) else _target(*target)
        self.targets[end["id"]] = end
        verdict = verdict or ("pass" if outcome in ("open", "http_200") else "fail")
        number = len(self.cells) + 1
        cell = {
            "id": number,
            "source": self.source(source),
            "target": end["id"],
            "model": "pod_to_pod_cross_node" if end["kind"] == "pod" else "pod_to_service",
            "protocol": "tcp",
            "family": "IPv4",
            "via": "address",
            "asked": f"{end['name']}:{end.get('port', 0)}",
            "outcome": outcome,
            "expectation": "allow",
            "expectation_reason": "it is there to be used",
            "decided_by": "",
            "verdict": verdict,
            "reason": "" if verdict == "pass" else f"{outcome} from {end['name']}",
            "evidence": {},
        }
        self.cells.append({**cell, **more})
        return number

    def document(self) -> dict[str, t.Any]:
        """What rules see of the report."""
        parts = {"sources": self.sources, "targets": self.targets, "cells": self.cells}
        return {**parts, "follow_ups": self.follow_ups} if self.follow_ups else parts


def _target(one: Pod | Service, port: int) -> dict[str, t.Any]:
    kind = "pod" if isinstance(one, Pod) else "service"
    name = f"{'pod' if kind == 'pod' else 'svc'}/{one.namespace}/{one.name}:{port}"
    return {"id": name, "kind": kind, "namespace": one.namespace, "name": one.name, "port": port}


def case(seen: Snapshot | None = None, report: Report | None = None) -> Case:
    """A case of a snapshot and a report."""
    return Case(seen or snapshot(), report.document() if report else {})


def broken_service(outcome: str = "refused", **more: t.Any) -> Report:
    """A report in which the Service fails, from its client."""
    report = Report()
    report.ask((SERVICE, 80), outcome, **more)
    return report
