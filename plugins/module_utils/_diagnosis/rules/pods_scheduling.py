# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: why the scheduler binds a Pod to no node.

Its message is C(PodScheduled)'s: a clause for each reason with the number of nodes. The wording of Kubernetes 1.20 and
of today differ; both are read (kubernetes/kubernetes, pkg/scheduler/framework/plugins).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node, Pod, Taint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail, Toleration

from .. import fixes
from ..case import Case, condition, map_key, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Rule
from . import node_terms
from .unwell import UnwellPods, cause_of, pods

_NEEDS = ("pods", "details", "nodes")
_TERMS = "requiredDuringSchedulingIgnoredDuringExecution"
_AFFINITY = re.compile(r"didn't match (?:Pod's )?node (?:affinity(?:/selector)?|selector)")
_BETWEEN_PODS = re.compile(
    r"didn't (?:match|satisfy existing) pods? (anti-)?affinity|didn't match pod (anti-)?affinity"
)
_SPREAD = re.compile(r"pod topology spread constraints")
_TAINT = re.compile(r"untolerated taint|had taints? ")
_OFF = re.compile(r"were unschedulable")
NO_FREE_PORT = re.compile(r"didn't have free ports")


def unscheduled(case: Case, said: re.Pattern[str]) -> t.Iterator[tuple[UnwellPods, str]]:
    """Yield the Pods that wait for a node, where the scheduler names a reason, with its message."""
    for one in pods(case, lambda pod, detail: pod.phase == "Pending" and bool(said.search(message_of(detail)))):
        yield one, message_of(one.detail)


def message_of(detail: PodDetail) -> str:
    """Why the scheduler found no node; empty where it did, or has not looked."""
    scheduled = condition(detail.conditions, "PodScheduled")
    return scheduled.message if scheduled and scheduled.status == "False" else ""


def _said(one: UnwellPods, message: str) -> Evidence:
    return Evidence("api", f"{ref_of(one.pod)} condition PodScheduled", message, key=True)


def _no_such_node(case: Case) -> t.Iterator[Candidate]:
    """POD-12: nodeSelector, affinity or spreading matches no node."""
    for one, message in unscheduled(case, _AFFINITY):
        if any(node_terms.match(node, one.detail) for node in case.snapshot.nodes):
            continue  # its terms leave nodes, which something else keeps it off
        field, value = _node_term(case, one)
        yield cause_of(
            one,
            f"{field} is {value}, and no node that could take the Pod has that",
            field=field,
            value=value,
            mechanism="The scheduler binds a Pod only to a node whose labels its terms match",
            evidence=(_said(one, message),),
            fix=_label(case, one) or _without(case, one, "Name labels that nodes have", field),
        )
    for one, message in unscheduled(case, _BETWEEN_PODS):
        kind = "podAntiAffinity" if "anti-affinity" in message else "podAffinity"
        has_terms = bool((one.detail.affinity.get(kind) or {}).get(_TERMS))
        field = f"{one.field}spec.affinity.{kind}.{_TERMS}{'[0]' if has_terms else ''}"
        yield cause_of(
            one,
            f"{field} leaves no node: {_clause(message, _BETWEEN_PODS)}",
            field=field,
            value=kind,
            mechanism="The scheduler binds a Pod only to a node whose Pods its required terms allow",
            evidence=(_said(one, message),),
            fix=_without(case, one, "Require less, prefer instead (preferredDuringScheduling...), or add nodes", field),
        )
    for one, message in unscheduled(case, _SPREAD):
        key = str((one.detail.spread[0] if one.detail.spread else {}).get("topologyKey", ""))
        field = f"{one.field}spec.topologySpreadConstraints[0].topologyKey"
        without = [node.name for node in case.snapshot.nodes if key and key not in node.labels]
        lacks = f", a label that {len(without)} of {len(case.snapshot.nodes)} nodes lack" if without else ""
        yield cause_of(
            one,
            f"{field} is {key}{lacks}; with DoNotSchedule no node may take the Pod",
            field=field,
            value=key,
            mechanism="A constraint with whenUnsatisfiable: DoNotSchedule allows only nodes that have its label",
            evidence=(_said(one, message),),
            fix=fixes.in_template(
                one.owner,
                "Spread over a label that nodes have, or set whenUnsatisfiable: ScheduleAnyway",
                f"{one.field}spec.topologySpreadConstraints[0].whenUnsatisfiable",
                "ScheduleAnyway",
            ),
        )


