# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From answers to verdicts."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    recording,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

WEB = "shop/web-1/app"


def judged(outcome, model="pod_to_service", asked=None, protocol="tcp", sources=None, error="", answers=(), **lists):
    """The cells of sources when every probe of each has one outcome."""
    facts = Facts(cluster.snapshot(**lists))
    selected = selection.select(facts, sources or [{"pod": "web-1"}], asked or [{"namespace": "shop", "service": "db"}])
    layout = plan.make(facts, selected, [model], Options(protocols=(protocol,)))
    reports = [
        SourceReport(
            name,
            answers=tuple(
                Answer(
                    probe.id,
                    outcome if isinstance(outcome, str) else outcome[name],
                    1.0,
                    error=error,
                    answers=answers,
                )
                for probe in probes
            ),
        )
        for name, probes in layout.probes.items()
    ]
    return matrix.judge(expectation.assign(layout, facts), reports)


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


LOCAL = cluster.service("db", "10.96.0.6", ports=[{"port": 5432}], internalTrafficPolicy="Local")


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
    closed = {"shop/web-2/app": outcome, WEB: "open"}
    cell = judged(closed, sources=[{"namespace": "shop", "label_selector": "app=web"}], services=[LOCAL])[-1]
    assert (cell.source, cell.expectation, cell.verdict) == ("shop/web-2/app", "deny", verdict)
    assert "internalTrafficPolicy: Local and no ready endpoint on w2" in cell.expectation_reason
    assert cell.decided_by == "Service shop/db"
    assert ("control" in cell.evidence) is (verdict == "pass")


def test_a_closed_path_to_what_may_be_dead_proves_nothing():
    cell = judged("timeout", sources=[{"pod": "web-2"}], services=[LOCAL])[-1]
    assert (cell.expectation, cell.verdict) == ("deny", "unknown")
    assert "no source reached the target in this run" in cell.reason


def test_a_path_that_says_how_narrow_it_is_works():
    asked = [{"pod": "db-1"}]
    (told,) = judged("frag_needed", "pod_to_pod_same_node", asked, "mtu", error="1430 bytes pass, 1450 do not")
    assert (told.verdict, told.reason[-28:]) == ("pass", "1430 bytes pass, 1450 do not")
    (silent,) = judged("timeout", "pod_to_pod_same_node", asked, "mtu")
    assert silent.verdict == "fail"


def test_where_policies_were_not_read_an_answer_is_right_and_silence_says_nothing():
    facts = Facts(dataclasses.replace(cluster.snapshot(), missing=(Missing("networkpolicies", "you may not"),)))
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_service"], Options(("tcp",)))
    for outcome, verdict in (("open", "pass"), ("timeout", "unknown")):
        answers = tuple(Answer(probe.id, outcome, 1.0) for probe in layout.probes[WEB])
        for cell in matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, answers=answers)]):
            assert (cell.expectation, cell.verdict) == ("allow", verdict)
            assert "not all policies were read: you may not" in cell.reason


def test_where_endpoints_were_not_read_an_answer_is_right_and_silence_says_nothing():
    """Neither a Service without endpoints nor a traffic policy that finds none may be called a fault then."""
    missing = (Missing("endpointslices", "service unavailable", namespace="shop"),)
    local = [
        cluster.service("web", "10.96.0.5", ports=[{"port": 80}], internalTrafficPolicy="Local"),
        cluster.service("db", "10.96.0.6", ports=[{"port": 5432}]),
    ]
    facts = Facts(dataclasses.replace(cluster.snapshot(services=local, endpoint_slices=[]), missing=missing))
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_service"], Options(("tcp",)))
    for outcome, verdict in (("open", "pass"), ("timeout", "unknown"), ("refused", "unknown")):
        answers = tuple(Answer(probe.id, outcome, 1.0) for probe in layout.probes[WEB])
        cells = matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, answers=answers)])
        assert {(cell.expectation, cell.verdict) for cell in cells} == {("allow", verdict)}
        assert all("is not known: service unavailable" in cell.reason for cell in cells)
    elsewhere = dataclasses.replace(facts.snapshot, missing=(dataclasses.replace(missing[0], namespace="back"),))
    facts = Facts(elsewhere)
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_service"], Options(("tcp",)))
    cells = matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, answers=())])
    assert {cell.expectation for cell in cells if "10.96.0.5" in cell.asked} == {"deny"}


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
            "has no ready endpoint: its only endpoint is not ready",
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
    cells = judged(
        "timeout", "pod_to_nodeport", asked, sources=[{"pod": "web-2"}], services=[local], endpoint_slices=slices
    )
    assert [cell.expectation for cell in cells] == [expectation]


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


