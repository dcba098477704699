# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The words of report.json, in the order a reader meets them, and what each says in plain English."""

from __future__ import annotations

#: Worst first: where several probes share one place of a picture, the first of these that occurs is shown.
VERDICTS = ("fail", "unexpected_open", "unknown", "pass", "skipped")
EXPECTATIONS = ("allow", "deny", "unknown", "not_applicable")
PROTOCOLS = ("icmp", "tcp", "udp", "sctp", "http", "https", "tls", "dns", "mtu")
FAMILIES = ("IPv4", "IPv6")

#: The traffic models of the design, in the order of a report, and their titles.
MODELS = {
    "container_to_container": "Container to container",
    "pod_to_pod_same_node": "Pod to Pod, same node",
    "pod_to_pod_cross_node": "Pod to Pod, across nodes",
    "pod_to_service": "Pod to Service",
    "pod_to_self_service": "Pod to its own Service (hairpin)",
    "pod_to_headless": "Pod to headless Service",
    "pod_to_nodeport": "Pod to NodePort",
    "pod_to_loadbalancer": "Pod to LoadBalancer",
    "pod_to_ingress": "Pod to Ingress",
    "pod_to_internet": "Pod to the internet",
    "pod_to_apiserver": "Pod to API server",
    "pod_to_dns": "Pod to DNS",
    "node_to_pod": "Node to Pod",
    "node_to_service": "Node to Service",
    "node_to_node": "Node to node",
    "outside_to_nodeport": "Outside to NodePort",
    "outside_to_loadbalancer": "Outside to LoadBalancer",
    "outside_to_ingress": "Outside to Ingress",
}

#: What the wire did. C(http_NNN) and further C(tls_*) words stand beside these.
OUTCOMES = {
    "open": "it opened",
    "timeout": "no answer",
    "refused": "refused at once: nothing listens there, or a firewall rejects",
    "reset": "the connection was reset",
    "unreachable_fast": "unreachable at once: a firewall or a route said so",
    "unreachable_arp": "unreachable after seconds: nobody answered ARP or ND",
    "no_route": "the sender has no route",
    "dns_nxdomain": "DNS says that the name does not exist",
    "dns_servfail": "the DNS server failed",
    "dns_timeout": "no answer from DNS",
    "tls_handshake": "the TLS handshake failed",
    "tls_timeout": "no answer in the TLS handshake",
    "tls_expired": "the certificate is not valid today",
    "tls_wrong_name": "the certificate is for other names",
    "frag_needed": "too big for the path: fragmentation needed",
    "wrong_peer": "somebody else answered",
    "probe_error": "the probe never ran",
    "not_applicable": "it cannot be asked",
}
OUTCOME_PATTERN = "^(" + "|".join(OUTCOMES) + "|tls_[a-z0-9_]{1,40}|http_[1-5][0-9][0-9])$"


def say_outcome(outcome: str) -> str:
    """Say an outcome in plain English."""
    if outcome.startswith("http_"):
        return f"HTTP {outcome[5:]}"
    return OUTCOMES.get(outcome, outcome.replace("_", " "))


def is_application_error(outcome: str) -> bool:
    """Tell whether the network carried the answer but the application answered 5xx."""
    return outcome.startswith("http_5")
