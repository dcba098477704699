# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Take a snapshot: fixed list calls, side by side, paged, without discovery.

Two requests for versions, up to four for the API server's own Service and for the cluster's DNS, and eight lists when
it reads the whole cluster, never more than C(BUDGET) beyond the further pages of large lists and one list for each kind
of C(FURTHER) that is served.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import PAGE_SIZE, Api

from . import parse, parse_extensions
from .model import ApiEndpoint, Missing, Pod, Snapshot

BUDGET = 40


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind that is listed: where it is served and what reads it."""

    field: str
    base: str
    resource: str
    read: t.Callable[[dict[str, t.Any]], t.Any]
    namespaced: bool = True

    @property
    def group(self) -> str:
        """The API group; empty for the core."""
        return "" if self.base == CORE else self.base.split("/")[2]

    @property
    def version(self) -> str:
        """The API version in its group."""
        return self.base.rsplit("/", 1)[-1]


CORE, NETWORKING = "/api/v1", "/apis/networking.k8s.io/v1"
KINDS = (
    Kind("pods", CORE, "pods", parse.pod),
    Kind("services", CORE, "services", parse.service),
    Kind("endpoint_slices", "/apis/discovery.k8s.io/v1", "endpointslices", parse.endpoint_slice),
    Kind("ingresses", NETWORKING, "ingresses", parse.ingress),
    Kind("network_policies", NETWORKING, "networkpolicies", parse.network_policy),
    Kind("nodes", CORE, "nodes", parse.node, namespaced=False),
    Kind("namespaces", CORE, "namespaces", parse.namespace, namespaced=False),
    Kind("ingress_classes", NETWORKING, "ingressclasses", parse.ingress_class, namespaced=False),
)


#: Where the Pods of the cluster's DNS are, and their labels: upstream's addon and OpenShift's operator.
DNS = (("kube-system", "k8s-app=kube-dns"), ("openshift-dns", "dns.operator.openshift.io/daemonset-dns=default"))


def _policies(base: str, resource: str, kind: str, namespaced: bool = False) -> Kind:
    return Kind("foreign_policies", base, resource, parse_extensions.foreign_policy(kind), namespaced)


_GATEWAY, _CALICO = "/apis/gateway.networking.k8s.io/v1", "/apis/crd.projectcalico.org/v1"
_CILIUM, _SIG = "/apis/cilium.io/v2", "/apis/policy.networking.k8s.io"
#: Kinds of add-ons: listed where their group and version are served, and no loss where they are not.
FURTHER = (
    # All of them: what they serve is in other namespaces than their own.
    Kind("gateways", _GATEWAY, "gateways", parse_extensions.gateway, namespaced=False),
    Kind("http_routes", _GATEWAY, "httproutes", parse_extensions.http_route),
    Kind("routes", "/apis/route.openshift.io/v1", "routes", parse_extensions.route),
    _policies(_CILIUM, "ciliumnetworkpolicies", "CiliumNetworkPolicy", namespaced=True),
    _policies(_CILIUM, "ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy"),
    _policies(_CALICO, "networkpolicies", "Calico NetworkPolicy", namespaced=True),
    _policies(_CALICO, "globalnetworkpolicies", "GlobalNetworkPolicy"),
    _policies(f"{_SIG}/v1alpha1", "adminnetworkpolicies", "AdminNetworkPolicy"),
    _policies(f"{_SIG}/v1alpha1", "baselineadminnetworkpolicies", "BaselineAdminNetworkPolicy"),
    _policies(f"{_SIG}/v1alpha2", "clusternetworkpolicies", "ClusterNetworkPolicy"),
)
_NAMESPACED = sum(kind.namespaced for kind in KINDS)
#: Up to this many namespaces are asked one by one; beyond it the whole cluster is listed and cut down here.
MAX_NAMESPACES = (BUDGET - 6 - (len(KINDS) - _NAMESPACED)) // _NAMESPACED


@dataclasses.dataclass(frozen=True)
class Selection:
    """What to read: namespaces (none means all) and the selectors of Pods."""

    namespaces: tuple[str, ...] = ()
    label_selectors: tuple[str, ...] = ()
    field_selectors: tuple[str, ...] = ()


def gather(api: Api, selection: Selection, page_size: int = PAGE_SIZE) -> Snapshot:
    """Read the cluster.

    A list that is refused is named in C(Snapshot.missing) with the way out; only Pods are indispensable.

    Raises:
        ClusterError: the server cannot be reached or refuses us altogether, Pods may not be listed, or a namespace
            or selector that was asked for matches nothing.
    """
    before = api.requests
    version = api.get("/version", what="read the server's version").get("gitVersion", "")
    with concurrent.futures.ThreadPoolExecutor(max_workers=4, thread_name_prefix="list") as pool:
        groups = pool.submit(_served, api)
        lists = [(kind, pool.submit(_list, api, kind, selection, page_size)) for kind in KINDS]
        served = groups.result()
        further = [kind for kind in FURTHER if kind.version in served.get(kind.group, [])]
        lists += [(kind, pool.submit(_list, api, kind, selection, page_size)) for kind in further]
        api_server, dns_pods = pool.submit(_api_server, api), pool.submit(_dns_pods, api)
        found, missing = _collect(lists)
    snapshot = Snapshot(
        taken=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        server=api.connection.server,
        version=version,
        api_groups=served,
        missing=tuple(missing),
        selected=tuple(selection.namespaces),
        requests=api.requests - before,
        dns_pods=dns_pods.result(),
        **api_server.result(),
        **found,
    )
    _assert_matches(snapshot, selection)
    return snapshot


def _served(api: Api) -> dict[str, list[str]]:
    try:
        groups = api.get("/apis", what="read the served API groups").get("groups") or []
    except ClusterError:
        return {}
    return {group["name"]: [version["version"] for version in group.get("versions") or []] for group in groups}


def _api_server(api: Api) -> dict[str, t.Any]:
    """The Service default/kubernetes and what is behind it: every Pod may depend on it, wherever it is."""
    found: dict[str, t.Any] = {}
    labels = {"labelSelector": "kubernetes.io/service-name=kubernetes"}
    try:
        service = api.get(f"{CORE}/namespaces/default/services/kubernetes", what="read Service default/kubernetes")
        found["api_addresses"] = parse.service(service).cluster_ips
        slices = api.list(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", labels, "list endpoints of the API server"
        )
        found["api_endpoints"] = tuple(
            ApiEndpoint(address, port.port)
            for part in map(parse.endpoint_slice, slices)
            for port in part.ports
            for endpoint in part.endpoints
            for address in endpoint.addresses
        )
    except ClusterError:
        pass  # who may not read them asks the API server by name alone
    return found


def _dns_pods(api: Api) -> tuple[Pod, ...]:
    """The Pods of the cluster's DNS, which every Pod may depend on, wherever they are."""
    for namespace, labels in DNS:
        try:
            what = f"list pods of the cluster's DNS in namespace {namespace}"
            found = list(api.list(f"{CORE}/namespaces/{namespace}/pods", {"labelSelector": labels}, what))
        except ClusterError:
            continue
        if found:
            return tuple(map(parse.pod, found))
    return ()


