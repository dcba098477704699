# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role of the cluster's DNS and its binding."""

from __future__ import annotations

import concurrent.futures
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import dns_access
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.fields import OddObject
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import AccessRules

ROLE = AccessRules("ClusterRole", "system:coredns")


def found(record: t.Any) -> tuple[dict[str, t.Any], dict[str, str]]:
    future: concurrent.futures.Future[t.Any] = concurrent.futures.Future()
    future.set_result(("roles", record))
    unknown: dict[str, str] = {}
    return dns_access.found([future], unknown), unknown


def test_what_was_read_and_what_is_not_there() -> None:
    assert found(ROLE) == ({"roles": (ROLE,)}, {})
    assert found(ClusterError("not_found", "not found", status=404)) == ({}, {})


def test_what_could_not_be_read_is_unknown() -> None:
    records, unknown = found(ClusterError("forbidden", "may not get it", status=403))
    assert records == {}
    assert unknown["dns_access"].startswith("may not get it; grant a ClusterRole with")
    assert found(OddObject("rules is a text"))[1] == {"dns_access": "rules is a text"}
