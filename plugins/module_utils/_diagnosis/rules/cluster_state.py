# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How the nodes and the control plane are: what several rules ask a case. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node, Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import (
    Component,
    NodeAnswer,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Lease, NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.moments import seconds

from ..about import About
from ..case import Case, condition, ref_of
from ..finding import ObjectRef
from ..reach import to_pods
from ..rule import Predicate
from .pods_scheduling import message_of

#: What a text has to say where only the node itself could tell more.
NEEDS_NODE = "needs node state"
#: A node that joined less long ago than this, in seconds, may not be ready yet.
JOINING_S = 120
#: A certificate that is not valid now, or of another authority.
BAD_CERTIFICATE = re.compile(
    r"x509: certificate (?:has expired|signed by unknown authority)|tls: failed to verify certificate|not yet valid"
)
_NOT_REACHED = re.compile(
    r"dial tcp|i/o timeout|no route to host|connection refused|no answer within|EOF|reset by peer"
)


def age(case: Case, time: str) -> float | None:
    """How many seconds before the snapshot something was, by the API server's clock; nothing where it is not known."""
    return seconds(time, case.workloads.server_time or case.snapshot.taken)


def older(case: Case, time: str, than: float) -> bool:
    """Whether something was more than some seconds before the snapshot."""
    found = age(case, time)
    return found is not None and found > than


# ---- nodes


def node_details(case: Case) -> dict[str, NodeDetail]:
    """What Nodes say of their health, by name."""
    return case.once("node details", lambda it: {detail.name: detail for detail in it.workloads.nodes})


def unready(case: Case) -> t.Iterator[tuple[Node, NodeDetail, Condition]]:
    """Yield the Nodes whose condition Ready is not True, without those that have just joined."""
    found = node_details(case)
    for node in case.snapshot.nodes:
        detail = found.get(node.name)
        ready = condition(detail.conditions, "Ready") if detail else None
        if detail and ready and ready.status != "True" and not (age(case, node.created) or JOINING_S) < JOINING_S:
            yield node, detail, ready


def kubelet_answer(case: Case, node: str) -> NodeAnswer | None:
    """What the kubelet of a node answered the API server; nothing where it was not asked."""
    return next((answer for answer in case.workloads.node_answers if answer.node == node), None)


def is_reached(answer: NodeAnswer) -> bool:
    """Whether a kubelet answered at all, whatever it said: an error of the API server's own dial is no answer."""
    return bool(answer.status) and not _NOT_REACHED.search(answer.says)


def pods_on(case: Case, node: str) -> list[Pod]:
    """The Pods of a node that have not ended."""
    return [pod for pod in (*case.snapshot.pods, *case.snapshot.dns_pods) if pod.node == node and not pod.finished]


def victims_of(case: Case, node: str) -> tuple[ObjectRef, ...]:
    """What suffers where a node is down: its Pods, their owners if no other Pod of theirs is unwell, Services.

    A workload that waits for a node belongs to them, where the scheduler names a taint that Kubernetes gives nodes.
    """
    there = pods_on(case, node)
    found = [ref_of(pod) for pod in there]
    bad = {pod.id for pod in there if not pod.ready}
    waiting = {
        pod.id
        for pod, detail in case.details()
        if not pod.node and re.search(r"node\.kubernetes\.io/|had untolerated taint", message_of(detail))
    }
    for owner in dict.fromkeys(case.owner(pod) for pod in case.snapshot.pods if pod.id in bad or pod.id in waiting):
        others = [pod for pod in case.snapshot.pods if not pod.ready and not pod.finished and case.owner(pod) == owner]
        if all(pod.id in bad or pod.id in waiting for pod in others):
            found.append(owner)
    for pod in there:
        for service in case.services_of(pod):
            if not any(other.ready and other.node != node for other in case.pods_of(service)):
                found.append(ref_of(service))
    return tuple(dict.fromkeys(found))


def to_node(case: Case, node: str) -> Predicate:
    """Match what asks a node, its Pods, or a Service that has a Pod on it, and what is asked from there."""
    there, ref = pods_on(case, node), ObjectRef("Node", node)
    ends = {ref, *(ref_of(pod) for pod in there)}
    services = {service.id for pod in there for service in case.services_of(pod)}
    cut_off = to_pods(case, there)

    def matches(about: About) -> bool:
        if about.asked in ends or about.asker in ends or cut_off(about):
            return True
        return not about.is_lookup and any(service in services for service, _port in about.ports)

    return matches


# ---- the control plane


def components(case: Case, name: str) -> list[Component]:
    """The Pods of a component of the control plane: C(kube-scheduler)."""
    return [one for one in case.workloads.control_plane if one.name == name]


def component_ref(one: Component) -> ObjectRef:
    """The Pod of a component."""
    return ObjectRef("Pod", one.pod, one.namespace)


def lease(case: Case, name: str) -> Lease | None:
    """The Lease of a component in C(kube-system)."""
    return next((one for one in case.workloads.leases if one.name == name), None)


def component_log(case: Case, *names: str, since: str = "") -> list[tuple[Component, str]]:
    """The lines of the logs of components that were kept; with C(since), without those that are not later than that."""
    return [
        (one, line)
        for name in names
        for one in components(case, name)
        for tail in (*case.workloads.logs, *case.workloads.component_logs)
        if (tail.namespace, tail.pod) == (one.namespace, one.pod)
        for place, line in enumerate(tail.lines)
        if not (since and tail.times) or (seconds(since, tail.times[place]) or 0) > 0
    ]


def refused_certificates(case: Case) -> list[str]:
    """What the API server logged of clients whose certificates it does not accept."""
    lines = [line for _one, line in component_log(case, "kube-apiserver") if "Unable to authenticate" in line]
    return [line for line in lines if BAD_CERTIFICATE.search(line)]
