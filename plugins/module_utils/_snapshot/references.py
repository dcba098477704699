# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a Pod needs of other objects: names and keys, with the field that each stands in."""

from __future__ import annotations

import typing as t

from .fields import Json, boolean, mapping, mappings, string
from .model_pods import Reference

#: Of an entry of C(env) and of C(envFrom): where a kind of object is named.
_OF_ENV = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
_OF_ENV_FROM = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
#: Of a volume: where a kind of object is named, and by which key.
_OF_VOLUME = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "secretName")}
_OF_PROJECTED = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "name")}


def of_pod(spec: Json) -> t.Iterator[Reference]:
    """Every Secret, ConfigMap and PersistentVolumeClaim that a Pod names.

    A generic ephemeral volume names none: the claim has the Pod's name and its own (see C(volume_claims)).
    """
    for kind in ("containers", "initContainers"):
        for place, entry in enumerate(mappings(spec, kind)):
            yield from _of_container(entry, f"spec.{kind}[{place}]")
    for place, entry in enumerate(mappings(spec, "volumes")):
        yield from _of_volume(entry, f"spec.volumes[{place}]")
    for place, entry in enumerate(mappings(spec, "imagePullSecrets")):
        if string(entry, "name"):
            # The kubelet goes on without one that does not exist (pkg/credentialprovider: it logs and pulls).
            yield Reference("Secret", string(entry, "name"), optional=True, field=f"spec.imagePullSecrets[{place}]")


def volume_claims(pod: str, spec: Json) -> tuple[str, ...]:
    """The names of its PersistentVolumeClaims, with those of generic ephemeral volumes (KEP-1698)."""
    volumes = mappings(spec, "volumes")
    named = [string(entry, "persistentVolumeClaim", "claimName") for entry in volumes]
    own = [f"{pod}-{string(entry, 'name')}" for entry in volumes if mapping(entry, "ephemeral")]
    return tuple(filter(None, (*named, *own)))


def _of_container(spec: Json, field: str) -> t.Iterator[Reference]:
    for place, entry in enumerate(mappings(spec, "env")):
        for name, kind in _OF_ENV.items():
            found = mapping(entry, "valueFrom", name)
            if found:
                where = f"{field}.env[{place}].valueFrom.{name}"
                yield Reference(kind, string(found, "name"), string(found, "key"), _is_optional(found), where)
    for place, entry in enumerate(mappings(spec, "envFrom")):
        for name, kind in _OF_ENV_FROM.items():
            found = mapping(entry, name)
            if found:
                where = f"{field}.envFrom[{place}].{name}"
                yield Reference(kind, string(found, "name"), "", _is_optional(found), where)


def _of_volume(entry: Json, field: str) -> t.Iterator[Reference]:
    claim = string(entry, "persistentVolumeClaim", "claimName")
    if claim:
        yield Reference("PersistentVolumeClaim", claim, field=f"{field}.persistentVolumeClaim")
    yield from _named(entry, _OF_VOLUME, field)
    for place, source in enumerate(mappings(entry, "projected", "sources")):
        yield from _named(source, _OF_PROJECTED, f"{field}.projected.sources[{place}]")
    secret = string(entry, "csi", "nodePublishSecretRef", "name")
    if secret:
        yield Reference("Secret", secret, field=f"{field}.csi.nodePublishSecretRef")


def _named(entry: Json, names: t.Mapping[str, tuple[str, str]], field: str) -> t.Iterator[Reference]:
    for part, (kind, by) in names.items():
        found = mapping(entry, part)
        if not found:
            continue
        keys = [string(each, "key") for each in mappings(found, "items")] or [""]
        for place, key in enumerate(keys):
            where = f"{field}.{part}.items[{place}]" if key else f"{field}.{part}"
            yield Reference(kind, string(found, by), key, _is_optional(found), where)


def _is_optional(found: Json) -> bool:
    return bool(boolean(found, "optional"))
