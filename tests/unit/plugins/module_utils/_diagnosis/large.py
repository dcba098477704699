# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of any size to diagnose, in which a part of everything is broken, and the report of its probes.

A namespace has twenty workloads of ten Pods, each with a Service and every second one with a NetworkPolicy. In every
tenth workload a Pod crashes, in every tenth one none is scheduled, in every tenth one the Service selects nothing, and
every tenth one has an Ingress to a Service that does not exist.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Container,
    ContainerPort,
    Endpoint,
    EndpointSlice,
    Namespace,
    NetworkPolicy,
    Node,
    Pod,
    Service,
    ServicePort,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Ingress,
    IngressClass,
    IngressPath,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    Condition,
    ContainerDetail,
    PodDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    FoldedEvent,
    History,
    LogTail,
    Owner,
    Workloads,
    Writer,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import scenes
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report.scenes import RUN

PODS_OF, WORKLOADS_OF = 10, 20  #: a workload, a namespace
#: The last digit of the number of a workload -> what is wrong with it.
CRASHES, PENDING, SELECTS_NOTHING, NO_BACKEND = 1, 2, 3, 5
CONTAINER = Container(
    "app",
    scenes.IMAGE,
    f"registry.lab:5000/shop-api@sha256:{'0123456789abcdef' * 4}",
    ports=(ContainerPort(8080, "http"), ContainerPort(9090, "metrics")),
    http_paths={"http": "/healthz"},
    probe_ports=("http",),
)


