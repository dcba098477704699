# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another Pod in a source's place, and what is put together when several asked for one."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import execute, stand_in
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    Answer,
    Probe,
    Source,
    SourceReport,
    Target,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ForeignPolicy, Missing
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

WEB = Source("shop/web-1/app", namespace="shop", pod="web-1", container="app", node="w1")
OURS = ("app.kubernetes.io/managed-by", "kubewire.io/run-id")
LABELS = {"app": "web", "tier": "front", "zone": "a", "pod-template-hash": "5d4f"}


def facts(owner: str = "", policies: t.Sequence[t.Any] = (), **lists: t.Any) -> Facts:
    meta = {"ownerReferences": [{"kind": owner, "name": "web", "controller": True}]} if owner else {}
    pods = [cluster.pod("web-1", "w1", "10.0.1.1", labels=LABELS, meta=meta)]
    return Facts(cluster.snapshot(pods=pods, network_policies=policies, **lists))


def policy(**spec: t.Any) -> t.Any:
    return cluster.policy("p", **spec)


ISOLATES = policy(podSelector={"matchLabels": {"app": "web"}})
NAMES = policy(
    podSelector={"matchExpressions": [{"key": "absent", "operator": "DoesNotExist"}]},
    ingress=[{"from": [{"podSelector": {"matchLabels": {"tier": "front"}}}]}],
    egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}, {"podSelector": {"matchLabels": {"zone": "b"}}}]}],
)


@pytest.mark.parametrize(
    ("policies", "labels"),
    [
        ([], {}),
        ([ISOLATES], {"app": "web"}),
        ([NAMES], {"tier": "front", "zone": "a"}),
        ([ISOLATES, NAMES], {"app": "web", "tier": "front", "zone": "a"}),
    ],
)
@pytest.mark.parametrize("owner", ["", "ReplicaSet", "StatefulSet", "Job"])
def test_it_has_the_labels_that_policies_select_by_and_no_other(policies, labels, owner):
    assert stand_in.labels(facts(owner, policies), WEB, OURS) == labels


@pytest.mark.parametrize(
    ("snapshot", "why"),
    [
        (facts("DaemonSet", [ISOLATES]), "DaemonSet/web might take a Pod"),
        (
            facts("ReplicaSet", [policy(podSelector={"matchLabels": {"pod-template-hash": "5d4f"}})]),
            "ReplicaSet/web might take a Pod",
        ),
        (facts("", [policy(podSelector={"matchLabels": {OURS[0]: "helm"}})]), f"by the label {OURS[0]}"),
        (
            facts(
                "",
                [ISOLATES],
                services=[
                    cluster.service("web", "10.96.0.1", ports=[{"port": 80}], publishNotReadyAddresses=True),
                ],
            ),
            "Service shop/web would send it traffic",
        ),
    ],
)
def test_it_is_not_made_where_it_could_do_harm_or_would_be_treated_otherwise(snapshot, why):
    with pytest.raises(stand_in.CannotStandIn, match=why):
        stand_in.labels(snapshot, WEB, OURS)


def test_a_daemon_set_takes_no_pod_without_labels():
    assert stand_in.labels(facts("DaemonSet"), WEB, OURS) == {}


def test_it_is_not_made_where_policies_are_not_known():
    whole = facts("").snapshot
    unread = dataclasses.replace(whole, missing=(Missing("networkpolicies", "forbidden", ""),))
    with pytest.raises(stand_in.CannotStandIn, match="not all policies were read: forbidden"):
        stand_in.labels(Facts(unread), WEB, OURS)
    foreign = ForeignPolicy("CiliumNetworkPolicy", "shop", "c", {"endpointSelector": {}})
    with pytest.raises(stand_in.CannotStandIn, match="CiliumNetworkPolicy shop/c may select it"):
        stand_in.labels(Facts(dataclasses.replace(whole, foreign_policies=(foreign,))), WEB, OURS)
    with pytest.raises(stand_in.CannotStandIn, match="the network of its node"):
        stand_in.labels(Facts(whole), dataclasses.replace(WEB, pod="gone"), OURS)


@pytest.mark.parametrize(
    ("model", "pod", "suits"),
    [
        ("pod_to_pod_same_node", "db-1", True),
        ("pod_to_pod_same_node", "web-1", False),
        ("pod_to_self_service", "db-1", False),
        ("container_to_container", "web-1", False),
    ],
)
def test_it_does_not_ask_what_a_pod_asks_itself(model, pod, suits):
    target = Target(f"pod/shop/{pod}:80", "pod", pod, "shop", 80)
    probe = Probe(1, WEB.id, target.id, model, "tcp", "IPv4", "10.0.1.1", 80)
    assert stand_in.suits(WEB, target, probe) is suits


def told(level: str, *outcomes: tuple[int, str]) -> SourceReport:
    return SourceReport(WEB.id, level=level, answers=tuple(Answer(number, word) for number, word in outcomes))


def test_a_source_that_said_nothing_stands_for_who_asked_for_it():
    report = execute.join(told("container"), told("namespace", (1, "open"), (2, "timeout")), "shop/box/debugger")
    assert (report.level, report.through) == ("namespace", "shop/box/debugger")
    assert [(answer.id, answer.outcome, answer.level) for answer in report.answers] == [
        (1, "open", ""),
        (2, "timeout", ""),
    ]


def test_an_answer_from_another_level_says_so():
    first = told("container", (1, "open"), (2, "probe_error"), (3, "probe_error"))
    report = execute.join(first, told("pod", (2, "refused"), (3, "probe_error"), (4, "open")), "kubewire-1")
    assert report.level == "container"
    assert [(answer.id, answer.outcome, answer.level, answer.through) for answer in report.answers] == [
        (1, "open", "", ""),
        (2, "refused", "pod", "kubewire-1"),
        (3, "probe_error", "", ""),
        (4, "open", "pod", "kubewire-1"),
    ]
