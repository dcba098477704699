# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The annotations that a snapshot holds: those that decide where traffic goes, and no other."""

from __future__ import annotations

from .fields import Json, mapping, string

MAX_LENGTH = 1024

_ISTIO = "traffic.sidecar.istio.io"
_CONSUL = "consul.hashicorp.com"
#: Their presence says it all; the value is a long list.
_MARKS = frozenset(("sidecar.istio.io/status", "k8s.ovn.org/node-subnets"))

POD = frozenset(
    (
        "sidecar.istio.io/status",
        "ambient.istio.io/redirection",
        f"{_ISTIO}/excludeOutboundPorts",
        f"{_ISTIO}/excludeOutboundIPRanges",
        f"{_ISTIO}/includeOutboundIPRanges",
        f"{_ISTIO}/includeOutboundPorts",
        f"{_ISTIO}/excludeInboundPorts",
        f"{_ISTIO}/includeInboundPorts",
        "linkerd.io/inject",
        "config.linkerd.io/skip-outbound-ports",
        "config.linkerd.io/skip-inbound-ports",
        "config.linkerd.io/default-inbound-policy",
        "kuma.io/sidecar-injected",
        "traffic.kuma.io/exclude-outbound-ports",
        "traffic.kuma.io/exclude-inbound-ports",
        f"{_CONSUL}/connect-inject-status",
        f"{_CONSUL}/transparent-proxy",
        f"{_CONSUL}/transparent-proxy-status",
        f"{_CONSUL}/transparent-proxy-exclude-outbound-ports",
        f"{_CONSUL}/transparent-proxy-exclude-inbound-ports",
    )
)
#: Where a Service says which address, or which pool of addresses, it wants of a load balancer.
BALANCER_ADDRESSES = (
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
    "metallb.io/address-pool",
    "metallb.universe.tf/address-pool",
    "kube-vip.io/loadbalancerIPs",
    "lbipam.cilium.io/ips",
    "io.cilium/lb-ipam-ips",
)
SERVICE = frozenset(
    (
        "service.kubernetes.io/topology-mode",
        "service.kubernetes.io/topology-aware-hints",
        "service.beta.kubernetes.io/load-balancer-source-ranges",
        "traefik.ingress.kubernetes.io/service.serversscheme",
        *BALANCER_ADDRESSES,
    )
)
NODE = frozenset(
    (
        "flannel.alpha.coreos.com/backend-type",
        "flannel.alpha.coreos.com/backend-data",
        "flannel.alpha.coreos.com/backend-v6-data",
        "projectcalico.org/IPv4IPIPTunnelAddr",
        "projectcalico.org/IPv4VXLANTunnelAddr",
        "projectcalico.org/IPv6VXLANTunnelAddr",
        "projectcalico.org/IPv4WireguardInterfaceAddr",
        "k8s.ovn.org/node-subnets",
        "node.antrea.io/mac-address",
    )
)
INGRESS = frozenset(
    (
        "kubernetes.io/ingress.allow-http",
        "kubernetes.io/ingress.class",
        "alb.ingress.kubernetes.io/listen-ports",
        "traefik.ingress.kubernetes.io/router.entrypoints",
        "nginx.ingress.kubernetes.io/canary",
        "nginx.ingress.kubernetes.io/backend-protocol",
        "nginx.ingress.kubernetes.io/rewrite-target",
        "haproxy.org/server-ssl",
        "haproxy.org/path-rewrite",
        "traefik.ingress.kubernetes.io/router.middlewares",
    )
)


def kept(meta: Json, names: frozenset[str]) -> dict[str, str]:
    """The annotations of an object that are among some names; a long value is cut."""
    there = mapping(meta, "annotations")
    found = {}
    for name in sorted(names & there.keys()):
        value = string(there, name)
        found[name] = "set" if name in _MARKS else value[:MAX_LENGTH]
    return found
