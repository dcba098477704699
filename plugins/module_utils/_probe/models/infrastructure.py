# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Models that end at what the cluster stands on: its API server, its DNS, its nodes."""

from __future__ import annotations

import typing as t

from ... import _words
from ..._snapshot.facts import is_address
from ..._snapshot.model import Node
from .. import component_ports
from ..component_ports import ComponentPort
from ..questions import NOTHING, About, Question
from ..types import Target
from .context import ProbeContext

API = Target("apiserver", "apiserver", "kubernetes", "default", 443, "https")
#: A source asks the first so many servers of its resolv.conf, as libc does (MAXNS).
_MOST_SERVERS = 3
#: The way of a question to a name server that only has to be there.
OWN_SERVER = "own name server"


def pod_to_apiserver(context: ProbeContext) -> t.Iterator[Question]:
    """The API server by name and by address, and each instance behind it; 401 and 403 are answers, too."""
    model, protocol = "pod_to_apiserver", "https" if context.wants("https") else "tcp"
    if not context.wants(protocol) or not context.selected.everything:
        return
    path = "/version" if _words.PROTOCOLS[protocol].page else ""
    full = f"kubernetes.default.svc.{context.cluster_domain}"
    forms = (("name.namespace", "kubernetes.default"), ("fqdn", full), ("fqdn.", f"{full}."))
    names = forms if context.knows_services else ()
    ways = [
        (via, name, ip_family)
        for _address, ip_family in context.families(context.facts.snapshot.api_addresses)
        for via, name in names
    ]
    ways += [("address", *pair) for pair in context.families(context.facts.snapshot.api_addresses)]
    for via, host, ip_family in ways:
        yield context.ask(model, API, NOTHING, protocol, host, ip_family, port=443, path=path, via=via)
    for endpoint in context.facts.snapshot.api_endpoints:
        for address, ip_family in context.families([endpoint.address]):
            behind = Target(f"apiserver/{endpoint.address}", "apiserver", endpoint.address, port=endpoint.port)
            about = About(api_endpoint=endpoint)
            yield context.ask(model, behind, about, protocol, address, ip_family, port=endpoint.port, path=path)


def pod_to_dns(context: ProbeContext) -> t.Iterator[Question]:
    """A name of the cluster and one outside of it, by UDP and by TCP, from each server of the Pod's own resolv.conf.

    Servers that do not have the names of the cluster are asked for one that they need not have (RFC 6761).
    """
    if not context.wants("dns") or not context.selected.everything:
        return
    own = f"kubernetes.default.svc.{context.cluster_domain}."
    names = [("cluster name", own)] + [
        ("outside name", f"{host.host.rstrip('.')}.") for host in context.selected.internet if not is_address(host.host)
    ][:1]
    if not context.knows_services and len(names) == 1:
        names.append((OWN_SERVER, "localhost."))
    for ip_family in context.own_families():
        answers = tuple(
            address for address, each in context.families(context.facts.snapshot.api_addresses) if each == ip_family
        )
        for number in range(1, _MOST_SERVERS + 1):
            behind = Target(f"dns/{number}", "dns", f"name server {number} of resolv.conf")
            for via, name in names:
                if name == own and not (answers and context.knows_services):
                    continue
                for transport in ("",) if via == OWN_SERVER else ("", "tcp"):
                    yield context.ask(
                        "pod_to_dns",
                        behind,
                        NOTHING,
                        "dns",
                        name,
                        ip_family,
                        via=f"{via}, {transport or 'udp'}",
                        dns_server=f"@{number}",
                        transport=transport,
                        answers=answers if name == own else (),
                    )


def node_to_node(context: ProbeContext) -> t.Iterator[Question]:
    """Every other node: by ICMP, the size of a packet that passes, and the ports of Kubernetes that it needs there."""
    own = context.facts.nodes.get(context.source.node)
    if own is None:
        return
    for node in context.selected.nodes:
        if node.name == own.name:
            continue
        for address, ip_family in context.families(node.internal_ips):
            whole = Target(f"node/{node.name}", "node", node.name, node=node.name)
            for protocol in ("icmp", "mtu"):
                if context.wants(protocol):
                    yield context.ask("node_to_node", whole, About(node=node), protocol, address, ip_family)
            for port in component_ports.needed(context.facts, node, own, ip_family):
                protocol = port.protocol if context.wants(port.protocol) else port.instead
                if protocol and context.wants(protocol):
                    behind, about = _target(node, port), About(node=node, component_port=port)
                    path = "/healthz" if _words.PROTOCOLS[protocol].page else ""
                    asked: dict[str, t.Any] = {"port": port.port, "path": path}
                    yield context.ask("node_to_node", behind, about, protocol, address, ip_family, **asked)


def _target(node: Node, port: ComponentPort) -> Target:
    transport = _words.PROTOCOLS[port.protocol].transport
    suffix = "" if transport == "TCP" else f"/{transport.lower()}"
    return Target(f"node/{node.name}:{port.port}{suffix}", "node", node.name, "", port.port, port.name, node.name)
