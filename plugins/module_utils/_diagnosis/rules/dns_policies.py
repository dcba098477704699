# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer DNS: policies that keep Pods from the cluster's DNS, on their side or on its own.

A policy without a rule closes everything, and is told as that (C(policies.py)). One that allows an application what it
asks for, and not the name servers that tell it where that is, was meant to work.
"""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import dns
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import NetworkPolicy, Pod

from .. import closings, fixes
from ..about import About
from ..case import Case
from ..closings import Closing, Connection, NearMiss
from ..finding import Evidence, Fix, RuledOut, Scope
from ..rule import Candidate, Rule
from . import dns_egress, dns_view, policy_fixes
from .dns_egress import PORT
from .dns_view import ClusterDns
from .named_addresses import needed_names

_DNS_PORTS = (PORT, "dns", "dns-tcp")
_NEEDS = ("network_policies", "pods", "namespaces")
#: Pods that are tried, of those that ask the cluster's DNS.
_MOST_CLIENTS = 200


def _forgotten(case: Case) -> t.Iterator[Candidate]:
    """DNS-07: a policy lets Pods connect to something, and not to the name servers."""
    view = dns_view.of(case)
    found: dict[str, list[Closing]] = {}
    for closing in closed_to(case, view, "UDP"):
        found.setdefault(closing.policy.id, []).append(closing)
    for closed in found.values():
        yield _of_policy(case, view, closed)
    yield from _shut(case, view)


def _shut(case: Case, view: ClusterDns) -> t.Iterator[Candidate]:
    """A policy that selects the Pods of the DNS, and lets nobody, or not everybody, ask them."""
    clients = [pod for pod in case.snapshot.pods if _asks(case, pod)][:_MOST_CLIENTS]
    found: dict[str, tuple[NetworkPolicy, dict[str, Pod]]] = {}
    for server in view.pods if clients else ():
        if not any(policy.namespace == server.namespace for policy in case.facts.network_policies):
            continue
        for client in clients:
            connection = Connection(client, server, "UDP", dns_egress.port_of(server, "UDP"))
            for one in closings.closings(case, connection):
                if one.direction == "Ingress":
                    found.setdefault(one.policy.id, (one.policy, {}))[1][client.id] = client
    for policy, shut in found.values():
        yield _of_shut(view, policy, shut, len(clients))


def _asks(case: Case, pod: Pod) -> bool:
    return not (pod.finished or pod.host_network) and bool(dns.of_pod(case.facts, pod).cluster)


def _of_shut(view: ClusterDns, policy: NetworkPolicy, shut: t.Mapping[str, Pod], of: int) -> Candidate:
    ref = policy_fixes.ref_of(policy)
    rules = policy.spec.get("ingress") or ()
    first = next(iter(shut.values()))
    ports = [{"protocol": each, "port": PORT} for each in ("UDP", "TCP")]
    rule = {"from": [{"namespaceSelector": {}}], "ports": ports}
    change = [
        {"op": "add", "path": f"/spec/ingress{'/-' if rules else ''}", "value": rule if rules else [rule]},
    ]
    back = [{"op": "remove", "path": f"/spec/ingress{f'/{len(rules)}' if rules else ''}"}]
    said = f"spec.ingress {'has no rule' if not rules else 'allows not'} UDP and TCP {PORT}"
    return Candidate(
        ref,
        f"{ref} selects the Pods of the cluster's DNS, and {said} of {len(shut)} of {of} Pods that ask them",
        severity="critical" if len(shut) == of else "error",
        field="spec.ingress",
        value=f"{len(rules)} rules",
        wanted=f"a rule for UDP and TCP {PORT} from all Pods",
        mechanism="The network plugin drops what no rule allows: each lookup waits until its timeout",
        explains=lambda about: is_of(about, shut) and (about.is_lookup or view.serves(about)),
        stands_alone=True,
        scope=Scope(len(shut), of, "Pods"),
        evidence=(Evidence("api", str(ref), f"it selects the Pods of the DNS; Pod {first.id} may not ask", key=True),),
        fix=fixes.json_patch(ref, "Let all Pods ask for names", change, back),
    )


def closed_to(case: Case, view: ClusterDns, protocol: str) -> list[Closing]:
    """Of each Pod that may not ask the cluster's DNS, the policy that was written for what it does."""
    found = []
    for pod in case.snapshot.pods:
        if not _asks(case, pod):
            continue
        closed = [one for one in dns_egress.closed(case, view, pod, protocol) if one.policy.spec.get("egress")]
        if closed:
            found.append(min(closed, key=_likelihood))
    return found


def _likelihood(one: Closing) -> tuple[bool, bool, str]:
    """Of policies that close a connection together, that with a rule for DNS comes first, then one of these Pods."""
    rules = one.policy.spec.get("egress") or ()
    is_for_dns = any(port.get("port") in _DNS_PORTS for rule in rules for port in rule.get("ports") or ())
    return not is_for_dns, not one.policy.spec.get("podSelector"), one.policy.id


