# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose failure it is: what the network carries, and what applications make of it."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import expectation, matrix, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Cell, Probe, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.user_expectations import UserExpectations
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

WEB, NARROW = "shop/web-1/app", "shop/narrow-1/app"
PORTS = [{"containerPort": 8000, "name": "http"}, {"containerPort": 9999, "name": "metrics"}]
PODS = [
    cluster.pod("web-1", "w1", "10.0.1.1", "fd00::1"),
    cluster.pod("narrow-1", "w1", "10.0.1.9", "fd00::9", ports=PORTS),
]
NODES = [cluster.node("w1", "198.18.0.11", "fd00:1::11")]
ANSWERS = {"http": "http_200"}

Answers = t.Callable[[Probe], "dict[str, t.Any]"]
#: The Pod narrow-1 listens at 0.0.0.0:8000.
RST = {"outcome": "refused", "refusal": "rst"}


def narrow(probe: Probe) -> dict[str, t.Any]:
    if probe.protocol == "icmp":
        return {"outcome": "open"}
    if probe.port == 8000 and probe.family == "IPv4":
        return {"outcome": "http_200"}
    return RST


def judged(
    answer: Answers,
    models: t.Sequence[str] = ("pod_to_pod_same_node",),
    reports: t.Mapping[str, t.Any] | None = None,
    protocols: t.Sequence[str] = ("tcp", "http", "icmp"),
    user: t.Sequence[t.Any] = (),
    **lists: t.Any,
) -> list[Cell]:
    """The cells that web-1 has of everything."""
    lists = {"nodes": NODES, "pods": PODS, "services": [], "endpoint_slices": [], **lists}
    facts = Facts(cluster.snapshot(**lists))
    selected = selection.select(facts, [{"pod": "web-1"}], None)
    layout = plan.make(facts, selected, list(models), Options(protocols=tuple(protocols)))
    said = [
        SourceReport(
            name,
            answers=tuple(Answer(probe.id, **answer(probe)) for probe in probes),
            **(reports or {}).get(name, {}),
        )
        for name, probes in layout.probes.items()
    ]
    return matrix.judge(expectation.assign(layout, facts, UserExpectations(user)), said)


def at(cells: t.Sequence[Cell], asked: str) -> Cell:
    (found,) = [cell for cell in cells if cell.asked.endswith(asked)]
    return found


def service(port: int, *addresses: str, family: str = "IPv4") -> dict[str, t.Any]:
    """A Service with these endpoints at a port."""
    ends = [(address, "w1", f"narrow-{address[-1]}", True) for address in addresses]
    own = "10.96.0.9" if family == "IPv4" else "fd00:96::9"
    return {
        "services": [cluster.service("narrow", own, ports=[{"port": 80, "targetPort": port}], ipFamilies=[family])],
        "endpoint_slices": [cluster.endpoint_slice("narrow", family, {"port": port}, *ends)],
    }


def test_a_port_that_nobody_uses_and_that_refuses_is_a_note():
    cell = at(judged(narrow), "10.0.1.9:9999")
    assert (cell.verdict, cell.author, cell.application, cell.whose) == ("pass", "peer", "refused", "")
    assert cell.note == "port 9999 refuses connections: nothing listens there; no Service and no probe uses it"
    assert cell.reason == ""


def test_a_pod_that_listens_on_ipv4_alone_is_a_note():
    cell = at(judged(narrow), "[fd00::9]:8000/")
    assert (cell.verdict, cell.application) == ("pass", "ipv4_only")
    assert cell.note == "port 8000 refuses IPv6 and answers by IPv4; no Service uses its IPv6 address"


def test_that_no_service_uses_a_port_is_not_said_where_one_uses_its_other_address():
    cells = judged(narrow, **service(9999, "10.0.1.9"))
    assert at(cells, "[fd00::9]:9999").note.endswith("; no Service uses its IPv6 address")


def test_what_is_said_of_a_pod_is_not_said_of_its_service_as_well():
    def failing(probe: Probe) -> dict[str, t.Any]:
        return {"outcome": "http_500" if probe.protocol == "http" else "open"}

    cells = judged(failing, ["pod_to_pod_same_node", "pod_to_service"], **service(8000, "10.0.1.9"))
    assert {cell.target for cell in cells if cell.application} == {"pod/shop/narrow-1:8000", "svc/shop/narrow:80"}
    assert {cell.target for cell in cells if cell.note} == {"pod/shop/narrow-1:8000"}


