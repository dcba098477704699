# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which endpoints of a Service kube-proxy uses on a node, and which sources it lets in. Pure.

After C(CategorizeEndpoints) of C(pkg/proxy/topology.go) and C(pkg/proxy/serviceport.go): KEP-1669 (terminating
endpoints), KEP-2433 and KEP-4444 (zones), KEP-3015 (PreferSameNode).
"""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from .model import Endpoint, EndpointSlice, Pod, Service, ServicePort

ZONE = "topology.kubernetes.io/zone"
#: A node with this label, whatever its value, gets no traffic of load balancers (well-known labels of Kubernetes).
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"


@dataclasses.dataclass(frozen=True)
class Backend:
    """An endpoint of a Service's port, at the port that its own slice gives."""

    endpoint: Endpoint
    port: int

    @property
    def address(self) -> str:
        """The one that is used; others of an endpoint are not."""
        return self.endpoint.addresses[0]

    @property
    def fading(self) -> bool:
        """Whether it still serves while it terminates."""
        return not self.endpoint.ready and self.endpoint.serving and self.endpoint.terminating


@dataclasses.dataclass(frozen=True)
class Categories:
    """The endpoints of a port as one node sees them.

    Attributes:
        cluster: those of traffic whose policy is Cluster; None where no traffic has it.
        local: those of traffic whose policy is Local; None where no traffic has it.
        reachable: all of these.
        anywhere: whether the Service has an endpoint that some node could use.
        mode: C(PreferSameNode) or C(PreferSameZone) where hints narrow C(cluster).
    """

    cluster: tuple[Backend, ...] | None
    local: tuple[Backend, ...] | None
    reachable: tuple[Backend, ...]
    anywhere: bool
    mode: str = ""


@dataclasses.dataclass(frozen=True)
class Routed:
    """Where a connection to a Service's port goes from one node.

    Attributes:
        backends: one of them gets it; none where it is refused or dropped.
        reason: why these.
        mode: as in C(Categories).
        elsewhere: whether other nodes have an endpoint for it; then kube-proxy drops it here, else it refuses it.
    """

    backends: tuple[Backend, ...]
    reason: str
    mode: str = ""
    elsewhere: bool = False


def backends_of(
    slices: t.Iterable[EndpointSlice], service: Service, port: ServicePort, ip_family: str
) -> list[Backend]:
    """All endpoints of a port in one family, ready or not, each address and port once.

    Slices of one Service may give a named port another number each. While an endpoint moves from one slice to another,
    both have it: the one that is ready counts.
    """
    found: dict[tuple[str, int], Backend] = {}
    for part in slices:
        if part.address_type != ip_family or f"{part.namespace}/{part.service}" != service.id:
            continue
        for number in (each.port for each in part.ports if (each.name, each.protocol) == (port.name, port.protocol)):
            for endpoint in part.endpoints:
                if endpoint.addresses:
                    known = found.get((endpoint.addresses[0], number))
                    if known is None or (endpoint.ready and not known.endpoint.ready):
                        found[endpoint.addresses[0], number] = Backend(endpoint, number)
    return list(found.values())


def port_in_pod(pod: Pod, port: ServicePort) -> int:
    """The number that a Service's port has in a Pod; 0 where the Pod has no port of that name.

    As the endpoints controller finds it (FindPort in pkg/api/v1/pod/util.go): a name counts with its protocol alone.
    """
    if not port.target_port:
        return port.port
    if port.target_port.isdecimal():
        return int(port.target_port)
    named = (one for container in pod.containers for one in container.ports if one.name == port.target_port)
    return next((one.port for one in named if one.protocol == port.protocol), 0)


def externally_accessible(service: Service, port: ServicePort, ip_family: str) -> bool:
    """Whether a port can be reached otherwise than by its ClusterIP, as kube-proxy of one family sees it."""
    vips = [each.ip for each in service.balancers if each.ip and each.ip_mode == "VIP"]
    return bool(port.node_port) or any((":" in ip) == (ip_family == "IPv6") for ip in (*vips, *service.external_ips))


