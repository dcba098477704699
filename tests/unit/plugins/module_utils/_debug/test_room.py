# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the limits of a Pod leave to a container that is added."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.room import shared_kib

Json = dict[str, t.Any]
MIB = 1024  # KiB


def box(name: str, memory: str | None = None, **more: t.Any) -> Json:
    resources = {} if memory is None else {"resources": {"limits": {"memory": memory, "cpu": "1"}}}
    return {"name": name, **resources, **more}


def pod(*containers: Json, **spec: t.Any) -> Json:
    return {"spec": {"containers": list(containers), **spec}}


def whole(memory: str) -> Json:
    return {"resources": {"limits": {"memory": memory}}}


def in_memory(size: str | None = None) -> Json:
    volume = {"name": "tmp", "emptyDir": {"medium": "Memory", **({"sizeLimit": size} if size else {})}}
    return {"volumes": [volume, {"name": "disk", "emptyDir": {}}]}


MOUNTED = {"volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "disk", "mountPath": "/d"}]}
SIDECAR = {"restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("manifest", "mib"),
    [
        (pod(box("web")), None),
        (pod(box("web", "88Mi")), 88),
        (pod(box("web", "1Gi")), 1024),
        (pod(box("web", "1048576k")), 1000),
        (pod(box("web", "88Mi"), box("other")), None),
        (pod(box("web"), box("other", "88Mi")), None),
        (pod(box("web", "88Mi"), box("other", "32Mi")), 88),
        (pod(box("web", "88Mi"), initContainers=[box("first")]), 88),
        (pod(box("web", "88Mi"), initContainers=[box("mesh", **SIDECAR)]), None),
        (pod(box("web", "88Mi"), initContainers=[box("mesh", "16Mi", **SIDECAR)]), 88),
        # the Pod's own limit (KEP-2837)
        (pod(box("web"), **whole("100Mi")), 100),
        (pod(box("web"), box("other", "32Mi"), **whole("100Mi")), 68),
        (pod(box("web", "88Mi"), box("other"), **whole("100Mi")), 0),
        # what lies in memory belongs to no process
        (pod(box("web", "88Mi", **MOUNTED), **in_memory("8Mi")), 80),
        (pod(box("web", "88Mi", **MOUNTED), **in_memory()), 0),
        (pod(box("web", "88Mi"), box("other", "8Mi", **MOUNTED), **in_memory()), 88),
        (pod(box("web", "8Mi", **MOUNTED), **in_memory("9Mi")), 0),
        ({**pod(box("web", "88Mi")), "status": {"containerStatuses": [box("web", "64Mi")]}}, 64),
        ({**pod(box("web", "88Mi")), "status": {"containerStatuses": [{"name": "web"}]}}, 88),
    ],
)
def test_what_one_container_and_what_is_added_may_have(manifest, mib):
    assert shared_kib(manifest, "web") == (None if mib is None else mib * MIB)
