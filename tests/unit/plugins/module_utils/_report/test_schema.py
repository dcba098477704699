# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of report.json: valid, printed, in the words of probing, and checked by us as jsonschema checks it."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import types
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document, schema
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes

jsonschema = pytest.importorskip("jsonschema")


def test_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema.REPORT_SCHEMA)


def test_printed_schema_is_this_schema():
    top = next(path for path in pathlib.Path(__file__).resolve().parents if (path / "galaxy.yml").exists())
    printed = top / "docs" / "report.schema.json"
    if not printed.exists():
        pytest.skip("docs/ is not in this tree")
    assert printed.read_text() == schema.as_json(), "print it: schema.as_json() > docs/report.schema.json"


def test_evidence_holds_all_that_an_answer_may_have():
    own = {field.name for field in dataclasses.fields(types.Answer)} - {"id", "outcome", "ms"}
    cell = schema.REPORT_SCHEMA["properties"]["cells"]["items"]
    assert own <= set(cell["properties"]["evidence"]["properties"])


@pytest.mark.parametrize("scene", scenes.SCENES)
def test_documents_are_valid(scene: t.Callable[[], scenes.Data]):
    built = scene()
    jsonschema.validate(built, schema.REPORT_SCHEMA, jsonschema.Draft202012Validator)
    assert document.validate(built) == []
