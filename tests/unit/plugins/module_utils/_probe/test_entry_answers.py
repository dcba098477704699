# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer from a host and path of an Ingress or a route shows of the application behind it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import expectation, matrix, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Cell, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

PORTS = [{"name": "http", "port": 80, "targetPort": 8080}]
SERVICES = [cluster.service("web", "10.96.0.5", ports=PORTS), cluster.service("asleep", "10.96.0.6", ports=PORTS)]
SLICES = [cluster.endpoint_slice("web", "IPv4", {"name": "http", "port": 8080}, ("10.0.1.1", "w1", "web-1", True))]
CLASS = {"metadata": {"name": "traefik"}, "spec": {"controller": "traefik.io/ingress-controller"}}
SERVED = {"loadBalancer": {"ingress": [{"ip": "198.18.0.201"}]}}


def ingress(service: str = "web", status: t.Any = None, **spec: t.Any) -> dict[str, t.Any]:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    rule = {"host": "a.lab", "http": {"paths": [{"path": "/x", "pathType": "Prefix", "backend": backend}]}}
    metadata = {"namespace": "shop", "name": "in"}
    spec = {"ingressClassName": "traefik", "rules": [rule], **spec}
    return {"metadata": metadata, "spec": spec, "status": SERVED if status is None else status}


def cells(outcome: t.Any, item: t.Any, models: t.Sequence[str] = ("pod_to_ingress",), **fields: t.Any) -> list[Cell]:
    """The cells of hosts and paths, where those and the Pod behind answer so; C(direct) is what the Pod answers.

    C(outcome) may be a function of the question.
    """
    direct, also = fields.pop("direct", "open"), fields.pop("also", {})
    lists: dict[str, t.Any] = {"services": SERVICES, "endpoint_slices": SLICES, "ingress_classes": [CLASS]}
    lists = {"ingresses": [item], **lists, **fields.pop("lists", {})}
    per_source = fields.pop("per_source", {})
    snapshot = cluster.snapshot(**lists)
    for name, value in also.items():
        object.__setattr__(snapshot, name, value)
    facts = Facts(snapshot)
    outside = [Source("outside/controller", kind="outside", addresses=("198.18.0.100",))]
    chosen = selection.select(facts, None, None, {"pod", "outside"}, outside=outside)
    layout = expectation.assign(plan.make(facts, chosen, models, Options(("http", "https", "tcp"))), facts)
    reports = [
        SourceReport(
            name,
            answers=tuple(
                Answer(question.probe.id, ms=1.0, **per_source[name])
                if question.about.entry and name in per_source
                else Answer(
                    question.probe.id,
                    (outcome(question) if callable(outcome) else outcome) if question.about.entry else direct,
                    1.0,
                    address="198.18.0.201" if callable(outcome) and not outcome(question).startswith("dns") else "",
                    **(fields if question.about.entry else {"refusal": "rst"} if direct == "refused" else {}),
                )
                for question in asked
            ),
        )
        for name, asked in layout.questions.items()
    ]
    found = matrix.judge(layout, reports)
    return [cell for cell in found if cell.model.endswith("_to_ingress") and cell.protocol in ("http", "https")]


@pytest.mark.parametrize("outcome", ["http_200", "http_404", "http_503", "timeout"])
@pytest.mark.parametrize(
    ("service", "cause", "whose"),
    [
        ("gone", "Service shop/gone does not exist", "network"),
        ("asleep", "Service shop/asleep port 80 has no ready endpoint", "application"),
    ],
)
def test_what_is_known_to_be_wrong_behind_it_counts_whatever_answers(outcome, service, cause, whose):
    found = cells(outcome, ingress(service))
    assert found
    for cell in found:
        assert (cell.verdict, cell.whose, cell.defect) == ("fail", whose, cause)
        assert cause in cell.reason


def test_a_class_that_nobody_serves_fails_by_a_404_and_by_a_page():
    nobody = ingress(status={}, ingressClassName="nginx-internal")
    for outcome in ("http_404", "http_200"):
        for cell in cells(outcome, nobody):
            assert (cell.verdict, cell.whose) == ("fail", "network")
            assert "there is no IngressClass nginx-internal; there is traefik" in cell.reason


