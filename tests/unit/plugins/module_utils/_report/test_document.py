# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document: counted in one place, written so that grep works, read back with one clear complaint."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes


def test_summary_counts_each_verdict_and_model():
    summary = scenes.broken_node()["summary"]
    assert summary["cells"] == sum(counts["cells"] for counts in summary["by_model"].values())
    for verdict in ("pass", "fail", "unexpected_open", "unknown", "skipped"):
        assert summary[verdict] == sum(counts[verdict] for counts in summary["by_model"].values())
    assert summary["by_model"]["pod_to_pod_cross_node"] == {
        "cells": 48,
        "pass": 0,
        "fail": 40,
        "unexpected_open": 0,
        "unknown": 8,
        "skipped": 0,
    }


@pytest.mark.parametrize(
    ("outcome", "verdict", "errors"),
    [("http_503", "pass", 1), ("http_404", "pass", 0), ("http_503", "unexpected_open", 0), ("open", "pass", 0)],
)
def test_application_errors_are_open_paths_that_answer_5xx(outcome: str, verdict: str, errors: int):
    assert scenes.one(outcome=outcome, verdict=verdict)["summary"]["application_errors"] == errors


def test_no_cells():
    summary = document.summarise([])
    assert summary["cells"] == summary["application_errors"] == 0
    assert summary["by_model"] == {}


def test_models_stand_in_the_order_of_a_report():
    assert list(scenes.healthy()["summary"]["by_model"]) == [
        "container_to_container",
        "pod_to_pod_same_node",
        "pod_to_pod_cross_node",
        "pod_to_service",
        "pod_to_nodeport",
    ]


def test_source_is_joined_with_what_its_exec_gave():
    source = {"id": "shop/web-1/web", "namespace": "shop", "pod": "web-1", "container": "web"}
    report = {"source": "shop/web-1/web", "runner": "sh", "routes": ["default via 10.0.0.1"], "answers": [{"id": 1}]}
    entry = document.describe_source(source, report)
    assert entry == {**source, "runner": "sh", "routes": ["default via 10.0.0.1"]}
    unusable = {**source, "unusable": "it has finished"}
    assert document.describe_source(unusable) == {**source, "error": "it has finished"}
    assert document.describe_source(unusable, {"error": "exec failed"})["error"] == "exec failed"


def test_text_of_a_document_reads_back_and_has_a_line_for_each_cell():
    built = scenes.hostile()
    text = document.dumps(built)
    assert text.isascii()
    assert document.loads(text) == document.loads(text.encode()) == built
    lines = document.dumps(scenes.healthy()).splitlines()
    assert sum('"verdict":' in line for line in lines) == 225
    assert document.loads(document.dumps(scenes.empty())) == scenes.empty()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        (b"\xff\xfe{}", "it is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"schema": NaN}', "NaN is not a JSON number"),
        ("[]", "its schema is None"),
        ('{"schema": "kubewire.io/report/v9"}', "'kubewire.io/report/v1' is the one that is known"),
        ('{"schema": "kubewire.io/report/v1"}', "run is missing"),
    ],
)
def test_what_is_no_report_is_refused(text: t.Any, message: str):
    with pytest.raises(ValueError, match=re.escape(message)):
        document.loads(text)


def test_references_must_hold():
    built = scenes.one()
    built["cells"] += [{**built["cells"][0], "source": "gone"}, {**built["cells"][0], "id": 2, "target": "lost"}]
    errors = document.validate(built)
    assert errors == [
        "cells[1].source: 'gone' is not in sources",
        "cells[1].id: 1 occurs twice",
        "cells[2].target: 'lost' is not in targets",
        "summary: the counts are not those of cells",
    ]


def test_keys_are_ids():
    built = scenes.one()
    built["targets"]["other"] = next(iter(built["targets"].values()))
    assert document.validate(built) == ["targets.other.id: 'svc/shop/api:80' is not its key"]


def test_complaints_are_bounded():
    built = json.loads(json.dumps(scenes.mesh(10, 10)))
    for cell in built["cells"]:
        cell["verdict"] = "maybe"
    assert len(document.validate(built)) == document.MAX_ERRORS
