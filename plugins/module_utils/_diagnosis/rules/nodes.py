# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer node: what conditions, leases and the kubelets' answers to the API server show of nodes.

What only the machine itself could tell is said to need node state.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import NodeAnswer
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.moments import seconds

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, RuledOut, Scope
from ..reach import to_pods
from ..rule import Candidate, Predicate, Rule
from .cluster_state import (
    NEEDS_NODE,
    age,
    is_reached,
    kubelet_answer,
    node_details,
    pods_on,
    refused_certificates,
    to_node,
    unready,
    victims_of,
)

_NEEDS = ("pods", "nodes", "node_details")
_RUNTIME = re.compile(
    r"container runtime is down|PLEG is not healthy|container runtime status check may not have completed"
    r"|rpc error: code = Unavailable"
)
_CNI = re.compile(r"NetworkPluginNotReady|cni plugin not initialized|cni config uninitialized|NetworkReady=false")
_NO_ADDRESS = re.compile(
    r"no IP addresses available in range set|failed to assign an IP address to container|no available IPs?\b"
    r"|no more (?:free )?(?:IPs|addresses)|(?:pool|range|CIDR|subnet)\S* (?:is )?(?:exhausted|full)|no free IPs?\b",
    re.IGNORECASE,
)
_SKEW_S, _SKEW_BEHIND_S, _SKEW_ERROR_S = 5, 30, 60  #: a request that is slow looks like a clock that is behind
_REFUSED = "connection refused"


def _of_node(case: Case, name: str, sentence: str, **more: t.Any) -> Candidate:
    """A node that does not do its work: what suffers from that is below it."""
    ref = ObjectRef("Node", name)
    own: dict[str, t.Any] = {
        "severity": "critical",
        "field": "status.conditions",
        "victims": victims_of(case, name),
        "explains": to_node(case, name),
        "stands_alone": True,
        "scope": Scope(1, len(case.snapshot.nodes), "nodes", (name,)),
    }
    return Candidate(ref, f"{ref}: {sentence}", **{**own, **more})


def _said(name: str, ready: Condition, key: bool = True) -> Evidence:
    words = f"Ready is {ready.status}, {ready.reason}: {ready.message}"
    return Evidence("api", f"Node {name} condition Ready", f"{words} (since {ready.since})", key=key)


def _lease(case: Case, detail: NodeDetail) -> tuple[Evidence, ...]:
    old = age(case, detail.lease)
    if old is None:
        return ()
    return (Evidence("api", f"Lease kube-node-lease/{detail.name}", f"was renewed {old:.0f} s before the snapshot"),)


def _asked(answer: NodeAnswer | None) -> tuple[Evidence, ...]:
    if answer is None:
        return ()
    says = f"{answer.status} {answer.says}".strip() if answer.status else answer.says
    return (Evidence("probe", f"API server to the kubelet of {answer.node}", f"/healthz: {says}"),)


def _kind(ready: Condition, answer: NodeAnswer | None, lives: bool = False) -> str:
    """The code that a Node that is not ready belongs to; C(lives): its Pods answer.

    A kubelet asks the API server whether a caller may ask it. Where it does not reach the API server, it takes a
    connection and says nothing for long; where it does not run, its machine refuses the connection at once.
    """
    if ready.status == "False" and _RUNTIME.search(ready.message):
        return "NODE-02"
    if ready.status == "False" and _CNI.search(ready.message):
        return "NODE-03"
    runs = answer is not None and (is_reached(answer) or (lives and not answer.status))
    return "NODE-09" if ready.status == "Unknown" and runs else "NODE-01"


def _lives(case: Case, name: str) -> bool:
    """Whether a Pod of a node answered a check from another node."""
    there = {ref_of(pod) for pod in pods_on(case, name)}
    return any(about.asked in there and about.asker not in there for about in case.answered)


def _kubelet_down(case: Case) -> t.Iterator[Candidate]:
    """NODE-01: the kubelet does not run, or the machine is down."""
    for node, detail, ready in unready(case):
        answer = kubelet_answer(case, node.name)
        if _kind(ready, answer, _lives(case, node.name)) != "NODE-01":
            continue
        refuses = answer is not None and _REFUSED in answer.says
        if ready.status == "Unknown":
            what = "its kubelet does not run" if refuses else "its kubelet is not heard of"
            why = f", and port 10250 refuses: {NEEDS_NODE} to tell why it ended" if refuses else ""
            if answer and not refuses:
                why = f", nor reached: machine or kubelet down, or cut off; {NEEDS_NODE} to tell which"
        else:
            what, why = "it is not ready", f": {ready.message or ready.reason}; {NEEDS_NODE} to tell more"
        last = age(case, detail.lease)
        since = f"; its Lease was renewed {last:.0f} s ago" if last is not None and ready.status == "Unknown" else ""
        yield _of_node(
            case,
            node.name,
            f"condition Ready is {ready.status}, {what}{since}{why}",
            value=f"Ready={ready.status}",
            wanted="Ready=True",
            certainty="certain" if refuses or answer is None else "strong",
            mechanism="A kubelet that does not post its status is taken for lost: its Pods leave their Services, and "
            "after their tolerations they are deleted",
            evidence=(_said(node.name, ready), *_lease(case, detail), *_asked(answer)),
            ruled_out=(RuledOut("NODE-09", f"its kubelet does not answer the API server: {answer.says}"),)
            if answer and not is_reached(answer)
            else (),
            fix=Fix(f"On {node.name}, see systemctl status kubelet and journalctl -u kubelet, then start the kubelet"),
        )


