# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer DNS: nobody is behind the address that every Pod asks."""

from __future__ import annotations

import json
import shlex
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import dns as resolver
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from .. import fixes
from ..about import About
from ..case import Case
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..rule import Candidate, Rule, nothing
from . import dns_view
from .dns_view import ClusterDns

_PORT = 53


def _no_server(case: Case) -> t.Iterator[Candidate]:
    """DNS-01: nobody is behind the address that every Pod asks."""
    dns = dns_view.of(case)
    if dns.service is None:
        yield from _without_service(dns)
        return
    if not any(endpoint.ready for endpoint in case.endpoints(dns.service)):
        yield _without_endpoints(dns, dns.service)
    else:
        yield from _wrong_ports(dns, dns.service)
        yield from _silent_caches(dns)


def _without_service(dns: ClusterDns) -> t.Iterator[Candidate]:
    """Pods of the DNS are there, and nobody has the address that the resolv.conf of Pods names."""
    case = dns.case
    missed: dict[str, list[About]] = {}
    for about in case.failing:
        server = str(about.cell.evidence.get("server") or "")
        if about.is_lookup and server and server not in case.facts.owners and server in _given(about):
            missed.setdefault(server, []).append(about)
    if case.snapshot.dns_addresses or not dns.pods or not missed:
        return
    server, failed = max(missed.items(), key=lambda one: len(one[1]))
    is_read = not case.snapshot.selected or dns.namespace in case.snapshot.selected
    ref, cell = dns.service_ref, failed[0].cell
    yield Candidate(
        ref,
        f"{ref} does not exist: the resolv.conf of Pods names {server}, which no Service has",
        certainty="strong" if is_read else "hint",  # the Services there may not have been given
        severity="critical",
        wanted=f"a Service with clusterIP {server} for the Pods of the DNS",
        mechanism="The kubelet writes the address of the DNS Service into each resolv.conf, and nobody answers there",
        explains=lambda about: about.is_lookup and about.cell.evidence.get("server") == server,
        stands_alone=True,
        evidence=(
            Evidence("probe", f"check {cell.id}", f"{cell.source} asks {cell.asked}: {cell.reason}", key=True),
            Evidence("api", f"Pod {dns.pods[0].id}", f"{dns.pods[0].status}, and no Service of the DNS is there"),
        ),
        fix=_expose(dns, server),
    )


def _given(about: About) -> tuple[str, ...]:
    return resolver.resolv_conf(about.source.get("resolv_conf") or ()).nameservers


def _expose(dns: ClusterDns, server: str) -> Fix:
    labels = {key: value for key, value in dns.pods[0].labels.items() if key == "k8s-app"}
    ports = [{"name": name, "port": _PORT, "protocol": by} for name, by in (("dns", "UDP"), ("dns-tcp", "TCP"))]
    ref = dns.service_ref
    made = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": ref.name, "namespace": ref.namespace, "labels": labels},
        "spec": {"clusterIP": server, "selector": labels, "ports": ports},
    }
    text = "Make the Service anew, with the address that Pods ask"
    command = f"echo {shlex.quote(json.dumps(made))} | kubectl apply -f -"
    return Fix(text, command, "medium", fixes.kubectl(ref, "delete", "service", ref.name), fixes.right("create", ref))


