# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS-02 and DNS-03: CoreDNS ends when it starts."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import dns, dns_crash

from .. import scenes, scenes_dns
from ..scenes_dns import COREFILE, PODS

UNKNOWN = "/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'forwrd'"
LOOP = (
    '[FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :53) detected for zone ".", see https://coredns.io/plugins/loop'
    '#troubleshooting. Query: "HINFO 4547991504243258144.3688648895315093531."'
)
CRASHED = tuple(scenes_dns.crashed(pod) for pod in PODS)


def found(line: str, pods: t.Sequence[scenes.Pod] = CRASHED, corefile: str = COREFILE, **more: t.Any) -> Diagnosis:
    report = scenes.Report()
    if not any(pod.ready for pod in pods):
        scenes_dns.lookup(report, "dns_servfail")
    seen = scenes_dns.snapshot(pods=pods, corefile=corefile, logs=[scenes_dns.log(pods[0], line, **more)])
    return diagnose(scenes.case(seen, report), (*dns.RULES, *dns_crash.RULES))


def test_a_directive_that_coredns_does_not_know():
    broken = COREFILE.replace("forward .", "forwrd .")
    (finding,) = found(UNKNOWN, corefile=broken, previous=True).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-02", "ConfigMap kube-system/coredns", "data.Corefile"),
    )
    assert (finding.value, finding.wanted, finding.severity) == ("forwrd", "forward", "critical")
    assert finding.explains == (1,)
    assert [child.code for child in finding.children] == ["DNS-01"], "its Pods are not ready because of it"
    assert finding.fix is not None
    assert "forward . /etc/resolv.conf" in finding.fix.command
    assert "rollout restart deployment/coredns" in finding.fix.command
    assert "forwrd . /etc/resolv.conf" in finding.fix.undo


@pytest.mark.parametrize(
    "line",
    [
        "/etc/coredns/Corefile:7 - Error during parsing: Wrong argument count or unexpected line ending after 'cache'",
        'plugin/forward: not an IP address or file: "resolver"',
    ],
)
def test_other_errors_of_a_corefile_have_no_command(line: str):
    (finding,) = found(line).findings
    assert (finding.code, finding.wanted) == ("DNS-02", "")
    assert finding.fix is not None
    assert not finding.fix.command


def test_a_corefile_that_was_not_taken_yet_is_a_warning():
    line = f"[ERROR] Restart failed: {UNKNOWN}"
    (finding,) = found(line, PODS, times=[scenes.TAKEN]).findings
    assert (finding.code, finding.severity, finding.explains) == ("DNS-02", "warning", ())


def test_what_was_logged_long_ago_is_not():
    line = f"[ERROR] Restart failed: {UNKNOWN}"
    assert not found(line, PODS, times=["2026-12-01T03:50:00.123456789Z"]).findings


def test_a_loop_by_the_file_of_the_node():
    (finding,) = found(LOOP, previous=True).findings
    assert (finding.code, str(finding.object), finding.field) == ("DNS-03", "Node cp", "resolvConf")
    assert finding.fix is not None
    assert "needs node state" in finding.fix.text
    assert [child.code for child in finding.children] == ["DNS-01"]


@pytest.mark.parametrize("own", ["127.0.0.1", "10.96.0.10", "127.0.0.1:53"])
def test_a_loop_that_the_corefile_makes(own: str):
    corefile = COREFILE.replace("/etc/resolv.conf", own)
    (finding,) = found(LOOP, corefile=corefile, previous=True).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-03", "ConfigMap kube-system/coredns", "data.Corefile"),
    )
    assert finding.fix is not None
    assert "forward . /etc/resolv.conf" in finding.fix.command


def test_what_a_pod_that_is_ready_said_before_is_no_loop():
    assert not found(LOOP, PODS, previous=True).findings
