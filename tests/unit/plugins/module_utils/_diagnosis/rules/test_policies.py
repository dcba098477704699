# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the layer NetworkPolicy: each fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import policies
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Missing,
    Namespace,
    NetworkPolicy,
    Node,
    ServicePort,
)

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB
from .test_named_addresses import container

QUESTION = {"from": "shop/client", "to": "web.shop:80"}
NODES = (Node("w1", True, pod_cidrs=("10.244.1.0/24",)), Node("w2", True, pod_cidrs=("10.244.2.0/24",)))


def policy(*ingress: t.Mapping[str, t.Any], **spec: t.Any) -> NetworkPolicy:
    whole = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"], "ingress": list(ingress)}
    return NetworkPolicy("shop", "web", {**whole, **spec})


def closed(verdict: str = "pass", **more: t.Any) -> scenes.Report:
    """A report in which the policy closes the Service to its client, as it says."""
    said = {"expectation": "deny", "decided_by": "NetworkPolicy shop/web", "expectation_reason": "isolated"}
    report = scenes.Report()
    report.ask((SERVICE, 80), "timeout", verdict, **{**said, **more})
    return report


def found(*there: NetworkPolicy, report: scenes.Report | None = None, ask: bool = False, **more: t.Any) -> Diagnosis:
    seen = scenes.snapshot(network_policies=there, nodes=NODES, **more)
    case = scenes.case(seen, report)
    if ask:
        case = dataclasses.replace(case, report={**case.report, "run": {"options": QUESTION}})
    return diagnose(case, policies.RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    assert str(finding.object) == "NetworkPolicy shop/web"
    assert finding.verify is not None
    assert (finding.verify.source, finding.verify.target) == ("shop/deployment/client", "shop/deployment/web:8080")
    return finding


def test_a_closed_connection_is_a_cause_where_somebody_asks_for_it():
    finding = only(found(policy(), report=closed(), ask=True))
    assert (finding.code, finding.field, finding.explains) == ("POL-01", "spec.ingress", (1,))
    assert finding.fix is not None
    made = json.loads(finding.fix.command.partition("'")[2].rpartition("'")[0])
    (rule,) = made["spec"]["ingress"]
    assert made["spec"]["podSelector"] == {"matchLabels": {"app": "web"}}
    assert rule == {
        "from": [{"podSelector": {"matchLabels": {"app": "client"}}}],
        "ports": [{"protocol": "TCP", "port": 8080}],
    }
    assert finding.fix.undo == f"kubectl -n shop delete networkpolicy {made['metadata']['name']}"


def test_what_a_policy_closes_as_it_says_is_no_finding_by_itself():
    diagnosis = found(policy(), report=closed())
    assert not diagnosis.findings
    assert not diagnosis.unexplained


def test_a_user_who_expects_the_connection_is_told_the_policy():
    report = closed("fail", expectation="allow", expectation_reason="expectations, but NetworkPolicy shop/web denies")
    assert only(found(policy(), report=report)).code == "POL-01"


def test_an_egress_policy_without_the_server():
    out = policy(podSelector={}, policyTypes=["Egress"], ingress=[], egress=[])
    finding = only(found(out, report=closed(), ask=True))
    assert (finding.code, finding.field) == ("POL-02", "spec.egress")


def named(*there: NetworkPolicy, address: str = "web:80", report: scenes.Report | None = None) -> Diagnosis:
    """What is found where the client names an address."""
    return found(*there, report=report, workloads=scenes.workloads(scenes.detail(CLIENT, container(address))))


OUT = {"podSelector": {"matchLabels": {"app": "client"}}, "policyTypes": ["Egress"]}


@pytest.mark.parametrize(
    ("spec", "code", "field"),
    [
        (policy().spec, "POL-01", "spec.ingress"),
        (policy({"from": [{"podSelector": {"matchLabels": {"app": "admin"}}}]}).spec, "POL-01", "spec.ingress"),
        ({"podSelector": {}, "policyTypes": ["Ingress"]}, "POL-01", "spec.ingress"),
        (OUT, "POL-02", "spec.egress"),
        ({**OUT, "podSelector": {}, "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}]}, "POL-02", "spec.egress"),
    ],
)
def test_what_a_client_names_was_not_meant_to_be_closed(spec: dict[str, t.Any], code: str, field: str):
    there = NetworkPolicy("shop", "closed", spec)
    (finding,) = named(there).findings
    assert (finding.code, finding.field, str(finding.object)) == (code, field, "NetworkPolicy shop/closed")
    said = "; so Deployment shop/client does not reach web:80, which its"
    assert f"{said} spec.template.spec.containers[0].env[0].value names" in finding.sentence
    assert not finding.victims  # it is well
    assert finding.verify is not None
    assert not named(there, address="web:443").findings
    assert not found(there).findings


def test_a_policy_that_is_not_enforced_closes_nothing_that_is_named():
    report = scenes.Report()
    report.ask((SERVICE, 80), "http_200", "unexpected_open", expectation="deny", decided_by="NetworkPolicy shop/web")
    (finding,) = named(policy(), report=report).findings
    assert finding.code == "POL-07"


def test_a_label_that_no_namespace_has_where_the_client_names_the_service():
    rule = {"from": [{"namespaceSelector": {"matchLabels": {"team": "clients"}}}], "ports": [{"port": 8080}]}
    finding = only(named(policy(rule)))
    assert (finding.code, finding.severity) == ("POL-03", "error")
    assert finding.field == "spec.ingress[0].from[0].namespaceSelector.matchLabels.team"
    assert not found(policy(rule)).findings


def test_the_port_of_a_service_in_a_rule_is_named_without_any_question():
    finding = only(found(policy({"ports": [{"port": 80}]})))
    assert (finding.code, finding.severity, finding.field) == ("POL-04", "warning", "spec.ingress[0].ports[0].port")
    assert (finding.value, finding.wanted) == ("80", "8080")
    assert finding.fix is not None
    assert finding.fix.command.endswith('"path": "/spec/ingress/0/ports/0/port", "value": 8080}]\'')


def test_the_port_of_a_service_in_a_rule_of_the_client_is_named_without_any_question():
    to_web = {"to": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 80}]}
    spec = {"podSelector": {"matchLabels": {"app": "client"}}, "policyTypes": ["Egress"], "egress": [to_web]}
    (finding,) = found(NetworkPolicy("shop", "client", spec)).findings
    assert (finding.code, finding.field, finding.value) == ("POL-04", "spec.egress[0].ports[0].port", "80")


def test_the_port_of_a_service_explains_what_it_closes():
    finding = only(found(policy({"ports": [{"port": 80}]}), report=closed(), ask=True))
    assert (finding.code, finding.severity, finding.explains) == ("POL-04", "error", (1,))


def test_a_name_that_no_port_of_the_pod_has():
    finding = only(found(policy({"ports": [{"port": "web"}]})))
    assert (finding.code, finding.value, finding.wanted) == ("POL-04", "web", "8080")


@pytest.mark.parametrize("port", [{"port": 8080}, {"port": "http"}, {"port": 8000, "endPort": 9000}, {}])
def test_a_port_that_the_pod_has_is_right(port: dict[str, t.Any]):
    assert not found(policy({"ports": [port]})).findings


def test_a_slip_of_a_label_is_named():
    finding = only(found(policy({"from": [{"podSelector": {"matchLabels": {"app": "cilent"}}}]})))
    assert (finding.code, finding.field) == ("POL-03", "spec.ingress[0].from[0].podSelector.matchLabels.app")
    assert (finding.value, finding.wanted) == ("cilent", "client")


def test_a_label_that_the_namespace_lacks_is_named_and_given():
    peer = {"namespaceSelector": {"matchLabels": {"team": "x"}}, "podSelector": {"matchLabels": {"app": "client"}}}
    finding = only(found(policy({"from": [peer]}), namespaces=(Namespace("shop", "Active", {"tier": "a"}),)))
    assert (finding.code, finding.field) == ("POL-03", "spec.ingress[0].from[0].namespaceSelector.matchLabels.team")
    assert finding.fix is not None
    assert finding.fix.command == "kubectl label namespace shop team=x"
    assert finding.fix.undo == "kubectl label namespace shop team-"


def test_a_peer_that_is_not_there_yet_is_no_finding():
    assert not found(policy({"from": [{"podSelector": {"matchLabels": {"app": "prometheus"}}}]})).findings
    assert not found(policy({"from": [{"namespaceSelector": {"matchLabels": {"monitoring": "true"}}}]})).findings


def test_two_selectors_in_one_element_where_two_were_meant():
    peer = {"namespaceSelector": {"matchLabels": {"team": "x"}}, "podSelector": {"matchLabels": {"app": "client"}}}
    spaces = (Namespace("shop", "Active"), Namespace("other", "Active", {"team": "x"}))
    finding = only(found(policy({"from": [peer]}), namespaces=spaces))
    assert (finding.code, finding.field) == ("POL-05", "spec.ingress[0].from[0]")
    assert finding.fix is not None
    change = json.loads(finding.fix.command.partition("-p '")[2].rstrip("'"))
    assert [one["value"] for one in change] == [
        {"podSelector": peer["podSelector"]},
        {"namespaceSelector": {"matchLabels": {"team": "x"}}},
    ]
    assert json.loads(finding.fix.undo.partition("-p '")[2].rstrip("'"))[0]["value"] == [peer]


def test_a_block_of_pod_addresses_is_named():
    finding = only(found(policy({"from": [{"ipBlock": {"cidr": "10.244.2.0/28"}}]})))
    assert (finding.code, finding.field) == ("POL-06", "spec.ingress[0].from[0].ipBlock.cidr")


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "10.244.0.0/16", "198.51.100.0/24"])
def test_a_block_that_lets_the_pod_in_or_is_for_others_is_right(cidr: str):
    assert not found(policy({"from": [{"ipBlock": {"cidr": cidr}}]})).findings


