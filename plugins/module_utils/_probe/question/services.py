# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How a Service can be asked: by its names and addresses, at the nodes, and at each of its endpoints. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ... import _words
from ..._snapshot.entries import EntryPoint
from ..._snapshot.facts import Facts
from ..._snapshot.model import Container, ContainerPort, Node, Pod, Service, ServicePort
from ..._snapshot.service_routing import Backend
from ..selected import Host, NotTested
from .find import MAX_PODS, spread
from .syntax import End, nearest

PODS = _words.models_that_ask("pod")
NODE_PORTS = _words.models_that_ask("node_port")
BALANCERS = _words.models_that_ask("load_balancer")
CLUSTER_IPS = _words.models_that_ask("cluster_ip")
SERVICES = _words.models_that_ask("cluster_ip", "node_port", "load_balancer", "headless")
ENTRIES = _words.models_that_ask("entry_point")
OVER_LOOPBACK = frozenset(name for name, model in _words.MODELS.items() if model.over_loopback)
MAX_NODES = MAX_PODS
USE_TARGETS = "name one, or use sources and targets"


@dataclasses.dataclass
class Ways:
    """What is asked, and in which models.

    Attributes:
        what: the target, as messages name it.
        models: those that ask it.
        whole: whether it is asked by ICMP and for the size of its packets as well, and not only at its ports.
        addresses: the only ones that are asked; empty for all.
        renamed: the host of a wildcard as the models ask it -> the host that was named.
        not_tested: what was left out.
    """

    what: str
    models: frozenset[str] = frozenset()
    whole: bool = False
    pods: list[Pod] = dataclasses.field(default_factory=list)
    services: list[Service] = dataclasses.field(default_factory=list)
    nodes: list[Node] = dataclasses.field(default_factory=list)
    entries: list[EntryPoint] = dataclasses.field(default_factory=list)
    hosts: list[Host] = dataclasses.field(default_factory=list)
    addresses: frozenset[str] = frozenset()
    renamed: dict[str, str] = dataclasses.field(default_factory=dict)
    not_tested: list[NotTested] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Asking:
    """Who asks, and how names are read.

    Attributes:
        kinds: of the sources.
        namespace: where a name is looked up that has none.
    """

    kinds: frozenset[str]
    namespace: str = "default"
    cluster_domain: str = "cluster.local"


def service_ways(facts: Facts, end: End, service: Service, asking: Asking, hostname: str = "") -> Ways:
    """A Service by its names and addresses, at the nodes, and each of its endpoints."""
    ports, by_node = ports_of(end, service)
    found = Ways(f"Service {service.id}", NODE_PORTS if by_node else SERVICES | PODS - OVER_LOOPBACK)
    found.services = [dataclasses.replace(service, ports=tuple(ports))]
    if any(port.node_port for port in ports):
        found.nodes = _some_nodes(facts, service, found)
    if by_node:
        return found
    if service.headless:
        found.models -= {"pod_to_pod_same_node", "pod_to_pod_cross_node"}
    if "outside" in asking.kinds:
        found.models |= {"outside_to_ingress"}
        found.entries = [entry for entry in facts.entries if _leads_to(entry, service, ports)]
    _endpoints(facts, service, ports, found, hosts=not service.headless and "outside" not in asking.kinds)
    if hostname:
        _one_endpoint(facts, end, service, hostname, found)
    return found


def ports_of(end: End, service: Service) -> tuple[list[ServicePort], bool]:
    """The ports of a Service that an end means, and whether it means them at the nodes."""
    if not end.port:
        return list(service.ports), False
    ports = [port for port in service.ports if end.transport in ("", port.protocol)]
    named = [port for port in ports if end.port in (port.name, str(port.port))]
    if named:
        return named, False
    at_nodes = [port for port in ports if port.node_port and str(port.node_port) == end.port]
    if at_nodes:
        return at_nodes, True
    if service.type == "ExternalName" and end.number:  # an alias forwards nothing, so it needs to declare nothing
        return [ServicePort(end.number, protocol=end.transport or "TCP")], False
    there = ", ".join(map(_port_words, service.ports)) or "none"
    raise end.refuse(f"Service {service.id} has no port {end.port_words}; it has {there}")


def _port_words(port: ServicePort) -> str:
    name = f" ({port.name})" if port.name else ""
    at_nodes = f", at the nodes {port.node_port}" if port.node_port else ""
    return f"{port.port}/{port.protocol.lower()}{name}{at_nodes}"


