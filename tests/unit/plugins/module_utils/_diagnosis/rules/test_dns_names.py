# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS-04, DNS-11 and DNS-12: some names have no answer, or a wrong one."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import dns_names, egress
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    HostAlias,
    Namespace,
    NetworkPolicy,
)

from .. import scenes, scenes_dns
from ..scenes import CLIENT, TAKEN
from ..scenes_dns import COREFILE, PODS

SILENT = "[ERROR] plugin/errors: 2 {}. A: read udp 10.244.0.2:49207->198.18.0.254:53: i/o timeout"
LINES = tuple(SILENT.format(name) for name in ("www.outside.lab", "api.example.com", "www.outside.lab"))


def found(report: scenes.Report | None = None, **more: t.Any) -> Diagnosis:
    return diagnose(scenes.case(scenes_dns.snapshot(**more), report), dns_names.RULES)


def test_an_upstream_that_does_not_answer():
    report = scenes.Report()
    scenes_dns.lookup(report)
    missed = scenes_dns.outside(report, "dns_servfail")
    (finding,) = found(report, logs=[scenes_dns.log(PODS[0], *LINES, times=[TAKEN] * 3)]).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-04", "ConfigMap kube-system/coredns", "data.Corefile"),
    )
    assert (finding.value, finding.certainty, finding.explains) == ("forward . /etc/resolv.conf", "certain", (missed,))
    assert "198.18.0.254: i/o timeout" in finding.sentence


def test_the_log_alone_is_a_warning():
    report = scenes.Report()
    scenes_dns.lookup(report)
    (finding,) = found(report, logs=[scenes_dns.log(PODS[0], *LINES, times=[TAKEN] * 3)]).findings
    assert (finding.severity, finding.explains) == ("warning", ())


def test_an_upstream_that_the_corefile_names():
    logs = [scenes_dns.log(PODS[0], *LINES, times=[TAKEN] * 3)]
    (finding,) = found(corefile=COREFILE.replace("/etc/resolv.conf", "198.18.0.254"), logs=logs).findings
    assert finding.value == "forward . 198.18.0.254"


def test_a_node_without_a_way_out_is_told_in_its_place():
    report = scenes.Report()
    scenes_dns.outside(report, "dns_servfail")
    scenes_dns.outside(report, "no_route", pod=dataclasses.replace(scenes.WEB[0], node="cp"))
    seen = scenes_dns.snapshot(logs=[scenes_dns.log(PODS[0], *LINES, times=[TAKEN] * 3)])
    (finding,) = diagnose(scenes.case(seen, report), (*dns_names.RULES, *egress.RULES)).findings
    assert (finding.code, str(finding.object)) == ("EGR-02", "Node cp")
    assert [child.code for child in finding.children] == ["DNS-04"]


def test_lines_of_long_ago_of_the_start_or_of_the_cluster_are_none():
    old = ["2026-12-01T03:50:00Z"] * 3
    assert not found(logs=[scenes_dns.log(PODS[0], *LINES, times=old)]).findings
    start = SILENT.replace(" A:", " HINFO:").format("5513430390930949264.4608906018460041105")
    assert not found(logs=[scenes_dns.log(PODS[0], start, times=[TAKEN])]).findings
    own = SILENT.format("web.shop.svc.cluster.local")
    assert not found(logs=[scenes_dns.log(PODS[0], own, own, times=[TAKEN] * 2)]).findings


def test_a_name_outside_that_is_answered_rules_it_out():
    report = scenes.Report()
    scenes_dns.outside(report)
    diagnosis = found(report, logs=[scenes_dns.log(PODS[0], *LINES, times=[TAKEN] * 3)])
    assert [one.code for one in diagnosis.ruled_out] == ["DNS-04"]


def test_without_a_log_checks_make_it_strong():
    report = scenes.Report()
    scenes_dns.lookup(report)
    scenes_dns.outside(report, "dns_servfail")
    (finding,) = found(report).findings
    assert (finding.code, finding.certainty) == ("DNS-04", "strong")


def test_a_policy_that_keeps_coredns_from_its_upstream():
    policy = NetworkPolicy("kube-system", "lockdown", {"podSelector": {}, "policyTypes": ["Egress"]})
    beyond = dataclasses.replace(scenes_dns.snapshot().beyond, network_policies=(policy,))
    logs = [scenes_dns.log(PODS[0], *LINES, times=[TAKEN] * 3)]
    namespaces = (Namespace("shop", "Active"), Namespace("kube-system", "Active"))
    (finding,) = found(logs=logs, beyond=beyond, namespaces=namespaces).findings
    assert (str(finding.object), finding.field) == ("NetworkPolicy kube-system/lockdown", "spec.egress")


