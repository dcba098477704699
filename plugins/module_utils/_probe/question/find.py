# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which objects of a snapshot the two ends of a question name, and what there is instead where they name none. Pure."""

from __future__ import annotations

import typing as t

from ..._snapshot.entries import EntryPoint
from ..._snapshot.facts import Facts
from ..._snapshot.model import Node, Pod, Service
from ..selected import OptionEntry, owners, workload
from .syntax import ENTRIES, WORKLOADS, End, close, nearest

#: Pods of one workload that ask or are asked: a question costs the same however large the workload is.
MAX_PODS = 8
SVC = "svc"


def sources(facts: Facts, end: End, namespace: str) -> tuple[list[OptionEntry], int]:
    """The entries of the option C(sources) that an end stands for, and how many Pods of its workload are left out.

    Args:
        facts: the snapshot.
        end: of the option C(from).
        namespace: where a name is looked up that has none.

    Raises:
        SelectionError: there is no such source, or there are several.
    """
    if end.kind == "outside":
        return [{"outside_host": end.name} if end.name else {"outside": True}], 0
    if end.kind == "node":
        return [{"node": node(facts, end).name}], 0
    found = pods(facts, end, namespace)
    if all(pod.host_network for pod in found):
        words = f"Pod {found[0].id} uses its node's network (hostNetwork), so its traffic is the node's"
        raise end.refuse(f"{words}; use node/{found[0].node}")
    running = [pod for pod in found if pod.phase == "Running" and not pod.deleting] or found
    chosen = spread(running)
    return [{"namespace": pod.namespace, "pod": pod.name} for pod in chosen], len(running) - len(chosen)


def spread(pods_: t.Sequence[Pod], most: int = MAX_PODS) -> list[Pod]:
    """So many Pods at most, on as many nodes as that allows."""
    taken: dict[str, int] = {}
    places = []
    for pod in sorted(pods_, key=lambda pod: pod.id):
        taken[pod.node] = taken.get(pod.node, 0) + 1
        places.append((taken[pod.node], pod.id, pod))
    return [pod for _turn, _name, pod in sorted(places, key=lambda place: place[:2])[:most]]


def node(facts: Facts, end: End) -> Node:
    """The node that an end names."""
    if end.name not in facts.nodes:
        unread = facts.snapshot.unread("nodes")
        raise end.refuse(f"there is no node {end.name!r}; {unread or nearest(end.name, facts.nodes)}")
    return facts.nodes[end.name]


def pods(facts: Facts, end: End, namespace: str) -> list[Pod]:
    """The Pod of a name, or else the Pods of the workload of that name.

    Raises:
        SelectionError: there is neither, or there are workloads of several kinds.
    """
    where = end.namespace or namespace
    there = _of_namespace(facts, end, where)
    if end.kind in ("", "pod", "host"):
        exact = [pod for pod in there if pod.name == end.name]
        if exact or end.kind == "pod":
            return exact or _nothing(facts, end, where, [f"pod/{pod.name}" for pod in there])
    named = _workloads(there, end)
    if len(named) > 1:
        words = " and ".join(f"{where}/{kind}/{end.name}" for kind in sorted(named))
        raise end.refuse(f"there is more than one workload of this name; set one of {words}")
    return next(iter(named.values()), None) or _nothing(facts, end, where, _names(there))


def _workloads(there: t.Iterable[Pod], end: End) -> dict[str, list[Pod]]:
    """Kind of the workload of a name -> its Pods."""
    found: dict[str, list[Pod]] = {}
    for pod in there:
        for owner in sorted(owners(pod)):
            kind, _slash, name = owner.partition("/")
            if name == end.name and kind in (WORKLOADS if end.kind not in WORKLOADS else (end.kind,)):
                found.setdefault(kind, []).append(pod)
    return found


def _of_namespace(facts: Facts, end: End, where: str) -> list[Pod]:
    known = {each.name for each in facts.snapshot.namespaces} | {pod.namespace for pod in facts.snapshot.pods}
    if facts.snapshot.namespaces and where not in known:
        raise end.refuse(f"there is no namespace {where!r}; {nearest(where, known)}")
    return [pod for pod in facts.snapshot.pods if pod.namespace == where]


def _names(there: t.Iterable[Pod]) -> list[str]:
    """Workloads as C(kind/name), and Pods that belong to none."""
    found = set()
    for pod in there:
        kind, _slash, name = workload(pod).partition("/")
        found.add(f"{kind.lower()}/{name}" if kind.lower() in WORKLOADS else f"pod/{pod.name}")
    return sorted(found)


def _nothing(facts: Facts, end: End, where: str, there: t.Iterable[str]) -> t.NoReturn:
    kind = end.kind if end.kind not in ("", "host") else "Pod or workload"
    if end.option == "to" and end.kind in ("", "host"):
        kind = "Service, Pod, workload or Ingress"
        services = [f"svc/{each.name}" for each in facts.snapshot.services if each.namespace == where]
        there = [*there, *services, *(f"{e.kind.lower()}/{e.name}" for e in facts.entries if e.namespace == where)]
    told = facts.snapshot.unread("pods", where) or nearest(end.name, there, lambda each: each.partition("/")[2])
    dns = f", and a name of DNS that has no dot is {end.name}." if end.kind == "host" else ""
    raise end.refuse(f"namespace {where} has no {kind} {end.name!r}; {told}{_elsewhere(end)}{dns}")


