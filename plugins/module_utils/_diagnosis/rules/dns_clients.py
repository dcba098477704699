# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer DNS: what a Pod, or the kubelet of its node, says of the name servers that it asks."""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import dns
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod

from .. import fixes
from ..about import About
from ..case import Case
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..rule import Candidate, Rule, nothing
from . import corefile, dns_view
from .dns_view import ClusterDns
from .named_addresses import needed_names

#: What applications say of a name that does not resolve.
_UNRESOLVED = re.compile(
    r"[Nn]ame or service not known|failure in name resolution|[Nn]o such host|could not resolve|NXDOMAIN"
    r"|ENOTFOUND|EAI_AGAIN|UnknownHostException|Name does not resolve|[Nn]odename nor servname",
)
#: Of plugin C(log): C([INFO] 10.244.1.7:4242 - 1 "A IN www.example.com.shop.svc.cluster.local. udp ...).
_QUERY = re.compile(
    r"\[INFO\] \[?(?P<client>[\d.a-f:]+?)\]?:\d+ - \d+ \"(?P<type>A|AAAA) IN (?P<name>\S+)\. .*\" (?P<code>[A-Z]+) "
)
_LOOKUPS_PER_SECOND = 2.0
_FEWEST_LOOKUPS = 10
_NDOTS = 5


def _sources(case: Case) -> t.Iterator[tuple[Pod, dns.ResolvConf]]:
    """The Pods that asked, with what their resolv.conf says."""
    for source in (case.report.get("sources") or {}).values():
        pod = case.facts.pods.get(f"{source.get('namespace', '')}/{source.get('pod', '')}")
        lines = source.get("resolv_conf") or ()
        if pod and lines:
            yield pod, dns.resolv_conf(lines)


def _wrong_kubelet(case: Case) -> t.Iterator[Candidate]:
    """DNS-05: the kubelet of a node gives Pods other name servers, or another domain, than the cluster's."""
    view = dns_view.of(case)
    wrong: dict[tuple[str, str], list[tuple[Pod, str]]] = {}
    right: dict[str, set[str]] = {}
    zones = corefile.cluster_zones(view.blocks)
    for pod, conf in _sources(case):
        resolver = dns.of_pod(case.facts, pod)
        if not resolver.cluster or (pod.dns_policy or "ClusterFirst") == "None" or not conf.nameservers:
            continue
        given = [one for one in conf.nameservers if one not in resolver.nameservers]
        known = [dns.server(case.facts, one).knows_services for one in given]
        if given and view.service and not any(each is not False for each in known):
            wrong.setdefault((pod.node, "clusterDNS"), []).append((pod, given[0]))
        elif given:
            right.setdefault("clusterDNS", set()).add(pod.node)
        domain = dns.cluster_domain(conf.searches)
        if domain and zones and domain not in zones:
            wrong.setdefault((pod.node, "clusterDomain"), []).append((pod, domain))
        elif domain:
            right.setdefault("clusterDomain", set()).add(pod.node)
    for (node, field), pods in wrong.items():
        yield _of_kubelet(case, view, ObjectRef("Node", node), field, pods, right.get(field, set()))


