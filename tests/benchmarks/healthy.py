# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runbooks on a healthy lab, many times in a row: whatever is red or a cause there is our own fault.

Connectivity on the sample application, and without any option on all of the lab with a core kept busy; diagnose without
any option on all of the lab; both on all of it with the oddities of the lab in it (lab/oddities). Run by
C(make healthy), with the lab up; that takes an hour and a half. The results are sections of docs/benchmarks.md.

Usage: tests/benchmarks/healthy.py [sample] [whole] [diagnosed] [oddities] [--runs N]
"""

from __future__ import annotations

import argparse
import collections
import json
import shutil
import subprocess
import typing as t

from contest import PLAYBOOK, ROOT, WORK, Contender, goals, say, times, where, write_section

MOST_SECONDS = 30
OPTIONS = {
    "connectivity_namespaces": ["shop", "shop-restricted", "vault", "traefik"],
    "connectivity_internet": [{"host": "www.outside.lab", "port": 80, "protocol": "http"}],
    "connectivity_debug_image": "registry.lab:5000/debug:1",
}
ODD_MOST_SECONDS = 60
_MOST_LINES = 20
MOST_DIAGNOSIS_SECONDS = 60
#: Verdicts that say that something is wrong.
_RED = ("fail", "unexpected_open")
#: Of findings that are no fault of ours.
_QUIET = ("info",)
ODDITIES = [str(ROOT / "lab" / "lab"), "oddities"]


class Repeated:
    """A playbook that is run again and again; what is counted of each run, its heirs know."""

    def __init__(self, name: str, playbook: str, folder: str, options: dict[str, t.Any]) -> None:
        self.folder = WORK / folder
        given = {**options, f"{playbook}_run_dir": str(self.folder)}
        self.runbook = Contender(name, [PLAYBOOK, f"kubewire.netdebug.{playbook}", "-e", json.dumps(given)], 0)
        self.told: collections.Counter[str] = collections.Counter()

    def run(self, runs: int) -> None:
        """Run it so many times, or until somebody interrupts it: what was seen so far counts."""
        self.runbook.rounds = runs
        for number in range(1, runs + 1):
            try:
                self.runbook.run()
            except KeyboardInterrupt:
                break
            self._count(number)

    def _count(self, number: int) -> None:
        raise NotImplementedError


class Counts(Repeated):
    """What came of the runs."""

    def __init__(self, name: str, options: dict[str, t.Any], folder: str) -> None:
        super().__init__(name, "connectivity", folder, options)
        self.verdicts: collections.Counter[str] = collections.Counter()
        self.red_runs = 0

    def _count(self, number: int) -> None:
        found = list(json.loads((self.folder / "report.json").read_text())["cells"])
        counts = self.verdicts
        counts.update(cell["verdict"] for cell in found)
        counts["cells"] += len(found)
        counts["no reason"] += sum(cell["verdict"] == "unknown" and not cell["reason"] for cell in found)
        counts["again"] += sum(cell["evidence"].get("error", "").startswith("at first") for cell in found)
        bad = [cell for cell in found if cell["verdict"] not in ("pass", "skipped")]
        self.told.update(f"{cell['model']} {cell['asked']} {cell['verdict']}: {cell['reason']}" for cell in bad)
        say(f"run {number}: {len(bad)} of {len(found)} cells neither pass nor skipped")
        red = [cell for cell in bad if cell["verdict"] in _RED]
        self.red_runs += bool(red)
        for cells in (red, [cell for cell in bad if cell["verdict"] not in _RED]):
            lines = collections.Counter(
                f"{cell['verdict']}: {cell['source']} -> {cell['asked']}: {cell['reason']}" for cell in cells
            )
            for line, count in lines.most_common(_MOST_LINES):
                say(f"  {count} x {line}")
        if red:
            shutil.copytree(self.folder, self.folder.with_name(f"{self.folder.name}-red-{number}"), dirs_exist_ok=True)

    def write(self, title: str, what: str, most_seconds: float) -> None:
        counts, runs = self.verdicts, len(self.runbook.seconds)
        figures = [
            ("runs with a red cell", self.red_runs, 0),
            ("red cells", sum(counts[verdict] for verdict in _RED), 0),
            ("unknown cells without a reason", counts["no reason"], 0),
            ("seconds of a run, median", self.runbook.median, most_seconds),
        ]
        seen = "\n".join(f"- {count} x `{line}`" for line, count in self.told.most_common(20))
        text = f"""{where()}

