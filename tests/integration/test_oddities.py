# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people run on purpose and tools take for faults (lab/oddities), all of it at once: nothing is called broken.

Alone, as an Ingress among them answers for every host that nobody else has.
"""

from __future__ import annotations

import concurrent.futures
import json
import re
import subprocess
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import closed

from .conftest import DEBUG_IMAGE, OPERATOR, PATIENCE, ROOT, connectivity
from .test_diagnose import diagnose

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(not OPERATOR, reason="the oddities are those of the lab"),
]

FOLDER = ROOT / "lab" / "oddities"
TIMEOUT = 8  #: seconds of a probe: twice as many as by itself, and some of these never answer
#: One of each way to ask: both workers, policies, name servers, names of its own, no shell, two containers, two states.
_PODS = ("crawler", "company-names", "node-names", "full-names", "own-hosts", "named", "guarded")
SOURCES = [
    *({"namespace": "odd", "pod": name} for name in _PODS),
    *({"namespace": "odd", "owner": f"deployment/{name}"} for name in ("no-shell", "loopback")),
    {"namespace": "odd", "owner": "statefulset/standby"},
    {"namespace": "odd-closed", "pod": "calculator"},
    {"node": "*"},
    {"outside": True},
]
OPTIONS = {
    "connectivity_namespaces": ["odd", "odd-closed"],
    "connectivity_sources": SOURCES,
    "connectivity_sample": {"mode": "all"},
    "connectivity_probe_timeout": TIMEOUT,
}
#: What no run can know, each in the words of its reason.
UNKNOWN = (
    r"container api has neither a shell nor python3 ",  # no-shell
    r"no answer, and nothing in this run shows that it answers UDP at all",  # silent-udp
    r"no answer, as NetworkPolicy odd(-closed)?/\w+ says, but nothing in this run shows that it answers UDP there",
)
#: What the owner of an application may want to know: the file that brings it, what is noted, and what of that.
NOTES = {
    ("unused", "port 5005 refuses connections: nothing listens there; no Service and no probe uses it"),
    ("leader", "port 7007 refuses connections: nothing listens there; no Service and no probe uses it"),
    (
        "loopback",
        "port 9090 refuses connections: the application listens on loopback only; no Service and no probe uses it",
    ),
    ("four", "port 8000 refuses IPv6 and answers by IPv4; no Service uses its IPv6 address"),
    ("six", "port 7006 refuses IPv4 and answers by IPv6; no Service uses its IPv4 address"),
    ("parameter", "port 8080 answers with a server error (HTTP 500)"),
    ("choosy", "port 8080 closes connections without an answer to a request"),
    ("mutual", "port 8443 accepts no client without a certificate"),
    *(
        (entry, f"DNS has no name {host}: only its address was probed")
        for entry, host in (
            *(("applications", f"{name}.odd.lab") for name in ("login", "redirects", "rest", "slow")),
            *(("many-paths", f"{name}.odd.lab") for name in ("one", "two")),
            ("behind", "behind.odd.lab"),
            ("canary", "canary.odd.lab"),
            ("intranet", "intranet.example"),
        )
    ),
}
#: What closes pairs, and what nobody reached for that.
CLOSED = {
    "NetworkPolicy odd-closed/closed",
    "NetworkPolicy odd/behind",
    "NetworkPolicy odd/crawler",
    "NetworkPolicy odd/guarded",
    "Service odd/agent",
    "Service odd/door",
    "Service odd/members-only",
}


def oddities(verb: str) -> None:
    command = [str(ROOT / "lab" / "lab"), "oddities", verb]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3 * PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Run(t.NamedTuple):
    report: dict[str, t.Any]
    summary: str
    findings: dict[str, t.Any]  #: of a diagnosis


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Run]:
    """One run of the playbook."""
    folder = tmp_path_factory.mktemp("oddities")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        try:
            oddities("up")
            done = connectivity("-e", json.dumps(OPTIONS), folder=folder)
            assert done.returncode == 0, done.stdout + done.stderr
            asked = {"namespaces": OPTIONS["connectivity_namespaces"], "debug_image": DEBUG_IMAGE}
            asked["probe_timeout"] = TIMEOUT
            found = diagnose(folder / "diagnosis", **asked).findings
        finally:
            removed = pool.submit(oddities, "down")  # while the tests look at what was found
        made = folder / "kubewire-run"
        yield Run(json.loads((made / "report.json").read_text()), (made / "summary.txt").read_text(), found)
        removed.result()


def told(cells: t.Iterable[dict[str, t.Any]]) -> list[str]:
    return [f"{cell['source']} -> {cell['asked']}: {cell['verdict']}: {cell['reason']}" for cell in cells]


def name_of(run: Run, cell: dict[str, t.Any]) -> str:
    """The object that a note is about: a workload, or what has none."""
    target = run.report["targets"][cell["target"]]
    return str(target.get("workload", "").rpartition("/")[2] or target["name"])


def test_there_are_enough_and_each_says_why_it_is_healthy() -> None:
    files = [path for path in FOLDER.glob("*.yaml") if path.stem not in ("namespaces", "ordinary")]
    assert len(files) >= 35
    assert [path.name for path in files if not re.search(r"^# Healthy: .*", path.read_text(), re.MULTILINE)] == []


def test_nothing_is_called_broken_or_open(run: Run) -> None:
    cells = run.report["cells"]
    assert sum(cell["verdict"] == "pass" for cell in cells) > 5000
    assert told(cell for cell in cells if cell["verdict"] in ("fail", "unexpected_open")) == []
    assert "FAILED" not in run.summary
    assert "OPEN" not in run.summary


def test_a_diagnosis_names_no_cause(run: Run) -> None:
    assert [finding["sentence"] for finding in run.findings["findings"]] == []
    assert len(run.findings["evaluated"]) > 100


def test_only_what_no_run_can_know_is_unknown(run: Run) -> None:
    unknown = [cell for cell in run.report["cells"] if cell["verdict"] == "unknown"]
    assert told(cell for cell in unknown if not any(re.match(reason, cell["reason"]) for reason in UNKNOWN)) == []
    silent = [cell for cell in unknown if "has neither a shell" not in cell["reason"]]
    assert {run.report["targets"][cell["target"]]["name"].partition("-")[0] for cell in silent} == {"logs"}


def test_notes_are_those_that_are_true_and_each_is_said_once(run: Run) -> None:
    notes = {(cell["target"], cell["note"]): name_of(run, cell) for cell in run.report["cells"] if cell.get("note")}
    assert {(name, note) for (_target, note), name in notes.items()} == NOTES


def test_what_is_closed_on_purpose_is_closed_by_its_object(run: Run) -> None:
    cells = [cell for cell in run.report["cells"] if (cell["expectation"], cell["verdict"]) == ("deny", "pass")]
    assert {name for cell in cells for name in cell["decided_by"].split(", ")} <= CLOSED
    assert "Service odd/members-only" in {cell["decided_by"] for cell in cells}


def test_a_target_that_somebody_reached_is_not_said_to_be_unreached(run: Run) -> None:
    texts = [said.partition("nobody in this run reached ")[2] for _by, said in closed.tell(run.report)]
    unreached = {name for text in texts for name in re.findall(r"odd(?:-closed)?/(?:[A-Z]\w+/)?([\w-]+)", text)}
    assert "members-only" in unreached
    assert unreached <= {"members-only", "calculator", "behind"}  # the rest was reached, if only to be refused


def test_a_name_that_etc_hosts_answers_with_the_pod_itself_is_not_its_services(run: Run) -> None:
    own = [cell for cell in run.report["cells"] if cell["asked"] in ("http://crawler:80/", "http://guarded:80/")]
    itself = [cell for cell in own if cell["source"].split("/")[1] in cell["asked"]]
    assert len(itself) == 4
    assert all("is the Pod's own host name" in cell["reason"] for cell in itself)
