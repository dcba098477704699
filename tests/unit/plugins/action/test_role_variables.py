# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""role_variables: text becomes what the argument spec says, and a misspelt name is told from another one."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.action.role_variables import coerced, distance, suggestions


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ({"type": "bool"}, "false", False),
        ({"type": "bool"}, "no", False),
        ({"type": "bool"}, "0", False),
        ({"type": "bool"}, "True", True),
        ({"type": "int"}, "10", 10),
        ({"type": "float"}, "1e1", 10.0),
        ({"type": "list", "elements": "str"}, "h1", ["h1"]),
        ({"type": "list", "elements": "str"}, "a,b", ["a", "b"]),
        ({"type": "list", "elements": "str"}, '["a", "b c"]', ["a", "b c"]),
        ({"type": "list", "elements": "str"}, "['a', 'b,c']", ["a", "b,c"]),
        ({"type": "list", "elements": "str"}, "[a", ["[a"]),
        ({"type": "list", "elements": "dict"}, '[{"argv": ["id"]}]', [{"argv": ["id"]}]),
        ({"type": "dict"}, "a=1 b=2", {"a": "1", "b": "2"}),
        ({"type": "dict"}, '{"a": {"b": 1}}', {"a": {"b": 1}}),
        ({"type": "str"}, "no", "no"),
    ],
)
def test_text_becomes_what_the_spec_says(option, text, value):
    read, errors = coerced({"x": option}, {"x": text})
    assert (read, errors) == ({"x": value}, [])
    assert type(read["x"]) is type(value)


def test_what_is_unset_is_left_out_and_defaults_are_not():
    inner = {"pid": {"type": "int"}, "seconds": {"type": "int", "default": 10}}
    spec = {"a": {"type": "list"}, "b": {"type": "int", "default": 3}, "c": {"type": "dict", "options": inner}}
    assert coerced(spec, {"c": {"pid": "4"}})[0] == {"b": 3, "c": {"pid": 4, "seconds": 10}}
    assert coerced(spec, {"c": {}})[0] == {"b": 3, "c": {"seconds": 10}}
    assert coerced(spec, {})[0] == {"b": 3}


def test_what_cannot_be_read_is_an_error_that_names_the_variable():
    _read, errors = coerced({"sweep_older_than": {"type": "int"}}, {"sweep_older_than": "soon"})
    assert len(errors) == 1
    assert "sweep_older_than" in errors[0]


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("abc", "abc", 0),
        ("abc", "ab", 1),
        ("abc", "abcd", 1),
        ("abc", "axc", 1),
        ("abcd", "acbd", 1),
        ("abcd", "badc", 2),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
    ],
)
def test_distance(one, other, edits):
    assert {distance(*pair) for pair in ((one, other), (other, one))} == {edits}


def test_only_what_is_nearly_known_is_misspelt():
    known = {"r_namespaces", "r_names", "r_deadline"}
    given = ["r_namespace", "r_deadlnei", "r_deadlinexyz", "r_result", "namespace", "r_names", "q_deadlin"]
    assert suggestions(given, "r_", known) == [("r_deadlnei", "r_deadline"), ("r_namespace", "r_namespaces")]
