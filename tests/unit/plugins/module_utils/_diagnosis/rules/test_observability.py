# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the layer observability."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import observability
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node, Taint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import ApiService
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition, Toleration
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    Autoscaler,
    FoldedEvent,
    LogTail,
    Owner,
)

from .. import scenes

SAYS = (
    "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for "
    "resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested "
    "resource (get pods.metrics.k8s.io)"
)
HPA = Autoscaler(
    *("shop", "web", "Deployment/web"),
    least=2,
    most=4,
    conditions=(Condition("ScalingActive", "False", "FailedGetResourceMetric", SAYS),),
)
API = ApiService("v1beta1.metrics.k8s.io", "kube-system/metrics-server", conditions=(Condition("Available", "False"),))


def found(**more: t.Any) -> Diagnosis:
    return diagnose(scenes.case(scenes.snapshot(workloads=scenes.workloads(**more))), observability.RULES)


def test_an_autoscaler_without_a_metrics_server():
    (finding,) = found(autoscalers=(HPA,)).findings
    assert (finding.code, str(finding.object)) == ("OBS-01", "APIService v1beta1.metrics.k8s.io")
    assert (finding.severity, finding.certainty) == ("warning", "certain")
    assert str(finding.victims[0]) == "HorizontalPodAutoscaler shop/web"


def test_a_metrics_server_that_reaches_no_kubelet():
    line = "E1201 scraper.go:149] Failed to scrape node err=x509: cannot validate certificate for 198.18.0.11"
    tail = LogTail("kube-system", "metrics-server-6b5-x", "metrics-server", lines=("started", line))
    (finding,) = found(autoscalers=(HPA,), api_services=(API,), logs=(tail,)).findings
    assert (finding.code, finding.certainty) == ("OBS-01", "certain")
    assert any(one.kind == "log" and "x509" in one.says for one in finding.evidence)
    (finding,) = found(autoscalers=(HPA,), api_services=(API,)).findings
    assert finding.certainty == "strong"


def test_the_events_tell_while_there_are_no_conditions():
    young = dataclasses.replace(HPA, conditions=())
    event = FoldedEvent(
        *("HorizontalPodAutoscaler", "shop", "web", "FailedGetResourceMetric", SAYS, "Warning"), last=scenes.TAKEN
    )
    assert [one.code for one in found(autoscalers=(young,), events=(event,)).findings] == ["OBS-01"]
    old = dataclasses.replace(event, last="2026-12-01T03:00:00Z")
    assert not found(autoscalers=(young,), events=(old,)).findings


def test_an_autoscaler_that_cannot_scale_anyway_or_whose_pods_lack_something():
    fixed = dataclasses.replace(HPA, most=2)
    assert not found(autoscalers=(fixed,)).findings
    lacks = Condition("ScalingActive", "False", "FailedGetResourceMetric", "missing request for cpu in container web")
    assert not found(autoscalers=(dataclasses.replace(HPA, conditions=(lacks,)),)).findings
    well = Condition("ScalingActive", "True", "ValidMetricFound")
    assert not found(autoscalers=(dataclasses.replace(HPA, conditions=(well,)),)).findings


AGENT = scenes.pod("agent-1", 20, app="agent", owner="DaemonSet/agent", labels={"app": "agent"})
TAINT = Taint("node-role.kubernetes.io/control-plane", "", "NoSchedule")
NODES = (Node("cp", True, taints=(TAINT,)), Node("w1", True), Node("w2", True))
LOGS = ({"name": "logs", "hostPath": {"path": "/var/log/pods"}},)


def agent(nodes: tuple[Node, ...] = NODES, **more: t.Any) -> Diagnosis:
    detail = scenes.detail(AGENT, **{"volumes": LOGS, **more})
    owner = Owner("DaemonSet", "shop", "agent", desired=2)
    work = scenes.workloads(detail, owners=(owner,))
    return diagnose(scenes.case(scenes.snapshot(pods=(AGENT,), nodes=nodes, workloads=work)), observability.RULES)


def test_a_log_agent_that_does_not_tolerate_a_taint():
    (finding,) = agent().findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("OBS-02", "DaemonSet shop/agent", "spec.template.spec.tolerations"),
    )
    assert (finding.severity, finding.scope.nodes) == ("warning", ("cp",))
    assert finding.fix is not None
    assert '"key": "node-role.kubernetes.io/control-plane"' in finding.fix.command
    assert '"tolerations": null' in finding.fix.undo


def test_agents_that_tolerate_it_select_their_nodes_or_read_no_logs():
    everywhere = (Toleration(operator="Exists"),)
    one = (Toleration("node-role.kubernetes.io/control-plane", "Exists", effect="NoSchedule"),)
    wrong = (Toleration("node-role.kubernetes.io/control-plane", "Exists", effect="NoExecute"),)
    for own in (everywhere, one):
        assert not agent(tolerations=own).findings
    assert agent(tolerations=wrong).findings
    assert not agent(node_selector={"disk": "ssd"}).findings
    terms = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "gpu", "operator": "Exists"}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    assert not agent(affinity=affinity).findings
    assert not agent(volumes=({"name": "sock", "hostPath": {"path": "/var/run"}},)).findings


def test_a_taint_that_comes_and_goes_is_none():
    passing = (Node("cp", taints=(Taint("node.kubernetes.io/not-ready", "", "NoSchedule"),)),)
    assert not agent(nodes=passing).findings
