# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a debugging profile means: kubectl 1.36's six, as a table, and how one is applied to a container.

The source is C(pkg/cmd/debug/profiles.go) of kubectl 1.36; the table of KEP-1441 is older than the code. A test on the
lab compares every row with what kubectl itself creates.
"""

from __future__ import annotations

import dataclasses
import typing as t

STYLES = ("namespace", "node", "copy", "ephemeral")
OWN_POD = ("namespace", "node")  #: styles whose Pod is all ours


@dataclasses.dataclass(frozen=True)
class Profile:
    """One row of the table.

    Attributes:
        clears: whether the container loses the security context it had.
        adds: capabilities appended to those it has.
        sets: fields of the security context that are set.
        bare_own_pod: whether the container of a Pod of ours gets no security context, whatever the others say.
        host_namespaces: whether a node Pod shares network, processes and IPC with its node.
        host_root: whether a node Pod sees the node's C(/).
        alters_copy: whether a copy shares its processes, and loses labels, annotations and probes that are not to be
            kept. A copy that is not altered loses its labels and nothing else.
    """

    clears: bool = False
    adds: tuple[str, ...] = ()
    sets: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    bare_own_pod: bool = False
    host_namespaces: bool = False
    host_root: bool = False
    alters_copy: bool = True


TABLE: dict[str, Profile] = {
    "general": Profile(adds=("SYS_PTRACE",), bare_own_pod=True, host_namespaces=True, host_root=True),
    "baseline": Profile(clears=True),
    "restricted": Profile(
        clears=True,
        sets={
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "allowPrivilegeEscalation": False,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    ),
    "netadmin": Profile(adds=("NET_ADMIN", "NET_RAW"), host_namespaces=True),
    "sysadmin": Profile(sets={"privileged": True}, host_namespaces=True, host_root=True),
    "legacy": Profile(host_namespaces=True, host_root=True, alters_copy=False),  # kubectl removes it in 1.39
}
PROFILES = tuple(TABLE)


def security_context(profile: str, style: str, existing: t.Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
    """Return the security context of the debug container; an empty one means that it has none.

    Args:
        profile: a key of C(TABLE).
        style: one of C(STYLES); C(namespace) is judged as C(node).
        existing: what the container has already, where a copy changes one of the application's own.
    """
    row = TABLE[profile]
    if row.bare_own_pod and style in OWN_POD:
        return {}
    context = {**({} if row.clears else existing or {}), **row.sets}
    if row.adds:
        capabilities = context.get("capabilities") or {}
        context["capabilities"] = {**capabilities, "add": [*(capabilities.get("add") or ()), *row.adds]}
    return context
