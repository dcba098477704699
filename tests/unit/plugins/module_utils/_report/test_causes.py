# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of recorded runs: terminal, Markdown, page and JUnit count the same ones, and tell as many."""

from __future__ import annotations

import json
import pathlib
import re
import sys
import typing as t
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import groups, html, junit, markdown, text
from ansible_collections.kubewire.netdebug.tests.unit.plugins.modules.test_net_probe import run

RECORDING = pathlib.Path(__file__).resolve().parents[5] / "lab" / "recording"
ASKED = {
    "namespaces": ["shop"],
    "families": ["IPv4"],
    "internet": [{"host": "www.outside.lab", "port": 80, "protocol": "http"}],
}


def dead_node(answers: dict[str, t.Any], snapshot: dict[str, t.Any]) -> None:
    """Nothing that goes to a Pod of w2, or to w2 itself, is answered."""
    there = {address for pod in snapshot["pods"] if pod.get("node") == "w2" for address in pod["ips"]}
    there |= {address for node in snapshot["nodes"] if node["name"] == "w2" for address in node["internal_ips"]}
    silent = {probe["id"] for probe in answers["probes"] if probe["host"] in there}
    for source in answers["sources"]:
        for answer in source["answers"]:
            if answer["id"] in silent:
                answer.update(outcome="timeout", ms=4000.0)


def dead_service(_answers: dict[str, t.Any], snapshot: dict[str, t.Any]) -> None:
    """Nobody is behind the ledger any more, and it refuses."""
    for part in snapshot["endpoint_slices"]:
        if part["service"] == "ledger":
            part["endpoints"] = []
    probes = {probe["id"] for probe in _answers["probes"] if probe["target"] == "svc/shop/ledger:7000"}
    for source in _answers["sources"]:
        for answer in source["answers"]:
            if answer["id"] in probes and answer["outcome"] == "open":
                answer.update(outcome="refused")


def as_it_was(_answers: dict[str, t.Any], _snapshot: dict[str, t.Any]) -> None:
    """Change nothing."""


DENIED = [{"expect": "deny", "from": {"label_selector": "app=frontend"}, "to": {"service": "ledger"}}]


@pytest.mark.parametrize(
    ("damage", "expectations", "most", "least"),
    [(as_it_was, [], 0, 0), (as_it_was, DENIED, 1, 1), (dead_service, [], 1, 1), (dead_node, [], 6, 1)],
)
def test_all_formats_count_the_same(
    tmp_path: pathlib.Path,
    damage: t.Callable[[dict[str, t.Any], dict[str, t.Any]], None],
    expectations: list[t.Any],
    most: int,
    least: int,
) -> None:
    answers, snapshot = (json.loads((RECORDING / f"{name}.json").read_text()) for name in ("answers", "snapshot"))
    damage(answers, snapshot)
    for name, data in (("answers", answers), ("snapshot", snapshot)):
        (tmp_path / f"{name}.json").write_text(json.dumps(data))
    paths = {"snapshot": str(tmp_path / "snapshot.json"), "replay": str(tmp_path / "answers.json")}
    result = run(tmp_path, sys.executable, **ASKED, **paths, expectations=expectations, dest=str(tmp_path / "run"))
    assert "msg" not in result, result
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    found = groups.group(report)
    assert least <= len([one for one in found if one.kind in ("fail", "unexpected_open")]) <= most
    assert counts(report) == {"terminal": len(found), "markdown": len(found), "page": len(found), "junit": len(found)}


def counts(report: dict[str, t.Any]) -> dict[str, int]:
    """Count the causes in what each format shows, and hold that to what it says."""
    terminal, page = text.render(report), html.render(report)
    said = [*re.findall(r"^What needs attention: (\d+) cause", terminal, re.MULTILINE), "0"]
    blocks = re.findall(
        r"^(?:FAILED|UNEXPECTEDLY OPEN|UNKNOWN|APPLICATION ERROR)  [\d,]+ checks?:", terminal, re.MULTILINE
    )
    more = re.findall(r"by (\d+) more causes?:", terminal)
    assert len(blocks) + sum(map(int, more)) == int(said[0])
    (data,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', page)
    packed = json.loads(data)
    properties = ET.fromstring(junit.render(report)).findall("testsuite[@name='causes']/properties/property")
    listed = {entry.get("name"): entry.get("value", "") for entry in properties}
    assert int(listed.get("causes", "0")) == len([name for name in listed if name and name.startswith("cause ")])
    told = [*re.findall(r"^### What needs attention: (\d+) cause", markdown.render(report), re.MULTILINE), "0"]
    return {
        "terminal": int(said[0]),
        "markdown": int(told[0]),
        "page": len(packed["groups"]) + packed["more_groups"],
        "junit": int(listed.get("causes", "0")),
    }
