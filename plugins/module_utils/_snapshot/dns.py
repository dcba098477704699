# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which name servers a Pod asks, and what they know. Pure."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from .facts import Facts
from .model import Node, Pod, Service

_SERVICE_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)?svc\.(.+)")


@dataclasses.dataclass(frozen=True)
class Resolver:
    """What a Pod's spec says of its resolv.conf.

    Attributes:
        cluster: whether it asks the cluster's DNS; None where only its resolv.conf can tell.
        nameservers: those that the spec itself names.
        searches: likewise.
        options: likewise, as in resolv.conf.
        reason: the field that decides.
    """

    cluster: bool | None
    reason: str
    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def of_pod(facts: Facts, pod: Pod) -> Resolver:
    """Which DNS a Pod asks (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/).

    C(ClusterFirst) in the node's network means C(Default): the name servers of the node.
    """
    policy = pod.dns_policy or "ClusterFirst"
    config = pod.dns_config
    more = (config.nameservers, config.searches, config.options) if config else ((), (), ())
    if policy == "Default":
        return Resolver(False, "dnsPolicy: Default", *more)
    if policy == "None":
        known = [server(facts, address).knows_services for address in more[0]]
        cluster = True if True in known else None if None in known else False
        return Resolver(cluster, "dnsPolicy: None", *more)
    if policy == "ClusterFirst" and pod.host_network:
        return Resolver(False, "hostNetwork without dnsPolicy: ClusterFirstWithHostNet", *more)
    return Resolver(True, f"dnsPolicy: {policy}", *more)


@dataclasses.dataclass(frozen=True)
class NameServer:
    """Whose address a name server has.

    Attributes:
        kind: C(cluster) for the cluster's DNS, C(node_local) for NodeLocal DNSCache, C(service), C(pod), C(node) for
            another one of the cluster, C(other) outside of it.
        name: of the Service, Pod or node.
        knows_services: whether it has the names of Services; None where that is not known.
    """

    kind: str
    name: str = ""
    knows_services: bool | None = None


def server(facts: Facts, address: str) -> NameServer:
    """Tell whose address a name server of a resolv.conf has."""
    snapshot = facts.snapshot
    if address in snapshot.node_local_dns and address not in snapshot.dns_addresses:
        return NameServer("node_local", "NodeLocal DNSCache", True)
    if address in snapshot.dns_addresses:
        owner = facts.owners.get(address)
        return NameServer("cluster", f"Service {owner.id}" if isinstance(owner, Service) else "", True)
    pod = next((pod for pod in snapshot.dns_pods if address in pod.ips and not pod.host_network), None)
    if pod:
        return NameServer("cluster", f"Pod {pod.id}", True)
    owner = facts.owners.get(address)
    if isinstance(owner, Node):
        return NameServer("node", owner.name)
    if isinstance(owner, (Pod, Service)):
        kind = "pod" if isinstance(owner, Pod) else "service"
        return NameServer(kind, f"{kind.capitalize()} {owner.id}")
    # Link-local addresses are what NodeLocal DNSCache uses, and name servers of some clouds are.
    is_known = bool(snapshot.dns_addresses) and not address.startswith("169.254.")
    return NameServer("other", "", False if is_known else None)


@dataclasses.dataclass(frozen=True)
class ResolvConf:
    """What a resolv.conf says (resolv.conf(5)): the last C(search) counts, three name servers, options of all lines."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    ndots: int = 1
    use_vc: bool = False  #: whether names are asked by TCP
    options: tuple[str, ...] = ()


def resolv_conf(lines: t.Iterable[str]) -> ResolvConf:
    """Read the lines of a resolv.conf."""
    servers: list[str] = []
    searches: tuple[str, ...] = ()
    options: list[str] = []
    for line in lines:
        key, *words = line.split() or [""]
        if key == "nameserver" and words:
            servers.append(words[0])
        elif key in ("search", "domain"):
            searches = tuple(word.rstrip(".") or "." for word in words)
        elif key == "options":
            options += words
    dots = [word[6:] for word in options if word.startswith("ndots:") and word[6:].isdecimal()]
    return ResolvConf(
        tuple(servers[:3]), searches, min(int(dots[-1][:4]), 15) if dots else 1, "use-vc" in options, tuple(options)
    )


@functools.lru_cache(maxsize=256)  # it is asked for each probe by name, of the few lists that a cluster has
def cluster_domain(searches: tuple[str, ...]) -> str:
    """The cluster's domain, from search domains such as C(shop.svc.cluster.local); empty where none says it."""
    found = [match[1] for match in map(_SERVICE_DOMAIN.fullmatch, searches) if match]
    return found[0] if found else ""


def by_hosts(pod: Pod, name: str) -> tuple[str, ...]:
    """The addresses that the Pod's own /etc/hosts gives a name, before any name server is asked."""
    wanted = name.rstrip(".").lower()
    return tuple(alias.ip for alias in pod.host_aliases if wanted in (each.lower() for each in alias.hostnames))
