# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A right that is missing: what depends on it is unknown, with that right, and never well."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather import Scope, gather
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import large
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis.rights import RIGHTS, Right
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.test_gather_workloads import Server
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils.conftest import bad_server

__all__ = ("bad_server",)

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORDINGS = pathlib.Path(__file__).parent / "plugins/module_utils/_runs/recordings"
#: What is read with the lists of these objects.
DETAILS = ("details", "node_details", "namespace_details")
SIZE = large.Size(10, 200, 300)


def dependent(right: Right) -> set[str]:
    """The rules that cannot tell without it."""
    return {rule.code for rule in RULES if right.fact in rule.needs}


def named(findings: t.Iterable[Finding]) -> set[str]:
    """The codes of findings and of their symptoms."""
    return {code for each in findings for code in (each.code, *named(each.children))}


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.resource)
def test_rules_that_need_it_are_unknown_with_the_right(right: Right, bad_server: t.Any) -> None:
    read = gather(Api(bad_server(Server(right.path)).connection(), 60.0), Scope(), depth="all")
    case = Case(Snapshot.from_dict(json.loads(json.dumps(read.to_dict()))), {"cells": []})
    found = diagnose(case, RULES)
    needing = dependent(right)
    assert needing <= {each.code for each in found.unknown_rules}
    assert not needing & set(found.evaluated)
    assert {each.fact for each in found.unknown_rules} <= {right.fact, *right.of_workloads, *DETAILS}
    assert all(right.said in each.reason for each in found.unknown_rules)
    assert found.outcome != "healthy" or not needing


def cases() -> dict[str, tuple[Snapshot, dict[str, t.Any]]]:
    """Clusters in which something is broken."""
    seen = large.snapshot(SIZE)
    found = {"large": (seen, large.report(SIZE, seen))}
    for folder in sorted(RECORDINGS.iterdir()):
        snapshot = Snapshot.from_dict(json.loads((folder / "snapshot.json").read_text()))
        found[folder.name] = snapshot, document.loads((folder / "report.json").read_bytes())
    return found


CASES = cases()
WHOLE: dict[str, Diagnosis] = {name: diagnose(Case(*case), RULES) for name, case in CASES.items()}


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.resource)
@pytest.mark.parametrize("name", CASES)
def test_what_is_found_with_it_is_found_without_it_or_is_unknown(name: str, right: Right) -> None:
    seen, report = CASES[name]
    found = diagnose(Case(right.removed_from(seen), report), RULES)
    told = named((*found.findings, *found.suspicions)) | {each.code for each in found.unknown_rules}
    assert {each.code for each in WHOLE[name].findings} <= told
    assert found.outcome in ("cause", "unknown")


def test_each_right_is_one_of_the_file() -> None:
    roles = yaml.safe_load_all((ROOT / "docs/rbac/diagnose.yml").read_text())
    granted = {resource for role in roles for rule in role["rules"] for resource in rule.get("resources", ())}
    assert {right.resource for right in RIGHTS} <= granted
    assert len(RIGHTS) >= 12
