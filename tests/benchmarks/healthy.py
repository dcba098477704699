# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runbook connectivity on a healthy lab, many times in a row: whatever is red there is our own fault.

Then without any option on all of it, with the oddities of the lab in it (lab/oddities). Run by C(make healthy),
with the lab up; that takes half an hour. The results are sections of docs/benchmarks.md.
"""

from __future__ import annotations

import collections
import json
import subprocess
import sys
import typing as t

from contest import PLAYBOOK, ROOT, WORK, Contender, goals, say, times, where, write_section

RUNS, MOST_SECONDS = 50, 30
OPTIONS = {
    "connectivity_namespaces": ["shop", "shop-restricted", "vault", "traefik"],
    "connectivity_internet": [{"host": "www.outside.lab", "port": 80, "protocol": "http"}],
    "connectivity_debug_image": "registry.lab:5000/debug:1",
}


ODD_RUNS, ODD_MOST_SECONDS = 10, 60
_MOST_LINES = 20
ODDITIES = [str(ROOT / "lab" / "lab"), "oddities"]


class Counts:
    """What came of the runs."""

    def __init__(self, name: str, options: dict[str, t.Any], folder: str) -> None:
        self.folder = WORK / folder
        given = {**options, "connectivity_run_dir": str(self.folder)}
        book = [PLAYBOOK, "kubewire.netdebug.connectivity", "-e", json.dumps(given)]
        self.runbook = Contender(name, book, 0)
        self.verdicts: collections.Counter[str] = collections.Counter()
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
        found = list(json.loads((self.folder / "report.json").read_text())["cells"])
        counts = self.verdicts
        counts.update(cell["verdict"] for cell in found)
        counts["cells"] += len(found)
        counts["no reason"] += sum(cell["verdict"] == "unknown" and not cell["reason"] for cell in found)
        counts["again"] += sum(cell["evidence"].get("error", "").startswith("at first") for cell in found)
        bad = [cell for cell in found if cell["verdict"] not in ("pass", "skipped")]
        self.told.update(f"{cell['model']} {cell['asked']} {cell['verdict']}: {cell['reason']}" for cell in bad)
        say(f"run {number}: {len(bad)} of {len(found)} cells neither pass nor skipped")
        lines = collections.Counter(f"{cell['source']} -> {cell['asked']}: {cell['reason']}" for cell in bad)
        for line, count in lines.most_common(_MOST_LINES):
            say(f"  {count} x {line}")

    def write(self, title: str, what: str, most_seconds: float) -> None:
        counts, runs = self.verdicts, len(self.runbook.seconds)
        figures = [
            ("red cells", counts["fail"] + counts["unexpected_open"], 0),
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


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    runs = [int(word) for word in sys.argv[1:]] or [RUNS, ODD_RUNS]
    shop = Counts("connectivity", OPTIONS, "healthy")
    shop.run(runs[0])
    what = """`ansible-playbook kubewire.netdebug.connectivity` on the sample application and what it is reached
through, all models, both families, from every Pod, every node and the operator, with its reports"""
    shop.write("A healthy lab, the runbook again and again", what, MOST_SECONDS)
    everything = Counts("connectivity of all", {}, "oddities")
    subprocess.run([*ODDITIES, "up"], check=True)
    try:
        everything.run(runs[-1])
    finally:
        subprocess.run([*ODDITIES, "down"], check=True)
    what = "`ansible-playbook kubewire.netdebug.connectivity` without an option, on the lab and all of `lab/oddities`"
    everything.write("A healthy lab full of oddities, all of it", what, ODD_MOST_SECONDS)


if __name__ == "__main__":
    main()
