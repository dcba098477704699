# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Claims, volumes and their classes."""

from __future__ import annotations

from .fields import Json, int_or_string, mapping, string, string_map, strings
from .model_limits import Claim, StorageClass, Volume
from .parse import identity_of, meta_of, spec_of, status_of

_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def claim(item: Json) -> Claim:
    """Read a C(v1/PersistentVolumeClaim)."""
    spec = spec_of(item)
    return Claim(
        **identity_of(item),
        phase=string(status_of(item), "phase"),
        storage_class=None if spec.get("storageClassName") is None else string(spec, "storageClassName"),
        volume=string(spec, "volumeName"),
        access_modes=strings(spec, "accessModes"),
        requested=int_or_string(spec, "resources", "requests", "storage"),
        selector=mapping(spec, "selector"),
    )


def volume(item: Json) -> Volume:
    """Read a C(v1/PersistentVolume)."""
    spec = spec_of(item)
    bound = mapping(spec, "claimRef")
    return Volume(
        name=identity_of(item)["name"],
        phase=string(status_of(item), "phase"),
        storage_class=string(spec, "storageClassName"),
        claim=f"{string(bound, 'namespace')}/{string(bound, 'name')}" if bound else "",
        access_modes=strings(spec, "accessModes"),
        capacity=int_or_string(spec, "capacity", "storage"),
        labels=string_map(meta_of(item), "labels"),
        node_affinity=mapping(spec, "nodeAffinity"),
    )


def storage_class(item: Json) -> StorageClass:
    """Read a C(storage.k8s.io/v1/StorageClass)."""
    return StorageClass(
        name=identity_of(item)["name"],
        provisioner=string(item, "provisioner"),
        default=any(string(meta_of(item), "annotations", name) == "true" for name in _DEFAULT),
        binding_mode=string(item, "volumeBindingMode"),
    )
