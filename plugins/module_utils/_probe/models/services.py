# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Models that end at a Service's own address or name."""

from __future__ import annotations

import math
import typing as t

from ... import _words
from ..._snapshot import node_kinds
from ..._snapshot.facts import family
from ..._snapshot.model import Balancer, Endpoint, Node, Service
from ..._snapshot.service_routing import Backend, families_of
from ..questions import About, Question
from ..types import Target
from . import ports
from .context import ProbeContext

#: Why a ClusterIP is not asked by ICMP, as C(service_proxy.Proxy.pings) has it; nothing where it is asked.
_NO_HOST = {
    "no": "a ClusterIP is no host: kube-proxy forwards the Service's ports, nothing answers ICMP",
    "unknown": "a ClusterIP is no host: whether it answers ICMP depends on what implements Services",
    "maybe": "",
}
#: A hairpin is asked so often that the chance of never meeting oneself is below this.
_NEVER_MET = 0.001
_MOST_TRIES = 100


def pod_to_service(context: ProbeContext) -> t.Iterator[Question]:
    """Every Service with an address: DNS by each form of its name; each port by short name, absolute name and address.

    The forms between differ in nothing but what DNS makes of them, which cells of their own say. An alias
    (ExternalName) has names alone.
    """
    yield from _to_services(context, "pod_to_service", _names)
    for service in context.selected.services if context.knows_services else ():
        if service.type == "ExternalName":
            yield from _to_alias(context, service)


def node_to_service(context: ProbeContext) -> t.Iterator[Question]:
    """Every Service by address: a node does not ask the cluster's DNS."""
    yield from _to_services(context, "node_to_service", lambda *_service: ())


def _to_services(
    context: ProbeContext, model: str, names_of: t.Callable[[ProbeContext, Service], t.Sequence[tuple[str, str]]]
) -> t.Iterator[Question]:
    for service in context.selected.services:
        names = names_of(context, service)
        whole, about, targets = context.once(("targets of Service", service.id), lambda: _targets(context, service))  # noqa: B023
        for address, ip_family in context.families(service.cluster_ips):
            if context.wants("dns"):
                for via, name in names:
                    yield context.ask(model, whole, about, "dns", name, ip_family, via=via, answers=(address,))
            if context.wants("icmp"):
                skip = _NO_HOST[context.facts.proxy.pings]
                yield context.ask(model, whole, about, "icmp", address, ip_family, skip=skip)
            for behind, asked, port in targets:
                by_name = (names[0], names[-1]) if names and not port.by_name else ()
                for via, host in (*by_name, ("address", address)):
                    question = port.question(context, host)
                    yield context.ask(model, behind, asked, port.protocol, ip_family=ip_family, via=via, **question)


def _to_alias(context: ProbeContext, service: Service) -> t.Iterator[Question]:
    whole, about = _whole(service), About(service=service)
    for ip_family in context.own_families()[:1]:  # whether the other name has more than one is not the cluster's matter
        for via, name in _names(context, service)[-1:]:
            if context.wants("dns"):
                yield context.ask("pod_to_service", whole, about, "dns", name, ip_family, via=via)
            for port in ports.of_service(context, service):
                if not port.by_name:
                    question = port.question(context, name)
                    yield context.ask(
                        "pod_to_service", *_at(service, port), port.protocol, ip_family=ip_family, via=via, **question
                    )


def _names(context: ProbeContext, service: Service) -> tuple[tuple[str, str], ...]:
    """The forms of a Service's name that a Pod can use; the bare one only works in the Service's own namespace."""
    if not context.knows_services:
        return ()
    qualified = f"{service.name}.{service.namespace}"
    full = f"{qualified}.svc.{context.cluster_domain}"
    short = (("short name", service.name),) if service.namespace == context.source.namespace else ()
    return (*short, ("name.namespace", qualified), ("fqdn", full), ("fqdn.", f"{full}."))


def pod_to_self_service(context: ProbeContext) -> t.Iterator[Question]:
    """The Services that the Pod itself is an endpoint of, so often that one try has met itself."""
    pod = context.pod
    if pod is None:
        return
    for service in context.selected.services:
        for address, ip_family in context.families(service.cluster_ips):
            for declared in service.ports:
                ready = context.facts.endpoints(service, declared, ip_family)
                if not any(_is(endpoint, service, pod.id) for endpoint in ready):
                    continue
                port = next((port for port in ports.of_service(context, service) if port.declared == declared), None)
                if port and port.transport == "TCP" and context.wants("tcp"):
                    yield context.ask(
                        "pod_to_self_service",
                        *_at(service, port),
                        "tcp",
                        address,
                        ip_family,
                        port=port.number,
                        tries=_tries(len(ready)),
                        every_try=True,
                    )


