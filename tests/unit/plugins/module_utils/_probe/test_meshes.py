# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service mesh makes of an answer."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import expectation, matrix, plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selection import select
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Cell, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

SIDECAR = [{"name": "app", "image": "a", "ports": [cluster.HTTP]}, {"name": "istio-proxy", "image": "p"}]
MESHED = {"containers": SIDECAR, "spec": {"initContainers": [{"name": "istio-init", "image": "i"}]}}
LINKERD: dict[str, t.Any] = {
    "containers": [{"name": "app", "image": "a", "ports": [cluster.HTTP]}, {"name": "linkerd-proxy", "image": "p"}],
    "spec": {"initContainers": [{"name": "linkerd-init", "image": "i"}]},
    "meta": {"annotations": {"config.linkerd.io/default-inbound-policy": "all-authenticated"}},
}
NO_EGRESS = [cluster.policy("inside", podSelector={"matchLabels": {"app": "web"}}, policyTypes=["Egress"])]


def asked(outcome: str, protocol: str = "tcp", web_1: t.Any = None, web_2: t.Any = None, **more: t.Any) -> Cell:
    """What C(web-1) gets of the port of C(web-2), on another node."""
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", **{"ports": [cluster.HTTP], **(web_1 or {})}),
        cluster.pod("web-2", "w2", "10.0.2.1", **{"ports": [cluster.HTTP], **(web_2 or {})}),
    ]
    said = {name: more.pop(name) for name in ("headers", "body", "refusal", "error") if name in more}
    facts = Facts(cluster.snapshot(pods=pods, **more))
    selected = select(facts, [{"pod": "web-1", "container": "app"}], [{"pod": "web-2"}])
    layout = plan.make(facts, selected, ["pod_to_pod_cross_node"], Options(protocols=(protocol,)))
    ((name, (probe,)),) = layout.probes.items()
    report = SourceReport(name, answers=(Answer(probe.id, outcome, 1.0, **said),))
    (cell,) = matrix.judge(expectation.assign(layout, facts), [report])
    return cell


@pytest.mark.parametrize("outcome", ["open", "reset", "timeout", "refused"])
@pytest.mark.parametrize("policies", [[], NO_EGRESS])
def test_a_bare_connection_that_the_own_sidecar_takes_shows_nothing(outcome, policies):
    cell = asked(outcome, web_1=MESHED, network_policies=policies)
    assert (cell.verdict, cell.author) == ("unknown", "sidecar")
    assert cell.reason == (
        "the sidecar istio-proxy of the source answers every connection, so this one says nothing of the target"
    )


def test_a_port_that_the_sidecar_does_not_take_is_asked_as_ever():
    spared = {"meta": {"annotations": {"traffic.sidecar.istio.io/excludeOutboundPorts": "8080"}}}
    assert asked("open", web_1={**MESHED, **spared}).verdict == "pass"


def test_what_the_application_answers_through_the_sidecar_is_an_answer():
    cell = asked("http_200", "http", web_1=MESHED)
    assert (cell.verdict, cell.author) == ("pass", "peer")


@pytest.mark.parametrize(
    "page",
    [
        {"body": "upstream connect error or disconnect/reset before headers. reset reason: connection timeout"},
        {"body": "no healthy upstream"},
        {"headers": {"l5d-proxy-error": "endpoint 10.0.2.1:8080: connection refused"}},
    ],
)
def test_a_page_of_the_sidecar_is_no_answer_of_the_target(page):
    cell = asked("http_503", "http", web_1=MESHED, **page)
    assert (cell.verdict, cell.author, cell.whose, cell.application) == ("fail", "sidecar", "network", "")
    assert cell.reason.startswith("the sidecar istio-proxy of the source answers itself that it got no connection (")
    closed = asked("http_503", "http", web_1=MESHED, network_policies=NO_EGRESS, **page)
    assert closed.verdict != "unexpected_open"


@pytest.mark.parametrize(("protocol", "outcome"), [("tcp", "reset"), ("http", "reset")])
def test_a_plain_connection_that_a_strict_mesh_resets_is_closed_by_the_mesh(protocol, outcome):
    cell = asked(outcome, protocol, web_2=LINKERD)
    assert (cell.expectation, cell.verdict) == ("deny", "pass")
    assert (cell.decided_by, cell.reason) == (
        "the mesh linkerd of Pod shop/web-2",
        "closed by the mesh linkerd of Pod shop/web-2, as it says",
    )
    assert cell.expectation_reason.endswith("(mutual TLS), and the source is not in it")


def test_a_strict_mesh_accepts_a_bare_connection_whatever_becomes_of_it():
    cell = asked("open", web_2=LINKERD)
    assert cell.verdict == "unknown"
    assert "which says nothing of the application" in cell.reason


def test_what_gets_no_answer_of_a_strict_mesh_fails_as_ever():
    assert asked("timeout", web_2=LINKERD).verdict == "fail"
    assert asked("http_200", "http", web_2=LINKERD).verdict == "pass"


def test_a_source_of_the_same_mesh_is_let_in():
    cell = asked("reset", "http", web_1=LINKERD, web_2=LINKERD)
    assert (cell.expectation, cell.verdict, cell.author) == ("allow", "fail", "sidecar")
    assert "(by the sidecar linkerd-proxy of the source)" in cell.reason
