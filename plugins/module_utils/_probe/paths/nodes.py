# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at a node: the node itself, a port of Kubernetes there, the node port of a Service."""

from __future__ import annotations

import dataclasses

from ..._snapshot import service_proxy
from ..._snapshot.facts import Facts
from ..._snapshot.model import Service, ServicePort
from ..._snapshot.policies import Peer
from ..questions import Question
from . import endpoints
from .path import Path, PathEnd


def node(facts: Facts, question: Question) -> Path:
    """A node, or something that listens there."""
    about, target = question.about, question.target
    name = f"Node {target.name}"
    defect = "" if about.node is None or about.node.ready else f"{name} is NotReady ({about.node.reason})"
    whole = PathEnd(Peer((question.probe.host,), node=target.name), target.port)
    if listening := about.component_port:
        reason = f"nodes need {listening.name} of each other"
        used = f"{listening.name} of every such node"
        return Path(name, reason, (whole,), defect=defect, relied_on=used, defect_whose="network")
    if about.service is None or about.port is None:
        return Path(name, f"{target.name} is a node of the cluster", (whole,), defect=defect, defect_whose="network")
    return _node_port(facts, question, about.service, about.port, defect)


def _node_port(facts: Facts, question: Question, service: Service, port: ServicePort, defect: str) -> Path:
    """The port of a Service at a node: whose kube-proxy translates it, wherever the source is.

    Traffic of the node itself and of its own Pods counts as internal, so C(externalTrafficPolicy) spares it (KEP-2086).
    """
    target, source, host = question.target.name, question.source, question.probe.host
    if found := _closed_address(facts, question):
        return found
    away = source.kind == "outside" or target != source.node
    # No internalTrafficPolicy counts for a node port.
    plain = dataclasses.replace(service, internal_traffic_policy="Cluster")
    path = endpoints.at_node(facts, question, plain, port, target, from_outside=away)
    by = facts.proxy.name
    if path.closed and source.kind != "outside" and by != "kube-proxy":
        who = f"{by} implements Services" if by else "what implements Services is not known"
        doubt = f"{path.closed}; whether that counts for Pods of other nodes is not known, since {who}"
        path = dataclasses.replace(endpoints.at_node(facts, question, plain, port, target), doubt=doubt)
    first = PathEnd(Peer((host,), node=target), port.node_port) if away and source.kind != "outside" else None
    hidden = service.external_traffic_policy == "Cluster"
    path = dataclasses.replace(path, rewritten=hidden, handled_by=target, met_first=first)
    return path if path.defect else dataclasses.replace(path, defect=defect, defect_whose="network")


def _closed_address(facts: Facts, question: Question) -> Path | None:
    """Node ports that are not served at an address, by C(nodePortAddresses) of kube-proxy or its mode's default."""
    about, host = question.about, question.probe.host
    served = service_proxy.node_port_addresses(facts.snapshot, about.node) if about.node else None
    if served is None or host in served:
        return None
    closed = f"kube-proxy serves node ports of {question.target.name} at {', '.join(served) or 'no address'} alone"
    return Path("ConfigMap kube-system/kube-proxy", closed, closed=f"{closed} (nodePortAddresses)")
