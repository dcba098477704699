# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One list call of a snapshot: what came of it, and what is missing where it failed."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api

from .fields import Json, OddObject, string
from .kinds import Kind
from .model import Missing

_MAX_NAMED = 20  #: objects of one list that could not be read; the rest is counted

Look = t.Callable[[Kind, Json], None]


@dataclasses.dataclass
class ListCall:
    """A list call and its result."""

    kind: Kind
    namespace: str  #: the only one that is listed; empty for all
    params: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    wanted: t.Collection[str] = ()  #: the namespaces whose objects are kept; none for all
    records: list[t.Any] = dataclasses.field(default_factory=list)
    odd: list[Missing] = dataclasses.field(default_factory=list)
    error: ClusterError | None = None  #: why it is not all there

    @property
    def remedy(self) -> str:
        """What would help where it failed."""
        kind, error = self.kind, self.error
        if error is None:
            return ""
        if error.reason == "forbidden":
            return kind.rule
        if kind.addon:
            served_by = f"kubectl get apiservice {kind.version}.{kind.group}; kubectl describe crd {kind.full_name}"
            return f"check which server serves it, and why it does not answer: {served_by}"
        return error.remedy or "run again when the API server answers"


def calls(
    kinds: t.Iterable[Kind],
    namespaces: t.Sequence[str],
    max_namespaces: int,
    params: t.Mapping[str, t.Mapping[str, str]] | None = None,
) -> list[ListCall]:
    """The list calls for some kinds.

    Args:
        kinds: to list.
        namespaces: whose objects are kept; none for all.
        max_namespaces: up to how many of them are listed one by one; of more, the whole cluster is.
        params: of the calls of a kind, by the field of the snapshot that it fills.
    """
    names = tuple(namespaces) if len(namespaces) <= max_namespaces else ()
    found = []
    for kind in kinds:
        for name in (names if kind.namespaced else ()) or ("",):
            wanted = namespaces if kind.namespaced and not name else ()
            found.append(ListCall(kind, name, (params or {}).get(kind.field, {}), wanted))
    return found


def read(api: Api, call: ListCall, page_size: int, look: Look | None = None) -> ListCall:
    """Carry out one list call; what came before it failed is kept.

    Args:
        api: the cluster.
        call: the call.
        page_size: objects of a page.
        look: is shown each object that is kept.
    """
    kind = call.kind
    part = f"namespaces/{call.namespace}/" if call.namespace else ""
    what = f"list {kind.resource}" + (f" in namespace {call.namespace}" if call.namespace else "")
    bases, expired = list(kind.bases), False
    while bases:
        call.records, call.odd, call.error = [], [], None
        path = f"{bases[0]}/{part}{kind.resource}"
        try:
            for place, item in enumerate(api.list(path, call.params, what, page_size, False, kind.accept)):
                _take(call, item, place, look)
        except ClusterError as error:
            call.error = error
            if error.status == 410 and not expired:
                expired = True  # the continue token: only a new list is of one moment (API concepts, "chunks")
                continue
            if error.status == 404 and len(bases) > 1:
                del bases[0]  # the group's older version may have it
                continue
        break
    return call


def _take(call: ListCall, item: t.Any, place: int, look: Look | None) -> None:
    kind = call.kind
    namespace, name = "", f"number {place + 1} of the list"
    try:
        if not isinstance(item, dict):
            raise OddObject("it is no object")
        namespace = string(item, "metadata", "namespace")
        name = string(item, "metadata", "name") or name
        if not call.wanted or namespace in call.wanted:
            call.records.append(kind.read(item))
            if look:
                look(kind, item)
    except OddObject as error:
        where = f"-n {namespace} " if namespace else ""
        remedy = f"look at it with 'kubectl get {kind.full_name} {where}{name} -o yaml'"
        call.odd.append(Missing(kind.full_name, f"it cannot be read: {error}", remedy, namespace, name))


def missing(done: ListCall) -> t.Iterator[Missing]:
    """What a call did not read, each with what would help."""
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
    yield Missing(what, str(error), done.remedy, done.namespace)


def joined(done: t.Iterable[ListCall]) -> dict[str, t.Any]:
    """The records of some calls, by the field that they fill."""
    records: dict[str, t.Any] = {}
    versions: dict[str, str] = {}
    for each in done:
        if each.error is None:
            versions.setdefault(each.kind.full_name, each.kind.version)
        if versions.get(each.kind.full_name) in (None, each.kind.version):  # not the same objects in another version
            records[each.kind.field] = records.get(each.kind.field, ()) + tuple(each.records)
    return records
