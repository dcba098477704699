# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The kinds that a snapshot holds: where each is served, what reads it, and what is not known without it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import JSON

from . import parse, parse_cluster_policies, parse_extensions
from .fields import Json

CORE, NETWORKING, DISCOVERY = "/api/v1", "/apis/networking.k8s.io/v1", "/apis/discovery.k8s.io/v1"


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind that is listed.

    Attributes:
        field: of the snapshot that its objects go to.
        base: the path of its group and version.
        resource: its plural name.
        read: makes the record of an object.
        namespaced: whether it is listed by namespace; else all of it is, whatever the selection.
        addon: whether a cluster may do without it.
        older: further versions of its group that are asked where this one does not have it.
        unless: a group that serves the same objects; where it is served, this one is not read.
        accept: the C(Accept) header of its requests.
    """

    field: str
    base: str
    resource: str
    read: t.Callable[[Json], t.Any]
    namespaced: bool = True
    addon: bool = False
    older: tuple[str, ...] = ()
    unless: str = ""
    accept: str = JSON

    @property
    def bases(self) -> tuple[str, ...]:
        """The paths of its group with each version, in the order in which they are asked."""
        return tuple(f"{self.base.rpartition('/')[0]}/{version}" for version in (self.version, *self.older))

    @property
    def group(self) -> str:
        """The API group; empty for the core."""
        return "" if self.base == CORE else self.base.split("/")[2]

    @property
    def version(self) -> str:
        """The API version in its group."""
        return self.base.rsplit("/", 1)[-1]

    @property
    def full_name(self) -> str:
        """The resource as kubectl takes it without mistaking it for another group's."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def rule(self) -> str:
        """The right that lists it."""
        where = "a Role in the namespace, or a ClusterRole" if self.namespaced else "a ClusterRole"
        return f"grant {where} with apiGroups: ['{self.group}'], resources: ['{self.resource}'], verbs: ['list']"


KINDS = (
    Kind("pods", CORE, "pods", parse.pod),
    Kind("services", CORE, "services", parse.service),
    Kind("endpoint_slices", DISCOVERY, "endpointslices", parse.endpoint_slice),
    Kind("ingresses", NETWORKING, "ingresses", parse.ingress),
    Kind("network_policies", NETWORKING, "networkpolicies", parse.network_policy),
    Kind("nodes", CORE, "nodes", parse.node, namespaced=False),
    Kind("namespaces", CORE, "namespaces", parse.namespace, namespaced=False),
    Kind("ingress_classes", NETWORKING, "ingressclasses", parse.ingress_class, namespaced=False),
)


def _addon(
    field: str, base: str, resource: str, read: t.Callable[[Json], t.Any], namespaced: bool = False, **more: t.Any
) -> Kind:
    return Kind(field, base, resource, read, namespaced, addon=True, **more)


def _policies(base: str, resource: str, kind: str, namespaced: bool = False, **more: t.Any) -> Kind:
    return _addon("foreign_policies", base, resource, parse_extensions.foreign_policy(kind), namespaced, **more)


def _cluster_policies(version: str, resource: str, kind: str, older: tuple[str, ...] = ()) -> Kind:
    base = f"/apis/policy.networking.k8s.io/{version}"
    made = _addon("cluster_policies", base, resource, parse_cluster_policies.cluster_policy(kind))
    return dataclasses.replace(made, older=older)


_GATEWAY, _CALICO = "/apis/gateway.networking.k8s.io/v1", "/apis/crd.projectcalico.org/v1"
_CALICO_3, _CALICO_GROUP = "/apis/projectcalico.org/v3", "crd.projectcalico.org"
_CILIUM, _ANTREA = "/apis/cilium.io/v2", "/apis/crd.antrea.io/v1beta1"
_ISTIO, _LINKERD = "/apis/security.istio.io/v1", "/apis/policy.linkerd.io/v1beta3"
#: Listed where their group and version are served, and no loss where they are not.
ADDONS = (
    # All of them: what they serve is in other namespaces than their own.
    _addon("gateways", _GATEWAY, "gateways", parse_extensions.gateway),
    _addon("http_routes", _GATEWAY, "httproutes", parse_extensions.gateway_route, namespaced=True),
    _addon("grpc_routes", _GATEWAY, "grpcroutes", parse_extensions.gateway_route, namespaced=True),
    _addon(
        "tls_routes",
        _GATEWAY,
        "tlsroutes",
        parse_extensions.gateway_route,
        namespaced=True,
        older=("v1alpha3", "v1alpha2"),
    ),
    _addon(
        "tcp_routes",
        _GATEWAY,
        "tcproutes",
        parse_extensions.gateway_route,
        namespaced=True,
        older=("v1alpha2",),
    ),
    _addon(
        "udp_routes",
        _GATEWAY,
        "udproutes",
        parse_extensions.gateway_route,
        namespaced=True,
        older=("v1alpha2",),
    ),
    _addon("routes", "/apis/route.openshift.io/v1", "routes", parse_extensions.route, namespaced=True),
    _policies(_CILIUM, "ciliumnetworkpolicies", "CiliumNetworkPolicy", namespaced=True),
    _policies(_CILIUM, "ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy"),
    _policies(_CALICO, "networkpolicies", "Calico NetworkPolicy", namespaced=True),
    _policies(_CALICO, "globalnetworkpolicies", "GlobalNetworkPolicy"),
    _cluster_policies("v1alpha1", "adminnetworkpolicies", "AdminNetworkPolicy"),
    _cluster_policies("v1alpha1", "baselineadminnetworkpolicies", "BaselineAdminNetworkPolicy"),
    _cluster_policies("v1beta1", "clusternetworkpolicies", "ClusterNetworkPolicy", ("v1alpha2",)),
    _policies(_CALICO_3, "networkpolicies", "Calico NetworkPolicy", namespaced=True, unless=_CALICO_GROUP),
    _policies(_CALICO_3, "globalnetworkpolicies", "GlobalNetworkPolicy", unless=_CALICO_GROUP),
    _policies(_ANTREA, "networkpolicies", "Antrea NetworkPolicy", namespaced=True),
    _policies(_ANTREA, "clusternetworkpolicies", "Antrea ClusterNetworkPolicy"),
    _policies("/apis/k8s.ovn.org/v1", "egressfirewalls", "EgressFirewall", namespaced=True),
    _policies("/apis/network.openshift.io/v1", "egressnetworkpolicies", "EgressNetworkPolicy", namespaced=True),
    _policies("/apis/kuma.io/v1alpha1", "meshtrafficpermissions", "MeshTrafficPermission"),
    _policies(_LINKERD, "servers", "Linkerd Server", namespaced=True, older=("v1beta2", "v1beta1")),
    # All of them: those in Istio's root namespace are for every other.
    _policies(_ISTIO, "authorizationpolicies", "Istio AuthorizationPolicy", older=("v1beta1",)),
    _addon(
        "peer_authentications",
        _ISTIO,
        "peerauthentications",
        parse_extensions.peer_authentication,
        older=("v1beta1",),
    ),
)


def served_addons(groups: t.Mapping[str, t.Sequence[str]] | None) -> list[Kind]:
    """The addons that a cluster serves, in the versions that it serves; all where that is not known."""
    if groups is None:
        return list(ADDONS)
    found: list[Kind] = []
    for kind in ADDONS:
        versions = [each for each in (kind.version, *kind.older) if each in groups.get(kind.group, ())]
        if versions and kind.unless not in groups:
            base = f"{kind.base.rpartition('/')[0]}/{versions[0]}"
            found.append(dataclasses.replace(kind, base=base, older=tuple(versions[1:])))
    return found
