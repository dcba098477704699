# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a run of M(kubewire.netdebug.net_probe) must be allowed to do, and what of it the API server allows."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._debug.admission import EXEC, Need
from .._probe.types import Source
from .._report.sanitize import sanitize
from .._snapshot.fields import OddObject, string
from .._snapshot.gather import Scope, reads
from .._snapshot.kinds import ADDONS
from .._snapshot.model import Snapshot
from .._threads import Pool
from .._vantage.created import ObjectKind
from . import vantage_points

#: What a right is for -> how people are told.
PURPOSES = {
    "snapshot": "read the cluster",
    "exec": "probe from containers",
    **{kind.purpose: kind.deed for kind in vantage_points.KINDS.values()},
}
_MAX_PARALLEL = 8
_MOST_SINGLE = 2  #: namespaces that are asked one by one; of more of them, the whole cluster is asked first


@dataclasses.dataclass(frozen=True)
class Right:
    """One right that the run needs: what for, and whether the API server allows it."""

    need: Need
    purpose: str
    allowed: bool = False

    @property
    def everywhere(self) -> Right:
        """The same in the whole cluster."""
        return dataclasses.replace(self, need=dataclasses.replace(self.need, namespace=""))

    def to_dict(self) -> dict[str, t.Any]:
        """As the module returns it."""
        need = self.need
        return {
            "namespace": need.namespace,
            "api_group": need.group,
            "resource": need.path,
            "verb": need.verb,
            "purpose": self.purpose,
            "allowed": self.allowed,
        }


def to_read(selection: Scope, served: t.Mapping[str, t.Sequence[str]]) -> list[Right]:
    """What the snapshot needs."""
    return [
        Right(Need(verb, resource, "", group, namespace), "snapshot")
        for verb, resource, group, namespace in reads(selection, served)
    ]


def needed(rights: t.Iterable[Right], snapshot: Snapshot) -> list[Right]:
    """The rights without those to read what the cluster does not serve, which a snapshot does not miss."""
    optional = {(kind.resource, kind.group): kind.full_name for kind in ADDONS}
    missing = {each.what for each in snapshot.missing}

    def is_needed(right: Right) -> bool:
        name = optional.get((right.need.resource, right.need.group))
        return right.allowed or right.purpose != "snapshot" or name is None or name in missing

    return list(filter(is_needed, rights))


def to_exec(namespace: str, version: str) -> list[Right]:
    """What an exec needs: over WebSocket C(get), from Kubernetes 1.35 on C(create) as well (kubernetes#134577)."""
    found = re.match(r"v1\.(\d+)", version)
    needless = "create" if found and int(found[1]) < 35 else ""
    return [Right(Need(*right, namespace), "exec") for right in EXEC if right[0] != needless]


def to_create(kind: ObjectKind, namespace: str) -> list[Right]:
    """What an object needs beside exec."""
    return [Right(Need(*right, namespace), kind.purpose) for right in kind.rights]


def of_echo(rights: t.Iterable[tuple[str, str, str, str]], version: str) -> t.Iterator[Right]:
    """What echo Pods need, and probing from them, in the whole cluster: their namespace is a new one in each run."""
    yield from to_exec("", version)
    for right in rights:
        yield Right(Need(*right, ""), "echo")


def of_run(
    asking: t.Sequence[Source], places: t.Collection[str], params: t.Mapping[str, t.Any], version: str
) -> t.Iterator[Right]:
    """What probing needs.

    Args:
        asking: the containers and nodes that ask.
        places: the namespaces of the Pods that nodes ask from.
        params: the options of the module.
        version: of the API server.
    """
    own = sorted({source.namespace for source in asking if source.kind == "pod"})
    created = dict.fromkeys(
        (namespace, point.creates)
        for point in vantage_points.for_sources(params, {source.kind for source in asking})
        for namespace in point.namespaces(own, params["debug_namespace"])
    )
    for namespace in sorted({*own, *places, *(namespace for namespace, _kind in created)}):
        yield from to_exec(namespace, version)
    for namespace, kind in created:
        yield from to_create(kind, namespace)


def review(api: Api, wanted: t.Iterable[Right]) -> list[Right]:
    """Ask the API server for each right (SelfSubjectAccessReview); each once, and several at once.

    Where many namespaces need the same right, the whole cluster is asked first: that includes each of them.

    Raises:
        ClusterError: the question itself failed.
    """
    rights = list(wanted)
    needs = list(dict.fromkeys(right.need for right in rights))
    alike: dict[Need, list[Need]] = {}
    for need in needs:
        alike.setdefault(dataclasses.replace(need, namespace=""), []).append(need)
    everywhere = [whole for whole, own in alike.items() if len(own) > _MOST_SINGLE]
    allowed = _ask(api, everywhere)
    left = (need for whole, own in alike.items() if not allowed.get(whole) for need in own)
    allowed.update(_ask(api, [need for need in left if need not in allowed]))

    def is_allowed(need: Need) -> bool:
        return allowed.get(need, False) or allowed.get(dataclasses.replace(need, namespace=""), False)

    return [dataclasses.replace(right, allowed=is_allowed(right.need)) for right in rights]


def _ask(api: Api, needs: t.Sequence[Need]) -> dict[Need, bool]:
    def ask(need: Need) -> bool:
        return api.may(need.verb, need.resource, need.namespace, need.subresource, need.group)

    with Pool(_MAX_PARALLEL) as pool:
        return dict(zip(needs, pool.map(ask, needs)))  # noqa: B905 - not in Python 3.9


def who(api: Api) -> str:
    """The name that the API server knows us by (SelfSubjectReview, Kubernetes 1.28); empty where it does not say."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = api.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", body, "review the current user")
        return sanitize(string(answer, "status", "userInfo", "username"))
    except (ClusterError, OddObject):
        return ""
