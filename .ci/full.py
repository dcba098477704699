# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs C(make test) and all that is too long for it, part by part; what came of each stands in docs/full.md.

A part that passed on this very code is not run again, so that a run that was interrupted goes on where it was.

Usage: .ci/full.py [PART...]
"""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE, LOGS = ROOT / "docs" / "full.md", ROOT / "build" / "logs"
HEAD = """# The full run

Made by `make full`: `make test`, and all that is too long for it. Each part with the commit that it ran on.

| part | commit | date | minutes | result |
| --- | --- | --- | --- | --- |
"""
#: What races what: all files that are no part of others.
BENCHMARKS = sorted(path.stem for path in (ROOT / "tests" / "benchmarks").glob("*.py") if path.stem != "contest")


@dataclasses.dataclass(frozen=True)
class Part:
    """One thing that is run, and where the figures that it writes stand."""

    name: str
    command: str
    page: str = ""


#: Without what a make in a make says last.
TEST = "make --no-print-directory test"
PARTS = (
    Part("test", TEST),
    Part("busy", f".ci/busy {TEST}"),
    Part("sanity-2.19", ".ci/ansible-test dev sanity && echo passed"),
    Part("sanity-2.21", ".ci/ansible-test newer sanity && echo passed"),
    Part("galaxy-importer", ".ci/with dev .ci/artifact import"),
    Part("units-2.21", ".ci/ansible-test newer units -v --num-workers 6 && echo passed"),
    Part(
        "small-limits",
        "lab/lab up && KUBEWIRE_ROUNDS=30 .ci/with dev pytest -q tests/integration/test_small_limits.py",
    ),
    Part("statistic", ".ci/with dev pytest -q -n 2 -m statistic tests/unit"),
    Part("statistic-live", "lab/lab up && .ci/with dev pytest -q -m statistic tests/integration/test_intermittent.py"),
    Part("policies", ".ci/policies", "policies.md"),
    Part("faults", "lab/lab up && .ci/with run lab/fault score", "diagnosis-score.md"),
    *(
        Part(f"benchmark-{name}", f"lab/lab up && .ci/with run python tests/benchmarks/{name}.py", "benchmarks.md")
        for name in BENCHMARKS
    ),
)


def say(text: str) -> None:
    print(f"[{datetime.datetime.now():%H:%M:%S}] {text}", flush=True)


def code() -> str:
    """The last commit that changed anything but documents; a checkout with changes of its own is none."""
    if subprocess.run(["git", "diff", "--quiet", "HEAD", "--", ".", ":!docs"], cwd=ROOT, check=False).returncode:
        sys.exit("full: there are changes that are not committed; what runs on them is nobody's result")
    log = ["git", "log", "-1", "--format=%h", "--", ".", ":!docs"]
    return subprocess.run(log, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def rows() -> dict[str, list[str]]:
    """What is known of each part, by its name."""
    if not PAGE.exists():
        return {}
    cells = (line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| "))
    return {row[0]: row for row in cells if row[0] in {part.name for part in PARTS}}


def write(known: dict[str, list[str]]) -> None:
    lines = [" | ".join(known[part.name]) for part in PARTS if part.name in known]
    PAGE.write_text(HEAD + "".join(f"| {line} |\n" for line in lines))


def result(part: Part, passed: bool, log: pathlib.Path) -> str:
    """In words: the figures are elsewhere, or are the last line."""
    if not passed:
        return "**failed**"
    if part.page:
        return f"[{part.page}]({part.page})"
    return next((line for line in reversed(log.read_text(errors="replace").splitlines()) if line.strip()), "passed")


def run(part: Part, commit: str) -> bool:
    """Run a part, and write down what came of it."""
    log = LOGS / f"full-{part.name}.log"
    say(f"{part.name} (log: {log.relative_to(ROOT)})")
    begin = time.monotonic()
    with log.open("wb") as out:
        command = ["bash", "-o", "pipefail", "-c", part.command]
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
    minutes = (time.monotonic() - begin) / 60
    passed = done.returncode == 0
    told = result(part, passed, log)
    write({**rows(), part.name: [part.name, commit, f"{datetime.date.today()}", f"{minutes:.1f}", told]})
    say(f"{part.name}: {told}, {minutes:.1f} min")
    return passed


def main() -> int:
    names = sys.argv[1:] or [part.name for part in PARTS]
    if unknown := set(names) - {part.name for part in PARTS}:
        sys.exit(f"{__doc__}\nNo part {', '.join(sorted(unknown))}; there are {' '.join(part.name for part in PARTS)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    commit, failed = code(), []
    for part in PARTS:
        if part.name not in names:
            continue
        known = rows().get(part.name)
        if known and known[1] == commit and known[-1] != "**failed**":
            say(f"{part.name}: passed on {commit} before")
        elif not run(part, commit):
            failed.append(part.name)
    say(f"failed: {', '.join(failed)}" if failed else f"all passed; docs/ has the results, for {commit}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
