# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer egress: what Pods send out of the cluster does not arrive."""

from __future__ import annotations

import dataclasses
import typing as t

from ..about import About
from ..case import Case
from ..finding import Evidence, Fix, ObjectRef, RuledOut, Scope
from ..rule import Candidate, Rule

_SILENT = ("timeout",)
_NO_WAY = ("no_route", "unreachable_fast")


_Way = tuple[str, str]  #: node, family


@dataclasses.dataclass
class _Out:
    """What the sources of one node, or all of them, were told by addresses outside the cluster.

    Attributes:
        failed: of Pods with a network of their own.
        answered: of such Pods.
        by_node: answered to the node itself, or to a Pod in its network.
        node_failed: the same, without an answer.
    """

    failed: list[About] = dataclasses.field(default_factory=list)
    answered: list[About] = dataclasses.field(default_factory=list)
    by_node: list[About] = dataclasses.field(default_factory=list)
    node_failed: list[About] = dataclasses.field(default_factory=list)


def _is_outside(about: About) -> bool:
    return about.target.get("kind") == "host" and not about.is_lookup and bool(about.source.get("node"))


def _of_nodes(case: Case) -> dict[_Way, _Out]:
    """What left each node, by its name and the family of addresses."""
    return case.once("what leaves the nodes", _find_of_nodes)


def _find_of_nodes(case: Case) -> dict[_Way, _Out]:
    found: dict[_Way, _Out] = {}
    for about in (*case.failing, *case.answered):
        if _is_outside(about) and about.cell.verdict in ("fail", "pass"):
            out = found.setdefault((str(about.source["node"]), about.cell.family), _Out())
            names = ("node_failed", "by_node") if _in_node_network(case, about) else ("failed", "answered")
            getattr(out, names[about.answered]).append(about)
    return found


def _in_node_network(case: Case, about: About) -> bool:
    asker = about.asker
    if asker is None or asker.kind == "Node":
        return True
    pod = case.facts.pods.get(f"{asker.namespace}/{asker.name}")
    return pod is not None and pod.host_network


@dataclasses.dataclass
class _CutOff(_Out):
    """A node whose Pods were answered by nobody outside, and failed in one way: in some families of addresses.

    Attributes:
        node: its name.
        families: in which that is so; what failed or was answered is in these.
    """

    node: str = ""
    families: list[str] = dataclasses.field(default_factory=list)


def _cut_off(case: Case, outcomes: t.Container[str]) -> list[_CutOff]:
    found: dict[str, _CutOff] = {}
    for (node, family), out in sorted(_of_nodes(case).items()):
        if out.failed and not out.answered and all(about.cell.outcome in outcomes for about in out.failed):
            one = found.setdefault(node, _CutOff(node=node))
            one.families.append(family)
            one.failed += out.failed
            one.by_node += out.by_node
            one.node_failed += out.node_failed
    return list(found.values())


def _answered_elsewhere(case: Case, out: _CutOff) -> dict[str, About]:
    """An answer to a Pod of each other node, in the same family."""
    every = _of_nodes(case).items()
    return {
        node: other.answered[0]
        for (node, family), other in every
        if node != out.node and family in out.families and other.answered
    }


def _not_masqueraded(case: Case) -> t.Iterator[Candidate]:
    """EGR-01: the node reaches the outside, and its Pods do not: answers to their own addresses do not come back."""
    for out in _cut_off(case, _SILENT):
        node, others = out.node, _answered_elsewhere(case, out)
        if (out.node_failed and not out.by_node) or not (out.by_node or others):
            continue
        ref = ObjectRef("Node", node)
        told = "while the node itself is answered" if out.by_node else f"while those of {', '.join(others)} are"
        first = out.failed[0].cell
        evidence = [
            Evidence("probe", f"check {first.id}", f"{first.source} asks {first.asked}: {first.reason}", key=True)
        ]
        well = (out.by_node or list(others.values()))[0].cell
        evidence.append(Evidence("probe", f"check {well.id}", f"{well.source} asks {well.asked}, and is answered"))
        yield Candidate(
            ref,
            f"{ref}: addresses outside the cluster do not answer its Pods, {told}: they leave without masquerade",
            certainty="strong" if out.by_node else "hint",
            value="Pods leave the node with their own address",
            wanted="the node's address in its place",
            mechanism="Nobody outside the cluster has a route to the address of a Pod, so the answers are lost",
            explains=_from_node(case, out, _SILENT),
            predicts=_from_node(case, out, ()),
            scope=Scope(len({about.cell.source for about in out.failed}), 0, "sources", (node,)),
            evidence=tuple(evidence),
            ruled_out=(RuledOut("POL-02", "no NetworkPolicy closes it"),),
            fix=Fix(
                f"Let the network plugin masquerade what leaves the cluster on {node} (ipMasq: true of the CNI, "
                "--ip-masq of flannel, the blocks of ip-masq-agent); the rules that are there need node state"
            ),
        )


