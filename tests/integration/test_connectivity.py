# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectivity of a healthy cluster: the whole runbook, as people start it."""

from __future__ import annotations

import itertools
import json
import pathlib
import re
import subprocess

import jsonschema
import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.schema import REPORT_SCHEMA

from .conftest import PROBE_TIMEOUT, connectivity, kubectl

pytestmark = pytest.mark.alone

#: All that needs neither an image for nodes nor a word of the user's on what the Internet is.
MODELS = tuple(model for model in _words.MODELS if not model.startswith("node_to_") and model != "pod_to_internet")


def playbook(run_dir: pathlib.Path, *words: str, **variables: object) -> subprocess.CompletedProcess[str]:
    values = {"connectivity_run_dir": str(run_dir), "connectivity_namespaces": ["shop"], **variables}
    return connectivity(*words, "-e", json.dumps(values))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("connectivity")
    done = playbook(folder, connectivity_probe_timeout=PROBE_TIMEOUT)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout, json.loads((folder / "report.json").read_text())


def test_the_report_keeps_its_contract(run):
    folder, _text, report = run
    jsonschema.validate(report, REPORT_SCHEMA)
    assert {path.name for path in folder.iterdir()} == {
        "snapshot.json",
        "answers.json",
        "report.json",
        "findings.json",
        "report.html",
        "report.junit.xml",
        "report.md",
        "summary.txt",
        ".kubewire.lock",
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_every_model_passes_and_nothing_fails(run):
    _folder, _text, report = run
    for model in MODELS:
        assert report["summary"]["by_model"][model]["pass"] > 0, model
    assert short(report, "fail", "unexpected_open") == []


def short(report, *verdicts):
    """Cells of these verdicts, each in a line that a person can read in a failed test."""
    return [
        f"{cell['source']} -> {cell['asked']}: {cell['reason']}"
        for cell in report["cells"]
        if cell["verdict"] in verdicts
    ]


def test_only_a_pod_without_any_tool_is_unknown_and_it_says_the_remedy(run):
    _folder, _text, report = run
    unknown = {cell["source"] for cell in report["cells"] if cell["verdict"] == "unknown"}
    blind = {name for name in report["sources"] if name.startswith("shop/api-")}
    others = [cell for cell in report["cells"] if cell["verdict"] == "unknown" and cell["source"] not in blind]
    assert blind
    assert blind <= unknown
    for name in blind:
        assert "neither a shell nor python3" in report["sources"][name]["error"]
        assert "debug_image" in report["sources"][name]["remedy"]
    # Beside these, only a probe whose tool is not in the image may be unknown, and it names the tools.
    reasons = ("looked for", "permission denied", "too little TLS", "too little processor time")
    assert [cell for cell in others if not any(reason in cell["reason"] for reason in reasons)] == []


def test_both_families_and_every_kind_of_name(run):
    _folder, _text, report = run
    passed = {
        (cell["family"], cell["via"], cell["protocol"])
        for cell in report["cells"]
        if cell["verdict"] == "pass" and cell["model"] == "pod_to_service"
    }
    for family in ("IPv4", "IPv6"):
        for via in ("short name", "fqdn"):
            assert (family, via, "dns") in passed
        for via in ("short name", "fqdn.", "address"):
            assert (family, via, "http") in passed
            assert (family, via, "tcp") in passed


def test_icmp_to_a_cluster_ip_is_not_applicable(run):
    _folder, _text, report = run
    cells = [cell for cell in report["cells"] if cell["model"] == "pod_to_service" and cell["protocol"] == "icmp"]
    assert cells
    assert {(cell["outcome"], cell["verdict"]) for cell in cells} == {("not_applicable", "skipped")}


def test_node_ports_are_asked_on_every_node(run):
    _folder, _text, report = run
    asked = {
        cell["target"] for cell in report["cells"] if cell["model"] == "pod_to_nodeport" and cell["protocol"] == "http"
    }
    assert asked == {"node/cp:30080", "node/w1:30080", "node/w2:30080"}


def test_one_exec_for_each_source_and_two_more_at_most(run):
    _folder, _text, report = run
    again = {cell["source"] for cell in report["cells"] if cell["evidence"].get("sent") == 2}  # it had failed once
    assert report["requests"]["exec"] <= len(report["sources"]) + 2 + len(again)
    assert report["requests"]["api"] <= 40


def test_every_source_that_spoke_shows_its_routing_table(run):
    """Row T9: every test begins with the routing table of the source."""
    _folder, _text, report = run
    spoke = [source for source in report["sources"].values() if source.get("runner") and source["kind"] == "pod"]
    assert {source["runner"] for source in spoke} == {"python", "sh"}
    for source in spoke:
        assert any(re.match(r"default via 10\.244\.\d+\.1 dev eth0", route) for route in source["routes"]), source


def test_the_terminal_says_it_in_words(run):
    folder, text, report = run
    assert (folder / "summary.txt").read_text().splitlines()[0] in text
    for model in MODELS:
        assert model in text
    summary = report["summary"]
    assert f"{summary['cells'] - summary['skipped']:,} checks" in text


def test_judging_the_recording_again_gives_the_same(run, tmp_path):
    folder, _text, report = run
    environ_free = playbook(tmp_path, connectivity_replay=str(folder))
    assert environ_free.returncode == 0, environ_free.stdout
    again = json.loads((tmp_path / "report.json").read_text())
    pairs = itertools.zip_longest(again["cells"], report["cells"])
    assert [(new, old) for new, old in pairs if new != old][:3] == []
    assert again["run"]["replayed"] is True


def test_check_mode_asks_and_opens_no_exec(tmp_path):
    def execs() -> float:
        lines = kubectl("get", "--raw", "/metrics").splitlines()
        found = [line for line in lines if line.startswith("apiserver_request_total") and 'subresource="exec"' in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    before = execs()
    done = playbook(tmp_path / "run", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert execs() == before
    assert not (tmp_path / "run").exists()


def test_check_mode_says_what_it_may(net_probe):
    allowed = net_probe(check=True, namespaces=["shop"])
    assert {entry["allowed"] for entry in allowed["authorisation"]} == {True}
    assert allowed["plan"]["cells"] > 100
    assert allowed["requests"]["exec"] == 0
    assert "cells" not in allowed
