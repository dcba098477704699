# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest: what is in a bundle, and what is not, and why."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle import manifest
from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle.manifest import Manifest, NotCollected
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import scenes

RIGHT = "grant a Role with apiGroups: [''], resources: ['secrets'], verbs: ['list']"


def told(seen: t.Any = None, report: t.Any = None, findings: t.Any = None, left: t.Any = ()) -> list[NotCollected]:
    given = report if report is not None else {"cells": []}
    return manifest.not_collected(
        seen or scenes.snapshot(workloads=scenes.workloads(depth="all")), given, findings or {}, left
    )


def test_a_run_of_everything_lacks_nothing():
    assert told() == []


def test_a_list_that_was_refused_is_there_with_its_remedy():
    seen = scenes.snapshot(
        missing=(Missing("routes.route.openshift.io", "forbidden", "grant it"),),
        workloads=scenes.workloads(depth="all", unknown={"secrets": f"cannot list secrets: forbidden; {RIGHT}"}),
    )
    assert told(seen) == [
        NotCollected("everything that needs routes.route.openshift.io", "forbidden", "grant it"),
        NotCollected("secrets", f"cannot list secrets: forbidden; {RIGHT}"),
    ]


def test_what_was_not_asked_for_is_there_with_the_option():
    seen = scenes.snapshot(selected=("shop",), workloads=scenes.workloads(pods_without_details=48_000))
    found = told(seen)
    assert [each.what for each in found] == [
        "objects of other namespaces, except what a verdict needs",
        "details of Pods",
        "Jobs, CronJobs, autoscalers, RBAC objects",
    ]
    assert found[1].number == 48_000
    (none,) = told(dataclasses.replace(seen, workloads=None, selected=()))
    assert (none.what, none.remedy) == ("what keeps Pods from running", "pack a run of the role diagnose")


def test_what_was_not_probed_is_there_those_with_one_reason_together():
    report = {
        "cells": [],
        "not_tested": [
            {"what": "from Pod shop/a", "reason": "no tool"},
            {"what": "from Pod shop/b", "reason": "no tool"},
            {"what": "from Pod shop/c", "reason": "it has ended", "not_applicable": True},
        ],
        "sources": {"shop/d/d": {"id": "shop/d/d", "error": "refused", "remedy": "grant exec"}, "e": {"id": "e"}},
        "coverage": {"mode": "ring", "cells": [10, 500], "left_out": [{"what": "node to node", "count": 7}]},
    }
    assert told(report=report) == [
        NotCollected("probes: from Pod shop/a", "no tool", number=2),
        NotCollected("answers of shop/d/d", "refused", "grant exec"),
        NotCollected("checks that are not in the sample", "a sample was probed: ring", number=490),
        NotCollected("node to node", "left out of the plan", number=7),
    ]
    assert told(report={})[0].what == "answers of probes"


def test_faults_that_could_not_be_looked_for_and_other_files_are_there():
    unknown = [
        {"code": code, "title": "a fault", "fact": "events", "reason": "forbidden"} for code in ("POD-01", "POD-02")
    ]
    assert told(findings={"unknown_rules": unknown}, left=["notes.txt"]) == [
        NotCollected("fault POD-01: a fault", "events: forbidden", number=2),
        NotCollected("file notes.txt", "it is no file of a run"),
    ]


FILES = {"snapshot.json": b"{}", "README.txt": b"read"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({}, ""),
        ({"snapshot.json": b"{ }"}, "snapshot.json"),
        ({"more.json": b""}, "more.json"),
        ({"manifest.json": b""}, ""),
    ],
)
def test_a_file_that_is_not_what_the_manifest_says(change: dict[str, bytes], name: str):
    listed = tuple(manifest.file_of(each, body, "a file") for each, body in FILES.items())
    made = Manifest(manifest.SCHEMA_ID, "", "", "", "", files=listed)
    plain = json.loads(made.dumps())
    assert Manifest.from_dict(plain) == made
    assert manifest.damaged(plain, {**FILES, **change}) == name
    assert manifest.damaged(plain, {}) == "snapshot.json"