def _runtime_down(case: Case) -> t.Iterator[Candidate]:
    """NODE-02: the container runtime does not answer the kubelet."""
    for node, _detail, ready in unready(case):
        answer = kubelet_answer(case, node.name)
        if _kind(ready, answer) == "NODE-02":
            yield _of_node(
                case,
                node.name,
                f"condition Ready is False: {ready.message[:160]}",
                value=f"Ready={ready.status}",
                wanted="Ready=True",
                mechanism="The kubelet starts and ends containers by the runtime; those that run go on",
                evidence=(_said(node.name, ready), *_asked(answer)),
                ruled_out=(RuledOut("NODE-01", "the kubelet posts its status"),),
                fix=Fix(f"On {node.name}, see systemctl status containerd (or crio) and its journal, then start it"),
            )


def _no_cni(case: Case) -> t.Iterator[Candidate]:
    """NODE-03: the network plugin is not set up."""
    for node, _detail, ready in unready(case):
        if _kind(ready, None) == "NODE-03":
            yield _of_node(
                case,
                node.name,
                f"condition Ready is False, because the network plugin is not set up: {ready.message[:160]}",
                value=f"Ready={ready.status}",
                wanted="Ready=True",
                mechanism="Without a configuration in /etc/cni/net.d the runtime gives no Pod a network; Pods with "
                "hostNetwork, and those that run, go on",
                evidence=(_said(node.name, ready),),
                ruled_out=(RuledOut("NODE-02", "the runtime answers: only its network is not ready"),),
                fix=Fix(
                    f"See the Pod of the network plugin on {node.name}, which writes /etc/cni/net.d, or put it back"
                ),
            )


def _cut_off(case: Case) -> t.Iterator[Candidate]:
    """NODE-09: the kubelet runs and is reached, but does not reach the API server."""
    for node, detail, ready in unready(case):
        answer = kubelet_answer(case, node.name)
        lives = _lives(case, node.name)
        if answer is None or _kind(ready, answer, lives) != "NODE-09" or refused_certificates(case):
            continue  # CP-05 tells that it is not let in
        answers = is_reached(answer)
        runs = "runs and answers the API server" if answers else "takes connections, and its Pods answer"
        last = age(case, detail.lease)
        since = f"; its Lease was renewed {last:.0f} s ago" if last is not None else ""
        yield _of_node(
            case,
            node.name,
            f"condition Ready is Unknown, though its kubelet {runs}{since}: the node does not "
            f"reach the API server at {case.snapshot.server}",
            certainty="strong",
            value=f"Ready={ready.status}",
            wanted="Ready=True",
            mechanism="The kubelet renews its Lease and posts its status by connections of its own to the API server; "
            "a firewall, a route, a name or a certificate on this way stops them",
            evidence=(_said(node.name, ready, key=False), *_lease(case, detail), *_key(_asked(answer))),
            ruled_out=(RuledOut("NODE-01", f"the kubelet answers: {answer.status} {answer.says}"),)
            if answers
            else (RuledOut("NODE-01", "port 10250 does not refuse, as it does where no kubelet runs"),),
            fix=Fix(f"On {node.name}, see journalctl -u kubelet, and let it reach the server of its kubeconfig"),
        )


