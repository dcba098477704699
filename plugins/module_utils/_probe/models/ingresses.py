# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Models that end at a host and path: every one of every Ingress, route of the Gateway API and OpenShift Route."""

from __future__ import annotations

import dataclasses
import typing as t

from ... import _words
from ..._snapshot.entries import EntryPoint
from ..._snapshot.entry_backends import backends_of, families
from ..._snapshot.facts import is_address
from ..questions import About, Question
from ..types import Target
from .context import ProbeContext
from .ports import quote

#: Stands for the C(*) of a wildcard: any one label has to be served.
_ANY_LABEL = "kubewire"
#: What is called where the entry names no method, or neither service nor method.
_METHOD, _ANY_METHOD = "/Probe", "/kubewire.Probe/Probe"


def pod_to_ingress(context: ProbeContext) -> t.Iterator[Question]:
    """Every host and path, by the host's name and by the address of what serves it."""
    yield from _to_entries(context, "pod_to_ingress")


def outside_to_ingress(context: ProbeContext) -> t.Iterator[Question]:
    """The same from outside the cluster."""
    yield from _to_entries(context, "outside_to_ingress")


def _to_entries(context: ProbeContext, model: str) -> t.Iterator[Question]:
    addresses = dict.fromkeys(each for entry in context.selected.entries for each in entry.addresses)
    for address, ip_family in context.families(filter(is_address, addresses)) if context.wants("icmp") else ():
        whole = Target(f"ingress/{address}", "ingress", address)
        yield context.ask(model, whole, About(), "icmp", address, ip_family)
    yield from _to_references(context, model)
    for entry in context.selected.entries:
        host, about = any_label(entry.host), About(entry=entry)
        protocol, calls = _protocol(entry, host), _is_called(context, entry)
        for via, asked, ip_family in _ways(context, entry, host):
            more: dict[str, t.Any] = {"port": entry.port, "via": via}
            if host and host != asked:
                more["server_name"] = host
            if calls and context.wants(protocol):
                yield context.ask(model, target(entry), about, protocol, asked, ip_family, **_call(entry), **more)
            elif protocol and context.wants(protocol):
                path = quote(entry.path.path) if _words.PROTOCOLS[protocol].path else ""
                yield context.ask(model, target(entry), about, protocol, asked, ip_family, path=path, **more)
            other = _other_slash(context, entry) if protocol and not calls and context.wants(protocol) else ""
            if other:
                beside = target(dataclasses.replace(entry, path=dataclasses.replace(entry.path, path=other)))
                about_it = dataclasses.replace(about, slash=True)
                yield context.ask(model, beside, about_it, protocol, asked, ip_family, path=quote(other), **more)
            if entry.tls and host and context.wants("tls"):
                yield context.ask(model, target(entry), about, "tls", asked, ip_family, **more)


def _to_references(context: ProbeContext, model: str) -> t.Iterator[Question]:
    """The URLs of the Pod's own environment and arguments that reach a controller, and that nothing serves."""
    entries = {(entry.id, entry.path.field, entry.port): entry for entry in context.selected.entries}
    asked = set()
    for one in context.facts.snapshot.entry_references if context.pod else ():
        near = entries.get((one.entry, one.field, one.port))
        protocol = "https" if near and near.tls else "http"
        if near is None or not context.pod or one.pod != context.pod.id or not context.wants(protocol):
            continue
        # What is below the path may be a secret, and is not known; whatever it is, nothing serves it.
        path = f"{one.below.rstrip('/')}/{_ANY_LABEL}" if one.below else "/"
        served = f"serves {one.host}{one.below} alone" if one.below else f"has no rule for {one.host}"
        entry = dataclasses.replace(
            near,
            host=one.host,
            path=dataclasses.replace(near.path, host=one.host, path=path, path_type=""),
            defect=f"{one.entry} {served}, and {one.where} of Pod {one.pod} names a URL of it",
            certain=False,
        )
        for address, ip_family in context.families([one.address]):
            if (one.host, path, address) not in asked:
                asked.add((one.host, path, address))
                more = {"port": one.port, "via": "address", "server_name": one.host, "path": quote(path)}
                yield context.ask(model, target(entry), About(entry=entry), protocol, address, ip_family, **more)


#: What asks kinds that speak no HTTP.
_PROTOCOLS = {"TLSRoute": "tcp", "TCPRoute": "tcp", "UDPRoute": "udp"}


def _protocol(entry: EntryPoint, host: str) -> str:
    """What asks the application; empty where a TLS handshake is all that can be asked."""
    if entry.kind in _PROTOCOLS:
        return "" if entry.tls and host else _PROTOCOLS[entry.kind]
    return "https" if entry.tls else "http"


def _is_called(context: ProbeContext, entry: EntryPoint) -> bool:
    """Whether what is behind an entry speaks gRPC, as the entry or the port of its Service says."""
    ports = [each.port for each in backends_of(context.facts, entry) if each.port]
    named = [(port.app_protocol or port.name).lower().partition("-")[0] for port in ports]
    return entry.kind not in _PROTOCOLS and (entry.grpc or "grpc" in named)


def _call(entry: EntryPoint) -> dict[str, t.Any]:
    """What of a question calls a method; where any method of a Service is served, it is one that nobody has."""
    path = entry.path
    added = (
        "" if path.path_type == "Exact" else _METHOD if path.path.count("/") == 1 and path.path != "/" else _ANY_METHOD
    )
    # Without TLS, a Gateway has to take HTTP/2 (GRPCRoute); other controllers need not, and nginx does not.
    skip = "" if entry.tls or entry.kind == "GRPCRoute" else f"whether {entry.id} takes gRPC without TLS is not known"
    return {"path": quote(path.path.rstrip("/") + added), "transport": "h2", "skip": skip}


def _other_slash(context: ProbeContext, entry: EntryPoint) -> str:
    """An Exact path with or without a slash at the end, as users type it; empty where another path has that."""
    path = entry.path.path
    if entry.path.path_type != "Exact" or path == "/":
        return ""
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    for path_type, own in context.facts.entry_paths.get((entry.host, entry.port), ()):
        if own == other or (path_type != "Exact" and other.startswith(own.rstrip("/") + "/")):
            return ""
    return other


def any_label(host: str) -> str:
    """The host of an entry as it is asked."""
    return host.replace("*", _ANY_LABEL, 1)


def _ways(context: ProbeContext, entry: EntryPoint, host: str) -> t.Iterator[tuple[str, str, str]]:
    """How, whom and in which family to ask: the name as users type it, and past DNS the address itself."""
    addresses = [address for address in entry.addresses if is_address(address)]
    named = [address for address in entry.addresses if address not in addresses]
    shared = context.families(addresses)
    if host or named:
        served = families(context.facts, entry) or context.own_families()
        for ip_family in context.own_families():
            if ip_family in served:
                yield "name", host or named[0], ip_family
    for address, ip_family in shared:
        yield "address", address, ip_family


def target(entry: EntryPoint) -> Target:
    """One host and path."""
    word = f"ingress/{entry.namespace}/{entry.name}/{entry.host or '*'}{quote(entry.path.path)}:{entry.port}"
    shown = f"{entry.host or '*'}{entry.path.path}"
    return Target(word, "ingress", entry.name, entry.namespace, entry.port, shown)
