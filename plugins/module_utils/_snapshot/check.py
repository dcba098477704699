# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the values of a snapshot must be beyond their types, whether an API server gave them or a file holds them.

An API server checks what it stores, so none of this stops a real cluster. Whatever reads the model relies on it.
"""

from __future__ import annotations

import functools
import ipaddress
import typing as t

from .fields import Json, OddObject, int_or_string, integer, mapping, mappings, port_number, string, string_map, strings
from .model import EndpointSlice, Pod, Service, Snapshot

_WAYS = (("ingress", "from"), ("egress", "to"))


@functools.lru_cache(maxsize=65536)
def is_ip(text: str) -> bool:
    """Tell whether a text is an address of either family.

    One with a zone (C(fe80::1%eth0)) is none: it means something on one machine alone, and no API object may have it.
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def addresses(given: t.Iterable[str], where: str) -> tuple[str, ...]:
    """Return them where each is an address.

    Raises:
        OddObject: one is none.
    """
    found = tuple(given)
    for text in found:
        if not is_ip(text):
            raise OddObject(f"{where}: {text!r:.80} is no address")
    return found


def networks(given: t.Iterable[str], where: str) -> tuple[str, ...]:
    """Return them where each is a network in CIDR notation.

    Raises:
        OddObject: one is none.
    """
    found = tuple(given)
    for text in found:
        if not is_network(text):
            raise OddObject(f"{where}: {text!r:.80} is no network")
    return found


@functools.lru_cache(maxsize=4096)
def is_network(text: str) -> bool:
    """Tell whether a text is a network of either family; bits beyond its prefix do no harm."""
    try:
        return "/" in text and bool(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return False


def policy(spec: Json) -> Json:
    """Return the spec of a NetworkPolicy that can be read (k8s.io/api, networking/v1/types.go).

    Raises:
        OddObject: one of its fields is of another type than the API says.
    """
    strings(spec, "policyTypes")
    _selector(spec, "podSelector")
    for way, peers in _WAYS:
        for rule in mappings(spec, way):
            for peer in mappings(rule, peers):
                _selector(peer, "podSelector")
                _selector(peer, "namespaceSelector")
                string(peer, "ipBlock", "cidr")
                strings(peer, "ipBlock", "except")
            for port in mappings(rule, "ports"):
                string(port, "protocol")
                int_or_string(port, "port")
                integer(port, "endPort")
    return spec


def _selector(item: Json, name: str) -> None:
    selector = mapping(item, name)
    string_map(selector, "matchLabels")
    for requirement in mappings(selector, "matchExpressions"):
        string(requirement, "key")
        string(requirement, "operator")
        strings(requirement, "values")


def read(data: t.Any) -> Snapshot:
    """Build a snapshot from what a file holds.

    Raises:
        ValueError: it is none; the message names the object and the field.
    """
    snapshot = Snapshot.from_dict(data)
    for where, given in _addresses(snapshot):
        addresses(given, where)
    for node in snapshot.nodes:
        networks(node.pod_cidrs, f"node {node.name}: pod_cidrs")
    for each in _services(snapshot):
        networks(each.load_balancer_source_ranges, f"Service {each.id}: load_balancer_source_ranges")
    if snapshot.kube_proxy:
        given = (text for text in snapshot.kube_proxy.node_port_addresses if text != "primary")
        networks(given, "kube_proxy: node_port_addresses")
    for where, number in _ports(snapshot):
        port_number(number, where)
    for named in (*snapshot.network_policies, *(snapshot.beyond.network_policies if snapshot.beyond else ())):
        try:
            policy(named.spec)
        except OddObject as error:
            raise OddObject(f"NetworkPolicy {named.id}: {error}") from None
    return snapshot


def _pods(snapshot: Snapshot) -> t.Iterable[Pod]:
    return (*snapshot.pods, *snapshot.dns_pods, *(snapshot.beyond.pods if snapshot.beyond else ()))


def _services(snapshot: Snapshot) -> t.Iterable[Service]:
    return (*snapshot.services, *(snapshot.beyond.services if snapshot.beyond else ()))


def _slices(snapshot: Snapshot) -> t.Iterable[EndpointSlice]:
    return (*snapshot.endpoint_slices, *(snapshot.beyond.endpoint_slices if snapshot.beyond else ()))


def _addresses(snapshot: Snapshot) -> t.Iterator[tuple[str, t.Iterable[str]]]:
    for pod in _pods(snapshot):
        yield f"Pod {pod.id}: ips", pod.ips
        yield f"Pod {pod.id}: host_ips", pod.host_ips
        if pod.dns_config:
            yield f"Pod {pod.id}: nameservers", pod.dns_config.nameservers
    for service in _services(snapshot):
        yield f"Service {service.id}: cluster_ips", service.cluster_ips
    for node in snapshot.nodes:
        yield f"node {node.name}: addresses", (*node.internal_ips, *node.external_ips)
    for part in _slices(snapshot):
        if part.address_type != "FQDN":
            given = (address for endpoint in part.endpoints for address in endpoint.addresses)
            yield f"EndpointSlice of {part.namespace}/{part.service}: addresses", given
    yield "api_addresses", snapshot.api_addresses
    yield "dns_addresses", (*snapshot.dns_addresses, *snapshot.node_local_dns)
    yield "api_endpoints", (endpoint.address for endpoint in snapshot.api_endpoints)


def _ports(snapshot: Snapshot) -> t.Iterator[tuple[str, int]]:
    for pod in _pods(snapshot):
        for container in pod.containers:
            yield from ((f"Pod {pod.id}: port of container {container.name}", each.port) for each in container.ports)
    for service in _services(snapshot):
        for number in (
            *(n for each in service.ports for n in (each.port, each.node_port)),
            service.health_check_node_port,
        ):
            yield f"Service {service.id}: port", number
    for part in _slices(snapshot):
        yield from ((f"EndpointSlice of {part.namespace}/{part.service}: port", each.port) for each in part.ports)
    for gateway in snapshot.gateways:
        yield from ((f"Gateway {gateway.id}: port", each.port) for each in gateway.listeners)
    yield from ((f"node {node.name}: kubelet_port", node.kubelet_port) for node in snapshot.nodes)
    yield from (("api_ports", number) for number in snapshot.api_ports)
    yield from (("api_endpoints: port", each.port) for each in snapshot.api_endpoints)
