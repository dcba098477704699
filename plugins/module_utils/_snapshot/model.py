# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The model of the cluster: what the API says exists, cut down to what traffic depends on.

Field names follow the API's own (https://kubernetes.io/docs/reference/kubernetes-api/), in snake case.
Environment variables and Secrets are never read into it, but for the Services that they name with a port
(C(service_references.py)), and of annotations only those of C(kept_annotations.py).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

from .model_cluster import AntreaConfig, CiliumConfig, FlannelConfig, KubeProxy, ServiceReference
from .model_entries import EntryReference, Gateway, GatewayRoute, Ingress, IngressClass, Route
from .model_workloads import Workloads


@dataclasses.dataclass(frozen=True)
class ContainerPort(Record):
    """C(spec.containers[].ports[])."""

    port: int
    name: str = ""
    protocol: str = "TCP"


@dataclasses.dataclass(frozen=True)
class Container(Record):
    """A container of a Pod, with what its status says."""

    name: str
    image: str = ""
    image_id: str = ""
    ports: tuple[ContainerPort, ...] = ()
    #: Port number or name -> path of its httpGet probe.
    http_paths: dict[str, str] = dataclasses.field(default_factory=dict)
    https_ports: tuple[str, ...] = ()  #: port numbers or names whose httpGet probe has scheme HTTPS
    probe_ports: tuple[str, ...] = ()  #: port numbers or names that its liveness, readiness and startup probes ask
    running: bool = False
    state: str = ""  #: why it is not running, in the words of C(kubectl get pods)
    restart_policy: str = ""  #: C(Always): an init container that keeps running, a native sidecar (KEP-753)
    memory_limit: str = ""  #: C(resources.limits.memory)


@dataclasses.dataclass(frozen=True)
class DnsConfig(Record):
    """C(spec.dnsConfig) of a Pod."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()  #: as in resolv.conf: C(ndots:2), C(use-vc)


@dataclasses.dataclass(frozen=True)
class HostAlias(Record):
    """C(spec.hostAliases[]) of a Pod: a line of its /etc/hosts."""

    ip: str
    hostnames: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Pod(Record):
    """C(v1/Pod)."""

    namespace: str
    name: str
    node: str = ""
    ips: tuple[str, ...] = ()
    host_ips: tuple[str, ...] = ()  #: of its node
    phase: str = ""
    ready: bool = False
    status: str = ""  #: the STATUS column of C(kubectl get pods)
    deleting: bool = False
    host_network: bool = False
    restarts: int = 0
    created: str = ""
    labels: dict[str, str] = dataclasses.field(default_factory=dict)
    owner: str = ""  #: C(Kind/name) of the controller
    default_container: str = ""
    containers: tuple[Container, ...] = ()  #: with native sidecars
    init_containers: tuple[str, ...] = ()  #: names of those that run once
    dns_policy: str = ""  #: empty for C(ClusterFirst)
    dns_config: t.Optional[DnsConfig] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    host_aliases: tuple[HostAlias, ...] = ()
    unmet_readiness_gates: tuple[str, ...] = ()  #: conditions of C(spec.readinessGates) that are not true
    annotations: dict[str, str] = dataclasses.field(default_factory=dict)
    uid: str = ""

    @property
    def id(self) -> str:
        """C(namespace/name)."""
        return f"{self.namespace}/{self.name}"

    @property
    def finished(self) -> bool:
        """Whether all containers have ended for good."""
        return self.phase in ("Succeeded", "Failed")


@dataclasses.dataclass(frozen=True)
class ServicePort(Record):
    """C(spec.ports[]) of a Service."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    target_port: str = ""
    node_port: int = 0
    app_protocol: str = ""


@dataclasses.dataclass(frozen=True)
class BalancerPort(Record):
    """C(status.loadBalancer.ingress[].ports[])."""

    port: int
    protocol: str = "TCP"
    error: str = ""  #: why the load balancer does not serve it


@dataclasses.dataclass(frozen=True)
class Balancer(Record):
    """C(status.loadBalancer.ingress[]) of a Service."""

    ip: str = ""
    hostname: str = ""
    ip_mode: str = "VIP"  #: C(VIP): kube-proxy takes the address itself; C(Proxy): it does not (KEP-1860)
    ports: tuple[BalancerPort, ...] = ()