def _without_endpoints(dns: ClusterDns, service: Service) -> Candidate:
    ref, owner, pods = dns.service_ref, dns.owner, dns.pods
    common: dict[str, t.Any] = {
        "mechanism": "kube-proxy refuses what is sent to a Service without a ready endpoint, so that no name resolves",
        "explains": dns.is_asked,
        "predicts": dns.is_answered,
        "stands_alone": True,
        "severity": "critical",
    }
    no_endpoint = Evidence("api", str(ref), "it has no ready endpoint", key=True)
    selected = [pod for pod in pods if service.selector.items() <= pod.labels.items()]
    if pods and not selected:
        return _wrong_selector(dns, service, common)
    if owner and owner.desired == 0:
        what = f"{dns.workload}: spec.replicas is 0, so that {ref} has no endpoint and no name of the cluster resolves"
        return Candidate(
            dns.workload,
            what,
            field="spec.replicas",
            value="0",
            wanted="2",
            victims=(ref,),
            evidence=(Evidence("api", str(dns.workload), "it is scaled to 0 replicas", key=True), no_endpoint),
            fix=fixes.command(
                dns.workload,
                "Scale it up",
                ("scale", f"{owner.kind.lower()}/{owner.name}", "--replicas=2"),
                ("scale", f"{owner.kind.lower()}/{owner.name}", "--replicas=0"),
            ),
            **common,
        )
    if not selected and not (dns.case.knows("owners") and dns.case.knows("components")):
        return Candidate(
            ref,
            f"{ref} has no endpoint, and none of its Pods is there: no name of the cluster resolves",
            certainty="strong",
            evidence=(no_endpoint,),
            fix=Fix("Find out why there is no Pod of the cluster's DNS"),
            **common,
        )
    if not selected and owner is None and dns.configuration:
        deployment = ObjectRef("Deployment", dns.configuration.name, dns.configuration.namespace)
        return Candidate(
            deployment,
            f"{deployment} does not exist, so that {ref} has no endpoint and no name of the cluster resolves",
            wanted="the Deployment of CoreDNS",
            victims=(ref,),
            evidence=(
                no_endpoint,
                Evidence("api", str(dns.map_ref), "its Corefile is there, and no workload reads it"),
            ),
            fix=Fix("Deploy CoreDNS again (with kubeadm: kubeadm init phase addon coredns)"),
            **common,
        )
    if not selected and owner is None:
        said = ", ".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
        return Candidate(
            ref,
            f"{ref}: spec.selector is {said}, and no Pod and no workload of namespace {service.namespace} has these "
            "labels: no name of the cluster resolves",
            field="spec.selector",
            value=said,
            evidence=(no_endpoint,),
            fix=Fix("Deploy the cluster's DNS again, or give the selector the labels of its Pods"),
            **common,
        )
    states = ", ".join(dict.fromkeys(pod.status or pod.phase for pod in selected)) or "there is none"
    nodes = tuple(dict.fromkeys(pod.node for pod in selected if pod.node))
    return Candidate(
        dns.workload,
        f"{dns.workload}: none of its Pods is ready ({states}), so that {ref} has no endpoint and no name resolves",
        field="",
        value=states,
        victims=(ref,),
        parents=(dns.workload, *dns.pod_refs),
        scope=Scope(len(selected), len(selected), "Pods", nodes),
        evidence=(no_endpoint, *(Evidence("api", f"Pod {pod.id}", pod.status) for pod in selected[:2])),
        fix=Fix("Find out why its Pods are not ready"),
        **common,
    )


def _wrong_selector(dns: ClusterDns, service: Service, common: dict[str, t.Any]) -> Candidate:
    ref, pod = dns.service_ref, dns.pods[0]
    wrong = {key: value for key, value in service.selector.items() if pod.labels.get(key) != value}
    right = {key: pod.labels[key] for key in wrong if key in pod.labels}
    value, wanted = (", ".join(f"{key}={one}" for key, one in sorted(each.items())) for each in (wrong, right))
    change = {"spec": {"selector": {key: right.get(key) for key in wrong}}}
    return Candidate(
        ref,
        f"{ref}: spec.selector has {value}, and the Pods of the DNS have {wanted or 'no such label'}",
        field="spec.selector",
        value=value,
        wanted=wanted,
        evidence=(
            Evidence("api", str(ref), f"selector {value}; no ready endpoint", key=True),
            Evidence("api", f"Pod {pod.id}", f"labels {wanted or 'without these'}, {pod.status}"),
        ),
        fix=fixes.patch(ref, "Select the Pods of the DNS", change, {"spec": {"selector": dict(wrong)}}),
        **common,
    )


def _wrong_ports(dns: ClusterDns, service: Service) -> t.Iterator[Candidate]:
    """A port of the DNS Service that leads nowhere, or is missing."""
    ready = [pod for pod in dns.pods if pod.ready]
    there = {port.protocol for port in service.ports if port.port == _PORT}
    for place, port in enumerate(service.ports):
        if port.port == _PORT and ready and not any(_listens(pod, port) for pod in ready):
            yield _wrong_target(dns, place, port, ready[0])
    if "UDP" not in there:
        yield _without_port(dns, service, "UDP", "names resolve by no UDP")


def _listens(pod: Pod, port: ServicePort) -> bool:
    """Whether a Pod declares what a port of the Service leads to; one that declares nothing may listen anywhere."""
    declared = [one for container in pod.containers for one in container.ports if one.protocol == port.protocol]
    return not declared or port_in_pod(pod, port) in [one.port for one in declared]