@pytest.mark.parametrize(("outcome", "verdict"), [("http_200", "pass"), ("http_404", "fail"), ("refused", "fail")])
def test_a_controller_that_gives_no_address_may_serve_it(outcome, verdict):
    found = cells(outcome, ingress(status={}))
    assert found
    assert {cell.verdict for cell in found} == {verdict}
    if verdict == "fail":
        assert all("has given it no address" in cell.reason for cell in found)


@pytest.mark.parametrize("outcome", ["http_200", "http_404", "http_403", "http_302", "http_500"])
def test_a_page_of_the_application_proves_the_path(outcome):
    found = cells(outcome, ingress(), body="no such page")
    assert found
    assert {(cell.verdict, cell.author) for cell in found} == {("pass", "peer")}


@pytest.mark.parametrize(
    ("outcome", "body", "whose", "said"),
    [
        ("http_502", "Bad Gateway", "application", "Traefik answers HTTP 502 itself"),
        ("http_504", "", "application", "the controller answers HTTP 504 itself"),
        ("http_404", '{"message":"no Route matched with those values"}', "network", "it has no route for this host"),
        ("http_404", "default backend - 404", "network", "ingress-nginx answers HTTP 404 itself"),
    ],
)
def test_a_page_of_the_controller_proves_nothing(outcome, body, whose, said):
    for cell in cells(outcome, ingress(), body=body):
        assert (cell.verdict, cell.author, cell.whose) == ("fail", "controller", whose)
        assert said in cell.reason


def test_endpoints_that_refuse_those_who_ask_them_themselves_are_the_cause():
    models = ("pod_to_ingress", "pod_to_pod_same_node", "pod_to_pod_cross_node")
    found = cells("http_503", ingress(), models, body="maintenance", direct="refused")
    assert found
    for cell in found:
        assert (cell.verdict, cell.author, cell.whose) == ("fail", "controller", "application")
        assert "each endpoint behind it refuses connections (10.0.1.1 port 8080)" in cell.reason
    assert {cell.verdict for cell in cells("http_503", ingress(), models, body="maintenance")} == {"pass"}


def test_other_entries_of_the_host_and_path_and_endpoints_that_refuse_are_told():
    second = cluster.endpoint_slice("web", "IPv4", {"name": "http", "port": 8080}, ("10.0.2.1", "w2", "web-2", True))
    lists = {"endpoint_slices": [*SLICES, second]}
    for cell in cells("http_502", ingress(), lists=lists, body="Bad Gateway"):
        assert cell.reason.startswith("it gets no answer of the application; Traefik answers")
    twin = {**ingress(), "metadata": {"namespace": "shop", "name": "twin"}}
    found = cells("http_502", ingress(), lists={"ingresses": [ingress(), twin]}, body="Bad Gateway")
    assert {cell.reason for cell in found if "/in/" in cell.target} == {
        "it gets no answer of the application; Ingress shop/twin has this host and path as well; "
        "Traefik answers HTTP 502 itself"
    }


CLOSED = cluster.policy("closed", podSelector={"matchLabels": {"app": "web"}}, policyTypes=["Ingress"])


