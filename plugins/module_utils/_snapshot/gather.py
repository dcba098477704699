# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Take a snapshot: fixed list calls, side by side, paged, and discovery only of what may not be listed.

Two requests for versions, up to four for the API server's own Service and for the Pods of the cluster's DNS, eight
lists when it reads the whole cluster, and up to C(MOST_REQUESTS) for what a verdict needs beside them. Never more than
C(BUDGET) beyond the further pages of large lists, and for the kinds of C(ADDONS) that are served one list for each
version and, where it may not be listed, one request for what the version has.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import PAGE_SIZE, Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._threads import Pool

from . import entry_references, gather_beyond, lists, parse, service_references
from .clean_text import clean
from .entries import survey as ways_in
from .fields import Json, OddObject, string
from .gather_beyond import DNS
from .gather_workloads import TRAFFIC, WorkloadReader
from .kinds import ADDONS, CORE, DISCOVERY, KINDS, Kind, served_addons
from .lists import ListCall
from .model import ApiEndpoint, Failure, Snapshot
from .served import Resources, groups

Read = tuple[str, str, str, str]  #: verb, resource, API group and namespace, which is empty for the whole cluster

BUDGET = 67
_MAX_PARALLEL = 8  #: lists; where none of them answers, they end after a few times the time that one may take

#: What makes every further request fail as well.
_HOPELESS = ("unreachable", "untrusted", "unauthorized", "not_an_api_server", "no_credentials")

#: Reasons that are a fault of the cluster, or of the way to it.
_OF_CLUSTER = ("unreachable", "untrusted", "server_error")

_NAMESPACED = sum(kind.namespaced for kind in KINDS)
#: Up to this many namespaces are asked one by one; beyond it the whole cluster is listed and cut down here.
MAX_NAMESPACES = (BUDGET - 6 - gather_beyond.MOST_REQUESTS - (len(KINDS) - _NAMESPACED)) // _NAMESPACED


@dataclasses.dataclass(frozen=True)
class Scope:
    """What to read: namespaces (none means all) and the selectors of Pods."""

    namespaces: tuple[str, ...] = ()
    label_selectors: tuple[str, ...] = ()
    field_selectors: tuple[str, ...] = ()


def gather(api: Api, selection: Scope, page_size: int = PAGE_SIZE, depth: str = TRAFFIC) -> Snapshot:
    """Read the cluster.

    A list that fails, and an object that cannot be read, are named in C(Snapshot.missing) with what would help; of what
    a greater depth adds, in C(Workloads.unknown).

    Args:
        api: the cluster.
        selection: of the namespaces and Pods.
        page_size: objects of a page.
        depth: one of C(DEPTHS).

    Raises:
        ClusterError: the server cannot be reached or refuses us altogether, no list succeeds, or a namespace or
            selector that was asked for matches nothing.
    """
    before = api.requests
    version = _version(api)
    deeper = None if depth == TRAFFIC else WorkloadReader(api, depth, page_size)
    dialled: dict[str, service_references.Dialled] = {}
    urls: dict[str, tuple[entry_references.Dialled, ...]] = {}
    look = functools.partial(_look, dialled, urls, deeper)
    with Pool(_MAX_PARALLEL) as pool:
        versions = pool.submit(groups, api)
        reading = [pool.submit(lists.read, api, each, page_size, look) for each in _lists(KINDS, selection)]
        served = versions.result()
        addons = _lists(served_addons(served), selection)
        reading += [pool.submit(lists.read, api, each, page_size) for each in addons]
        if deeper:
            deeper.begin(pool, selection.namespaces, MAX_NAMESPACES, served or ())
        api_server, of_dns = pool.submit(_api_server, api), pool.submit(gather_beyond.dns, api)
        done = [each.result() for each in reading]
        _assert_some(done)
        _leave_out_unserved(api, done)
        snapshot = _joined_snapshot(api, selection, done, served, version)
        _assert_matches(snapshot, selection)
        dns = of_dns.result()
        components = pool.submit(gather_beyond.components, api, served or (), snapshot.nodes)
        beyond = pool.submit(gather_beyond.beyond, api, snapshot, dns, dialled)
        behind = beyond.result()
        snapshot = dataclasses.replace(
            snapshot,
            dns_pods=dns.pods,
            dns_addresses=tuple(address for service in dns.services for address in service.cluster_ips),
            beyond=behind,
            references=service_references.find(dialled, snapshot.services),
            entry_references=entry_references.find(urls, snapshot.pods, ways_in(snapshot, snapshot.services).http),
            workloads=deeper.end(snapshot, dns.pods, behind) if deeper else None,
            **api_server.result(),
            **components.result(),
        )
    return dataclasses.replace(snapshot, requests=api.requests - before)