def _without(case: Case, one: UnwellPods, text: str, field: str) -> Fix:
    """Go back to the revision before, or take the terms away."""
    if fixes.has_earlier_revision(case, one.owner):
        return fixes.roll_back(case, one.owner, text)
    return fixes.in_template(one.owner, f"{text}, or take the term away", field)


def _clause(message: str, said: re.Pattern[str]) -> str:
    """The clause of a message that names a reason: C(2 node(s) didn't match pod anti-affinity rules)."""
    clauses = re.split(r", |[.] ", message.partition(": ")[2] or message)
    return next((clause.strip(" .") for clause in clauses if said.search(clause)), message)[:120]


def _node_term(case: Case, one: UnwellPods) -> tuple[str, str]:
    """The field of the Pod's terms that no node meets, and its value."""
    wrong = [
        (key, value)
        for key, value in sorted(one.detail.node_selector.items())
        if not any(node.labels.get(key) == value for node in case.snapshot.nodes)
    ]
    if wrong or one.detail.node_selector:
        key, value = wrong[0] if len(wrong) == 1 else ("", "")
        whole = ", ".join(f"{name}={text}" for name, text in sorted(one.detail.node_selector.items()))
        return (f"{one.field}spec.nodeSelector{map_key(key) if key else ''}", value if key else whole)
    terms = ((one.detail.affinity.get("nodeAffinity") or {}).get(_TERMS) or {}).get("nodeSelectorTerms") or [{}]
    expressions = [
        f"{each.get('key')} {each.get('operator')} {', '.join(map(str, each.get('values') or ()))}".strip()
        for term in terms
        for each in (*(term.get("matchExpressions") or ()), *(term.get("matchFields") or ()))
    ]
    return f"{one.field}spec.affinity.nodeAffinity.{_TERMS}", "; ".join(expressions)


def _label(case: Case, one: UnwellPods) -> Fix | None:
    """Give a node the label, where the selector names one label that no node has."""
    ready = sorted(node.name for node in case.snapshot.nodes if node.ready and not _keeps_off(node, one.detail))
    selector = one.detail.node_selector
    if len(selector) != 1 or not ready:
        return None
    (key, value), node = next(iter(selector.items())), ObjectRef("Node", ready[0])
    give, take = (("label", "node", node.name, word) for word in (f"{key}={value}", f"{key}-"))
    text = "Label a node that is meant for it, or correct the selector"
    return fixes.command(node, text, give, take, "medium")


def _keeps_off(node: Node, detail: PodDetail) -> list[Taint]:
    """The taints of a node that a Pod does not tolerate."""
    return [
        taint
        for taint in node.taints
        if taint.effect in ("NoSchedule", "NoExecute")
        and not any(_tolerates(each, taint) for each in detail.tolerations)
    ]


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect not in ("", taint.effect) or toleration.key not in ("", taint.key):
        return False
    return toleration.operator == "Exists" or toleration.value == taint.value


_OF_STATE = "node.kubernetes.io/"
#: The node's own: they say that it is not ready, or is for the control plane; other rules tell why.
_BY_KUBERNETES = (_OF_STATE, "node-role.kubernetes.io/", "node.cloudprovider.kubernetes.io/")


