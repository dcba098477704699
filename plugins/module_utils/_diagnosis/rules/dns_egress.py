# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What NetworkPolicies let a Pod ask of the cluster's DNS, and the rule that lets it ask. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policy_rules import NAMESPACE_NAME

from .. import closings
from ..case import Case
from ..closings import Closing, Connection
from .dns_view import ClusterDns

PORT = 53


def closed(case: Case, view: ClusterDns, pod: Pod, protocol: str) -> list[Closing]:
    """Return the policies of a Pod that keep it from every Pod of the DNS."""
    if not case.facts.policy_index.isolation(pod, "Egress").ids:
        return []
    last: list[Closing] = []
    for server in view.pods:
        if server.id == pod.id:
            return []
        connection = Connection(pod, server, protocol, port_of(server, protocol))
        last = [one for one in closings.closings(case, connection) if one.direction == "Egress"]
        if not last:
            return []
    return last


def port_of(server: Pod, protocol: str) -> int:
    """Return the port at which a Pod of the DNS takes questions."""
    ports = [one for container in server.containers for one in container.ports if one.protocol == protocol]
    named = [one.port for one in ports if one.name in ("dns", "dns-tcp")]
    return next(iter(named), PORT)


def allowing_rule(view: ClusterDns, server: Pod | None) -> dict[str, t.Any]:
    """Return a rule of C(spec.egress) for lookups by UDP and TCP."""
    labels = dict(view.service.selector) if view.service and view.service.selector else {}
    peer = {
        "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: view.namespace}},
        **({"podSelector": {"matchLabels": labels}} if labels else {}),
    }
    port = port_of(server, "UDP") if server else PORT
    return {"to": [peer], "ports": [{"protocol": each, "port": port} for each in ("UDP", "TCP")]}
