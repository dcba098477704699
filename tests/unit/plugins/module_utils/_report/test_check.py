# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own check of a document agrees with jsonschema."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document, schema
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.check import compile_schema
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes

jsonschema = pytest.importorskip("jsonschema")


def _at(data: t.Any, path: str) -> tuple[t.Any, t.Any]:
    """Return what holds the value at a path, and its key there; C(*) is the first key."""
    *parents, last = path.split("/")
    for part in parents:
        key = next(iter(data)) if part == "*" else part
        data = data[int(key) if isinstance(data, list) else key]
    return data, int(last) if isinstance(data, list) else last


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema", "kubewire.io/report/v2"),
        ("run/start", "yesterday"),
        ("run/replayed", "no"),
        ("run/cluster/nodes", True),
        ("run/cluster", None),
        ("run/more", 1),
        ("summary/fail", -1),
        ("summary/by_model/pod_to_moon", {}),
        ("sources", []),
        ("sources/*/routes", ["ok", 1]),
        ("targets/*/port", 65536),
        ("cells/0/verdict", "ok"),
        ("cells/0/outcome", "http_600"),
        ("cells/0/family", 4),
        ("cells/0/latency_ms", "fast"),
        ("cells/0/latency_ms", -0.1),
        ("cells/0/source", ""),
        ("cells/0/evidence/secret", "x"),
        ("cells/0/evidence/phases", {"DNS lookup": 1}),
        ("cells/0/evidence/phases", {"dns": None}),
        ("cells/0", "a cell"),
        ("findings", [{}]),
        ("not_tested", [{"what": "x"}]),
        ("requests/api", 1.5),
        ("coverage", {}),
        ("coverage", {"mode": "most"}),
        ("coverage", {"mode": "ring", "pairs": [1]}),
        ("coverage", {"mode": "ring", "pairs": [1, 2, 3]}),
        ("coverage", {"mode": "ring", "pairs": [1, "all"]}),
        ("coverage", {"mode": "ring", "left_out": [{"what": "Pods"}]}),
        ("sources/*/workload", 7),
    ],
)
def test_own_check_agrees_with_jsonschema(path: str, value: t.Any):
    broken = copy.deepcopy(scenes.one())
    parent, key = _at(broken, path)
    parent[key] = value
    assert list(jsonschema.Draft202012Validator(schema.REPORT_SCHEMA).iter_errors(broken))
    errors = document.validate(broken)
    assert errors
    assert all(error.isprintable() for error in errors)


def test_newline_at_the_end_is_no_match():
    # JSON Schema says so (ECMA 262); the jsonschema library's $ lets it pass.
    assert document.validate(scenes.one(outcome="open\n"))


@pytest.mark.parametrize("key", schema.REPORT_SCHEMA["required"])
def test_missing_part_is_named(key: str):
    broken = scenes.one()
    del broken[key]
    assert document.validate(broken) == [f"the document: {key} is missing"]


def test_unknown_schema_keyword_is_refused():
    with pytest.raises(ValueError, match="oneOf"):
        compile_schema({"type": "object", "properties": {"a": {"oneOf": []}}})
