# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths to a Service: its endpoints, and why there are none."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.user_expectations import UserExpectations
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import (
    KubeProxy,
    ServiceReference,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import WEB, judged
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.path_of import paths_of


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
    there = [cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.2.1", "w2", "web-2", True))]
    pods = [cluster.pod(*each) for each in (("web-1", "w1", "10.0.1.1"), ("job-1", "w2", "10.0.2.9"))]
    read = cluster.snapshot(services=local, endpoint_slices=there, pods=pods)
    facts = Facts(dataclasses.replace(read, missing=(dataclasses.replace(missing[0], namespace="back"),)))
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_service"], Options(("tcp",)))
    cells = matrix.judge(expectation.assign(layout, facts), [SourceReport(WEB, answers=())])
    assert {cell.expectation for cell in cells if "10.96.0.5" in cell.asked} == {"deny"}


HEAD = {"clusterIPs": ["None"]}


SAID = (
    "Service shop/db declares port 80, and headless Services do not translate ports: its endpoints have port 5432, "
    "which its SRV records give; clients that use db:80 are not connected"
)


def test_a_port_that_no_endpoint_has_is_a_failure_where_something_uses_it():
    """Whoever reads the port from SRV records never asks it."""
    service = cluster.service("db", ports=[{"port": 80, "targetPort": 5432}], **HEAD)
    (path,) = of_headless(service)
    assert (path.defect, path.unneeded) == ("", SAID)
    assert [(end.peer.addresses, end.port) for end in path.ends] == [(("10.0.1.2",), 80)]
    users = (ServiceReference("shop/db", 80, "shop/web-1"), ServiceReference("shop/db", 5432, "shop/web-2"))
    (path,) = of_headless(service, users)
    assert (path.defect, path.unneeded) == (f"{SAID}, such as Pod shop/web-1", "")
    (path,) = of_headless(cluster.service("db", ports=[{"port": 5432}], **HEAD), users)
    assert (path.defect, path.unneeded) == ("", "")


@pytest.mark.parametrize(
    ("outcome", "who", "verdict"),
    [
        ("refused", "nobody", "pass"),
        ("refused", "a Pod", "fail"),
        ("refused", "the user", "fail"),
        ("refused", "the question", "fail"),
        ("timeout", "nobody", "skipped"),
        ("timeout", "a Pod", "fail"),
        ("dns_timeout", "nobody", "fail"),
        ("open", "nobody", "pass"),
    ],
)
def test_no_answer_at_a_port_that_no_endpoint_has_is_a_note_unless_somebody_needs_it(outcome, who, verdict):
    service = cluster.service("db", ports=[{"port": 80, "targetPort": 5432}], **HEAD)
    snapshot = cluster.snapshot(services=[service])
    if who == "a Pod":
        snapshot = dataclasses.replace(snapshot, references=(ServiceReference("shop/db", 80, "shop/web-1"),))
    facts = Facts(snapshot)
    made = plan.make(
        facts, selection.select(facts, None, None), ["pod_to_headless"], Options(("tcp", "dns"), ("IPv4",))
    )
    entry = {"expect": "allow", "from": {}, "to": {"service": "db"}}
    user = UserExpectations([entry] if who == "the user" else [])
    made = expectation.assign(made, facts, user, who == "the question")
    answers: dict[str, list[Answer]] = {}
    for question in made:
        if question.probe.host.startswith("db.") and question.probe.port == 80:
            answer = Answer(question.probe.id, outcome, 1.0, "10.0.1.2", refusal="rst")
            answers.setdefault(question.source.id, []).append(answer)
    reports = [SourceReport(name, answers=tuple(own)) for name, own in answers.items()]
    cells = [cell for cell in matrix.judge(made, reports) if cell.outcome == outcome]
    assert {cell.verdict for cell in cells} == {verdict}
    assert {cell.note for cell in cells} == {SAID if (outcome, verdict) == ("refused", "pass") else ""}
    if verdict == "skipped":
        assert {cell.reason for cell in cells} == {SAID}
    if verdict == "fail" and outcome == "refused":
        assert all(cell.reason.startswith(SAID) for cell in cells)


@pytest.mark.parametrize(("names", "verdict"), [("nobody", "pass"), ("a Pod", "fail"), ("a client", "fail")])
def test_a_port_of_a_headless_service_at_which_nobody_listens_is_a_note_unless_somebody_names_it(names, verdict):
    """Charts give the Service that names the members of a StatefulSet a port, whether they have it or not."""
    service = cluster.service("db", ports=[{"name": "tcp", "port": 80}], **HEAD)
    own = {"name": "app", "image": "image:1", "ports": [{"containerPort": 80 if names == "a Pod" else 5432}]}
    member = cluster.pod("db-1", "w1", "10.0.1.2", containers=[own])
    part = cluster.endpoint_slice("db", "IPv4", {"name": "tcp", "port": 80}, ("10.0.1.2", "w1", "db-1", True))
    pods = [cluster.pod("web-1", "w1", "10.0.1.1"), member]
    snapshot = cluster.snapshot(services=[service], pods=pods, endpoint_slices=[part])
    if names == "a client":
        snapshot = dataclasses.replace(snapshot, references=(ServiceReference("shop/db", 80, "shop/web-1"),))
    facts = Facts(snapshot)
    made = plan.make(
        facts,
        selection.select(facts, [{"pod": "web-1"}], None),
        ["pod_to_headless"],
        Options(("tcp", "dns"), ("IPv4",)),
    )
    made = expectation.assign(made, facts)
    asked = [question.probe for question in made if question.probe.port == 80]
    answers = tuple(Answer(probe.id, "refused", 1.0, "10.0.1.2", refusal="rst") for probe in asked)
    cells = [cell for cell in matrix.judge(made, [SourceReport(WEB, answers=answers)]) if cell.outcome == "refused"]
    assert {(cell.via, cell.verdict) for cell in cells} == {("fqdn.", verdict), ("address", verdict)}
    assert all("nothing has to listen there" in cell.note for cell in cells) is (verdict == "pass")


def of_headless(service, users=()):
    snapshot = dataclasses.replace(cluster.snapshot(services=[service]), references=users)
    found = paths_of("pod_to_headless", "tcp", None, WEB, snapshot, ("dns",))
    return [path for name, path in found.items() if " svc/" in name and "declares" in path.reason]


def test_each_endpoint_of_a_headless_service_has_the_port_of_its_own_slice():
    """A rollout of a new port: one name, two numbers."""
    service = cluster.service("web", ports=[{"port": 80, "targetPort": "http"}], **HEAD)
    parts = [
        cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", True)),
        cluster.endpoint_slice("web", "IPv4", {"port": 9376}, ("10.0.2.1", "w2", "web-2", True)),
    ]
    snapshot = cluster.snapshot(services=[service], endpoint_slices=parts)
    found = paths_of("pod_to_headless", "http", None, "shop/db-1/app", snapshot)
    assert sorted(end.port for path in found.values() for end in path.ends) == [8080, 9376]


def test_a_clusterip_that_may_answer_a_ping_is_asked_and_never_a_failure():
    for outcome in ("open", "timeout", "refused"):
        cells = judged(outcome, protocol="icmp", kube_proxy=KubeProxy(mode="ipvs"))
        assert {(cell.verdict, cell.outcome) for cell in cells} == {("skipped", outcome)}


def test_internal_traffic_policy_local_without_any_endpoint_is_no_wanted_silence():
    local = cluster.service("db", "10.96.0.6", ports=[{"port": 5432}], internalTrafficPolicy="Local")
    unready = [cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", False))]
    for cell in judged("refused", services=[local], endpoint_slices=unready):
        assert (cell.expectation, cell.verdict) == ("allow", "fail")
        assert "its only endpoint is not ready" in cell.reason
    there = [cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.2.2", "w2", "db-1", True))]
    cell = judged("timeout", services=[local], endpoint_slices=there)[-1]
    assert (cell.expectation, cell.decided_by) == ("deny", "Service shop/db")
    assert cell.expectation_reason.endswith("and no ready endpoint on w1 (it has some on w2)")


def test_hints_decide_which_endpoint_policies_are_asked_about():
    """PreferSameNode: of two endpoints, one behind a policy, each node uses its own."""
    part = cluster.endpoint_slice(
        "web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", True), ("10.0.2.1", "w2", "web-2", True)
    )
    for endpoint in part["endpoints"]:
        endpoint["hints"] = {"forNodes": [{"name": endpoint["nodeName"]}]}
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", labels={"app": "web", "open": "yes"}),
        cluster.pod("web-2", "w2", "10.0.2.1"),
        cluster.pod("job-1", "w1", "10.0.1.7"),
        cluster.pod("job-2", "w2", "10.0.2.7"),
    ]
    close = cluster.policy("close", podSelector={"matchExpressions": [{"key": "open", "operator": "DoesNotExist"}]})
    close["spec"]["podSelector"]["matchLabels"] = {"app": "web"}
    cells = judged(
        "open",
        asked=[{"namespace": "shop", "service": "web"}],
        sources=[{"pod": "job-1"}, {"pod": "job-2"}],
        pods=pods,
        endpoint_slices=[part],
        network_policies=[close],
    )
    by_source = {cell.source: cell for cell in cells if cell.via == "address"}
    assert {name: cell.expectation for name, cell in by_source.items()} == {
        "shop/job-1/app": "allow",
        "shop/job-2/app": "deny",
    }
    assert "1 ready endpoint for node w1 by the hints of its EndpointSlices" in (
        by_source["shop/job-1/app"].expectation_reason
    )


def test_a_pod_of_the_services_name_asks_itself_by_it():
    pods = [cluster.pod("db", "w1", "10.0.1.2", ports=[{"containerPort": 5432}])]
    slices = [cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db", True))]
    facts = Facts(cluster.snapshot(pods=pods, endpoint_slices=slices))
    chosen = selection.select(facts, None, [{"namespace": "shop", "service": "db"}])
    layout = expectation.assign(
        plan.make(facts, chosen, ["pod_to_self_service", "pod_to_service"], Options(("tcp",))), facts
    )
    ((name, questions),) = layout.questions.items()
    answers = tuple(Answer(each.probe.id, "refused", 1.0, address="10.0.1.2") for each in questions)
    found = {cell.via: cell for cell in matrix.judge(layout, [SourceReport(name, answers=answers)])}
    short = found["short name"]
    assert short.verdict == "skipped"
    assert short.reason == "db is the Pod's own host name: its /etc/hosts leads to itself, not to Service shop/db"
    assert found["address"].verdict == "fail"