{what}: {counts["cells"] // runs:,} cells each.

{times([self.runbook])}

{goals(figures)}

Of {counts["cells"]:,} cells {counts["pass"]:,} passed, {counts["skipped"]:,} not applicable, {counts["unknown"]:,} were
unknown. {counts["again"]:,} passed when they were probed again.

{seen}"""
        write_section(title, text)


class Causes(Repeated):
    """What diagnoses of a cluster in which nothing is wrong have found all the same."""

    def __init__(self, name: str, folder: str) -> None:
        super().__init__(name, "diagnose", folder, {})
        self.clean = self.unexplained = self.unknown = self.evaluated = 0

    def _count(self, number: int) -> None:
        found = json.loads((self.folder / "findings.json").read_text())
        causes = [each for each in found["findings"] if each["severity"] not in _QUIET]
        self.clean += not causes
        self.unexplained += len(found["unexplained"])
        self.unknown += len(found["unknown_rules"])
        self.evaluated = len(found["evaluated"])
        lines = [f"{each['code']} {each['severity']}: {each['sentence']}" for each in causes]
        self.told.update(lines)
        say(f"run {number}: {len(causes)} causes, {len(found['unexplained'])} checks unexplained")
        for line in lines[:_MOST_LINES]:
            say(f"  {line}")

    def write(self, title: str, what: str, most_seconds: float) -> None:
        runs = len(self.runbook.seconds)
        figures = [
            ("runs with a finding of warning or higher", runs - self.clean, 0),
            ("failed checks without a cause", self.unexplained, 0),
            ("rules that could not be evaluated", self.unknown, 0),
            ("seconds of a run, median", self.runbook.median, most_seconds),
        ]
        seen = "\n".join(f"- {count} x `{line}`" for line, count in self.told.most_common(20))
        text = f"""{where()}

{what}: {self.evaluated} rules, {runs} runs.

{times([self.runbook])}

{goals(figures)}

{seen}"""
        write_section(title, text)


def sample(runs: int) -> None:
    """Connectivity of the sample application and what it is reached through, everything of it."""
    shop = Counts("connectivity", OPTIONS, "healthy")
    shop.run(runs)
    what = """`ansible-playbook kubewire.netdebug.connectivity` on the sample application and what it is reached
through, all models, both families, from every Pod, every node and the operator, with its reports"""
    shop.write("A healthy lab, the runbook again and again", what, MOST_SECONDS)


def whole(runs: int) -> None:
    """Connectivity without a variable, on all of the lab and a machine that has little time for it."""
    everything = Counts("connectivity of all", {}, "whole")
    everything.runbook.runner = [str(ROOT / ".ci" / "busy"), *everything.runbook.runner]
    everything.run(runs)
    what = "`ansible-playbook kubewire.netdebug.connectivity` without an option, on the lab, with a core kept busy"
    everything.write("A healthy lab, all of it, on a busy machine", what, ODD_MOST_SECONDS)


def diagnosed(runs: int) -> None:
    """Diagnoses of all of the lab."""
    plain = Causes("diagnose", "diagnosed")
    plain.run(runs)
    what = "`ansible-playbook kubewire.netdebug.diagnose` without an option, on all of the lab"
    plain.write("A healthy lab, diagnosed", what, MOST_DIAGNOSIS_SECONDS)


def oddities(runs: int) -> None:
    """Both on all of the lab, full of what people run on purpose."""
    everything = Counts("connectivity of all", {}, "oddities")
    odd = Causes("diagnose with oddities", "diagnosed-oddities")
    subprocess.run([*ODDITIES, "up"], check=True)
    try:
        everything.run(runs)
        odd.run(runs)
    finally:
        subprocess.run([*ODDITIES, "down"], check=True)
    where_run = "without an option, on the lab and all of `lab/oddities`"
    what = f"`ansible-playbook kubewire.netdebug.connectivity` {where_run}"
    everything.write("A healthy lab full of oddities, all of it", what, ODD_MOST_SECONDS)
    what = f"`ansible-playbook kubewire.netdebug.diagnose` {where_run}"
    odd.write("A healthy lab full of oddities, diagnosed", what, MOST_DIAGNOSIS_SECONDS)


#: What is run, and how often.
PARTS: dict[str, tuple[t.Callable[[int], None], int]] = {
    "sample": (sample, 50),
    "whole": (whole, 20),
    "diagnosed": (diagnosed, 10),
    "oddities": (oddities, 10),
}


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all, unless said")
    parser.add_argument("--runs", type=int, help="of each part, in place of its own number")
    asked = parser.parse_args()
    if wrong := set(asked.parts) - set(PARTS):
        parser.error(f"no part: {', '.join(sorted(wrong))}; there are {', '.join(PARTS)}")
    for name in asked.parts or PARTS:
        run, runs = PARTS[name]
        run(asked.runs or runs)


if __name__ == "__main__":
    main()
