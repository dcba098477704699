# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Read what a verdict needs beside what was selected, wherever the rights allow it. Nothing of it is mandatory.

The cluster's DNS, the ConfigMaps of its components, and the Services behind the addresses of Ingresses and Gateways.
What cannot be read is left out without a word: nothing is said of it that was not read.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api

from . import component_config, parse, service_references
from .fields import Json, OddObject
from .kinds import CORE, DISCOVERY, NETWORKING
from .model import Beyond, Node, Pod, Service, Snapshot

R = t.TypeVar("R")

#: Where the Pods of the cluster's DNS are, their labels and those of its Service: upstream's addon and OpenShift's
#: operator.
DNS = (
    ("kube-system", "k8s-app=kube-dns", "k8s-app=kube-dns"),
    (
        "openshift-dns",
        "dns.operator.openshift.io/daemonset-dns=default",
        "dns.operator.openshift.io/owning-dns=default",
    ),
)
#: ConfigMaps of components: namespace and names.
CONFIG_MAPS = {
    "kube-system": ("kube-proxy", "kube-proxy-config", "cilium-config", "node-local-dns", "antrea-config"),
    "kube-flannel": ("kube-flannel-cfg",),
}
#: What is listed in the whole cluster or in a namespace that was not selected.
LISTS = (
    ("pods", ""),
    ("services", ""),
    ("endpointslices", "discovery.k8s.io"),
    ("networkpolicies", "networking.k8s.io"),
)

_MAX_SERVICES = 4  #: behind addresses of Ingresses and Gateways, or behind names that Pods use
_MAX_NAMES = 3  #: that Pods use and that no Service of theirs has
_MAX_DNS = 2  #: Services of the cluster's DNS
_MAX_OBJECTS = 1000  #: of one list here
#: The most requests that this takes beside those for the Pods of the DNS: ConfigMaps; the Services of the DNS, with
#: endpoints and policies of each; one list for the addresses, one for each name, and endpoints, Pods and policies of
#: each Service.
MOST_REQUESTS = 6 + len(DNS) + 2 * _MAX_DNS + 1 + _MAX_NAMES + 3 * _MAX_SERVICES


@dataclasses.dataclass(frozen=True)
class Dns:
    """The cluster's DNS, wherever it is."""

    namespace: str = ""
    pods: tuple[Pod, ...] = ()
    services: tuple[Service, ...] = ()


class _Reader:
    """Reads what may be missing; once the API server does not answer, it asks no more."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._silent = False

    def list(
        self, path: str, read: t.Callable[[Json], R], label_selector: str = "", field_selector: str = ""
    ) -> tuple[R, ...] | None:
        """The objects of a list; nothing where it cannot be read whole."""
        params = {"labelSelector": label_selector, "fieldSelector": field_selector}
        found: list[R] = []
        if self._silent:
            return None
        try:
            selectors = {name: text for name, text in params.items() if text}
            for item in self._api.list(path, selectors, f"list {path}", is_checked=False):
                if len(found) == _MAX_OBJECTS or not isinstance(item, dict):
                    return None
                found.append(read(item))
        except ClusterError as error:
            self._silent = error.reason == "unreachable"
            return None
        except OddObject:
            return None
        return tuple(found)

    def config_map(self, namespace: str, name: str) -> t.Any:
        """A ConfigMap; nothing where it cannot be read."""
        path, what = f"{CORE}/namespaces/{namespace}/configmaps/{name}", f"read ConfigMap {namespace}/{name}"
        try:
            return None if self._silent else self._api.get(path, what=what)
        except ClusterError as error:
            self._silent = error.reason == "unreachable"
            return None


def dns(api: Api) -> Dns:
    """The Pods and Services of the cluster's DNS, which every Pod may depend on."""
    reader = _Reader(api)
    for namespace, of_pods, of_service in DNS:
        pods = reader.list(f"{CORE}/namespaces/{namespace}/pods", parse.pod, of_pods)
        services = reader.list(f"{CORE}/namespaces/{namespace}/services", parse.service, of_service)
        if pods or services:  # without a Pod it is still the address that every Pod asks
            return Dns(namespace, pods or (), (services or ())[:_MAX_DNS])
    return Dns()


