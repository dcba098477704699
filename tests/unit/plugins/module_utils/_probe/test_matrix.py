# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From answers to verdicts."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import WEB, judged


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
    assert bool(cell.reason) is (verdict != "pass")
    assert cell.note == ("port 5432 answers with a server error (HTTP 503)" if outcome == "http_503" else "")


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


def test_a_refusal_of_a_closed_path_may_be_the_applications_own():
    cell = judged("refused", sources=[{"pod": "web-2"}], services=[LOCAL])[-1]
    assert (cell.expectation, cell.verdict) == ("deny", "unknown")
    assert cell.reason == "refused, as Service shop/db says, but nothing in this run shows that it answers TCP there"


def test_a_path_that_says_how_narrow_it_is_works():
    asked = [{"pod": "db-1"}]
    (told,) = judged("frag_needed", "pod_to_pod_same_node", asked, "mtu", error="1430 bytes pass, 1450 do not")
    assert (told.verdict, told.reason[-28:]) == ("pass", "1430 bytes pass, 1450 do not")
    (silent,) = judged("timeout", "pod_to_pod_same_node", asked, "mtu")
    assert silent.verdict == "fail"


def test_icmp_to_a_cluster_ip_is_no_test():
    (cell,) = judged("timeout", protocol="icmp")
    assert (cell.outcome, cell.expectation, cell.verdict) == ("not_applicable", "not_applicable", "skipped")
    assert cell.latency_ms is None


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


@pytest.mark.parametrize(
    ("routes", "error", "outcome"),
    [
        (("default via 10.0.1.254 dev eth0",), "Network is unreachable", "unreachable_fast"),
        (("default via 10.0.1.254 dev eth0",), "Cannot assign requested address", "no_route"),
        (("default via fe80::1 dev eth0",), "Network is unreachable", "no_route"),
        (("10.0.0.0/16 via 10.0.1.254 dev eth0",), "Network is unreachable", "no_route"),
        (("unreachable default",), "Network is unreachable", "no_route"),
    ],
)
def test_a_source_with_a_default_route_is_not_said_to_have_none(routes, error, outcome):
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, [{"pod": "web-1"}], [{"pod": "web-2"}])
    layout = plan.make(facts, selected, ["pod_to_pod_cross_node"], Options(protocols=("tcp",)))
    (probe,) = layout.probes[WEB]
    report = SourceReport(WEB, routes=routes, answers=(Answer(probe.id, "no_route", 0.2, error=error),))
    (cell,) = matrix.judge(expectation.assign(layout, facts), [report])
    assert (cell.outcome, cell.verdict) == (outcome, "fail")


def test_the_same_answers_are_judged_once_and_others_anew(monkeypatch):
    times = []
    monkeypatch.setattr(matrix, "judge", lambda _plan, reports: times.append(reports) or [object()])
    judge, asked = matrix.Judge(), plan.Plan()
    first = SourceReport(WEB, answers=(Answer(1, "open"),))
    cells = judge(asked, [first])
    assert judge(asked, iter([first])) is cells
    assert judge(asked, [SourceReport(WEB, answers=(Answer(1, "timeout"),))]) is not cells
    assert judge(plan.Plan({WEB: []}), [first]) is not cells
    assert len(times) == 3
