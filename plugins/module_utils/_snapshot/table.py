# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The snapshot as a person knows it: C(kubectl get pods,svc,nodes,ingress -o wide)."""

from __future__ import annotations

import datetime
import typing as t

from .model import Node, Pod, Service, Snapshot
from .model_entries import Ingress

_NONE = "<none>"


def render(snapshot: Snapshot) -> str:
    """Return the tables of Pods, Services, Nodes and Ingresses, kinds without an object left out."""

    def age(created: str) -> str:
        return _age(created, snapshot.taken)

    tables = (
        (_PODS, [_pod(pod, age) for pod in snapshot.pods]),
        (_SERVICES, [_service(service, age) for service in snapshot.services]),
        (_NODES, [_node(node, age) for node in snapshot.nodes]),
        (_INGRESSES, [_ingress(ingress, age) for ingress in snapshot.ingresses]),
    )
    return "\n\n".join(_columns(head.split(), rows) for head, rows in tables if rows)


_PODS = "NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE"
_SERVICES = "NAMESPACE NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR"
_NODES = "NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME"
_INGRESSES = "NAMESPACE NAME CLASS HOSTS ADDRESS PORTS AGE"

_Age = t.Callable[[str], str]


def _pod(pod: Pod, age: _Age) -> list[str]:
    ready = f"{sum(container.running for container in pod.containers)}/{len(pod.containers)}"
    return [
        pod.namespace,
        pod.name,
        ready,
        pod.status,
        str(pod.restarts),
        age(pod.created),
        ",".join(pod.ips) or _NONE,
        pod.node or _NONE,
    ]


def _service(service: Service, age: _Age) -> list[str]:
    ports = [
        f"{port.port}:{port.node_port}/{port.protocol}" if port.node_port else f"{port.port}/{port.protocol}"
        for port in service.ports
    ]
    return [
        service.namespace,
        service.name,
        service.type,
        ",".join(service.cluster_ips) or "None",
        service.external_name or ",".join(service.external_addresses) or _NONE,
        ",".join(ports) or _NONE,
        age(service.created),
        ",".join(f"{key}={value}" for key, value in sorted(service.selector.items())) or _NONE,
    ]


def _node(node: Node, age: _Age) -> list[str]:
    return [
        node.name,
        node.status,
        ",".join(node.roles) or _NONE,
        age(node.created),
        node.version,
        ",".join(node.internal_ips) or _NONE,
        ",".join(node.external_ips) or _NONE,
        node.os_image,
        node.kernel,
        node.runtime,
    ]


def _ingress(ingress: Ingress, age: _Age) -> list[str]:
    hosts = list(dict.fromkeys(path.host or "*" for path in ingress.paths))
    return [
        ingress.namespace,
        ingress.name,
        ingress.ingress_class or _NONE,
        ",".join(hosts) or "*",
        ",".join(ingress.addresses) or _NONE,
        "80, 443" if ingress.tls else "80",
        age(ingress.created),
    ]


def _age(created: str, now: str) -> str:
    """Age in kubectl's words: two units below some bound, one above (duration.HumanDuration, shortened)."""
    try:
        seconds = int((_time(now) - _time(created)).total_seconds())
    except ValueError:
        return "<unknown>"
    if seconds < 120:
        return f"{max(0, seconds)}s"
    for unit, size in (("d", 86400), ("h", 3600)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds // 60}m"


def _time(stamp: str) -> datetime.datetime:
    return datetime.datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ")


def _columns(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]
    )
