# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a debugging profile means: kubectl 1.36's six, as a table, and how one is applied to a container.

The source is C(kubectl/pkg/cmd/debug/profiles.go) of 1.36; KEP-1441's own table is older than the code. A test on the
lab compares every row with what kubectl itself creates.
"""

from __future__ import annotations

import dataclasses
import typing as t

STYLES = ("namespace", "node", "copy", "ephemeral")


@dataclasses.dataclass(frozen=True)
class Profile:
    """One row of the table.

    Attributes:
        clears: whether the container loses the security context it had.
        adds: capabilities appended to those it has.
        sets: fields of the security context that are set.
        clears_in_own_pod: whether a Pod of ours gets no security context at all, whatever C(adds) says.
        host_namespaces: whether a node Pod shares network, PIDs and IPC with its node.
        host_root: whether a node Pod sees the node's C(/) at C(/host).
        alters_copy: whether a copy loses annotations, probes and init containers unless kept, and shares its
            processes. Labels are always dropped by a profile that does not.
    """

    clears: bool = False
    adds: tuple[str, ...] = ()
    sets: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    clears_in_own_pod: bool = False
    host_namespaces: bool = False
    host_root: bool = False
    alters_copy: bool = True


TABLE: dict[str, Profile] = {
    "general": Profile(adds=("SYS_PTRACE",), clears_in_own_pod=True, host_namespaces=True, host_root=True),
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
    "legacy": Profile(host_namespaces=True, host_root=True, alters_copy=False),
}


def security_context(profile: str, style: str, existing: t.Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
    """Return the security context of the debug container, or nothing where it has none.

    Args:
        profile: one of C(PROFILES).
        style: one of C(STYLES). C(namespace) is judged as C(node): both are Pods of ours.
        existing: what the container has already, where a copy changes one of the application's own.
    """
    row = TABLE[profile]
    own_pod = style in ("namespace", "node")
    cleared = row.clears or (own_pod and row.clears_in_own_pod)
    context: dict[str, t.Any] = {} if cleared else dict(existing or {})
    context.update(row.sets)
    if row.adds and not (own_pod and row.clears_in_own_pod):
        capabilities = dict(context.get("capabilities") or {})
        context["capabilities"] = {**capabilities, "add": [*(capabilities.get("add") or []), *row.adds]}
    return context
