# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The rights that a snapshot of some depth needs, what of them the API server allows, and which Role would grant it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._cluster.rest import Api
from .._debug import roles
from .._debug.admission import Need
from .._report import phrases
from .._report.text import wrap
from .._snapshot import gather, gather_workloads
from .._snapshot.gather import Scope
from .._snapshot.kinds import ADDONS, KINDS
from .._snapshot.kinds_workloads import ALL, WORKLOAD_KINDS
from .._threads import Pool
from . import probe_rights

Json = dict[str, t.Any]
#: The file of the collection that has the Roles.
ROLES = "docs/rbac/diagnose.yml"
_MAX_PARALLEL = 8
_WIDTH = 80
_NODES = "kube-node-lease"
#: Resources that only C(depth=all) lists.
_OF_ALL = frozenset((kind.resource, kind.group) for kind in WORKLOAD_KINDS if kind.depth == ALL)
_NAMESPACED = frozenset(
    (kind.resource, kind.group) for kind in (*KINDS, *ADDONS, *WORKLOAD_KINDS) if kind.namespaced
) | {("events", ""), ("pods/log", "")}


@dataclasses.dataclass(frozen=True)
class SnapshotRight:
    """One right that a snapshot needs.

    Attributes:
        verb: such as C(list).
        resource: with its part, such as C(pods/log).
        group: the API group; empty for the core group.
        namespace: where; empty for the whole cluster.
        name: of the one object; empty for all.
        role: the name of the Role or ClusterRole in C(ROLES) that grants it.
        allowed: what the API server says.
    """

    verb: str
    resource: str
    group: str
    namespace: str
    name: str
    role: str
    allowed: bool = False

    @property
    def need(self) -> Need:
        """The right as a Role grants it."""
        resource, _slash, part = self.resource.partition("/")
        return Need(self.verb, resource, part, self.group, self.namespace)

    def to_dict(self) -> Json:
        """As the module returns it."""
        named = {"name": self.name} if self.name else {}
        return {
            "namespace": self.namespace,
            "api_group": self.group,
            "resource": self.resource,
            "verb": self.verb,
            **named,
            "role": self.role,
            "allowed": self.allowed,
        }


def needed(depth: str, namespaces: t.Sequence[str], served: t.Mapping[str, t.Sequence[str]]) -> list[SnapshotRight]:
    """The rights of a snapshot, each once.

    Args:
        depth: one of C(DEPTHS).
        namespaces: that are read; none for all.
        served: the versions of each API group of the cluster.
    """
    most = gather.MAX_NAMESPACES
    listed = namespaces if len(namespaces) <= most else ()
    found = [
        (verb, resource, group, place, "kubernetes" if verb == "get" else "")
        for verb, resource, group, place in gather.reads(Scope(tuple(namespaces)), served)
    ]
    if depth != gather_workloads.TRAFFIC:
        found += gather_workloads.reads(depth, namespaces, most, served)
    return [SnapshotRight(*each, role=_role(*each[1:4], bool(each[4]), listed)) for each in dict.fromkeys(found)]


def _role(resource: str, group: str, namespace: str, is_one: bool, listed: t.Sequence[str]) -> str:
    """The name of the Role that grants a right."""
    if resource == "secrets":
        return "kubewire-diagnose-secrets"
    if (resource, group) in _OF_ALL:
        return "kubewire-diagnose-all"
    if not namespace:
        return "kubewire-diagnose" if (resource, group) not in _NAMESPACED else "kubewire-diagnose-everywhere"
    if namespace == _NODES:
        return "kubewire-diagnose-node-leases"
    if is_one:
        return "kubewire-diagnose-api-server" if resource == "services" else "kubewire-diagnose-components"
    if namespace in listed and resource != "leases":
        return "kubewire-diagnose"
    return "kubewire-diagnose-api-server" if namespace == "default" else "kubewire-diagnose-components"


def review(api: Api, rights: t.Sequence[SnapshotRight]) -> list[SnapshotRight]:
    """Ask the API server for each right (SelfSubjectAccessReview), several at once.

    Raises:
        ClusterError: the question itself failed.
    """

    def ask(right: SnapshotRight) -> bool:
        need = right.need
        return api.may(need.verb, need.resource, need.namespace, need.subresource, need.group, right.name)

    with Pool(_MAX_PARALLEL) as pool:
        return [dataclasses.replace(each, allowed=may) for each, may in zip(rights, pool.map(ask, rights))]  # noqa: B905 - not in Python 3.9


def check(api: Api, depth: str, namespaces: t.Sequence[str], served: t.Mapping[str, t.Sequence[str]]) -> Json:
    """What check mode returns: every right, the Roles that grant what is missing, and both as text."""
    rights = review(api, needed(depth, namespaces, served))
    lacks = [right for right in rights if not right.allowed]
    role = roles.missing((right.need for right in lacks), probe_rights.who(api)) if lacks else ""
    return {"authorisation": [right.to_dict() for right in rights], "role": role, "text": _text(depth, rights, role)}


def _text(depth: str, rights: t.Sequence[SnapshotRight], role: str) -> str:
    lacks = [right for right in rights if not right.allowed]
    what = f"the {phrases.count(len(rights), 'right')} that a snapshot with depth={depth} needs"
    if not lacks:
        return "\n".join(wrap(f"SNAPSHOT  Every one of {what} is allowed.", _WIDTH, "  ", "")) + "\n"
    lines = wrap(f"RIGHTS ARE MISSING  {len(lacks):,} of {what}. What they read is unknown.", _WIDTH, "  ", "")
    grouped: dict[tuple[str, str], list[str]] = {}
    for right in lacks:
        named = f" {right.name}" if right.name else ""
        grouped.setdefault((right.role, right.namespace), []).append(f"{right.verb} {right.resource}{named}")
    for (name, namespace), those in grouped.items():
        where = f"in namespace {namespace}" if namespace else "in the whole cluster"
        kind = "Role" if namespace else "ClusterRole"
        lines += wrap(f"{where}: {', '.join(those)}: {kind} {name} of {ROLES} grants it", _WIDTH, "    ", "  ")
    return "\n".join([*lines, "", "To grant what is not allowed (result: role)", "", *role.splitlines()]) + "\n"
