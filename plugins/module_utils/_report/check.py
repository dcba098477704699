# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Check plain data against a JSON Schema, in the few keywords that our own schemas use.

The jsonschema library is not there at run time (it would be one more dependency on every execution node); the unit
tests hold this check and jsonschema to the same answer.
"""

from __future__ import annotations

import math
import re
import typing as t

#: A complaint, and where it stands: the innermost part of the path first.
Complaint = tuple[list[t.Any], str]
#: Takes a value and the list of complaints to add to.
Check = t.Callable[[t.Any, list[Complaint]], None]

#: Keywords that say something about a value; a schema with another one is refused, so that none is overlooked.
KEYWORDS = frozenset(
    ("type", "enum", "const", "pattern", "minLength", "minimum", "maximum", "minItems", "maxItems")
    + ("properties", "required", "additionalProperties", "propertyNames", "items")
)
ANNOTATIONS = frozenset({"$schema", "$id", "title", "description"})

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}


def complaints(check: Check, value: t.Any) -> list[str]:
    """Run a compiled schema on a value and return what is wrong with it."""
    errors: list[Complaint] = []
    check(value, errors)
    return [f"{_where(path)}: {message}" for path, message in errors]


def _where(path: list[t.Any]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{_bare(part)}" for part in reversed(path))
    return "".join(parts).lstrip(".") or "the document"


def _bare(name: str) -> str:
    return name if name.isascii() and name.isprintable() and len(name) <= 60 else _short(name)


def compile_schema(schema: t.Mapping[str, t.Any]) -> Check:
    """Turn a schema into one function.

    Raises:
        ValueError: the schema uses a keyword that is not implemented here.
    """
    unknown = sorted(set(schema) - KEYWORDS - ANNOTATIONS)
    if unknown:
        raise ValueError(f"schema keyword {unknown[0]!r} is not implemented")
    makers = dict.fromkeys(_MAKERS[keyword] for keyword in schema if keyword in _MAKERS)
    checks = [make(schema) for make in makers]
    if len(checks) == 1:
        return checks[0]

    def check(value: t.Any, errors: list[Complaint]) -> None:
        before = len(errors)
        for one in checks:
            one(value, errors)
            if len(errors) > before:  # what follows would only repeat it
                return

    return check


def _short(value: t.Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _type(schema: t.Mapping[str, t.Any]) -> Check:
    names = [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])
    types = frozenset(kind for name in names for kind in _TYPES[name])

    def check(value: t.Any, errors: list[Complaint]) -> None:
        # The exact type: what JSON gives has no subclasses, and True is no integer.
        if type(value) not in types or (isinstance(value, float) and not math.isfinite(value)):
            errors.append(([], f"{_short(value)} is not of type {' or '.join(names)}"))

    return check


def _enum(schema: t.Mapping[str, t.Any]) -> Check:
    allowed = dict.fromkeys(schema["enum"] if "enum" in schema else [schema["const"]])

    def check(value: t.Any, errors: list[Complaint]) -> None:
        if not isinstance(value, str) or value not in allowed:
            errors.append(([], f"{_short(value)} is not allowed; allowed are {', '.join(allowed)}"))

    return check


def _pattern(schema: t.Mapping[str, t.Any]) -> Check:
    # JSON Schema means the end of the text where Python's $ also takes a newline before it.
    search = re.compile(schema["pattern"].replace("$", r"\Z")).search

    def check(value: t.Any, errors: list[Complaint]) -> None:
        if isinstance(value, str) and not search(value):
            errors.append(([], f"{_short(value)} does not match {_short(schema['pattern'])}"))

    return check


def _bounds(schema: t.Mapping[str, t.Any]) -> Check:
    low, high, shortest = schema.get("minimum", -math.inf), schema.get("maximum", math.inf), schema.get("minLength", 0)

    def check(value: t.Any, errors: list[Complaint]) -> None:
        if isinstance(value, str):
            if len(value) < shortest:
                errors.append(([], "must not be empty"))
        elif isinstance(value, (int, float)) and not low <= value <= high:
            errors.append(([], f"{_short(value)} is out of range"))

    return check


def _object(schema: t.Mapping[str, t.Any]) -> Check:
    known = {name: compile_schema(item) for name, item in schema.get("properties", {}).items()}
    required: list[str] = schema.get("required", [])
    more = schema.get("additionalProperties", True)
    rest = compile_schema(more) if isinstance(more, dict) else None
    names = compile_schema(schema["propertyNames"]) if "propertyNames" in schema else None

    def check(value: t.Any, errors: list[Complaint]) -> None:
        if not isinstance(value, dict):
            return
        for name in required:
            if name not in value:
                errors.append(([], f"{name} is missing"))
        for name, item in value.items():
            before = len(errors)
            if names is not None:
                names(name, errors)
            one = known.get(name, rest)
            if one is not None:
                one(item, errors)
            if len(errors) > before:
                _place(errors, before, name)
            elif one is None and more is False:
                errors.append(([], f"{_short(name)} is not allowed; allowed are {', '.join(known)}"))

    return check


def _place(errors: list[Complaint], first: int, part: t.Any) -> None:
    """Note where the latest complaints stand; only done when there are any, which keeps a valid document fast."""
    for path, _message in errors[first:]:
        path.append(part)


def _items(schema: t.Mapping[str, t.Any]) -> Check:
    one = compile_schema(schema["items"])
    fewest, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)

    def check(value: t.Any, errors: list[Complaint]) -> None:
        if isinstance(value, list):
            if not fewest <= len(value) <= most:
                errors.append(([], f"{len(value)} entries are not allowed"))
            for number, item in enumerate(value):
                before = len(errors)
                one(item, errors)
                if len(errors) > before:
                    _place(errors, before, number)

    return check


#: One maker for each group of keywords; the first keyword of a group stands for it.
_MAKERS: dict[str, t.Callable[[t.Mapping[str, t.Any]], Check]] = {
    "type": _type,
    "enum": _enum,
    "const": _enum,
    "pattern": _pattern,
    "minLength": _bounds,
    "minimum": _bounds,
    "properties": _object,
    "additionalProperties": _object,
    "items": _items,
    "minItems": _items,
    "maxItems": _items,
}
