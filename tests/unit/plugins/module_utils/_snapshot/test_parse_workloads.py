# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controllers of Pods, as a cluster says them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse_workloads
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

Json = dict[str, t.Any]
META = {"namespace": "shop", "name": "web"}
TEMPLATE = {
    "metadata": {"labels": {"app": "web"}, "annotations": {"note": "MARKER"}},
    "spec": {
        "containers": [{"name": "web", "image": "web:1", "env": [{"name": "A", "value": "MARKER"}]}],
        "initContainers": [{"name": "wait", "image": "wait:1"}],
    },
}
REFUSED = {
    "type": "ReplicaFailure",
    "status": "True",
    "reason": "FailedCreate",
    "message": 'pods "web-1" is forbidden: exceeded quota: few, requested: pods=1, used: pods=6, limited: pods=6',
    "lastTransitionTime": "2026-12-01T04:00:00Z",
}


def test_a_deployment() -> None:
    item = {
        "metadata": {**META, "annotations": {"deployment.kubernetes.io/revision": "3"}, "creationTimestamp": "T"},
        "spec": {"replicas": 0, "paused": True, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE},
        "status": {"replicas": 4, "readyReplicas": 1, "updatedReplicas": 2, "conditions": [REFUSED]},
    }
    found = parse_workloads.owner("Deployment")(item)
    assert (found.kind, found.namespace, found.name, found.owner) == ("Deployment", "shop", "web", "")
    assert (found.desired, found.current, found.ready, found.updated, found.available) == (0, 4, 1, 2, 0)
    assert (found.paused, found.revision, found.created) == (True, "3", "T")
    assert (found.selector, found.template_labels) == ({"app": "web"}, {"app": "web"})
    assert found.template_images == {"web": "web:1", "wait": "wait:1"}
    assert found.template_init_containers == ("wait",)
    assert (found.conditions[0].reason, found.conditions[0].message) == ("FailedCreate", REFUSED["message"])
    assert "MARKER" not in str(found)


@pytest.mark.parametrize(
    ("kind", "spec", "keeps"),
    [
        ("StatefulSet", {}, True),
        ("StatefulSet", {"podManagementPolicy": "OrderedReady"}, True),
        ("StatefulSet", {"podManagementPolicy": "Parallel"}, False),
        ("StatefulSet", {"podManagementPolicy": "Parallel", "updateStrategy": {"type": "OnDelete"}}, True),
        ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, True),
        ("DaemonSet", {"updateStrategy": {"type": "RollingUpdate"}}, False),
        ("Deployment", {}, False),
    ],
)
def test_whose_pods_stay_when_the_template_changes(kind: str, spec: dict[str, t.Any], keeps: bool):
    assert parse_workloads.owner(kind)({"metadata": META, "spec": spec}).keeps_unready is keeps


def test_the_other_kinds_count_their_pods_in_fields_of_their_own() -> None:
    status = {"desiredNumberScheduled": 3, "currentNumberScheduled": 2, "numberReady": 1, "numberAvailable": 1}
    daemon_set = parse_workloads.owner("DaemonSet")({"metadata": META, "spec": {}, "status": status})
    assert (daemon_set.desired, daemon_set.current, daemon_set.ready, daemon_set.available) == (3, 2, 1, 1)
    members = parse_workloads.owner("StatefulSet")({"metadata": META, "spec": {"serviceName": "web-members"}})
    assert (members.service, daemon_set.service) == ("web-members", "")
    above = [{"kind": "CronJob", "name": "nightly", "controller": True}]
    spec = {"parallelism": 2, "suspend": True, "template": TEMPLATE}
    job = parse_workloads.owner("Job")(
        {"metadata": {**META, "ownerReferences": above}, "spec": spec, "status": {"active": 1, "succeeded": 5}}
    )
    assert (job.owner, job.desired, job.current, job.available, job.paused) == ("CronJob/nightly", 2, 1, 5, True)
    cron_job = parse_workloads.owner("CronJob")({"metadata": META, "spec": {"jobTemplate": {"spec": spec}}})
    assert (cron_job.desired, cron_job.template_images["web"]) == (None, "web:1")


def test_a_controller_that_has_not_seen_the_last_change() -> None:
    def behind(seen: int | None) -> bool:
        item = {"metadata": {**META, "generation": 3}, "status": {"observedGeneration": seen}}
        return parse_workloads.owner("Deployment")(item).is_behind

    assert [behind(seen) for seen in (2, 3, None)] == [True, False, False]


def replica_set(name: str, revision: str, replicas: int = 0, **more: t.Any) -> Owner:
    return Owner("ReplicaSet", "shop", name, owner="Deployment/web", desired=replicas, revision=revision, **more)


def test_of_old_replica_sets_the_newest_is_kept() -> None:
    old = [replica_set(f"web-{number}", str(number)) for number in range(1, 12)]
    alone = Owner("ReplicaSet", "shop", "alone", desired=0)
    kept = parse_workloads.without_old(
        [*old, replica_set("web-12", "12", 3), alone, Owner("Deployment", "shop", "web")]
    )
    assert sorted(each.name for each in kept) == ["alone", "web", "web-11", "web-12"]


def test_budgets_and_autoscalers() -> None:
    spec = {"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 1}
    budget = parse_workloads.disruption_budget({"metadata": META, "spec": spec, "status": {"disruptionsAllowed": 2}})
    assert (budget.selector, budget.allowed) == (spec["selector"], 2)
    condition = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "none"}
    target = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 4}
    found = parse_workloads.autoscaler({"metadata": META, "spec": target, "status": {"conditions": [condition]}})
    assert (found.target, found.conditions[0].reason) == ("Deployment/web", "FailedGetResourceMetric")
    assert (found.least, found.most) == (1, 4), "the API server writes minReplicas, an older one may not"
