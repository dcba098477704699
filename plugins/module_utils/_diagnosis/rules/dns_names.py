# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer DNS: some names have no answer, or a wrong one, while others resolve."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import HostAlias, Pod, Service

from .. import fixes
from ..about import About
from ..case import Case
from ..closings import Connection, closings
from ..finding import Evidence, Fix, ObjectRef, RuledOut, Scope
from ..rule import Candidate, Rule, nothing
from . import corefile, dns_view
from .dns_view import ClusterDns

#: C([ERROR] plugin/errors: 2 www.example.com. A: read udp 10.244.0.3:4242->192.0.2.53:53: i/o timeout).
_UPSTREAM = re.compile(
    r"plugin/errors: \d+ (?P<name>\S+)\. (?P<type>[A-Z]+): (?:read|write|dial) (?P<by>udp|tcp)\S* "
    r"(?:\S+->)?(?P<address>[\d.:\[\]a-f]+):(?P<port>\d+): (?:\w+: )?(?P<why>.+)"
)
_ONCE = "the name did not exist when it was asked first"


def _upstream_is_silent(case: Case) -> t.Iterator[Candidate]:
    """DNS-04: CoreDNS gets no answer from the name servers that it forwards to."""
    dns = dns_view.of(case)
    failed = [about for about in case.failing if dns.is_outside_name(about) and _is_no_answer(about)]
    said: dict[str, list[tuple[Pod, str, re.Match[str]]]] = {}
    for pod, line in dns.log():
        match = _UPSTREAM.search(line)
        if match and not corefile.is_in(match["name"].lower(), dns.domain):
            said.setdefault(match["address"], []).append((pod, line, match))
    wanted = {match["name"] for lines in said.values() for _pod, _line, match in lines if match["type"] != "HINFO"}
    if not any(pod.ready for pod in dns.pods) or not (failed or wanted):
        return
    lines = max(said.values(), key=len) if said else []
    pods = {pod.id: pod for pod, _line, _match in lines} or {pod.id: pod for pod in dns.pods}
    address = lines[0][2]["address"].strip("[]") if lines else ""
    common: dict[str, t.Any] = {
        "severity": "error" if failed else "warning",
        "mechanism": "CoreDNS forwards names that are none of the cluster, and fails when nobody answers it",
        "explains": lambda about: dns.is_outside_name(about) and _is_no_answer(about),
        "predicts": _outside_answered(dns),
        "stands_alone": bool(lines),
        "parents": tuple(ObjectRef("Node", node) for node in sorted({pod.node for pod in pods.values()})),
        "parent_codes": ("EGR-01", "EGR-02", "NODE-01"),
        "scope": Scope(len(pods), len(dns.pods), "Pods", tuple(sorted({pod.node for pod in pods.values()}))),
    }
    logged = (Evidence("log", f"Pod {lines[0][0].id}", lines[0][1], key=True),) if lines else ()
    closed = _closed_by_policy(case, next(iter(pods.values())), address)
    if closed:
        yield Candidate(
            closed,
            f"{closed} isolates the Pods of the DNS, and no rule allows them to ask the name server {address}",
            field="spec.egress",
            wanted=f"a rule for UDP and TCP 53 to {address}",
            evidence=logged,
            fix=Fix(f"Allow the Pods of the DNS to ask {address} by UDP and TCP at port 53"),
            **common,
        )
        return
    named = corefile.upstreams(dns.blocks)
    forward = f"forward . {' '.join(named)}" if named else "forward"
    by_file = not named or "/etc/resolv.conf" in named
    where = "the resolv.conf of its node names" if by_file else "data.Corefile forwards to"
    why = lines[0][2]["why"] if lines else "no answer"
    nodes = ", ".join(common["scope"].nodes)
    target = address or "the name servers"
    yield Candidate(
        dns.map_ref,
        f"{dns.map_ref}: data.Corefile has {forward}, and CoreDNS gets no answer there: {target}: {why}"
        if by_file
        else f"{dns.map_ref}: data.Corefile forwards to {' '.join(named)}, and {target} gives no answer: {why}",
        certainty="certain" if lines else "strong",
        field="data.Corefile",
        value=forward,
        wanted="a name server that answers",
        evidence=(*logged, Evidence("api", str(dns.map_ref), f"{forward}; {where} {target}", key=not lines)),
        ruled_out=(RuledOut("DNS-01", f"{len([pod for pod in dns.pods if pod.ready])} Pods of the DNS are ready"),),
        fix=Fix(
            f"Forward to a name server that answers, or open UDP and TCP 53 from node {nodes} to {target}: what drops "
            "it on the way needs node state"
        ),
        **common,
    )


