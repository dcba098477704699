# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS-01: nobody is behind the address that every Pod asks."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import dns
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from .. import scenes, scenes_dns
from ..scenes_dns import PODS, SERVICE


def found(seen: scenes.Snapshot, report: scenes.Report | None = None) -> Diagnosis:
    return diagnose(scenes.case(seen, report), dns.RULES)


def silent(outcome: str = "dns_servfail") -> scenes.Report:
    report = scenes.Report()
    scenes_dns.lookup(report, outcome)
    scenes_dns.by_name(report, outcome)
    report.ask((scenes.SERVICE, 80))
    return report


def test_a_dns_that_runs_is_no_finding():
    report = scenes.Report()
    scenes_dns.lookup(report)
    diagnosis = found(scenes_dns.snapshot(), report)
    assert not diagnosis.findings
    assert not diagnosis.suspicions


def test_a_dns_of_no_replicas_explains_each_name():
    none = dataclasses.replace(scenes_dns.DEPLOYMENT, desired=0)
    diagnosis = found(scenes_dns.snapshot(pods=(), owner=none), silent())
    (finding,) = diagnosis.findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-01", "Deployment kube-system/coredns", "spec.replicas"),
    )
    assert (finding.explains, diagnosis.unexplained) == ((1, 2), ())
    assert finding.fix is not None
    assert finding.fix.command == "kubectl -n kube-system scale deployment/coredns --replicas=2"
    assert finding.fix.undo == "kubectl -n kube-system scale deployment/coredns --replicas=0"


def test_a_dns_of_no_replicas_is_a_finding_without_probes():
    none = dataclasses.replace(scenes_dns.DEPLOYMENT, desired=0)
    (finding,) = found(scenes_dns.snapshot(pods=(), owner=none)).findings
    assert finding.severity == "critical"


def test_a_selector_that_does_not_have_the_pods():
    service = dataclasses.replace(SERVICE, selector={"k8s-app": "coredns"})
    (finding,) = found(scenes_dns.snapshot(service=service), silent()).findings
    assert (str(finding.object), finding.field) == ("Service kube-system/kube-dns", "spec.selector")
    assert (finding.value, finding.wanted) == ("k8s-app=coredns", "k8s-app=kube-dns")
    assert finding.fix is not None
    assert '"k8s-app": "kube-dns"' in finding.fix.command
    assert '"k8s-app": "coredns"' in finding.fix.undo


def test_pods_that_are_not_ready_are_a_symptom_of_what_keeps_them_so():
    pods = tuple(scenes_dns.crashed(pod) for pod in PODS)
    (finding,) = found(scenes_dns.snapshot(pods=pods), silent()).findings
    assert (str(finding.object), finding.value) == ("Deployment kube-system/coredns", "CrashLoopBackOff")
    unpulled = tuple(dataclasses.replace(pod, ready=False, status="ImagePullBackOff") for pod in PODS)
    details = [
        scenes.detail(
            pod,
            scenes.ContainerDetail("coredns", state="waiting", reason="ImagePullBackOff", image="coredns:none"),
        )
        for pod in unpulled
    ]
    message = 'Failed to pull image "coredns:none": rpc error: code = NotFound desc = coredns:none: not found'
    seen = scenes_dns.snapshot(
        pods=unpulled, details=details, workloads={"events": (scenes.event(unpulled[0], "Failed", message),)}
    )
    (cause,) = diagnose(scenes.case(seen, silent()), RULES).findings
    assert (cause.code, str(cause.object)) == ("POD-01", "Deployment kube-system/coredns")
    assert [child.code for child in cause.children] == ["DNS-01"]
    assert cause.explains == (1, 2)


def test_a_dns_that_is_gone():
    other = dataclasses.replace(scenes_dns.DEPLOYMENT, template_labels={"app": "else"})
    (finding,) = found(scenes_dns.snapshot(pods=(), owner=other), silent()).findings
    assert (str(finding.object), finding.explains) == ("Deployment kube-system/coredns", (1, 2))
    assert "does not exist" in finding.sentence


