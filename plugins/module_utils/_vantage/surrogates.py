# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which labels a surrogate Pod needs for every policy to apply to it as to the Pod that it replaces. Pure."""

from __future__ import annotations

import typing as t

from .._debug.types import Place
from .._snapshot import node_kinds
from .._snapshot.facts import Facts
from .._snapshot.model import Pod, Service
from .._snapshot.parse_cluster_policies import is_readable, label_keys

#: Its controllers' selectors never match a Pod of another name or without the labels that they set themselves: a
#: ReplicaSet's of a Deployment has C(pod-template-hash), a Job's its own UID, and a StatefulSet looks at names.
_SAFE_OWNERS = ("", "StatefulSet", "Job")
_HASH = "pod-template-hash"


class NoSurrogate(Exception):
    """No other Pod of the namespace can have the same policies, and do no harm."""


def labels(facts: Facts, container: Place, taken: t.Collection[str]) -> dict[str, str]:
    """Return the labels that a Pod of the same namespace needs for every policy to treat it as that Pod.

    Only the keys that policies select by are copied, so that the Pod looks like that Pod to policies and to as little
    else as can be. It must never become ready, or Services could send it traffic.

    Args:
        facts: the snapshot.
        container: of the Pod that is replaced.
        taken: keys that mean something else on the other Pod.

    Raises:
        NoSurrogate: the message says why.
    """
    pod = facts.pods.get(f"{container.namespace}/{container.pod}")
    if pod is None or pod.host_network:
        raise NoSurrogate("a Pod of its namespace cannot have the network of its node")
    node = facts.nodes.get(pod.node)
    if node and (unfit := node_kinds.unfit(node)):
        raise NoSurrogate(f"no other Pod can run on Node {node.name}: {unfit}")
    if facts.unread_policies:
        raise NoSurrogate(f"not all policies were read: {facts.unread_policies}")
    foreign = facts.foreign_index.touching(pod, pod.node)
    if foreign:
        raise NoSurrogate(f"{', '.join(foreign)} may select it, and policies of such kinds are not evaluated")
    if unread := [policy.id for policy in facts.snapshot.cluster_policies if not is_readable(policy)]:
        raise NoSurrogate(f"{', '.join(unread)} cannot be read, and may select by labels that are not known")
    keys = _policy_keys(facts)
    if clash := sorted(keys & set(taken)):
        raise NoSurrogate(f"policies select by the label {clash[0]}, which has another meaning on a debug Pod")
    wanted = {key: value for key, value in pod.labels.items() if key in keys}
    _check_harm(facts, pod, wanted)
    return wanted


def _policy_keys(facts: Facts) -> set[str]:
    """The keys of all selectors of Pods, of whom a policy isolates and of whom it names."""
    found = {key for policy in facts.snapshot.cluster_policies for key in label_keys(policy)}
    for policy in facts.network_policies:
        spec = policy.spec
        rules = [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]
        peers = [peer for rule in rules for peer in (*(rule.get("from") or ()), *(rule.get("to") or ()))]
        for selector in (spec.get("podSelector"), *(peer.get("podSelector") for peer in peers)):
            found.update((selector or {}).get("matchLabels") or ())
            found.update(entry["key"] for entry in (selector or {}).get("matchExpressions") or ())
    return found


def _check_harm(facts: Facts, pod: Pod, wanted: t.Mapping[str, str]) -> None:
    kind = pod.owner.partition("/")[0]
    by_deployment = kind == "ReplicaSet" and _HASH in pod.labels and _HASH not in wanted
    if wanted and kind not in _SAFE_OWNERS and not by_deployment:
        raise NoSurrogate(f"{pod.owner} could adopt a Pod with its labels")
    for service in facts.snapshot.services:
        if service.publish_not_ready_addresses and _selects(service, pod.namespace, wanted):
            raise NoSurrogate(f"Service {service.id} would send traffic to it, ready or not")


def _selects(service: Service, namespace: str, wanted: t.Mapping[str, str]) -> bool:
    return service.namespace == namespace and bool(service.selector) and service.selector.items() <= wanted.items()