def _is_no_answer(about: About) -> bool:
    return about.cell.outcome in ("dns_servfail", "dns_timeout")


def _outside_answered(dns: ClusterDns) -> t.Callable[[About], bool]:
    def matches(about: About) -> bool:
        is_named = bool(about.cell.evidence.get("name")) and not dns_view.is_of_cluster(about)
        return is_named and about.cell.evidence.get("server") in dns.servers

    return matches


def _closed_by_policy(case: Case, pod: Pod, address: str) -> ObjectRef | None:
    """The NetworkPolicy that keeps a Pod of the DNS from a name server outside."""
    found = closings(case, Connection(pod, None, "UDP", 53, address)) if address else []
    return ObjectRef("NetworkPolicy", found[0].policy.name, found[0].policy.namespace) if found else None


def _shadowed(case: Case) -> t.Iterator[Candidate]:
    """DNS-11: the Corefile answers the name of a Service in place of plugin kubernetes."""
    dns = dns_view.of(case)
    found: dict[corefile.Shadow, list[tuple[About, str]]] = {}
    for about in (*case.failing, *case.answered):
        if dns.serves(about) and ((about.failed and _is_wrong_answer(case, about)) or _was_not_there(about)):
            for name in _full_names(dns, about):
                shadow = corefile.shadow(dns.blocks, name)
                if shadow:
                    found.setdefault(shadow, []).append((about, name))
    for shadow, wrong in found.items():
        yield _of_shadow(dns, shadow, wrong)


def _was_not_there(about: About) -> bool:
    """Whether a name was not there when it was asked before: one Pod of the DNS has read the Corefile, and one not."""
    return any("dns_nxdomain" in asking for asking in about.cell.evidence.get("askings") or ())


def _is_wrong_answer(case: Case, about: About) -> bool:
    """Whether a name has no address although its Service has one, or that of somebody else."""
    if about.cell.outcome in ("dns_nxdomain", "dns_nodata", "dns_servfail", "wrong_peer"):
        return True
    services = [case.facts.services[key] for key, _port in about.ports if key in case.facts.services]
    address = str(about.cell.evidence.get("address") or "")
    if not about.cell.evidence.get("name") or not address or about.target.get("kind") != "service" or not services:
        return False
    return not any(address in _addresses(case, service) for service in services)


def _addresses(case: Case, service: Service) -> set[str]:
    return {*service.cluster_ips, *service.external_addresses} | {
        address for endpoint in case.endpoints(service) for address in endpoint.addresses
    }


def _full_names(dns: ClusterDns, about: About) -> list[str]:
    if about.target.get("kind") == "dns":
        return [f"kubernetes.default.svc.{dns.domain}"] if dns_view.is_of_cluster(about) else []
    places = {(namespace, name) for key, _port in about.ports for namespace, name in (key.split("/", 1),)}
    if not places and about.asked:
        places = {(about.asked.namespace, about.asked.name)}
    return [f"{name}.{namespace}.svc.{dns.domain}" for namespace, name in sorted(places)]


def _of_shadow(dns: ClusterDns, shadow: corefile.Shadow, wrong: t.Sequence[tuple[About, str]]) -> Candidate:
    ref = dns.map_ref
    numbers = frozenset(about.cell.id for about, _name in wrong)
    text = dns.configuration.text if dns.configuration else ""
    lines = text.splitlines(keepends=True)
    first, name = wrong[0]
    names = sorted({each for _about, each in wrong})
    more = f" and {len(names) - 1} more names" if len(names) > 1 else ""
    new = "".join(lines[: shadow.first] + lines[shadow.last + 1 :])
    cell = first.cell
    is_own = "kubernetes" in lines[shadow.first] if lines else False
    fix = Fix(f"Let plugin kubernetes answer for {name}") if is_own or shadow.first == 0 else None
    return Candidate(
        ref,
        f"{ref}: data.Corefile, line {shadow.first + 1}: {shadow.says} answers {name}{more} in place of the Service",
        field="data.Corefile",
        value=lines[shadow.first].strip() if lines else "",
        mechanism="CoreDNS answers with what its Corefile says of a name before it looks for a Service",
        explains=lambda about: about.cell.id in numbers,
        stands_alone=True,
        scope=Scope(state="intermittent" if any(about.answered for about, _name in wrong) else "steady"),
        evidence=(
            Evidence("api", str(ref), "".join(lines[shadow.first : shadow.last + 1]).strip()[:400], key=True),
            Evidence("probe", f"check {cell.id}", f"{cell.source} asks {cell.asked}: {cell.reason or _ONCE}"),
        ),
        fix=fix or dns.rewritten("Take it out, if it is not meant", new),
    )


