# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of objects while they are listed, and how much of it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import details
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.details import Details
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds import KINDS
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds_workloads import WORKLOAD_KINDS

READY = [{"type": "Ready", "status": "True"}]
BY_NAME = {kind.full_name: kind for kind in (*KINDS, *WORKLOAD_KINDS)}


def pod(name: str, well: bool = True) -> dict[str, t.Any]:
    return {
        "metadata": {"namespace": "shop", "name": name},
        "spec": {"containers": [{"name": "web"}]},
        "status": {"phase": "Running", "conditions": READY if well else []},
    }


def written(name: str) -> dict[str, t.Any]:
    writer = {"manager": "kubectl", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    return {"metadata": {"namespace": "shop", "name": name, "managedFields": [writer]}}


def test_pods_nodes_and_writers_are_taken_from_their_lists() -> None:
    found = Details()
    found.look(BY_NAME["pods"], pod("b"))
    found.look(BY_NAME["pods"], pod("a", well=False))
    found.look(BY_NAME["nodes"], {"metadata": {"name": "w1"}, "status": {}})
    for meta in ({"name": "shop"}, {"name": "old", "deletionTimestamp": "2026-12-01T05:00:00Z"}):
        found.look(BY_NAME["namespaces"], {"metadata": meta})
    for name in details.WRITTEN:
        found.look(BY_NAME[name], written("web"))
    found.look(BY_NAME["replicasets.apps"], written("web"))
    assert [each.name for each in found.pods()] == ["a", "b"]
    assert [each.name for each in found.nodes()] == ["w1"]
    assert [each.name for each in found.namespaces()] == ["old"]
    assert [each.kind for each in found.histories()] == sorted(details.WRITTEN.values())


def test_what_waits_for_finalizers_is_kept_whatever_its_kind() -> None:
    found = Details()
    ending = {"deletionTimestamp": "2026-12-01T05:00:00Z", "finalizers": ["example.com/address"]}
    for name, meta in (("b", ending), ("a", ending), ("no-finalizers", {**ending, "finalizers": []}), ("well", {})):
        found.look(BY_NAME["services"], {"metadata": {"namespace": "shop", "name": name, **meta}})
    assert [each.name for each in found.terminating()] == ["a", "b"]
    first = found.terminating()[0]
    assert (first.kind, first.resource, first.finalizers) == ("Service", "services", ("example.com/address",))


def test_of_too_many_pods_only_those_that_are_not_well_have_details(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details, "MAX_WELL", 5)
    monkeypatch.setattr(details, "MAX_UNWELL", 3)
    found = Details()
    for number in range(5):
        found.take_pod(pod(f"well-{number}"))
    assert (len(found.pods()), found.without) == (5, 0)
    for number in range(5, 9):
        found.take_pod(pod(f"well-{number}"))
    for number in range(5):
        found.take_pod(pod(f"unwell-{number}", well=False))
    assert [each.name for each in found.pods()] == ["unwell-0", "unwell-1", "unwell-2"]
    assert found.without == 9 + 2


def test_a_pod_of_two_lists_is_one() -> None:
    found = Details()
    found.take_pod(pod("a"))
    found.take_pod(pod("a"))
    assert (len(found.pods()), found.without) == (1, 0)


def test_of_too_many_objects_some_have_writers_and_their_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details, "MAX_HISTORIES", 2)
    found = Details()
    for name in "abc":
        found.look(BY_NAME["services"], written(name))
    assert [each.name for each in found.histories()] == ["a", "b"]
    assert found.unwritten == {"Service"}