@pytest.mark.parametrize(("cidr", "is_written_for_it"), [("198.18.0.100/32", True), ("203.0.113.0/24", False)])
def test_a_block_of_a_client_whose_address_a_node_rewrites(cidr: str, is_written_for_it: bool):
    report = closed(model="outside_to_nodeport", source=CLIENT)
    report.sources[report.cells[0]["source"]] = {"id": "outside", "kind": "outside", "addresses": ["198.18.0.100"]}
    diagnosis = found(policy({"from": [{"ipBlock": {"cidr": cidr}}]}), report=report)
    said = [(one.code, one.severity, one.field) for one in diagnosis.findings]
    assert said == [("POL-06", "warning", "spec.ingress[0].from[0].ipBlock.cidr")] * is_written_for_it


def test_denied_connections_that_are_answered_are_not_enforced():
    report = scenes.Report()
    said = {"expectation": "deny", "decided_by": "NetworkPolicy shop/web"}
    report.ask((WEB[0], 8080), "open", "unexpected_open", **said)
    (finding,) = found(policy(), report=report).findings
    assert (finding.code, finding.explains, finding.certainty) == ("POL-07", (1,), "strong")


def test_a_service_whose_port_is_that_of_its_pods_is_no_slip():
    plain = dataclasses.replace(SERVICE, ports=(ServicePort(80, target_port="80"),))
    assert not found(policy({"ports": [{"port": 80}]}), service=plain).findings


@pytest.mark.parametrize("resource", ["networkpolicies", "pods", "namespaces"])
def test_without_the_list_the_rules_do_not_know(resource: str):
    diagnosis = found(policy({"ports": [{"port": 80}]}), missing=(Missing(resource, "forbidden"),))
    assert not diagnosis.findings
    assert "POL-04" in {one.code for one in diagnosis.unknown_rules}


def test_a_pod_that_connects_to_itself_is_not_closed():
    report = scenes.Report()
    report.ask((WEB[0], 8080), "timeout", source=WEB[0], decided_by="NetworkPolicy shop/web", expectation="deny")
    assert not [one for one in found(policy(), report=report, ask=True).findings if one.explains]


def test_the_client_is_named_by_what_selects_its_pods():
    assert CLIENT.labels["pod-template-hash"]
    finding = only(found(policy(), report=closed(), ask=True))
    assert finding.fix is not None
    assert "pod-template-hash" not in finding.fix.command
