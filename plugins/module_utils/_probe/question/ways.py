# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Every way in which the target of a question can be asked: the objects, cut down to a port, and their models. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._snapshot.entries import EntryPoint
from ..._snapshot.facts import Facts
from ..._snapshot.model import ContainerPort, Node, Pod, Service
from ..models import ingresses
from ..models.ports import quote
from ..selected import Host, NotTested, SelectionError, workload
from . import find
from .services import (
    BALANCERS,
    CLUSTER_IPS,
    ENTRIES,
    NODE_PORTS,
    PODS,
    USE_TARGETS,
    Asking,
    Ways,
    narrow,
    ports_of,
    service_ways,
)
from .syntax import End


def ways(facts: Facts, end: End, asking: Asking, missing: bool = False) -> Ways:
    """Find what an end names, and how it can be asked.

    Args:
        facts: the snapshot.
        end: the target.
        asking: who asks.
        missing: whether a Service that does not exist, or does not have the port, is asked as its clients do.

    Raises:
        SelectionError: there is nothing of that name, or it has no such port.
    """
    try:
        return _ways(facts, end, asking)
    except SelectionError:
        if missing and end.kind in ("", "host", "service") and (end.number or not end.port):
            return _host(_by_name(end, asking))
        raise


def _by_name(end: End, asking: Asking) -> End:
    """An end as the name of a Service, which a Pod completes where it has no namespace."""
    if end.kind == "host":
        return end
    name = f"{end.name}.{end.namespace or asking.namespace}.{find.SVC}.{asking.cluster_domain}"
    return dataclasses.replace(end, kind="host", name=name, namespace="")


def _ways(facts: Facts, end: End, asking: Asking) -> Ways:
    if end.kind == "address":
        return _address(facts, end, asking)
    if end.kind == "node":
        return _node(facts, end, find.node(facts, end), asking)
    service, hostname = find.service(facts, end, asking.namespace, asking.cluster_domain)
    if service:
        return service_ways(facts, end, service, asking, hostname)
    entries = find.entries(facts, end, asking.namespace)
    if end.kind == "host":
        return _named(facts, end, entries, asking)
    if entries and (end.kind or not _is_pod(facts, end, asking)):
        return _entries(end, entries, asking)
    return _pods(end, find.pods(facts, end, asking.namespace))


def _is_pod(facts: Facts, end: End, asking: Asking) -> bool:
    try:
        return bool(find.pods(facts, end, asking.namespace))
    except ValueError:
        return False


def _named(facts: Facts, end: End, entries: list[EntryPoint], asking: Asking) -> Ways:
    """A name without a slash that is no Service: the host of an Ingress, a Pod, a workload, a node, or one of DNS."""
    if entries:
        return _entries(end, entries, asking)
    if end.name in facts.nodes and ("." in end.name or not _is_pod(facts, end, asking)):
        return _node(facts, end, facts.nodes[end.name], asking)
    if "." not in end.name:
        return _pods(end, find.pods(facts, end, asking.namespace))
    find.assert_spelt(facts, end)
    return _host(end)


def _host(end: End, name: str = "") -> Ways:
    """An address or a name of nobody in the cluster."""
    if end.port and not end.number:
        raise end.refuse(f"port {end.port!r} is a name; only ports of Services and Pods have one")
    protocol = end.scheme or (end.transport.lower() if end.transport else "tcp" if end.port else "icmp")
    return Ways(name or end.name, hosts=[Host(end.name, end.number, protocol, end.path or "/")])


def _pods(end: End, pods: list[Pod]) -> Ways:
    """A Pod, or the Pods of a workload."""
    kind, _slash, name = workload(pods[0]).partition("/")
    alone = len(pods) == 1 and pods[0].name == end.name
    found = Ways(f"Pod {pods[0].id}" if alone else f"{kind} {pods[0].namespace}/{name}", PODS, whole=not end.port)
    able = []
    for pod in pods:
        reason = "it is being deleted" if pod.deleting else "" if pod.ips else f"it has no address ({pod.status})"
        reason = f"it has finished ({pod.status})" if pod.finished else reason
        if reason:
            found.not_tested.append(NotTested(f"to Pod {pod.id}", reason))
        else:
            able.append(pod)
    chosen = find.spread(able)
    if len(able) > len(chosen):
        what = f"to {len(able) - len(chosen)} more Pods of {found.what}"
        found.not_tested.append(
            NotTested(what, f"a connection is probed to at most {find.MAX_PODS} Pods of a workload", USE_TARGETS)
        )
    for pod in chosen:
        one = narrow(pod, _pod_ports(end, pod)) if end.port else pod
        if pod.host_network:
            found.hosts += _on_node(one, whole=found.whole)
        else:
            found.pods.append(one)
    return found


