# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The model of the cluster: what the API says exists, cut down to what traffic depends on.

Field names follow the API's own (https://kubernetes.io/docs/reference/kubernetes-api/), in snake case.
Environment variables, Secrets and annotations are never read into it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record


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
    running: bool = False
    state: str = ""  #: why it is not running, in the words of C(kubectl get pods)


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
    containers: tuple[Container, ...] = ()
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
class Balancer(Record):
    """C(status.loadBalancer.ingress[]) of a Service."""

    ip: str = ""
    hostname: str = ""
    ip_mode: str = "VIP"  #: C(VIP): kube-proxy takes the address itself; C(Proxy): it does not (KEP-1860)


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


@dataclasses.dataclass(frozen=True)
class EndpointSlice(Record):
    """C(discovery.k8s.io/v1/EndpointSlice)."""

    namespace: str
    service: str
    address_type: str  #: C(IPv4), C(IPv6) or C(FQDN)
    ports: tuple[ServicePort, ...] = ()  #: only C(name), C(port) and C(protocol) are set
    endpoints: tuple[Endpoint, ...] = ()


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


@dataclasses.dataclass(frozen=True)
class IngressPath(Record):
    """One host and path of an Ingress, an HTTPRoute or an OpenShift Route, and the Service behind it."""

    host: str = ""
    path: str = "/"
    service: str = ""
    port: str = ""
    namespace: str = ""  #: of the Service, where it is another


@dataclasses.dataclass(frozen=True)
class Ingress(Record):
    """C(networking.k8s.io/v1/Ingress)."""

    namespace: str
    name: str
    ingress_class: str = ""
    addresses: tuple[str, ...] = ()
    paths: tuple[IngressPath, ...] = ()
    tls_hosts: tuple[str, ...] = ()
    tls: bool = False
    created: str = ""


@dataclasses.dataclass(frozen=True)
class IngressClass(Record):
    """C(networking.k8s.io/v1/IngressClass)."""

    name: str
    controller: str = ""
    default: bool = False


@dataclasses.dataclass(frozen=True)
class Listener(Record):
    """C(spec.listeners[]) of a Gateway."""

    name: str
    port: int
    protocol: str = "HTTP"
    host: str = ""


@dataclasses.dataclass(frozen=True)
class Gateway(Record):
    """C(gateway.networking.k8s.io/v1/Gateway)."""

    namespace: str
    name: str
    gateway_class: str = ""
    addresses: tuple[str, ...] = ()
    listeners: tuple[Listener, ...] = ()
    defect: str = ""  #: the message of its condition Programmed while that is not true

    @property
    def id(self) -> str:
        """C(namespace/name)."""
        return f"{self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True)
class Parent(Record):
    """C(spec.parentRefs[]) of an HTTPRoute that is a Gateway, and what became of it."""

    gateway: str  #: C(namespace/name)
    listener: str = ""
    port: int = 0
    defect: str = ""  #: the message of a condition Accepted or ResolvedRefs that is not true


@dataclasses.dataclass(frozen=True)
class HttpRoute(Record):
    """C(gateway.networking.k8s.io/v1/HTTPRoute)."""

    namespace: str
    name: str
    hosts: tuple[str, ...] = ()
    parents: tuple[Parent, ...] = ()
    paths: tuple[IngressPath, ...] = ()


@dataclasses.dataclass(frozen=True)
class Route(Record):
    """C(route.openshift.io/v1/Route)."""

    namespace: str
    name: str
    path: IngressPath
    tls: str = ""  #: C(edge), C(passthrough), C(reencrypt), or empty
    insecure: str = ""  #: C(Allow), C(Redirect), or empty: what happens to plain HTTP where there is TLS
    defect: str = ""  #: the message of a router that did not admit it


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
    http_routes: tuple[HttpRoute, ...] = ()
    routes: tuple[Route, ...] = ()
    network_policies: tuple[NetworkPolicy, ...] = ()
    foreign_policies: tuple[ForeignPolicy, ...] = ()
    api_addresses: tuple[str, ...] = ()  #: of the Service default/kubernetes
    api_endpoints: tuple[ApiEndpoint, ...] = ()  #: behind it
    dns_pods: tuple[Pod, ...] = ()  #: of the cluster's DNS
    missing: tuple[Missing, ...] = ()
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