def components(api: Api, served: t.Container[str], nodes: t.Iterable[Node]) -> dict[str, t.Any]:
    """The configuration of kube-proxy, of Cilium, flannel and Antrea where there is any, and of NodeLocal DNSCache.

    Args:
        api: the cluster.
        served: its API groups.
        nodes: of the cluster.
    """
    reader, of = _Reader(api), component_config
    found: dict[str, t.Any] = {
        "kube_proxy": of.kube_proxy(reader.config_map("kube-system", "kube-proxy"))
        or of.kube_proxy(reader.config_map("kube-system", "kube-proxy-config")),
        "node_local_dns": of.node_local_dns(reader.config_map("kube-system", "node-local-dns")),
    }
    if "cilium.io" in served:
        found["cilium"] = of.cilium(reader.config_map("kube-system", "cilium-config"))
    if "crd.antrea.io" in served:
        found["antrea"] = of.antrea(reader.config_map("kube-system", "antrea-config"))
    if any("flannel.alpha.coreos.com/backend-type" in node.annotations for node in nodes):
        found["flannel"] = of.flannel(reader.config_map("kube-flannel", "kube-flannel-cfg"))
    return found


def beyond(
    api: Api, snapshot: Snapshot, of_dns: Dns, dialled: t.Mapping[str, service_references.Dialled]
) -> Beyond | None:
    """What other namespaces have of the cluster's DNS, behind addresses of Ingresses and Gateways, and by names.

    A name is one that Pods use for a Service of a selected namespace, which has none of that name. A Service is there
    with its endpoints or not at all: without them it would look as if nobody served it.

    Args:
        api: the cluster.
        snapshot: of what was selected.
        of_dns: the cluster's DNS.
        dialled: the hosts and ports that Pods name, by C(namespace/name) of the Pod.
    """
    if not snapshot.selected:
        return None
    reader = _Reader(api)
    found = [_behind(reader, each, pods=False) for each in of_dns.services if of_dns.namespace not in snapshot.selected]
    named, unread = _named(reader, snapshot, dialled)
    there = {each.id: each for each in (*_balancers(reader, snapshot), *named)}
    found += [_behind(reader, each) for each in list(there.values())[:_MAX_SERVICES]]
    parts = [part for part in found if part is not None]
    return Beyond(
        tuple({pod.id: pod for part in parts for pod in part.pods}.values()),
        tuple(service for part in parts for service in part.services),
        tuple(each for part in parts for each in part.endpoint_slices),
        tuple({policy.id: policy for part in parts for policy in part.network_policies}.values()),
        unread,
    )


def _balancers(reader: _Reader, snapshot: Snapshot) -> list[Service]:
    """The Services in other namespaces that have an address of an Ingress or a Gateway."""
    wanted = {address for ingress in snapshot.ingresses for address in ingress.addresses}
    wanted |= {address for gateway in snapshot.gateways for address in gateway.addresses}
    wanted -= {address for service in snapshot.services for address in service.external_addresses}
    if not wanted:
        return []
    there = reader.list(f"{CORE}/services", parse.service, field_selector="spec.type=LoadBalancer") or ()
    known = {service.id for service in snapshot.services}
    return [each for each in there if wanted.intersection(each.external_addresses) and each.id not in known]


def _named(
    reader: _Reader, snapshot: Snapshot, dialled: t.Mapping[str, service_references.Dialled]
) -> tuple[list[Service], tuple[str, ...]]:
    """The Services in other namespaces that have a name and a port which Pods look for in a selected one in vain.

    Beside them, the names for which the Services of the cluster could not be listed.
    """
    known = {service.id for service in snapshot.services}
    ports: dict[str, set[int]] = {}
    for pod, named in sorted(dialled.items()):
        for host, port in sorted(named):
            meant = list(service_references.services_meant(host, pod.partition("/")[0]))
            namespace, _slash, name = meant[0].partition("/") if meant else ("", "", "")
            if namespace in snapshot.selected and name != "localhost" and known.isdisjoint(meant):
                ports.setdefault(name, set()).add(port)
    found, unread = list[Service](), list[str]()
    for name in list(ports)[:_MAX_NAMES]:
        there = reader.list(f"{CORE}/services", parse.service, field_selector=f"metadata.name={name}")
        unread += [name] if there is None else []
        has_port = (each for each in there or () if any(port.port in ports[name] for port in each.ports))
        found += [each for each in has_port if each.id not in known]
    return found, tuple(unread)


def _behind(reader: _Reader, service: Service, pods: bool = True) -> Beyond | None:
    """A Service with its endpoints, the Pods that it selects and the policies of its namespace."""
    own = f"namespaces/{service.namespace}"
    slices = reader.list(
        f"{DISCOVERY}/{own}/endpointslices", parse.endpoint_slice, f"kubernetes.io/service-name={service.name}"
    )
    if slices is None:
        return None
    labels = ",".join(f"{name}={value}" for name, value in sorted(service.selector.items()))
    selected = reader.list(f"{CORE}/{own}/pods", parse.pod, labels) if pods and labels else ()
    policies = reader.list(f"{NETWORKING}/{own}/networkpolicies", parse.network_policy)
    return Beyond(selected or (), (service,), slices, policies or ())
