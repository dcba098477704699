# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of findings.json: valid, printed, and that of the records of a diagnosis."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import engine, path
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import finding as records
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors import answer as error_answer
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import findings_schema

jsonschema = pytest.importorskip("jsonschema")


def test_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(findings_schema.FINDINGS_SCHEMA)


def test_printed_schema_is_this_schema():
    top = next(path for path in pathlib.Path(__file__).resolve().parents if (path / "galaxy.yml").exists())
    printed = top / "docs" / "findings.schema.json"
    if not printed.exists():
        pytest.skip("docs/ is not in this tree")
    said = "print it: findings_schema.as_json() > docs/findings.schema.json"
    assert printed.read_text() == findings_schema.as_json(), said


def names(record: t.Any) -> set[str]:
    return {field.name for field in dataclasses.fields(record)}


def test_it_is_that_of_the_records():
    found = findings_schema.FINDING["properties"]
    assert set(found) == names(records.Finding)
    for key, record in (
        ("object", records.ObjectRef),
        ("fix", records.Fix),
        ("scope", records.Scope),
        ("verify", records.Verify),
        ("changed", records.Change),
    ):
        assert set(found[key]["properties"]) == names(record)
    for key, record in (("evidence", records.Evidence), ("ruled_out", records.RuledOut)):
        assert set(found[key]["items"]["properties"]) == names(record)
    hop = findings_schema.REST["path"]["items"]["properties"]
    assert set(hop) == names(path.Hop)
    assert hop["state"]["enum"] == list(path.STATES)
    assert set(findings_schema.REST) == (names(engine.Diagnosis) | {"outcome", "error"}) - {"findings"}
    assert set(findings_schema.REST["error"]["properties"]) == names(error_answer.ErrorAnswer)
    assert found["severity"]["enum"] == list(records.SEVERITIES)
    assert found["certainty"]["enum"] == list(records.CERTAINTIES)
    assert found["fix"]["properties"]["risk"]["enum"] == list(records.RISKS)
