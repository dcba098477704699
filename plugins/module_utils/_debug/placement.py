# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""On which nodes debug Pods land: what the user said, what the cluster has, and whether a Pod is where it should be.

One node by name skips the scheduler (C(spec.nodeName)); a choice among nodes goes through it, so its reasons are heard.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._bad_input import BadInput
from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._selectors import Requirement, matches, parse
from . import start, troubles
from .types import Refusal, Refused, Trouble

TOLERATE_ALL = ({"operator": "Exists"},)  #: lands on cordoned, tainted and control-plane nodes
_MOST_SHOWN = 8


@dataclasses.dataclass(frozen=True)
class Choice:
    """What the user said about nodes.

    Attributes:
        nodes: names; one Pod on each.
        selectors: label selectors as C(kubectl -l), all of which a node must meet.
        every: one Pod on each node that meets them (without any: on every node), instead of one on any of them.
    """

    nodes: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    every: bool = False

    @property
    def free(self) -> bool:
        """Whether any node will do."""
        return not (self.nodes or self.selectors or self.every)

    def requirements(self) -> list[Requirement]:
        """The selectors, read.

        Raises:
            BadInput: one is none.
        """
        try:
            return [requirement for text in self.selectors for requirement in parse(text)]
        except ValueError as error:
            raise BadInput(f"node_selectors: {error}") from None


@dataclasses.dataclass(frozen=True)
class Slot:
    """Where one Pod goes.

    Attributes:
        node: its node by name, or an empty string where the scheduler chooses.
        affinity: C(nodeSelectorTerms) for the scheduler.
        expected: the nodes it may land on; empty means that they are not known.
        trouble: why nothing can start there, where that is known beforehand.
    """

    node: str = ""
    affinity: tuple[dict[str, t.Any], ...] = ()
    expected: tuple[str, ...] = ()
    trouble: Trouble | None = None


Unfit = t.Callable[[t.Mapping[str, t.Any]], str]


def _fit(_node: t.Mapping[str, t.Any]) -> str:
    return ""


def slots(api: Api, choice: Choice, what: str, unfit: Unfit = _fit, labels: t.Sequence[Requirement] = ()) -> list[Slot]:
    """Return where the Pods go, in the order of the nodes' names.

    Without the right to list nodes, names and selectors are still good: the API server and the scheduler judge them.

    Args:
        api: the API server.
        choice: what the user said.
        what: the object, for a refusal.
        unfit: says why no Pod of ours can run on a node, such as a virtual one; no Pod is created for that one.
        labels: what C(unfit) looks at, as far as the scheduler can: it tolerates what keeps other Pods away.

    Raises:
        Refused: no node is so called (C(no_such_node)), or none that Pods can run on meets the selectors (C(no_match)).
        ClusterError: every node is wanted, and they may not be listed.
    """
    requirements = choice.requirements()
    if choice.free:
        return [Slot()]
    try:
        found = {
            str(node["metadata"]["name"]): node
            for node in api.list("/api/v1/nodes", {"labelSelector": ",".join(choice.selectors)}, "list nodes")
        }
    except ClusterError as error:
        if error.reason != "forbidden" or (choice.every and not choice.nodes):
            raise
        return [Slot(name) for name in choice.nodes] or [Slot(affinity=_affinity([*requirements, *labels]))]
    if choice.nodes:
        return [_named(name, found, choice, what, unfit) for name in dict.fromkeys(choice.nodes)]
    if not found:
        raise Refused(_none_match(api, choice, requirements, what))
    if choice.every:
        return [_at(name, found[name], unfit) for name in sorted(found)]
    return [_any(found, choice, what, unfit, [*requirements, *labels])]


def _any(
    found: t.Mapping[str, t.Any], choice: Choice, what: str, unfit: Unfit, requirements: t.Sequence[Requirement]
) -> Slot:
    """One of some nodes, as the scheduler has it, without those that no Pod of ours can run on."""
    reasons = {name: reason for name in sorted(found) if (reason := unfit(found[name]))}
    fit = tuple(name for name in sorted(found) if name not in reasons)
    if not fit:
        named = "; ".join(f"node {name}: {reason}" for name, reason in list(reasons.items())[:_MOST_SHOWN])
        message = f"no Pod can run on any of the nodes that match {', '.join(choice.selectors)}: {named}"
        raise Refused(Refusal("no_match", what, message, "choose a label of other nodes"))
    # The labels leave most of them out; a field is compared with one value (ValidateNodeFieldSelectorRequirement).
    others = [name for name in reasons if matches(requirements, found[name]["metadata"].get("labels") or {})]
    return Slot(affinity=_affinity(requirements, others), expected=fit)


def landed(slot: Slot, pod: t.Mapping[str, t.Any]) -> Trouble | None:
    """Say what is wrong where a Pod runs on another node than was asked for (a field that the API server dropped)."""
    node = (pod.get("spec") or {}).get("nodeName", "")
    wanted = (slot.node,) if slot.node else slot.expected
    if not wanted or node in wanted:
        return None
    return Trouble("wrong_node", True, f"it runs on node {node} instead of {_some(wanted)}")


def _at(name: str, node: t.Mapping[str, t.Any], unfit: Unfit) -> Slot:
    reason = unfit(node)
    trouble = (
        troubles.trouble("unfit_node", f"node {name}: {reason}", node=name) if reason else start.node_trouble(node)
    )
    return Slot(name, expected=(name,), trouble=trouble)


def _named(name: str, found: t.Mapping[str, t.Any], choice: Choice, what: str, unfit: Unfit) -> Slot:
    if name not in found:
        meets = f" that matches {', '.join(choice.selectors)}" if choice.selectors else ""
        message = f"there is no node {name!r}{meets}; existing nodes are {_some(sorted(found))}"
        raise Refused(Refusal("no_such_node", what, message, "name one of them"))
    return _at(name, found[name], unfit)


def _none_match(api: Api, choice: Choice, requirements: t.Sequence[Requirement], what: str) -> Refusal:
    """Say which of the selectors no node meets, and what the nodes have instead."""
    nodes = list(api.list("/api/v1/nodes", {}, "list nodes"))
    labels = [node["metadata"].get("labels") or {} for node in nodes]
    said = []
    for requirement in requirements:
        key = requirement[0]
        if not any(matches([requirement], each) for each in labels):
            has = sorted({each[key] for each in labels if key in each})
            said.append(f"label {key} is {_some(has)} on the nodes that have it" if has else f"no node has label {key}")
    why = "; ".join(said) or "each selector matches some node, but no node matches all of them"
    message = f"none of the {len(nodes)} nodes matches {', '.join(choice.selectors)}: {why}"
    return Refusal("no_match", what, message, "choose a label that kubectl get nodes --show-labels lists")


def _affinity(requirements: t.Sequence[Requirement], without: t.Iterable[str] = ()) -> tuple[dict[str, t.Any], ...]:
    """One C(nodeSelectorTerm): the operators of C(v1 NodeSelectorRequirement) have the same names."""
    expressions = [
        {"key": key, "operator": operator, **({"values": list(values)} if values else {})}
        for key, operator, values in requirements
    ]
    fields = [{"key": "metadata.name", "operator": "NotIn", "values": [name]} for name in without]
    term = {name: part for name, part in (("matchExpressions", expressions), ("matchFields", fields)) if part}
    return (term,) if term else ()


def _some(names: t.Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_MOST_SHOWN])
    return f"{shown} and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else shown or "none"
