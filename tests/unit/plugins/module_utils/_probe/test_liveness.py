# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cells show of each other."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import expectation, liveness, matrix, plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selection import select
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Cell, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.user_expectations import UserExpectations
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ApiEndpoint, ForeignPolicy
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

DB = {"containerPort": 5432}
NOBODY = [cluster.policy("closed", podSelector={"matchLabels": {"app": "db"}}, policyTypes=["Ingress"])]
NO_EGRESS = [cluster.policy("inside", podSelector={"matchLabels": {"app": "web"}}, policyTypes=["Egress"])]


def run(
    outcomes: dict[str, Answer | str],
    models: t.Sequence[str],
    protocols: t.Sequence[str] = ("tcp",),
    sources: t.Any = None,
    targets: t.Any = None,
    expectations: t.Any = (),
    also: t.Any = None,
    **lists: t.Any,
) -> tuple[list[Cell], plan.Plan]:
    """The cells where probes end as said: by protocol, by source and protocol, or else open."""
    facts = Facts(dataclasses.replace(cluster.snapshot(**lists), **(also or {})))
    layout = plan.make(facts, select(facts, sources, targets, plan.kinds(models)), models, Options(tuple(protocols)))
    layout = expectation.assign(layout, facts, UserExpectations(expectations))

    def answer(source: str, protocol: str, id_: int) -> Answer:
        found = outcomes.get(f"{source} {protocol}") or outcomes.get(protocol) or "open"
        return dataclasses.replace(found, id=id_) if isinstance(found, Answer) else Answer(id_, found, 1.0)

    reports = [
        SourceReport(name, answers=tuple(answer(name, probe.protocol, probe.id) for probe in probes))
        for name, probes in layout.probes.items()
    ]
    return matrix.judge(layout, reports), layout


WEB_1, WEB_2 = [{"pod": "web-1"}], [{"pod": "web-2"}]
TO_DB = [{"pod": "db-1"}]
ACROSS = ["pod_to_pod_cross_node"]


def to_db(outcome: Answer | str, ready: bool = True, **more: t.Any) -> list[Cell]:
    """Of a database that a policy closes to everybody, each Pod asks the port."""
    pods = [
        cluster.pod("web-2", "w2", "10.0.2.1", ports=[cluster.HTTP]),
        cluster.pod("db-1", "w1", "10.0.1.2", ports=[DB], ready=ready),
    ]
    more = {"network_policies": NOBODY, "pods": pods, **more}
    return run({"tcp": outcome}, ACROSS, sources=WEB_2, targets=TO_DB, **more)[0]


def test_a_closed_path_to_a_pod_that_is_ready_passes_and_names_the_policy():
    (cell,) = to_db("timeout")
    assert (cell.expectation, cell.verdict) == ("deny", "pass")
    assert cell.reason == "closed by NetworkPolicy shop/closed, as it says"
    assert cell.evidence["alive"] == "Pod shop/db-1 is Ready"


def test_where_nothing_shows_that_the_target_lives_it_may_be_down_and_the_policy_is_named():
    (cell,) = to_db("timeout", ready=False)
    assert cell.verdict == "unknown"
    assert cell.reason == (
        "no answer, as NetworkPolicy shop/closed says, but nothing in this run shows that the target is alive: "
        "it may be down"
    )


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(0, "refused", refusal="icmp", error_from="10.0.2.254"), "pass"),
        (Answer(0, "refused", refusal="rst"), "unknown"),
        (Answer(0, "refused"), "unknown"),
        (Answer(0, "unreachable_fast"), "pass"),
        (Answer(0, "unreachable_arp"), "unknown"),
    ],
)
def test_a_closed_path_shows_only_where_what_lives_would_have_answered_otherwise(answer, verdict):
    (cell,) = to_db(answer)
    assert (cell.verdict, "shop/closed" in cell.reason) == (verdict, True)


def test_an_answer_by_another_protocol_shows_that_the_pod_lives():
    policies = [cluster.policy("closed", podSelector={}, ingress=[{"ports": [{"port": 1}]}])]
    pods = [
        cluster.pod("web-2", "w2", "10.0.2.1", ports=[cluster.HTTP]),
        cluster.pod("db-1", "w1", "10.0.1.2", ports=[DB], ready=False),
    ]
    outcomes: dict[str, Answer | str] = {"tcp": "timeout"}
    lists: dict[str, t.Any] = {"pods": pods, "network_policies": policies}
    cells, _layout = run(outcomes, [*ACROSS, "node_to_pod"], ("tcp", "icmp"), None, TO_DB, **lists)
    closed = [cell for cell in cells if cell.expectation == "deny"]
    pinged = {cell.id for cell in cells if cell.protocol == "icmp" and cell.outcome == "open"}
    assert closed
    assert {(cell.verdict, cell.evidence["control"] in pinged) for cell in closed} == {("pass", True)}


