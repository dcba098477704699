# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report of 10,000 cells in every default format, against one of a single cell, as whole processes.

Run by C(make bench); the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import json
import shlex
import sys

from contest import ROOT, WORK, Contender, goals, race, times, where, write_section

COLLECTIONS = str(ROOT / "build" / "collections")
sys.path.insert(0, COLLECTIONS)
NETDEBUG = "ansible_collections.kubewire.netdebug"
WHAT = (
    "`kubewire.netdebug.net_report` with its default formats (HTML, text, Markdown, JUnit), without `ansible-playbook` "
    "around it. What a single cell takes is the start of Python and of the module. The figure is the fastest run less "
    "the fastest one of a single cell: what other work on the machine takes is not the report's."
)
SIZES = {"10,000 cells": (100, 100), "2,500 cells": (50, 50), "1 cell": (1, 1)}


def contender(name: str, sources: int, targets: int) -> Contender:
    """net_report on a mesh of Pods of which some do not answer; its files are removed first."""
    from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
    from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes

    folder = WORK / f"report-{sources}x{targets}"
    folder.mkdir(exist_ok=True)
    (folder / "report.json").write_text(document.dumps(scenes.mesh(sources, targets)))
    arguments = {"src": str(folder / "report.json"), "dest": str(folder / "drawn")}
    (folder / "arguments.json").write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
    python = [sys.executable, "-m", f"{NETDEBUG}.plugins.modules.net_report", str(folder / "arguments.json")]
    shell = f"rm -rf {shlex.quote(str(folder / 'drawn'))}; exec {shlex.join(python)}"
    return Contender(name, ["env", f"PYTHONPATH={COLLECTIONS}", "sh", "-c", shell], 9)


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    contenders = [contender(name, *size) for name, size in SIZES.items()]
    race(contenders)
    many, _middle, one = contenders
    page = (WORK / "report-50x50" / "drawn" / "report.html").stat().st_size
    figures = (
        (
            "seconds that 10,000 cells take to be read, checked, drawn and written",
            min(many.seconds) - min(one.seconds),
            1,
        ),
        ("kB of report.html for 50 x 50", page / 1000, 500),
    )
    text = f"""{where()}

{WHAT}

{times(contenders)}

{goals(figures)}"""
    write_section("A report of 10,000 cells, as whole processes", text)


if __name__ == "__main__":
    main()