def _leads_to(entry: EntryPoint, service: Service, ports: t.Sequence[ServicePort]) -> bool:
    backend = f"{entry.path.namespace or entry.namespace}/{entry.path.service}"
    return backend == service.id and any(entry.path.port in ("", port.name, str(port.port)) for port in ports)


def _some_nodes(facts: Facts, service: Service, found: Ways) -> list[Node]:
    """Nodes to ask a node port at: half of them with an endpoint of the Service, where there are so many."""
    near = {
        endpoint.node
        for part in facts.snapshot.endpoint_slices
        if f"{part.namespace}/{part.service}" == service.id
        for endpoint in part.endpoints
    }
    nodes = sorted(facts.snapshot.nodes, key=lambda node: node.name)
    with_ = [node for node in nodes if node.name in near]
    others = [node for node in nodes if node.name not in near]
    half = max(MAX_NODES // 2, MAX_NODES - len(others))
    chosen = (with_[:half] + others)[:MAX_NODES]
    if len(nodes) > len(chosen):
        what = f"node ports of Service {service.id} on {len(nodes) - len(chosen)} more nodes"
        found.not_tested.append(NotTested(what, f"at most {MAX_NODES} nodes are probed", USE_TARGETS))
    return chosen


def _endpoints(facts: Facts, service: Service, ports: t.Sequence[ServicePort], found: Ways, hosts: bool) -> None:
    """Add the endpoints of a Service: those that are ready, and all of them where none is."""
    behind: dict[str, set[ContainerPort]] = {}
    beyond: dict[Host, None] = {}
    for port in ports:
        for family in _words.FAMILIES:
            there = facts.backends(service, port, family)
            for endpoint, number in ((each.endpoint, each.port) for each in _ready_first(there)):
                pod = facts.pods.get(f"{service.namespace}/{endpoint.pod}") if endpoint.pod else None
                if pod and not pod.host_network:
                    behind.setdefault(pod.id, set()).add(ContainerPort(number, protocol=port.protocol))
                elif hosts and endpoint.addresses:
                    beyond[Host(endpoint.addresses[0], number, port.protocol.lower())] = None
    chosen = spread([facts.pods[name] for name in behind])
    found.pods = [narrow(pod, behind[pod.id]) for pod in chosen]
    found.hosts = list(beyond)[:MAX_PODS]
    left = len(behind) - len(chosen) + len(beyond) - len(found.hosts)
    if left:
        what = f"{left} more endpoints of Service {service.id} by their own address"
        found.not_tested.append(NotTested(what, f"at most {MAX_PODS} of them are probed", USE_TARGETS))


def _ready_first(there: t.Sequence[Backend]) -> t.Sequence[Backend]:
    return [each for each in there if each.endpoint.ready] or there


def _one_endpoint(facts: Facts, end: End, service: Service, hostname: str, found: Ways) -> None:
    """Leave one endpoint, by the name that it has below its Service."""
    there = {
        endpoint.hostname: endpoint.pod
        for part in facts.snapshot.endpoint_slices
        if f"{part.namespace}/{part.service}" == service.id
        for endpoint in part.endpoints
        if endpoint.hostname
    }
    if hostname not in there:
        raise end.refuse(f"Service {service.id} has no endpoint of the name {hostname!r}; {nearest(hostname, there)}")
    pod = facts.pods.get(f"{service.namespace}/{there[hostname]}")
    found.what = f"endpoint {hostname} of Service {service.id}"
    found.models = frozenset(("pod_to_headless", "node_to_pod"))
    found.pods = [each for each in found.pods if pod and each.id == pod.id]
    found.addresses = frozenset(pod.ips if pod else ())


def narrow(pod: Pod, ports: t.Collection[ContainerPort]) -> Pod:
    """A Pod with no other ports than these; one that no container declares is taken for the default container's."""
    containers, declared = list[Container](), set[tuple[int, str]]()
    for container in pod.containers:
        own = [port for port in container.ports if any(_same(port, each) for each in ports)]
        declared.update((port.port, port.protocol) for port in own)
        containers.append(dataclasses.replace(container, ports=tuple(own)))
    more = tuple(sorted((each for each in ports if (each.port, each.protocol) not in declared), key=lambda e: e.port))
    for place, container in enumerate(containers):
        if container.name == (pod.default_container or containers[0].name):
            containers[place] = dataclasses.replace(container, ports=container.ports + more)
    return dataclasses.replace(pod, containers=tuple(containers))


def _same(one: ContainerPort, other: ContainerPort) -> bool:
    return (one.port, one.protocol) == (other.port, other.protocol)
