# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A cell as the question that C(connectivity_from) and C(connectivity_to) ask. Pure."""

from __future__ import annotations

from .about import About, Plain
from .finding import Verify

#: Kinds of workloads that a question may name.
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job")
#: Kinds of ways in that a question may name.
_ENTRIES = ("Ingress", "HTTPRoute", "Route")


def verify(about: About) -> Verify | None:
    """The question of a cell, in words that hold when its Pods have been replaced; none where there are no such."""
    source, target = _source(about.source), _target(about)
    return Verify(source, target) if source and target else None


def _source(source: Plain) -> str:
    if source.get("kind") in ("node", "outside"):
        return str(source["id"])
    return _pods(source) if source.get("pod") else ""


def _pods(end: Plain) -> str:
    """The Pods of a workload, or one Pod."""
    kind, _slash, name = str(end.get("workload", "")).partition("/")
    if kind in _WORKLOADS:
        return f"{end.get('namespace', '')}/{kind.lower()}/{name}"
    return f"{end.get('namespace', '')}/pod/{end.get('pod') or end.get('name', '')}"


def _target(about: About) -> str:
    target, kind = about.target, about.target.get("kind")
    port = f":{target['port']}" if target.get("port") else ""
    if port and about.cell.protocol == "udp":
        port += "/udp"
    if kind == "service":
        return f"{target['name']}.{target.get('namespace', '')}{port}"
    if kind == "pod":
        return _pods(target) + port
    if kind == "node":
        return f"node/{target['name']}{port}"
    ref = about.asked
    if kind == "ingress" and ref and ref.kind in _ENTRIES:  # its hosts, which DNS need not have
        return f"{ref.namespace}/{ref.kind.lower()}/{ref.name}{port}"
    return about.cell.asked if kind in ("ingress", "host") else ""