@pytest.mark.parametrize("answer", [{"outcome": "http_504"}, {"outcome": "timeout", "phases": {"connect": 0.2}}])
def test_policies_that_keep_the_controller_from_what_is_behind_it_are_the_cause(answer):
    balanced = {"status": SERVED, **cluster.service("traefik", "10.96.0.7", ports=PORTS, type="LoadBalancer")}
    served = cluster.endpoint_slice(
        "traefik", "IPv4", {"name": "http", "port": 8080}, ("10.0.2.7", "w2", "traefik-1", True)
    )
    pods = [cluster.pod("traefik-1", "w2", "10.0.2.7"), cluster.pod("web-1", "w1", "10.0.1.1")]
    lists: dict[str, t.Any] = {
        "services": [*SERVICES, balanced],
        "endpoint_slices": [*SLICES, served],
        "pods": pods,
    }
    from_traefik = {"per_source": {"shop/traefik-1/app": answer, "shop/web-1/app": answer}}
    for cell in cells("http_504", ingress(), lists={**lists, "network_policies": [CLOSED]}, **from_traefik):
        assert (cell.verdict, cell.whose) == ("fail", "network")
        said = "its controller may not connect to what is behind it: NetworkPolicy shop/closed isolates Pod shop/web-1"
        assert cell.reason.startswith(said)
    for cell in cells("http_504", ingress(), lists=lists, **from_traefik):
        assert (cell.verdict, cell.whose) == ("fail", "application")


def test_the_500_of_the_controller_is_none_of_the_application():
    for cell in cells("http_500", ingress(), body="Internal Server Error", headers={"content-type": "text/plain"}):
        assert (cell.verdict, cell.author, cell.whose) == ("fail", "controller", "application")
    own = {"content-type": "text/plain", "x-content-type-options": "nosniff"}
    for cell in cells("http_500", ingress(), body="Internal Server Error", headers=own):
        assert (cell.verdict, cell.author, cell.application) == ("pass", "peer", "http_5xx")


def test_a_controller_that_lets_wait_and_gives_up_for_others_is_no_path_that_fails():
    item = ingress()
    other = {"outcome": "timeout", "phases": {"connect": 0.2}}
    found = cells("http_504", item, per_source={"shop/web-2/app": other})
    assert {(cell.verdict, cell.whose, cell.application) for cell in found if "web-2" in cell.source} == {
        ("fail", "application", "silent")
    }


def test_a_redirect_to_https_is_the_controllers_and_no_failure():
    found = cells("http_308", ingress(), headers={"location": "https://a.lab/x"})
    assert found
    assert {(cell.verdict, cell.author) for cell in found} == {("pass", "controller")}


BEHIND = cluster.endpoint_slice("web", "IPv4", {"name": "grpc", "port": 8080}, ("10.0.1.1", "w1", "web-1", True))
CALLED = {
    "services": [cluster.service("web", "10.96.0.5", ports=[{"name": "grpc", "port": 80, "targetPort": 8080}])],
    "endpoint_slices": [BEHIND],
}
GRPC = {"content-type": "application/grpc", "grpc-status": "12"}


@pytest.mark.parametrize(
    ("outcome", "fields", "verdict", "author", "said"),
    [
        ("http_200", {"headers": GRPC}, "pass", "peer", ""),
        ("http_200", {"headers": {**GRPC, "grpc-status": "0"}}, "pass", "peer", ""),
        ("http_404", {"body": "404 page not found"}, "fail", "controller", "it has no route for this host and path"),
        ("http_502", {"body": "Bad Gateway"}, "fail", "controller", "Traefik answers HTTP 502 itself"),
        ("http_415", {}, "fail", "peer", "what answers HTTP 415 there speaks no gRPC"),
        ("http_400", {"headers": {"server": "nginx"}}, "fail", "peer", "what answers HTTP 400 there speaks no gRPC"),
        (
            "http_200",
            {"headers": {**GRPC, "grpc-status": "14", "server": "envoy"}, "body": "no healthy upstream"},
            "fail",
            "controller",
            "Envoy answers gRPC status 14 itself",
        ),
    ],
)
def test_only_an_answer_by_grpc_to_a_call_is_the_applications(outcome, fields, verdict, author, said):
    item = ingress(tls=[{"hosts": ["a.lab"]}])
    found = [cell for cell in cells(outcome, item, lists=CALLED, **fields) if cell.verdict != "skipped"]
    assert found
    for cell in found:
        assert (cell.verdict, cell.author) == (verdict, author)
        assert said in cell.reason
        assert cell.asked.startswith("grpcs://")


