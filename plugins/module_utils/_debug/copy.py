# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A copy of a Pod with a debug container, as C(kubectl debug POD --copy-to NAME) makes it."""

from __future__ import annotations

import copy
import typing as t

from .._bad_input import BadInput
from . import profiles, spec
from .debug_spec import DebugSpec
from .spec import Json


def copy_of(
    wanted: DebugSpec,
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

    A container of the copy that has the name C(wanted.container) is changed; where there is none, one is added. What is
    not named here stays as it was: restart policy, service account, volumes and their claims, affinity, tolerations.
    The labels and annotations of C(wanted) are ours and come on top of those that are kept.

    Args:
        wanted: what the user asked for, of style C(copy).
        original: the Pod as the API server gives it.
        name: of the copy, in the namespace of the original.
        same_node: whether it goes to the node of the original, without asking the scheduler.
        share_processes: whether its containers share their processes; None leaves that to the Pod, then the profile.
        keep_labels: whether what selects the original may select the copy. The profile C(legacy) never keeps them.
        keep_annotations: whether it has the annotations of the original. The profile C(legacy) always keeps these,
            and probes and init containers, too.
        keep_liveness: whether its containers have their liveness probes.
        keep_readiness: whether its containers have their readiness probes.
        keep_startup: whether its containers have their startup probes.
        keep_init_containers: whether it has init containers.

    Raises:
        BadInput: the style is another one, a container is to be added without an image, or a partial container is
            to be merged into an init container.
    """
    if wanted.style != "copy":
        raise BadInput(f"style is {wanted.style!r}; a copy of a Pod is of style copy")
    body: Json = copy.deepcopy(dict(original["spec"]))
    body.pop("ephemeralContainers", None)
    if share_processes is not None:
        body["shareProcessNamespace"] = share_processes
    if not same_node:
        body.pop("nodeName", None)
    _put_container(wanted, body)
    kept = {"labels": keep_labels, "annotations": True}
    if profiles.TABLE[wanted.profile].alters_copy:
        kept["annotations"] = keep_annotations
        probes = {"livenessProbe": keep_liveness, "readinessProbe": keep_readiness, "startupProbe": keep_startup}
        _drop(body["containers"], [probe for probe, keep in probes.items() if not keep])
        if not keep_init_containers:
            body.pop("initContainers", None)
        body.setdefault("shareProcessNamespace", True)
    else:
        kept["labels"] = False
    _add_ours(wanted, body)
    was = original["metadata"]
    metadata = {key: {**((keep and was.get(key)) or {}), **getattr(wanted, key)} for key, keep in kept.items()}
    return spec.manifest(was["namespace"], name, metadata, body)


def _put_container(wanted: DebugSpec, body: Json) -> None:
    """Change the container that is asked for, or add it."""
    ours = spec.debug_container(wanted)
    for kind in ("containers", "initContainers"):
        for index, container in enumerate(body.get(kind) or ()):
            if container["name"] == wanted.container:
                if wanted.custom and kind == "initContainers":
                    raise BadInput(
                        f"custom is set, but container {wanted.container!r} is an init container; leave it out"
                    )
                body[kind][index] = spec.finish(wanted, _changed(container, ours))
                return
    if not wanted.image:
        raise BadInput(f"image is empty, and the Pod has no container {wanted.container!r} that has one; set image")
    body["containers"].append(spec.finish(wanted, ours))


def _changed(container: Json, ours: Json) -> Json:
    """Return one of the application's own containers with what was asked for; it has no terminal any more."""
    dropped = {"stdin", "tty"} | ({"args"} if "command" in ours else set())
    kept = {key: value for key, value in container.items() if key not in dropped}
    return {**kept, **{key: value for key, value in ours.items() if key != "terminationMessagePolicy"}}


def _drop(each: list[Json], fields: list[str]) -> None:
    for container in each:
        for field in fields:
            container.pop(field, None)


def _add_ours(wanted: DebugSpec, body: Json) -> None:
    """Add what kubectl has no option for."""
    if wanted.lifetime:
        body["activeDeadlineSeconds"] = wanted.lifetime
    secrets = body.get("imagePullSecrets") or []
    more = [{"name": name} for name in wanted.image_pull_secrets if {"name": name} not in secrets]
    if more:
        body["imagePullSecrets"] = [*secrets, *more]