def _wrong_target(dns: ClusterDns, place: int, port: ServicePort, pod: Pod) -> Candidate:
    ref, field = dns.service_ref, f"spec.ports[{place}].targetPort"
    names = [
        one
        for container in pod.containers
        for one in container.ports
        if one.protocol == port.protocol and (one.port == _PORT or "dns" in one.name)
    ]
    has = names[0] if names else None
    wanted = (str(has.port) if port.target_port.isdecimal() else has.name or str(has.port)) if has else ""
    new: str | int = int(wanted) if wanted.isdecimal() else wanted
    old: str | int = int(port.target_port) if port.target_port.isdecimal() else port.target_port
    by = port.protocol.lower()

    def asked(about: About) -> bool:
        transport = "tcp" if "tcp" in about.cell.via else "udp"
        return dns.is_asked(about) and transport == by

    return Candidate(
        ref,
        f"{ref}: {field} is {port.target_port}, which is no port of the Pods of the DNS",
        severity="critical",
        field=field,
        value=port.target_port,
        wanted=wanted,
        mechanism=f"What is sent to port {_PORT}/{port.protocol} of the Service arrives where nothing listens",
        explains=asked,
        predicts=nothing,
        evidence=(
            Evidence("api", str(ref), f"targetPort {port.target_port} of port {_PORT}/{port.protocol}", key=True),
            Evidence("api", f"Pod {pod.id}", f"port {has.port} named {has.name}" if has else "it declares none"),
        ),
        fix=fixes.replace(ref, "Name the port of the Pods", field, new, old) if wanted else Fix("Name their port"),
    )


def _without_port(dns: ClusterDns, service: Service, protocol: str, leads: str) -> Candidate:
    ref = dns.service_ref
    has = ", ".join(f"{port.port}/{port.protocol}" for port in service.ports)
    name = "dns" if protocol == "UDP" else "dns-tcp"
    new = {"name": name, "port": _PORT, "protocol": protocol, "targetPort": _PORT}
    change = [{"op": "add", "path": "/spec/ports/-", "value": new}]
    back = [{"op": "remove", "path": f"/spec/ports/{len(service.ports)}"}]
    return Candidate(
        ref,
        f"{ref}: spec.ports has no port {_PORT} for {protocol} ({has}): {leads}",
        severity="critical" if protocol == "UDP" else "error",
        field="spec.ports",
        value=has,
        wanted=f"{_PORT}/{protocol}",
        mechanism="kube-proxy knows only the ports of a Service; what is sent to others gets no answer",
        explains=lambda about: dns.is_asked(about) and ("tcp" in about.cell.via) == (protocol == "TCP"),
        evidence=(Evidence("api", str(ref), f"ports {has}", key=True),),
        fix=fixes.json_patch(ref, "Add the port", change, back),
    )


def _silent_caches(dns: ClusterDns) -> t.Iterator[Candidate]:
    """NodeLocal DNSCache, which Pods ask in place of the DNS, does not answer on some nodes."""
    case = dns.case
    caches = {*case.snapshot.node_local_dns} - {*case.snapshot.dns_addresses}
    well = {about.source.get("node") for about in case.answered if about.cell.evidence.get("server") in caches}
    failed: dict[str, list[About]] = {}
    for about in case.failing:
        silent = about.cell.outcome in ("dns_timeout", "dns_servfail") and about.is_lookup
        if silent and about.cell.evidence.get("server") in caches:
            failed.setdefault(str(about.source.get("node") or ""), []).append(about)
    nodes = tuple(sorted({*failed} - {*well, ""}))
    if not nodes:
        return
    named = (one for one in case.workloads.owners if one.kind == "DaemonSet" and "node-local-dns" in one.name)
    owner = next(named, None)
    ref = ObjectRef("DaemonSet", owner.name if owner else "node-local-dns", owner.namespace if owner else dns.namespace)
    first = failed[nodes[0]][0].cell
    where = ", ".join(nodes)
    counted = f"{owner.ready} of {owner.desired} Pods are ready" if owner else ""
    yield Candidate(
        ref,
        f"{ref}: NodeLocal DNSCache does not answer at {first.evidence['server']} on node {where}",
        certainty="strong",
        value=counted,
        mechanism="The resolv.conf of Pods names the cache of their own node, and no other name server",
        explains=lambda about: (
            about.is_lookup and about.cell.evidence.get("server") in caches and about.source.get("node") in nodes
        ),
        parents=(ref,),
        scope=Scope(len(nodes), len(case.snapshot.nodes), "nodes", nodes),
        evidence=(
            Evidence("probe", f"check {first.id}", f"{first.source} asks {first.asked}: {first.reason}", key=True),
            *((Evidence("api", str(ref), counted),) if counted else ()),
        ),
        fix=Fix(f"Find out why its Pod on {where} does not run or does not listen; the latter needs node state"),
    )


RULES = (Rule("DNS-01", "No ready Pod is behind the Service of the cluster's DNS", (), _no_server),)