@pytest.mark.parametrize("family", ["IPv4", "IPv6"])
def test_where_a_service_uses_the_port_it_is_the_applications_failure(family: str):
    address = "10.0.1.9" if family == "IPv4" else "fd00::9"
    port = 9999 if family == "IPv4" else 8000
    asked = f"{address}:9999" if family == "IPv4" else f"[{address}]:8000/"
    cell = at(judged(narrow, **service(port, address, family=family)), asked)
    assert (cell.verdict, cell.whose) == ("fail", "application")
    assert cell.application == ("refused" if family == "IPv4" else "ipv4_only")
    assert cell.reason.endswith("; Service shop/narrow port 80 uses it")
    assert cell.evidence["relied_on"] == "Service shop/narrow port 80"
    assert not cell.note


def test_a_name_of_the_sources_own_hosts_is_no_endpoint():
    """As a Pod has whose image brings a line of its own for it."""
    pods = [cluster.pod("other", "w1", "10.0.1.9", ports=PORTS)]
    lists = {**service(8000, "10.0.1.9"), "pods": pods, "nodes": NODES}
    facts = Facts(cluster.snapshot(**lists))
    options = Options(protocols=("tcp", "http"))
    layout = plan.make(facts, selection.select(facts, None, None), ["pod_to_service"], options)
    layout = expectation.assign(layout, facts)
    own = {**RST, "server": "/etc/hosts", "address": "10.0.1.77"}
    said = [
        SourceReport(name, answers=tuple(Answer(each.id, **own) for each in probes), listens=("0.0.0.0#8000",))
        for name, probes in layout.probes.items()
    ]
    (cell,) = [cell for cell in matrix.judge(layout, said) if cell.via == "short name" and cell.family == "IPv4"]
    assert cell.reason.startswith("what the source's /etc/hosts has for narrow (10.0.1.77:80) refuses connections")


def test_where_a_probe_uses_the_port_it_is_the_applications_failure():
    container = {"name": "app", "image": "i:1", "ports": PORTS, "livenessProbe": {"tcpSocket": {"port": "metrics"}}}
    pods = [PODS[0], cluster.pod("narrow-1", "w1", "10.0.1.9", "fd00::9", containers=[container])]
    cells = judged(narrow, pods=pods)
    assert (at(cells, "10.0.1.9:9999").whose, at(cells, "[fd00::9]:9999").verdict) == ("application", "pass")
    assert at(cells, "10.0.1.9:9999").reason.endswith("a probe of container app uses it")


def test_where_the_user_expects_it_to_answer_it_is_the_applications_failure():
    wanted = [{"expect": "allow", "from": {}, "to": {"pod": "narrow-1", "port": 9999}}]
    cell = at(judged(narrow, user=wanted), "10.0.1.9:9999")
    assert (cell.verdict, cell.whose) == ("fail", "application")


def test_a_refusal_that_came_by_icmp_is_the_networks():
    cell = at(judged(lambda probe: {"outcome": "refused", "refusal": "icmp"}), "10.0.1.9:9999")
    assert (cell.verdict, cell.whose, cell.author) == ("fail", "network", "node")


@pytest.mark.parametrize(("ping", "verdict"), [("open", "pass"), ("timeout", "fail")])
def test_where_the_tool_does_not_tell_who_refused_an_answer_by_icmp_does(ping: str, verdict: str):
    def answer(probe: Probe) -> dict[str, t.Any]:
        return {"outcome": ping} if probe.protocol == "icmp" else {"outcome": "refused"}

    cell = at(judged(answer), "10.0.1.9:9999")
    assert (cell.verdict, cell.author) == (verdict, "peer" if ping == "open" else "unsure")
    unseen = "; the tool that probed does not show who refused"
    assert cell.reason.endswith(unseen) == (verdict == "fail")


def listening(*at_: str) -> dict[str, t.Any]:
    """That the Pod itself says what it listens at."""
    return {"reports": {NARROW: {"listens": at_}}}


def from_both(answer: Answers, listens: t.Sequence[str], level: str = "", **lists: t.Any) -> list[Cell]:
    lists = {"nodes": NODES, "pods": PODS, "services": [], "endpoint_slices": [], **lists}
    facts = Facts(cluster.snapshot(**lists))
    models = ["pod_to_pod_same_node", "pod_to_service"]
    layout = plan.make(facts, selection.select(facts, None, None), models, Options(protocols=("tcp", "icmp")))
    reports = [
        SourceReport(
            name,
            level,
            answers=tuple(Answer(probe.id, **answer(probe)) for probe in probes),
            listens=tuple(listens) if name == NARROW else (),
        )
        for name, probes in layout.probes.items()
    ]
    return matrix.judge(expectation.assign(layout, facts), reports)


