# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EGR-03: a proxy that is asked for Services."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import egress_proxies
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Proxy, Reference

from .. import scenes, scenes_dns
from ..scenes import CLIENT


def found(**more: t.Any) -> Diagnosis:
    return diagnose(scenes.case(scenes_dns.snapshot(**more)), egress_proxies.RULES)


def client(proxy: str = "proxy.example:3128", variable: str = "http_proxy", **more: t.Any) -> scenes.PodDetail:
    fields = ("spec.containers[0].env[0]", "spec.containers[0].env[1]")
    named = {"addresses": (proxy, "web:80"), "address_fields": fields}
    return scenes_dns.detail(
        CLIENT, **{"proxies": (Proxy(variable, proxy, "spec.containers[0].env[0]"),), **named, **more}
    )


def test_a_proxy_outside_for_a_service():
    (finding,) = found(details=[client(no_proxy=("localhost",))]).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("EGR-03", "Deployment shop/client", "spec.template.spec.containers[0].env[0].value"),
    )
    assert (finding.value, finding.severity, finding.certainty) == ("proxy.example:3128", "warning", "strong")
    assert finding.fix is not None
    assert "NO_PROXY=localhost,web,.svc,.cluster.local" in finding.fix.command
    assert "NO_PROXY=localhost " in finding.fix.undo


@pytest.mark.parametrize("entry", ["*", "web", "WEB", ".web"])
def test_an_exception_for_the_host(entry: str):
    assert not found(details=[client(no_proxy=(entry,))]).findings


def test_an_exception_for_a_domain_or_a_block():
    full = {"addresses": ("web.shop.svc:80",), "address_fields": ("spec.containers[0].args[0]",)}
    assert found(details=[client(no_proxy=("cluster.local",), **full)]).findings
    assert not found(details=[client(no_proxy=(".svc",), **full)]).findings
    address = {"addresses": ("10.96.119.196:80",), "address_fields": ("spec.containers[0].args[0]",)}
    assert found(details=[client(no_proxy=("10.0.0.0/16", "oops/99"), **address)]).findings
    assert not found(details=[client(no_proxy=("10.96.0.0/12",), **address)]).findings


def test_what_no_proxy_gets_is_no_finding():
    inside, local = client("web:80"), client("127.0.0.1:3128")
    secure = client(variable="https_proxy")
    database = client(addresses=("web:5432",), address_fields=("spec.containers[0].env[1]",))
    for one in (inside, local, secure, database, client(proxies=())):
        assert not found(details=[one]).findings
    everything = client(variable="ALL_PROXY")
    assert [one.code for one in found(details=[everything]).findings] == ["EGR-03"]


def test_an_environment_from_elsewhere_may_have_the_exception():
    one = dataclasses.replace(
        client(), references=(Reference("ConfigMap", "settings", field="spec.containers[0].envFrom[0].configMapRef"),)
    )
    diagnosis = found(details=[one])
    assert not diagnosis.findings
    assert [each.code for each in diagnosis.suspicions] == ["EGR-03"]
