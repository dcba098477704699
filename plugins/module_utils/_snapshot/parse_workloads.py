# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What makes Pods, and what may end or scale them: controllers with their conditions and revisions."""

from __future__ import annotations

import functools
import re
import typing as t

from .fields import Json, boolean, int_or_string, integer, mapping, mappings, string, string_map
from .model_limits import DisruptionBudget
from .model_workloads import Autoscaler, Owner
from .parse import dns_policy, identity_of, meta_of, spec_of, status_of
from .parse_pods import conditions

_REVISION = "deployment.kubernetes.io/revision"
#: Of each kind, the fields of its status that count Pods: C(current ready updated available).
_COUNTS = {
    "DaemonSet": ("currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable"),
    "Job": ("active", "ready", "", "succeeded"),
    "CronJob": ("", "", "", ""),
}
_OF_REPLICAS = ("replicas", "readyReplicas", "updatedReplicas", "availableReplicas")


def owner(kind: str) -> t.Callable[[Json], Owner]:
    """What reads objects of a kind that makes Pods."""
    return functools.partial(_owner, kind)


def _owner(kind: str, item: Json) -> Owner:
    meta, spec, status = meta_of(item), spec_of(item), status_of(item)
    above = next((ref for ref in mappings(meta, "ownerReferences") if ref.get("controller")), None)
    part = mapping(spec, "jobTemplate", "spec") if kind == "CronJob" else spec
    template = mapping(part, "template")
    current, ready, updated, available = (
        integer(status, name) if name else 0 for name in _COUNTS.get(kind, _OF_REPLICAS)
    )
    return Owner(
        kind,
        **identity_of(item),
        owner=f"{string(above, 'kind')}/{string(above, 'name')}" if above else "",
        desired=_desired(kind, spec, status),
        current=current,
        ready=ready,
        updated=updated,
        available=available,
        paused=bool(boolean(spec, "paused") or boolean(spec, "suspend")),
        revision=string(meta, "annotations", _REVISION) or string(status, "updateRevision"),
        selector=_selector(kind, spec),
        template_labels=string_map(template, "metadata", "labels"),
        template_images={
            string(entry, "name"): string(entry, "image")
            for name in ("containers", "initContainers")
            for entry in mappings(template, "spec", name)
        },
        template_limits=_resources(template, "limits"),
        template_requests=_resources(template, "requests"),
        template_init_containers=tuple(string(entry, "name") for entry in mappings(template, "spec", "initContainers")),
        template_node_selector=string_map(template, "spec", "nodeSelector"),
        template_dns_policy=dns_policy(mapping(template, "spec")),
        conditions=conditions(status),
        created=string(meta, "creationTimestamp"),
        service=string(spec, "serviceName"),
        keeps_unready=_keeps_unready(kind, spec),
        is_behind=0 < integer(status, "observedGeneration") < integer(meta, "generation"),
    )


def _keeps_unready(kind: str, spec: Json) -> bool:
    """Whether Pods that are not ready stay when the template changes (StatefulSet, "Forced rollback")."""
    if string(spec, "updateStrategy", "type") == "OnDelete":
        return kind in ("StatefulSet", "DaemonSet")
    return kind == "StatefulSet" and string(spec, "podManagementPolicy") in ("", "OrderedReady")


def _resources(template: Json, part: str) -> dict[str, dict[str, str]]:
    return {
        string(entry, "name"): {name: int_or_string(found, name) for name in found}
        for entry in mappings(template, "spec", "containers")
        if (found := mapping(entry, "resources", part))
    }


def _desired(kind: str, spec: Json, status: Json) -> int | None:
    if kind == "DaemonSet":
        return integer(status, "desiredNumberScheduled")
    name = {"Job": "parallelism", "CronJob": ""}.get(kind, "replicas")
    return integer(spec, name) if name and spec.get(name) is not None else None


def _selector(kind: str, spec: Json) -> dict[str, str]:
    if kind == "ReplicationController":
        return string_map(spec, "selector")
    return string_map(spec, "selector", "matchLabels")


def without_old(owners: t.Iterable[Owner]) -> list[Owner]:
    """Leave out the ReplicaSets of old revisions, but for the newest of each Deployment: it can be gone back to."""
    kept: list[Owner] = []
    old: dict[tuple[str, str], Owner] = {}
    for each in owners:
        if each.kind != "ReplicaSet" or not each.owner or each.desired or each.current or each.conditions:
            kept.append(each)
            continue
        place = each.namespace, each.owner
        if place not in old or _number(old[place]) < _number(each):
            old[place] = each
    # Of a Deployment with no replicas, the newest is the one it has; an older one is of no use then either.
    return kept + list(old.values())


def _number(owner: Owner) -> int:
    return int(owner.revision) if re.fullmatch(r"\d{1,9}", owner.revision) else 0


def disruption_budget(item: Json) -> DisruptionBudget:
    """Read a C(policy/v1/PodDisruptionBudget)."""
    selector, allowed = mapping(spec_of(item), "selector"), integer(status_of(item), "disruptionsAllowed")
    return DisruptionBudget(**identity_of(item), selector=selector, allowed=allowed)


def autoscaler(item: Json) -> Autoscaler:
    """Read a C(autoscaling/v2/HorizontalPodAutoscaler)."""
    spec = spec_of(item)
    target = mapping(spec, "scaleTargetRef")
    return Autoscaler(
        **identity_of(item),
        target=f"{string(target, 'kind')}/{string(target, 'name')}",
        least=integer(spec, "minReplicas") or 1,
        most=integer(spec, "maxReplicas"),
        conditions=conditions(status_of(item)),
    )