def _look(
    dialled: dict[str, service_references.Dialled],
    urls: dict[str, tuple[entry_references.Dialled, ...]],
    deeper: WorkloadReader | None,
    kind: Kind,
    item: Json,
) -> None:
    """Take what is kept of an object beside its record."""
    if kind.field == "pods":
        pod = "/".join(parse.identity_of(item).values())
        if found := service_references.dialled(item):
            dialled[pod] = found
        if named := entry_references.dialled(item):
            urls[pod] = named
    if deeper:
        deeper.look(kind, item)


def _joined_snapshot(
    api: Api, selection: Scope, done: t.Sequence[ListCall], served: dict[str, list[str]] | None, version: str
) -> Snapshot:
    return Snapshot(
        taken=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        server=api.connection.server,
        version=version,
        api_groups=served or {},
        missing=tuple(missing for each in done for missing in lists.missing(each)),
        selected=tuple(selection.namespaces),
        namespace=api.connection.namespace,
        **lists.joined(done),
    )


def failed(api: Api, error: ClusterError) -> Snapshot:
    """A snapshot in place of one that could not be taken.

    Raises:
        ClusterError: the same; it tells nothing of the cluster, but of what the user gave.
    """
    if error.reason not in _OF_CLUSTER:
        raise error
    return Snapshot(
        taken=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        server=api.connection.server,
        failure=Failure(error.reason, clean(str(error)), error.remedy),
        requests=api.requests,
    )


def reads(selection: Scope, served: t.Mapping[str, t.Sequence[str]]) -> t.Iterator[Read]:
    """Yield what a snapshot reads, as the API server's authorizer sees it; without what it does without.

    Args:
        selection: of the snapshot.
        served: the versions of each API group; an addon that is not served is not read.
    """
    for each in _lists((*KINDS, *served_addons(served)), selection):
        yield "list", each.kind.resource, each.kind.group, each.namespace
    yield "get", "services", "", "default"
    yield "list", "endpointslices", DISCOVERY.split("/")[2], "default"
    yield "list", "pods", "", DNS["route.openshift.io" in served][0]


def look_again(api: Api, snapshot: Snapshot) -> Snapshot | None:
    """Read the Pods, Services and EndpointSlices of a snapshot once more; nothing where they cannot all be read."""
    selection = Scope(snapshot.selected)
    kinds = [kind for kind in KINDS if kind.field in ("pods", "services", "endpoint_slices")]
    done = [lists.read(api, each, PAGE_SIZE) for each in _lists(kinds, selection)]
    if any(each.error or each.odd for each in done):
        return None
    return dataclasses.replace(snapshot, **lists.joined(done))