def refusing(probe: Probe) -> dict[str, t.Any]:
    return {"outcome": "timeout"} if probe.protocol == "icmp" else {"outcome": "refused"}


@pytest.mark.parametrize(
    ("listens", "asked", "fault"),
    [
        ((), "10.0.1.9:9999", ""),
        (("0.0.0.0#8000",), "10.0.1.9:9999", "refused"),
        (("127.0.0.1#9999", "::1#9999"), "10.0.1.9:9999", "loopback_only"),
        (("0.0.0.0#9999",), "[fd00::9]:9999", "ipv4_only"),
        (("fd00::9#9999",), "10.0.1.9:9999", "ipv6_only"),
        (("0.0.0.0#9999",), "10.0.1.9:9999", ""),  # something listens: somebody else has refused
        (("::#9999",), "10.0.1.9:9999", ""),
    ],
)
def test_what_the_pod_itself_listens_at_tells_why_it_refuses(listens, asked: str, fault: str):
    cell = at(from_both(refusing, listens), asked)
    assert (cell.application, cell.verdict) == (fault, "pass" if fault else "fail")
    assert at(from_both(refusing, listens, "namespace"), asked).application == ""  # a Pod that stands in for it


def test_a_container_beside_it_that_gets_an_answer_shows_that_it_listens_on_loopback():
    containers = [{"name": "app", "image": "i:1", "ports": PORTS}, {"name": "side", "image": "i:1"}]
    pods = [PODS[0], cluster.pod("narrow-1", "w1", "10.0.1.9", "fd00::9", containers=containers)]
    facts = Facts(cluster.snapshot(nodes=NODES, pods=pods, services=[], endpoint_slices=[]))
    models = ["container_to_container", "pod_to_pod_same_node"]
    layout = plan.make(facts, selection.select(facts, None, None), models, Options(protocols=("tcp",)))

    def answer(probe: Probe) -> Answer:
        return Answer(probe.id, "open") if probe.via == "loopback" else Answer(probe.id, **RST)

    reports = [SourceReport(name, answers=tuple(map(answer, probes))) for name, probes in layout.probes.items()]
    cells = matrix.judge(expectation.assign(layout, facts), reports)
    told = {cell.note.partition(";")[0] for cell in cells if cell.target == "pod/shop/narrow-1:9999" and cell.note}
    assert told == {"port 9999 refuses connections: the application listens on loopback only"}


def test_a_service_of_which_nobody_listens_at_the_target_port_fails():
    models = ["pod_to_pod_same_node", "pod_to_service"]
    cell = at(judged(narrow, models, protocols=("tcp",), **service(9999, "10.0.1.9")), "10.96.0.9:80")
    assert (cell.verdict, cell.whose, cell.application, cell.author) == ("fail", "application", "refused", "peer")
    assert cell.reason.startswith("its only endpoint (10.0.1.9:9999) refuses connections: nothing listens there")


def test_one_endpoint_of_two_that_refuses_is_named_wherever_it_was_met():
    pods = [*PODS, cluster.pod("narrow-8", "w1", "10.0.1.8", ports=[{"containerPort": 9999}])]

    def answer(probe: Probe) -> dict[str, t.Any]:
        return {"outcome": "open"} if probe.host == "10.0.1.8" else RST

    models = ["pod_to_pod_same_node", "pod_to_service"]
    cells = judged(answer, models, protocols=("tcp",), pods=pods, **service(9999, "10.0.1.8", "10.0.1.9"))
    assert at(cells, "10.96.0.9:80").reason.startswith("1 of its 2 endpoints (10.0.1.9:9999) refuses connections")
    assert (at(cells, "10.0.1.9:9999").verdict, at(cells, "10.0.1.8:9999").verdict) == ("fail", "pass")


def test_a_service_whose_endpoints_all_answer_and_that_refuses_is_the_networks_failure():
    def answer(probe: Probe) -> dict[str, t.Any]:
        return {"outcome": "open"} if probe.model == "pod_to_pod_same_node" else RST

    models = ["pod_to_pod_same_node", "pod_to_service"]
    cell = at(judged(answer, models, protocols=("tcp",), **service(9999, "10.0.1.9")), "10.96.0.9:80")
    assert (cell.verdict, cell.whose, cell.author) == ("fail", "network", "unsure")