def test_udp_that_a_policy_closes_needs_somebody_who_gets_an_answer():
    pods = [
        cluster.pod("web-2", "w2", "10.0.2.1"),
        cluster.pod("db-1", "w1", "10.0.1.2", ports=[{"containerPort": 9, "protocol": "UDP"}]),
    ]
    cells, _ = run({"udp": "timeout"}, ACROSS, ("udp",), WEB_2, TO_DB, pods=pods, network_policies=NOBODY)
    assert [cell.verdict for cell in cells] == ["unknown"]
    assert cells[0].reason == (
        "no answer, as NetworkPolicy shop/closed says, but nothing in this run shows that it answers UDP there"
    )


API = {"api_addresses": ("10.96.0.1",), "api_ports": (443,), "api_endpoints": (ApiEndpoint("198.18.0.2", 6443),)}


def test_the_api_server_that_the_run_lives_by_is_never_said_to_be_down():
    cells, _ = run(
        {"https": "timeout", "tcp": "timeout"},
        ["pod_to_apiserver"],
        sources=WEB_2,
        network_policies=NO_EGRESS,
        also=API,
    )
    by_address = [cell for cell in cells if cell.via == "address"]
    assert len(by_address) == 2
    assert {(cell.expectation, cell.verdict) for cell in by_address} == {("deny", "pass")}
    assert {cell.evidence["alive"] for cell in by_address} == {"this run's own requests are answered by the API server"}


def test_where_the_user_expects_an_answer_the_policy_that_closes_is_the_reason():
    allow = [{"expect": "allow", "to": {"pod": "db-1"}}]
    (cell,) = to_db("timeout", expectations=allow)
    assert (cell.expectation, cell.verdict) == ("allow", "fail")
    assert cell.reason.startswith(
        "NetworkPolicy shop/closed isolates Pod shop/db-1 for ingress, and there is no ingress"
    )
    assert cell.reason.endswith("no answer after 1 ms")
    (cell,) = to_db("open", expectations=allow)
    assert (cell.verdict, cell.reason) == ("pass", "")


def nodes(*names: str) -> list[dict[str, t.Any]]:
    made = [cluster.node(name, f"198.18.0.1{name[1:]}") for name in names]
    for each in made:
        each["metadata"]["annotations"] = {"flannel.alpha.coreos.com/backend-type": "vxlan"}
    return made


TUNNEL = {"nodes": nodes("w1", "w2", "w3"), "protocols": ("tcp", "http", "udp")}


def test_a_pod_that_is_reached_from_another_node_proves_the_tunnel_in_both_directions():
    cells, layout = run({"udp": "timeout"}, ["pod_to_pod_cross_node", "node_to_node"], **TUNNEL)
    across = [cell for cell in cells if cell.model == "pod_to_pod_cross_node"]
    tunnels = [cell for cell in cells if cell.protocol == "udp"]
    assert sorted(f"{cell.source} {cell.target} {cell.verdict}" for cell in tunnels) == [
        "node/w1 node/w2:8472/udp pass",
        "node/w2 node/w1:8472/udp pass",
    ]
    assert {cell.evidence["control"] for cell in tunnels} <= {cell.id for cell in across}
    (left,) = liveness.undecided(layout, cells)
    assert left.what == "flannel-vxlan (port 8472/udp) between nodes w1 - w3, w2 - w3"


def test_a_tunnel_that_no_pod_was_reached_by_is_not_tested():
    cells, layout = run(
        {"udp": "timeout", "tcp": "timeout", "http": "timeout"}, ["pod_to_pod_cross_node", "node_to_node"], **TUNNEL
    )
    assert not [cell for cell in cells if cell.protocol == "udp"]
    (left,) = liveness.undecided(layout, cells)
    assert left.reason == "the tunnel answers no other sender, and no Pod was reached by it in this run"


def test_a_refusal_of_a_tunnel_is_an_answer():
    cells, layout = run({"udp": "refused"}, ["pod_to_pod_cross_node", "node_to_node"], **TUNNEL)
    assert {cell.verdict for cell in cells if cell.protocol == "udp"} == {"fail"}
    assert not list(liveness.undecided(layout, cells))


BOTH = [cluster.policy("inner", podSelector={}, policyTypes=["Ingress", "Egress"])]
OWN = "NetworkPolicy shop/inner isolates Pod shop/web-1 for egress; the documentation exempts its own node"


