# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded runs, diagnosed again: from the folder in two processes, and from a bundle of it, the same to the byte.

Usage: tests/benchmarks/replays.py [FOLDER...], each a run's folder or one with runs below it; build/faults without any,
where lab/fault keeps its runs. Run by C(make bench); the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from contest import ROOT, WORK, goals, say, write_section

sys.path.insert(0, str(ROOT / "build" / "collections"))

from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import net_bundle, net_diagnose

RECORDED = ROOT / "build" / "faults"
#: How a run is replayed -> the seed of Python's hashes in that process: nothing may depend on the order of a set.
WAYS = {"folder": "1", "folder again": "2", "bundle": "3"}
UNREADABLE = "unreadable"


def runs(folders: list[pathlib.Path]) -> list[pathlib.Path]:
    """The folders of runs that have been diagnosed."""
    return sorted({path.parent for folder in folders for path in folder.rglob("findings.json")})


def replay(way: str) -> None:
    """Read folders from standard input, and print the checksum of the findings of each."""
    with tempfile.TemporaryDirectory() as work:
        archive = os.path.join(work, "bundle.tar.gz")
        for folder in sys.stdin.read().splitlines():
            try:
                if way == "bundle":
                    net_bundle.run(net_bundle.Options(folder, archive))
                path = archive if way == "bundle" else folder
                # As the bundle does: with the faults that the run looked for.
                result = net_diagnose.run(net_diagnose.Options(replay=path, codes=codes(folder)))
                print(hashlib.sha256(net_diagnose.dumps(result.findings).encode()).hexdigest(), flush=True)
            except BadInput as error:  # of a release that keeps more, or less
                print(UNREADABLE, flush=True)
                print(error, file=sys.stderr)


def codes(folder: str) -> tuple[str, ...]:
    """The faults that a run looked for, as far as they are still known."""
    found = json.loads((pathlib.Path(folder) / "findings.json").read_text())
    known = {rule.code for rule in net_diagnose.RULES}
    looked = {*found["evaluated"], *(each["code"] for each in found["unknown_rules"])}
    return tuple(sorted(looked & known))


def checksums(way: str, folders: list[pathlib.Path]) -> list[str]:
    """Of the findings of each folder, from a process of its own."""
    environ = {**os.environ, "PYTHONHASHSEED": WAYS[way]}
    text = "\n".join(map(str, folders))
    command = [sys.executable, __file__, "--way", way]
    done = subprocess.run(command, input=text, env=environ, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


def main() -> int:
    if sys.argv[1:2] == ["--way"]:
        replay(sys.argv[2])
        return 0
    folders = runs([pathlib.Path(word).resolve() for word in sys.argv[1:]] or [RECORDED])
    if not folders:
        say(f"no recorded run below {RECORDED}: `make faults` makes some")
        return 0
    WORK.mkdir(parents=True, exist_ok=True)
    found = {way: checksums(way, folders) for way in WAYS}
    unreadable = found["folder"].count(UNREADABLE)
    same, recorded = -unreadable, 0
    for place, folder in enumerate(folders):
        given = {sums[place] for sums in found.values()}
        same += len(given) == 1
        recorded += hashlib.sha256((folder / "findings.json").read_bytes()).hexdigest() in given
        if len(given) > 1:
            say(f"{folder}: not the same: {', '.join(f'{way} {sums[place][:8]}' for way, sums in found.items())}")
    log = ["git", "log", "-1", "--format=%h", "--", ".", ":!docs"]
    commit = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    read = len(folders) - unreadable
    say(f"{same} of {read} recorded runs give the same bytes each time; {recorded} as when they were recorded")
    say(f"{unreadable} more cannot be read by this release")
    if not sys.argv[1:]:
        figures = goals([("recorded runs whose replays differ in a byte", read - same, 0)])
        what = (
            f"{read} runs of `lab/fault`, each diagnosed again from its folder in two processes and from a "
            f"bundle of it; {recorded} of them as when they were recorded, by the rules of then."
        )
        write_section("Recorded runs, diagnosed again", f"{datetime.date.today()}, at {commit}.\n\n{what}\n\n{figures}")
    return int(same < read)


if __name__ == "__main__":
    sys.exit(main())
