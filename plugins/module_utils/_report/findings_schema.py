# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""JSON Schema of findings.json, and of the same parts in report.json; docs/findings.schema.json is printed from it."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words as words

from .schema_parts import COUNT, NAME, TEXT, TEXTS, Schema, closed, list_of

SCHEMA_ID = "kubewire.io/findings/v1"
#: How deep symptoms of symptoms go.
_DEPTH = 3

_CODE: Schema = {"type": "string", "pattern": "^[A-Z]+-[0-9]{2}$"}
#: An object of the cluster.
OBJECT = closed({"kind": NAME, "name": TEXT, "namespace": TEXT}, "kind name")
_EVIDENCE = closed(
    {
        "kind": {"enum": ["api", "event", "log", "probe", "counter"]},
        "about": {**TEXT, "description": "the object, the container, or the question that it is of"},
        "says": TEXT,
        "key": {"type": "boolean", "description": "whether the finding rests on it"},
    },
    "kind about says",
)
_FIX = closed(
    {
        "text": NAME,
        "command": {**TEXT, "description": "runs as printed; empty where only its owner can know what to write"},
        "risk": {"enum": ["low", "medium", "high"]},
        "undo": TEXT,
        "needs": {**TEXT, "description": "the right"},
    },
    "text",
)
_RULED_OUT = closed({"code": _CODE, "by": NAME, "object": OBJECT}, "code by")
_SCOPE = closed(
    {
        "affected": COUNT,
        "of": COUNT,
        "what": TEXT,
        "nodes": TEXTS,
        "state": {"enum": ["steady", "intermittent"]},
        "since": TEXT,
    }
)


def _finding(depth: int) -> Schema:
    children: Schema = {"type": "array", "items": _finding(depth - 1) if depth else {"type": "object"}}
    return closed(
        {
            "code": _CODE,
            "layer": NAME,
            "severity": {"enum": ["critical", "error", "warning", "info"]},
            "certainty": {"enum": ["certain", "strong", "hint"]},
            "object": {**OBJECT, "description": "of origin"},
            "sentence": {**NAME, "description": "the object, the field, and the value"},
            "field": {**TEXT, "description": "of origin"},
            "value": {**TEXT, "description": "that the field has"},
            "wanted": {**TEXT, "description": "that it should have"},
            "mechanism": {**TEXT, "description": "how that leads to what was seen"},
            "victims": list_of(OBJECT),
            "explains": {**list_of(COUNT), "description": "ids of the failing cells"},
            "scope": _SCOPE,
            "evidence": list_of(_EVIDENCE),
            "ruled_out": list_of(_RULED_OUT),
            "fix": _FIX,
            "verify": closed({"source": NAME, "target": NAME}, "source target"),
            "changed": closed({"manager": TEXT, "time": TEXT}, "manager"),
            "children": {**children, "description": "its symptoms"},
        },
        "code layer severity certainty object sentence",
    )


FINDING = _finding(_DEPTH)
#: What a diagnosis says beside its findings.
REST: t.Final[Schema] = {
    "outcome": {"enum": list(words.DIAGNOSES), "description": "the class of the whole"},
    "suspicions": {**list_of(FINDING), "description": "what looks odd and explains no failing cell"},
    "unexplained": {**list_of(COUNT), "description": "ids of the failing cells that no finding explains"},
    "ruled_out": list_of(_RULED_OUT),
    "unknown_rules": {
        **list_of(closed({"code": _CODE, "title": NAME, "fact": NAME, "reason": NAME}, "code title fact reason")),
        "description": "rules that could not tell, with the fact that is not known",
    },
    "evaluated": {**list_of(_CODE), "description": "codes of the rules that could tell"},
    "path": {
        **list_of(
            closed(
                {
                    "hop": NAME,
                    "state": {"enum": ["passes", "stops", "unknown", "not_judged"]},
                    "says": TEXT,
                    "object": OBJECT,
                },
                "hop state",
            )
        ),
        "description": "the way from the source to the target, where the run was one question",
    },
    "way": closed(
        {
            "steps": list_of(
                closed(
                    {"id": NAME, "question": NAME, "answer": {"enum": ["yes", "no", "unknown"]}, "says": TEXT},
                    "id question answer",
                )
            ),
            "leaf": {**TEXT, "description": "where it ends; END where all is well"},
            "says": {**TEXT, "description": "what to mend there"},
            "codes": {**list_of(_CODE), "description": "of the causes that were found there"},
        },
        description="the decisions of the flowchart, up to the first finding",
    ),
    "error": {
        **closed({"kind": NAME, "means": NAME, "tool": TEXT, "asked": TEXT, "result": TEXT}, "kind means"),
        "description": "the error of a user that the run is about: what it means, what was asked, what that showed",
    },
}
_REQUIRED = "outcome unexplained ruled_out unknown_rules evaluated"
#: The section of report.json.
DIAGNOSIS = closed(REST, _REQUIRED, description="what a diagnosis says beside findings")

FINDINGS_SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": f"https://{SCHEMA_ID}",
    "title": "Kubewire findings.json",
    **closed(
        {
            "schema": {"const": SCHEMA_ID},
            "cluster": closed({"server": TEXT, "version": TEXT, "taken": TEXT}, "server version taken"),
            "findings": list_of(FINDING),
            **REST,
        },
        f"schema cluster findings {_REQUIRED}",
    ),
}


def as_json() -> str:
    """Return the text of docs/findings.schema.json."""
    return json.dumps(FINDINGS_SCHEMA, indent=2) + "\n"
