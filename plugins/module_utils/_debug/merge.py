# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A partial container merged into a container, as C(kubectl debug --custom) does it.

kubectl decodes the file into a typed Container, encodes that again and applies it as a strategic merge patch. A value
that Go leaves out when it encodes (null, an empty string or list, a plain C(false)) therefore changes nothing: a
partial container adds and replaces, and never takes away. Directives such as C($patch) get lost on the way, too; here
they are refused, for who writes one expects it to act.
"""

from __future__ import annotations

import copy
import typing as t

from .._bad_input import BadInput
from .._cluster import shapes

Json = dict[str, t.Any]

#: What a partial container may not say (DebugOptions.Validate).
REFUSED = ("name", "command", "image", "lifecycle", "volumeDevices")

#: Lists that are merged entry by entry, and by which key (patchMergeKey in k8s.io/api/core/v1); others are replaced.
MERGE_KEYS = {"env": "name", "ports": "containerPort", "volumeMounts": "mountPath"}

#: Booleans that are no pointers in the API's types: false is left out when Go encodes them.
_PLAIN_BOOLEANS = frozenset(("stdin", "stdinOnce", "tty", "readOnly"))


def check(custom: t.Mapping[str, t.Any]) -> None:
    """Refuse a partial container that says what it may not say.

    Raises:
        BadInput: names the field and what is allowed.
    """
    for field in REFUSED:
        if custom.get(field) not in (None, "", []):
            raise BadInput(f"custom has {field}; a partial container may hold anything but {', '.join(REFUSED)}")
    directive = next(_directives(custom, "custom"), None)
    if directive:
        raise BadInput(f"custom has {directive}; directives of a merge patch do not act in a partial container")
    for field, by in MERGE_KEYS.items():
        entries = custom.get(field) or []
        if not isinstance(entries, list) or any(not isinstance(entry, dict) or by not in entry for entry in entries):
            raise BadInput(f"custom has {field}: {entries!r}; it must be a list of objects that each have {by}")
    shapes.check(dict(custom), shapes.PARTIAL_CONTAINER, "custom")


def merge(container: t.Mapping[str, t.Any], custom: t.Mapping[str, t.Any]) -> Json:
    """Return the container with the partial one merged into it; neither is changed.

    Raises:
        BadInput: see C(check).
    """
    check(custom)
    return _merge_map(copy.deepcopy(dict(container)), _said(custom))


def _merge_map(original: Json, patch: Json) -> Json:
    for key, value in patch.items():
        before = original.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            original[key] = _merge_map(before, value)
        elif isinstance(before, list) and isinstance(value, list) and key in MERGE_KEYS:
            original[key] = _merge_list(before, value, MERGE_KEYS[key])
        else:
            original[key] = value
    return original


def _merge_list(original: list[Json], patch: list[Json], by: str) -> list[Json]:
    """Merge entry by entry, and put them into the order that apimachinery's C(mergeSlice) gives.

    Entries of the patch keep its order. Each of the others goes before the next one of the patch that came later in the
    original; one that is new with the patch thus comes first. Environment variables see only those before them, so the
    order has a meaning.
    """
    was = [entry[by] for entry in original]
    wanted = [entry[by] for entry in patch]
    merged = list(original)
    for entry in patch:
        same = next((index for index, other in enumerate(merged) if other[by] == entry[by]), None)
        if same is None:
            merged.append(entry)
        else:
            merged[same] = _merge_map(merged[same], entry)
    left = [entry for entry in merged if entry[by] not in wanted]
    right = sorted((entry for entry in merged if entry[by] in wanted), key=lambda entry: wanted.index(entry[by]))
    ordered: list[Json] = []
    while left and right:
        earlier = right[0][by] in was and was.index(left[0][by]) < was.index(right[0][by])
        ordered.append((left if earlier else right).pop(0))
    return ordered + left + right


def _said(value: t.Any) -> t.Any:
    """Return what remains of a value after Go has decoded and encoded it."""
    if isinstance(value, t.Mapping):
        return {key: _said(item) for key, item in value.items() if not _unsaid(key, item)}
    if isinstance(value, list):
        return [_said(item) for item in value]
    return value


def _unsaid(key: str, value: t.Any) -> bool:
    return value in (None, "", []) or (value is False and key in _PLAIN_BOOLEANS)


def _directives(value: t.Any, path: str) -> t.Iterator[str]:
    if isinstance(value, t.Mapping):
        for key, item in value.items():
            if key.startswith("$"):
                yield f"{path}.{key}"
            yield from _directives(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _directives(item, f"{path}[{index}]")
