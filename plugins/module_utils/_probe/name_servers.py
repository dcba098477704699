# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which name servers a question by name is put to, what they know, and where they are. Pure.

A Pod's spec says it before the run. Once its resolv.conf is known, that decides: kubelets have defaults of their own.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from .. import _words
from .._snapshot import dns
from .._snapshot.facts import Facts, family, is_address
from .._snapshot.model import Node, Pod, Service
from .._snapshot.policies import Peer
from .paths import services
from .paths.infrastructure import dns_ends, dns_port
from .paths.path import PathEnd
from .plan import Plan
from .questions import Question
from .selected import NotTested
from .types import SourceReport

_PORT = 53
_IN_DOMAIN = re.compile(r"(.+)\.svc\.(.+?)(\.?)")
_MOST_NAMED = 3


@functools.lru_cache(maxsize=256)
def read(lines: tuple[str, ...]) -> dns.ResolvConf:
    """What the lines of a resolv.conf say, which are those of a container and may hold anything."""
    found = dns.resolv_conf(lines)
    servers = tuple(server for server in (each.partition("%")[0] for each in found.nameservers) if is_address(server))
    return dns.ResolvConf(servers, found.searches, found.ndots, found.use_vc, found.options)


def by_name(question: Question) -> bool:
    """Whether a Pod's own name servers have to answer before or to a question."""
    own = not question.probe.dns_server and not is_address(question.probe.host)
    return question.pod is not None and (own or question.probe.dns_server.startswith("@"))


def by_hosts(question: Question) -> str:
    """The address that the Pod's own /etc/hosts gives the name, before any name server is asked."""
    probe = question.probe
    if question.pod is None or is_address(probe.host) or _words.PROTOCOLS[probe.protocol].name_only:
        return ""
    found = dns.by_hosts(question.pod, probe.host) or (question.pod.ips if _is_own_name(question) else ())
    return next((each for each in found if family(each) == probe.family), "")


def _is_own_name(question: Question) -> bool:
    """Whether a Pod asks for its own name below a headless Service: the kubelet writes that into its /etc/hosts."""
    pod, endpoint, service = question.pod, question.about.endpoint, question.about.service
    if pod is None or pod.host_network or service is None or endpoint is None or not endpoint.hostname:
        return False
    is_own = (service.namespace, endpoint.pod) == (pod.namespace, pod.name)
    return is_own and question.probe.host.startswith(f"{endpoint.hostname}.{service.name}.")


def asked(facts: Facts, question: Question) -> tuple[str, ...]:
    """The addresses of the name servers in their order, as far as they are known."""
    pod = t.cast(Pod, question.pod)
    if question.resolv_conf:
        found = read(question.resolv_conf).nameservers
    elif pod.dns_policy == "None":
        found = tuple(filter(is_address, dns.of_pod(facts, pod).nameservers))
    elif dns.of_pod(facts, pod).cluster:
        found = facts.snapshot.dns_addresses[:1]
    else:
        found = ()
    server = question.probe.dns_server
    return found[int(server[1:]) - 1 : int(server[1:])] if server else found


def as_expected(facts: Facts, question: Question, told: Question) -> bool:
    """Whether a source's resolv.conf, which is told now, says what was taken for it."""
    if not told.resolv_conf or not by_name(told):
        return True
    same = asked(facts, question) == asked(facts, told) and transport(question) == transport(told)
    return same and _domains(question) == _domains(told)


def transport(question: Question) -> str:
    """What names are asked by."""
    options = read(question.resolv_conf).options
    config = t.cast(Pod, question.pod).dns_config
    if config and not options:
        options = config.options
    return "TCP" if "use-vc" in options else "UDP"


