# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A copy of a Pod with a debug container in it, as C(kubectl debug POD --copy-to NAME) makes it."""

from __future__ import annotations

import copy
import typing as t

from . import merge, profiles, spec
from .spec import Json, Wanted


def copy_of(
    wanted: Wanted,
    original: t.Mapping[str, t.Any],
    name: str,
    *,
    same_node: bool = False,
    share_processes: bool | None = None,
    keep_labels: bool = False,
    keep_annotations: bool = False,
    keep_liveness: bool = False,
    keep_readiness: bool = False,
    keep_startup: bool = False,
    keep_init_containers: bool = True,
) -> Json:
    """Return the copy; the original is not changed.

    A container of C(wanted.container)'s name is changed in the copy; where there is none, one is added. Restart policy,
    service account, volumes and affinity stay as they are, as with kubectl. C(wanted.labels) and
    C(wanted.annotations) are ours and come on top.

    Args:
        wanted: what was asked for; its style is C(copy).
        original: the Pod as the API server gives it.
        name: of the copy, in the original's namespace.
        same_node: put it on the original's node, without the scheduler.
        share_processes: None means that the profile says so where the Pod does not.
        keep_labels: a Service or ReplicaSet that selects the original selects the copy, too.
        keep_annotations: keep them.
        keep_liveness: keep the liveness probes.
        keep_readiness: keep the readiness probes.
        keep_startup: keep the startup probes.
        keep_init_containers: keep them.

    Raises:
        ValueError: the style is another one, or a new container has no image.
    """
    if wanted.style != "copy":
        raise ValueError(f"style is {wanted.style!r}; a copy of a Pod has style copy")
    row = profiles.TABLE[wanted.profile]
    body: Json = copy.deepcopy(dict(original["spec"]))
    body.pop("ephemeralContainers", None)
    if not same_node:
        body.pop("nodeName", None)
    if share_processes is not None:
        body["shareProcessNamespace"] = share_processes
    where, container = _debug_container(body, wanted)
    probes = {"livenessProbe": keep_liveness, "readinessProbe": keep_readiness, "startupProbe": keep_startup}
    if row.alters_copy:
        for each in body["containers"]:
            for probe, keep in probes.items():
                if not keep:
                    each.pop(probe, None)
        if not keep_init_containers:
            body.pop("initContainers", None)
        body.setdefault("shareProcessNamespace", True)
    context = profiles.security_context(wanted.profile, "copy", container.pop("securityContext", None))
    if context:
        container["securityContext"] = context
    where[where.index(container)] = merge.merge(container, wanted.custom)
    if wanted.lifetime:
        body["activeDeadlineSeconds"] = wanted.lifetime
    was = original["metadata"]
    labels = (was.get("labels") or {}) if keep_labels and row.alters_copy else {}
    annotations = (was.get("annotations") or {}) if keep_annotations or not row.alters_copy else {}
    metadata: Json = {
        "name": name,
        "namespace": was["namespace"],
        "labels": {**labels, **wanted.labels},
        "annotations": {**annotations, **wanted.annotations},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body}


def _debug_container(body: Json, wanted: Wanted) -> tuple[list[Json], Json]:
    """Return the container that the copy is made for, changed or added, and the list that holds it."""
    for kind in ("containers", "initContainers"):
        for container in body.get(kind) or []:
            if container["name"] == wanted.container:
                if wanted.command:
                    container.pop("args", None)
                container.pop("stdin", None)
                container.pop("tty", None)
                container.update({k: v for k, v in spec.base_container(wanted).items() if v})
                return body[kind], container
    if not wanted.image:
        raise ValueError(f"image is empty; the Pod has no container {wanted.container!r} that could keep its own")
    body["containers"].append(spec.base_container(wanted))
    return body["containers"], body["containers"][-1]
