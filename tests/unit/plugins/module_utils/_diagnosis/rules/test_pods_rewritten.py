# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that admission has rewritten: told beside what fails for it, and never where it was meant."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    pods,
    pods_config,
    pods_rewritten,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import (
    MutatingPolicy,
    Webhook,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition, ContainerDetail

from .. import scenes
from ..scenes import CLIENT, DEPLOYMENT, REPLICA_SET, SERVICE, WEB

RULES = (*pods.RULES, *pods_config.RULES, *pods_rewritten.RULES)
POLICY = MutatingPolicy("dns", ('Object{spec: Object.spec{dnsPolicy: "Default"}}',))
RULE = {"operations": ["CREATE"], "resources": ["pods"]}
HOOK = Webhook("MutatingWebhookConfiguration", "rewriter", "a.example.com", 1, rules=(RULE,))
CLIENT_SET = dataclasses.replace(REPLICA_SET, name="client-b975c9b8d", owner="Deployment/client", template_labels={})


def looks_up(outcome: str = "dns_nxdomain", policy: str = "Default", **facts: t.Any) -> Diagnosis:
    client = dataclasses.replace(CLIENT, dns_policy=policy)
    report = scenes.Report()
    report.ask((SERVICE, 80), outcome, via="name")
    seen = scenes.snapshot(workloads=scenes.workloads(scenes.detail(client), owners=(CLIENT_SET,), **facts))
    seen = dataclasses.replace(seen, pods=(*WEB, client))
    return diagnose(scenes.case(seen, report), RULES)


def test_a_policy_whose_expression_writes_the_field_is_told():
    (finding,) = looks_up(mutating_policies=(POLICY,)).findings
    assert (finding.code, str(finding.object)) == ("POD-34", "MutatingAdmissionPolicy dns")
    assert (finding.field, finding.value, finding.wanted) == ("spec.mutations[0]", "Default", "ClusterFirst")
    assert finding.explains == (1,)


def test_the_only_webhook_that_is_asked_is_told():
    (finding,) = looks_up(webhooks=(HOOK,)).findings
    assert (str(finding.object), finding.field) == ("MutatingWebhookConfiguration rewriter", "webhooks[1]")
    other = dataclasses.replace(HOOK, namespace_selector={"matchLabels": {"kubernetes.io/metadata.name": "other"}})
    (finding,) = looks_up(webhooks=(other,)).findings
    assert (str(finding.object), finding.field) == ("Deployment shop/client", "spec.template.spec.dnsPolicy")


def test_a_difference_is_no_finding_where_nothing_fails_for_it():
    for outcome, policy in (("open", "None"), ("refused", "None"), ("open", "ClusterFirstWithHostNet")):
        assert not looks_up(outcome, policy, mutating_policies=(POLICY,)).findings
    assert looks_up(policy="None", mutating_policies=(POLICY,)).findings


def test_a_pod_that_knows_no_service_any_more_is_told_although_nobody_asked():
    (finding,) = looks_up("open", mutating_policies=(POLICY,)).findings
    assert (finding.code, finding.severity, finding.explains) == ("POD-34", "warning", ())


def test_labels_that_a_service_selects_are_rewritten():
    there = tuple(dataclasses.replace(pod, labels={**pod.labels, "tier": "old"}) for pod in WEB)
    template = {"app": "web", "tier": "front"}
    service = dataclasses.replace(SERVICE, selector=template)
    owners = (DEPLOYMENT, dataclasses.replace(REPLICA_SET, template_labels=template))
    details = [scenes.detail(pod) for pod in there]
    seen = scenes.snapshot(there, service=service, workloads=scenes.workloads(*details, owners=owners))
    assert not diagnose(scenes.case(seen, scenes.broken_service()), RULES).findings  # a person may have done it
    known = scenes.workloads(*details, owners=owners, webhooks=(HOOK,))
    seen = dataclasses.replace(seen, workloads=known)
    (finding,) = diagnose(scenes.case(seen, scenes.broken_service()), RULES).findings
    assert (finding.code, finding.field) == ("POD-34", "webhooks[1]")
    assert (finding.wanted, finding.value, finding.explains) == ("front", "old", (1,))


def test_requests_that_no_node_has_left_are_rewritten():
    there = tuple(dataclasses.replace(pod, phase="Pending", ready=False) for pod in WEB)
    lacks = (Condition("PodScheduled", "False", message="0/3 nodes are available: 3 Insufficient cpu."),)
    details = [scenes.detail(pod, ContainerDetail("web", requests={"cpu": "9"}), conditions=lacks) for pod in there]
    owners = (DEPLOYMENT, dataclasses.replace(REPLICA_SET, template_requests={"web": {"cpu": "5m"}}))
    seen = scenes.snapshot(there, workloads=scenes.workloads(*details, owners=owners, webhooks=(HOOK,)))
    (finding,) = diagnose(scenes.case(seen, scenes.broken_service()), RULES).findings
    assert (finding.code, finding.field) == ("POD-34", "webhooks[1]")
    assert [child.code for child in finding.children] == ["POD-11"]


def pulled(template: str, **more: t.Any) -> Diagnosis:
    there = tuple(dataclasses.replace(pod, phase="Pending", ready=False) for pod in WEB)
    said = 'Failed to pull image "mirror.nowhere:5000/web:1": dial tcp: lookup mirror.nowhere: no such host'
    one = ContainerDetail("web", image="mirror.nowhere:5000/web:1", **more)
    details = [scenes.detail(pod, one) for pod in there]
    events = [scenes.event(pod, "Failed", said) for pod in there]
    owners = (DEPLOYMENT, dataclasses.replace(REPLICA_SET, template_images={"web": template}))
    facts = {"owners": owners, "mutating_policies": (MutatingPolicy("images", ("image: 'x'",)),)}
    seen = scenes.snapshot(there, workloads=scenes.workloads(*details, events=events, **facts))
    return diagnose(scenes.case(seen, scenes.broken_service()), RULES)


def test_an_image_that_cannot_be_pulled_is_a_symptom_of_what_wrote_it():
    (finding,) = pulled("web:1", state="waiting", reason="ImagePullBackOff").findings
    assert (finding.code, str(finding.object)) == ("POD-34", "MutatingAdmissionPolicy images")
    assert [child.code for child in finding.children] == ["POD-03"]


def test_an_image_that_is_rewritten_on_purpose_runs():
    assert not pulled("web:1", state="running", ready=True).findings
    (finding,) = pulled("mirror.nowhere:5000/web:1", state="waiting", reason="ImagePullBackOff").findings
    assert finding.code == "POD-03"
