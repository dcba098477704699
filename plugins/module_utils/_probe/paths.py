# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths: which object a probe's traffic goes through and where it can end. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._snapshot.facts import Facts, family, is_address
from .._snapshot.model import Endpoint, Node, Pod, Service, ServicePort
from .._snapshot.policies import Peer
from .models import ingresses
from .types import Probe, Source, Target


@dataclasses.dataclass(frozen=True)
class End:
    """Where traffic can end, after Services and node ports were resolved."""

    peer: Peer
    port: int = 0


@dataclasses.dataclass(frozen=True)
class Case:
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
    ends: tuple[End, ...] = ()  #: any of them may be drawn
    closed: str = ""  #: why the object itself lets nothing through
    defect: str = ""  #: why it will fail although it should not
    silence: str = ""  #: why silence says nothing here
    meets: str = ""  #: what the traffic really meets, where that is not what was asked
    doubt: str = ""  #: why it may have to fail: not all that decides it could be read
    rewritten: bool = False  #: whether a node may put its own address in place of the source's


def find(case: Case) -> Path:
    """The path of one case.probe."""
    if case.probe.model == "container_to_container":
        reason = "containers of one Pod share address and ports"
        return Path(
            f"Pod {case.target.namespace}/{case.target.name}", reason, defect=_pod_defect(case.facts, case.target)
        )
    return _PATHS[case.target.kind](case)


def transport(probe: Probe) -> str:
    """What policies call the protocol of a probe."""
    if probe.protocol in ("udp", "sctp", "icmp"):
        return probe.protocol.upper()
    if probe.protocol == "dns":
        return "TCP" if probe.transport == "tcp" else "UDP"
    return "ICMP" if probe.protocol == "mtu" and not probe.port else "TCP"


def _pod(case: Case) -> Path:
    pod = case.facts.pods.get(f"{case.target.namespace}/{case.target.name}")
    addresses = tuple(each for each in (pod.ips if pod else ()) if family(each) == case.probe.family)
    return Path(
        f"Pod {case.target.namespace}/{case.target.name}",
        "Pods reach each other without NAT (Kubernetes network model)",
        (End(Peer(addresses, pod), case.target.port),),
        defect=_pod_defect(case.facts, case.target),
    )


def _pod_defect(facts: Facts, target: Target) -> str:
    pod = facts.pods.get(f"{target.namespace}/{target.name}")
    if pod is None or pod.ready:
        return ""
    broken = [f"{container.name}: {container.state}" for container in pod.containers if not container.running]
    return f"Pod {pod.id} is not Ready" + (f" ({'; '.join(broken)})" if broken else "")


def _service(case: Case) -> Path:
    service = case.facts.services[f"{case.target.namespace}/{case.target.name}"]
    name = f"Service {service.id}"
    if not case.target.port:
        said = ", ".join(case.probe.answers) or service.external_name
        return Path(name, f"{name} has the address {said}" if case.probe.answers else f"{name} is an alias of {said}")
    if service.type == "ExternalName":
        return Path(name, f"{name} is an alias of {service.external_name}", (End(_outside(case), case.target.port),))
    port = _port(service, case.target.port, case.probe)
    if case.probe.endpoint:
        ready = case.facts.endpoints(service, port, case.probe.family)
        one = [endpoint for endpoint in ready if case.probe.endpoint in endpoint.addresses]
        return Path(
            name, f"{case.probe.endpoint} is an endpoint of {name}", _ends(case.facts, service, port, case.probe, one)
        )
    if case.probe.model.endswith("_to_loadbalancer"):
        return _balancer(case.facts, case.source, service, port, case.probe)
    ready = case.facts.endpoints(service, port, case.probe.family)
    if service.internal_traffic_policy == "Local" and not _unread(case.facts, service):
        local = [endpoint for endpoint in ready if endpoint.node == case.source.node]
        if not local:
            closed = f"{name} has internalTrafficPolicy: Local and no ready endpoint on {case.source.node}"
            return Path(name, closed, closed=closed)
        return _by_endpoints(case.facts, service, port, case.probe, local)
    return _by_endpoints(case.facts, service, port, case.probe, ready)


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


def _node(case: Case) -> Path:
    node = case.facts.nodes.get(case.target.name)
    name = f"Node {case.target.name}"
    defect = "" if node is None or node.ready else f"{name} is NotReady ({node.reason})"
    whole = End(Peer((case.probe.host,), node=case.target.name), case.target.port)
    if not case.target.port:
        return Path(name, f"{case.target.name} is a node of the cluster", (whole,), defect=defect)
    if case.probe.model == "node_to_node":
        silence = (
            "the tunnel never answers a stranger; only a refusal would tell" if case.probe.protocol == "udp" else ""
        )
        return Path(name, f"nodes need {case.target.port_name} of each other", (whole,), defect=defect, silence=silence)
    word = transport(case.probe)
    service, port = next(
        (service, port)
        for service in case.facts.snapshot.services
        for port in service.ports
        if port.node_port == case.target.port and port.protocol == word
    )
    ready = case.facts.endpoints(service, port, case.probe.family)
    there = [endpoint for endpoint in ready if endpoint.node == case.target.name]
    # Traffic of the node's own Pods counts as internal, so the policy spares it (KEP-3866, "externalTrafficPolicy").
    if service.external_traffic_policy == "Local" and case.target.name != case.source.node and ready:
        if not there and not _unread(case.facts, service):
            closed = (
                f"Service {service.id} has externalTrafficPolicy: Local and no ready endpoint on {case.target.name}"
            )
            return Path(f"Service {service.id}", closed, closed=closed)
        return _by_endpoints(case.facts, service, port, case.probe, there)
    path = _by_endpoints(case.facts, service, port, case.probe, ready)
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
        cause = "it has no selector and nobody made endpoints for it"
    return Path(name, f"{where} is there to be used", defect=f"{where} has no ready endpoint: {cause}")


