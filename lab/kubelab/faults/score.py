# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judging a diagnosis by the fault that is in the lab."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kubelab.faults import checks, live
from kubelab.faults import heal as healing
from kubelab.faults.files import Expected, Fault, discover
from kubelab.proc import LabError, output
from kubelab.progress import Progress
from kubelab.settings import LAB

ROOT = LAB.parent
BUILD = ROOT / "build" / "faults"
RESULTS = BUILD / "results.json"
HEALINGS = BUILD / "healings.json"
TABLE = ROOT / "docs" / "diagnosis-score.md"
AT_ONCE = int(os.environ.get("KUBEWIRE_FAULTS_AT_ONCE") or 3)  # faults that stay within their namespace
FIRST = 0.95  # of the faults whose cause is to be the first finding; of all, it is to be among three
PLAYBOOK = "kubewire.netdebug.diagnose"


@dataclass
class Result:
    """How one run of one fault ended."""

    fault: str
    commit: str
    expected: str
    place: int  # of the expected finding, from 1; 0 where it is missing
    extra: int  # other findings of severity warning or higher
    seconds: float
    error: str = ""
    found: tuple[str, ...] = ()


def judged(findings: Sequence[dict[str, Any]], expected: Expected) -> tuple[int, int]:
    """The place of the expected finding (0: none), and how many others claim to be causes."""
    causes = [finding for finding in findings if finding.get("severity") != "info"]
    place = next((at for at, finding in enumerate(causes, 1) if expected.fits(finding)), 0)
    return place, len(causes) - bool(place)


def one(fault: Fault, progress: Progress, heals: bool = False) -> Result:
    """Inject, diagnose, judge, recover; the run's folder is kept, and the result added to the others.

    With `heals`, the printed fix and its undo are run before it is recovered.
    """
    folder = BUILD / fault.path.stem / time.strftime("%Y%m%dT%H%M%S")
    folder.mkdir(parents=True)
    place = extra = 0
    seconds, error = 0.0, ""
    found: tuple[str, ...] = ()
    try:
        live.inject(fault, progress)
        start = time.monotonic()
        findings = _diagnose(fault, folder)
        seconds = time.monotonic() - start
        place, extra = judged(findings, fault.expected)
        found = tuple(_line(finding) for finding in findings)
        if heals:
            _heal(fault, folder, progress)
    except LabError as problem:
        error = str(problem)
    finally:
        ill = _recover(fault, progress)
    error = "; ".join(filter(None, (error, ill)))
    result = Result(fault.name, _commit(), str(fault.expected), place, extra, round(seconds, 1), error, found)
    if not checks.stopping.is_set():
        _add(RESULTS, result)
    progress.say(f"{fault.name}: {_verdict(result)}")
    if ill and fault.scope != "namespace":
        raise LabError(f"the lab is not as before, so nothing more is injected: {ill}")
    return result


def _recover(fault: Fault, progress: Progress) -> str:
    """Why it is not healed: what was found is a result all the same."""
    try:
        live.recover(fault, progress)
    except LabError as problem:
        return str(problem)
    return ""


def _heal(fault: Fault, folder: Path, progress: Progress) -> None:
    with progress.task(f"{fault.name}: running the printed fix"):
        result = healing.heal(fault, _commit(), folder)
    if not checks.stopping.is_set():
        _add(HEALINGS, result)
    undone = {"yes": "; its undo takes it back", "no": "; its undo does NOT take it back"}.get(result.undone, "")
    said = {"yes": f"healed in {result.seconds:.0f} s", "no": "NOT healed"}.get(result.heals, result.heals)
    progress.say(f"{fault.name}: {said}{undone}{': ' + result.problem if result.problem else ''}")


def every(only: list[str], progress: Progress) -> int:
    """All faults that this commit has no result for, and the table of all; 1 where too few have their cause first."""
    together(left(discover(only), results(), _commit()), lambda fault: one(fault, progress))
    write_table()
    places = [each["place"] for each in {each["fault"]: each for each in results()}.values()]
    return int(places.count(1) < FIRST * len(places) or any(not 1 <= place <= 3 for place in places))


def left(faults: Sequence[Fault], found: Sequence[dict[str, Any]], commit: str) -> list[Fault]:
    """Those without a judgement of this commit: where the run itself failed, it is repeated."""
    have = {each["fault"] for each in found if each["commit"] == commit and not each["error"]}
    return [fault for fault in faults if fault.name not in have]