def _tries(endpoints: int) -> int:
    """How often one of so many endpoints has to be drawn until it most probably was."""
    if endpoints == 1:
        return 1
    return min(_MOST_TRIES, math.ceil(math.log(_NEVER_MET) / math.log(1 - 1 / endpoints)))


def _is(endpoint: Endpoint, service: Service, pod: str) -> bool:
    return f"{service.namespace}/{endpoint.pod}" == pod


def pod_to_headless(context: ProbeContext) -> t.Iterator[Question]:
    """A headless Service has no address: DNS must give exactly those of its endpoints, then each one is asked."""
    model = "pod_to_headless"
    for service in context.selected.services:
        if not service.headless:
            continue
        whole, about = _whole(service), About(service=service)
        full = f"{service.name}.{service.namespace}.svc.{context.cluster_domain}."
        for ip_family in context.own_families():
            # Of another family there may be endpoints that somebody else made, and DNS has no names for them.
            found = (
                context.facts.published(service, ip_family)
                if ip_family in (families_of(service) or _words.FAMILIES)
                else []
            )
            if context.wants("dns") and context.knows_services and found:
                answers = tuple(sorted({address for endpoint in found for address in endpoint.addresses}))
                yield context.ask(model, whole, about, "dns", full, ip_family, via="fqdn.", answers=answers)
            for port in ports.of_service(context, service):
                if not port.by_name and found:
                    yield from _untranslated(context, service, port, full, ip_family)
                    for backend in _published(context, service, port, ip_family):
                        yield from _each(context, service, port, backend, full, ip_family)


def _published(context: ProbeContext, service: Service, port: ports.Port, ip_family: str) -> list[Backend]:
    """The endpoints of a port of a headless Service, each at the port of its own slice, in the order of addresses."""
    there = context.facts.backends(service, port.declared, ip_family) if port.declared else []
    return sorted((each for each in there if each.endpoint.ready), key=lambda each: each.address)


def _untranslated(
    context: ProbeContext, service: Service, port: ports.Port, full: str, ip_family: str
) -> t.Iterator[Question]:
    """The port that a headless Service declares, at its name, as its clients ask it: nothing translates that port."""
    there = _published(context, service, port, ip_family)
    if there and context.wants("dns") and context.knows_services:
        question = port.question(context, full)
        yield context.ask(
            "pod_to_headless", *_at(service, port), port.protocol, ip_family=ip_family, via="fqdn.", **question
        )


def _each(
    context: ProbeContext, service: Service, port: ports.Port, backend: Backend, full: str, ip_family: str
) -> t.Iterator[Question]:
    """One endpoint by its address, and by its own name where it has one (a StatefulSet's Pods do)."""
    endpoint, inner = backend.endpoint, backend.port
    own = [("address", endpoint.addresses[0])]
    if endpoint.hostname and context.wants("dns") and context.knows_services:
        own.append(("name", f"{endpoint.hostname}.{full}"))
    name = endpoint.pod or endpoint.addresses[0]
    behind = Target(
        f"endpoint/{service.id}/{name}:{inner}",
        "service",
        service.name,
        service.namespace,
        port.number,
        name,
        endpoint.node,
    )
    about = About(service=service, port=port.declared, endpoint=endpoint)
    for via, host in own:
        yield context.ask(
            "pod_to_headless",
            behind,
            about,
            port.protocol,
            host,
            ip_family,
            port=inner,
            path=port.path,
            via=via,
            endpoint=endpoint.addresses[0],
        )


def pod_to_loadbalancer(context: ProbeContext) -> t.Iterator[Question]:
    """Every address that a load balancer gave a Service, at the Service's own ports."""
    yield from _to_balancers(context, "pod_to_loadbalancer")


def outside_to_loadbalancer(context: ProbeContext) -> t.Iterator[Question]:
    """The same from outside the cluster."""
    yield from _to_balancers(context, "outside_to_loadbalancer")


