# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The traffic models: for each, one function that says what a source asks.

Adding a model is adding a function to C(MODELS) and its word to the documentation of M(kubewire.netdebug.net_probe).
"""

from __future__ import annotations

import dataclasses
import typing as t
import urllib.parse

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts, family
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Container, Pod, Service

from .targets import Host, Selected
from .types import FAMILIES, PROTOCOLS, Probe, Source, Target


@dataclasses.dataclass(frozen=True)
class Options:
    """What of the models is wanted."""

    protocols: tuple[str, ...] = PROTOCOLS
    families: tuple[str, ...] = FAMILIES
    cluster_domain: str = "cluster.local"
    timeout_ms: int = 4000


@dataclasses.dataclass(frozen=True)
class Asker:
    """A source with all that its questions depend on."""

    source: Source
    pod: Pod
    facts: Facts
    selected: Selected
    options: Options

    def ask(self, model: str, target: Target, protocol: str, host: str, ip_family: str, **more: t.Any) -> Asked:
        """One question of this source; C(skip) in C(more) says why it is never sent."""
        probe = Probe(
            id=0,
            source=self.source.id,
            target=target.id,
            model=model,
            protocol=protocol,
            family=ip_family,
            host=host,
            timeout_ms=self.options.timeout_ms,
            **more,
        )
        return target, probe

    def application(self, detected: str) -> str:
        """The protocol to speak to a port, or an empty string where the user wants none that fits."""
        if detected in self.options.protocols:
            return detected
        return "tcp" if "tcp" in self.options.protocols else ""

    def families(self, addresses: t.Iterable[str]) -> list[tuple[str, str]]:
        """Addresses with their family, where this source speaks it and the user wants it."""
        own = {family(address) for address in self.source.addresses}
        pairs = [(address, family(address)) for address in addresses]
        return [pair for pair in pairs if pair[1] in own and pair[1] in self.options.families]


Asked = tuple[Target, Probe]


def container_to_container(asker: Asker) -> t.Iterator[Asked]:
    """Containers of one Pod share address and port space: each asks the ports of the others over loopback."""
    own = asker.families(asker.pod.ips[:1])
    for _address, ip_family in own:
        loopback = "127.0.0.1" if ip_family == "IPv4" else "::1"
        for container in asker.pod.containers:
            if container.name != asker.source.container:
                for target, protocol, path in _ports(asker, asker.pod, container):
                    yield asker.ask(
                        "container_to_container",
                        target,
                        protocol,
                        loopback,
                        ip_family,
                        port=target.port,
                        path=path,
                        via="loopback",
                    )


def pod_to_pod_same_node(asker: Asker) -> t.Iterator[Asked]:
    """Every other Pod on the source's node, by address."""
    yield from _pod_to_pod(asker, "pod_to_pod_same_node", same_node=True)


def pod_to_pod_cross_node(asker: Asker) -> t.Iterator[Asked]:
    """Every Pod on another node, by address."""
    yield from _pod_to_pod(asker, "pod_to_pod_cross_node", same_node=False)


def _pod_to_pod(asker: Asker, model: str, same_node: bool) -> t.Iterator[Asked]:
    for pod in asker.selected.pods:
        if pod.id == asker.pod.id or (pod.node == asker.pod.node) is not same_node:
            continue
        for address, ip_family in asker.families(pod.ips):
            if "icmp" in asker.options.protocols:
                whole = Target(f"pod/{pod.id}", "pod", pod.name, pod.namespace, node=pod.node)
                yield asker.ask(model, whole, "icmp", address, ip_family)
            for container in pod.containers:
                for target, protocol, path in _ports(asker, pod, container):
                    yield asker.ask(model, target, protocol, address, ip_family, port=target.port, path=path)


def _ports(asker: Asker, pod: Pod, container: Container) -> t.Iterator[tuple[Target, str, str]]:
    for port in container.ports:
        protocol = asker.application(detect(container, port.name, port.port))
        if port.protocol == "TCP" and protocol:
            name = f"pod/{pod.id}:{port.port}"
            target = Target(name, "pod", pod.name, pod.namespace, port.port, port.name, pod.node)
            yield target, protocol, _path(container, port.name, port.port, protocol)


def pod_to_service(asker: Asker) -> t.Iterator[Asked]:
    """Every ClusterIP Service: DNS by short name and FQDN, then each port by short name, FQDN and address."""
    model = "pod_to_service"
    for service in asker.selected.services:
        qualified = f"{service.name}.{service.namespace}"
        names = (
            ("short name", service.name if service.namespace == asker.pod.namespace else qualified),
            ("fqdn", f"{qualified}.svc.{asker.options.cluster_domain}."),
        )
        whole = Target(f"svc/{service.id}", "service", service.name, service.namespace)
        for address, ip_family in asker.families(service.cluster_ips):
            if "dns" in asker.options.protocols:
                for via, name in names:
                    yield asker.ask(model, whole, "dns", name, ip_family, via=via, answers=(address,))
            if "icmp" in asker.options.protocols:
                skip = "a ClusterIP is no host: kube-proxy forwards the Service's ports, nothing answers ICMP"
                yield asker.ask(model, whole, "icmp", address, ip_family, skip=skip)
            for target, protocol, path in _service_ports(asker, service):
                for via, host in (*names, ("address", address)):
                    yield asker.ask(model, target, protocol, host, ip_family, port=target.port, path=path, via=via)


