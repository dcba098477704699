# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A partial container merged into a container, as C(kubectl debug --custom) does it.

kubectl decodes the file into a typed Container, encodes that again and applies it as a strategic merge patch. So a value
that Go leaves out when it encodes (null, an empty string or list, a plain C(false)) changes nothing: a partial container
adds and replaces, and never takes away. Directives such as C($patch) are lost in that decoding, too; here they are
refused, because whoever writes one expects it to act.
"""

from __future__ import annotations

import copy
import typing as t

Json = dict[str, t.Any]

#: not the partial container's business (DebugOptions.Validate)
REFUSED = ("name", "command", "image", "lifecycle", "volumeDevices")
#: lists that are merged by a key (patchMergeKey in k8s.io/api/core/v1); every other list is replaced
MERGE_KEYS = {"env": "name", "ports": "containerPort", "volumeMounts": "mountPath"}
#: booleans that are no pointers in the API's types: false is the same as not said
_PLAIN_BOOLEANS = frozenset(("stdin", "stdinOnce", "tty", "readOnly"))


def check(custom: t.Mapping[str, t.Any]) -> None:
    """Refuse a partial container that says what is not its business.

    Raises:
        ValueError: names the field and what is allowed.
    """
    for field in REFUSED:
        if custom.get(field):
            raise ValueError(f"custom: {field} cannot be set; {', '.join(REFUSED)} are not part of a partial container")
    for path in _directives(custom, "custom"):
        raise ValueError(f"{path}: directives of a strategic merge patch are not understood; leave it out")
    for field in MERGE_KEYS:
        entries = custom.get(field) or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValueError(f"custom: {field} is {entries!r}; it must be a list of objects")
        for entry in entries:
            if MERGE_KEYS[field] not in entry:
                raise ValueError(f"custom: {field} has an entry without {MERGE_KEYS[field]}: {entry!r}")


def merge(container: t.Mapping[str, t.Any], custom: t.Mapping[str, t.Any]) -> Json:
    """Return the container with the partial one merged into it; neither is changed.

    Raises:
        ValueError: as M(check) says.
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
    """Merge entry by entry, in the order of apimachinery's mergeSortedSlice.

    What is in the patch keeps the patch's order. What is not goes before the next one of the patch that came later in
    the original, so an entry that is new in the patch comes first.
    """
    order = [entry[by] for entry in original]
    patched = {entry[by] for entry in patch}
    left = [entry for entry in original if entry[by] not in patched]
    old = {entry[by]: entry for entry in original}
    right = [_merge_map(old[entry[by]], entry) if entry[by] in old else entry for entry in patch]
    merged: list[Json] = []
    while left and right:
        known = right[0][by] in old
        first = left if known and order.index(left[0][by]) < order.index(right[0][by]) else right
        merged.append(first.pop(0))
    return merged + left + right


def _said(value: t.Any) -> t.Any:
    """What remains of a value after Go has decoded and encoded it."""
    if isinstance(value, t.Mapping):
        kept = {key: _said(item) for key, item in value.items() if not _unsaid(key, item)}
        return kept
    if isinstance(value, list):
        return [_said(item) for item in value]
    return copy.deepcopy(value)


def _unsaid(key: str, value: t.Any) -> bool:
    return value is None or value in ("", []) or (value is False and key in _PLAIN_BOOLEANS)


def _directives(value: t.Any, path: str) -> t.Iterator[str]:
    if isinstance(value, t.Mapping):
        for key, item in value.items():
            if str(key).startswith("$"):
                yield f"{path}.{key}"
            yield from _directives(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _directives(item, f"{path}[{index}]")