def test_a_service_that_is_gone():
    (finding,) = found(scenes_dns.snapshot(dns_addresses=(), beyond=None), silent()).findings
    assert (str(finding.object), finding.certainty, finding.explains) == (
        *("Service kube-system/kube-dns", "strong"),
        (1, 2),
    )
    assert finding.fix is not None
    assert '"clusterIP": "10.96.0.10"' in finding.fix.command
    well = scenes.Report()
    scenes_dns.lookup(well)
    assert not found(scenes_dns.snapshot(dns_addresses=(), beyond=None), well).findings


def test_a_service_without_pods_and_workload():
    other = dataclasses.replace(scenes_dns.DEPLOYMENT, template_labels={"app": "else"})
    seen = scenes_dns.snapshot(pods=(), owner=other)
    seen = dataclasses.replace(seen, workloads=dataclasses.replace(seen.workloads, configurations=()))
    (finding,) = found(seen, silent()).findings
    assert (str(finding.object), finding.field) == ("Service kube-system/kube-dns", "spec.selector")


def test_a_target_port_at_which_no_pod_listens():
    ports = (ServicePort(53, "dns", "UDP", "5353"), SERVICE.ports[1])
    (finding,) = found(scenes_dns.snapshot(service=dataclasses.replace(SERVICE, ports=ports)), silent()).findings
    assert (finding.field, finding.value, finding.wanted) == ("spec.ports[0].targetPort", "5353", "53")
    assert finding.fix is not None
    assert '"value": 53}' in finding.fix.command
    named = (ServicePort(53, "dns", "UDP", "dnss"), SERVICE.ports[1])
    (finding,) = found(scenes_dns.snapshot(service=dataclasses.replace(SERVICE, ports=named)), silent()).findings
    assert (finding.value, finding.wanted) == ("dnss", "dns")


def test_a_service_without_udp():
    tcp = dataclasses.replace(SERVICE, ports=(SERVICE.ports[1],))
    (finding,) = found(scenes_dns.snapshot(service=tcp), silent("dns_timeout")).findings
    assert (finding.field, finding.wanted) == ("spec.ports", "53/UDP")


def test_a_name_that_is_answered_rules_it_out():
    none = dataclasses.replace(scenes_dns.DEPLOYMENT, desired=0)
    report = silent()
    scenes_dns.lookup(report, pod=scenes.WEB[0])
    diagnosis = found(scenes_dns.snapshot(pods=(), owner=none), report)
    assert [one.code for one in diagnosis.ruled_out] == ["DNS-01"]


def test_name_servers_of_ones_own_are_not_explained_by_it():
    none = dataclasses.replace(scenes_dns.DEPLOYMENT, desired=0)
    report = scenes.Report()
    scenes_dns.lookup(report, "dns_timeout", server="198.18.1.99")
    assert found(scenes_dns.snapshot(pods=(), owner=none), report).unexplained == (1,)


def test_a_cache_on_one_node_that_does_not_answer():
    cache = "169.254.20.10"
    report = scenes.Report()
    missed = scenes_dns.lookup(report, "dns_timeout", server=cache)
    scenes_dns.lookup(report, pod=scenes.WEB[1], server=cache)
    caches = Owner("DaemonSet", "kube-system", "node-local-dns", desired=2, ready=1)
    seen = scenes_dns.snapshot(node_local_dns=(cache,))
    work = dataclasses.replace(seen.workloads, owners=(*seen.workloads.owners, caches))
    (finding,) = found(dataclasses.replace(seen, workloads=work), report).findings
    assert (finding.code, str(finding.object)) == ("DNS-01", "DaemonSet kube-system/node-local-dns")
    assert (finding.value, finding.scope.nodes, finding.explains) == ("1 of 2 Pods are ready", ("w1",), (missed,))
    scenes_dns.lookup(report, pod=scenes.WEB[0], server=cache)
    assert not found(seen, report).findings, "it answers others on the same node"


def test_what_makes_its_pods_may_not_be_known():
    traffic = dataclasses.replace(scenes_dns.snapshot(pods=()), workloads=None)
    (finding,) = found(traffic, silent()).findings
    assert (str(finding.object), finding.field, finding.certainty) == (*("Service kube-system/kube-dns", "", "strong"),)
    other = dataclasses.replace(scenes_dns.DEPLOYMENT, template_labels={"app": "else"})
    refused = scenes_dns.snapshot(pods=(), owner=other, workloads={"unknown": {"components": "forbidden"}})
    (finding,) = found(refused, silent()).findings
    assert str(finding.object) == "Service kube-system/kube-dns"
