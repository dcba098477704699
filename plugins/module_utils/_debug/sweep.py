# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What earlier runs left: found by label and age, never by name; removed by UID; what cannot be removed is told.

The cluster ends what we make by itself. This is for clusters where it did not: no TTL controller, a controller manager
that is down, a Pod on a node that is gone.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
from urllib.parse import quote

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._record import Record
from .._threads import Pool
from . import ephemeral, lifetime
from .own_namespace import NAMESPACES, VOLUMES
from .types import END, MANAGED_BY, RUN_ID, Left

Json = dict[str, t.Any]

#: kind -> path of its list, in a namespace and in all
KINDS = {
    "Pod": ("/api/v1/namespaces/{namespace}/pods", "/api/v1/pods"),
    "Job": ("/apis/batch/v1/namespaces/{namespace}/jobs", "/apis/batch/v1/jobs"),
}
#: kind -> path of its list, of what is in no namespace; a Namespace goes with all that is in it.
OF_CLUSTER = {"Namespace": NAMESPACES, "PersistentVolume": VOLUMES}
_OURS = {"labelSelector": f"{MANAGED_BY[0]}={MANAGED_BY[1]},{RUN_ID}"}
_MAX_PARALLEL = 8


@dataclasses.dataclass(frozen=True)
class Rules(Record):
    """Which of our objects are leftovers.

    Attributes:
        older_than: seconds; what was made longer ago is one, whatever its end. Past its end, every object is one.
        run_ids: only of these runs, and then whatever their age; empty means of every run.
        namespaces: only there; empty means everywhere we may look.
    """

    older_than: int
    run_ids: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


@dataclasses.dataclass
class Swept:
    """What a sweep did, or would do.

    Attributes:
        removed: objects that are gone now.
        young: objects of runs that still go on; they were left alone.
        left: what could not be removed, and why.
        unseen: namespaces that we may not look into.
    """

    removed: list[Left] = dataclasses.field(default_factory=list)
    young: list[Left] = dataclasses.field(default_factory=list)
    left: list[Left] = dataclasses.field(default_factory=list)
    unseen: list[str] = dataclasses.field(default_factory=list)


def sweep(api: Api, rules: Rules, dry: bool) -> Swept:
    """Remove what earlier runs left.

    Args:
        api: the API server.
        rules: which objects are leftovers.
        dry: only look.

    Raises:
        ClusterError: the cluster cannot be asked, or not one namespace may be looked into.
    """
    swept = Swept()
    places = _places(api, rules)
    leftovers: list[tuple[str, Json]] = []
    for namespace in places:
        try:
            found = [(kind, item) for kind in KINDS for item in _ours(api, kind, namespace)]
            records = _records(api, namespace, rules)
        except ClusterError as error:
            if error.reason != "forbidden" or len(places) == 1:
                raise
            swept.unseen.append(namespace)
            continue
        leftovers += _sorted(found, rules, swept)
        swept.left += records
    leftovers += _sorted(_of_cluster(api, rules), rules, swept)
    with Pool(_MAX_PARALLEL) as pool:
        reasons = list(pool.map(lambda entry: "" if dry else _remove(api, *entry), leftovers))
    for (kind, item), reason in zip(leftovers, reasons, strict=True):
        (swept.left if reason else swept.removed).append(_told(kind, item, reason))
    return swept


def _sorted(found: t.Iterable[tuple[str, Json]], rules: Rules, swept: Swept) -> t.Iterator[tuple[str, Json]]:
    """Yield the leftovers, and tell the others."""
    for kind, item in found:
        if _is_leftover(item, rules):
            yield kind, item
        elif not rules.run_ids:
            swept.young.append(_told(kind, item, "its run has not ended"))


def _of_cluster(api: Api, rules: Rules) -> t.Iterator[tuple[str, Json]]:
    """Our Namespaces and their PersistentVolumes, which have the same names; without the rights there are none."""
    for kind, path in OF_CLUSTER.items():
        try:
            for item in api.list(path, _OURS, f"list {kind}s"):
                is_wanted = not rules.namespaces or item["metadata"]["name"] in rules.namespaces
                if is_wanted and (item["metadata"].get("annotations") or {}).get(END):
                    yield kind, item
        except ClusterError as error:
            if error.reason != "forbidden":
                raise


def _places(api: Api, rules: Rules) -> list[str]:
    """Return the namespaces to look into; an empty name stands for all at once, where that is allowed."""
    if rules.namespaces:
        return list(dict.fromkeys(rules.namespaces))
    if all(api.may("list", resource, group=group) for resource, group in (("pods", ""), ("jobs", "batch"))):
        return [""]
    return sorted(item["metadata"]["name"] for item in api.list("/api/v1/namespaces", {}, "list namespaces"))


def _path(kind: str, namespace: str) -> str:
    one, everywhere = KINDS[kind]
    return one.format(namespace=quote(namespace, safe="")) if namespace else everywhere


def _ours(api: Api, kind: str, namespace: str) -> list[Json]:
    items = api.list(_path(kind, namespace), _OURS, f"list {kind}s {_where(namespace)}")
    return [item for item in items if (item["metadata"].get("annotations") or {}).get(END)]


def _records(api: Api, namespace: str, rules: Rules) -> list[Left]:
    """Ephemeral containers carry no labels, and nothing can remove them: they are only told."""
    if rules.run_ids:
        return []
    pods = api.list(_path("Pod", namespace), {}, f"list Pods {_where(namespace)}")
    return [entry for pod in pods if (pod["spec"].get("ephemeralContainers")) for entry in ephemeral.left(pod)]


def _is_leftover(item: Json, rules: Rules) -> bool:
    metadata = item["metadata"]
    if rules.run_ids:
        return metadata["labels"][RUN_ID] in rules.run_ids
    end, made = lifetime.read(metadata["annotations"][END]), lifetime.read(metadata["creationTimestamp"])
    now = lifetime.now()
    past = end is not None and end < now
    return past or (made is not None and made < now - datetime.timedelta(seconds=rules.older_than))


def _remove(api: Api, kind: str, item: Json) -> str:
    """Delete one; return why that was not possible, or an empty string."""
    metadata = item["metadata"]
    if kind == "Pod" and metadata.get("deletionTimestamp"):
        since = metadata["deletionTimestamp"]
        return f"it is being deleted since {since}: its node does not answer, or a finalizer holds it"
    try:
        if kind in OF_CLUSTER:
            options = {"propagationPolicy": "Background", "preconditions": {"uid": metadata["uid"]}}
            api.delete(f"{OF_CLUSTER[kind]}/{quote(metadata['name'], safe='')}", options, f"delete {kind}")
        elif kind == "Pod":
            lifetime.remove_pod(api, item, grace=1)
        else:
            lifetime.remove_owner(api, metadata["namespace"], metadata["name"], metadata["uid"])
    except ClusterError as error:
        return str(error)
    return ""


def _told(kind: str, item: Json, reason: str) -> Left:
    metadata = item["metadata"]
    state = {"Running": "running", "Succeeded": "ended", "Failed": "ended"}.get(
        (item.get("status") or {}).get("phase", ""), "unknown"
    )
    return Left(kind, metadata.get("namespace", ""), metadata["name"], state, metadata["annotations"][END], reason)


def _where(namespace: str) -> str:
    return f"in namespace {namespace}" if namespace else "in all namespaces"