def check(faults: Sequence[Fault], progress: Progress) -> int:
    """Inject and recover each, without a diagnosis: whether the lab shows what the files say."""
    wrong: list[str] = []

    def try_it(fault: Fault) -> None:
        for step in (live.inject, live.recover):
            try:
                step(fault, progress)
            except LabError as error:
                wrong.append(fault.name)
                progress.say(f"WRONG: {error}")

    together(faults, try_it)
    progress.say(f"{len(faults)} faults, wrong: {', '.join(wrong) or 'none'}")
    return int(bool(wrong))


def together(faults: Sequence[Fault], task: Callable[[Fault], Any]) -> None:
    """Do it with each; those that reach beyond their namespace alone, afterwards."""

    def unless_stopped(fault: Fault) -> None:
        if not checks.stopping.is_set():
            task(fault)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            list(pool.map(unless_stopped, [fault for fault in faults if fault.scope == "namespace"]))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for fault in faults:
        if fault.scope != "namespace":
            unless_stopped(fault)


def write_table() -> None:
    """The page of docs/, from all results so far."""
    TABLE.write_text(table(results()) + healing.table(_read(HEALINGS)))


def results() -> list[dict[str, Any]]:
    """Every result so far, the oldest first."""
    return _read(RESULTS)


def _read(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text()) if file.exists() else []


def table(found: list[dict[str, Any]]) -> str:
    """The last result of each fault, as a page of docs/."""
    last = {each["fault"]: each for each in found}
    rows = [last[name] for name in sorted(last)]
    first, three = sum(each["place"] == 1 for each in rows), sum(1 <= each["place"] <= 3 for each in rows)
    extra = sum(each["extra"] for each in rows)
    lines = [
        "# How well the diagnosis names known faults",
        "",
        "Written by `make faults`: each fault of `lab/faults` is injected into the lab, diagnosed once, and recovered.",
        "",
        f"{len(rows)} of {len(discover())} faults: the injected cause is the first finding of {first},",
        f"among the first three of {three};",
        f"{extra} other findings of severity warning or higher.",
        "",
        "| fault | expected | first | top 3 | extra | seconds | commit |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for each in rows:
        yes = ["yes" if ok else "**no**" for ok in (each["place"] == 1, 1 <= each["place"] <= 3)]
        cells = [each["fault"], each["expected"], *yes, each["extra"], each["seconds"], each["commit"]]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _diagnose(fault: Fault, folder: Path) -> list[dict[str, Any]]:
    """The playbook's findings; what it printed is kept in its folder."""
    asked = {
        "diagnose_namespaces": [fault.namespace],
        "diagnose_run_dir": str(folder),
        **fault.spec.get("diagnose", {}),
    }
    command = [str(LAB / "run"), "ansible-playbook", PLAYBOOK, "-e", json.dumps(asked)]
    with (folder / "screen.txt").open("wb") as screen:
        try:
            done = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                timeout=300,
                env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{PLAYBOOK} did not end within 300 s; see {folder}") from error
    file = folder / "findings.json"
    if not file.exists():
        raise LabError(f"{PLAYBOOK} ended with {done.returncode} and wrote no findings.json; see {folder}/screen.txt")
    findings: list[dict[str, Any]] = json.loads(file.read_text())["findings"]
    return findings


def _line(finding: dict[str, Any]) -> str:
    place = finding.get("object") or {}
    where = "/".join(str(place[key]) for key in ("kind", "namespace", "name") if place.get(key))
    return f"{finding.get('code')} {where} {finding.get('field') or ''}".rstrip()


def _verdict(result: Result) -> str:
    if result.error:
        return f"no result: {result.error}"
    others = f"; {result.extra} others" if result.extra else ""
    if not result.place:
        return f"MISSED {result.expected}; found {', '.join(result.found) or 'nothing'}"
    return f"{'first' if result.place == 1 else f'at place {result.place}'} in {result.seconds:.0f} s{others}"


def _commit() -> str:
    """The last commit that changed anything but documents, as `make full` counts."""
    but_docs = ("--", ".", ":!docs")
    git = ("git", "-C", str(ROOT))
    last = output([*git, "log", "-1", "--format=%h", *but_docs]).strip()
    return last + ("-dirty" if output([*git, "diff", "--name-only", "HEAD", *but_docs]).strip() else "")


def _add(file: Path, result: Result | healing.Healing) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several `lab/fault run` at once add to it, too
        file.write_text(json.dumps([*_read(file), asdict(result)], indent=1) + "\n")