def _tainted(case: Case) -> t.Iterator[Candidate]:
    """POD-13: the nodes that could take the Pod have a taint that it does not tolerate, or are cordoned."""
    for one, message in unscheduled(case, _OFF):
        cordoned = sorted(detail.name for detail in case.workloads.nodes if detail.unschedulable)
        if cordoned:
            others = len(cordoned) - 1
            yield _on_node(one, message, cordoned[0], "spec.unschedulable", "true", _cordon(cordoned), others)
    for one, message in unscheduled(case, _TAINT):
        fitting = [node for node in case.snapshot.nodes if node_terms.match(node, one.detail)]
        keeping = [
            (node, place, taint)
            for node in sorted(fitting, key=lambda each: each.name)
            for place, taint in enumerate(node.taints)
            if taint in _keeps_off(node, one.detail)
        ]
        own = [each for each in keeping if not each[2].key.startswith(_BY_KUBERNETES)]
        for node, place, taint in own[:1]:
            others = len({each[0].name for each in own}) - 1
            said = f"{taint.key}={taint.value}:{taint.effect}"
            yield _on_node(one, message, node.name, f"spec.taints[{place}]", said, _untaint(node.name, taint), others)
        # Where nodes without such a taint are left, something else keeps the Pod off them, which other rules tell.
        if not own and keeping and len({each[0].name for each in keeping}) == len(fitting):
            yield cause_of(
                one,
                f"{one.field}spec.tolerations tolerates no taint of the nodes that are left: "
                f"{', '.join(sorted({each[2].key for each in keeping}))}",
                field=f"{one.field}spec.tolerations",
                value="",
                **_below([each[0].name for each in keeping if each[2].key.startswith(_OF_STATE)]),
                mechanism="The scheduler binds a Pod only to a node whose taints it tolerates",
                evidence=(_said(one, message),),
                fix=_tolerate(one, keeping[0][2]),
            )


def _below(nodes: t.Sequence[str]) -> dict[str, t.Any]:
    """What a taint of a node's state says, the rules of the node tell."""
    return {"parents": tuple(ObjectRef("Node", name) for name in nodes)} if nodes else {}


#: Tolerations that admission adds to every Pod (DefaultTolerationSeconds): no template has them.
_ADDED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def _tolerate(one: UnwellPods, taint: Taint) -> Fix:
    toleration = {"key": taint.key, "operator": "Exists", "effect": taint.effect}
    own = any(each.key not in _ADDED for each in one.detail.tolerations)
    field, value = (
        (f"{one.field}spec.tolerations[-]", toleration) if own else (f"{one.field}spec.tolerations", [toleration])
    )
    return fixes.in_template(one.owner, "Let the Pod tolerate the taint, or let it run on other nodes", field, value)


def _on_node(one: UnwellPods, message: str, node: str, field: str, value: str, fix: Fix, others: int = 0) -> Candidate:
    ref = ObjectRef("Node", node)
    more = f", and {others} more nodes have one like it" if others else ""
    return cause_of(
        one,
        f"{field} is {value}{more}, so that {one.owner} gets no node",
        object=ref,
        field=field,
        value=value,
        mechanism="The scheduler binds no new Pod to a node that is cordoned, or whose taint the Pod does not tolerate",
        victims=(one.owner, *one.refs),
        evidence=(_said(one, message), Evidence("api", str(ref), f"{field} is {value}")),
        fix=fix,
    )


def _cordon(nodes: t.Sequence[str]) -> Fix:
    text = "Let the nodes take Pods again" if nodes[1:] else "Let the node take Pods again"
    return fixes.command(ObjectRef("Node", nodes[0]), text, ("uncordon", *nodes), ("cordon", *nodes), "medium")


def _untaint(node: str, taint: Taint) -> Fix:
    words = (f"{taint.key}:{taint.effect}-", f"{taint.key}={taint.value}:{taint.effect}")
    take, give = (("taint", "node", node, word) for word in words)
    text = "Take the taint away, or let the Pods tolerate it"
    return fixes.command(ObjectRef("Node", node), text, take, give, "medium")


