# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Policies of kinds that are not evaluated: whom could one of them select?

Answers lean towards yes: what cannot be read as a label selector selects. The shape of the spec decides, not the kind:
Cilium has C(endpointSelector) or C(nodeSelector), Calico has C(selector), an expression in a language of its own,
Antrea has C(appliedTo). Policies of a mesh touch the Pods of that mesh only, and OpenShift's egress firewalls what
their namespace sends out of the cluster.
"""

from __future__ import annotations

import typing as t

from .. import _selectors as selectors
from . import mesh
from .fields import Json, mapping, mappings
from .model import ForeignPolicy, Pod
from .policy_rules import Spaces

#: Kinds that a mesh enforces, with its name.
_OF_MESH = {"Istio AuthorizationPolicy": "istio", "Linkerd Server": "linkerd", "MeshTrafficPermission": "kuma"}
#: Namespaces whose policies of a mesh are for all of it (Istio's root namespace, Kuma's system namespace).
_OF_WHOLE_MESH = {"istio": (mesh.ISTIO_ROOT,), "kuma": ("kuma-system", "kong-mesh-system")}
_OF_EGRESS = ("EgressFirewall", "EgressNetworkPolicy")
_POD_NAMESPACE = "io.kubernetes.pod.namespace"


class ForeignIndex:
    """The policies of a snapshot that are not evaluated, with whom they could select."""

    def __init__(self, policies: t.Sequence[ForeignPolicy], spaces: Spaces) -> None:
        self._policies, self._spaces = policies, spaces
        self._touching: dict[str, list[ForeignPolicy]] = {}

    def touching(self, pod: Pod | None, node: str, direction: str = "", inside: bool = False) -> list[str]:
        """Name the policies that could select a Pod, or a node where there is no Pod; none for an outside address.

        Args:
            pod: the Pod.
            node: the node, where there is no Pod.
            direction: C(Ingress) or C(Egress); empty for both.
            inside: whether the other end is a Pod, so that nothing leaves the cluster.
        """
        key = pod.id if pod else node
        if key not in self._touching:
            self._touching[key] = [
                policy
                for policy in self._policies
                if (self._selects_pod(policy, pod) if pod else bool(node) and _selects_nodes(policy))
            ]
        skipped = _OF_EGRESS if inside or direction == "Ingress" else ()
        return [policy.id for policy in self._touching[key] if policy.kind not in skipped]

    def _selects_pod(self, policy: ForeignPolicy, pod: Pod) -> bool:
        enforcer = _OF_MESH.get(policy.kind)
        if enforcer:
            own = mesh.of_pod(pod, self._spaces.labels(pod.namespace))
            if own is None or own.name != enforcer:
                return False
        return _selects_pod(self._spaces, policy, pod)


def _selects_pod(spaces: Spaces, policy: ForeignPolicy, pod: Pod) -> bool:
    everywhere = policy.namespace in _OF_WHOLE_MESH.get(_OF_MESH.get(policy.kind, ""), ())
    if policy.namespace not in ("", pod.namespace) and not everywhere:
        return False
    try:
        return _may_select(spaces, policy.spec, pod)
    except ValueError:
        return True


def _may_select(spaces: Spaces, spec: Json, pod: Pod) -> bool:
    if spec.get("endpointSelector") is not None:
        labels = {**pod.labels, _POD_NAMESPACE: pod.namespace}
        return selectors.matches(_cilium(mapping(spec, "endpointSelector")), labels)
    if isinstance(spec.get("selector"), dict):  # Istio's; an expression of Calico's is a string
        return selectors.matches(selectors.of_object(mapping(spec, "selector")), pod.labels)
    if spec.get("podSelector") is not None:  # Linkerd's
        return selectors.matches(selectors.of_object(mapping(spec, "podSelector")), pod.labels)
    if spec.get("appliedTo"):
        return any(_applies(spaces, entry, pod) for entry in mappings(spec, "appliedTo"))
    return "nodeSelector" not in spec


def _applies(spaces: Spaces, entry: Json, pod: Pod) -> bool:
    """Whether an entry of Antrea's C(appliedTo) may select a Pod; one of other fields, such as a group, may."""
    if not entry.keys() <= {"podSelector", "namespaceSelector"}:
        return True
    if not selectors.matches(selectors.of_object(mapping(entry, "podSelector")), pod.labels):
        return False
    space = spaces.match(selectors.of_object(mapping(entry, "namespaceSelector")), pod.namespace)
    return space.hit or bool(space.doubt)


def _selects_nodes(policy: ForeignPolicy) -> bool:
    """Whether it could select a node: Cilium's for the host, Calico's for a HostEndpoint."""
    if policy.kind in _OF_MESH:
        return False
    return not policy.namespace and "endpointSelector" not in policy.spec


def _cilium(selector: Json) -> list[selectors.Requirement]:
    """Read a selector of Cilium, whose keys may say where a label comes from; what cannot be read is no requirement."""
    found = []
    for key, operator, values in selectors.of_object(selector):
        source, _colon, name = key.rpartition(":")
        if source in ("", "any", "k8s") and not name.startswith("io.cilium."):
            found.append((name, operator, values))
    return found
