# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a Pod's limits leave to a container that is added to it.

An ephemeral container has no limit of its own, and its cgroup is one below the Pod's. That one has a limit where the
Pod says so (C(spec.resources), KEP-2837), or where all of its containers have one: their sum (the kubelet's
C(ResourceConfigForPod)). Beyond it, the kernel kills whoever is in the Pod, the application as well.
"""

from __future__ import annotations

import typing as t

from .._cluster import package

Json = dict[str, t.Any]


def shared_kib(pod: Json, container: str) -> int | None:
    """Return how many KiB one container of a Pod, and what is added to the Pod, may have in use together.

    The other containers count with all that their limits allow them.

    Args:
        pod: as the API server has it.
        container: the one whose processes can be seen from what is added.

    Returns:
        None where the Pod has no limit; 0 where nobody can tell what the others use.
    """
    spec = pod["spec"]
    others = [each for each in (*spec["containers"], *_sidecars(spec)) if each["name"] != container]
    own = [each for each in (*spec["containers"], *_sidecars(spec)) if each["name"] == container]
    now = {each["name"]: each for each in pod.get("status", {}).get("containerStatuses") or ()}
    limits = [_limit(now.get(each["name"], {})) or _limit(each) for each in (*others, *own)]
    whole = _limit(spec)
    if whole is None and None in limits:
        return None
    known = [limit for limit in limits[: len(others)] if limit is not None]
    in_files = [_size(volume) for each in own for volume in _memory_volumes(spec, each)]
    if len(known) < len(others) or None in in_files:
        return 0
    whole = sum(limit or 0 for limit in limits) if whole is None else whole
    return max(0, whole - sum(known) - sum(size or 0 for size in in_files)) // 1024


def _sidecars(spec: Json) -> list[Json]:
    return [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]


def _limit(holder: Json) -> int | None:
    """The bytes of memory that a container, its status or a Pod's spec says are its limit."""
    return _bytes(((holder.get("resources") or {}).get("limits") or {}).get("memory"))


def _memory_volumes(spec: Json, container: Json) -> list[Json]:
    """Those of a container's C(emptyDir) volumes that live in memory: no process shows what they take."""
    mounted = {mount["name"] for mount in container.get("volumeMounts") or ()}
    volumes = [volume for volume in spec.get("volumes") or () if volume["name"] in mounted]
    return [volume for volume in volumes if (volume.get("emptyDir") or {}).get("medium") == "Memory"]


def _size(volume: Json) -> int | None:
    return _bytes(volume["emptyDir"].get("sizeLimit"))


def _bytes(quantity: str | None) -> int | None:
    package.load()
    from kubernetes.utils.quantity import parse_quantity

    return None if quantity is None else int(parse_quantity(quantity))
