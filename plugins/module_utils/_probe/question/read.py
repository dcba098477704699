# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What has to be read of a cluster for one question: the namespaces of its two ends, however large the cluster is."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t
from urllib.parse import quote

from ..._cluster.errors import ClusterError
from ..._cluster.rest import Api
from ..._snapshot.facts import Facts, family
from ..._snapshot.gather import Scope, gather, survey
from ..._snapshot.gather_workloads import TRAFFIC
from ..._snapshot.model import (
    Node,
    Pod,
    Service,
    Snapshot,
)
from .find import dns_parts, entries
from .plan import DirectQuestion
from .syntax import End, nearest

#: Whose owner is not known before all of them are seen; none is as many as Pods or endpoints are.
_WAYS_IN = ("services", "ingresses", "gateways", "http_routes", "routes", "nodes")


def read(
    api: Api,
    question: DirectQuestion,
    cluster_domain: str,
    nodes_ask: bool,
    depth: str = TRAFFIC,
    beside: t.Collection[str] = (),
) -> Snapshot:
    """Take the snapshot for a question that has both ends, or one and the namespaces of the other.

    Args:
        api: the API server.
        question: the two ends.
        cluster_domain: of the cluster's own names.
        nodes_ask: whether nodes are asked from the Pods that they have.
        depth: one of C(DEPTHS).
        beside: namespaces that are read, whatever the ends are.

    Raises:
        ClusterError: as C(gather) does.
        SelectionError: a namespace that an end names does not exist.
    """
    ends = [end for end in (question.source, question.target) if end]
    whole = any(end.kind in ("host", "address", "node") for end in ends if end.option == "to")
    surveyed = survey(api, ("namespaces", *(_WAYS_IN if whole or question.kind == "outside" else ())))
    names = {each.name for each in surveyed.namespaces}
    wanted = set(beside)
    for end in ends:
        if end.namespace and names and end.namespace not in names:
            raise end.refuse(f"there is no namespace {end.namespace!r}; {nearest(end.namespace, names)}")
        wanted |= _namespaces(api, Facts(surveyed), end, question.namespace, cluster_domain)
    wanted |= _in_front(Facts(surveyed), wanted) if question.kind == "outside" else set()
    wanted = {name for name in wanted if not names or name in names or name in beside}
    snapshot = gather(api, Scope(tuple(sorted(wanted or {question.namespace}))), depth=depth)
    snapshot = dataclasses.replace(snapshot, requests=api.requests)
    own = question.source.name if nodes_ask and question.source and question.kind == "node" else ""
    return _with_pods_of(api, snapshot, own) if own else snapshot


def _namespaces(api: Api, facts: Facts, end: End, namespace: str, cluster_domain: str) -> set[str]:
    """The namespaces that one end may be in."""
    if end.kind in ("outside", "node"):
        return _with_node_port(facts, end) if end.option == "to" else set()
    if end.kind == "address":
        return _of_address(api, facts, end)
    if end.kind != "host":
        return {end.namespace or namespace}
    labels, own = dns_parts(end, cluster_domain)
    if len(labels) == 1 and not own:
        return {namespace}
    found = {labels[-1]} if own or _may_be_service(api, facts, labels) else set()
    for entry in entries(facts, end, namespace):
        found |= {entry.namespace, entry.path.namespace or entry.namespace} | _serving(facts, entry.addresses)
    return found


def _may_be_service(api: Api, facts: Facts, labels: t.Sequence[str]) -> bool:
    """Whether a name of DNS may be that of a Service: its last label is a namespace."""
    if len(labels) > 3 or facts.snapshot.namespaces:
        return len(labels) <= 3 and any(each.name == labels[-1] for each in facts.snapshot.namespaces)
    path = f"/api/v1/namespaces/{quote(labels[-1], safe='')}/services/{quote(labels[-2], safe='')}"
    try:
        return bool(api.get(path, what=f"read Service {labels[-1]}/{labels[-2]}"))
    except ClusterError:
        return False


def _of_address(api: Api, facts: Facts, end: End) -> set[str]:
    owner = facts.owners.get(end.name)
    if isinstance(owner, Service):
        return {owner.namespace}
    if isinstance(owner, Node):
        return _with_node_port(facts, end)
    found = {pod.namespace for pod in _pods_near(api, facts, end.name) if end.name in pod.ips}
    return found | _serving(facts, (end.name,))


def _pods_near(api: Api, facts: Facts, address: str) -> t.Sequence[Pod]:
    """Pods, of which one has an address if any in the cluster has.

    The API finds Pods by their first address alone (C(status.podIP)). One of the other family is on the node that it
    was given to, or has to be looked for among all Pods.
    """
    found = survey(api, ("pods",), Scope(field_selectors=(f"status.podIP={address}",))).pods
    if found:
        return found
    nodes = facts.snapshot.nodes
    ip = ipaddress.ip_address(address)
    for node in nodes:
        if any(_holds(block, ip) for block in node.pod_cidrs):
            return survey(api, ("pods",), Scope(field_selectors=(f"spec.nodeName={node.name}",))).pods
    first = next((family(each) for node in nodes for each in node.internal_ips), "")
    known = any(node.pod_cidrs for node in nodes)
    if known or not ip.is_private or first == family(address):
        return ()
    return survey(api, ("pods",)).pods


def _holds(block: str, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return ip in ipaddress.ip_network(block, strict=False)
    except ValueError:
        return False


def _with_node_port(facts: Facts, end: End) -> set[str]:
    """The namespaces of the Services whose node port an end names."""
    services = facts.snapshot.services if end.number else ()
    return {each.namespace for each in services if any(port.node_port == end.number for port in each.ports)}


def _serving(facts: Facts, addresses: t.Collection[str]) -> set[str]:
    """The namespaces of the Services that a load balancer gave these addresses."""
    return {
        service.namespace
        for service in facts.snapshot.services
        if not set(addresses).isdisjoint(service.external_addresses)
    }


def _in_front(facts: Facts, wanted: t.Container[str]) -> set[str]:
    """The namespaces of what serves the Ingresses of some namespaces."""
    found = set[str]()
    for entry in facts.entries:
        if entry.namespace in wanted or entry.path.namespace in wanted:
            found |= {entry.namespace} | _serving(facts, entry.addresses)
    return found


def _with_pods_of(api: Api, snapshot: Snapshot, node: str) -> Snapshot:
    """A snapshot with the Pods of a node as well: one of them may be able to ask for it."""
    known = {pod.id for pod in snapshot.pods}
    found = survey(api, ("pods",), Scope(field_selectors=(f"spec.nodeName={node}",))).pods
    return dataclasses.replace(
        snapshot, pods=(*snapshot.pods, *(pod for pod in found if pod.id not in known)), requests=api.requests
    )