def pod_to_nodeport(asker: Asker) -> t.Iterator[Asked]:
    """Every node port of every Service on every node, and the nodes' addresses by ICMP."""
    model = "pod_to_nodeport"
    open_ports = [service for service in asker.selected.services if any(port.node_port for port in service.ports)]
    if not open_ports:
        return
    for node in asker.selected.nodes or asker.facts.snapshot.nodes:
        for address, ip_family in asker.families(node.internal_ips):
            if "icmp" in asker.options.protocols:
                whole = Target(f"node/{node.name}", "node", node.name, node=node.name)
                yield asker.ask(model, whole, "icmp", address, ip_family)
            for service in open_ports:
                if ip_family not in map(family, service.cluster_ips):
                    continue
                for behind, protocol, path in _service_ports(asker, service, node_ports=True):
                    target = Target(
                        f"node/{node.name}:{behind.port}",
                        "node",
                        node.name,
                        service.namespace,
                        behind.port,
                        f"{service.name} {behind.port_name}".strip(),
                        node.name,
                    )
                    yield asker.ask(model, target, protocol, address, ip_family, port=behind.port, path=path)


def _service_ports(asker: Asker, service: Service, node_ports: bool = False) -> t.Iterator[tuple[Target, str, str]]:
    for port in service.ports:
        number = port.node_port if node_ports else port.port
        if port.protocol != "TCP" or not number:
            continue
        behind = asker.facts.backing_port(service, port)
        detected = detect(None, port.name, port.port, port.app_protocol)
        if detected == "tcp" and behind:
            detected = detect(behind[0], behind[1].name, behind[1].port)
        protocol = asker.application(detected)
        if protocol:
            container, name, inner = (behind[0], behind[1].name, behind[1].port) if behind else (None, "", 0)
            path = _path(container, name, inner, protocol)
            word = f"svc/{service.id}:{number}"
            yield Target(word, "service", service.name, service.namespace, number, port.name), protocol, path


def hosts(asker: Asker) -> t.Iterator[Asked]:
    """Addresses and names of the user's own; the model follows from who has the address."""
    for host in asker.selected.hosts:
        owner = asker.facts.owners.get(host.host)
        model, ip_families = "pod_to_internet", [family(address) for address in asker.source.addresses]
        if ":" in host.host or host.host.replace(".", "").isdigit():
            ip_families = [family(host.host)]
        if isinstance(owner, Pod):
            model = "pod_to_pod_same_node" if owner.node == asker.pod.node else "pod_to_pod_cross_node"
        elif isinstance(owner, Service):
            model = "pod_to_service"
        elif owner is not None:
            model = "pod_to_nodeport"
        target = _host_target(host)
        for ip_family in ip_families:
            if ip_family in asker.options.families:
                via = "address" if ip_families == [family(host.host)] else "name"
                protocol = host.protocol or ("tcp" if host.port else "icmp")
                path = host.path if protocol in ("http", "https") else ""
                yield asker.ask(model, target, protocol, host.host, ip_family, port=host.port, path=path, via=via)


def _host_target(host: Host) -> Target:
    name = f"[{host.host}]" if ":" in host.host else host.host
    return Target(f"host/{name}" + (f":{host.port}" if host.port else ""), "host", host.host, port=host.port)


def detect(container: Container | None, name: str, number: int, app_protocol: str = "") -> str:
    """The application protocol of a port: C(appProtocol), the port's name, an httpGet probe on it, else TCP."""
    declared = app_protocol.lower()
    if declared in ("http", "https"):
        return declared
    if not declared:
        for protocol in ("https", "http"):
            if name == protocol or name.startswith(f"{protocol}-") or name.endswith(f"-{protocol}"):
                return protocol
        if container and (name in container.http_paths or str(number) in container.http_paths):
            return "https" if {name, str(number)} & set(container.https_ports) else "http"
    return "tcp"


def _path(container: Container | None, name: str, number: int, protocol: str) -> str:
    if protocol not in ("http", "https"):
        return ""
    paths = container.http_paths if container else {}
    path = paths.get(name) or paths.get(str(number)) or "/"
    # The API takes any text as the path of an httpGet probe; the kubelet escapes it, too.
    return "/" + urllib.parse.quote(path.lstrip("/"), safe="/~!$&'()*+,;=:@%?")


MODELS: dict[str, t.Callable[[Asker], t.Iterator[Asked]]] = {
    "container_to_container": container_to_container,
    "pod_to_pod_same_node": pod_to_pod_same_node,
    "pod_to_pod_cross_node": pod_to_pod_cross_node,
    "pod_to_service": pod_to_service,
    "pod_to_nodeport": pod_to_nodeport,
}