def _of_policy(case: Case, view: ClusterDns, closed: t.Sequence[Closing]) -> Candidate:
    closing = closed[0]
    ref = policy_fixes.ref_of(closing.policy)
    pods = {one.connection.client.id: one.connection.client for one in closed if one.connection.client}
    miss = closings.near_miss(case, closing) or _written_for_dns(case, view, closing)
    port = closing.connection.port
    field, value = (miss.field, miss.value) if miss else ("spec.egress", _rules(closing.policy))
    said = (
        f"{field} is {value}, which lets no lookup through: {miss.why}"
        if miss
        else f"spec.egress allows {value}, and not UDP and TCP {port} to the cluster's DNS"
    )
    named = needed_names(case, pods)
    meant = bool(named) or bool(miss) or _is_for_cluster(closing.policy) or case.is_question
    first = next(iter(pods.values()))
    return Candidate(
        ref,
        f"{ref}: {said}; its {'Pods resolve' if len(pods) > 1 else 'Pod resolves'} no name",
        certainty="certain",
        severity="error" if case.is_question or named else "warning",
        field=field,
        value=value,
        wanted=miss.wanted if miss and miss.wanted else f"a rule for UDP and TCP {port} to the Pods of the DNS",
        mechanism="The network plugin drops what no rule allows: each lookup waits until its timeout",
        explains=lambda about: is_of(about, pods) and (about.is_lookup or view.serves(about)),
        stands_alone=meant,
        scope=Scope(len(pods), len(pods), "Pods"),
        evidence=(
            Evidence("api", str(ref), f"it selects Pod {first.id}; {said}", key=True),
            *(Evidence("api", str(one.owner), f"{one.field} names {one.host}") for one in named[:1]),
        ),
        ruled_out=(RuledOut("DNS-01", "the cluster's DNS has ready Pods"),) if _is_ready(view) else (),
        fix=policy_fixes.correct(closing, miss)
        if miss and miss.wanted and miss.code != "DNS-07"
        else _allow(view, closing),
    )


def _written_for_dns(case: Case, view: ClusterDns, closing: Closing) -> NearMiss | None:
    """A rule for port 53 whose peer is not the DNS, or one for the Pods of the DNS without their port."""
    server = closing.connection.server
    numbers = {*_DNS_PORTS, closing.connection.port}
    for number, rule in enumerate(closing.policy.spec.get("egress") or ()):
        place, ports = f"spec.egress[{number}]", rule.get("ports") or ()
        named = closings.names(case, closing, rule)
        is_dns = any(port.get("port") in numbers for port in ports)
        if is_dns and not named and server:
            entry: t.Mapping[str, t.Any] = next(iter(rule.get("to") or ()), {})
            part = next((each for each in ("ipBlock", "podSelector") if entry.get(each)), "namespaceSelector")
            said = _selector(entry.get(part) or {})
            has = _selector({"matchLabels": view.service.selector}) if view.service and part == "podSelector" else ""
            why = f"the Pods of the DNS have {has or 'other labels'}, in namespace {view.namespace}"
            return NearMiss("DNS-07", f"{place}.to[0].{part}", said, has, why)
        if is_dns and named:  # and still closed: with another protocol, TCP where a port has none
            why = "names are asked for by UDP first, and a port without protocol is of TCP"
            return NearMiss("DNS-07", f"{place}.ports", _ports(ports), f"UDP {closing.connection.port}", why)
        to = rule.get("to") or ()
        is_for_dns = named and bool(to) and all(entry.get("namespaceSelector") for entry in to)
        if is_for_dns and ports and not is_dns:
            why = f"the Pods of the DNS take questions at port {closing.connection.port}, by UDP and TCP"
            return NearMiss("DNS-07", f"{place}.ports", _ports(ports), f"UDP {closing.connection.port}", why)
    return None


def _selector(part: t.Mapping[str, t.Any]) -> str:
    labels = part.get("matchLabels") or {}
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or str(part.get("cidr") or part)


def _ports(ports: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    return ", ".join(f"{port.get('protocol') or 'TCP'} {port.get('port', 'any')}" for port in ports)


def _is_ready(view: ClusterDns) -> bool:
    return any(pod.ready for pod in view.pods)


def is_of(about: About, pods: t.Container[str]) -> bool:
    asker = about.asker
    return asker is not None and f"{asker.namespace}/{asker.name}" in pods


def _is_for_cluster(policy: NetworkPolicy) -> bool:
    """Whether a rule allows Pods by their labels: what runs there is asked by the name of its Service."""
    return any(
        entry.get("podSelector") is not None or entry.get("namespaceSelector") is not None
        for rule in policy.spec.get("egress") or ()
        for entry in rule.get("to") or ()
    )


def _rules(policy: NetworkPolicy) -> str:
    rules = policy.spec.get("egress") or ()
    return _ports(port for rule in rules for port in rule.get("ports") or ()) or f"{len(rules)} rules"


def _allow(view: ClusterDns, closing: Closing) -> Fix:
    ref, policy = policy_fixes.ref_of(closing.policy), closing.policy
    number = len(policy.spec.get("egress") or ())
    rule = dns_egress.allowing_rule(view, closing.connection.server)
    change = [{"op": "add", "path": "/spec/egress/-", "value": rule}]
    back = [{"op": "remove", "path": f"/spec/egress/{number}"}]
    return fixes.json_patch(ref, "Allow the cluster's DNS, by UDP and TCP", change, back)


RULES = (Rule("DNS-07", "A policy keeps Pods from the cluster's DNS", _NEEDS, _forgotten),)