def categorize(
    backends: t.Sequence[Backend],
    node: str,
    zone: str,
    internal_local: bool = False,
    external_local: bool = False,
    external: bool = False,
) -> Categories:
    """Sort the endpoints of a port for one node.

    Args:
        backends: all of them.
        node: its name.
        zone: its label C(topology.kubernetes.io/zone); may be empty.
        internal_local: whether C(internalTrafficPolicy) is Local.
        external_local: whether C(externalTrafficPolicy) is Local.
        external: whether the port is externally accessible.
    """
    uses_local = internal_local or (external_local and external)
    cluster, mode = None, ""
    anywhere = False
    if not internal_local or external:
        # Also where both policies are Local: Pods reach external addresses by a short cut to any endpoint.
        mode = _mode(backends, node, zone)
        ready = tuple(each for each in backends if each.endpoint.ready and _fits(each.endpoint, mode, node, zone))
        cluster = ready or tuple(each for each in backends if each.fading)
        anywhere = bool(cluster)
    if not uses_local:
        return Categories(cluster, None, cluster or (), anywhere, mode)
    anywhere = anywhere or any(each.endpoint.ready or each.fading for each in backends)
    here = [each for each in backends if each.endpoint.node == node]
    local = tuple(each for each in here if each.endpoint.ready) or tuple(each for each in here if each.fading)
    return Categories(cluster, local, tuple(dict.fromkeys((*(cluster or ()), *local))), anywhere, mode)


def _mode(backends: t.Iterable[Backend], node: str, zone: str) -> str:
    """Which hints count: those that each ready endpoint has, if one of them names this node or zone."""
    ready = [each.endpoint for each in backends if each.endpoint.ready]
    if ready and all(each.for_nodes for each in ready) and any(node in each.for_nodes for each in ready):
        return "PreferSameNode"
    if ready and all(each.for_zones for each in ready) and any(zone in each.for_zones for each in ready):
        return "PreferSameZone"
    return ""


def _fits(endpoint: Endpoint, mode: str, node: str, zone: str) -> bool:
    if mode == "PreferSameNode":
        return node in endpoint.for_nodes
    return not mode or zone in endpoint.for_zones


def route(
    backends: t.Sequence[Backend],
    service: Service,
    port: ServicePort,
    ip_family: str,
    node: str,
    zone: str,
    from_outside: bool = False,
) -> Routed:
    """Say which endpoints a connection can meet that kube-proxy of one node handles.

    Args:
        backends: all of the port in that family.
        service: the Service.
        port: its port.
        ip_family: of the connection.
        node: whose kube-proxy handles it: that of the source, or the one whose node port is asked from elsewhere.
        zone: of that node; empty where it has none.
        from_outside: whether C(externalTrafficPolicy) decides: the connection is to a node port, a load balancer's or
            an external address, and its source is no Pod of this node and not the node itself.
    """
    external = externally_accessible(service, port, ip_family)
    internal_local, external_local = (
        policy == "Local" for policy in (service.internal_traffic_policy, service.external_traffic_policy)
    )
    found = categorize(backends, node, zone, internal_local, external_local, external)
    to_external = external and from_outside
    local = external_local if to_external else internal_local and not from_outside
    chosen = (found.local if local else found.cluster) or ()
    return Routed(
        chosen,
        _reason(chosen, local, found.mode, node, zone, "external" if to_external else "internal"),
        "" if local else found.mode,
        found.anywhere and not chosen,
    )


def _reason(chosen: t.Sequence[Backend], local: bool, mode: str, node: str, zone: str, policy: str) -> str:
    count = len(chosen)
    noun = "endpoint" if count == 1 else "endpoints"
    state = "terminating" if chosen and chosen[0].fading else "ready"
    said = f"{count or 'no'} {state} {noun}"
    if local:
        return f"{said} on node {node} ({policy}TrafficPolicy: Local)"
    if state == "terminating":
        return f"{said} that still {'serves' if count == 1 else 'serve'}, since none is ready"
    if mode == "PreferSameNode":
        return f"{said} for node {node} by the hints of its EndpointSlices"
    if mode == "PreferSameZone":
        return f"{said} for zone {zone} by the hints of its EndpointSlices"
    return said


def admits(service: Service, address: str) -> str:
    """Why kube-proxy does not let a source use the load balancer's addresses of a Service; empty where it does.

    Only the ranges of the source's family count: where there is none, every source of that family is let in.
    """
    source = ipaddress.ip_address(address)
    ranges = [ipaddress.ip_network(text, strict=False) for text in service.load_balancer_source_ranges]
    own = [network for network in ranges if network.version == source.version]
    if not own or any(source in network for network in own):
        return ""
    named = ", ".join(map(str, own[:3])) + (f" and {len(own) - 3} more" if len(own) > 3 else "")
    return f"loadBalancerSourceRanges of Service {service.id} ({named}) leave {address} out"


def families_of(service: Service) -> tuple[str, ...]:
    """The families of a Service: C(ipFamilies), or those of its addresses where a recording has no such field."""
    if service.ip_families:
        return service.ip_families
    return tuple(dict.fromkeys("IPv6" if ":" in address else "IPv4" for address in service.cluster_ips))
