# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths: which object a probe's traffic goes through and where it can end. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _words
from .._snapshot.facts import Facts, family, is_address
from .._snapshot.model import Endpoint, Node, Pod, Service, ServicePort
from .._snapshot.policies import Peer
from .models import ingresses
from .types import Probe, Source, Target


@dataclasses.dataclass(frozen=True)
class PathEnd:
    """Where traffic can end, after Services and node ports were resolved."""

    peer: Peer
    port: int = 0


@dataclasses.dataclass(frozen=True)
class Question:
    """A probe with all that decides what must happen to it."""

    facts: Facts
    source: Source
    target: Target
    probe: Probe
    address: str = ""  #: what a name of the outside was resolved to, once that is known


@dataclasses.dataclass(frozen=True)
class Path:
    """What lies between a source and whoever answers it."""

    decided_by: str  #: C(Kind namespace/name)
    reason: str
    ends: tuple[PathEnd, ...] = ()  #: any of them may be drawn
    closed: str = ""  #: why the object itself lets nothing through
    defect: str = ""  #: why it will fail although it should not
    silence: str = ""  #: why silence says nothing here
    meets: str = ""  #: what the traffic really meets, where that is not what was asked
    doubt: str = ""  #: why it may have to fail: not all that decides it could be read
    rewritten: bool = False  #: whether a node may put its own address in place of the source's


def find(question: Question) -> Path:
    """The path of one probe."""
    if question.probe.model == "container_to_container":
        reason = "containers of one Pod share address and ports"
        return Path(
            f"Pod {question.target.namespace}/{question.target.name}",
            reason,
            defect=_pod_defect(question.facts, question.target),
        )
    return _PATHS[question.target.kind](question)


def transport(probe: Probe) -> str:
    """What policies call the protocol of a probe."""
    protocol = _words.PROTOCOLS[probe.protocol]
    over_tcp = probe.transport == "tcp" or (protocol.port == "optional" and probe.port)
    return "TCP" if over_tcp else protocol.transport


def _pod(question: Question) -> Path:
    pod = question.facts.pods.get(f"{question.target.namespace}/{question.target.name}")
    addresses = tuple(each for each in (pod.ips if pod else ()) if family(each) == question.probe.family)
    return Path(
        f"Pod {question.target.namespace}/{question.target.name}",
        "Pods reach each other without NAT (Kubernetes network model)",
        (PathEnd(Peer(addresses, pod), question.target.port),),
        defect=_pod_defect(question.facts, question.target),
    )


def _pod_defect(facts: Facts, target: Target) -> str:
    pod = facts.pods.get(f"{target.namespace}/{target.name}")
    if pod is None or pod.ready:
        return ""
    broken = [f"{container.name}: {container.state}" for container in pod.containers if not container.running]
    return f"Pod {pod.id} is not Ready" + (f" ({'; '.join(broken)})" if broken else "")


def _service(question: Question) -> Path:
    service = question.facts.services[f"{question.target.namespace}/{question.target.name}"]
    name = f"Service {service.id}"
    if not question.target.port:
        said = ", ".join(question.probe.answers) or service.external_name
        return Path(
            name, f"{name} has the address {said}" if question.probe.answers else f"{name} is an alias of {said}"
        )
    if service.type == "ExternalName":
        return Path(
            name, f"{name} is an alias of {service.external_name}", (PathEnd(_outside(question), question.target.port),)
        )
    port = _port(service, question.target.port, question.probe)
    if question.probe.endpoint:
        ready = question.facts.endpoints(service, port, question.probe.family)
        one = [endpoint for endpoint in ready if question.probe.endpoint in endpoint.addresses]
        return Path(
            name,
            f"{question.probe.endpoint} is an endpoint of {name}",
            _ends(question.facts, service, port, question.probe, one),
        )
    if _words.MODELS[question.probe.model].asks == "load_balancer":
        return _balancer(question.facts, question.source, service, port, question.probe)
    ready = question.facts.endpoints(service, port, question.probe.family)
    if service.internal_traffic_policy == "Local" and not _unread(question.facts, service):
        local = [endpoint for endpoint in ready if endpoint.node == question.source.node]
        if not local:
            closed = f"{name} has internalTrafficPolicy: Local and no ready endpoint on {question.source.node}"
            return Path(name, closed, closed=closed)
        return _by_endpoints(question.facts, service, port, question.probe, local)
    return _by_endpoints(question.facts, service, port, question.probe, ready)


