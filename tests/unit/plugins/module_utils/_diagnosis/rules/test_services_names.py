# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of Services that clients use and that lead to none: each rule fires, does not fire, and does not know."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import services_names
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Beyond,
    DnsConfig,
    Missing,
    Namespace,
    Pod,
    Service,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_limits import Quota
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail, Owner

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB
from .test_named_addresses import container

NAMESPACES = (Namespace("shop", "Active"), Namespace("apps", "Active"))
APART = dataclasses.replace(CLIENT, namespace="apps")


def found(address: str, *services: Service, client: Pod = CLIENT, **more: t.Any) -> Diagnosis:
    """What is told where a client names an address."""
    workloads = scenes.workloads(scenes.detail(client, container(address)), **more.pop("workloads", {}))
    seen = scenes.snapshot(namespaces=NAMESPACES, workloads=workloads)
    pods = (*WEB, client) if client.namespace == "shop" else (client,)
    return diagnose(
        scenes.case(dataclasses.replace(seen, **{"services": services, "pods": pods, **more})), services_names.RULES
    )


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding


@pytest.mark.parametrize("host", ["web", "web.shop", "web.shop.svc", "web.shop.svc.cluster.local"])
def test_a_service_that_clients_name_and_that_does_not_exist(host: str):
    finding = only(found(f"{host}:80"))
    assert (finding.code, str(finding.object), finding.field) == ("SVC-01", "Service shop/web", "")
    assert finding.fix is not None
    assert finding.fix.command == ("kubectl -n shop expose deployment web --name=web --port=80 --target-port=8080")
    assert finding.fix.undo == "kubectl -n shop delete service web"
    assert finding.fix.needs == "create services in namespace shop"


def test_a_service_for_a_kind_that_kubectl_does_not_expose():
    members = dataclasses.replace(WEB[0], name="web-0", owner="StatefulSet/web")
    owner = Owner("StatefulSet", "shop", "web", desired=1, selector={"app": "web"})
    fix = only(found("web:80", pods=(members, CLIENT), workloads={"owners": (owner,)})).fix
    assert fix is not None
    assert fix.command.startswith("echo '{")
    assert fix.command.endswith("' | kubectl apply -f -")
    assert '"spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}' in fix.command
    assert fix.undo == "kubectl -n shop delete service web"


def test_a_quota_that_lets_no_service_be_created_is_evidence():
    quota = Quota("shop", "few", {"services": "5"}, {"services": "5"})
    finding = only(found("web:80", workloads={"quotas": (quota,)}))
    assert finding.evidence[-1].about == "ResourceQuota shop/few"


def test_a_service_that_exists_is_none():
    assert not found("web:80", SERVICE).findings


@pytest.mark.parametrize(
    "host",
    ["cache", "www.example.com", "web.example.com", "localhost", "client", CLIENT.name, "w1"],
    ids=["of nobody", "outside", "of that name outside", "localhost", "itself", "its own Pod", "a node"],
)
def test_other_names_are_not_suspected(host: str):
    assert not found(f"{host}:80").findings


def test_a_client_that_says_in_its_log_that_it_asked_is_a_victim():
    log = LogTail("shop", CLIENT.name, "client", lines=("no such host: web",))
    assert [str(one) for one in only(found("web:80", workloads={"logs": (log,)})).victims] == ["Deployment shop/client"]


def test_a_short_name_from_another_namespace():
    finding = only(found("web:80", SERVICE, client=APART))
    assert (finding.code, str(finding.object)) == ("SVC-11", "Deployment apps/client")
    assert finding.field == "spec.template.spec.containers[0].env[0].value"
    assert (finding.value, finding.wanted) == ("web:80", "web.shop:80")
    assert finding.fix is not None
    assert finding.fix.command == (
        "kubectl -n apps create service externalname web --external-name=web.shop.svc.cluster.local"
    )


def test_a_short_name_of_a_service_in_a_namespace_that_was_not_selected():
    beyond = Beyond(services=(SERVICE,), endpoint_slices=(scenes.SLICE,))
    finding = only(found("web:80", client=APART, selected=("apps",), beyond=beyond))
    assert (finding.code, finding.wanted) == ("SVC-11", "web.shop:80")


def test_a_name_that_may_not_be_looked_for_in_other_namespaces_leaves_the_rule_unknown():
    diagnosis = found("web:80", client=APART, selected=("apps",), beyond=Beyond(unread_names=("web",)))
    (unknown,) = diagnosis.unknown_rules
    assert (unknown.code, unknown.fact) == ("SVC-11", "services")
    assert "resources: ['services'], verbs: ['list']" in unknown.reason


def test_a_name_with_the_wrong_namespace():
    finding = only(found("web.apps:80", SERVICE, client=CLIENT))
    assert (finding.code, finding.wanted) == ("SVC-11", "web.shop:80")


@pytest.mark.parametrize(("host", "wanted"), [("webb", "web"), ("wbe", "web"), ("webb.shop.svc", "web.shop.svc")])
def test_a_slip_of_the_name_of_a_service(host: str, wanted: str):
    finding = only(found(f"{host}:80", SERVICE))
    assert (finding.code, str(finding.object), finding.severity) == ("SVC-01", "Deployment shop/client", "warning")
    assert (finding.value, finding.wanted) == (f"{host}:80", f"{wanted}:80")
    assert finding.fix is not None
    assert finding.fix.command.endswith("--external-name=web.shop.svc.cluster.local")
    assert not found(f"{host}:443", SERVICE).findings


def test_which_of_several_is_meant_is_not_known():
    other = dataclasses.replace(SERVICE, namespace="other")
    finding = only(found("web:80", SERVICE, other, client=APART))
    assert finding.wanted == ""
    assert finding.fix is not None
    assert not finding.fix.command


@pytest.mark.parametrize(
    "more",
    [
        {"dns_config": DnsConfig(searches=("shop.svc.cluster.local",))},
        {"dns_policy": "None"},
        {"dns_policy": "Default"},
    ],
)
def test_a_pod_with_other_search_domains(more: dict[str, t.Any]):
    assert not found("web:80", SERVICE, client=dataclasses.replace(APART, **more)).findings


def test_a_service_of_that_name_with_other_ports_is_not_meant():
    assert not found("web:5432", SERVICE, client=APART).findings


def test_services_of_a_namespace_that_was_not_read_may_exist():
    assert not found("web:80", selected=("apps",)).findings


def test_without_services_the_rules_do_not_know():
    diagnosis = found("web:80", missing=(Missing("services", "forbidden"),))
    assert [one.code for one in diagnosis.unknown_rules] == ["SVC-01", "SVC-11"]
