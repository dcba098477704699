# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what greater depths read: each kind where it is served, each with the fact that it is."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import JSON, TABLE
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds_workloads import (
    WORKLOAD_KINDS,
    WorkloadKind,
    at_depth,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    FURTHER_FACTS,
    Workloads,
)

FIELDS = {field.name for field in dataclasses.fields(Workloads)}


@pytest.mark.parametrize("kind", WORKLOAD_KINDS, ids=lambda kind: kind.full_name)
def test_a_kind_fills_a_field_and_names_its_fact(kind: WorkloadKind) -> None:
    assert kind.field in FIELDS | {"node_leases"}
    assert kind.fact in FIELDS | FURTHER_FACTS
    assert "verbs: ['list']" in kind.rule


def test_each_kind_is_listed_once() -> None:
    paths = [(kind.base, kind.resource, kind.only_in) for kind in WORKLOAD_KINDS]
    assert len(set(paths)) == len(paths)


def test_secrets_and_config_maps_are_read_whole_only_for_their_keys() -> None:
    for depth, accept in (("workloads", TABLE), ("all", JSON)):
        found = {kind.resource: kind.accept for kind in at_depth(depth)}
        assert (found["secrets"], found["configmaps"], found["deployments"]) == (accept, accept, JSON)


def test_what_only_depth_all_reads() -> None:
    fewer = {kind.full_name for kind in at_depth("workloads")}
    more = {kind.full_name for kind in at_depth("all")} - fewer
    rbac = ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
    assert more == {
        "jobs.batch",
        "cronjobs.batch",
        *(f"{name}.rbac.authorization.k8s.io" for name in rbac),
    }