def _balancer(facts: Facts, source: Source, service: Service, port: ServicePort, probe: Probe) -> Path:
    """A load balancer's address, which kube-proxy takes itself on each node unless its C(ipMode) is C(Proxy)."""
    path = _by_endpoints(facts, service, port, probe, facts.endpoints(service, port, probe.family))
    if source.kind == "outside":
        return dataclasses.replace(path, rewritten=service.external_traffic_policy == "Cluster")
    mode = next((each.ip_mode for each in service.balancers if each.ip == probe.host), "VIP")
    named = not any(each.ip == probe.host for each in service.balancers) and probe.host not in service.external_ips
    if mode == "Proxy" or named:
        return dataclasses.replace(path, rewritten=True, meets="the load balancer itself (ipMode: Proxy)")
    return dataclasses.replace(path, meets="kube-proxy on the source's node, which short-cuts the load balancer")


def _node(question: Question) -> Path:
    node = question.facts.nodes.get(question.target.name)
    name = f"Node {question.target.name}"
    defect = "" if node is None or node.ready else f"{name} is NotReady ({node.reason})"
    whole = PathEnd(Peer((question.probe.host,), node=question.target.name), question.target.port)
    if not question.target.port:
        return Path(name, f"{question.target.name} is a node of the cluster", (whole,), defect=defect)
    if question.probe.model == "node_to_node":
        silence = (
            "the tunnel does not answer other senders; only a refusal would be an answer"
            if question.probe.protocol == "udp"
            else ""
        )
        return Path(
            name, f"nodes need {question.target.port_name} of each other", (whole,), defect=defect, silence=silence
        )
    word = transport(question.probe)
    service, port = next(
        (service, port)
        for service in question.facts.snapshot.services
        for port in service.ports
        if port.node_port == question.target.port and port.protocol == word
    )
    ready = question.facts.endpoints(service, port, question.probe.family)
    there = [endpoint for endpoint in ready if endpoint.node == question.target.name]
    # Traffic of the node's own Pods counts as internal, so the policy spares it (KEP-3866, "externalTrafficPolicy").
    if service.external_traffic_policy == "Local" and question.target.name != question.source.node and ready:
        if not there and not _unread(question.facts, service):
            closed = (
                f"Service {service.id} has externalTrafficPolicy: Local and no ready endpoint on {question.target.name}"
            )
            return Path(f"Service {service.id}", closed, closed=closed)
        return _by_endpoints(question.facts, service, port, question.probe, there)
    path = _by_endpoints(question.facts, service, port, question.probe, ready)
    return dataclasses.replace(path, defect=path.defect or defect, rewritten=True)


def _by_endpoints(facts: Facts, service: Service, port: ServicePort, probe: Probe, ready: t.Sequence[Endpoint]) -> Path:
    name, where = f"Service {service.id}", f"Service {service.id} port {port.port}"
    if doubt := _unread(facts, service):
        return Path(name, f"{where} is there to be used", _ends(facts, service, port, probe, ready), doubt=doubt)
    if ready:
        count = f"{len(ready)} ready {'endpoint' if len(ready) == 1 else 'endpoints'}"
        affinity = " for each client (sessionAffinity)" if service.session_affinity == "ClientIP" else ""
        return Path(name, f"{where} has {count}{affinity}", _ends(facts, service, port, probe, ready))
    unready = facts.endpoints(service, port, probe.family, ready=False)
    if unready:
        cause = (
            "its only endpoint is not ready" if len(unready) == 1 else f"none of its {len(unready)} endpoints is ready"
        )
    elif service.selector:
        labels = ",".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
        cause = f"no Pod with an {probe.family} address and that port matches its selector {labels}"
    else:
        cause = "it has no selector, and no endpoints were created for it"
    return Path(name, f"{where} is there to be used", defect=f"{where} has no ready endpoint: {cause}")


def _unread(facts: Facts, service: Service) -> str:
    """Why the endpoints of a Service are not all known; empty where they are."""
    unread = facts.snapshot.unread("endpointslices", service.namespace)
    return f"which endpoints Service {service.id} has is not known: {unread}" if unread else ""


