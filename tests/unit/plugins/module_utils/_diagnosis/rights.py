# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot as it is taken without a right: the list is empty, and why it is so is there."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing, Snapshot


@dataclasses.dataclass(frozen=True)
class Right:
    """One right.

    Attributes:
        resource: that it lists, or gets.
        path: what the path of the request ends with.
        fact: that is not known without it.
        lists: fields of the snapshot that it fills.
        of_workloads: fields of the workloads that it fills.
        kinds: of the records of these fields, where it fills only a part of them.
    """

    resource: str
    path: str
    fact: str
    lists: tuple[str, ...] = ()
    of_workloads: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The part of a rule of a Role that grants it."""
        return f"resources: ['{self.resource}'], verbs: ['{'get' if self.resource == 'pods/log' else 'list'}']"

    def removed_from(self, seen: Snapshot) -> Snapshot:
        """The snapshot without it."""
        reason, remedy = f"cannot list {self.resource}: forbidden", f"grant a ClusterRole with {self.said}"
        change: dict[str, t.Any] = dict.fromkeys(self.lists, ())
        if self.lists:
            change["missing"] = (*seen.missing, Missing(self.path.rpartition("/")[2], reason, remedy))
        if self.lists == ("pods",) and seen.beyond:
            change["beyond"] = dataclasses.replace(seen.beyond, pods=())
        if seen.workloads and self.of_workloads:
            left: dict[str, t.Any] = {
                field: tuple(
                    each for each in getattr(seen.workloads, field) if self.kinds and each.kind not in self.kinds
                )
                for field in self.of_workloads
            }
            unknown = {**seen.workloads.unknown, self.of_workloads[0]: f"{reason}; {remedy}"}
            if self.fact in ("secrets", "config_maps"):
                unknown = {**seen.workloads.unknown, self.fact: f"{reason}; {remedy}"}
            change["workloads"] = dataclasses.replace(seen.workloads, unknown=unknown, **left)
        return dataclasses.replace(seen, **change)


def _list(resource: str, field: str) -> Right:
    return Right(resource, f"/{resource}", field, (field,))


def _fact(resource: str, field: str, fact: str = "", **more: t.Any) -> Right:
    return Right(resource, f"/{resource}", fact or field, of_workloads=(field,), **more)


#: Each of docs/rbac/diagnose.yml that rules depend on, removed alone.
RIGHTS = (
    Right("pods", "/api/v1/pods", "pods", ("pods",), ("pods",)),
    Right("nodes", "/api/v1/nodes", "nodes", ("nodes",), ("nodes",)),
    _list("services", "services"),
    _list("endpointslices", "endpoint_slices"),
    _list("ingresses", "ingresses"),
    _list("ingressclasses", "ingress_classes"),
    _list("networkpolicies", "network_policies"),
    _list("namespaces", "namespaces"),
    _fact("events", "events"),
    Right("pods/log", "/log", "logs", of_workloads=("logs",)),
    _fact("replicasets", "owners", kinds=("ReplicaSet",)),
    _fact("deployments", "owners", kinds=("Deployment",)),
    _fact("resourcequotas", "quotas"),
    _fact("limitranges", "limit_ranges"),
    _fact("persistentvolumeclaims", "claims"),
    _fact("persistentvolumes", "volumes"),
    _fact("storageclasses", "storage_classes"),
    _fact("secrets", "keys", "secrets", kinds=("Secret",)),
    _fact("mutatingwebhookconfigurations", "webhooks", kinds=("MutatingWebhookConfiguration",)),
)
