# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Read what lets the cluster's DNS watch Services: its role and the binding of that, by kubeadm's name for both.

Distributions keep that name. C(depth: all) lists all roles, and these among them.
"""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._threads import Pool

from . import parse_access
from .fields import OddObject

GROUP, NAME = "rbac.authorization.k8s.io", "system:coredns"
#: The field of C(Workloads) -> the resource, and what reads an object of it.
RESOURCES: dict[str, tuple[str, t.Callable[[t.Any], t.Any]]] = {
    "roles": ("clusterroles", parse_access.access_rules("ClusterRole")),
    "bindings": ("clusterrolebindings", parse_access.access_binding("ClusterRoleBinding")),
}


def begin(pool: Pool, api: Api) -> list[t.Any]:
    """Begin to read them."""
    return [pool.submit(_read, api, field) for field in RESOURCES]


def _read(api: Api, field: str) -> tuple[str, t.Any]:
    """An object, or why it could not be read."""
    resource, read = RESOURCES[field]
    try:
        return field, read(api.get(f"/apis/{GROUP}/v1/{resource}/{NAME}", what=f"read {resource} {NAME}"))
    except (ClusterError, OddObject) as error:
        return field, error


def found(reading: t.Iterable[t.Any], unknown: dict[str, str]) -> dict[str, tuple[t.Any, ...]]:
    """What was read, by its field; why it could not be is put into C(unknown). One that does not exist is no error."""
    records: dict[str, tuple[t.Any, ...]] = {}
    for field, record in (each.result() for each in reading):
        if not isinstance(record, Exception):
            records[field] = (record,)
        elif not isinstance(record, ClusterError) or record.status != 404:
            rule = f"grant a ClusterRole with apiGroups: [{GROUP}], resources: [{RESOURCES[field][0]}], verbs: [get]"
            forbidden = isinstance(record, ClusterError) and record.reason == "forbidden"
            unknown["dns_access"] = f"{record}; {rule}" if forbidden else str(record)
    return records