def _pod_ports(end: End, pod: Pod) -> list[ContainerPort]:
    declared = [port for container in pod.containers for port in container.ports]
    ports = [port for port in declared if end.transport in ("", port.protocol)]
    found = [port for port in ports if end.port in (port.name, str(port.port))]
    if found:
        return found
    if end.number:  # a Pod listens at what it likes; what it declares is informational (PodSpec)
        return [ContainerPort(end.number, protocol=end.transport or "TCP")]
    there = ", ".join(f"{each.port}/{each.protocol.lower()} ({each.name or 'no name'})" for each in declared) or "none"
    raise end.refuse(f"Pod {pod.id} has no port of the name {end.port_words}; it declares {there}")


def _on_node(pod: Pod, whole: bool) -> t.Iterator[Host]:
    """A Pod that uses its node's network, at the node's addresses."""
    for address in pod.ips:
        if whole:
            yield Host(address, protocol="icmp")
        for container in pod.containers:
            for port in container.ports:
                yield Host(address, port.port, port.protocol.lower())


def _node(facts: Facts, end: End, node: Node, asking: Asking) -> Ways:
    """A node: whole, at one of its own ports, or at the node port of a Service."""
    if end.port and not end.number:
        raise end.refuse(f"port {end.port!r} is a name; ports of nodes have none")
    found = Ways(f"Node {node.name}", nodes=[node], whole=not end.port)
    services = _with_node_port(facts, end) if end.port else []
    if services and asking.kinds != {"node"}:
        found.models, found.services = NODE_PORTS, services
    elif asking.kinds == {"node"} and not end.port:
        found.models = frozenset(("node_to_node",))
    else:
        found.nodes = []
        found.hosts = [dataclasses.replace(host, host=ip) for ip in node.internal_ips for host in _host(end).hosts]
    return found


def _with_node_port(facts: Facts, end: End) -> list[Service]:
    found = []
    for service in facts.snapshot.services:
        ports = [port for port in service.ports if port.node_port == end.number]
        ports = [port for port in ports if end.transport in ("", port.protocol)]
        if ports:
            found.append(dataclasses.replace(service, ports=tuple(ports)))
    return found


def _address(facts: Facts, end: End, asking: Asking) -> Ways:
    """An address: whose it is decides what must happen, and nothing but that address is asked."""
    owner = facts.owners.get(end.name)
    found = _host(dataclasses.replace(end, port=end.port if end.number else ""))
    inside = "outside" not in asking.kinds
    if isinstance(owner, Pod) and inside:
        found = _pods(end, [owner])
    elif isinstance(owner, Service) and inside:
        ports, by_node = ports_of(end, owner)
        if not by_node:  # at this address, nothing answers at a node port
            found = Ways(f"Service {owner.id}", CLUSTER_IPS, services=[dataclasses.replace(owner, ports=tuple(ports))])
    elif isinstance(owner, Node):
        found = _node(facts, end, owner, asking)
    elif asking.kinds != {"node"}:
        for service in facts.snapshot.services:
            if end.name in service.external_addresses:
                ports = [port for port in service.ports if end.port in ("", port.name, str(port.port))]
                if ports:
                    found = Ways(f"load balancer of Service {service.id}", BALANCERS)
                    found.services = [dataclasses.replace(service, ports=tuple(ports))]
    if end.port and not end.number and not (found.pods or found.services):
        return _host(end)
    found.addresses = frozenset((end.name,))
    return found


def _entries(end: End, entries: list[EntryPoint], asking: Asking) -> Ways:
    """The hosts and paths of an Ingress, an HTTPRoute or a Route; nodes ask them in no model, but as any other name."""
    asked = [entry for entry in entries if not end.scheme or entry.tls is (end.scheme == "https")]
    asked = [entry for entry in asked if end.port in ("", str(entry.port))]
    if not asked:
        if end.kind == "host":
            return _host(end)
        ports = ", ".join(map(str, sorted({entry.port for entry in entries})))
        raise end.refuse(f"{entries[0].id} has no port {end.port}; it is served at {ports}")
    if end.path:
        path = end.path.partition("?")[0]
        serving = [entry for entry in asked if _serves(entry.path.path, path)]
        longest = max((len(entry.path.path) for entry in serving), default=0)
        asked = [entry for entry in serving if len(entry.path.path) == longest] or asked[:1]
    found = Ways(f"host {end.name}" if end.kind == "host" else asked[0].id, ENTRIES, entries=asked)
    if end.kind == "host":
        wild = {entry.host for entry in asked if entry.host.startswith("*.")}
        found.renamed = {ingresses.any_label(host): end.name.rstrip(".") for host in wild}
    if asking.kinds == {"node"}:
        hosts = (
            Host(entry.host, entry.port, "https" if entry.tls else "http", end.path or quote(entry.path.path))
            for entry in asked
            if entry.host
        )
        found.entries, found.hosts = [], list(dict.fromkeys(hosts))
    return found


def _serves(prefix: str, path: str) -> bool:
    return path == prefix or path.startswith(prefix if prefix.endswith("/") else f"{prefix}/")