def _by_hosts(case: Case) -> t.Iterator[Candidate]:
    """DNS-12: a Pod's own /etc/hosts leads a name elsewhere."""
    found: dict[tuple[ObjectRef, str], list[tuple[Pod, HostAlias, About]]] = {}
    without: dict[ObjectRef, list[tuple[Pod, About]]] = {}
    for about in case.failing:
        pod = _pod(case, about)
        if pod is None or about.cell.evidence.get("server") != "/etc/hosts":
            continue
        address = str(about.cell.evidence.get("address") or "")
        if _is_right(case, about, address):
            continue
        for place, alias in enumerate(pod.host_aliases):
            if alias.ip == address:
                ref, field = case.origin(pod, f"spec.hostAliases[{place}]")
                found.setdefault((ref, field), []).append((pod, alias, about))
                break
        else:
            without.setdefault(case.owner(pod), []).append((pod, about))
    for (ref, field), wrong in found.items():
        yield _of_alias(case, ref, field, wrong)
    for ref, lost in without.items():
        yield _of_image(ref, lost)


def _pod(case: Case, about: About) -> Pod | None:
    asker = about.asker
    return case.facts.pods.get(f"{asker.namespace}/{asker.name}") if asker and asker.kind == "Pod" else None


def _is_right(case: Case, about: About, address: str) -> bool:
    services = [case.facts.services[key] for key, _port in about.ports if key in case.facts.services]
    return any(address in _addresses(case, service) for service in services)


def _of_alias(case: Case, ref: ObjectRef, field: str, wrong: t.Sequence[tuple[Pod, HostAlias, About]]) -> Candidate:
    _first, alias, about = wrong[0]
    numbers = frozenset(one.cell.id for _pod, _alias, one in wrong)
    host = about.cell.asked.rpartition("://")[2].partition("/")[0].rpartition(":")[0] or about.cell.asked
    service = next((case.facts.services[key] for key, _port in about.ports if key in case.facts.services), None)
    right = service.cluster_ips[0] if service and service.cluster_ips else ""
    has = f", and Service {service.id} has {right or 'the addresses of its Pods'}" if service else ""
    names = ", ".join(alias.hostnames)
    return Candidate(
        ref,
        f"{ref}: {field} gives {host} the address {alias.ip}{has}",
        field=field,
        value=f"{alias.ip} {names}",
        wanted=f"no entry for {host}",
        mechanism="A Pod looks into its /etc/hosts first, and asks no name server for a name that it finds there",
        explains=lambda one: one.cell.id in numbers,
        scope=Scope(len({one.id for one, _alias, _about in wrong}), case.number_of_pods(ref), "Pods"),
        evidence=(
            Evidence("api", str(ref), f"{field}: {alias.ip} {names}", key=True),
            Evidence(
                "probe", f"check {about.cell.id}", f"{about.cell.source} asks {about.cell.asked}: {about.cell.reason}"
            ),
        ),
        fix=_without_alias(ref, field),
    )


def _without_alias(ref: ObjectRef, field: str) -> Fix:
    if ref.kind == "Pod":
        text = "Take the entry out of the Pod's manifest, and make the Pod anew: a Pod's hostAliases cannot be changed"
        return Fix(text)
    return fixes.in_template(ref, "Take the entry out", field)


def _of_image(ref: ObjectRef, lost: t.Sequence[tuple[Pod, About]]) -> Candidate:
    """What no field of the Pod says: the image or the application wrote the file."""
    pod, about = lost[0]
    numbers = frozenset(one.cell.id for _pod, one in lost)
    address = about.cell.evidence.get("address", "")
    return Candidate(
        ref,
        f"{ref}: /etc/hosts in Pod {pod.id} gives {about.cell.asked} the address {address}, which no hostAliases do",
        certainty="strong",
        field="",
        value=str(address),
        mechanism="A Pod looks into its /etc/hosts first, and asks no name server for a name that it finds there",
        explains=lambda one: one.cell.id in numbers,
        predicts=nothing,
        evidence=(
            Evidence("probe", f"check {about.cell.id}", f"answered by /etc/hosts: {about.cell.reason}", key=True),
        ),
        fix=Fix("Find what writes the entry into /etc/hosts: the image, the command, or the application"),
    )


RULES = (
    Rule("DNS-04", "Name servers outside do not answer CoreDNS", ("configurations",), _upstream_is_silent),
    Rule("DNS-11", "The Corefile answers the name of a Service itself", ("configurations", "cells"), _shadowed),
    Rule("DNS-12", "The hosts file of a Pod leads a name elsewhere", ("pods", "cells"), _by_hosts),
)
