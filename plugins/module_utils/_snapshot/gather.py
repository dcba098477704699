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
import itertools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import PAGE_SIZE, Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._threads import Pool

from . import gather_beyond, parse, service_references
from .fields import OddObject, string
from .gather_beyond import DNS
from .kinds import ADDONS, CORE, DISCOVERY, KINDS, Kind, served_addons
from .model import ApiEndpoint, Missing, Snapshot
from .served import Resources, groups

Read = tuple[str, str, str, str]  #: verb, resource, API group and namespace, which is empty for the whole cluster

BUDGET = 64
_MAX_PARALLEL = 8  #: lists; where none of them answers, they end after a few times the time that one may take
_MAX_NAMED = 20  #: objects of one list that could not be read; the rest is counted

#: What makes every further request fail as well.
_HOPELESS = ("unreachable", "untrusted", "unauthorized", "not_an_api_server", "no_credentials")

_NAMESPACED = sum(kind.namespaced for kind in KINDS)
#: Up to this many namespaces are asked one by one; beyond it the whole cluster is listed and cut down here.
MAX_NAMESPACES = (BUDGET - 6 - gather_beyond.MOST_REQUESTS - (len(KINDS) - _NAMESPACED)) // _NAMESPACED


@dataclasses.dataclass(frozen=True)
class Scope:
    """What to read: namespaces (none means all) and the selectors of Pods."""

    namespaces: tuple[str, ...] = ()
    label_selectors: tuple[str, ...] = ()
    field_selectors: tuple[str, ...] = ()


@dataclasses.dataclass
class _List:
    """One list call and what came of it."""

    kind: Kind
    namespace: str  #: the only one that is listed; empty for all
    records: list[t.Any] = dataclasses.field(default_factory=list)
    odd: list[Missing] = dataclasses.field(default_factory=list)
    dialled: dict[str, service_references.Dialled] = dataclasses.field(default_factory=dict)  #: by Pod
    error: ClusterError | None = None  #: why it is not all there


def gather(api: Api, selection: Scope, page_size: int = PAGE_SIZE) -> Snapshot:
    """Read the cluster.

    A list that fails, and an object that cannot be read, are named in C(Snapshot.missing) with what would help.

    Raises:
        ClusterError: the server cannot be reached or refuses us altogether, no list succeeds, or a namespace or
            selector that was asked for matches nothing.
    """
    before = api.requests
    version = _version(api)
    with Pool(_MAX_PARALLEL) as pool:
        versions = pool.submit(groups, api)
        lists = [pool.submit(_read, api, each, selection, page_size) for each in _lists(KINDS, selection)]
        served = versions.result()
        addons = _lists(served_addons(served), selection)
        lists += [pool.submit(_read, api, each, selection, page_size) for each in addons]
        api_server, of_dns = pool.submit(_api_server, api), pool.submit(gather_beyond.dns, api)
        done = [each.result() for each in lists]
        _assert_some(done)
        _leave_out_unserved(api, done)
        snapshot = _joined_snapshot(api, selection, done, served, version)
        _assert_matches(snapshot, selection)
        dns = of_dns.result()
        components = pool.submit(gather_beyond.components, api, served or (), snapshot.nodes)
        beyond = pool.submit(gather_beyond.beyond, api, snapshot, dns)
        snapshot = dataclasses.replace(
            snapshot,
            dns_pods=dns.pods,
            dns_addresses=tuple(address for service in dns.services for address in service.cluster_ips),
            beyond=beyond.result(),
            **api_server.result(),
            **components.result(),
        )
    return dataclasses.replace(snapshot, requests=api.requests - before)