def _of_kubelet(
    case: Case,
    view: ClusterDns,
    ref: ObjectRef,
    field: str,
    pods: t.Sequence[tuple[Pod, str]],
    right: t.AbstractSet[str],
) -> Candidate:
    value = pods[0][1]
    is_server = field == "clusterDNS"
    wanted = ", ".join(case.snapshot.dns_addresses) if is_server else view.domain
    affected = {pod.id for pod, _value in pods}
    what = "name server" if is_server else "search domain"
    whose = f"{view.service_ref} has {wanted}" if is_server else f"the Corefile serves {wanted}"

    def explains(about: About) -> bool:
        asker = about.asker
        mine = asker is not None and f"{asker.namespace}/{asker.name}" in affected and about.is_lookup
        return mine and (not is_server or about.cell.evidence.get("server", value) == value)

    others = f"; on {', '.join(sorted(right - {ref.name}))} they have the right one" if right - {ref.name} else ""
    first = pods[0][0]
    return Candidate(
        ref,
        f"{ref}: its kubelet gives Pods the {what} {value} ({field}), and {whose}{others}",
        field=field,
        value=value,
        wanted=wanted,
        mechanism="The kubelet writes the resolv.conf of a Pod when it starts; Pods that are older keep theirs",
        explains=explains,
        stands_alone=True,
        scope=Scope(
            len(affected), len([one for one in case.snapshot.pods if one.node == ref.name]), "Pods", (ref.name,)
        ),
        evidence=(
            Evidence("probe", f"resolv.conf of Pod {first.id}", f"{what} {value}", key=True),
            Evidence("api", f"Pod {first.id}", f"dnsPolicy: {first.dns_policy or 'ClusterFirst'}, on node {ref.name}"),
            Evidence("api", str(view.service_ref if is_server else view.map_ref), whose),
        ),
        fix=Fix(
            f"Set {field} in the configuration of the kubelet on {ref.name} to {wanted}, start the kubelet again, and "
            "make its Pods anew"
        ),
    )


def _not_cluster_dns(case: Case) -> t.Iterator[Candidate]:
    """DNS-06: a Pod that needs names of the cluster does not ask the cluster's DNS."""
    confs = {pod.id: conf for pod, conf in _sources(case)}
    found: dict[ObjectRef, list[Pod]] = {}
    for pod in case.snapshot.pods:
        if not pod.finished and dns.of_pod(case.facts, pod).cluster is False:
            found.setdefault(case.owner(pod), []).append(pod)
    for ref, pods in found.items():
        yield _of_dns_policy(case, ref, pods, confs)
    yield from _of_other_namespace(case)


def _of_other_namespace(case: Case) -> t.Iterator[Candidate]:
    """DNS-06: the search list that a Pod was given leads to the Services of another namespace alone."""
    view = dns_view.of(case)
    found: dict[ObjectRef, list[Pod]] = {}
    for pod in case.snapshot.pods:
        if pod.finished or pod.dns_policy != "None" or dns.of_pod(case.facts, pod).cluster is False:
            continue
        searches = pod.dns_config.searches if pod.dns_config else ()
        spaces = [one for one in searches if re.fullmatch(r"[a-z0-9-]+\.svc\..+", one.rstrip("."))]
        if spaces and f"{pod.namespace}.svc.{view.domain}" not in [one.rstrip(".") for one in spaces]:
            found.setdefault(case.owner(pod), []).append(pod)
    for ref, pods in found.items():
        ids, pod = {one.id for one in pods}, pods[0]
        failed = [about for about in case.failing if _is_of(about, ids) and about.is_lookup]
        field, has = case.origin(pod, "spec.dnsConfig.searches")[1], pod.dns_config.searches if pod.dns_config else ()
        own = (f"{pod.namespace}.svc.{view.domain}", f"svc.{view.domain}", view.domain)
        yield Candidate(
            ref,
            f"{ref}: {field} is {', '.join(has)}, which lacks its own namespace, {own[0]}",
            field=field,
            value=", ".join(has),
            wanted=", ".join(own),
            mechanism="A name without its namespace is completed by the search list: to what is called so elsewhere",
            explains=_lookups_of(ids),
            scope=Scope(len(pods), case.number_of_pods(ref), "Pods"),
            evidence=(
                Evidence("api", str(ref), f"dnsPolicy: None; {field} is {', '.join(has)}", key=True),
                *(Evidence("probe", f"check {one.cell.id}", one.cell.reason) for one in failed[:1]),
            ),
            fix=fixes.in_template(ref, "Complete names with its own namespace first", field, [*own]),
        )


def _lookups_of(pods: t.AbstractSet[str]) -> t.Callable[[About], bool]:
    return lambda about: _is_of(about, pods) and about.is_lookup


