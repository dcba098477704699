# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Nodes that are no Linux machines of their own: nothing is asked from them or at them, which is said once for each."""

from __future__ import annotations

from .._snapshot import node_kinds
from .._snapshot.facts import Facts
from .._snapshot.model import Node, Pod
from .selected import NotTested, Selected


def can_be_asked(selected: Selected, node: Node) -> bool:
    """Tell whether a node can be a source and a target; of one that cannot, keep the reason."""
    reason = node_kinds.unfit(node)
    if reason:
        _say(selected, node, reason)
    return not reason


def can_ask(selected: Selected, facts: Facts, pod: Pod) -> bool:
    """Tell whether a Pod can be a source; keep the reason against it, once for its node."""
    node = facts.nodes.get(pod.node)
    if node is None or node_kinds.runs_commands(node):
        return True
    _say(selected, node, node_kinds.unfit(node))
    return False


def is_reachable(selected: Selected, facts: Facts, pod: Pod) -> bool:
    """Tell whether a Pod can be a target: what a virtual node calls an address of a Pod may be none of the cluster."""
    node = facts.nodes.get(pod.node)
    if node is None or node_kinds.runs_commands(node) or not node_kinds.virtual(node):
        return True
    _say(selected, node, node_kinds.unfit(node))
    return False


def _say(selected: Selected, node: Node, reason: str) -> None:
    if node_kinds.runs_commands(node):
        item = NotTested(f"Node {node.name}", f"{reason}, which has no node ports")
    else:
        also = " and its Pods" if node_kinds.virtual(node) else " and everything from its Pods"
        item = NotTested(f"Node {node.name}{also}", f"{reason}, and no probe can run there")
    if item not in selected.not_tested:
        selected.not_tested.append(item)