def _joined_snapshot(
    api: Api, selection: Scope, done: t.Sequence[_List], served: dict[str, list[str]] | None, version: str
) -> Snapshot:
    records = _joined(done)
    dialled = {pod: found for each in done for pod, found in each.dialled.items()}
    return Snapshot(
        taken=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        server=api.connection.server,
        version=version,
        api_groups=served or {},
        missing=tuple(missing for each in done for missing in _missing(each)),
        selected=tuple(selection.namespaces),
        namespace=api.connection.namespace,
        references=service_references.find(dialled, records.get("services", ())),
        **records,
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
    done = [_read(api, each, selection, PAGE_SIZE) for each in _lists(kinds, selection)]
    if any(each.error or each.odd for each in done):
        return None
    return dataclasses.replace(snapshot, **_joined(done))


def survey(api: Api, fields: t.Collection[str], selection: Scope = Scope()) -> Snapshot:
    """Read only the lists that fill some fields of a snapshot; one that cannot be read is in C(missing)."""
    kinds = [kind for kind in (*KINDS, *ADDONS) if kind.field in fields]
    with Pool(_MAX_PARALLEL) as pool:
        reading = [pool.submit(_read, api, each, selection, PAGE_SIZE) for each in _lists(kinds, selection)]
        done = [each.result() for each in reading]
    for each in done:
        if each.error and each.error.reason in _HOPELESS:
            raise each.error
    missing = tuple(missing for each in done for missing in _missing(each))
    return Snapshot(taken="", server=api.connection.server, missing=missing, **_joined(done))


def _joined(done: t.Iterable[_List]) -> dict[str, t.Any]:
    records: dict[str, t.Any] = {}
    versions: dict[str, str] = {}
    for each in done:
        if each.error is None:
            versions.setdefault(each.kind.full_name, each.kind.version)
        if versions.get(each.kind.full_name) in (None, each.kind.version):  # not the same objects in another version
            records[each.kind.field] = records.get(each.kind.field, ()) + tuple(each.records)
    return records


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


def _lists(kinds: t.Iterable[Kind], selection: Scope) -> list[_List]:
    names = selection.namespaces if len(selection.namespaces) <= MAX_NAMESPACES else ()
    return [_List(kind, name) for kind in kinds for name in ((names if kind.namespaced else ()) or ("",))]


def _read(api: Api, asked: _List, selection: Scope, page_size: int) -> _List:
    """Carry out one list call; what came before it failed is kept."""
    kind, params = asked.kind, {}
    if kind.field == "pods":
        if selection.label_selectors:
            params["labelSelector"] = ",".join(selection.label_selectors)
        if selection.field_selectors:
            params["fieldSelector"] = ",".join(selection.field_selectors)
    part = f"namespaces/{asked.namespace}/" if asked.namespace else ""
    what = f"list {kind.resource}" + (f" in namespace {asked.namespace}" if asked.namespace else "")
    wanted = selection.namespaces if kind.namespaced and not asked.namespace else ()
    bases, expired = list(kind.bases), False
    while bases:
        asked.records, asked.odd, asked.dialled, asked.error = [], [], {}, None
        try:
            for place, item in enumerate(api.list(f"{bases[0]}/{part}{kind.resource}", params, what, page_size, False)):
                _take(asked, item, place, wanted)
        except ClusterError as error:
            asked.error = error
            if error.status == 410 and not expired:
                expired = True  # the continue token: only a new list is of one moment (API concepts, "chunks")
                continue
            if error.status == 404 and len(bases) > 1:
                del bases[0]  # the group's older version may have it
                continue
        break
    return asked


def _take(asked: _List, item: t.Any, place: int, wanted: t.Collection[str]) -> None:
    kind = asked.kind
    namespace, name = "", f"number {place + 1} of the list"
    try:
        if not isinstance(item, dict):
            raise OddObject("it is no object")
        namespace = string(item, "metadata", "namespace")
        name = string(item, "metadata", "name") or name
        if not wanted or namespace in wanted:
            asked.records.append(kind.read(item))
            if kind.field == "pods" and (found := service_references.dialled(item)):
                asked.dialled[f"{namespace}/{name}"] = found
    except OddObject as error:
        where = f"-n {namespace} " if namespace else ""
        look = f"look at it with 'kubectl get {kind.full_name} {where}{name} -o yaml'"
        asked.odd.append(Missing(kind.full_name, f"it cannot be read: {error}", look, namespace, name))


def _missing(done: _List) -> t.Iterator[Missing]:
    kind, error = done.kind, done.error
    yield from itertools.islice(done.odd, _MAX_NAMED)
    if len(done.odd) > _MAX_NAMED:
        rest = f"{len(done.odd) - _MAX_NAMED} more of them cannot be read"
        yield Missing(kind.full_name, rest, namespace=done.namespace)
    if error is None:
        return
    what = kind.full_name if kind.addon else kind.resource
    if error.status == 404:
        # The cluster does not serve this kind. Of a group of CRDs it may serve only some.
        if not kind.addon:
            yield Missing(what, f"{kind.base[6:]} {kind.resource} is not served by this cluster")
        return
    yield Missing(what, str(error), _remedy(kind, error), done.namespace)


def _leave_out_unserved(api: Api, done: t.Iterable[_List]) -> None:
    """Forget that an addon may not be listed where the cluster does not serve it."""
    there = Resources(api)
    for each in done:
        kind, error = each.kind, each.error
        if kind.addon and error and error.reason == "forbidden" and not there.may_have(kind.bases, kind.resource):
            each.error = None


def _remedy(kind: Kind, error: ClusterError) -> str:
    if error.reason == "forbidden":
        return kind.rule
    if kind.addon:
        served_by = f"kubectl get apiservice {kind.version}.{kind.group}; kubectl describe crd {kind.full_name}"
        return f"check which server serves it, and why it does not answer: {served_by}"
    return error.remedy or "run again when the API server answers"


def _assert_some(done: t.Sequence[_List]) -> None:
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