def test_udp_silence_is_a_failure_only_where_somebody_got_an_echo():
    ports = [{"port": 9, "protocol": "UDP"}]
    lists = {
        "services": [cluster.service("db", "10.96.0.6", ports=ports)],
        "endpoint_slices": [
            cluster.endpoint_slice("db", "IPv4", {"port": 9, "protocol": "UDP"}, ("10.0.1.2", "w1", "db-1", True))
        ],
        "sources": [{"namespace": "shop", "label_selector": "app=web"}],
        "protocol": "udp",
    }
    assert {cell.verdict for cell in judged("timeout", **lists)} == {"unknown"}
    mixed = judged({"shop/web-2/app": "timeout", WEB: "open"}, **lists)
    assert {(cell.source, cell.verdict) for cell in mixed} == {(WEB, "pass"), ("shop/web-2/app", "fail")}


def test_where_every_try_must_be_answered_one_that_was_not_is_a_failure():
    facts = Facts(cluster.snapshot())
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_self_service"], Options())
    (probe,) = layout.probes[WEB]
    assert (probe.tries, probe.every_try) == (10, True)
    answer = Answer(probe.id, "open", 0.3, sent=10, received=6, error="timeout x4")
    (cell,) = matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, answers=(answer,))])
    assert (cell.outcome, cell.verdict) == ("timeout", "fail")
    assert cell.reason == "no answer (4 of 10 tries had no answer: timeout x4)"
    assert cell.latency_ms is None  # 0.3 ms is the time of the tries that were answered


def test_a_probe_without_an_answer_is_unknown_with_the_reason_of_its_source():
    facts = Facts(cluster.snapshot())
    layout = plan.make(facts, selection.select(facts, None, None), ["pod_to_pod_same_node"], Options())
    cells = matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, error="it died")])
    reasons = {(cell.source, cell.verdict, cell.reason) for cell in cells}
    assert (WEB, "unknown", "it died") in reasons
    assert ("shop/db-1/app", "unknown", "nothing was sent from it") in reasons


def test_a_recording_answers_the_same_questions_under_other_numbers():
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, [{"pod": "web-1"}], None)
    layout = plan.make(facts, selected, ["pod_to_service", "pod_to_nodeport"], Options())
    reports = [
        SourceReport(
            source.id, runner="python", answers=tuple(Answer(probe.id, "open", float(probe.id)) for probe in probes)
        )
        for source, probes in layout.by_source()
    ]
    document = json.loads(json.dumps(recording.record(layout, reports, {"id": "x"})))
    other = plan.make(facts, selected, ["pod_to_nodeport", "pod_to_service", "pod_to_pod_same_node"], Options())
    first = {cell.asked: cell.latency_ms for cell in matrix.judge(expectation.assign(layout, facts), reports)}
    again = matrix.judge(expectation.assign(other, facts), recording.replay(other, document))
    assert {cell.asked: cell.latency_ms for cell in again if cell.asked in first} == first
    unknown = [cell for cell in again if cell.model == "pod_to_pod_same_node"]
    assert {cell.reason for cell in unknown} == {"the recording does not hold this question"}


def test_a_foreign_file_is_no_recording():
    facts = Facts(cluster.snapshot())
    layout = plan.make(facts, selection.select(facts, None, None), ["pod_to_service"], Options())
    with pytest.raises(ValueError, match="schema is"):
        recording.replay(layout, {"schema": "x"})