@dataclasses.dataclass(frozen=True)
class Service(Record):
    """C(v1/Service)."""

    namespace: str
    name: str
    type: str = "ClusterIP"
    cluster_ips: tuple[str, ...] = ()
    ports: tuple[ServicePort, ...] = ()
    selector: dict[str, str] = dataclasses.field(default_factory=dict)
    external_name: str = ""
    external_ips: tuple[str, ...] = ()
    balancers: tuple[Balancer, ...] = ()
    external_traffic_policy: str = "Cluster"
    internal_traffic_policy: str = "Cluster"
    session_affinity: str = "None"
    publish_not_ready_addresses: bool = False
    health_check_node_port: int = 0
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str = ""
    load_balancer_source_ranges: tuple[str, ...] = ()  #: empty: every source
    load_balancer_class: str = ""
    load_balancer_ip: str = ""
    allocate_load_balancer_node_ports: bool = True
    traffic_distribution: str = ""
    annotations: dict[str, str] = dataclasses.field(default_factory=dict)
    created: str = ""

    @property
    def id(self) -> str:
        """C(namespace/name)."""
        return f"{self.namespace}/{self.name}"

    @property
    def headless(self) -> bool:
        """Whether it has no virtual address (C(clusterIP: None))."""
        return self.type != "ExternalName" and not self.cluster_ips

    @property
    def external_addresses(self) -> tuple[str, ...]:
        """The EXTERNAL-IP column of C(kubectl get services)."""
        return (*self.external_ips, *(balancer.ip or balancer.hostname for balancer in self.balancers))


@dataclasses.dataclass(frozen=True)
class Endpoint(Record):
    """One C(endpoints[]) entry of an EndpointSlice."""

    addresses: tuple[str, ...]
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    node: str = ""
    pod: str = ""
    hostname: str = ""  #: the endpoint's own name below the Service's, as Pods of a StatefulSet have one
    zone: str = ""
    for_zones: tuple[str, ...] = ()  #: C(hints.forZones[].name): the zones whose nodes should use it
    for_nodes: tuple[str, ...] = ()  #: C(hints.forNodes[].name) (KEP-3015)


@dataclasses.dataclass(frozen=True)
class EndpointSlice(Record):
    """C(discovery.k8s.io/v1/EndpointSlice)."""

    namespace: str
    service: str
    address_type: str  #: C(IPv4), C(IPv6) or C(FQDN)
    ports: tuple[ServicePort, ...] = ()  #: only C(name), C(port) and C(protocol) are set
    endpoints: tuple[Endpoint, ...] = ()
    name: str = ""
    managed_by: str = ""  #: the label C(endpointslice.kubernetes.io/managed-by)


@dataclasses.dataclass(frozen=True)
class Taint(Record):
    """C(spec.taints[]) of a Node."""

    key: str
    value: str = ""
    effect: str = ""


