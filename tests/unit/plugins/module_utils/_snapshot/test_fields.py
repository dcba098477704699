# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of an API object by their path: absent is empty, null is absent, another type is named."""

from __future__ import annotations

import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import fields
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.fields import OddObject

EMPTY = {
    "mapping": {},
    "mappings": [],
    "string": "",
    "strings": (),
    "string_map": {},
    "integer": 0,
    "port_of": 0,
    "boolean": None,
    "int_or_string": "",
}


@pytest.mark.parametrize("item", [{}, {"spec": None}, {"spec": {}}, {"spec": {"a": None}}])
@pytest.mark.parametrize("name", EMPTY)
def test_what_is_absent_or_null_is_empty(name, item):
    assert getattr(fields, name)(item, "spec", "a") == EMPTY[name]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("mapping", {"b": 1}, {"b": 1}),
        ("mappings", [{"b": 1}], [{"b": 1}]),
        ("string", "b", "b"),
        ("strings", ["b", "c"], ("b", "c")),
        ("string_map", {"b": "c"}, {"b": "c"}),
        ("integer", 7, 7),
        ("port_of", 65535, 65535),
        ("boolean", False, False),
        ("int_or_string", 80, "80"),
        ("int_or_string", "http", "http"),
    ],
)
def test_what_has_its_type_is_given(name, value, found):
    assert getattr(fields, name)({"spec": {"a": value}}, "spec", "a") == found


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("mapping", [], "spec.a is a list where an object is expected"),
        ("mappings", [1], "spec.a[0] is a whole number where an object is expected"),
        ("mappings_but_null", [None, 1], "spec.a[1] is a whole number where an object is expected"),
        ("string", 7, "spec.a is a whole number where a string is expected"),
        ("strings", ["b", None], "spec.a[1] is null where a string is expected"),
        ("string_map", {"b": 1}, "spec.a.b is a whole number where a string is expected"),
        ("integer", "7", "spec.a is a string where a whole number is expected"),
        ("integer", True, "spec.a is a boolean where a whole number is expected"),
        ("port_of", 65536, "spec.a is no port: it must be from 1 to 65535"),
        ("port_of", -1, "spec.a is no port: it must be from 1 to 65535"),
        ("boolean", "true", "spec.a is a string where"),
        ("int_or_string", {}, "spec.a is an object where a whole number or a string is expected"),
    ],
)
def test_another_type_is_named_with_the_path(name, value, words):
    with pytest.raises(OddObject, match=re.escape(words)):
        getattr(fields, name)({"spec": {"a": value}}, "spec", "a")


def test_a_path_through_another_type_is_named_where_it_ends():
    with pytest.raises(OddObject, match=r"^spec is a string where an object is expected$"):
        fields.string({"spec": "x"}, "spec", "a", "b")
