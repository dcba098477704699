# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""net_diagnose on the recording of a cluster of 5,000 nodes and 50,000 Pods, as a whole playbook; and net_bundle on it.

The recording is generated: no lab can be that large. Run by C(make bench); the result is in docs/benchmarks.md.
"""

from __future__ import annotations

import json
import shutil
import sys
import typing as t

from contest import ROOT, WORK, Contender, goals, race, times, where, write_playbook, write_section

sys.path.insert(0, str(ROOT / "build" / "collections"))

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import run_folder
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import large

SIZES = {
    "diagnosis of 50,000 Pods": large.Size(5000, 50_000, 50_000),
    "diagnosis of 50,000 Pods in one namespace": large.Size(5000, 50_000, 50_000, spread=10_000),
    "diagnosis of 200 Pods": large.Size(10, 200, 1000),
}
MOST_SECONDS, MOST_MIB, MOST_SECONDS_OF_FEW = 60, 600e6 / (1 << 20), 10
WHAT = (
    "`net_diagnose` in a playbook of its own, on recorded files alone: a snapshot of 5,000 nodes and 50,000 Pods, of "
    "5,000 Deployments with a Service each, and a report of 50,000 checks. In every tenth Deployment a Pod crashes, in "
    "every tenth no Pod is scheduled, and every tenth Service selects nothing. `net_bundle` packs the same files."
)


def record(name: str, size: large.Size) -> str:
    """Write the files of a run, and return their folder."""
    folder = WORK / name.replace(" ", "-").replace(",", "")
    shutil.rmtree(folder, ignore_errors=True)
    seen = large.snapshot(size)
    run_folder.write(str(folder / "snapshot.json"), seen.to_dict())
    run_folder.write(str(folder / "report.json"), document.dumps(large.report(size, seen)))
    return str(folder)


def contender(name: str, module: str, folder: str, **options: t.Any) -> Contender:
    """A playbook of one task on a folder."""
    task = {f"kubewire.netdebug.{module}": {"run_dir": folder, **options}}
    return Contender(name, write_playbook(name.replace(" ", "-").replace(",", ""), [task]), 3, runner=())


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    folders = {name: record(name, size) for name, size in SIZES.items()}
    contenders = [contender(name, "net_diagnose", folder, show=False) for name, folder in folders.items()]
    whole, _one_namespace, few = contenders
    folder = folders[whole.name]
    contenders.append(contender("bundle of 50,000 Pods", "net_bundle", folder, dest=f"{folder}.tar.gz", show=False))
    race(contenders)
    found = json.loads((WORK / "diagnosis-of-50000-Pods" / "findings.json").read_text())
    causes = len(found["findings"])
    figures = (
        *((f"seconds of {each.name}", each.median, MOST_SECONDS) for each in contenders if each is not few),
        (f"seconds of {few.name}", few.median, MOST_SECONDS_OF_FEW),
        *((f"MiB of {each.name}", each.peak_mib, MOST_MIB) for each in contenders if each is not few),
        ("failed checks without a cause", len(found["unexplained"]), 0),
    )
    write_section(
        "The causes in a large cluster, on recorded files",
        f"{where()}\n\n{WHAT} It finds {causes:,} causes.\n\n{times(contenders)}\n\n{goals(figures)}",
    )


if __name__ == "__main__":
    main()
