# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Secrets and ConfigMaps by their names and keys, and who may do what. Never a value."""

from __future__ import annotations

import functools
import typing as t

from .fields import Json, mapping, mappings, string
from .model_workloads import AccessBinding, AccessRules, Keys
from .parse import identity_of

_MAX_RULES = 200  #: of a role
_MAX_SUBJECTS = 200  #: of a binding
_MAX_KEYS = 200
#: What a writer of managedFields has who wrote a value: one of labels alone changes nothing for who reads the object.
_OF_DATA = frozenset(("f:data", "f:stringData", "f:binaryData"))


def keys(kind: str) -> t.Callable[[Json], Keys]:
    """What reads a Secret or a ConfigMap: whole, or what a Table has of it."""
    return functools.partial(_keys, kind)


def _keys(kind: str, item: Json) -> Keys:
    cells = mapping(item, "cells")
    names = _written(item) if cells else sorted({*mapping(item, "data"), *mapping(item, "binaryData")})
    count = cells.get("data", 0)
    written = (
        string(entry, "time")
        for entry in mappings(item, "metadata", "managedFields")
        if _OF_DATA.intersection(mapping(entry, "fieldsV1"))
    )
    return Keys(
        kind,
        **identity_of(item),
        type=(string(cells, "type") or string(item, "type")) if kind == "Secret" else "",
        keys=tuple(names[:_MAX_KEYS]),
        partial=_is_metadata(item) or (bool(cells) and count != len(names)) or len(names) > _MAX_KEYS,
        changed=max(written, default=""),  # RFC 3339 times of UTC sort as text
    )


def _is_metadata(item: Json) -> bool:
    """Whether nothing but its metadata was sent; the row of a Table is of this kind and has cells."""
    return item.get("kind") == "PartialObjectMetadata" and "cells" not in item


def _written(item: Json) -> list[str]:
    """The keys that C(metadata.managedFields) names: C(f:data) holds a C(f:KEY) for each, and no value (KEP-555)."""
    found: set[str] = set()
    for entry in mappings(item, "metadata", "managedFields"):
        for part in ("f:data", "f:binaryData", "f:stringData"):
            found.update(key[2:] for key in mapping(entry, "fieldsV1", part) if key.startswith("f:"))
    return sorted(found)


def access_rules(kind: str) -> t.Callable[[Json], AccessRules]:
    """What reads a Role or a ClusterRole."""
    return functools.partial(_access_rules, kind)


def _access_rules(kind: str, item: Json) -> AccessRules:
    return AccessRules(kind, **identity_of(item), rules=tuple(mappings(item, "rules")[:_MAX_RULES]))


def access_binding(kind: str) -> t.Callable[[Json], AccessBinding]:
    """What reads a RoleBinding or a ClusterRoleBinding."""
    return functools.partial(_access_binding, kind)


def _access_binding(kind: str, item: Json) -> AccessBinding:
    role = mapping(item, "roleRef")
    return AccessBinding(
        kind,
        **identity_of(item),
        role=f"{string(role, 'kind')}/{string(role, 'name')}",
        subjects=tuple(_subject(entry) for entry in mappings(item, "subjects")[:_MAX_SUBJECTS]),
    )


def _subject(entry: Json) -> str:
    namespace = string(entry, "namespace")
    return (
        f"{string(entry, 'kind')} {namespace}/{string(entry, 'name')}"
        if namespace
        else (f"{string(entry, 'kind')} {string(entry, 'name')}")
    )
