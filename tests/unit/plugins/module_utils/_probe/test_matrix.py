# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From answers to verdicts."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import matrix, plan, recording, targets
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

WEB = "shop/web-1/app"


def judged(outcome, model="pod_to_service", asked=None, protocol="tcp", source="web-1", error="", answers=(), **lists):
    """The cells of one source when every probe of it has one outcome."""
    facts = Facts(cluster.snapshot(**lists))
    selected = targets.select(facts, [{"pod": source}], asked or [{"namespace": "shop", "service": "db"}])
    layout = plan.make(facts, selected, [model], Options(protocols=(protocol,)))
    reports = [
        SourceReport(
            name, answers=tuple(Answer(probe.id, outcome, 1.0, error=error, answers=answers) for probe in probes)
        )
        for name, probes in layout.probes.items()
    ]
    return matrix.judge(facts, layout, reports)


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        ("open", "pass"),
        ("http_200", "pass"),
        ("http_403", "pass"),
        ("http_503", "pass"),
        ("timeout", "fail"),
        ("refused", "fail"),
        ("unreachable_arp", "fail"),
        ("dns_nxdomain", "fail"),
        ("tls_handshake", "fail"),
        ("probe_error", "unknown"),
    ],
)
def test_where_traffic_must_pass(outcome, verdict):
    cell = judged(outcome)[-1]
    assert (cell.expectation, cell.verdict) == ("allow", verdict)
    assert cell.expectation_reason == "Service shop/db port 5432 has 1 ready endpoint"
    assert bool(cell.reason) is (verdict != "pass" or outcome == "http_503")


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        ("timeout", "pass"),
        ("refused", "pass"),
        ("open", "unexpected_open"),
        ("http_500", "unexpected_open"),
        ("dns_nxdomain", "unknown"),
        ("probe_error", "unknown"),
    ],
)
def test_where_traffic_must_not_pass(outcome, verdict):
    """A probe that could not run, or a name that did not resolve, never satisfies a deny."""
    local = cluster.service("db", "10.96.0.6", ports=[{"port": 5432}], internalTrafficPolicy="Local")
    cell = judged(outcome, source="web-2", services=[local])[-1]
    assert (cell.expectation, cell.verdict) == ("deny", verdict)
    assert "internalTrafficPolicy: Local and no ready endpoint on w2" in cell.expectation_reason


def test_icmp_to_a_cluster_ip_is_no_test():
    (cell,) = judged("timeout", protocol="icmp")
    assert (cell.outcome, cell.expectation, cell.verdict) == ("not_applicable", "not_applicable", "skipped")
    assert cell.latency_ms is None


def test_dns_must_give_the_address_that_the_api_gives():
    right = judged("open", protocol="dns", answers=("10.96.0.6",))
    assert {cell.verdict for cell in right} == {"pass"}
    wrong = judged("open", protocol="dns", answers=("10.96.0.99",))
    assert {(cell.outcome, cell.verdict) for cell in wrong} == {("wrong_peer", "fail")}
    assert "DNS says 10.96.0.99, the API says 10.96.0.6" in wrong[0].reason


@pytest.mark.parametrize(
    ("slices", "words"),
    [
        ([], "has no ready endpoint: no Pod with an IPv4 address and that port matches its selector app=db"),
        (
            [cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", False))],
            "has no ready endpoint: none of its 1 endpoints is ready",
        ),
    ],
)
def test_a_service_without_ready_endpoints_fails_with_the_cause(slices, words):
    cell = judged("refused", endpoint_slices=slices)[-1]
    assert cell.verdict == "fail"
    assert words in cell.reason


def test_a_failing_pod_that_is_not_ready_is_named():
    pods = [cluster.pod("web-1", "w1", "10.0.1.1"), cluster.pod("db-1", "w1", "10.0.1.2", ready=False)]
    (cell,) = judged("timeout", "pod_to_pod_same_node", [{"pod": "db-1"}], "icmp", pods=pods)
    assert cell.reason.startswith("Pod shop/db-1 is not Ready; no answer")


@pytest.mark.parametrize(("name", "expectation"), [("w1", "deny"), ("w2", "allow")])
def test_external_traffic_policy_local_spares_the_nodes_own_pods(name, expectation):
    """The only endpoint is elsewhere: w1 must drop what comes from w2, while w2 serves its own Pods."""
    local = cluster.service(
        "web",
        "10.96.0.5",
        ports=[{"port": 80, "nodePort": 30080}],
        type="NodePort",
        externalTrafficPolicy="Local",
    )
    slices = [cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.3.1", "w3", "web-3", True))]
    asked = [{"node": name}, {"service": "web", "namespace": "shop"}]
    cells = judged("timeout", "pod_to_nodeport", asked, source="web-2", services=[local], endpoint_slices=slices)
    assert [cell.expectation for cell in cells] == [expectation]


def test_a_failure_under_a_policy_that_is_not_evaluated_is_unknown():
    policies = [cluster.policy("lock", podSelector={"matchLabels": {"app": "db"}})]
    cell = judged("timeout", network_policies=policies)[-1]
    assert cell.verdict == "unknown"
    assert "NetworkPolicy shop/lock isolates an end of it and is not evaluated yet" in cell.reason
    assert judged("open", network_policies=policies)[-1].verdict == "pass"


def test_a_probe_without_an_answer_is_unknown_with_the_reason_of_its_source():
    facts = Facts(cluster.snapshot())
    layout = plan.make(facts, targets.select(facts, None, None), ["pod_to_pod_same_node"], Options())
    cells = matrix.judge(facts, layout, [SourceReport(WEB, error="it died")])
    reasons = {(cell.source, cell.verdict, cell.reason) for cell in cells}
    assert (WEB, "unknown", "it died") in reasons
    assert ("shop/db-1/app", "unknown", "nothing was sent from it") in reasons


def test_a_recording_answers_the_same_questions_under_other_numbers():
    facts = Facts(cluster.snapshot())
    selected = targets.select(facts, [{"pod": "web-1"}], None)
    layout = plan.make(facts, selected, ["pod_to_service", "pod_to_nodeport"], Options())
    reports = [
        SourceReport(source.id, "python", answers=tuple(Answer(probe.id, "open", float(probe.id)) for probe in probes))
        for source, probes in layout.by_source()
    ]
    document = json.loads(json.dumps(recording.record(layout, reports, {"id": "x"})))
    other = plan.make(facts, selected, ["pod_to_nodeport", "pod_to_service", "pod_to_pod_same_node"], Options())
    first = {cell.asked: cell.latency_ms for cell in matrix.judge(facts, layout, reports)}
    again = matrix.judge(facts, other, recording.replay(other, document))
    assert {cell.asked: cell.latency_ms for cell in again if cell.asked in first} == first
    unknown = [cell for cell in again if cell.model == "pod_to_pod_same_node"]
    assert {cell.reason for cell in unknown} == {"the recording does not hold this question"}


def test_a_foreign_file_is_no_recording():
    facts = Facts(cluster.snapshot())
    layout = plan.make(facts, targets.select(facts, None, None), ["pod_to_service"], Options())
    with pytest.raises(ValueError, match="schema is"):
        recording.replay(layout, {"schema": "x"})
