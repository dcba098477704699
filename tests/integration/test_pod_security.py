# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we forecast under PodSecurity is what the API server does: every profile, in every style, at every level."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
import uuid

import pytest

from .conftest import COLLECTIONS, OPERATOR, create, image, namespaces

Json = dict[str, t.Any]

LEVELS = ("privileged", "baseline", "restricted")  # from the one that admits everything

#: the strictest level that admits a profile, by style
STRICTEST = {
    "namespace": {"general": "baseline", "legacy": "baseline", "baseline": "baseline", "restricted": "restricted"},
    "node": {"baseline": "baseline", "restricted": "restricted"},
    "copy": {"legacy": "baseline", "baseline": "baseline", "restricted": "restricted"},
    "ephemeral": {"legacy": "baseline", "baseline": "baseline", "restricted": "restricted"},
}
PROFILES = ("general", "baseline", "restricted", "netadmin", "sysadmin", "legacy")
CELLS = [(level, style, profile) for level in LEVELS for style in STRICTEST for profile in PROFILES]

#: a Pod that every level admits, and that no node takes
ORIGINAL: Json = {
    "nodeSelector": {"kubernetes.io/hostname": "nowhere"},
    "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "app",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


@pytest.fixture(scope="module")
def cells() -> t.Iterator[dict[tuple[str, ...], Json]]:
    """What was forecast and what was done, by level, style and profile."""
    prefix = f"test-{uuid.uuid4().hex[:8]}"
    names = {level: f"{prefix}-{level}" for level in LEVELS}
    used = image("ledger")
    body = {**ORIGINAL, "containers": [{**ORIGINAL["containers"][0], "image": used}]}
    with namespaces({name: {"pod-security.kubernetes.io/enforce": level} for level, name in names.items()}):
        places = [{"name": "original", "namespace": name} for name in names.values()]
        create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body} for metadata in places)
        yield run(used, names)


def run(used: str, names: dict[str, str]) -> dict[tuple[str, ...], Json]:
    script = str(COLLECTIONS.parents[1] / "tests" / "integration" / "admission_cells.py")
    words = [*OPERATOR, "env", f"PYTHONPATH={COLLECTIONS}", sys.executable, script, used, *names.values()]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    level_of = {name: level for level, name in names.items()}
    return {(level_of[cell["namespace"]], cell["style"], cell["profile"]): cell for cell in json.loads(done.stdout)}


@pytest.mark.parametrize(("level", "style", "profile"), CELLS)
def test_the_forecast_is_what_happens(cells: dict[tuple[str, ...], Json], level: str, style: str, profile: str) -> None:
    cell = cells[level, style, profile]
    assert cell["forecast"] == cell["done"]
    assert not cell["foreseen_changed"]
    admitted = LEVELS.index(level) <= LEVELS.index(STRICTEST[style].get(profile, "privileged"))
    assert admitted == (cell["done"] is None) == cell["changed"]
    if not admitted:
        assert cell["done"]["kind"] == "pod_security"
        assert {violation["rule"].split(":")[0] for violation in cell["done"]["violations"]} == {level}


def test_every_cell_was_tried(cells: dict[tuple[str, ...], Json]) -> None:
    assert sorted(cells) == sorted(CELLS)