@pytest.mark.parametrize("protocol", ["icmp", "http"])
def test_the_own_node_that_does_not_answer_is_said_to_be_closed_by_the_policy_that_is_not_to_do_so(protocol):
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", ports=[cluster.HTTP]),
        cluster.pod("agent-1", "w1", "198.18.0.11", ports=[cluster.HTTP], spec={"hostNetwork": True}),
    ]
    slices = [cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("198.18.0.11", "w1", "agent-1", True))]
    ends = [{"node": "w1"}] if protocol == "icmp" else [{"namespace": "shop", "service": "web"}]
    lists: dict[str, t.Any] = {"pods": pods, "endpoint_slices": slices, "network_policies": BOTH}
    models = ["pod_to_nodeport"] if protocol == "icmp" else ["pod_to_service"]
    targets = None if protocol == "icmp" else ends
    cells, _ = run({protocol: "timeout"}, models, (protocol,), [{"pod": "web-1"}], targets, **lists)
    own = [cell for cell in cells if cell.expectation == "allow" and cell.via == "address"]
    assert own
    for cell in own:
        assert (cell.verdict, cell.whose) == ("fail", "network")
        assert cell.reason.startswith(f"{OWN}, this cluster's enforcement does not; no answer")
    cells, _ = run({}, models, (protocol,), [{"pod": "web-1"}], targets, **lists)
    assert {cell.reason for cell in cells if cell.verdict == "pass" and cell.expectation == "allow"} == {""}


def test_a_pod_that_does_not_reach_itself_through_its_service_names_the_policy():
    asked = {"models": ["pod_to_self_service"], "sources": [{"pod": "db-1"}]}
    (cell,) = run({"tcp": "timeout"}, network_policies=BOTH, **asked)[0]
    assert cell.verdict == "fail"
    exempted = "the documentation exempts a Pod that connects to itself, this cluster's enforcement does not; no answer"
    assert cell.reason.startswith(f"NetworkPolicy shop/inner isolates Pod shop/db-1 for egress; {exempted}")
    (plain,) = run({"tcp": "timeout"}, **asked)[0]
    assert plain.reason == "no answer after 1 ms"


FAR = ("198.18.0.12", "w2", "agent-2", True)


def exempted(*more: t.Any, sources: t.Any = WEB_1) -> list[Cell]:
    """Of a Service of hostNetwork Pods, none of which answers, Pods on w1 ask the address."""
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", ports=[cluster.HTTP]),
        cluster.pod("free-1", "w1", "10.0.1.3", labels={"app": "free"}),
        cluster.pod("agent-1", "w1", "198.18.0.11", spec={"hostNetwork": True}),
        cluster.pod("agent-2", "w2", "198.18.0.12", spec={"hostNetwork": True}),
    ]
    ends = [("198.18.0.11", "w1", "agent-1", True), *more]
    slices = [cluster.endpoint_slice("web", "IPv4", {"port": 8080}, *ends)]
    policies = [
        cluster.policy(
            "inner",
            podSelector={"matchLabels": {"app": "web"}},
            policyTypes=["Egress"],
            egress=[{"to": [{"ipBlock": {"cidr": "198.18.0.12/32"}}]}],
        )
    ]
    lists: dict[str, t.Any] = {"pods": pods, "endpoint_slices": slices, "network_policies": policies}
    web = [{"namespace": "shop", "service": "web"}]
    cells, _ = run({"http": "timeout"}, ["pod_to_service"], ("http",), sources, web, **lists)
    return [cell for cell in cells if cell.via == "address" and cell.source.startswith("shop/web-1")]


def test_the_policy_is_no_cause_of_what_a_source_without_one_does_not_reach_either():
    (cell,) = exempted(FAR, sources=[*WEB_1, {"pod": "free-1"}])
    assert (cell.verdict, cell.defect) == ("fail", "")
    assert cell.reason == f"no answer after 1 ms; a source that no policy isolates does not reach it either ({OWN})"


def test_the_policy_is_a_doubt_where_an_endpoint_may_be_dead():
    (cell,) = exempted(FAR)
    assert (cell.verdict, cell.whose, cell.defect) == ("fail", "network", "")
    assert cell.reason.startswith(f"{OWN}, which this cluster's enforcement may not do; or the target is down; no ans")


@pytest.mark.parametrize("outcome", ["timeout", "open"])
def test_a_policy_of_a_kind_that_is_not_evaluated_leaves_it_open(outcome):
    other = (
        ForeignPolicy("EgressFirewall", "shop", "outer", {}),
        ForeignPolicy("Antrea NetworkPolicy", "shop", "a", {}),
    )
    (cell,) = to_db(outcome, network_policies=[], also={"foreign_policies": other})
    assert cell.verdict == "unknown"
    assert cell.reason.startswith("Antrea NetworkPolicy shop/a may select Pod shop/")
    assert "policies of such kinds are not evaluated" in cell.reason
