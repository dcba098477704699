# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Addresses and names of the user's own, and the Internet."""

from __future__ import annotations

import typing as t

from ... import _words
from ..._snapshot.facts import family, is_address
from ..._snapshot.model import Node, Pod, Service
from ..questions import NOTHING, About, Question
from ..selected import Host
from ..types import Target
from .context import ProbeContext

_Owner = t.Union[Pod, Service, Node, None]  # noqa: UP007 - evaluated, and hosts that probe may have Python 3.9


def pod_to_internet(context: ProbeContext) -> t.Iterator[Question]:
    """What the user gave as the Internet."""
    for host in context.selected.internet:
        yield from _ask(context, host, "pod_to_internet")


def named(context: ProbeContext) -> t.Iterator[Question]:
    """What the user named as a target; the model follows from who has the address."""
    for host in context.selected.hosts:
        yield from _ask(context, host, _model(context, context.facts.owners.get(host.host)))


def _model(context: ProbeContext, owner: _Owner) -> str:
    if context.source.kind == "node":
        return {Pod: "node_to_pod", Service: "node_to_service"}.get(owner.__class__, "node_to_node")
    if context.source.kind == "outside":
        return "outside_to_nodeport" if owner else "outside_to_loadbalancer"
    if isinstance(owner, Pod):
        same = owner.node == context.source.node
        return "pod_to_pod_same_node" if same else "pod_to_pod_cross_node"
    if isinstance(owner, Service):
        return "pod_to_service"
    return "pod_to_nodeport" if owner else "pod_to_internet"


def _ask(context: ProbeContext, host: Host, model: str) -> t.Iterator[Question]:
    literal = is_address(host.host)
    about = _about(host, context.facts.owners.get(host.host))
    protocol = host.protocol or ("tcp" if host.port else "icmp")
    path = host.path if _words.PROTOCOLS[protocol].page else ""
    for ip_family in context.own_families():
        if not literal or family(host.host) == ip_family:
            via = "address" if literal else "name"
            asked: dict[str, t.Any] = {"port": host.port, "path": path, "via": via}
            yield context.ask(model, _target(host), about, protocol, host.host, ip_family, **asked)


def _about(host: Host, owner: _Owner) -> About:
    """The object that has the address."""
    if isinstance(owner, Service):
        return About(service=owner, port=next((port for port in owner.ports if port.port == host.port), None))
    if isinstance(owner, Pod):
        return About(owner)
    return About(node=owner) if owner else NOTHING


def _target(host: Host) -> Target:
    name = f"[{host.host}]" if ":" in host.host else host.host
    return Target(f"host/{name}" + (f":{host.port}" if host.port else ""), "host", host.host, port=host.port)