TEMPLATE = COREFILE.replace(
    "    ready\n", "    ready\n    template IN ANY web.shop.svc.cluster.local {\n       rcode NXDOMAIN\n    }\n"
)


@pytest.mark.parametrize("outcome", ["dns_nxdomain", "dns_nodata"])
def test_a_template_that_answers_for_a_service(outcome: str):
    report = scenes.Report()
    scenes_dns.lookup(report)
    scenes_dns.by_name(report, outcome)
    diagnosis = found(report, corefile=TEMPLATE)
    (finding,) = diagnosis.findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-11", "ConfigMap kube-system/coredns", "data.Corefile"),
    )
    assert (finding.value, finding.explains) == ("template IN ANY web.shop.svc.cluster.local {", (2,))
    assert finding.fix is not None
    assert "template" not in finding.fix.command
    assert "template" in finding.fix.undo


def test_a_template_that_one_of_the_pods_has_read():
    report = scenes.Report()
    askings = [{"dns_nxdomain": 1}, {"http_200": 1}]
    evidence = {"name": "web.shop.svc.cluster.local.", "server": scenes_dns.ADDRESS, "askings": askings}
    scenes_dns.by_name(report, "http_200", evidence=evidence)
    (finding,) = found(report, corefile=TEMPLATE).findings
    assert (finding.code, finding.explains, finding.scope.state) == ("DNS-11", (), "intermittent")


def test_an_address_of_somebody_else():
    hosts = COREFILE.replace(
        "    ready\n", "    hosts {\n 192.0.2.1 web.shop.svc.cluster.local\n fallthrough\n }\n    ready\n"
    )
    report = scenes.Report()
    name = {"name": "web.shop.svc.cluster.local.", "server": scenes_dns.ADDRESS, "address": "192.0.2.1"}
    scenes_dns.by_name(report, "timeout", evidence=name)
    (finding,) = found(report, corefile=hosts).findings
    assert (finding.code, finding.explains) == ("DNS-11", (1,))


def test_a_template_is_nothing_while_the_name_resolves_and_for_other_failures():
    report = scenes.Report()
    scenes_dns.by_name(report, "http_200")
    assert not found(report, corefile=TEMPLATE).findings
    right = {"name": "web.shop.svc.cluster.local.", "server": scenes_dns.ADDRESS, "address": "10.96.119.196"}
    scenes_dns.by_name(report, "timeout", evidence=right)
    assert not found(report, corefile=TEMPLATE).findings


def test_a_corefile_without_the_clusters_zone():
    report = scenes.Report()
    scenes_dns.lookup(report, "dns_nxdomain")
    without = COREFILE.replace("kubernetes cluster.local in-addr.arpa", "kubernetes in-addr.arpa")
    (finding,) = found(report, corefile=without).findings
    assert (finding.code, finding.explains) == ("DNS-11", (1,))
    assert finding.fix is not None
    assert not finding.fix.command


ALIASED = dataclasses.replace(CLIENT, host_aliases=(HostAlias("198.18.1.99", ("web", "web.shop")),))


def by_hosts(address: str = "198.18.1.99", outcome: str = "timeout") -> scenes.Report:
    report = scenes.Report()
    scenes_dns.by_name(report, outcome, evidence={"server": "/etc/hosts", "address": address})
    return report


def test_a_host_alias_that_hides_a_service():
    seen = dataclasses.replace(scenes_dns.snapshot(), pods=(*scenes.WEB, ALIASED))
    (finding,) = diagnose(scenes.case(seen, by_hosts()), dns_names.RULES).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-12", "Deployment shop/client", "spec.template.spec.hostAliases[0]"),
    )
    assert finding.value == "198.18.1.99 web, web.shop"
    assert "Service shop/web has 10.96.119.196" in finding.sentence
    assert finding.fix is not None
    assert '"path": "/spec/template/spec/hostAliases/0"' in finding.fix.command
    # A patch cannot put an entry back into a list that is not there any more.
    assert finding.fix.undo == "kubectl -n shop rollout undo deployment/client"


def test_an_alias_that_is_right_or_works_is_none():
    seen = dataclasses.replace(scenes_dns.snapshot(), pods=(*scenes.WEB, ALIASED))
    assert not diagnose(scenes.case(seen, by_hosts(outcome="http_200")), dns_names.RULES).findings
    own = dataclasses.replace(CLIENT, host_aliases=(HostAlias("10.96.119.196", ("web",)),))
    seen = dataclasses.replace(seen, pods=(*scenes.WEB, own))
    assert not diagnose(scenes.case(seen, by_hosts("10.96.119.196")), dns_names.RULES).findings


def test_a_hosts_file_that_no_field_explains():
    (finding,) = found(by_hosts()).findings
    assert (finding.code, finding.certainty, finding.field) == ("DNS-12", "strong", "")