def _from_node(case: Case, out: _CutOff, outcomes: t.Container[str]) -> t.Callable[[About], bool]:
    def matches(about: About) -> bool:
        mine = _is_from(about, (out.node,), out.families) and not _in_node_network(case, about)
        return mine and (not outcomes or about.cell.outcome in outcomes)

    return matches


def _no_way_out(case: Case) -> t.Iterator[Candidate]:
    """EGR-02: a node has no route out, or nothing comes back to it at all."""
    for out in _cut_off(case, _NO_WAY):
        yield _without_route(case, out)
    silent = [out for out in _cut_off(case, _SILENT) if not out.by_node]
    families = {family for out in silent for family in out.families}
    everywhere = {node for node, family in _of_nodes(case) if family in families} == {out.node for out in silent}
    for group in [silent] if everywhere and silent else [[out] for out in silent if out.node_failed]:
        yield _dropped(group)


def _without_route(case: Case, out: _CutOff) -> Candidate:
    node = out.node
    ref = ObjectRef("Node", node)
    first = out.failed[0]
    own = [str(route) for route in first.source.get("routes") or () if str(route).startswith("default")]
    said = f"the Pod has {own[0]}, so that the node says it" if own else "the Pod has no default route"
    others = _answered_elsewhere(case, out)
    rest = f"; Pods on {', '.join(others)} are answered" if others else ""
    cell = first.cell
    nodes_too = [about for about in out.node_failed if about.cell.outcome in _NO_WAY]
    return Candidate(
        ref,
        f"{ref} has no route to addresses outside the cluster: its Pods are told so at once{rest}",
        certainty="certain" if nodes_too else "strong",
        value="no default route",
        wanted="a default route",
        mechanism="What leaves a Pod is routed by its node, which refuses what it has no route for",
        explains=lambda about: _is_from(about, (node,), out.families) and about.cell.outcome in _NO_WAY,
        predicts=_from_node(case, out, ()),
        scope=Scope(len({about.cell.source for about in out.failed}), 0, "sources", (node,)),
        evidence=(
            Evidence("probe", f"check {cell.id}", f"{cell.source} asks {cell.asked}: {cell.reason}", key=True),
            Evidence("probe", f"routes of {cell.source}", said),
            *(
                Evidence("probe", f"check {one.cell.id}", f"{one.cell.source} asks {one.cell.asked}: {one.cell.reason}")
                for one in nodes_too[:1]
            ),
        ),
        fix=Fix(
            f"Give {node} its default route back (`ip route` on it shows those that it has: this needs node state)"
        ),
    )


def _is_from(about: About, nodes: t.Container[str], families: t.Container[str]) -> bool:
    return _is_outside(about) and about.source.get("node") in nodes and about.cell.family in families


def _dropped(silent: t.Sequence[_CutOff]) -> Candidate:
    nodes = tuple(out.node for out in silent)
    families = {family for out in silent for family in out.families}
    ref = ObjectRef("Node", nodes[0])
    failed = [about for out in silent for about in out.failed]
    told = [about for out in silent for about in out.node_failed]
    cell = failed[0].cell
    targets = sorted({about.cell.asked for about in failed})
    whose = f"{', '.join(nodes)} and of their Pods" if told else f"Pods on {', '.join(nodes)}"
    return Candidate(
        ref,
        f"{ref}: no address outside the cluster that was asked answers {whose} ({', '.join(targets[:3])})",
        certainty="strong" if told and len(targets) > 1 else "hint",
        value="no answer",
        mechanism="A firewall or a gateway behind the nodes drops what leaves them, or what comes back",
        explains=lambda about: _is_from(about, nodes, families) and about.cell.outcome in _SILENT,
        scope=Scope(len({about.cell.source for about in failed}), 0, "sources", nodes),
        evidence=(Evidence("probe", f"check {cell.id}", f"{cell.source} asks {cell.asked}: {cell.reason}", key=True),),
        ruled_out=(RuledOut("EGR-01", "the node itself gets no answer either"),) if told else (),
        fix=Fix(
            f"Ask who runs the network to let {', '.join(nodes)} connect to {', '.join(targets[:3])}; where packets "
            "are dropped needs node state"
        ),
    )


RULES = (
    Rule("EGR-01", "Pods leave their node without masquerade", ("cells",), _not_masqueraded),
    Rule("EGR-02", "A node has no way out of the cluster", ("cells",), _no_way_out),
)