def _to_balancers(context: ProbeContext, model: str) -> t.Iterator[Question]:
    for service in context.selected.services:
        for balancer in (*service.balancers, *(Balancer(address) for address in service.external_ips)):
            host = balancer.ip or balancer.hostname
            pairs = context.families([host]) if balancer.ip else _by_name(context, service, host)
            via = "address" if balancer.ip else "name"
            whole = Target(f"lb/{service.id}", "service", service.name, service.namespace, port_name="load balancer")
            for address, ip_family in pairs:
                if context.wants("icmp"):
                    about = About(service=service, balancer=balancer)
                    yield context.ask(model, whole, about, "icmp", address, ip_family, via=via)
                for port in ports.of_service(context, service):
                    if not port.by_name or balancer.ip:
                        yield _at_balancer(context, model, service, balancer, port, address, ip_family)


def _by_name(context: ProbeContext, service: Service, host: str) -> list[tuple[str, str]]:
    """The name of a load balancer in the families of its Service."""
    return [(host, each) for each in families_of(service) if each in context.own_families()]


def _at_balancer(
    context: ProbeContext,
    model: str,
    service: Service,
    balancer: Balancer,
    port: ports.Port,
    address: str,
    ip_family: str,
) -> Question:
    behind = Target(
        f"lb/{service.id}{port.suffix}",
        "service",
        service.name,
        service.namespace,
        port.number,
        f"{port.name} load balancer".strip(),
    )
    return context.ask(
        model,
        behind,
        About(service=service, port=port.declared, balancer=balancer),
        port.protocol,
        ip_family=ip_family,
        via="address" if balancer.ip else "name",
        **port.question(context, address),
    )


def pod_to_nodeport(context: ProbeContext) -> t.Iterator[Question]:
    """Every node port of every Service on every node, and the nodes' addresses by ICMP."""
    yield from _to_nodeports(context, "pod_to_nodeport")


def outside_to_nodeport(context: ProbeContext) -> t.Iterator[Question]:
    """The same from outside the cluster."""
    yield from _to_nodeports(context, "outside_to_nodeport")


def _to_nodeports(context: ProbeContext, model: str) -> t.Iterator[Question]:
    open_ports = [service for service in context.selected.services if any(port.node_port for port in service.ports)]
    if not open_ports:
        return
    for name, node, addresses in _nodes(context):
        for address, ip_family in context.families(addresses):
            if context.wants("icmp"):
                whole = Target(f"node/{name}", "node", name, node=name)
                yield context.ask(model, whole, About(node=node), "icmp", address, ip_family)
            for service in open_ports:
                if ip_family not in map(family, service.cluster_ips):
                    continue
                for port in ports.of_service(context, service, node_ports=True):
                    behind = Target(
                        f"node/{name}{port.suffix}",
                        "node",
                        name,
                        service.namespace,
                        port.number,
                        f"{service.name} {port.name}".strip(),
                        name,
                    )
                    question = port.question(context, address)
                    about = About(service=service, port=port.declared, node=node)
                    yield context.ask(model, behind, about, port.protocol, ip_family=ip_family, **question)


def _nodes(context: ProbeContext) -> t.Iterator[tuple[str, Node | None, tuple[str, ...]]]:
    """The chosen nodes with their addresses; all of them where none is, of which their Pods may know alone."""
    for node in context.selected.nodes:
        yield node.name, node, node.internal_ips
    if not context.selected.nodes:
        for name, addresses in context.facts.node_addresses.items():
            known = context.facts.nodes.get(name)
            if known is None or not node_kinds.unfit(known):
                yield name, known, addresses


def _whole(service: Service) -> Target:
    return Target(f"svc/{service.id}", "service", service.name, service.namespace)


def _targets(context: ProbeContext, service: Service) -> tuple[Target, About, list[tuple[Target, About, ports.Port]]]:
    """A Service as a target, and each of its ports."""
    there = [(*_at(service, port), port) for port in ports.of_service(context, service)]
    return _whole(service), About(service=service), there


def _at(service: Service, port: ports.Port) -> tuple[Target, About]:
    """A port of a Service, at the Service's own addresses."""
    word = f"svc/{service.id}{port.suffix}"
    target = Target(word, "service", service.name, service.namespace, port.number, port.name)
    return target, About(service=service, port=port.declared)