def _ends(
    facts: Facts, service: Service, port: ServicePort, probe: Probe, endpoints: t.Iterable[Endpoint]
) -> tuple[PathEnd, ...]:
    number = facts.endpoint_port(service, port.port, port.protocol, probe.family)
    return tuple(
        PathEnd(Peer(endpoint.addresses[:1], facts.pods.get(f"{service.namespace}/{endpoint.pod}")), number)
        for endpoint in endpoints
    )


def _port(service: Service, number: int, probe: Probe) -> ServicePort:
    word = transport(probe)
    found = [port for port in service.ports if port.port == number]
    return next((port for port in found if port.protocol == word), found[0])


def _ingress(question: Question) -> Path:
    entry = ingresses.find(question.facts.entries, question.target.id)
    if entry is None:
        return Path(f"Ingress {question.target.namespace}/{question.target.name}", "it was named as a target")
    backend = f"{entry.path.namespace or entry.namespace}/{entry.path.service}"
    reason = f"{entry.id} serves {question.target.port_name} from Service {backend}"
    behind = _owner_of(question.facts, entry.addresses, entry.port)
    if behind is None:
        return Path(entry.id, reason, (PathEnd(Peer(), entry.port),), defect=entry.defect, rewritten=True)
    service, port = behind
    return Path(
        entry.id,
        reason,
        _ends(
            question.facts,
            service,
            port,
            question.probe,
            question.facts.endpoints(service, port, question.probe.family),
        ),
        defect=entry.defect,
        rewritten=question.source.kind == "outside",
    )


def _owner_of(facts: Facts, addresses: t.Collection[str], number: int) -> tuple[Service, ServicePort] | None:
    """The Service of the controller that serves at some addresses."""
    for service in facts.snapshot.services:
        if set(addresses) & set(service.external_addresses):
            for port in service.ports:
                if port.port == number:
                    return service, port
    return None


def _apiserver(question: Question) -> Path:
    name = "Service default/kubernetes"
    found = [each for each in question.facts.snapshot.api_endpoints if family(each.address) == question.probe.family]
    if question.target.name != "kubernetes":
        found = [each for each in found if each.address == question.target.name]
    ends = tuple(PathEnd(Peer((each.address,)), each.port) for each in found)
    return Path(
        name,
        "every Pod may ask the API server; 401 and 403 are answers",
        ends or (PathEnd(Peer(), question.target.port),),
    )


def _dns(question: Question) -> Path:
    ends = dns_ends(question.facts, question.probe) if question.probe.dns_server == "@1" else ()
    return Path("resolv.conf", "a Pod may ask the name servers of its resolv.conf", ends or (PathEnd(Peer(), 53),))


def dns_ends(facts: Facts, probe: Probe) -> tuple[PathEnd, ...]:
    """The Pods behind the cluster's DNS, none where they are not known."""
    pods = [pod for pod in facts.snapshot.dns_pods if pod.ready]
    return tuple(
        PathEnd(Peer(tuple(each for each in pod.ips if family(each) == probe.family), pod), _dns_port(pod))
        for pod in pods
    )


def _dns_port(pod: Pod) -> int:
    named = [port.port for container in pod.containers for port in container.ports if port.name in ("dns", "dns-tcp")]
    return next(iter(named), 53)


def _host(question: Question) -> Path:
    peer = Peer((question.probe.host,)) if is_address(question.probe.host) else _outside(question)
    owner = question.facts.owners.get(question.probe.host)
    if isinstance(owner, Service):
        port = next((port for port in owner.ports if port.port == question.probe.port), None)
        if port:
            return _by_endpoints(
                question.facts,
                owner,
                port,
                question.probe,
                question.facts.endpoints(owner, port, question.probe.family),
            )
    if isinstance(owner, Pod):
        peer = Peer((question.probe.host,), owner)
    elif isinstance(owner, Node):
        peer = Peer((question.probe.host,), node=owner.name)
    return Path("the option targets", "it was named as a target", (PathEnd(peer, question.probe.port),))


def _outside(question: Question) -> Peer:
    return Peer((question.address,)) if question.address else Peer()


_PATHS: dict[str, t.Callable[[Question], Path]] = {
    "pod": _pod,
    "service": _service,
    "node": _node,
    "ingress": _ingress,
    "apiserver": _apiserver,
    "dns": _dns,
    "host": _host,
}
