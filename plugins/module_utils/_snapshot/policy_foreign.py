# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Policies of kinds that are not evaluated: whom could one of them select?

Answers lean towards yes: what cannot be read as a label selector selects. The shape of the spec decides, not the kind:
Cilium has C(endpointSelector) or C(nodeSelector), Calico has C(selector), an expression in a language of its own.
"""

from __future__ import annotations

import typing as t

from .. import _selectors as selectors
from .fields import Json, mapping
from .model import ForeignPolicy, Pod

_POD_NAMESPACE = "io.kubernetes.pod.namespace"


class ForeignIndex:
    """The policies of a snapshot that are not evaluated, with whom they could select."""

    def __init__(self, policies: t.Sequence[ForeignPolicy]) -> None:
        self._policies = policies
        self._touching: dict[str, list[str]] = {}

    def touching(self, pod: Pod | None, node: str) -> list[str]:
        """Name the policies that could select a Pod, or a node where there is no Pod; none for an outside address."""
        key = pod.id if pod else node
        if key not in self._touching:
            self._touching[key] = [
                policy.id
                for policy in self._policies
                if (_selects_pod(policy, pod) if pod else bool(node) and _selects_nodes(policy))
            ]
        return self._touching[key]


def _selects_pod(policy: ForeignPolicy, pod: Pod) -> bool:
    if policy.namespace not in ("", pod.namespace):
        return False
    try:
        return _may_select(policy.spec, pod)
    except ValueError:
        return True


def _may_select(spec: Json, pod: Pod) -> bool:
    if spec.get("endpointSelector") is not None:
        labels = {**pod.labels, _POD_NAMESPACE: pod.namespace}
        return selectors.matches(_cilium(mapping(spec, "endpointSelector")), labels)
    return "nodeSelector" not in spec


def _selects_nodes(policy: ForeignPolicy) -> bool:
    """Whether it could select a node: Cilium's for the host, Calico's for a HostEndpoint."""
    return not policy.namespace and "endpointSelector" not in policy.spec


def _cilium(selector: Json) -> list[selectors.Requirement]:
    """Read a selector of Cilium, whose keys may say where a label comes from; what cannot be read is no requirement."""
    found = []
    for key, operator, values in selectors.of_object(selector):
        source, _colon, name = key.rpartition(":")
        if source in ("", "any", "k8s") and not name.startswith("io.cilium."):
            found.append((name, operator, values))
    return found