def _elsewhere(end: End) -> str:
    kind = "" if end.kind in ("", "host") else f"{end.kind}/"
    return "" if end.namespace else f"; in another namespace it is NAMESPACE/{kind}{end.name}"


def service(facts: Facts, end: End, namespace: str, cluster_domain: str) -> tuple[Service | None, str]:
    """The Service that an end names, and the endpoint's own name in it that it may name as well.

    Raises:
        SelectionError: it can only be a Service, and there is none.
    """
    if end.kind == "host":
        return _by_dns(facts, end, namespace, cluster_domain)
    if end.kind not in ("", "service"):
        return None, ""
    name, where = end.name, end.namespace or namespace
    if end.kind == "service" and not end.namespace and "." in name:  # no Service has a dot in its name
        name, _dot, where = name.partition(".")
    found = facts.services.get(f"{where}/{name}")
    if found is None and end.kind == "service":
        _of_namespace(facts, end, where)
        no_service(facts, end, where, name, "" if "." in end.name else _elsewhere(end))
    return found, ""


def no_service(facts: Facts, end: End, where: str, name: str, hint: str = "") -> t.NoReturn:
    """Refuse an end that can only be a Service of a namespace."""
    there = [each.name for each in facts.snapshot.services if each.namespace == where]
    unread = facts.snapshot.unread("services", where)
    raise end.refuse(f"namespace {where} has no Service {name!r}; {unread or nearest(name, there)}{hint}")


def dns_parts(end: End, cluster_domain: str) -> tuple[list[str], bool]:
    """The labels of a name before the cluster's own ones, and whether it ends in those."""
    name = end.name.rstrip(".")
    for suffix in (f".{SVC}.{cluster_domain}", f".{SVC}"):
        if name.endswith(suffix):
            return name[: -len(suffix)].split("."), True
    return name.split("."), False


def _by_dns(facts: Facts, end: End, namespace: str, cluster_domain: str) -> tuple[Service | None, str]:
    """A Service by a form of its DNS name: C(name), C(name.namespace), C(name.namespace.svc) or with the domain."""
    labels, own = dns_parts(end, cluster_domain)
    hosts = {entry.host for entry in facts.entries}
    if own and len(labels) == 1:
        raise end.refuse(f"it names no namespace; a Service is SERVICE.NAMESPACE.{SVC}")
    if len(labels) > 3 or (end.name.rstrip(".") in hosts and not own):
        return None, ""
    hostname = labels[0] if len(labels) == 3 else ""
    if len(labels) == 1:
        return facts.services.get(f"{namespace}/{labels[0]}"), ""
    name, where = labels[-2:]
    found = facts.services.get(f"{where}/{name}")
    if found is not None:
        return found, hostname
    known = {each.name for each in facts.snapshot.namespaces}
    if own and where not in known:
        _of_namespace(facts, end, where)
    if own or (where in known and not hostname):
        no_service(facts, end, where, name)
    return None, ""


def entries(facts: Facts, end: End, namespace: str) -> list[EntryPoint]:
    """The ways in by host and path that an end names: by their host, or by the name of their object.

    Raises:
        SelectionError: it can only be one of these, and there is none.
    """
    if end.kind == "host":
        host = end.name.rstrip(".")
        exact = [entry for entry in facts.entries if entry.host == host]
        return exact or [entry for entry in facts.entries if _covers(entry.host, host)]
    if end.kind not in ("", *ENTRIES):
        return []
    where = end.namespace or namespace
    found = [
        entry
        for entry in facts.entries
        if (entry.namespace, entry.name) == (where, end.name) and end.kind in ("", entry.kind.lower())
    ]
    if not found and end.kind:
        there = [entry.name for entry in facts.entries if entry.namespace == where and entry.kind.lower() == end.kind]
        _of_namespace(facts, end, where)
        raise end.refuse(f"namespace {where} has no {end.kind} {end.name!r}; {nearest(end.name, there)}")
    return found


def _covers(wild: str, host: str) -> bool:
    return wild.startswith("*.") and host.endswith(wild[1:]) and "." not in host[: -len(wild[1:])]


def assert_spelt(facts: Facts, end: End) -> None:
    """Refuse C(service.namespace) where a Service of that name is in a namespace of nearly that name.

    Raises:
        SelectionError: there is one.
    """
    name, _dot, where = end.name.rstrip(".").partition(".")
    near = close(where, (each.namespace for each in facts.snapshot.services if each.name == name))
    if near and "." not in where:
        told = ", ".join(f"{name}.{each}" for each in near)
        raise end.refuse(f"there is no namespace {where!r}; the nearest {'is' if len(near) == 1 else 'are'} {told}")
