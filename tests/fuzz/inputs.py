# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of a module, and what people, playbooks and accidents put into options of its type."""

from __future__ import annotations

import contextlib
import random
import typing as t
from unittest import mock

from ansible_collections.kubewire.netdebug.tests.fuzz import harness

Json = dict[str, t.Any]
Path = tuple[str, ...]
Spec = t.Mapping[str, t.Any]

TEXTS = ("", " ", "\0", "a\0b", "a\nb", "x" * 100_000, "grün 漢字 \U0001f600", "nan", "-1", "{{ x }}", "../..")
NUMBERS = (-1, 0, 1, 65536, 10**30, 1e308, 1e-308, float("nan"), "1e400", "nan", "1" * 400)
#: Of a whole number, Ansible itself makes a traceback of these, before a module has the word.
ENDLESS = (float("inf"), float("-inf"), "inf", "1" * 5000)
OTHERS = (None, True, 1.5, "", "text", [], [[]], {}, {"a": [None]})


def _deep(levels: int) -> t.Any:
    value: t.Any = "end"
    for _level in range(levels):
        value = {"a": [value]}
    return value


DICTS = (
    *(
        {"": ""},
        {"no such key": 1},
        {"a": None},
        {"a": float("nan")},
        {"a": 10**30},
        {"a": []},
        {"a": {"b": {"c": []}}},
    ),
    *({"a\0b": "\0"}, {"\ud800": "\ud800"}, {"x" * 5000: "x" * 5000}, _deep(40), [{"a": 1}], "a=b", "{", 5),
)
#: Parts of a container that are none.
CONTAINERS = (
    *({"securityContext": "x"}, {"securityContext": {"capabilities": []}}, {"securityContext": {"runAsUser": "0"}}),
    *({"env": [{"name": 5}]}, {"env": [None]}, {"ports": [{"containerPort": None}]}, {"resources": 5}, {"$patch": "x"}),
)
#: Below the folder of the test; it has what these names say.
PATHS = ("", " ", "\0", "a\0b", "x" * 5000, "folder", "fifo", "missing/file", "binary", "empty", "~nobody/x")
DEVICES = ("/dev/null", "/dev/full", "/proc/self/mem")


_TEXTS = {"name": "office", "host": "shop.lab", "path": "/a", "mount_path": "/a"}  #: of what has to be there


class _Asked(Exception):
    pass


def spec_of(name: str) -> Json:
    """The argument spec of a module, as it hands it to Ansible."""
    module, found = harness.module(name), []

    def keep(argument_spec: Json, **_more: t.Any) -> t.NoReturn:
        found.append(argument_spec)
        raise _Asked

    with mock.patch.object(module, "Module", keep), contextlib.suppress(_Asked):
        module.main()
    return t.cast(Json, found[0])


def options(spec: Spec, above: Path = ()) -> t.Iterator[tuple[Path, Spec]]:
    """Every option with its path, those of objects inside others, too."""
    for name, own in spec.items():
        yield (*above, name), own
        yield from options(own.get("options") or {}, (*above, name))


def values(spec: Spec) -> list[t.Any]:
    """What an option of a type is given."""
    kind = spec.get("type", "str")
    if kind == "list":
        of = {**spec, "type": spec.get("elements", "str")}
        many = [{}] * 200 if of["type"] == "dict" else ["x"] * 2000
        return [*([value] for value in values(of)), *OTHERS, ["\ud800"], "a,,b", many]
    if kind == "dict" and spec.get("options"):
        # Of a number in place of an object with options, Ansible 2.19 makes a traceback, too.
        return [value for value in (*DICTS, *OTHERS) if not isinstance(value, (bool, int, float))]
    if kind == "dict":
        return [*DICTS, *CONTAINERS, *OTHERS]
    if kind in ("int", "float"):
        return [*NUMBERS, *(ENDLESS if kind == "float" else ()), *OTHERS]
    if kind == "path":
        return [*PATHS, *DEVICES, None, 5, [], {}]
    if kind == "bool":
        return ["maybe", 2, float("nan"), *OTHERS]
    return [*TEXTS, 5, float("nan"), *OTHERS] if kind != "raw" else [*TEXTS, *NUMBERS, *DICTS, *PATHS, *OTHERS]


def nested(spec: Spec, path: Path, value: t.Any, base: t.Mapping[str, t.Any]) -> Json:
    """The parameters that hold a value at a path, beside what the module needs."""
    name, rest = path[0], path[1:]
    if not rest:
        return {**base, name: value}
    own = spec[name]
    there = base.get(name)
    there = there[0] if isinstance(there, list) and there else there if isinstance(there, dict) else {}
    inner = nested(own["options"], rest, value, there or _needed(own))
    return {**base, name: [inner] if own["type"] == "list" else inner}


def _needed(spec: Spec) -> Json:
    """What an object has to hold."""
    found = {}
    for name, own in spec["options"].items():
        if own.get("required"):
            found[name] = own["choices"][0] if own.get("choices") else ["a"] if own["type"] == "list" else _TEXTS[name]
    if any("namespace" in group for group in spec.get("required_one_of") or ()):
        found["namespace"] = "shop"
    return found


def mixed(spec: Spec, base: t.Mapping[str, t.Any], seed: str) -> Json:
    """Several options at once, each with something of its type."""
    chance = random.Random(seed)
    every = list(options(spec))
    given = dict(base)
    for path, own in chance.sample(every, 4):
        given = nested(spec, path, chance.choice(values(own)), given)
    return given