def test_an_exact_path_that_is_no_prefix_is_told_and_is_no_failure():
    exact = ingress()
    exact["spec"]["rules"][0]["http"]["paths"][0]["pathType"] = "Exact"
    found = [cell for cell in cells("http_404", exact) if "/x/:" in cell.target]
    assert found
    said = "Ingress shop/in has /x as an Exact path: /x/ is answered by HTTP 404"
    assert {(cell.verdict, cell.note) for cell in found} == {("pass", said)}


def by_name(name_outcome: str, address_outcome: str = "http_200") -> t.Callable[[t.Any], str]:
    return lambda question: name_outcome if question.probe.via == "name" else address_outcome


@pytest.mark.parametrize("address_outcome", ["http_200", "http_503"])
def test_a_host_that_no_name_server_knows_is_a_note_and_its_address_is_judged(address_outcome):
    found = cells(by_name("dns_nxdomain", address_outcome), ingress())
    named = [cell for cell in found if cell.via == "name"]
    assert named
    for cell in named:
        assert (cell.verdict, cell.whose) == ("skipped", "")
        assert cell.note == "DNS has no name a.lab: only its address was probed"
    assert {cell.verdict for cell in found if cell.via == "address"} == {"pass"}
    assert {bool(cell.note) for cell in found if cell.via == "address"} == {address_outcome == "http_503"}


def test_a_name_server_that_does_not_answer_is_a_failure_all_the_same():
    for outcome in ("dns_timeout", "dns_servfail"):
        assert {cell.verdict for cell in cells(by_name(outcome), ingress()) if cell.via == "name"} == {"fail"}


def test_a_host_that_could_not_be_asked_at_its_address_is_missed():
    found = cells(by_name("dns_nxdomain", "probe_error"), ingress())
    assert {cell.verdict for cell in found if cell.via == "name"} == {"fail"}


INSIDE = "DNS outside the cluster has the name a.lab, DNS inside it has not"
OUTSIDE = "DNS inside the cluster has the name a.lab, DNS outside it has not"


@pytest.mark.parametrize(
    ("knows", "verdicts", "note"),
    [
        ("outside", {"shop/": "skipped", "outside": "pass"}, INSIDE),
        ("pod", {"shop/": "pass", "outside": "skipped"}, OUTSIDE),
        ("shop/web-1", {"shop/web-1": "pass", "shop/web-2": "fail", "outside": "skipped"}, OUTSIDE),
    ],
)
def test_a_name_that_one_source_has_is_missed_by_those_beside_it_alone(knows, verdicts, note):
    def outcome(question: t.Any) -> str:
        at = question.source
        known = knows in (at.kind, f"{at.namespace}/{at.pod}") or question.probe.via != "name"
        return "http_200" if known else "dns_nxdomain"

    found = cells(outcome, ingress(), ("pod_to_ingress", "outside_to_ingress"))
    for start, verdict in verdicts.items():
        named = [cell for cell in found if cell.via == "name" and cell.source.startswith(start)]
        assert {cell.verdict for cell in named} == {verdict}
    assert {cell.note for cell in found} == {"", note}


def test_a_name_of_a_sources_own_hosts_file_is_none_that_dns_has():
    own = {"outcome": "http_200", "address": "198.18.0.201", "server": "/etc/hosts"}
    found = cells(by_name("dns_nxdomain"), ingress(), per_source={"shop/web-1/app": own})
    named = [cell for cell in found if cell.via == "name" and not cell.source.startswith("shop/web-1")]
    assert {(cell.verdict, cell.note) for cell in named} == {
        ("skipped", "DNS has no name a.lab: only its address was probed")
    }


def test_a_wildcard_is_no_name_that_dns_must_have():
    rules = [{"host": "*.a.lab", "http": ingress()["spec"]["rules"][0]["http"]}]
    named = [cell for cell in cells(by_name("dns_nxdomain"), ingress(rules=rules)) if cell.via == "name"]
    assert named
    for cell in named:
        assert (cell.verdict, cell.note) == ("skipped", "")
        assert cell.reason == "*.a.lab stands for any name, and DNS need not have kubewire.a.lab"
