# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The snapshot as a person knows it: C(kubectl get pods,svc,nodes,ingress -o wide).

Of many objects only those have a row that are not as usual; the others are counted.
"""

from __future__ import annotations

import collections
import datetime
import typing as t

from .model import Node, Pod, Service, Snapshot
from .model_entries import Ingress

MOST = 200  #: objects that have a row each
_MOST_ROWS = 20  #: of a kind, where there are more objects
_MOST_STATES = 6
_NONE = "<none>"


def render(snapshot: Snapshot) -> str:
    """Return the tables of Pods, Services, Nodes and Ingresses, kinds without an object left out."""

    def age(created: str) -> str:
        return _age(created, snapshot.taken)

    kinds: tuple[_Kind, ...] = (
        ("Pod", _PODS, snapshot.pods, lambda pod: _pod(pod, age), lambda pod: pod.status),
        ("Service", _SERVICES, snapshot.services, lambda service: _service(service, age), lambda each: each.type),
        ("Node", _NODES, snapshot.nodes, lambda node: _node(node, age), lambda node: node.status),
        ("Ingress", _INGRESSES, snapshot.ingresses, lambda ingress: _ingress(ingress, age), lambda _each: ""),
    )
    if sum(len(kind[2]) for kind in kinds) > MOST:
        return "\n\n".join(_summary(snapshot, kinds))
    return "\n\n".join(
        _columns(head.split(), list(map(row, items))) for _kind, head, items, row, _state in kinds if items
    )


def _summary(snapshot: Snapshot, kinds: t.Iterable[_Kind]) -> t.Iterator[str]:
    """How many there are of each kind and state, and a table of those that are not as usual."""
    odd = _odd(snapshot)
    counts, tables = [], []
    for kind, head, items, row, state in kinds:
        if not items:
            continue
        states = collections.Counter(filter(None, map(state, items)))
        told = ", ".join(f"{name} {count:,}" for name, count in states.most_common(_MOST_STATES))
        counts.append([f"{kind} {len(items):,}", told])
        found = [each for each in items if odd[kind](each)]
        if found:
            rest = f"\nand {len(found) - _MOST_ROWS:,} more" if len(found) > _MOST_ROWS else ""
            tables.append(_columns(head.split(), list(map(row, found[:_MOST_ROWS]))) + rest)
    yield _columns(["COUNT", "STATE"], counts)
    yield from tables


def _odd(snapshot: Snapshot) -> dict[str, t.Callable[[t.Any], bool]]:
    """What of each kind has a row: what is not ready, restarted, has no ready endpoint or no address."""
    served = {
        (part.namespace, part.service)
        for part in snapshot.endpoint_slices
        if any(endpoint.ready for endpoint in part.endpoints)
    }

    def service(each: Service) -> bool:
        has_none = bool(each.selector) and (each.namespace, each.name) not in served
        return has_none or (each.type == "LoadBalancer" and not each.external_addresses)

    return {
        "Pod": lambda pod: pod.deleting or pod.restarts > 0 or not (pod.ready or pod.phase == "Succeeded"),
        "Service": service,
        "Node": lambda node: node.status != "Ready",
        "Ingress": lambda ingress: not ingress.addresses,
    }


#: A kind, its columns, its objects, the row and the state of one.
_Kind = t.Tuple[str, str, t.Sequence[t.Any], t.Callable[[t.Any], t.List[str]], t.Callable[[t.Any], str]]  # noqa: UP006
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
