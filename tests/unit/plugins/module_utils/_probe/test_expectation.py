# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must happen, by policies and by what could not be read."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import WEB, judged


def test_where_policies_were_not_read_an_answer_is_right_and_silence_says_nothing():
    facts = Facts(dataclasses.replace(cluster.snapshot(), missing=(Missing("networkpolicies", "you may not"),)))
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_service"], Options(("tcp",)))
    for outcome, verdict in (("open", "pass"), ("timeout", "unknown")):
        answers = tuple(Answer(probe.id, outcome, 1.0) for probe in layout.probes[WEB])
        for cell in matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, answers=answers)]):
            assert (cell.expectation, cell.verdict) == ("allow", verdict)
            assert "not all policies were read: you may not" in cell.reason


def test_where_pods_were_not_read_policies_may_concern_whoever_is_not_known():
    missing = (Missing("pods", "service unavailable"),)
    closed = [cluster.policy("closed", podSelector={}, ingress=[])]
    snapshot = dataclasses.replace(cluster.snapshot(pods=[], network_policies=closed), missing=missing)
    facts = Facts(snapshot)
    outside = Source("outside/controller", kind="outside", addresses=("198.18.0.100",))
    chosen = selection.select(facts, None, None, {"outside"}, (), [outside])
    layout = plan.make(facts, chosen, ["outside_to_nodeport"], Options(("http", "tcp")))
    probes = layout.probes[outside.id]
    answers = tuple(Answer(probe.id, "timeout") for probe in probes)
    cells = matrix.judge(expectation.assign(layout, facts), [SourceReport(outside.id, answers=answers)])
    assert {(cell.expectation, cell.verdict) for cell in cells} == {("allow", "unknown")}
    assert all("not all Pods were read: service unavailable" in cell.reason for cell in cells)


def test_what_the_api_leaves_to_the_network_plugin_is_not_judged():
    policies = [cluster.policy("lock", podSelector={"matchLabels": {"app": "db"}})]
    (cell,) = judged("timeout", "pod_to_pod_same_node", [{"pod": "db-1"}], "icmp", network_policies=policies)
    assert (cell.outcome, cell.expectation, cell.verdict) == ("timeout", "not_applicable", "skipped")
    assert "leaves the effect on ICMP to the network plugin" in cell.reason


def test_a_policy_decides_and_is_named():
    policies = [cluster.policy("lock", podSelector={"matchLabels": {"app": "db"}})]
    cell = judged("open", network_policies=policies)[-1]
    assert (cell.expectation, cell.verdict, cell.decided_by) == ("deny", "unexpected_open", "NetworkPolicy shop/lock")
    assert "NetworkPolicy shop/lock isolates Pod shop/db-1 for ingress" in cell.expectation_reason


def test_a_name_cannot_be_resolved_where_a_policy_closes_the_way_to_dns():
    dns = cluster.pod("coredns-1", "w2", "10.0.2.53", labels={"k8s-app": "kube-dns"})
    dns["metadata"]["namespace"] = "kube-system"
    policies = [
        cluster.policy(
            "own-db",
            podSelector={"matchLabels": {"app": "web"}},
            policyTypes=["Egress"],
            egress=[{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}],
        )
    ]
    cells = judged("dns_timeout", network_policies=policies, dns_pods=[dns])
    by_via = {cell.via: cell for cell in cells}
    assert {via: cell.expectation for via, cell in by_via.items()} == {
        **dict.fromkeys(["short name", "fqdn."], "deny"),
        "address": "allow",
    }
    assert by_via["fqdn."].expectation_reason.startswith("to resolve the name: NetworkPolicy shop/own-db isolates")
