# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at a node: the node itself, a port of Kubernetes there, the node port of a Service."""

from __future__ import annotations

import dataclasses

from ..._snapshot.facts import Facts
from ..._snapshot.model import Service, ServicePort
from ..._snapshot.policies import Peer
from ..questions import Question
from . import services
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
        return Path(
            name, reason, (whole,), defect=defect, silence=listening.silence, relied_on=used, defect_whose="network"
        )
    if about.service is None or about.port is None:
        return Path(name, f"{target.name} is a node of the cluster", (whole,), defect=defect, defect_whose="network")
    return _node_port(facts, question, about.service, about.port, defect)


def _node_port(facts: Facts, question: Question, service: Service, port: ServicePort, defect: str) -> Path:
    target, ready = question.target, facts.endpoints(service, port, question.probe.family)
    # Traffic of the node's own Pods counts as internal, so the policy spares it (KEP-3866, "externalTrafficPolicy").
    if service.external_traffic_policy == "Local" and target.name != question.source.node and ready:
        there = [endpoint for endpoint in ready if endpoint.node == target.name]
        if not there and not services.unread(facts, service):
            closed = f"Service {service.id} has externalTrafficPolicy: Local and no ready endpoint on {target.name}"
            return Path(f"Service {service.id}", closed, closed=closed)
        return services.by_endpoints(facts, service, port, question.probe, there)
    path = services.by_endpoints(facts, service, port, question.probe, ready)
    whose = path.defect_whose if path.defect else "network"
    return dataclasses.replace(path, defect=path.defect or defect, defect_whose=whose, rewritten=True)