def test_a_service_that_a_node_rejects_although_it_has_an_endpoint_is_the_networks_failure():
    """Whether that endpoint would answer or not: nothing was sent there."""

    def answer(probe: Probe) -> dict[str, t.Any]:
        return RST if probe.model == "pod_to_pod_same_node" else {**RST, "refusal": "icmp"}

    models = ["pod_to_pod_same_node", "pod_to_service"]
    cell = at(judged(answer, models, protocols=("tcp",), **service(9999, "10.0.1.9")), "10.96.0.9:80")
    assert (cell.verdict, cell.whose, cell.author) == ("fail", "network", "node")


def test_a_service_without_ready_endpoints_is_the_applications_failure():
    cell = at(judged(narrow, ["pod_to_service"], protocols=("tcp",), **service(9999)), "10.96.0.9:80")
    assert (cell.verdict, cell.whose, cell.application, cell.author) == ("fail", "application", "not_ready", "node")
    assert "has no ready endpoint" in cell.reason


@pytest.mark.parametrize(("refusal", "verdict"), [("rst", "pass"), ("icmp", "unknown")])
def test_an_answer_of_the_peer_leaves_no_doubt_whether_it_may_come(refusal: str, verdict: str):
    found = cluster.snapshot(nodes=NODES, pods=PODS, services=[], endpoint_slices=[])
    facts = Facts(dataclasses.replace(found, missing=(Missing("networkpolicies", "you may not"),)))
    layout = plan.make(facts, selection.select(facts, [{"pod": "web-1"}], None), ["pod_to_pod_same_node"], Options())
    reports = [
        SourceReport(name, answers=tuple(Answer(probe.id, "refused", refusal=refusal) for probe in probes))
        for name, probes in layout.probes.items()
    ]
    cell = at(matrix.judge(expectation.assign(layout, facts), reports), "10.0.1.9:9999")
    assert (cell.verdict, bool(cell.note)) == (verdict, verdict == "pass")


def test_silence_is_the_networks_failure():
    cells = judged(lambda probe: {"outcome": "timeout"}, **service(9999, "10.0.1.9"))
    assert {cell.whose for cell in cells if cell.verdict == "fail"} == {"network"}
    assert not [cell for cell in cells if cell.application]


@pytest.mark.parametrize(
    ("answer", "application", "verdict", "used"),
    [
        ({"outcome": "http_500"}, "http_5xx", "pass", "pass"),
        ({"outcome": "http_404"}, "", "pass", "pass"),
        ({"outcome": "http_400", "body": "No required SSL certificate was sent"}, "client_certificate", "pass", "pass"),
        ({"outcome": "timeout", "phases": {"connect": 0.1}}, "silent", "pass", "fail"),
        ({"outcome": "timeout", "phases": {"connect": 0.1}, "request": "lost"}, "", "fail", "fail"),
        ({"outcome": "timeout", "request": "taken"}, "silent", "pass", "fail"),
        ({"outcome": "http_200", "ms": 6200.0}, "slow", "pass", "pass"),
        ({"outcome": "http_500", "ms": 6200.0}, "http_5xx", "pass", "pass"),
        ({"outcome": "reset", "phases": {"connect": 0.1}}, "closes", "pass", "pass"),
        ({"outcome": "reset", "request": "taken"}, "closes", "pass", "pass"),
        ({"outcome": "reset"}, "", "fail", "fail"),
    ],
)
def test_an_application_that_answers_with_an_error_is_a_note(answer, application: str, verdict: str, used: str):
    def answered(probe: Probe) -> dict[str, t.Any]:
        return answer if probe.protocol == "http" else {"outcome": "open"}

    cell = at(judged(answered), "http://10.0.1.9:8000/")
    assert (cell.application, cell.verdict, bool(cell.note)) == (application, verdict, bool(application))
    cell = at(judged(answered, **service(8000, "10.0.1.9")), "http://10.0.1.9:8000/")
    assert (cell.application, cell.verdict) == (application, used)


