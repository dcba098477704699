# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS-09: what lets names through by UDP or by TCP, and what drops them on the way."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import dns_transport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Endpoint,
    EndpointSlice,
    Namespace,
    NetworkPolicy,
    Service,
    ServicePort,
)

from .. import scenes, scenes_dns
from ..scenes_dns import ADDRESS

NAMESPACES = (
    Namespace("shop", "Active", {"kubernetes.io/metadata.name": "shop"}),
    Namespace("kube-system", "Active", {"kubernetes.io/metadata.name": "kube-system"}),
)


def policy(*egress: dict[str, t.Any], name: str = "client", **labels: str) -> NetworkPolicy:
    labels = labels or {"app": "client"}
    spec = {"podSelector": {"matchLabels": labels}, "policyTypes": ["Egress"], "egress": list(egress)}
    return NetworkPolicy("shop", name, spec)


def found(*own: NetworkPolicy, report: scenes.Report | None = None, **more: t.Any) -> Diagnosis:
    seen = scenes_dns.snapshot(network_policies=own, namespaces=NAMESPACES, **more)
    return diagnose(scenes.case(seen, report), dns_transport.RULES)


MEMBERS = Service("shop", "members", ports=(ServicePort(80, "http"),))
MANY = EndpointSlice(
    "shop", "members", "IPv4", (ServicePort(80, "http"),), tuple(Endpoint((f"198.18.1.{n}",)) for n in range(1, 41))
)
UDP_ONLY = policy({"ports": [{"port": 53, "protocol": "UDP"}, {"port": 8080}]})


def with_members(count: int = 40) -> dict[str, t.Any]:
    part = dataclasses.replace(MANY, endpoints=MANY.endpoints[:count])
    return {"services": (scenes.SERVICE, MEMBERS), "endpoint_slices": (scenes.SLICE, part)}


def test_a_policy_without_tcp_and_an_answer_that_needs_it():
    report = scenes.Report()
    scenes_dns.source(report)
    missed = report.ask((MEMBERS, 80), "dns_timeout", protocol="dns", via="short name", evidence={"server": ADDRESS})
    (finding,) = found(UDP_ONLY, report=report, **with_members()).findings
    assert (finding.code, finding.field, finding.severity) == ("DNS-09", "spec.egress[0].ports", "error")
    assert finding.explains == (missed,)
    assert "shop/members (40 addresses) needs TCP" in finding.sentence
    assert finding.fix is not None
    assert '"path": "/spec/egress/0/ports/-"' in finding.fix.command
    assert '"path": "/spec/egress/0/ports/2"' in finding.fix.undo


def test_a_policy_without_tcp_is_a_suspicion_where_answers_are_short():
    diagnosis = found(UDP_ONLY, **with_members(10))
    assert not diagnosis.findings
    assert [one.code for one in diagnosis.suspicions] == ["DNS-09"]


def test_a_service_without_tcp():
    udp = dataclasses.replace(scenes_dns.SERVICE, ports=scenes_dns.SERVICE.ports[:1])
    report = scenes.Report()
    scenes_dns.lookup(report)
    missed = scenes_dns.lookup(report, "dns_timeout", via="tcp")
    (finding,) = found(report=report, service=udp).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-09", "Service kube-system/kube-dns", "spec.ports"),
    )
    assert finding.explains == (missed,)
    assert finding.fix is not None
    assert '"protocol": "TCP"' in finding.fix.command


def test_tcp_that_no_object_closes():
    report = scenes.Report()
    scenes_dns.lookup(report)
    scenes_dns.lookup(report, "dns_timeout", via="tcp")
    (finding,) = found(report=report).findings
    assert (finding.code, finding.certainty, finding.explains) == ("DNS-09", "strong", (2,))
    assert finding.fix is not None
    assert "needs node state" in finding.fix.text


def test_a_dns_that_answers_by_both_is_no_finding():
    report = scenes.Report()
    scenes_dns.lookup(report)
    scenes_dns.lookup(report, via="tcp")
    diagnosis = found(report=report, **with_members())
    assert not diagnosis.findings
    assert not diagnosis.suspicions


def test_udp_that_no_object_closes():
    report = scenes.Report()
    scenes_dns.lookup(report, "dns_timeout")
    scenes_dns.lookup(report, via="tcp")
    scenes_dns.by_name(report, "dns_timeout")
    (finding,) = found(report=report).findings
    assert (finding.certainty, finding.explains, finding.value) == ("strong", (1, 3), "TCP alone")


def test_a_node_from_which_nothing_is_answered():
    report = scenes.Report()
    for via in ("udp", "tcp"):
        scenes_dns.lookup(report, "dns_timeout", via=via)
        scenes_dns.lookup(report, pod=scenes.WEB[1], via=via)
    (finding,) = found(report=report).findings
    assert (str(finding.object), finding.certainty, finding.explains) == ("Node w1", "hint", (1, 3))
    assert "those on w2 do" in finding.sentence


def test_a_dns_that_is_ready_and_answers_nobody():
    report = scenes.Report()
    for via in ("udp", "tcp"):
        scenes_dns.lookup(report, "dns_timeout", via=via)
    (finding,) = found(report=report).findings
    assert (str(finding.object), finding.certainty) == ("Deployment kube-system/coredns", "hint")
    crashed = [scenes_dns.crashed(pod) for pod in scenes_dns.PODS]
    assert not found(report=report, pods=crashed).findings, "that is DNS-01"