@dataclasses.dataclass(frozen=True)
class Node(Record):
    """C(v1/Node)."""

    name: str
    ready: bool = False
    status: str = ""  #: the STATUS column of C(kubectl get nodes)
    reason: str = ""  #: the Ready condition's message while it is not ready
    roles: tuple[str, ...] = ()
    internal_ips: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()
    pod_cidrs: tuple[str, ...] = ()
    version: str = ""
    os_image: str = ""
    kernel: str = ""
    runtime: str = ""
    created: str = ""
    labels: dict[str, str] = dataclasses.field(default_factory=dict)
    operating_system: str = ""  #: C(status.nodeInfo.operatingSystem)
    architecture: str = ""
    taints: tuple[Taint, ...] = ()
    kubelet_port: int = 0  #: C(status.daemonEndpoints.kubeletEndpoint.Port); 0 where it says none
    annotations: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class ForeignPolicy(Record):
    """A policy of a kind whose rules are not evaluated."""

    kind: str
    namespace: str  #: empty where it is for the whole cluster
    name: str
    spec: dict[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def id(self) -> str:
        """C(Kind namespace/name)."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclasses.dataclass(frozen=True)
class ClusterPolicy(Record):
    """A policy of C(policy.networking.k8s.io), which is for the whole cluster; its spec is kept as it is."""

    kind: str
    name: str
    spec: dict[str, t.Any] | None = None  #: none where it is no object

    @property
    def id(self) -> str:
        """C(Kind name)."""
        return f"{self.kind} {self.name}"


@dataclasses.dataclass(frozen=True)
class NetworkPolicy(Record):
    """C(networking.k8s.io/v1/NetworkPolicy); its spec is kept as it is."""

    namespace: str
    name: str
    spec: dict[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def id(self) -> str:
        """C(namespace/name)."""
        return f"{self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True)
class PeerAuthentication(Record):
    """C(security.istio.io/PeerAuthentication): whether Istio wants mutual TLS."""

    namespace: str
    name: str
    created: str = ""
    match_labels: dict[str, str] = dataclasses.field(default_factory=dict)  #: of the Pods; empty for the namespace
    mode: str = ""  #: C(STRICT), C(PERMISSIVE), C(DISABLE), or empty or C(UNSET): that of what is above it
    port_modes: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Namespace(Record):
    """C(v1/Namespace)."""

    name: str
    phase: str = ""
    labels: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class ApiEndpoint(Record):
    """An instance of the API server."""

    address: str
    port: int


@dataclasses.dataclass(frozen=True)
class Missing(Record):
    """What could not be read, why, and what would help."""

    what: str  #: a resource, in the words of kubectl
    reason: str
    remedy: str = ""
    namespace: str = ""  #: that alone is concerned; empty for all
    name: str = ""  #: of the one object that could not be read; empty where their list could not

    @property
    def subject(self) -> str:
        """What of the cluster is not known."""
        if self.name:
            return f"{self.what} {self.namespace}/{self.name}" if self.namespace else f"{self.what} {self.name}"
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"everything that needs {self.what}{where}"


@dataclasses.dataclass(frozen=True)
class Beyond(Record):
    """What a verdict needs of namespaces that were not selected: nothing in it is asked for its own sake."""

    pods: tuple[Pod, ...] = ()
    services: tuple[Service, ...] = ()
    endpoint_slices: tuple[EndpointSlice, ...] = ()
    network_policies: tuple[NetworkPolicy, ...] = ()
    unread_names: tuple[str, ...] = ()  #: of Services that Pods use, and that may not be looked for


@dataclasses.dataclass(frozen=True)
class Failure(Record):
    """Why nothing at all could be read."""

    reason: str  #: in one word, such as C(unreachable)
    message: str
    remedy: str = ""


@dataclasses.dataclass(frozen=True)
class Snapshot(Record):
    """Everything that one run of M(kubewire.netdebug.net_info) read."""

    taken: str  #: RFC 3339, UTC
    server: str
    version: str = ""
    api_groups: dict[str, list[str]] = dataclasses.field(default_factory=dict)  #: group -> served versions
    namespaces: tuple[Namespace, ...] = ()
    nodes: tuple[Node, ...] = ()
    pods: tuple[Pod, ...] = ()
    services: tuple[Service, ...] = ()
    endpoint_slices: tuple[EndpointSlice, ...] = ()
    ingresses: tuple[Ingress, ...] = ()
    ingress_classes: tuple[IngressClass, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    http_routes: tuple[GatewayRoute, ...] = ()
    grpc_routes: tuple[GatewayRoute, ...] = ()
    tls_routes: tuple[GatewayRoute, ...] = ()
    tcp_routes: tuple[GatewayRoute, ...] = ()
    udp_routes: tuple[GatewayRoute, ...] = ()
    routes: tuple[Route, ...] = ()
    network_policies: tuple[NetworkPolicy, ...] = ()
    cluster_policies: tuple[ClusterPolicy, ...] = ()
    foreign_policies: tuple[ForeignPolicy, ...] = ()
    peer_authentications: tuple[PeerAuthentication, ...] = ()
    api_addresses: tuple[str, ...] = ()  #: of the Service default/kubernetes
    api_ports: tuple[int, ...] = ()  #: of that Service
    api_endpoints: tuple[ApiEndpoint, ...] = ()  #: behind it
    dns_pods: tuple[Pod, ...] = ()  #: of the cluster's DNS
    dns_addresses: tuple[str, ...] = ()  #: of the Services of the cluster's DNS
    node_local_dns: tuple[str, ...] = ()  #: addresses that NodeLocal DNSCache listens at on each node
    #: its configuration; nothing where it could not be read or there is none
    kube_proxy: t.Optional[KubeProxy] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    cilium: t.Optional[CiliumConfig] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    flannel: t.Optional[FlannelConfig] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    antrea: t.Optional[AntreaConfig] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    beyond: t.Optional[Beyond] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    workloads: t.Optional[Workloads] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    references: tuple[ServiceReference, ...] = ()  #: Pods that name a headless Service with a port
    entry_references: tuple[EntryReference, ...] = ()  #: Pods that name a URL that no way in serves
    missing: tuple[Missing, ...] = ()
    failure: t.Optional[Failure] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    selected: tuple[str, ...] = ()  #: the namespaces that were asked for; none means all
    namespace: str = ""  #: of the kubeconfig's context
    requests: int = 0

    def unread(self, resource: str, namespace: str = "") -> str:
        """Why a resource was not all read, in one namespace or at all; empty where it was."""
        reasons = (
            missing.reason
            for missing in self.missing
            if missing.what.split(".")[0] == resource
            and (not missing.namespace or namespace in ("", missing.namespace))
        )
        return "; ".join(dict.fromkeys(reasons))

    def counts(self) -> dict[str, int]:
        """How many objects of each kind it holds."""
        kinds = ("namespaces", "nodes", "pods", "services", "endpoint_slices", "ingresses")
        return {kind: len(getattr(self, kind)) for kind in (*kinds, "ingress_classes", "network_policies")}