def survey(api: Api, fields: t.Collection[str], selection: Scope = Scope()) -> Snapshot:
    """Read only the lists that fill some fields of a snapshot; one that cannot be read is in C(missing)."""
    kinds = [kind for kind in (*KINDS, *ADDONS) if kind.field in fields]
    with Pool(_MAX_PARALLEL) as pool:
        reading = [pool.submit(lists.read, api, each, PAGE_SIZE) for each in _lists(kinds, selection)]
        done = [each.result() for each in reading]
    for each in done:
        if each.error and each.error.reason in _HOPELESS:
            raise each.error
    missing = tuple(missing for each in done for missing in lists.missing(each))
    return Snapshot(taken="", server=api.connection.server, missing=missing, **lists.joined(done))


def _version(api: Api) -> str:
    try:
        return string(api.get("/version", what="read the server's version"), "gitVersion")
    except OddObject:
        return ""
    except ClusterError as error:
        if error.reason in _HOPELESS:
            raise
        return ""


def _api_server(api: Api) -> dict[str, t.Any]:
    """The Service default/kubernetes and what is behind it: every Pod may depend on it, wherever it is."""
    found: dict[str, t.Any] = {}
    labels = {"labelSelector": "kubernetes.io/service-name=kubernetes"}
    try:
        service = api.get(f"{CORE}/namespaces/default/services/kubernetes", what="read Service default/kubernetes")
        own = parse.service(service)
        found["api_addresses"], found["api_ports"] = own.cluster_ips, tuple(port.port for port in own.ports)
        path = f"{DISCOVERY}/namespaces/default/endpointslices"
        slices = list(api.list(path, labels, "list endpoints of the API server"))
        found["api_endpoints"] = tuple(
            ApiEndpoint(address, port.port)
            for part in map(parse.endpoint_slice, slices)
            for port in part.ports
            for endpoint in part.endpoints
            for address in endpoint.addresses
        )
    except (ClusterError, OddObject):
        pass  # who may not read them asks the API server by name alone
    return found


def _lists(kinds: t.Iterable[Kind], selection: Scope) -> list[ListCall]:
    selectors = {"labelSelector": selection.label_selectors, "fieldSelector": selection.field_selectors}
    of_pods = {name: ",".join(given) for name, given in selectors.items() if given}
    return lists.calls(kinds, selection.namespaces, MAX_NAMESPACES, {"pods": of_pods})


def _leave_out_unserved(api: Api, done: t.Iterable[ListCall]) -> None:
    """Forget that an addon may not be listed where the cluster does not serve it."""
    there = Resources(api)
    for each in done:
        kind, error = each.kind, each.error
        if kind.addon and error and error.reason == "forbidden" and not there.may_have(kind.bases, kind.resource):
            each.error = None


def _assert_some(done: t.Sequence[ListCall]) -> None:
    """Go on with what there is, unless there is nothing."""
    errors = [each.error for each in done if each.error is not None and not each.records]
    if len(errors) < len(done) or not errors:
        return
    kind, error = done[0].kind, errors[0]
    if error.reason != "forbidden":
        raise error
    hint = "or name the namespaces you may read with O(namespaces)"
    raise ClusterError("forbidden", str(error), f"{kind.rule}; {hint}", error.status)


def _assert_matches(snapshot: Snapshot, selection: Scope) -> None:
    """Refuse a selection that can only be a mistake."""
    existing = {namespace.name for namespace in snapshot.namespaces}
    unknown = [name for name in selection.namespaces if existing and name not in existing]
    if unknown:
        raise ClusterError(
            "no_such_namespace",
            f"O(namespaces): {unknown[0]!r} does not exist on {snapshot.server}",
            f"existing namespaces are {', '.join(sorted(existing)[:20])}",
        )
    selectors = [*selection.label_selectors, *selection.field_selectors]
    if selectors and not snapshot.pods and not snapshot.unread("pods"):
        where = f"namespaces {', '.join(selection.namespaces)}" if selection.namespaces else "the whole cluster"
        raise ClusterError(
            "nothing_selected",
            f"O(label_selectors)/O(field_selectors): {', '.join(selectors)!r} matches no Pod in {where}",
            "check the labels with 'kubectl get pods --show-labels'",
        )
