# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer NetworkPolicy: the kubelet's own probes of a Pod that policies isolate."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    ContainerProbe,
    PodDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import FoldedEvent

from .. import fixes
from ..about import About
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, RuledOut
from ..rule import Candidate, Rule
from .unwell import UnwellContainer, cause_of, containers

_NEEDS = ("network_policies", "pods", "details", "events", "cells")
_FAILS = re.compile(r"(?P<kind>Liveness|Startup|Readiness) probe (?:failed|errored)")
_NO_ANSWER = re.compile(r"context deadline exceeded|Client\.Timeout|i/o timeout|no route to host", re.IGNORECASE)


def _cut_off(case: Case) -> t.Iterator[Candidate]:
    """POL-08: the kubelet has no answer from a Pod that policies isolate, and other clients have one."""
    for one in containers(case, _runs_and_is_not_ready):
        isolating = case.facts.policy_index.isolation(one.pod, "Ingress").ids
        event, probe = _failing_probe(one)
        if not isolating or event is None or probe is None:
            continue
        number = _number(one.pod, probe)
        answered = _answered(case, one, number, probe)
        if not answered:
            continue  # an application that answers nobody in time looks the same
        by_node = [about for about in _asked(case, one, number) if about.failed and about.cell.model == "node_to_pod"]
        yield _of_policy(case, one, isolating, event, number, answered[0], by_node)


def _runs_and_is_not_ready(_pod: Pod, _detail: PodDetail, one: ContainerDetail) -> bool:
    return one.kind in ("app", "sidecar") and one.state == "running" and not (one.ready and one.started)


def _failing_probe(one: UnwellContainer) -> tuple[FoldedEvent | None, ContainerProbe | None]:
    """The last event of a probe of the network that had no answer, and that probe."""
    for event in one.events("Unhealthy"):
        match = _FAILS.match(event.message)
        if match and _NO_ANSWER.search(event.message):
            kind = match["kind"].lower()
            found = (each for each in one.container.probes if (each.kind, each.action != "exec") == (kind, True))
            return event, next(found, None)
    return None, None


def _number(pod: Pod, probe: ContainerProbe) -> int:
    if probe.port.isdecimal():
        return int(probe.port)
    ports = (port for container in pod.containers for port in container.ports)
    return next((port.port for port in ports if port.name == probe.port), 0)


def _asked(case: Case, one: UnwellContainer, number: int) -> list[About]:
    """What asks the Pods themselves at the port of the probe."""
    refs = set(one.refs)
    return [about for about in case.cells if about.asked in refs and about.target.get("port") == number]


def _answered(case: Case, one: UnwellContainer, number: int, probe: ContainerProbe) -> list[About]:
    """The clients that other Pods are, and that were answered sooner than the probe waits."""
    return [
        about
        for about in _asked(case, one, number)
        if about.answered
        and about.asker is not None
        and about.asker.kind == "Pod"
        and about.asker != about.asked
        and (about.cell.latency_ms or 0) < probe.timeout * 1000
    ]


def _of_policy(
    case: Case,
    one: UnwellContainer,
    isolating: t.Sequence[str],
    event: FoldedEvent,
    number: int,
    answered: About,
    by_node: t.Sequence[About],
) -> Candidate:
    namespace, _slash, name = isolating[0].partition("/")
    ref = ObjectRef("NetworkPolicy", name, namespace)
    client = answered.cell.source
    cells = frozenset(about.cell.id for about in by_node)
    reach = one.reach
    said = f"{client} is answered by {answered.cell.asked}"
    nodes = [Evidence("probe", f"check {each.cell.id}", f"from the node: {each.cell.outcome}") for each in by_node[:1]]
    return cause_of(
        one,
        f"it isolates {one.owner}, and the kubelet's probes of port {number} have no answer, where {client} has one",
        object=ref,
        certainty="strong",
        field="spec.ingress",
        value=f"{len(isolating)} policies isolate its Pods",
        wanted="the node's own traffic is let in",
        mechanism="A node's traffic to its own Pods is always allowed; not every network plugin exempts the kubelet so",
        victims=(one.owner, *one.refs),
        explains=lambda about: about.cell.id in cells or reach(about),
        evidence=(
            Evidence("event", str(ref_of(one.pod)), event.message, key=True),
            Evidence("probe", f"check {answered.cell.id}", said),
            *nodes,
        ),
        ruled_out=(RuledOut("POD-08", f"the application answers: {said}"),),
        fix=_let_in(case, one, ref, number),
    )


def _let_in(case: Case, one: UnwellContainer, ref: ObjectRef, number: int) -> Fix:
    """A rule for the addresses of the nodes: without it, the network plugin is to be mended."""
    text = "Let the network plugin exempt the node's own traffic; until then allow the nodes' addresses"
    policy = next((each for each in case.facts.network_policies if each.id == f"{ref.namespace}/{ref.name}"), None)
    nodes = [case.facts.nodes[pod.node] for pod in one.pods if pod.node in case.facts.nodes]
    addresses = sorted({address for node in nodes for address in node.internal_ips})
    if policy is None or not addresses or not number:
        return Fix(text)
    rules = list(policy.spec.get("ingress") or ())
    blocks = [{"ipBlock": {"cidr": f"{address}/{128 if ':' in address else 32}"}} for address in addresses]
    rule = {"from": blocks, "ports": [{"protocol": "TCP", "port": number}]}
    return fixes.patch(ref, text, {"spec": {"ingress": [*rules, rule]}}, {"spec": {"ingress": rules}}, "medium")


RULES = (Rule("POL-08", "Policies cut the kubelet's probes off as well", _NEEDS, _cut_off),)
