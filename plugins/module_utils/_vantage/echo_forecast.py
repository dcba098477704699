# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A snapshot as it would be once the echo objects are there, for check mode: what is planned on it is counted only.

Addresses are made up: those of Pods are in the range of their node where it says one, others in the ranges for
documentation (RFC 5737, RFC 3849).
"""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from .._snapshot import parse
from .._snapshot.kinds import ADDONS, KINDS
from .._snapshot.model import Snapshot

Json = dict[str, t.Any]

_RANGES = {"IPv4": "198.51.100.0/24", "IPv6": "2001:db8::/64"}
_NODE_PORT = 30000


def bare(snapshot: Snapshot) -> Snapshot:
    """A snapshot without what is in namespaces."""
    empty: dict[str, t.Any] = {kind.field: () for kind in (*KINDS, *ADDONS) if kind.namespaced}
    return dataclasses.replace(snapshot, **empty)


def with_objects(snapshot: Snapshot, objects: t.Sequence[Json]) -> Snapshot:
    """Add echo objects to a snapshot, as the cluster would run them.

    Args:
        snapshot: of the cluster.
        objects: manifests of a Namespace, Pods, Services and Ingresses.
    """
    of = {
        kind: [each for each in objects if each["kind"] == kind] for kind in ("Namespace", "Pod", "Service", "Ingress")
    }
    ranges = {node.name: node.pod_cidrs for node in snapshot.nodes}
    families = _families(snapshot)
    pods = [_running(pod, ranges.get(pod["spec"]["nodeName"], ()), families, at) for at, pod in enumerate(of["Pod"])]
    services = [_served(service, families, at) for at, service in enumerate(of["Service"])]
    entries = [{**each, "status": {"loadBalancer": {"ingress": _ingress(families, 99)}}} for each in of["Ingress"]]
    slices = [part for service in services for part in _slices(service, pods, families)]
    return dataclasses.replace(
        snapshot,
        namespaces=(*snapshot.namespaces, *map(parse.namespace, of["Namespace"])),
        pods=(*snapshot.pods, *map(parse.pod, pods)),
        services=(*snapshot.services, *map(parse.service, services)),
        endpoint_slices=(*snapshot.endpoint_slices, *map(parse.endpoint_slice, slices)),
        ingresses=(*snapshot.ingresses, *map(parse.ingress, entries)),
    )


def _families(snapshot: Snapshot) -> tuple[str, ...]:
    """The families of the cluster's Pods; where nothing says them, those of its nodes."""
    for known in (
        [cidr.partition("/")[0] for node in snapshot.nodes for cidr in node.pod_cidrs],
        list(snapshot.dns_addresses),
        [address for node in snapshot.nodes for address in node.internal_ips],
    ):
        found = {f"IPv{ipaddress.ip_address(address).version}" for address in known}
        if found:
            return tuple(sorted(found))
    return ("IPv4",)


def _address(cidr: str, place: int) -> str:
    network = ipaddress.ip_network(cidr, strict=False)
    return str(network[(10 + place) % network.num_addresses])


def _ingress(families: t.Sequence[str], place: int) -> list[Json]:
    return [{"ip": _address(_RANGES[family], place)} for family in families]


def _running(pod: Json, cidrs: t.Sequence[str], families: t.Sequence[str], place: int) -> Json:
    ranges = cidrs or [_RANGES[family] for family in families]
    statuses = [{"name": each["name"], "ready": True, "state": {"running": {}}} for each in pod["spec"]["containers"]]
    status = {
        "phase": "Running",
        "podIPs": [{"ip": _address(cidr, place)} for cidr in ranges],
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": statuses,
    }
    return {**pod, "status": status}


def _served(service: Json, families: t.Sequence[str], place: int) -> Json:
    spec = dict(service["spec"])
    if spec.get("type") == "ExternalName":
        return service
    headless = spec.get("clusterIP") == "None"
    spec["clusterIPs"] = ["None"] if headless else [each["ip"] for each in _ingress(families, 20 + place)]
    spec["ipFamilies"] = list(families)
    status: Json = {}
    if spec.get("type") in ("NodePort", "LoadBalancer"):
        first = _NODE_PORT + 10 * place
        spec["ports"] = [{**port, "nodePort": first + at} for at, port in enumerate(spec["ports"])]
    if spec.get("type") == "LoadBalancer":
        status = {"loadBalancer": {"ingress": _ingress(families, 90)}}
    return {**service, "spec": spec, "status": status}


def _slices(service: Json, pods: t.Sequence[Json], families: t.Sequence[str]) -> t.Iterator[Json]:
    """An EndpointSlice of each family for a Service that selects all Pods."""
    if "selector" not in service["spec"]:
        return
    metadata = service["metadata"]
    labels = {"kubernetes.io/service-name": metadata["name"]}
    ports = [
        {"name": port["name"], "port": port["targetPort"], "protocol": port["protocol"]}
        for port in service["spec"]["ports"]
    ]
    for family in families:
        name = f"{metadata['name']}-{family.lower()}"
        endpoints = [
            {
                "addresses": [each["ip"]],
                "nodeName": pod["spec"]["nodeName"],
                "hostname": pod["spec"]["hostname"],
                "targetRef": {"kind": "Pod", "namespace": metadata["namespace"], "name": pod["metadata"]["name"]},
                "conditions": {"ready": True, "serving": True},
            }
            for pod in pods
            for each in pod["status"]["podIPs"]
            if f"IPv{ipaddress.ip_address(each['ip']).version}" == family
        ]
        yield {
            "metadata": {"namespace": metadata["namespace"], "name": name, "labels": labels},
            "addressType": family,
            "ports": ports,
            "endpoints": endpoints,
        }