def _of_dns_policy(
    case: Case, ref: ObjectRef, pods: t.Sequence[Pod], confs: t.Mapping[str, dns.ResolvConf]
) -> Candidate:
    pod = pods[0]
    resolver = dns.of_pod(case.facts, pod)
    policy = pod.dns_policy or "ClusterFirst"
    leaf = "spec.dnsConfig.nameservers" if policy == "None" else "spec.dnsPolicy"
    field = case.origin(pod, leaf)[1]
    value = ", ".join(resolver.nameservers) if policy == "None" else policy
    wanted = ", ".join(case.snapshot.dns_addresses[:1]) if policy == "None" else _right_policy(pod)
    ids = {one.id for one in pods}
    needs = needed_names(case, ids)
    missed = [line for line in _missed(case, pod) if line]
    conf = next((confs[one.id] for one in pods if one.id in confs), None)
    failed = [about for about in case.failing if _is_of(about, ids) and about.is_lookup]
    silent = {about.cell.evidence.get("server") for about in failed if about.cell.outcome == "dns_timeout"}
    why = f"{resolver.reason} gives it " + (f"{value}" if policy == "None" else "the name servers of its node")
    dead = bool(silent & {*(conf.nameservers if conf else resolver.nameservers)})
    leads = "nobody answers there" if dead else "which do not have the names of Services"
    need = f"; it needs {needs[0].host}" if needs else ""
    shown = ", ".join(conf.nameservers) if conf else ""
    evidence = [Evidence("api", str(ref), f"{resolver.reason}; {field}", key=True)]
    evidence += [Evidence("probe", f"resolv.conf of Pod {pod.id}", f"name servers {shown}")] if conf else []
    evidence += [Evidence("api", str(ref), f"{named.field} names {named.host}") for named in needs[:1]]
    evidence += [Evidence("log", f"Pod {pod.id}", line) for line in missed[:1]]
    return Candidate(
        ref,
        f"{ref}: {why}, {leads}{need}",
        certainty="certain" if needs or missed or (dead and policy == "None") or case.is_question else "hint",
        field=field,
        value=value,
        wanted=wanted,
        mechanism="A Pod asks the name servers of its resolv.conf; only the cluster's DNS has the names of Services",
        explains=lambda about: _is_of(about, ids) and (about.is_lookup or _is_unasked(about)),
        stands_alone=bool(needs or missed),
        scope=Scope(len(pods), case.number_of_pods(ref), "Pods"),
        evidence=tuple(evidence),
        fix=_use_cluster_dns(ref, pod, policy),
    )


def _is_of(about: About, pods: t.AbstractSet[str]) -> bool:
    asker = about.asker
    return asker is not None and f"{asker.namespace}/{asker.name}" in pods


def _is_unasked(about: About) -> bool:
    """Whether a name was not asked, since the name servers cannot have it."""
    return about.cell.decided_by == "resolv.conf"


def _right_policy(pod: Pod) -> str:
    return "ClusterFirstWithHostNet" if pod.host_network else "ClusterFirst"


def _missed(case: Case, pod: Pod) -> t.Iterator[str]:
    """What the containers of a Pod logged of names that do not resolve."""
    detail = case.detail(pod)
    for one in detail.containers if detail else ():
        yield from (line for line in case.log(pod, one.name) if _UNRESOLVED.search(line))


def _use_cluster_dns(ref: ObjectRef, pod: Pod, policy: str) -> Fix:
    text = "Let it ask the cluster's DNS, unless it needs no name of the cluster"
    if ref.kind in ("Pod", "Job", "CronJob"):
        return Fix(f"{text}: its dnsPolicy cannot be changed, so make it anew")
    new: dict[str, t.Any] = {"dnsPolicy": _right_policy(pod)}
    old: dict[str, t.Any] = {"dnsPolicy": policy}
    if policy == "None" and pod.dns_config:
        new["dnsConfig"] = {"nameservers": None}
        old["dnsConfig"] = {"nameservers": list(pod.dns_config.nameservers)}
    change, back = ({"spec": {"template": {"spec": each}}} for each in (new, old))
    return fixes.patch(ref, text, change, back, "medium")