def _unread(facts: Facts, service: Service) -> str:
    """Why the endpoints of a Service are not all known; empty where they are."""
    unread = facts.snapshot.unread("endpointslices", service.namespace)
    return f"which endpoints Service {service.id} has is not known: {unread}" if unread else ""


def _ends(
    facts: Facts, service: Service, port: ServicePort, probe: Probe, endpoints: t.Iterable[Endpoint]
) -> tuple[End, ...]:
    number = facts.endpoint_port(service, port.port, port.protocol, probe.family)
    return tuple(
        End(Peer(endpoint.addresses[:1], facts.pods.get(f"{service.namespace}/{endpoint.pod}")), number)
        for endpoint in endpoints
    )


def _port(service: Service, number: int, probe: Probe) -> ServicePort:
    word = transport(probe)
    found = [port for port in service.ports if port.port == number]
    return next((port for port in found if port.protocol == word), found[0])


def _ingress(case: Case) -> Path:
    entry = ingresses.find(case.facts.entries, case.target.id)
    if entry is None:
        return Path(f"Ingress {case.target.namespace}/{case.target.name}", "it was named as a target")
    backend = f"{entry.path.namespace or entry.namespace}/{entry.path.service}"
    reason = f"{entry.id} serves {case.target.port_name} from Service {backend}"
    behind = _owner_of(case.facts, entry.addresses, entry.port)
    if behind is None:
        return Path(entry.id, reason, (End(Peer(), entry.port),), defect=entry.defect, rewritten=True)
    service, port = behind
    return Path(
        entry.id,
        reason,
        _ends(case.facts, service, port, case.probe, case.facts.endpoints(service, port, case.probe.family)),
        defect=entry.defect,
        rewritten=case.source.kind == "outside",
    )


def _owner_of(facts: Facts, addresses: t.Collection[str], number: int) -> tuple[Service, ServicePort] | None:
    """The Service of the controller that serves at some addresses."""
    for service in facts.snapshot.services:
        if set(addresses) & set(service.external_addresses):
            for port in service.ports:
                if port.port == number:
                    return service, port
    return None


def _apiserver(case: Case) -> Path:
    name = "Service default/kubernetes"
    found = [each for each in case.facts.snapshot.api_endpoints if family(each.address) == case.probe.family]
    if case.target.name != "kubernetes":
        found = [each for each in found if each.address == case.target.name]
    ends = tuple(End(Peer((each.address,)), each.port) for each in found)
    return Path(
        name, "every Pod may ask the API server; 401 and 403 are answers", ends or (End(Peer(), case.target.port),)
    )


def _dns(case: Case) -> Path:
    ends = dns_ends(case.facts, case.probe) if case.probe.dns_server == "@1" else ()
    return Path("resolv.conf", "a Pod may ask the name servers of its resolv.conf", ends or (End(Peer(), 53),))


def dns_ends(facts: Facts, probe: Probe) -> tuple[End, ...]:
    """The Pods behind the cluster's DNS, none where they are not known."""
    pods = [pod for pod in facts.snapshot.dns_pods if pod.ready]
    return tuple(
        End(Peer(tuple(each for each in pod.ips if family(each) == probe.family), pod), _dns_port(pod)) for pod in pods
    )


def _dns_port(pod: Pod) -> int:
    named = [port.port for container in pod.containers for port in container.ports if port.name in ("dns", "dns-tcp")]
    return next(iter(named), 53)


def _host(case: Case) -> Path:
    peer = Peer((case.probe.host,)) if is_address(case.probe.host) else _outside(case)
    owner = case.facts.owners.get(case.probe.host)
    if isinstance(owner, Service):
        port = next((port for port in owner.ports if port.port == case.probe.port), None)
        if port:
            return _by_endpoints(
                case.facts, owner, port, case.probe, case.facts.endpoints(owner, port, case.probe.family)
            )
    if isinstance(owner, Pod):
        peer = Peer((case.probe.host,), owner)
    elif isinstance(owner, Node):
        peer = Peer((case.probe.host,), node=owner.name)
    return Path("the option targets", "it was named as a target", (End(peer, case.probe.port),))


def _outside(case: Case) -> Peer:
    return Peer((case.address,)) if case.address else Peer()


_PATHS: dict[str, t.Callable[[Case], Path]] = {
    "pod": _pod,
    "service": _service,
    "node": _node,
    "ingress": _ingress,
    "apiserver": _apiserver,
    "dns": _dns,
    "host": _host,
}
