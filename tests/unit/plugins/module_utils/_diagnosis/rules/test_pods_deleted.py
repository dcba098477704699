# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was deleted and stays: with finalizers of others and of Kubernetes, and on a node that does not answer."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    control_plane_requests,
    pods_deleted,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import (
    NamespaceDetail,
    Terminating,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition

from .. import scenes
from ..scenes import WEB

NOW, BEFORE, LATER = scenes.TAKEN, "2026-12-01T03:50:00Z", "2026-12-01T05:00:00Z"


def pods(deletion: str, finalizers: t.Sequence[str] = (), events: t.Sequence[t.Any] = (), **more: t.Any) -> t.Any:
    gone = dataclasses.replace(WEB[0], deleting=True)
    detail = scenes.detail(gone, deletion=deletion, finalizers=tuple(finalizers))
    seen = scenes.snapshot((gone, WEB[1]), workloads=scenes.workloads(detail, events=events), **more)
    return diagnose(scenes.case(seen), pods_deleted.RULES).findings


def others(deletion: str, *finalizers: str) -> tuple[Finding, ...]:
    one = Terminating("Service", "shop", "old", "services", deletion, finalizers)
    seen = scenes.snapshot(workloads=scenes.workloads(terminating=(one,)))
    return diagnose(scenes.case(seen), pods_deleted.RULES).findings


def test_a_finalizer_keeps_a_deleted_pod():
    (finding,) = pods(NOW, ["queue.example.com/drain"])
    assert (finding.code, finding.field, finding.value) == (
        "POD-21",
        "metadata.finalizers[0]",
        "queue.example.com/drain",
    )
    assert finding.severity == "warning"


def test_within_its_grace_period_a_pod_may_stay():
    assert not pods(LATER, ["queue.example.com/drain"])
    assert not pods(LATER)


def test_a_finalizer_keeps_any_other_object():
    (finding,) = others(NOW, "example.com/b", "example.com/a")
    assert (finding.code, str(finding.object), finding.value) == ("POD-29", "Service shop/old", "example.com/b")
    assert finding.fix is not None
    assert finding.fix.command == (
        "kubectl -n shop get services old -o json > service-old.json && kubectl -n shop patch services old --type=json "
        """-p '[{"op": "remove", "path": "/metadata/finalizers/0"}]'"""
    )
    assert finding.fix.undo == "kubectl -n shop create -f service-old.json"


@pytest.mark.parametrize(
    "name", ["kubernetes.io/pvc-protection", "foregroundDeletion", "service.kubernetes.io/load-balancer-cleanup"]
)
def test_controllers_of_kubernetes_take_their_time(name: str):
    assert not others(NOW, name)
    (finding,) = others(BEFORE, name)
    assert finding.value == name


def namespace(*finalizers: str, message: str = "", since: str = BEFORE) -> tuple[Finding, ...]:
    said = (Condition("NamespaceFinalizersRemaining", "True" if message else "False", message=message),)
    one = NamespaceDetail("old", since, finalizers, said)
    inside = Terminating("ConfigMap", "old", "kept", "configmaps", BEFORE, ("example.com/keep",))
    facts = {"namespace_details": (one,), "terminating": (inside,) if message else ()}
    return diagnose(scenes.case(scenes.snapshot(workloads=scenes.workloads(**facts))), pods_deleted.RULES).findings


def test_a_namespace_stays_for_its_own_finalizer_or_for_what_is_in_it():
    (finding,) = namespace("kubernetes", "example.com/keep")
    assert (str(finding.object), finding.value) == ("Namespace old", "example.com/keep")
    (finding,) = namespace("kubernetes", message="example.com/keep in 1 resource instances")
    assert str(finding.object) == "ConfigMap old/kept"
    assert [str(child.object) for child in finding.children] == ["Namespace old"]
    assert not namespace("kubernetes")


def test_what_keeps_a_namespace_is_told_below_the_namespace_that_stays():
    said = (Condition("NamespaceFinalizersRemaining", "True", message="example.com/keep in 1 resource instances"),)
    stays = NamespaceDetail("old", BEFORE, ("kubernetes",), said)
    inside = Terminating("ConfigMap", "old", "kept", "configmaps", BEFORE, ("example.com/keep",))
    known = scenes.workloads(namespace_details=(stays,), terminating=(inside,), server_time=NOW)
    rules = (*pods_deleted.RULES, *control_plane_requests.RULES)
    (finding,) = diagnose(scenes.case(scenes.snapshot(workloads=known)), rules).findings
    assert (finding.code, str(finding.object)) == ("CP-12", "Namespace old")
    assert [str(child.object) for child in finding.children] == ["ConfigMap old/kept"]


def test_the_node_does_not_end_a_pod():
    (finding,) = pods(BEFORE, nodes=(Node("w1", False, "NotReady"), Node("w2", True)))
    assert (finding.code, finding.field, finding.certainty) == ("POD-21", "metadata.deletionTimestamp", "certain")
    assert "w1 is NotReady" in finding.sentence
    failed = scenes.event(WEB[0], "FailedKillPod", "error killing pod: device or resource busy")
    assert "device or resource busy" in pods(BEFORE, events=(failed,))[0].sentence
    assert not pods("2026-12-01T03:59:30Z")
