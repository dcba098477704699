# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the objects of a snapshot mean: who stands behind a Service, which policies touch a Pod, who has an address."""

from __future__ import annotations

import collections
import dataclasses
import functools
import typing as t

from . import check, mesh, relying, service_proxy, service_routing
from .cluster_policies import ClusterIndex
from .cluster_policy_rules import Cluster
from .entries import Entries, EntryPoint, survey
from .kinds import ADDONS, KINDS
from .mesh import Mesh
from .model import (
    Beyond,
    Container,
    ContainerPort,
    Endpoint,
    EndpointSlice,
    NetworkPolicy,
    Node,
    Pod,
    Service,
    ServicePort,
    Snapshot,
)
from .policy_foreign import ForeignIndex
from .policy_rules import PolicyDecision, PolicyIndex, Spaces
from .selections import Selections
from .service_routing import Backend, Routed

#: The resources of policies, whether they are evaluated or not.
_POLICIES = {kind.resource for kind in (*KINDS, *ADDONS) if "policies" in kind.field}


def family(address: str) -> str:
    """C(IPv6) for an address with a colon, else C(IPv4)."""
    return "IPv6" if ":" in address else "IPv4"


@functools.lru_cache(maxsize=65536)
def of_family(addresses: tuple[str, ...], ip_family: str) -> tuple[str, ...]:
    """Those of some addresses that are of one family."""
    return tuple(address for address in addresses if family(address) == ip_family)


def is_address(host: str) -> bool:
    """Tell an address of either family from a name."""
    return check.is_ip(host)


