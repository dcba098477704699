# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the cluster are asked in the domain that the sources' own resolv.conf has."""

from __future__ import annotations

import functools
import json

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    recording,
    rounds,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.own_domains import OwnDomains
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

MODELS = ["pod_to_service", "pod_to_headless", "pod_to_apiserver", "pod_to_dns", "pod_to_pod_same_node"]
DNS = [{"containerPort": 53, "name": "dns", "protocol": "UDP"}]
PODS = [
    cluster.pod("web-1", "w1", "10.0.1.1", ports=[cluster.HTTP]),
    cluster.pod("db-1", "w1", "10.0.1.2", ports=[{"containerPort": 5432}]),
    cluster.pod("ns-1", "w1", "10.0.1.53", ports=DNS),
]
WEB, DB = "shop/web-1/app", "shop/db-1/app"


def planned(pods=PODS, targets=None):
    facts = Facts(cluster.snapshot(pods=pods))
    chosen = selection.select(facts, [{"pod": "web-1"}, {"pod": "db-1"}], targets)
    made = plan.make(facts, chosen, MODELS, Options(("dns", "tcp"), ("IPv4",)))
    assign = functools.partial(expectation.assign, facts=facts)
    return assign(made), assign


def report(made, source, domain, outcome="dns_nxdomain"):
    answers = tuple(Answer(question.probe.id, outcome, 1.0) for question in made.questions[source])
    lines = ("nameserver 10.96.0.10", f"search shop.svc.{domain} svc.{domain} {domain}")
    return SourceReport(source, resolv_conf=lines, answers=answers)


def after(made, assign, *reports):
    stage = OwnDomains(assign)
    further = stage.further(made, reports, ())
    assert stage.further(made, reports, ()) is None
    if further is None:
        return None, made
    return further, rounds.extended(made, further.questions)[0]


def hosts(made, source=WEB):
    return {question.probe.host for question in made.questions[source] if ".svc." in question.probe.host}


def test_names_are_asked_again_in_the_domain_of_resolv_conf_and_only_that_counts():
    made, assign = planned()
    first = report(made, WEB, "k8s.example")
    further, told = after(made, assign, first)
    assert {host.split(".svc.")[1].rstrip(".") for host in hosts(told)} == {"k8s.example"}
    assert hosts(told, DB) == {host.replace("cluster.local", "k8s.example") for host in hosts(made, DB)}
    assert [question.probe.id for question in told] == [question.probe.id for question in made]
    assert told.cells == made.cells

    own = [question for question in further.questions if question.source.id == WEB]
    now = SourceReport(
        WEB, answers=tuple(Answer(each.probe.id, "open", 1.0, answers=each.probe.answers) for each in own)
    )
    joined = further.combine(first, now)
    assert len(joined.answers) == len(first.answers)
    cells = [cell for cell in matrix.judge(told, [joined]) if cell.source == WEB and "k8s.example" in cell.asked]
    assert {"k8s.example" in cell.asked and cell.via for cell in cells} >= {"fqdn", "fqdn.", "address"}
    assert {(cell.expectation, cell.verdict) for cell in cells} == {("allow", "pass")}
    failed = [cell for cell in matrix.judge(told, [first]) if cell.source == WEB and "k8s.example" in cell.asked]
    # A name server of one's own, which is asked by its address, need not know the cluster.
    assert {cell.verdict for cell in failed if cell.outcome == "dns_nxdomain" and cell.via != "address"} == {"fail"}


def test_a_recording_is_replayed_in_the_domain_that_was_asked():
    made, assign = planned()
    first = report(made, WEB, "k8s.example")
    _further, told = after(made, assign, first)
    open_ = tuple(Answer(each.probe.id, "open", 1.0, answers=each.probe.answers) for each in told.questions[WEB])
    kept = recording.record(told, [SourceReport(WEB, resolv_conf=first.resolv_conf, answers=open_)], {"id": "x"})
    document = json.loads(json.dumps(kept))
    _further, again = after(made, assign, *recording.replay(made, document))
    assert hosts(again) == hosts(told)
    replayed = {one.source: one for one in recording.replay(again, document)}[WEB]
    cells = [cell for cell in matrix.judge(again, [replayed]) if cell.source == WEB]
    assert {cell.verdict for cell in cells if "k8s.example" in cell.asked} == {"pass"}


def test_nothing_is_asked_again_where_the_domain_is_the_one_that_was_taken():
    made, assign = planned()
    assert after(made, assign, report(made, WEB, "cluster.local"))[0] is None
    assert after(made, assign, SourceReport(WEB, resolv_conf=("nameserver 10.96.0.10",)))[0] is None


def test_where_sources_differ_each_has_its_own_and_the_others_none():
    made, assign = planned()
    _further, told = after(made, assign, report(made, WEB, "k8s.example"), report(made, DB, "other.example"))
    assert {host.split(".svc.")[1].rstrip(".") for host in hosts(told)} == {"k8s.example"}
    assert {host.split(".svc.")[1].rstrip(".") for host in hosts(told, DB)} == {"other.example"}


def test_a_search_list_of_the_pods_own_spec_is_known_before_anything_is_asked():
    own = cluster.pod(
        "web-1",
        "w1",
        "10.0.1.1",
        spec={
            "dnsPolicy": "None",
            "dnsConfig": {"nameservers": ["10.96.0.10"], "searches": ["shop.svc.k8s.example", "svc.k8s.example"]},
        },
    )
    made, assign = planned([own, *PODS[1:]])
    assert {host.split(".svc.")[1].rstrip(".") for host in hosts(made)} == {"k8s.example"}
    assert {host.split(".svc.")[1].rstrip(".") for host in hosts(made, DB)} == {"cluster.local"}
    assert {question.expected.decision for question in made.questions[WEB]} == {"allow"}
    assert after(made, assign, report(made, WEB, "k8s.example"))[1].questions[WEB] == made.questions[WEB]


def test_a_host_that_the_user_names_is_asked_as_it_was_named():
    made, assign = planned(targets=[{"host": "web.shop.svc.cluster.local", "port": 80}])
    assert after(made, assign, report(made, WEB, "k8s.example"))[0] is None
