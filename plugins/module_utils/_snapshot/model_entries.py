# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The model of what leads into the cluster by host and path: Ingress, Gateway API, OpenShift Route."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record


@dataclasses.dataclass(frozen=True)
class RouteBackend(Record):
    """A further backend of a path."""

    service: str
    port: str = ""
    namespace: str = ""  #: of the Service, where it is another
    #: where it stands: C(spec.rules[0].backendRefs[1])
    field: str = dataclasses.field(default="", compare=False)


@dataclasses.dataclass(frozen=True)
class IngressPath(Record):
    """One host and path of an Ingress, a route of the Gateway API or an OpenShift Route, and the Service behind it."""

    host: str = ""
    path: str = "/"
    service: str = ""
    port: str = ""
    namespace: str = ""  #: of the Service, where it is another
    path_type: str = (
        ""  #: C(Exact), C(Prefix), C(PathPrefix), C(ImplementationSpecific), C(RegularExpression), or empty
    )
    needs: tuple[str, ...] = ()  #: what a request must have beside host and path, which a plain GET has not
    backend_kind: str = ""  #: of the backend, where it is no Service
    redirect: bool = False  #: the controller itself answers, with a redirect
    rewrite: bool = False  #: of a route: the controller changes the path (C(URLRewrite))
    others: tuple[RouteBackend, ...] = ()  #: the Services that get a part of the requests as well
    #: where it stands: C(spec.rules[0].http.paths[0]) or C(spec.defaultBackend) of an Ingress,
    #: C(spec.rules[0].backendRefs[0]) of a route, C(spec.to) of a Route
    field: str = ""


@dataclasses.dataclass(frozen=True)
class Ingress(Record):
    """C(networking.k8s.io/v1/Ingress)."""

    namespace: str
    name: str
    ingress_class: str = ""
    addresses: tuple[str, ...] = ()
    paths: tuple[IngressPath, ...] = ()
    tls_hosts: tuple[str, ...] = ()
    tls_places: tuple[int, ...] = ()  #: of each of these hosts, the place in C(spec.tls)
    tls: bool = False
    tls_secrets: tuple[str, ...] = ()  #: C(spec.tls[].secretName), empty where an entry names none
    created: str = ""
    annotations: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class EntryReference(Record):
    """A URL in a command, an argument or a variable of a Pod's environment that no way into the cluster serves.

    Of the URL only the host and the port are kept; of its path, that it lies below a path that is served.
    """

    pod: str  #: C(namespace/name)
    host: str
    port: int
    address: str  #: of the controller that gets such a request
    entry: str  #: C(Kind namespace/name) of the way in that is next to it
    field: str = ""  #: of that one: C(spec.rules[0].http.paths[0])
    below: str = ""  #: the exact path that the URL is below; empty where nothing has its host
    where: str = ""  #: where it stands in the Pod: C(spec.containers[0].env[3])


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
    allows: str = "Same"  #: C(allowedRoutes.namespaces.from): C(All), C(Same), C(Selector) or C(None)
    certificates: tuple[str, ...] = ()  #: C(namespace/name) of the Secrets in C(tls.certificateRefs)
    reason: str = ""  #: of a condition that is not true, such as C(InvalidCertificateRef)
    defect: str = ""  #: its message


@dataclasses.dataclass(frozen=True)
class Gateway(Record):
    """C(gateway.networking.k8s.io/v1/Gateway)."""

    namespace: str
    name: str
    gateway_class: str = ""
    addresses: tuple[str, ...] = ()
    listeners: tuple[Listener, ...] = ()
    defect: str = ""  #: the message of its condition Accepted or Programmed while that is not true
    reason: str = ""  #: of that condition

    @property
    def id(self) -> str:
        """C(namespace/name)."""
        return f"{self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True)
class Parent(Record):
    """C(spec.parentRefs[]) of a route of the Gateway API, and what became of it."""

    gateway: str  #: C(namespace/name)
    listener: str = ""
    port: int = 0
    defect: str = ""  #: the message of a condition Accepted or ResolvedRefs that is not true
    kind: str = ""  #: what it is, where it is no Gateway
    reason: str = ""  #: of that condition: C(NoMatchingParent), C(NotAllowedByListeners), C(RefNotPermitted)
    field: str = ""  #: where it stands: C(spec.parentRefs[0])


@dataclasses.dataclass(frozen=True)
class GatewayRoute(Record):
    """A route of C(gateway.networking.k8s.io), whatever it is of: HTTP, gRPC, TLS, TCP or UDP."""

    namespace: str
    name: str
    hosts: tuple[str, ...] = ()
    parents: tuple[Parent, ...] = ()
    paths: tuple[IngressPath, ...] = ()
    created: str = ""


@dataclasses.dataclass(frozen=True)
class Route(Record):
    """C(route.openshift.io/v1/Route)."""

    namespace: str
    name: str
    path: IngressPath
    tls: str = ""  #: C(edge), C(passthrough), C(reencrypt), or empty
    insecure: str = ""  #: C(Allow), C(Redirect), or empty: what happens to plain HTTP where there is TLS
    defect: str = ""  #: the message of a router that did not admit it
    reason: str = ""  #: of that router: C(HostAlreadyClaimed)