def _key(evidence: t.Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(Evidence(one.kind, one.about, one.says, key=True) for one in evidence)


def _not_reached(case: Case) -> t.Iterator[Candidate]:
    """NODE-06: the API server does not reach the kubelet of a node that is ready."""
    down = {node.name for node, _detail, _ready in unready(case)}
    for node in case.snapshot.nodes:
        answer = kubelet_answer(case, node.name)
        if answer is None or node.name in down or not node.ready or is_reached(answer):
            continue
        others = sum(is_reached(one) for one in case.workloads.node_answers)
        port = node.kubelet_port or 10250
        ref = ObjectRef("Node", node.name)
        address = next(iter(node.internal_ips), node.name)
        yield Candidate(
            ref,
            f"{ref}: the API server does not reach its kubelet at {address}:{port}, although the node is ready: "
            f"{answer.says}",
            certainty="certain" if others or "dial tcp" in answer.says else "strong",
            field="status.addresses",
            value=f"{address}:{port}",
            mechanism="The kubelet reports to the API server; logs, exec, port-forward and metrics go the other way",
            explains=_to_port(ref, port),
            stands_alone=True,
            scope=Scope(1, len(case.snapshot.nodes), "nodes", (node.name,)),
            evidence=_key(_asked(answer)) + (Evidence("api", str(ref), "condition Ready is True"),),
            ruled_out=(RuledOut("NODE-01", "the node is ready: its kubelet posts its status"),),
            fix=Fix(f"Let the control plane reach TCP {port} of {node.name}; {NEEDS_NODE} to tell what drops it"),
        )


def _to_port(ref: ObjectRef, port: int) -> Predicate:
    return lambda about: about.asked == ref and about.target.get("port") == port


def _no_address(case: Case) -> t.Iterator[Candidate]:
    """NODE-04: the node has no address left for a Pod."""
    found: dict[str, list[t.Any]] = {}
    for pod, _detail in case.details():
        events = case.events(ref_of(pod), "FailedCreatePodSandBox")
        if pod.node and not pod.ips and not pod.finished and events and _NO_ADDRESS.search(events[0].message):
            found.setdefault(pod.node, []).append((pod, events[0]))
    nodes = {node.name: node for node in case.snapshot.nodes}
    for name, waiting in sorted(found.items()):
        pods = [pod for pod, _event in waiting]
        cidrs = ", ".join(nodes[name].pod_cidrs) if name in nodes else ""
        have = sum(bool(pod.ips) and not pod.host_network for pod in pods_on(case, name))
        owners = dict.fromkeys(case.owner(pod) for pod in pods)
        ref = ObjectRef("Node", name)
        yield Candidate(
            ref,
            f"{ref}: spec.podCIDR {cidrs} has no address left for a Pod; {len(pods)} Pods wait for one: "
            f"{_clause(waiting[0][1].message)}",
            field="spec.podCIDR",
            value=cidrs,
            mechanism="The network plugin gives each Pod an address of the node's range; none is left, because the "
            "range is used up, or because reservations of Pods that are gone were not given back",
            victims=(*(ref_of(pod) for pod in pods), *owners),
            explains=to_pods(case, pods),
            stands_alone=True,
            scope=Scope(1, len(case.snapshot.nodes), "nodes", (name,)),
            evidence=(
                Evidence("event", str(ref_of(pods[0])), f"FailedCreatePodSandBox: {waiting[0][1].message}", key=True),
                Evidence("api", str(ref), f"{have} Pods of the snapshot have an address there"),
            ),
            fix=fixes.command(
                ref,
                f"Run the Pods on other nodes, and free reservations that no Pod has on {name} ({NEEDS_NODE})",
                ("cordon", name),
                ("uncordon", name),
                "medium",
            ),
        )


def _clause(message: str) -> str:
    match = _NO_ADDRESS.search(message)
    return message[match.start() : match.start() + 120].rstrip("\"' ") if match else message[:120]


def _clock(case: Case) -> t.Iterator[Candidate]:
    """NODE-07: the clock of a node differs from the API server's."""
    for name, detail in sorted(node_details(case).items()):
        ahead = seconds(detail.lease_written, detail.lease) or 0.0
        if -_SKEW_BEHIND_S <= ahead <= _SKEW_S:
            continue
        ref = ObjectRef("Node", name)
        way = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'}"
        yield Candidate(
            ref,
            f"{ref}: its clock is {way} the API server's",
            certainty="certain" if ahead > 0 or -ahead > _SKEW_ERROR_S else "strong",
            severity="error" if abs(ahead) > _SKEW_ERROR_S else "warning",
            field="",
            value=way,
            mechanism="Tokens and certificates are not valid yet, or not any more, by a clock that is wrong, and what "
            "goes by the time of Leases and events is misled",
            explains=to_node(case, name),
            stands_alone=True,
            scope=Scope(1, len(case.snapshot.nodes), "nodes", (name,)),
            evidence=(
                Evidence(
                    "api",
                    f"Lease kube-node-lease/{name}",
                    f"spec.renewTime, by the node's clock, is {detail.lease}; the API server wrote it at "
                    f"{detail.lease_written} by its own",
                    key=True,
                ),
            ),
            fix=Fix(f"On {name}: timedatectl set-ntp true; with chrony, chronyc makestep"),
        )


RULES = (
    Rule("NODE-01", "The kubelet of a node does not run, or its machine is down", _NEEDS, _kubelet_down),
    Rule("NODE-02", "The container runtime of a node is down", _NEEDS, _runtime_down),
    Rule("NODE-03", "The network plugin of a node is not set up", _NEEDS, _no_cni),
    Rule("NODE-04", "A node has no address left for Pods", (*_NEEDS, "details", "events"), _no_address),
    Rule("NODE-06", "The API server does not reach the kubelet of a node", (*_NEEDS, "node_answers"), _not_reached),
    Rule("NODE-07", "The clock of a node is wrong", (*_NEEDS, "node_leases"), _clock),
    Rule("NODE-09", "A node does not reach the API server", (*_NEEDS, "node_answers"), _cut_off),
)
