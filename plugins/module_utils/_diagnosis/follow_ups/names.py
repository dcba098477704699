# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a diagnosis asks further of names and of ways in: name servers, the search list, backends. Pure."""

from __future__ import annotations

import dataclasses
import typing as t
import urllib.parse

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import dns, entry_backends
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import family, is_address

from ..about import About
from ..case import Case
from ..finding import ObjectRef
from ..rules.entries_about import ref_of
from .doubts import Doubts, of_pod_sources
from .records import FollowUp

_SERVERS = 3  #: of a resolv.conf that are asked, as libc does
_SOURCES = 2  #: that look names up further
_NAMES = 2  #: that name servers are asked for, of one source
_DOMAINS = 6
_BACKENDS = 2  #: of a host and path


def name_servers(doubts: Doubts) -> t.Iterator[FollowUp]:
    """Each name server of a source alone, by UDP and by TCP, for a name that it could not resolve."""
    seen: dict[str, set[str]] = {}
    for about, name, resolver in _names(doubts):
        if about.cell.source not in seen and len(seen) >= _SOURCES:
            continue
        names = seen.setdefault(about.cell.source, set())
        full = _full(about, name, resolver)
        if full in names or len(names) >= _NAMES:
            continue
        names.add(full)
        for number in range(1, min(_SERVERS, len(resolver.nameservers)) + 1):
            for transport in ("", "tcp"):
                yield _lookup("name_server", about, full, dns_server=f"@{number}", transport=transport)


def search_domains(doubts: Doubts) -> t.Iterator[FollowUp]:
    """The first short name of a source with each domain of its search list."""
    seen = set[str]()
    for about, name, resolver in _names(doubts):
        if name.endswith(".") or about.cell.source in seen or len(seen) >= _SOURCES:
            continue
        seen.add(about.cell.source)
        for domain in resolver.searches[:_DOMAINS]:
            yield _lookup("search_domain", about, f"{name}.{domain.rstrip('.')}.")


def _lookup(kind: str, about: About, name: str, **more: t.Any) -> FollowUp:
    source = about.source
    ref = ObjectRef("Pod", source.get("pod", ""), source.get("namespace", ""))
    return FollowUp(kind, ref, "dns", name, family=about.cell.family, askers=(about.cell.source,), **more)


def _names(doubts: Doubts) -> t.Iterator[tuple[About, str, dns.ResolvConf]]:
    """The names that a Pod could not resolve, with what its resolv.conf says."""
    for doubt in doubts.about("DNS", "SVC", "POL", "NET"):
        about = doubt.about
        lines = tuple(about.source.get("resolv_conf") or ())
        name = host_of(about)
        if about.is_lookup and about.source.get("pod") and lines and name and not is_address(name):
            yield about, name, dns.resolv_conf(lines)


def host_of(about: About) -> str:
    """The host or name that a check asked."""
    asked = about.cell.asked
    if "://" in asked:
        return urllib.parse.urlsplit(asked).hostname or ""
    if about.cell.protocol == "dns":
        return asked.partition(" ")[0]
    return asked.rpartition(":")[0] if about.target.get("port") else asked


def _full(about: About, name: str, resolver: dns.ResolvConf) -> str:
    """The name with the domain that it is meant in: of a Service, that of the cluster."""
    domain, target = dns.cluster_domain(resolver.searches), about.target
    if target.get("kind") == "service" and domain and not name.endswith("."):
        return f"{target['name']}.{target.get('namespace', '')}.svc.{domain}."
    return f"{name.rstrip('.')}."


def backends(doubts: Doubts) -> t.Iterator[FollowUp]:
    """The endpoints behind a host and path that fails, asked with its Host by either protocol."""
    for about, codes, entry in _entries(doubts):
        for base in _of_entry(doubts.case, about, entry):
            asked = dataclasses.replace(base, codes=codes, askers=of_pod_sources(doubts.case, about))
            yield asked
            other = "https" if asked.protocol == "http" else "http"
            yield dataclasses.replace(asked, protocol=other)


def from_controllers(doubts: Doubts) -> t.Iterator[FollowUp]:
    """The endpoint once more from the controller's own Pod, where another Pod gets an answer from it."""
    case = doubts.case
    for _about, codes, entry in _entries(doubts):
        owner = case.facts.controller(entry)
        pods = [pod for pod in case.pods_of(owner[0]) if pod.ready and not pod.host_network] if owner else []
        well = [each for each in case.follow_ups.of("backend", ref_of(entry)) if each.answered]
        if pods and well:
            yield dataclasses.replace(well[0].question, kind="controller", codes=codes, askers=(pods[0].id,))


def _entries(doubts: Doubts) -> t.Iterator[tuple[About, tuple[str, ...], EntryPoint]]:
    """The hosts and paths of checks in doubt, each once."""
    seen = set()
    for doubt in doubts.about("ING", "SVC", "POD", "POL", "NET"):
        about, target = doubt.about, doubt.about.target
        if target.get("kind") != "ingress" or about.is_lookup or not _words.PROTOCOLS[about.cell.protocol].page:
            continue
        for entry in doubts.case.facts.ways_in.http:
            key = (entry.namespace, entry.name, f"{entry.host}{entry.path.path}", entry.port)
            asked = (target.get("namespace", ""), target["name"], target.get("port_name", ""), target.get("port", 0))
            if key == asked and key[:3] not in seen:
                seen.add(key[:3])
                yield about, doubt.codes, entry


def _of_entry(case: Case, about: About, entry: EntryPoint) -> t.Iterator[FollowUp]:
    path = urllib.parse.urlsplit(about.cell.asked).path or "/"
    for behind in entry_backends.backends_of(case.facts, entry):
        name = f"{behind.port.name} {behind.port.app_protocol}" if behind.port else ""
        for one in behind.backends[:_BACKENDS]:
            protocol = "https" if "https" in name or one.port in (443, 8443) else "http"
            yield FollowUp(
                "backend",
                ref_of(entry),
                protocol,
                one.address,
                one.port,
                path,
                entry.host if not entry.host.startswith("*") else "",
                family=family(one.address),
            )
