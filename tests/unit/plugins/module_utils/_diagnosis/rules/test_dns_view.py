# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's DNS as the rules of its layer see it."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import dns_view

from .. import scenes, scenes_dns
from ..scenes_dns import ADDRESS, PODS


def view(report: scenes.Report | None = None, **more: object) -> dns_view.ClusterDns:
    return dns_view.of(scenes.case(scenes_dns.snapshot(**more), report))  # type: ignore[arg-type]


def test_what_it_is_made_of():
    dns = view()
    assert (str(dns.workload), str(dns.service_ref), str(dns.map_ref)) == (
        *("Deployment kube-system/coredns", "Service kube-system/kube-dns"),
        "ConfigMap kube-system/coredns",
    )
    assert (dns.domain, dns.servers) == ("cluster.local", {ADDRESS, "10.244.0.2", "10.244.0.3"})
    assert dns_view.of(dns.case) is dns, "it is looked for once"


def test_its_workload_is_known_without_its_pods_and_its_address_without_a_workload():
    assert str(view(pods=()).workload) == "Deployment kube-system/coredns"
    other = dataclasses.replace(scenes_dns.DEPLOYMENT, template_labels={"app": "else"})
    assert str(view(pods=(), owner=other).workload) == "Service kube-system/kube-dns"


def test_its_domain_is_that_of_its_corefile():
    assert view(corefile=scenes_dns.COREFILE.replace("cluster.local", "example.org")).domain == "example.org"


def test_pods_that_end_are_not_among_it():
    gone = dataclasses.replace(PODS[0], deleting=True)
    assert [pod.name for pod in view(pods=(gone, PODS[1])).pods] == [PODS[1].name]


def test_which_checks_ask_it():
    report = scenes.Report()
    scenes_dns.lookup(report)
    scenes_dns.lookup(report, "dns_timeout", server="198.18.1.99")
    scenes_dns.by_name(report, "dns_nxdomain")
    scenes_dns.outside(report, "dns_servfail")
    scenes_dns.by_name(report, "http_200")
    scenes_dns.by_name(report, "dns_timeout", evidence={})
    dns = view(report)
    cells = dns.case.cells
    assert [about.cell.id for about in cells if dns.serves(about)] == [1, 3, 4, 5, 6], (
        "by resolv.conf, where none is told"
    )
    assert [about.cell.id for about in cells if dns.is_asked(about)] == [1, 3, 4, 6]
    assert [about.cell.id for about in cells if dns.is_cluster_name(about)] == [1, 3, 6]
    assert [about.cell.id for about in cells if dns.is_outside_name(about)] == [4]
    assert [about.cell.id for about in cells if dns.is_answered(about)] == [1, 5]


def test_lines_of_its_log_are_of_just_now_or_of_what_does_not_run_well():
    times = ["2026-12-01T03:50:00Z", "2026-12-01T03:59:30.5Z"]
    dns = view(logs=[scenes_dns.log(PODS[0], "old", "new", times=times), scenes_dns.log(PODS[1], "last")])
    assert [line for _pod, line in dns.log()] == ["new", "last"]
    assert [line for _pod, line in dns.log(now=False)] == ["old", "new", "last"]


def test_a_corefile_is_rewritten_where_there_is_one_and_somebody_reads_it():
    fix = view().rewritten("Do it", "new\n")
    assert fix.command.startswith("kubectl -n kube-system patch configmap coredns --type=merge -p ")
    assert fix.command.endswith(" && kubectl -n kube-system rollout restart deployment/coredns")
    assert (fix.risk, "errors" in fix.undo) == ("medium", True)
    unread = scenes_dns.snapshot()
    unread = dataclasses.replace(unread, workloads=dataclasses.replace(unread.workloads, configurations=()))
    assert not dns_view.of(scenes.case(unread)).rewritten("Do it", "new\n").command
