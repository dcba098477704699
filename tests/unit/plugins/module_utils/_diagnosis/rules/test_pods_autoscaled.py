# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An autoscaler without the requests that it computes with: by its event, and by its condition."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods_autoscaled
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Autoscaler, FoldedEvent

from .. import scenes
from ..scenes import WEB

SAID = f"failed to get cpu utilization: missing request for cpu in container web of Pod {WEB[0].name}"
OLD = "failed to get cpu utilization: missing request for cpu"


def found(message: str = "", status: str = "", said: str = "", last: str = scenes.TAKEN) -> Diagnosis:
    event = FoldedEvent("HorizontalPodAutoscaler", "shop", "web", "FailedGetResourceMetric", message, last=last)
    scaler = Autoscaler("shop", "web", "Deployment/web", (Condition("ScalingActive", status, message=said),))
    facts: dict[str, t.Any] = {"events": (event,) if message else (), "autoscalers": (scaler,) if status else ()}
    seen = scenes.snapshot(workloads=scenes.workloads(*(scenes.detail(pod) for pod in WEB), **facts))
    return diagnose(scenes.case(seen), pods_autoscaled.RULES)


def test_the_container_that_requests_nothing_is_told():
    for diagnosis in (found(SAID), found(status="False", said=SAID)):
        (finding,) = diagnosis.findings
        assert (finding.code, str(finding.object), finding.severity) == ("POD-35", "Deployment shop/web", "warning")
        assert finding.field == "spec.template.spec.containers[0].resources.requests.cpu"
        assert finding.fix is not None
        assert finding.fix.command == "kubectl -n shop set resources deployment/web -c web --requests=cpu=100m"


def test_an_old_cluster_names_no_container():
    (finding,) = found(OLD).findings
    assert str(finding.object) == "HorizontalPodAutoscaler shop/web"


def test_another_reason_or_one_that_is_over_is_no_finding():
    assert not found("unable to get metrics for resource cpu: no metrics returned").findings
    assert not found(SAID, status="True").findings
    assert not found(SAID, last="2026-11-01T00:00:00Z").findings