def _many_lookups(case: Case) -> t.Iterator[Candidate]:
    """DNS-08: for each name outside, a Pod asks for that name in every domain of its search list first."""
    view = dns_view.of(case)
    found: dict[ObjectRef, list[tuple[Pod, str, str]]] = {}
    span: list[str] = []
    for tail in case.workloads.logs:
        if not tail.times or (tail.namespace, tail.pod) not in {(pod.namespace, pod.name) for pod in view.pods}:
            continue
        for line, time in zip(tail.lines, tail.times):  # noqa: B905 - not in Python 3.9
            match = _QUERY.search(line)
            pod = case.facts.owners.get(match["client"]) if match else None
            if (
                match
                and isinstance(pod, Pod)
                and match["code"] == "NXDOMAIN"
                and _is_expanded(view, pod, match["name"])
            ):
                found.setdefault(case.owner(pod), []).append((pod, match["name"], line))
                span.append(time)
    for ref, lines in found.items():
        seconds = max(_seconds(min(span), max(span)), 1.0)
        if len(lines) >= _FEWEST_LOOKUPS and len(lines) / seconds >= _LOOKUPS_PER_SECOND:
            yield _of_lookups(case, ref, lines, len(lines) / seconds)


def _is_expanded(view: ClusterDns, pod: Pod, name: str) -> bool:
    """Whether a name is one outside with a domain of the cluster's search list behind it."""
    for domain in (f"{pod.namespace}.svc.{view.domain}", f"svc.{view.domain}", view.domain):
        if name.endswith(f".{domain}"):
            return "." in name[: -len(domain) - 1]
    return False


def _seconds(first: str, last: str) -> float:
    def moment(text: str) -> datetime.datetime:
        whole, _dot, part = text.rstrip("Z").partition(".")
        then = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S")
        return then + datetime.timedelta(microseconds=int((part + "000000")[:6]) if part.isdecimal() else 0)

    try:
        return (moment(last) - moment(first)).total_seconds()
    except ValueError:
        return 0.0


def _of_lookups(case: Case, ref: ObjectRef, lines: t.Sequence[tuple[Pod, str, str]], rate: float) -> Candidate:
    pod, name, line = lines[0]
    field = case.origin(pod, "spec.dnsConfig.options")[1]
    config = pod.dns_config
    ndots = next((one for one in (config.options if config else ()) if one.startswith("ndots:")), f"ndots:{_NDOTS}")
    view = dns_view.of(case)
    base = name
    for domain in (f".{pod.namespace}.svc.{view.domain}", f".svc.{view.domain}", f".{view.domain}"):
        if base.endswith(domain):
            base = base[: -len(domain)]
            break
    new, old = (
        {"spec": {"template": {"spec": {"dnsConfig": {"options": options}}}}}
        for options in ([{"name": "ndots", "value": "1"}], _options(config.options if config else ()))
    )
    text = f"Ask for {base}. with a dot at its end, or lower ndots: names such as web.shop then need a second lookup"
    return Candidate(
        ref,
        f"{ref}: with {ndots} its Pods look up {base} in every domain of their search list first: "
        f"{rate:.0f} lookups of names that do not exist each second",
        severity="warning",
        field=field,
        value=ndots,
        wanted="ndots:1",
        mechanism="libc tries the domains of the search list first for each name with fewer dots than ndots",
        stands_alone=True,
        explains=nothing,
        scope=Scope(len({one.id for one, _name, _line in lines}), case.number_of_pods(ref), "Pods"),
        evidence=(
            Evidence("log", "the cluster's DNS", line, key=True),
            Evidence("counter", "the cluster's DNS", f"{len(lines)} such lines, {rate:.1f} each second"),
        ),
        fix=fixes.patch(ref, text, new, old, "medium")
        if ref.kind in ("Deployment", "StatefulSet", "DaemonSet")
        else Fix(text),
    )


def _options(options: t.Iterable[str]) -> list[dict[str, str]] | None:
    found = []
    for one in options:
        name, colon, value = one.partition(":")
        found.append({"name": name, "value": value} if colon else {"name": name})
    return found or None


RULES = (
    Rule("DNS-05", "The kubelet gives Pods another name server or domain", ("pods", "cells"), _wrong_kubelet),
    Rule("DNS-06", "A Pod does not ask the cluster's DNS", ("pods", "services"), _not_cluster_dns),
    Rule("DNS-08", "The search list multiplies lookups of names outside", ("pods", "logs"), _many_lookups),
)