def _list(api: Api, kind: Kind, selection: Selection, page_size: int) -> tuple[t.Any, ...]:
    params = {}
    if kind.field == "pods":
        if selection.label_selectors:
            params["labelSelector"] = ",".join(selection.label_selectors)
        if selection.field_selectors:
            params["fieldSelector"] = ",".join(selection.field_selectors)
    wanted = selection.namespaces if kind.namespaced else ()
    if wanted and len(wanted) <= MAX_NAMESPACES:
        items = (
            item
            for name in wanted
            for item in api.list(
                f"{kind.base}/namespaces/{name}/{kind.resource}",
                params,
                f"list {kind.resource} in namespace {name}",
                page_size,
            )
        )
        return tuple(map(kind.read, items))
    found = map(kind.read, api.list(f"{kind.base}/{kind.resource}", params, f"list {kind.resource}", page_size))
    return tuple(item for item in found if not wanted or item.namespace in wanted)


def _collect(
    lists: t.Iterable[tuple[Kind, concurrent.futures.Future[tuple[t.Any, ...]]]],
) -> tuple[dict[str, tuple[t.Any, ...]], list[Missing]]:
    found: dict[str, tuple[t.Any, ...]] = {}
    missing = []
    for kind, answer in lists:
        try:
            found[kind.field] = found.get(kind.field, ()) + answer.result()
        except ClusterError as error:
            if kind.field == "pods" or error.reason not in ("forbidden", "not_found"):
                raise _with_rule(error, kind) from None
            # 404 on a list: the cluster does not serve this kind. Of a group of CRDs it may serve only some.
            if error.reason == "not_found" and kind in FURTHER:
                continue
            served = error.reason == "forbidden"
            reason = str(error) if served else f"{kind.base[6:]} {kind.resource} is not served by this cluster"
            what = f"{kind.resource}.{kind.group}" if kind in FURTHER else kind.resource
            missing.append(Missing(what, reason, _rule(kind) if served else ""))
    return found, missing


def _rule(kind: Kind) -> str:
    where = "a Role in the namespace, or a ClusterRole" if kind.namespaced else "a ClusterRole"
    return f"grant {where} with apiGroups: ['{kind.group}'], resources: ['{kind.resource}'], verbs: ['list']"


def _with_rule(error: ClusterError, kind: Kind) -> ClusterError:
    if error.reason != "forbidden":
        return error
    hint = "; or name the namespaces you may read with the option namespaces" if kind.namespaced else ""
    return ClusterError("forbidden", str(error), _rule(kind) + hint, error.status)


def _assert_matches(snapshot: Snapshot, selection: Selection) -> None:
    """Refuse a selection that can only be a mistake."""
    existing = {namespace.name for namespace in snapshot.namespaces}
    unknown = [name for name in selection.namespaces if existing and name not in existing]
    if unknown:
        raise ClusterError(
            "no_such_namespace",
            f"namespaces: {unknown[0]!r} does not exist on {snapshot.server}",
            f"existing namespaces are {', '.join(sorted(existing)[:20])}",
        )
    selectors = [*selection.label_selectors, *selection.field_selectors]
    if selectors and not snapshot.pods:
        where = f"namespaces {', '.join(selection.namespaces)}" if selection.namespaces else "the whole cluster"
        raise ClusterError(
            "nothing_selected",
            f"label_selectors/field_selectors: {', '.join(selectors)!r} matches no Pod in {where}",
            "check the labels with 'kubectl get pods --show-labels'",
        )
