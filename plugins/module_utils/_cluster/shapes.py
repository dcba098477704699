# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the API says of its own objects, as far as anything here relies on it (k8s.io/api, core/v1/types.go).

An answer is held to it once, where it arrives; what reads it takes fields out of it without a second look.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._record import TYPES, type_of


@dataclasses.dataclass(frozen=True)
class Shape:
    """An object: the types of its fields by their names, and those that have to be there.

    A type is one of Python's, a C(Shape), or a list with that of the entries. Null is as good as absent, and what is
    not named here may be anything.
    """

    fields: t.Mapping[str, t.Any]
    needs: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class _Texts:
    """An object whose values are strings, such as labels."""


_REASON = {"reason": str, "message": str}
_CONDITIONS = [Shape({"type": str, "status": str, **_REASON})]
_TERMINATED = Shape({"exitCode": int, **_REASON})
_STATE = Shape({"running": Shape({"startedAt": str}), "waiting": Shape(_REASON), "terminated": _TERMINATED})
_STATUSES = [Shape({"name": str, "state": _STATE, "lastState": _STATE}, ("name",))]
_META = Shape(
    {
        **dict.fromkeys(("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp"), str),
        **dict.fromkeys(("labels", "annotations"), _Texts()),
        "ownerReferences": [Shape({"name": str, "uid": str}, ("name", "uid"))],
    },
    ("name",),
)
_SPACED = dataclasses.replace(_META, needs=("name", "namespace", "uid"))
_CONTEXT = Shape({"runAsUser": int, "runAsNonRoot": bool, "capabilities": Shape({"add": [str], "drop": [str]})})
#: Of a container without a name: part of one that a user gives.
PARTIAL_CONTAINER = Shape(
    {
        **dict.fromkeys(("name", "image", "imagePullPolicy", "targetContainerName"), str),
        "command": [str],
        "args": [str],
        "env": [Shape({"name": str})],
        "securityContext": _CONTEXT,
        "resources": Shape({"limits": dict, "requests": dict}),
    }
)
_CONTAINERS = [dataclasses.replace(PARTIAL_CONTAINER, needs=("name",))]
_CLAIM = Shape({"claimName": str}, ("claimName",))
_POD_SPEC = Shape(
    {
        **dict.fromkeys(("containers", "initContainers", "ephemeralContainers"), _CONTAINERS),
        **dict.fromkeys(("nodeName", "restartPolicy"), str),
        "securityContext": _CONTEXT,
        "volumes": [Shape({"persistentVolumeClaim": _CLAIM})],
        "imagePullSecrets": [dict],
    },
    ("containers",),
)
_POD_STATUS = Shape(
    {
        **dict.fromkeys(("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"), _STATUSES),
        "phase": str,
        **_REASON,
        "conditions": _CONDITIONS,
    }
)
_EVENT = Shape(
    {
        **_REASON,
        "involvedObject": Shape({"fieldPath": str}),
        "series": Shape({"lastObservedTime": str}),
        "metadata": Shape({"creationTimestamp": str}),
        **dict.fromkeys(("lastTimestamp", "eventTime"), str),
    }
)
#: By the resource in the path of a request.
OBJECTS = {
    "pods": Shape({"metadata": _SPACED, "spec": _POD_SPEC, "status": _POD_STATUS}, ("metadata", "spec")),
    "jobs": Shape({"metadata": _SPACED, "spec": dict, "status": dict}, ("metadata",)),
    "nodes": Shape({"metadata": _META, "status": Shape({"conditions": _CONDITIONS})}, ("metadata",)),
    "namespaces": Shape({"metadata": _META}, ("metadata",)),
    "events": _EVENT,
}
_LIST_META = Shape({"resourceVersion": str}, ("resourceVersion",))
_SUBRESOURCES = {"ephemeralcontainers": Shape({"ephemeralContainers": _CONTAINERS})}
_PATH = re.compile(
    r"/(?:api/v1|apis/batch/v1)(?:/namespaces/[^/]+(?=/))?/(?P<kind>[a-z]+)(?P<name>/[^/]+)?(?:/(?P<part>[a-z]+))?"
)


def of_answer(method: str, path: str) -> Shape:
    """What a request is answered with."""
    found = _PATH.fullmatch(path)
    if not found or found["kind"] not in OBJECTS:
        return Shape({})
    if found["part"]:
        return _SUBRESOURCES.get(found["part"], Shape({}))
    item = OBJECTS[found["kind"]]
    if found["name"] or method != "GET":
        return item if method != "DELETE" else Shape({})
    return Shape({"metadata": _LIST_META, "items": [item]}, ("metadata",))


def of_entry(path: str) -> Shape:
    """What each object of a list, or each event of a watch, is."""
    found = _PATH.fullmatch(path)
    return OBJECTS.get(found["kind"], Shape({})) if found else Shape({})


def check(value: t.Any, wanted: t.Any, where: str = "it") -> None:
    """Hold data to a shape.

    Raises:
        ValueError: a part of it is of another type, or missing; the message names it.
    """
    expected = dict if isinstance(wanted, (Shape, _Texts)) else list if isinstance(wanted, list) else wanted
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is int):
        raise ValueError(f"{where} is {type_of(value)} where {TYPES[expected]} is expected")
    for name, part, shape in _parts(value, wanted, "" if where == "it" else where):
        if part is None and not isinstance(wanted, list):
            raise ValueError(f"{name} is missing")
        check(part, shape, name)


def _parts(value: t.Any, wanted: t.Any, where: str) -> t.Iterator[tuple[str, t.Any, t.Any]]:
    """The parts of data that have a shape: where each stands, what it is, and what it has to be."""
    above = f"{where}." if where else ""
    if isinstance(wanted, list):
        yield from ((f"{where}[{place}]", entry, wanted[0]) for place, entry in enumerate(value))
    elif isinstance(wanted, _Texts):
        yield from ((f"{above}{name}", text, str) for name, text in value.items())
    elif isinstance(wanted, Shape):
        for name, shape in wanted.fields.items():
            if name in wanted.needs or value.get(name) is not None:
                yield f"{above}{name}", value.get(name), shape
