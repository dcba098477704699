# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the gates: a line for each, all it prints in build/logs/GATE.log, and one plain line of counts at the end.

Usage: .ci/gates.py check | test | GATE...
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
SKIPPED = 77  # what a gate exits with when it cannot run on this machine; its last line says why
PLAIN = {"NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1"}
DOCS = "--plugin-docs --validate-collection-refs=self --disallow-unknown-collection-refs"


@dataclasses.dataclass(frozen=True)
class Gate:
    """One thing that must hold: a command line of bash, run from the top of the checkout in the environment `dev`."""

    stage: str  # the gates of a stage run two at a time; a stage begins when the one before has ended
    name: str
    command: str
    minutes: int = 10


#: In the order of tests/integration/conftest.py.
BY_FILE = "--dist loadfile --no-loadscope-reorder"
GATES = (
    Gate("check", "mypy", "mypy"),
    # Much of it is waiting for probes to time out, and that stands together in a few files: others take it over.
    Gate("check", "unit", "pytest -q -n 6 --dist worksteal tests/unit"),
    Gate("check", "ruff-lint", "ruff check ."),
    Gate("check", "ruff-format", "ruff format --check ."),
    Gate("check", "yamllint", "yamllint --strict ."),
    Gate("check", "shellcheck", ".ci/shell-scripts | xargs -0 shellcheck -x"),
    Gate("check", "shellcheck-runner", ".ci/runner-scripts build/runner && shellcheck build/runner/*.sh"),
    Gate("check", "changelog", "antsibull-changelog lint"),
    Gate("build", "sanity-2.19", ".ci/ansible-test dev sanity", 20),
    Gate("build", "sanity-2.21", ".ci/ansible-test newer sanity", 20),
    Gate("build", "units-2.21", ".ci/ansible-test newer units --num-workers 6"),
    Gate("build", "ansible-lint", "ansible-lint"),
    Gate("build", "lab", "lab/lab build && lab/lab up", 50),  # waits more than it computes, once it was built
    Gate("build", "docs", f".ci/in-tree docs antsibull-docs lint-collection-docs {DOCS} ."),
    Gate("build", "galaxy-importer", ".ci/artifact import"),
    Gate("build", "install-tarball", ".ci/artifact install-tarball"),
    Gate("build", "install-repository", ".ci/artifact install-repository"),
    Gate("build", "replay", "make replay"),
    Gate("lab-tests", "integration", f"pytest -q --durations=12 -n 2 {BY_FILE} -m 'not alone' tests/integration", 20),
    Gate("lab-tests", "lab-programs", "lab/lab test"),
    Gate("lab-tests-alone", "integration-alone", "pytest -q --durations=12 -m alone tests/integration", 20),
    Gate("molecule", "molecule", "lab/run molecule test --all", 20),
    Gate("demo", "demo", "make demo"),
)
STAGES = tuple(dict.fromkeys(gate.stage for gate in GATES))

started = time.monotonic()
console = threading.Lock()


def say(text: str) -> None:
    """Print a line, whole, with the time since the start."""
    with console:
        print(f"[{time.monotonic() - started:4.0f}s] {text}", flush=True)


def run(gate: Gate) -> tuple[int, int]:
    """Run one gate and return how much of it passed and failed: tests where its log counts them, else itself."""
    log = LOGS / f"{gate.name}.log"
    begin = time.monotonic()
    say(f"run   {gate.name}")
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", gate.command],
            cwd=ROOT,
            env=os.environ | PLAIN,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = _wait(process, gate, begin)
    lines = log.read_text(errors="replace").splitlines()
    took = f"{time.monotonic() - begin:.1f} s"
    passed, failed = _counts(lines)
    if code == 0:
        say(f"pass  {gate.name}  {took}")
        return max(passed, 1), failed
    if code == SKIPPED:
        say(f"skip  {gate.name}: {lines[-1]}")
        return 0, 0
    with console:
        print("\n".join(f"    {line}" for line in lines[-25:]))
    say(f"FAIL  {gate.name}  {took}: see {log.relative_to(ROOT)}")
    return passed, max(failed, 1)


def _wait(process: subprocess.Popen[bytes], gate: Gate, begin: float) -> int:
    while True:
        try:
            return process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            minutes = (time.monotonic() - begin) / 60
            if minutes > gate.minutes:
                say(f"STOP  {gate.name}: no end after {gate.minutes} min")
                os.killpg(process.pid, signal.SIGKILL)
                return process.wait()
            say(f"...   {gate.name}")


def _counts(lines: list[str]) -> tuple[int, int]:
    """Return the counts of pytest's last line."""
    last = next(
        (line for line in reversed(lines) if re.search(r"\d+ (passed|failed|errors?)\b.* in [\d.]+s", line)), ""
    )
    counts = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)\b", last)}
    return counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)


def gates(wanted: list[Gate]) -> int:
    """Run the gates stage by stage; the last line is the counts."""
    passed = failed = 0
    for stage in STAGES:
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            for good, bad in pool.map(run, [gate for gate in wanted if gate.stage == stage]):
                passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def test() -> int:
    """Run all gates while the lab is being built, and leave the lab as it was found."""
    lab = [str(ROOT / "lab" / "lab")]
    was_up = subprocess.run([*lab, "status"], capture_output=True, text=True, check=False).stdout != "the lab is down\n"
    with (LOGS / "lab-build.log").open("wb") as log:
        build = subprocess.Popen([*lab, "build"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        return gates(list(GATES))
    finally:
        build.wait()
        if not was_up:
            subprocess.run([*lab, "down"], capture_output=True, check=False)


def main() -> int:
    """Choose the gates."""
    LOGS.mkdir(parents=True, exist_ok=True)
    names = sys.argv[1:]
    if names == ["test"]:
        return test()
    wanted = [gate for gate in GATES if gate.name in names or gate.stage in names]
    if not names or not {name for gate in wanted for name in (gate.name, gate.stage)}.issuperset(names):
        sys.exit(f"{__doc__}\nGates: {' '.join(gate.name for gate in GATES)}")
    return gates(wanted)


if __name__ == "__main__":
    sys.exit(main())
