# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runbook connectivity on a healthy lab, many times in a row: whatever is red there is our own fault.

Run by C(make healthy), with the lab up; that takes half an hour. The result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import collections
import json
import sys
import typing as t

from contest import PLAYBOOK, WORK, Contender, goals, say, times, where, write_section

RUNS, MOST_SECONDS = 50, 30
OPTIONS = {
    "connectivity_namespaces": ["shop", "shop-restricted", "vault", "traefik"],
    "connectivity_internet": [{"host": "www.outside.lab", "port": 80, "protocol": "http"}],
    "connectivity_debug_image": "registry.lab:5000/debug:1",
    "connectivity_run_dir": str(WORK / "healthy"),
}


def cells() -> list[dict[str, t.Any]]:
    """Of the last run."""
    return list(json.loads((WORK / "healthy" / "report.json").read_text())["cells"])


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    book = [PLAYBOOK, "kubewire.netdebug.connectivity", "-e", json.dumps(OPTIONS)]
    runbook = Contender("connectivity", book, runs)
    counts: collections.Counter[str] = collections.Counter()
    told: collections.Counter[str] = collections.Counter()
    for number in range(1, runs + 1):
        try:
            runbook.run()
        except KeyboardInterrupt:  # what was seen so far counts
            break
        found = cells()
        counts.update(cell["verdict"] for cell in found)
        counts["cells"] += len(found)
        counts["no reason"] += sum(cell["verdict"] == "unknown" and not cell["reason"] for cell in found)
        counts["again"] += sum(cell["evidence"].get("error", "").startswith("at first") for cell in found)
        bad = [cell for cell in found if cell["verdict"] not in ("pass", "skipped")]
        told.update(f"{cell['model']} {cell['asked']} {cell['verdict']}: {cell['reason']}" for cell in bad)
        say(f"run {number}: {len(bad)} of {len(found)} cells neither pass nor skipped")
        for line, count in collections.Counter(
            f"{cell['source']} -> {cell['asked']}: {cell['reason']}" for cell in bad
        ).items():
            say(f"  {count} x {line}")
    runs = len(runbook.seconds)
    red = counts["fail"] + counts["unexpected_open"]
    figures = [
        ("red cells", red, 0),
        ("unknown cells without a reason", counts["no reason"], 0),
        ("seconds of a run, median", runbook.median, MOST_SECONDS),
    ]
    seen = "\n".join(f"- {count} x `{line}`" for line, count in told.most_common(20))
    text = f"""{where()}

`ansible-playbook kubewire.netdebug.connectivity` on the sample application and what it is reached through, all models,
both families, from every Pod, every node and the operator, with its reports: {counts["cells"] // runs:,} cells each.

{times([runbook])}

{goals(figures)}

Of {counts["cells"]:,} cells {counts["pass"]:,} passed, {counts["skipped"]:,} not applicable, {counts["unknown"]:,} were
unknown. {counts["again"]:,} passed when they were probed again.

{seen}"""
    write_section("A healthy lab, the runbook again and again", text)


if __name__ == "__main__":
    main()