def unknowing(facts: Facts, question: Question) -> tuple[str, str]:
    """Why the name servers do not have the name that is asked, and why that is not known; empty where they have it."""
    if not by_name(question) or not is_of_cluster(question) or by_hosts(question):
        return "", ""
    domain, other = _domains(question)
    if other:
        return f"the cluster's domain is {other}, as the source's resolv.conf says, and not {domain}", ""
    resolver = dns.of_pod(facts, t.cast(Pod, question.pod))
    servers = asked(facts, question)
    if resolver.cluster is False and not question.resolv_conf:
        return f"the Pod's {resolver.reason} does not use the cluster's DNS", ""
    if not servers or _knows(facts, resolver, servers[0]):
        return "", ""
    knows = [_knows(facts, resolver, each) for each in servers]
    if True in knows:
        return "", f"{_first(servers)} is not of the cluster's DNS, and is asked first"
    if None in knows:
        return "", f"whether {_first(servers)} has the names of Services is not known"
    verb = "is" if len(servers) == 1 else "are"
    return f"{', '.join(servers)} in the source's resolv.conf {verb} not of the cluster's DNS ({resolver.reason})", ""


def _first(servers: t.Sequence[str]) -> str:
    return f"name server {servers[0]} of the source's resolv.conf"


def is_of_cluster(question: Question) -> bool:
    """Whether the name is one that only the cluster's DNS has."""
    about, kind = question.about, question.target.kind
    if kind == "dns":
        return bool(question.probe.answers)
    return kind == "apiserver" or bool(about.service and not about.balancer and not about.entry)


def _knows(facts: Facts, resolver: dns.Resolver, server: str) -> bool | None:
    """Whether a name server has the names of Services; what a kubelet puts into a resolv.conf for that does."""
    if resolver.cluster and server not in resolver.nameservers:
        return True
    return dns.server(facts, server).knows_services


def _domains(question: Question) -> tuple[str, str]:
    """The domain in the name that is asked, and that of the source's search list where it is another one."""
    asked_in = parts(question.probe.host)[1]
    pod = t.cast(Pod, question.pod)
    searches = read(question.resolv_conf).searches or (pod.dns_config.searches if pod.dns_config else ())
    own = dns.cluster_domain(searches)
    return (asked_in, own) if asked_in and own and own != asked_in else ("", "")


@functools.lru_cache(maxsize=4096)
def parts(host: str) -> tuple[str, str, str]:
    """A name of the cluster as what is before C(svc), its domain and the dot at its end; empty where it is none."""
    match = _IN_DOMAIN.fullmatch(host)
    return (match[1], match[2], match[3]) if match else ("", "", "")


def other_domains(plan: Plan, reports: t.Iterable[SourceReport]) -> t.Iterator[NotTested]:
    """Name the domains of sources whose names were asked in another one, each once."""
    found: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        for question in plan.questions.get(report.source, ()):
            if report.resolv_conf and by_name(question) and is_of_cluster(question):
                pair = _domains(dataclasses.replace(question, resolv_conf=report.resolv_conf))
                if pair[1]:
                    found.setdefault(pair, []).append(report.source)
                    break
    for (asked_in, own), names in found.items():
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        who = ", ".join(names[:_MOST_NAMED]) + more
        reason = f"this cluster's domain is {own}, as resolv.conf says in {who}"
        yield NotTested(f"names in the domain {asked_in}", reason, f"set O(cluster_domain) to {own}")


def ends(facts: Facts, question: Question, server: str) -> tuple[PathEnd, ...]:
    """Where questions to a name server arrive: at the Pods behind a Service's address, or at the address itself."""
    probe = question.probe
    if server in facts.snapshot.dns_addresses and server not in facts.snapshot.node_local_dns:
        return dns_ends(facts, probe) or (PathEnd(Peer(), _PORT),)
    owner = facts.owners.get(server)
    if isinstance(owner, Pod):
        return (PathEnd(Peer((server,), owner), dns_port(owner) if owner in facts.snapshot.dns_pods else _PORT),)
    if isinstance(owner, Service):
        return services.at(facts, owner, probe, server, _PORT).ends
    if isinstance(owner, Node):
        return (PathEnd(Peer((server,), node=owner.name), _PORT),)
    return (PathEnd(Peer((server,)), _PORT),)