@pytest.mark.parametrize("outcome", ["http_500", "reset"])
def test_what_is_said_of_a_pod_is_not_said_of_its_service_again(outcome):
    def answered(probe: Probe) -> dict[str, t.Any]:
        page = {"outcome": outcome, "phases": {"connect": 0.1}}
        return page if probe.protocol == "http" else {"outcome": "open"}

    given = service(8000, "10.0.1.9")
    found = judged(answered, ("pod_to_pod_same_node", "pod_to_service"), **given)
    assert [cell for cell in found if cell.protocol == "http" and cell.target.startswith("svc/")]
    assert {cell.target.partition("/")[0] for cell in found if cell.note} == {"pod"}


def test_a_page_that_others_get_is_not_the_applications_silence():
    def answered(probe: Probe) -> dict[str, t.Any]:
        slow = {"outcome": "timeout", "phases": {"connect": 0.1}}
        return slow if probe.family == "IPv4" else {"outcome": "http_200"}

    cell = at(judged(answered), "http://10.0.1.9:8000/")
    assert (cell.verdict, cell.whose, cell.application) == ("fail", "network", "")


def test_a_page_that_is_late_is_a_note_for_all_who_did_not_wait_as_long():
    def answered(probe: Probe) -> dict[str, t.Any]:
        if probe.protocol != "http":
            return {"outcome": "open"}
        late = {"outcome": "http_200", "ms": 6200.0}
        return {"outcome": "timeout", "phases": {"connect": 0.1}} if probe.family == "IPv4" else late

    cells = judged(answered, **service(8000, "10.0.1.9"))
    for asked in ("http://10.0.1.9:8000/", "http://[fd00::9]:8000/"):
        cell = at(cells, asked)
        assert (cell.verdict, cell.whose, cell.application, cell.author) == ("pass", "", "slow", "peer")
        assert cell.note == "port 8000 answers a request only after 6.2 s, later than the probe waits for it (4 s)"


def test_a_handshake_that_never_ends_is_the_applications():
    def answered(probe: Probe) -> dict[str, t.Any]:
        return {"outcome": "tls_timeout", "phases": {"connect": 0.1}} if probe.port == 8443 else {"outcome": "open"}

    ports = [{"containerPort": 8443, "name": "https"}]
    pods = [PODS[0], cluster.pod("narrow-1", "w1", "10.0.1.9", ports=ports)]
    cell = at(judged(answered, protocols=("https",), pods=pods), "https://10.0.1.9:8443/")
    assert (cell.verdict, cell.author, cell.application) == ("pass", "peer", "tls_handshake")


@pytest.mark.parametrize(
    ("outcome", "error", "application"),
    [
        ("tls_handshake", "[SSL] tlsv13 alert certificate required", "client_certificate"),
        ("tls_handshake", "[SSL: WRONG_VERSION_NUMBER] wrong version number", "tls_handshake"),
        ("tls_expired", "expired", "certificate_expired"),
        ("tls_wrong_name", "other names", "certificate_wrong_name"),
    ],
)
def test_what_is_wrong_with_its_tls(outcome: str, error: str, application: str):
    ports = [{"containerPort": 8443, "name": "https"}]
    pods = [PODS[0], cluster.pod("narrow-1", "w1", "10.0.1.9", ports=ports)]

    def answered(_probe: Probe) -> dict[str, t.Any]:
        return {"outcome": outcome, "error": error, "phases": {"connect": 0.1}}

    alone = at(judged(answered, pods=pods, protocols=("https",)), ":8443/")
    assert (alone.application, alone.verdict, alone.whose) == (application, "pass", "")
    used = at(judged(answered, pods=pods, protocols=("https",), **service(8443, "10.0.1.9")), ":8443/")
    fails = application in ("tls_handshake", "certificate_expired")
    assert (used.verdict, used.whose) == (("fail", "application") if fails else ("pass", ""))


def test_a_note_is_the_same_sentence_whoever_asks():
    pods = [*PODS, cluster.pod("web-2", "w1", "10.0.1.2", "fd00::2")]
    facts = Facts(cluster.snapshot(nodes=NODES, pods=pods, services=[], endpoint_slices=[]))
    layout = plan.make(facts, selection.select(facts, None, None), ["pod_to_pod_same_node"], Options(("tcp",)))
    reports = [
        SourceReport(name, answers=tuple(Answer(probe.id, **narrow(probe), ms=float(probe.id)) for probe in probes))
        for name, probes in layout.probes.items()
    ]
    cells = matrix.judge(expectation.assign(layout, facts), reports)
    notes = {(cell.target, cell.note) for cell in cells if cell.note}
    assert len(notes) == 2
    assert len([cell for cell in cells if cell.note]) == 6