@dataclasses.dataclass(frozen=True)
class Size:
    """How large it is."""

    nodes: int
    pods: int
    cells: int
    spread: int = WORKLOADS_OF  #: workloads of a namespace

    @property
    def workloads(self) -> range:
        return range(self.pods // PODS_OF)


def snapshot(size: Size) -> Snapshot:
    """The cluster as the API describes it, with the details of what is not well."""
    numbers = size.workloads
    pods = [pod for number in numbers for pod in pods_of(number, size)]
    details, events, logs = [], [], []
    for pod in pods:
        trouble = trouble_of(pod)
        if trouble:
            details.append(trouble)
            events += events_of(pod)
        if trouble and pod.node:
            logs.append(LogTail(pod.namespace, pod.name, "app", True, ("starting", "no such host: db")))
    return Snapshot(
        taken=scenes.TAKEN,
        server="https://198.18.0.2:6443",
        version="v1.36.3",
        namespaces=tuple(Namespace(f"ns-{number}", "Active") for number in range(len(numbers) // size.spread + 1)),
        nodes=tuple(node(number) for number in range(size.nodes)),
        pods=tuple(pods),
        services=tuple(service(number, size) for number in numbers),
        endpoint_slices=tuple(slice_of(number, size, pods[number * PODS_OF :][:PODS_OF]) for number in numbers),
        ingresses=tuple(ingress(number, size) for number in numbers[::5]),
        ingress_classes=(IngressClass("nginx", "k8s.io/ingress-nginx", True),),
        network_policies=tuple(policy(number, size) for number in numbers[::2]),
        workloads=Workloads(
            pods=tuple(details),
            pods_without_details=len(pods) - len(details),
            owners=tuple(owner for number in numbers for owner in owners(number, size)),
            events=tuple(events),
            logs=tuple(logs[:40]),
            nodes=tuple(node_detail(number) for number in range(size.nodes)),
            histories=tuple(history(number, size) for number in numbers[:2000]),
        ),
    )


def space(number: int, size: Size) -> str:
    return f"ns-{number // size.spread}"


def node(number: int) -> Node:
    name = f"worker-{number}.prod.example.com"
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{number % 3}"}
    return Node(
        name,
        True,
        internal_ips=(f"172.16.{number // 250}.{number % 250 + 1}",),
        pod_cidrs=(f"10.{number // 250}.{number % 250}.0/24",),
        version="v1.36.3",
        labels=labels,
    )


def node_detail(number: int) -> NodeDetail:
    conditions = [Condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", scenes.TAKEN)]
    conditions += [Condition(f"{what}Pressure", "False") for what in ("Memory", "Disk", "PID")]
    return NodeDetail(node(number).name, tuple(conditions), allocatable={"cpu": "16"}, lease=scenes.TAKEN)


def pods_of(number: int, size: Size) -> t.Iterator[Pod]:
    pending = number % 10 == PENDING
    for replica in range(PODS_OF):
        count = number * PODS_OF + replica
        crashes = number % 10 == CRASHES and replica == 0
        on = count % size.nodes
        yield Pod(
            namespace=space(number, size),
            name=f"app-{number}-5d8c7b9f6d-{count:05x}",
            node="" if pending else f"worker-{on}.prod.example.com",
            ips=() if pending else (f"10.{on // 250}.{on % 250}.{count // size.nodes + 2}", f"fd00:10::{count:x}"),
            host_ips=() if pending else (f"172.16.{on // 250}.{on % 250 + 1}", f"fd00:172::{on:x}"),
            phase="Pending" if pending else "Running",
            ready=not pending and not crashes,
            status="Pending" if pending else "CrashLoopBackOff" if crashes else "Running",
            created=scenes.TAKEN,
            labels={"app": f"app-{number}", "pod-template-hash": "5d8c7b9f6d", "team": f"team-{number % 40}"},
            owner=f"ReplicaSet/app-{number}-5d8c7b9f6d",
            default_container="app",
            containers=(dataclasses.replace(CONTAINER, running=not pending),),
            uid=f"00000000-0000-0000-0000-{count:012x}",
        )


def trouble_of(pod: Pod) -> PodDetail | None:
    own = ContainerDetail("app", field="spec.containers[0]", image=scenes.IMAGE)
    if pod.status == "Pending":
        message = "0/5000 nodes are available: 5000 Insufficient cpu."
        conditions = (Condition("PodScheduled", "False", "Unschedulable", message),)
        own = dataclasses.replace(own, requests={"cpu": "64"})
        return PodDetail(pod.namespace, pod.name, conditions=conditions, containers=(own,))
    if pod.ready:
        return None
    crashed = {"state": "waiting", "reason": "CrashLoopBackOff", "last_exit_code": 1, "last_reason": "Error"}
    return PodDetail(pod.namespace, pod.name, containers=(dataclasses.replace(own, restarts=7, **crashed),))


def events_of(pod: Pod) -> t.Iterator[FoldedEvent]:
    reason, said = ("BackOff", "Back-off restarting failed container") if pod.node else ("FailedScheduling", "0/5000")
    yield FoldedEvent("Pod", pod.namespace, pod.name, reason, said, "Warning", count=9, last=scenes.TAKEN)


def service(number: int, size: Size) -> Service:
    wrong = "x" if number % 10 == SELECTS_NOTHING else ""
    return Service(
        space(number, size),
        f"app-{number}",
        cluster_ips=(f"10.100.{number // 250}.{number % 250 + 1}",),
        ports=(ServicePort(80, "http", target_port="http"),),
        selector={"app": f"app-{number}{wrong}"},
    )


def slice_of(number: int, size: Size, pods: t.Sequence[Pod]) -> EndpointSlice:
    there = [] if number % 10 == SELECTS_NOTHING else [pod for pod in pods if pod.ips]
    endpoints = tuple(Endpoint(pod.ips, ready=pod.ready, node=pod.node, pod=pod.name) for pod in there)
    return EndpointSlice(space(number, size), f"app-{number}", "IPv4", (ServicePort(8080, "http"),), endpoints)


def ingress(number: int, size: Size) -> Ingress:
    host, wrong = f"app-{number}.apps.example.com", "x" if number % 10 == NO_BACKEND else ""
    path = IngressPath(host, "/", f"app-{number}{wrong}", "80", field="spec.rules[0].http.paths[0]")
    return Ingress(space(number, size), f"app-{number}", "nginx", ("198.18.0.200",), (path,), created=scenes.TAKEN)


def policy(number: int, size: Size) -> NetworkPolicy:
    peer = {"podSelector": {"matchLabels": {"team": f"team-{number % 40}"}}}
    spec = {"podSelector": {"matchLabels": {"app": f"app-{number}"}}, "ingress": [{"from": [peer]}]}
    made = cluster.policy(f"app-{number}", **spec)
    made["metadata"]["namespace"] = space(number, size)
    (found,) = cluster.snapshot(network_policies=[made]).network_policies
    return found


def owners(number: int, size: Size) -> t.Iterator[Owner]:
    name, labels = f"app-{number}", {"app": f"app-{number}", "team": f"team-{number % 40}"}
    counts = {"desired": PODS_OF, "current": PODS_OF, "created": scenes.TAKEN, "template_images": {"app": scenes.IMAGE}}
    yield Owner("Deployment", space(number, size), name, template_labels=labels, selector={"app": name}, **counts)
    template = {**labels, "pod-template-hash": "5d8c7b9f6d"}
    above = f"Deployment/{name}"
    yield Owner("ReplicaSet", space(number, size), f"{name}-5d8c7b9f6d", above, template_labels=template, **counts)


def history(number: int, size: Size) -> History:
    writer = Writer("kubectl", scenes.TAKEN, "Update", ("spec.selector", "spec.ports", "spec.selector.app"))
    return History("Service", space(number, size), f"app-{number}", (writer,))


def report(size: Size, seen: Snapshot) -> dict[str, t.Any]:
    """Each source asks a Service of its namespace, and one elsewhere, as a sample of a large cluster does."""
    made = scenes.Report()
    pods = [pod for pod in seen.pods if pod.ready]
    step = max(1, len(pods) * 2 // size.cells)
    for place, pod in enumerate(pods[::step]):
        number = int(pod.labels["app"].rpartition("-")[2])
        for target in (number - number % size.spread + place % size.spread, place * 7 % len(seen.services)):
            if len(made.cells) < size.cells and target < len(seen.services):
                broken = target % 10 in (PENDING, SELECTS_NOTHING)
                made.ask((seen.services[target], 80), "refused" if broken else "open", source=pod)
    told = [{"latency_ms": 1.5, **cell} for cell in made.cells]
    return document.build(RUN, told, made.sources.values(), made.targets.values(), requests={"api": 1})