@dataclasses.dataclass
class Facts:
    """A snapshot with its indexes; each is made when it is first asked for."""

    snapshot: Snapshot
    #: what C(policies) has worked out: ends, protocol and port -> what they say of it
    decisions: dict[tuple[t.Any, ...], PolicyDecision] = dataclasses.field(default_factory=dict, repr=False)
    #: and whether any policy may select an end in a direction, by its Pod, its node and the direction
    untouched: dict[tuple[str, str, str], bool] = dataclasses.field(default_factory=dict, repr=False)

    @functools.cached_property
    def plain(self) -> dict[str, t.Any]:
        """The snapshot as the file of it holds it."""
        return self.snapshot.to_dict()

    @functools.cached_property
    def _beyond(self) -> Beyond:
        return self.snapshot.beyond or Beyond()

    @functools.cached_property
    def pods(self) -> dict[str, Pod]:
        """Pods by C(namespace/name), with those of other namespaces that a verdict needs."""
        return {pod.id: pod for pod in (*self._beyond.pods, *self.snapshot.dns_pods, *self.snapshot.pods)}

    @functools.cached_property
    def pods_by_node(self) -> dict[str, list[Pod]]:
        """Pods with a network of their own that have not ended, by the node that they run on."""
        found: dict[str, list[Pod]] = {}
        for pod in self.pods.values():
            if not pod.host_network and not pod.finished:
                found.setdefault(pod.node, []).append(pod)
        return found

    @functools.cached_property
    def services(self) -> dict[str, Service]:
        """Services by C(namespace/name), with those of other namespaces that a verdict needs."""
        return {service.id: service for service in (*self._beyond.services, *self.snapshot.services)}

    @functools.cached_property
    def nodes(self) -> dict[str, Node]:
        """Nodes by name."""
        return {node.name: node for node in self.snapshot.nodes}

    @functools.cached_property
    def proxy(self) -> service_proxy.Proxy:
        """What implements Services on the nodes."""
        return service_proxy.proxy(self.snapshot)

    @functools.cached_property
    def api_addresses(self) -> frozenset[str]:
        """The addresses of the API server: of its Service, and of each instance."""
        return frozenset((*self.snapshot.api_addresses, *(each.address for each in self.snapshot.api_endpoints)))

    @functools.cached_property
    def node_addresses(self) -> dict[str, tuple[str, ...]]:
        """The internal addresses of nodes by name; where nodes could not be listed, as their Pods know them."""
        if self.snapshot.nodes:
            return {node.name: node.internal_ips for node in self.snapshot.nodes}
        return {pod.node: pod.host_ips for pod in self.snapshot.pods if pod.node and pod.host_ips}

    @functools.cached_property
    def nodes_by_family(self) -> collections.Counter[str]:
        """How many nodes have an internal address of a family."""
        return collections.Counter(each for ips in self.node_addresses.values() for each in set(map(family, ips)))

    @functools.cached_property
    def owners(self) -> dict[str, Pod | Service | Node]:
        """Who has an address: Pods of their own network, Services, Nodes."""
        found: dict[str, Pod | Service | Node] = {}
        for pod in self.pods.values():
            if not pod.host_network and not pod.finished:
                found.update(dict.fromkeys(pod.ips, pod))
        for service in self.services.values():
            found.update(dict.fromkeys(service.cluster_ips, service))
        for node in self.snapshot.nodes:
            found.update(dict.fromkeys((*node.internal_ips, *node.external_ips), node))
        return found

    @functools.cached_property
    def _slices(self) -> dict[str, list[EndpointSlice]]:
        found: dict[str, list[EndpointSlice]] = {}
        known = {part.namespace for part in self.snapshot.endpoint_slices}
        more = (part for part in self._beyond.endpoint_slices if part.namespace not in known)
        for part in (*self.snapshot.endpoint_slices, *more):
            found.setdefault(f"{part.namespace}/{part.service}", []).append(part)
        return found

    @functools.cached_property
    def _backends(self) -> dict[tuple[str, str, str, str], list[Backend]]:
        return {}

    def backends(self, service: Service, port: ServicePort, ip_family: str) -> list[Backend]:
        """All endpoints of a port in one family, ready or not, each at the port that its own slice gives."""
        key = (service.id, port.name, port.protocol, ip_family)
        if key not in self._backends:
            slices = self._slices.get(service.id, ())
            self._backends[key] = service_routing.backends_of(slices, service, port, ip_family)
        return self._backends[key]

    def routed(
        self, service: Service, port: ServicePort, ip_family: str, node: str, from_outside: bool = False
    ) -> Routed:
        """Which of these a connection can meet that kube-proxy on a node handles (C(service_routing.route))."""
        there = self.backends(service, port, ip_family)
        return service_routing.route(there, service, port, ip_family, node, self.zone(node), from_outside)

    @functools.cached_property
    def relying(self) -> relying.Relying:
        """The ports of Services that lead to an address, port and transport."""
        return relying.by_services(self.services, self._slices)

    @functools.cached_property
    def dialled(self) -> dict[tuple[str, int], list[str]]:
        """The Pods that name a headless Service with a port, by both."""
        found: dict[tuple[str, int], list[str]] = {}
        for each in self.snapshot.references:
            found.setdefault((each.service, each.port), []).append(each.pod)
        return found

    def zone(self, node: str) -> str:
        """The zone of a node; empty where it has none or is not known."""
        found = self.nodes.get(node)
        return found.labels.get(service_routing.ZONE, "") if found else ""

    def is_excluded(self, node: str) -> bool:
        """Whether a label keeps load balancers from using a node."""
        return node in self.nodes and service_routing.EXCLUDED in self.nodes[node].labels

    @functools.cached_property
    def node_of_zone(self) -> dict[str, str]:
        """A node of each zone: one that load balancers may use, if there is any."""
        return {self.zone(name): name for name in sorted(self.node_addresses, key=self.is_excluded, reverse=True)}

    def unread_in(self, resource: str, namespace: str) -> str:
        """Why a resource of one namespace is not all known; empty where it is."""
        if self.snapshot.selected and namespace not in self.snapshot.selected:
            return f"namespace {namespace} was not selected, and not all of it was read"
        return self.snapshot.unread(resource, namespace)

    @functools.cached_property
    def _endpoints(self) -> dict[tuple[str, str, str, str], list[Endpoint]]:
        found: dict[tuple[str, str, str, str], list[Endpoint]] = {}
        for service, slices in self._slices.items():
            for part in slices:
                for port in part.ports:
                    found.setdefault((service, port.name, port.protocol, part.address_type), []).extend(part.endpoints)
        return found

    def endpoints(self, service: Service, port: ServicePort, ip_family: str, ready: bool = True) -> list[Endpoint]:
        """Endpoints of one port of a Service in one family; C(ready) leaves those out that get no traffic."""
        found = self._endpoints.get((service.id, port.name, port.protocol, ip_family), [])
        return [endpoint for endpoint in found if endpoint.ready] if ready else list(found)

    def published(self, service: Service, ip_family: str) -> list[Endpoint]:
        """The endpoints that DNS gives for a headless Service, each once: those that are ready.

        With C(publishNotReadyAddresses), the API says of all endpoints that they are (EndpointConditions, ready).
        """
        found: dict[str, Endpoint] = {}
        for part in self._slices.get(service.id, ()):
            if part.address_type == ip_family:
                found.update((each.addresses[0], each) for each in part.endpoints if each.ready and each.addresses)
        return [found[address] for address in sorted(found)]

    def slice_ports(self, service: Service, ip_family: str) -> list[str]:
        """The ports that the EndpointSlices of a Service have in one family, each as C(NAME NUMBER/PROTOCOL)."""
        parts = (part for part in self._slices.get(service.id, ()) if part.address_type == ip_family)
        found = (f"{port.name} {port.port}/{port.protocol}".strip() for part in parts for port in part.ports)
        return list(dict.fromkeys(found))

    def selected_by(self, service: Service) -> list[Pod]:
        """The Pods whose labels match the selector of a Service."""
        return self._selections.pods_of(service)

    def is_placeholder(self, service: Service, port: ServicePort) -> bool:
        """Whether a port of a headless Service, which is there for names, is nobody's: no Pod or client has it."""
        pods = self.selected_by(service) if service.headless else []
        named = (service.id, port.port) in self.dialled or any(relying.names_port(pod, port) for pod in pods)
        return bool(pods) and not named and service.id not in self._behind_entries

    @functools.cached_property
    def _behind_entries(self) -> set[str]:
        return relying.by_entries(self.entries)

    @functools.cached_property
    def ways_in(self) -> Entries:
        """The ways into the cluster by host, and what of them cannot be asked."""
        return survey(self.snapshot, list(self.services.values()))

    @functools.cached_property
    def entries(self) -> list[EntryPoint]:
        """The ways into the cluster by host and path that a GET or a connection can ask."""
        return [*self.ways_in.http, *self.ways_in.others]

    @functools.cached_property
    def entry_paths(self) -> dict[tuple[str, int], set[tuple[str, str]]]:
        """The types and paths of all ways in, by host and port."""
        found: dict[tuple[str, int], set[tuple[str, str]]] = {}
        for entry in self.entries:
            found.setdefault((entry.host, entry.port), set()).add((entry.path.path_type, entry.path.path))
        return found

    def controller(self, entry: EntryPoint) -> tuple[Service, ServicePort] | None:
        """The Service of the controller that serves a way in, None where no Service has its address."""
        found = (self._balanced.get((address, entry.port)) for address in entry.addresses)
        first = min(filter(None, found), key=lambda each: each[0], default=None)
        return first[1:] if first else None

    @functools.cached_property
    def _balanced(self) -> dict[tuple[str, int], tuple[int, Service, ServicePort]]:
        """Ports of Services by the address that they have outside, with the place of the Service in the snapshot."""
        found: dict[tuple[str, int], tuple[int, Service, ServicePort]] = {}
        for place, service in enumerate(self.services.values()):
            for address in service.external_addresses:
                for port in service.ports:
                    found.setdefault((address, port.port), (place, service, port))
        return found

    def mesh(self, pod: Pod) -> Mesh | None:
        """The service mesh that takes a Pod's traffic, if any."""
        if pod.id not in self._meshes:
            labels = self.namespace_labels(pod.namespace)
            unread = self.snapshot.unread("peerauthentications")
            self._meshes[pod.id] = mesh.of_pod(pod, labels, self.snapshot.peer_authentications, unread)
        return self._meshes[pod.id]

    @functools.cached_property
    def _meshes(self) -> dict[str, Mesh | None]:
        return {}

    @property
    def network_policies(self) -> tuple[NetworkPolicy, ...]:
        """The NetworkPolicies, with those of other namespaces that a verdict needs."""
        return (*self.snapshot.network_policies, *self._beyond.network_policies)

    @functools.cached_property
    def policy_index(self) -> PolicyIndex:
        """The NetworkPolicies, by the Pods that they isolate."""
        return PolicyIndex(self.network_policies, self._spaces)

    @functools.cached_property
    def cluster_index(self) -> ClusterIndex:
        """The cluster's own policies, by the Pods that they select."""
        known = Cluster(self._spaces, self.snapshot.nodes, self.snapshot.unread("nodes"))
        return ClusterIndex(self.snapshot.cluster_policies, known)

    @functools.cached_property
    def foreign_index(self) -> ForeignIndex:
        """Policies of kinds that are not evaluated."""
        return ForeignIndex(self.snapshot.foreign_policies, self._spaces)

    def namespace_labels(self, name: str) -> t.Mapping[str, str]:
        """The labels of a namespace, its own name among them; none where it was not read."""
        return self._spaces.labels(name)

    @functools.cached_property
    def _spaces(self) -> Spaces:
        return Spaces(self.snapshot.namespaces)

    @functools.cached_property
    def unread_policies(self) -> str:
        """Why policies of some kind were not read; empty when all were."""
        missing = self.snapshot.missing
        return "; ".join(part.reason for part in missing if part.what.split(".")[0] in _POLICIES)

    @functools.cached_property
    def unread_pods(self) -> str:
        """Why Pods were not read; empty when all were."""
        return self.snapshot.unread("pods")

    def backing_port(self, service: Service, port: ServicePort) -> tuple[Container, ContainerPort] | None:
        """The container port behind a Service's port, by name or by number, in any Pod it selects."""
        key = (service.id, port.target_port)
        if key not in self._backing:
            self._backing[key] = self._find_backing(service, port) if service.selector else None
        return self._backing[key]

    @functools.cached_property
    def _backing(self) -> dict[tuple[str, str], tuple[Container, ContainerPort] | None]:
        return {}

    @functools.cached_property
    def _selections(self) -> Selections:
        return Selections(self.snapshot.pods, ())

    def _find_backing(self, service: Service, port: ServicePort) -> tuple[Container, ContainerPort] | None:
        for pod in self.selected_by(service):
            for container in pod.containers:
                for candidate in container.ports:
                    if port.target_port in (candidate.name, str(candidate.port)):
                        return container, candidate
        return None
