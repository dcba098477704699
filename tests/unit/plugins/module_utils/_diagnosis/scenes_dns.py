# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop of C(scenes.py) with the DNS of its cluster: two Pods of CoreDNS on C(cp), their Service, their Corefile."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Beyond,
    Container,
    ContainerPort,
    Endpoint,
    EndpointSlice,
    Pod,
    Service,
    ServicePort,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Configuration
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, PodDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail, Owner

from . import scenes
from .scenes import CLIENT, Report

ADDRESS = "10.96.0.10"
COREFILE = """\
.:53 {
    errors
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
}
"""
_PORTS = (ContainerPort(53, "dns", "UDP"), ContainerPort(53, "dns-tcp"), ContainerPort(9153, "metrics"))


def coredns(number: int, **more: t.Any) -> Pod:
    """A Pod of CoreDNS."""
    base = Pod(
        namespace="kube-system",
        name=f"coredns-5854df56f-{number:05}",
        node="cp",
        ips=(f"10.244.0.{number}",),
        phase="Running",
        ready=True,
        status="Running",
        labels={"k8s-app": "kube-dns", "pod-template-hash": "5854df56f"},
        owner="ReplicaSet/coredns-5854df56f",
        containers=(Container("coredns", "registry.lab:5000/coredns:v1.14.2", ports=_PORTS, running=True),),
        dns_policy="Default",
    )
    return dataclasses.replace(base, **more)


PODS = (coredns(2), coredns(3))
SERVICE = Service(
    "kube-system",
    "kube-dns",
    cluster_ips=(ADDRESS,),
    ports=(ServicePort(53, "dns", "UDP", "53"), ServicePort(53, "dns-tcp", "TCP", "53")),
    selector={"k8s-app": "kube-dns"},
)
DEPLOYMENT = Owner("Deployment", "kube-system", "coredns", desired=2, template_labels={"k8s-app": "kube-dns"})
CONFIGURATION = Configuration("kube-system", "coredns", "Corefile", COREFILE)


def snapshot(
    pods: t.Sequence[Pod] = PODS,
    service: Service = SERVICE,
    corefile: str = COREFILE,
    owner: Owner = DEPLOYMENT,
    logs: t.Iterable[LogTail] = (),
    details: t.Iterable[PodDetail] = (),
    **more: t.Any,
) -> Snapshot:
    """The shop, with the DNS of its cluster in a namespace that was not selected."""
    there = [pod for pod in pods if service.selector.items() <= pod.labels.items()]
    found = tuple(Endpoint(pod.ips, ready=pod.ready, node=pod.node, pod=pod.name) for pod in there)
    part = EndpointSlice("kube-system", service.name, "IPv4", (ServicePort(53, "dns", "UDP"),), found)
    configuration = dataclasses.replace(CONFIGURATION, text=corefile)
    own = more.pop("workloads", {})
    workloads = scenes.workloads(
        *details,
        owners=(scenes.DEPLOYMENT, scenes.REPLICA_SET, owner),
        configurations=(configuration,),
        logs=tuple(logs),
        **own,
    )
    base = {
        "dns_pods": tuple(pods),
        "dns_addresses": service.cluster_ips,
        "beyond": Beyond(services=(service,), endpoint_slices=(part,)),
        "workloads": workloads,
    }
    return scenes.snapshot(**{**base, **more})


def crashed(pod: Pod) -> Pod:
    """The same Pod, as it ends again and again."""
    return dataclasses.replace(pod, ready=False, status="CrashLoopBackOff")


def log(pod: Pod, *lines: str, times: t.Sequence[str] = (), **more: t.Any) -> LogTail:
    """What CoreDNS said last."""
    return LogTail(pod.namespace, pod.name, "coredns", lines=lines, times=tuple(times), **more)


def detail(pod: Pod, **more: t.Any) -> PodDetail:
    """What the API says of a container of a Pod of the shop."""
    one = ContainerDetail(pod.labels["app"], field="spec.containers[0]", state="running", ready=True, **more)
    return PodDetail(pod.namespace, pod.name, containers=(one,))


def source(report: Report, pod: Pod = CLIENT, server: str = ADDRESS, domain: str = "cluster.local") -> None:
    """Add a Pod that asks, with its resolv.conf."""
    search = f"search {pod.namespace}.svc.{domain} svc.{domain} {domain}"
    report.source(pod, resolv_conf=[f"nameserver {server}", search, "options ndots:5"], node=pod.node)


def lookup(
    report: Report, outcome: str = "open", pod: Pod = CLIENT, server: str = ADDRESS, via: str = "udp", **more: t.Any
) -> int:
    """Add the question for the name of the API server to the first name server of a Pod."""
    target = {"id": "dns/1", "kind": "dns", "name": "name server 1 of resolv.conf"}
    name = "kubernetes.default.svc.cluster.local."
    known = {"name": name, "answers": ["10.96.0.1"]} if outcome == "open" else {}
    evidence = {"server": server, "expected_addresses": ["10.96.0.1"], **known}
    source(report, pod, server)
    cell = {"model": "pod_to_dns", "protocol": "dns", "via": f"cluster name, {via}", "asked": f"{name} A by @1"}
    return report.ask(target, outcome, source=pod, **{**cell, "evidence": evidence, **more})


def by_name(report: Report, outcome: str, pod: Pod = CLIENT, **more: t.Any) -> int:
    """Add a question to the Service of the shop by its name."""
    source(report, pod)
    known = {"name": "web.shop.svc.cluster.local."} if outcome in ("open", "http_200") else {}
    evidence = {"server": ADDRESS, **known}
    cell = {"via": "short name", "asked": "http://web:80/", "protocol": "http"}
    return report.ask((scenes.SERVICE, 80), outcome, source=pod, **{**cell, "evidence": evidence, **more})


def outside(report: Report, outcome: str = "open", pod: Pod = CLIENT, **more: t.Any) -> int:
    """Add a question to a host outside the cluster by its name."""
    source(report, pod)
    target = {"id": "host/www.outside.lab:80", "kind": "host", "name": "www.outside.lab", "port": 80}
    known = {"name": "www.outside.lab.", "address": "198.18.1.80"} if not outcome.startswith("dns") else {}
    evidence = {"server": ADDRESS, **known}
    cell = {"model": "pod_to_internet", "asked": "www.outside.lab:80", "via": "fqdn"}
    return report.ask(target, outcome, source=pod, **{**cell, "evidence": evidence, **more})
