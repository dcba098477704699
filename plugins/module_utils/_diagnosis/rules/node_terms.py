# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Whether the terms of a Pod let it run on a node: C(nodeSelector), and the required part of C(nodeAffinity). Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail

_Term = t.Mapping[str, t.Any]


def match(node: Node, detail: PodDetail) -> bool:
    """Tell whether the labels and the name of a node meet the terms; its taints and its resources are other matters."""
    if not detail.node_selector.items() <= node.labels.items():
        return False
    required = (detail.affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    terms = required.get("nodeSelectorTerms") or () if required else None
    return terms is None or any(_meets(node, term) for term in terms)  # of the terms, one is enough


def _meets(node: Node, term: _Term) -> bool:
    of_labels, of_fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not of_labels and not of_fields:
        return False  # an empty term matches nothing (API reference, NodeSelectorTerm)
    fields = {"metadata.name": node.name}
    return all(_holds(each, node.labels) for each in of_labels) and all(_holds(each, fields) for each in of_fields)


def _holds(expression: _Term, labels: t.Mapping[str, str]) -> bool:
    key, operator = str(expression.get("key")), expression.get("operator")
    values = [str(value) for value in expression.get("values") or ()]
    if operator in ("Gt", "Lt"):
        has, wanted = labels.get(key, ""), values[0] if values else ""
        if not (has.lstrip("-").isdecimal() and wanted.lstrip("-").isdecimal()):
            return False
        return int(has) > int(wanted) if operator == "Gt" else int(has) < int(wanted)
    return _selectors.matches([(key, str(operator), tuple(values))], labels)