def _port_taken(case: Case) -> t.Iterator[Candidate]:
    """POD-14: the hostPort is taken on every node that could take the Pod."""
    for one, message in unscheduled(case, NO_FREE_PORT):
        place, number = _host_port(one.pod, one.detail)
        holders = [pod for pod, detail in case.details() if pod.node and _host_port(pod, detail)[1] == number]
        held = ", ".join(sorted({str(case.owner(pod)) for pod in holders} - {str(one.owner)}))
        field = case.origin(one.pod, place)[1]
        yield cause_of(
            one,
            f"{field} is {number}, which is taken on every node{f' by {held}' if held else ''}",
            field=field,
            value=str(number),
            mechanism="A port of a node can be had by one Pod only",
            evidence=(
                _said(one, message),
                *(
                    Evidence("api", str(ref_of(pod)), f"has hostPort {number} on node {pod.node}")
                    for pod in holders[:2]
                ),
            ),
            fix=fixes.in_template(
                one.owner, "Use a Service in place of hostPort, another port, or fewer replicas than nodes", field
            )
            if field.endswith(".hostPort")
            else Fix("Let the Pod have its own network, or use another port"),
        )


def _host_port(pod: Pod, detail: PodDetail) -> tuple[str, int]:
    for container in detail.containers:
        if container.host_ports:
            return f"{container.field}.ports[0].hostPort", container.host_ports[0]
    return "spec.hostNetwork", next((port.port for each in pod.containers for port in each.ports), 0)


def _no_scheduler(case: Case) -> t.Iterator[Candidate]:
    """POD-24: nobody schedules the Pod: its scheduler does not run, or a scheduling gate keeps it back.

    A gate may be there on purpose: it is told only where something fails for want of the Pods.
    """
    for one in pods(
        case, lambda pod, detail: pod.phase == "Pending" and not pod.node and _nobody_looked(case, pod, detail)
    ):
        gates = one.detail.scheduling_gates
        field = f"{one.field}spec.{'schedulingGates[0].name' if gates else 'schedulerName'}"
        value = gates[0] if gates else one.detail.scheduler
        why = (
            "a gate that nobody has removed" if gates else "a scheduler that has not looked at the Pod: none of it runs"
        )
        said = f"Pending, and no scheduler has said why; {field} is {value}"
        yield cause_of(
            one,
            f"{field} is {value}, {why}",
            field=field,
            value=value,
            wanted="" if gates else "default-scheduler",
            stands_alone=not gates,
            mechanism="A Pod waits without any event until a scheduler that it names, and no gate, deals with it",
            evidence=(Evidence("api", str(ref_of(one.pod)), said, key=True),),
            fix=fixes.in_template(
                one.owner, "Start what removes the gate, or take it away", f"{one.field}spec.schedulingGates"
            )
            if gates
            else fixes.in_template(
                one.owner, "Start the scheduler, or use that of the cluster", field, "default-scheduler"
            ),
        )


def _nobody_looked(case: Case, pod: Pod, detail: PodDetail) -> bool:
    if detail.scheduling_gates:
        return True
    looked = condition(detail.conditions, "PodScheduled") or case.events(ref_of(pod), "FailedScheduling")
    return not looked and detail.scheduler not in ("", "default-scheduler")


RULES = (
    Rule("POD-12", "No node has what nodeSelector, affinity or spreading asks for", _NEEDS, _no_such_node),
    Rule("POD-13", "A taint or a cordon keeps the Pod off the nodes", (*_NEEDS, "node_details"), _tainted),
    Rule("POD-14", "The hostPort is taken on every node", _NEEDS, _port_taken),
    Rule("POD-24", "No scheduler deals with the Pod", (*_NEEDS, "events", "services"), _no_scheduler),
)
