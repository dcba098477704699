# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Models that end at a Pod's own address: from its neighbour in the Pod, from other Pods, from nodes."""

from __future__ import annotations

import typing as t

from ..._snapshot.model import Pod
from ..questions import About, Question
from ..selected import workload
from ..types import Target
from . import ports
from .context import ProbeContext


def container_to_container(context: ProbeContext) -> t.Iterator[Question]:
    """Containers of one Pod share address and port space: each asks the ports of the others over loopback."""
    if context.pod is None:
        return
    for _address, ip_family in context.families(context.pod.ips[:1]):
        loopback = "127.0.0.1" if ip_family == "IPv4" else "::1"
        for container, port in ports.of_pod(context, context.pod):
            if container.name != context.source.container:
                yield context.ask(
                    "container_to_container",
                    target(context.pod, port),
                    About(context.pod),
                    port.protocol,
                    ip_family=ip_family,
                    via="loopback",
                    **port.question(context, loopback),
                )


def pod_to_pod_same_node(context: ProbeContext) -> t.Iterator[Question]:
    """Every other Pod on the source's node, by address."""
    yield from _to_pods(context, "pod_to_pod_same_node", lambda pod: pod.node == context.source.node)


def pod_to_pod_cross_node(context: ProbeContext) -> t.Iterator[Question]:
    """Every Pod on another node, by address."""
    yield from _to_pods(context, "pod_to_pod_cross_node", lambda pod: pod.node != context.source.node)


def node_to_pod(context: ProbeContext) -> t.Iterator[Question]:
    """Every Pod, on this node and on others, by address."""
    yield from _to_pods(context, "node_to_pod", lambda _pod: True)


def _to_pods(context: ProbeContext, model: str, wanted: t.Callable[[Pod], bool]) -> t.Iterator[Question]:
    own = context.pod.id if context.pod else ""
    for pod in context.selected.pods:
        if pod.id == own or not wanted(pod):
            continue
        whole, about, targets = context.once(("targets of Pod", pod.id), lambda: _targets(context, pod))  # noqa: B023
        for address, ip_family in context.families(pod.ips):
            if context.wants("icmp"):
                yield context.ask(model, whole, about, "icmp", address, ip_family)
            if context.wants("mtu"):
                yield context.ask(model, whole, about, "mtu", address, ip_family)
            for behind, port in targets:
                question = port.question(context, address)
                yield context.ask(model, behind, about, port.protocol, ip_family=ip_family, **question)


def _targets(context: ProbeContext, pod: Pod) -> tuple[Target, About, list[tuple[Target, ports.Port]]]:
    """A Pod as a target, and each of its ports."""
    whole = Target(f"pod/{pod.id}", "pod", pod.name, pod.namespace, node=pod.node, workload=workload(pod))
    return whole, About(pod), [(target(pod, port), port) for _container, port in ports.of_pod(context, pod)]


def target(pod: Pod, port: ports.Port) -> Target:
    """A port of a Pod."""
    word = f"pod/{pod.id}{port.suffix}"
    return Target(word, "pod", pod.name, pod.namespace, port.number, port.name, pod.node, workload(pod))
