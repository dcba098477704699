# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the Pods behind a Service listen: each rule fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    services,
    services_listeners,
    services_proxy,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    ContainerPort,
    Missing,
    Service,
    ServicePort,
)

from .. import scenes
from ..scenes import SERVICE, WEB

RULES = (*services_listeners.RULES, *services.RULES)


def refused(*listens: str) -> scenes.Report:
    """The Pods refuse at the Service's port, and were seen to listen at these."""
    report = scenes.broken_service("refused", author="peer")
    if listens:
        for pod in WEB:
            report.source(pod, listens=list(listens))
    return report


def found(report: scenes.Report | None = None, service: Service = SERVICE, **more: object) -> Diagnosis:
    return diagnose(scenes.case(scenes.snapshot(service=service, **more), report), RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    assert finding.explains == (1,)
    return finding


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.0.0.53"])
def test_an_application_that_listens_on_the_loopback_address(address: str):
    finding = only(found(refused(f"{address}#8080")))
    assert (finding.code, str(finding.object)) == ("SVC-07", "Deployment shop/web")
    assert finding.field == "spec.template.spec.containers[0]"
    assert [one.kind for one in finding.evidence] == ["probe", "probe"]


def test_an_application_that_listens_at_another_port_than_its_pods_declare():
    finding = only(found(refused("0.0.0.0#8081")))
    assert (finding.code, finding.field) == ("SVC-08", "spec.template.spec.containers[0].ports[0].containerPort")
    assert (finding.value, finding.wanted, finding.certainty) == ("8080", "8081", "certain")
    assert finding.fix is not None
    assert '"path": "/spec/ports/0/targetPort", "value": 8081' in finding.fix.command


def test_where_nobody_could_look_it_is_only_likely():
    finding = only(found(refused()))
    assert (finding.code, finding.certainty, finding.wanted) == ("SVC-08", "strong", "")


def test_a_target_port_that_no_container_declares_is_another_rule():
    wrong = dataclasses.replace(SERVICE, ports=(ServicePort(80, target_port="9999"),))
    assert only(found(refused("0.0.0.0#8080"), wrong)).code == "SVC-04"


def test_a_listener_on_all_addresses_is_right():
    assert not found(refused("0.0.0.0#8080")).findings


def test_a_service_of_the_other_protocol():
    other = dataclasses.replace(SERVICE, ports=(ServicePort(80, protocol="UDP", target_port="http"),))
    report = scenes.Report()
    report.ask((other, 80), "refused", protocol="udp")
    finding = only(found(report, other))
    assert (finding.code, finding.field, finding.wanted) == ("SVC-06", "spec.ports[0].protocol", "TCP")
    assert not found(scenes.Report(), other).findings


def test_a_udp_service_whose_pods_listen_with_tcp_and_declare_nothing():
    container = dataclasses.replace(WEB[0].containers[0], ports=())
    pods = tuple(dataclasses.replace(one, containers=(container,)) for one in WEB)
    other = dataclasses.replace(SERVICE, ports=(ServicePort(80, protocol="UDP", target_port="8080"),))
    report = scenes.Report()
    report.ask((other, 80), "refused", protocol="udp")
    assert "SVC-06" not in {one.code for one in found(report, other, pods=pods).findings}
    for one in WEB:
        report.source(one, listens=["::#8080"])
    finding = only(found(report, other, pods=pods))
    assert (finding.code, finding.certainty, finding.wanted) == ("SVC-06", "strong", "TCP")


@pytest.mark.parametrize(
    ("ports", "udp", "certainty"),
    [
        ((ContainerPort(8080, "http", "UDP"),), True, "certain"),
        ((), True, "strong"),
        ((ContainerPort(8080, "http", "UDP"),), False, "strong"),
    ],
    ids=["declared and seen", "seen", "declared"],
)
def test_a_tcp_service_whose_pods_listen_with_udp(ports: tuple[ContainerPort, ...], udp: bool, certainty: str):
    container = dataclasses.replace(WEB[0].containers[0], ports=ports)
    pods = tuple(dataclasses.replace(one, containers=(container,)) for one in WEB)
    report = refused("::#9090")
    for one in WEB if udp else ():
        report.source(one, listens_udp=["::#8080"])
    finding = only(found(report, pods=pods))
    assert (finding.code, finding.certainty, finding.wanted) == ("SVC-06", certainty, "UDP")


HEADLESS = dataclasses.replace(SERVICE, cluster_ips=())


def by_name(verdict: str = "pass", outcome: str = "refused") -> scenes.Report:
    """The name of a headless Service at its port, and an endpoint at the port of that."""
    report = scenes.Report()
    report.ask((HEADLESS, 80), outcome, verdict, author="peer", via="fqdn.", application="refused")
    report.ask((HEADLESS, 80), "http_200", via="address", asked="http://10.244.1.8:8080/")
    return report


@pytest.mark.parametrize(("verdict", "severity"), [("fail", "error"), ("pass", "warning")])
def test_a_headless_service_translates_no_port(verdict: str, severity: str):
    (finding,) = found(by_name(verdict), HEADLESS).findings
    assert (finding.code, finding.severity) == ("SVC-16", severity)
    assert (finding.field, finding.value, finding.wanted) == ("spec.ports[0].port", "80", "8080")
    assert [one.kind for one in finding.evidence] == ["api", "probe"]
    assert finding.fix is not None
    assert finding.fix.command.startswith("kubectl -n shop get service web -o yaml | sed ")
    assert finding.fix.command.endswith(" | kubectl -n shop replace --force -f -")
    assert "clusterIP: None" in finding.fix.undo


def test_members_of_a_stateful_set_keep_their_names():
    members = tuple(dataclasses.replace(one, owner="StatefulSet/web") for one in WEB)
    (finding,) = found(by_name("fail"), HEADLESS, pods=members).findings
    assert finding.fix is not None
    assert '"path": "/spec/ports/0/port", "value": 8080' in finding.fix.command


def test_the_port_of_a_headless_service_that_answers_somebody_is_right():
    assert not found(by_name(outcome="http_200"), HEADLESS).findings


def test_clients_may_have_another_service_or_know_the_port_of_members():
    seen = scenes.snapshot(service=HEADLESS)
    other = dataclasses.replace(seen, services=(HEADLESS, dataclasses.replace(SERVICE, name="web-vip")))
    members = tuple(dataclasses.replace(one, owner="StatefulSet/web") for one in WEB)
    for each in (other, scenes.snapshot(pods=members, service=HEADLESS)):
        diagnosis = diagnose(scenes.case(each, by_name()), RULES)
        assert not diagnosis.findings
        assert [one.code for one in diagnosis.suspicions] == ["SVC-16"]


def test_without_pods_the_rules_do_not_know():
    diagnosis = found(refused("127.0.0.1#8080"), missing=(Missing("pods", "forbidden"),))
    assert {"SVC-06", "SVC-07", "SVC-08", "SVC-16"} <= {one.code for one in diagnosis.unknown_rules}


def test_what_asks_a_pod_itself_where_nothing_listens_fails_for_the_same_reason():
    report = scenes.broken_service()
    report.source(WEB[0], listens=("127.0.0.1#8080",))
    at_pod = report.ask((WEB[0], 8080), "refused")
    finding = diagnose(scenes.case(report=report), services_listeners.RULES).findings[0]
    assert (finding.code, finding.explains) == ("SVC-07", (1, at_pod))


def test_what_answers_inside_the_pod_is_no_proof_that_others_are_answered():
    report = scenes.broken_service()
    report.source(WEB[0], listens=("127.0.0.1#8080",))
    report.ask((WEB[0], 8080), source=WEB[0], model="container_to_container", asked="127.0.0.1:8080")
    finding = only(diagnose(scenes.case(report=report), (*services_listeners.RULES, *services_proxy.RULES)))
    assert finding.code == "SVC-07"
