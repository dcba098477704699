# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the fix that a diagnosis prints heals, run as it is printed, and whether its undo takes it back.

A fault counts as healed where each check of its part `healed` is fulfilled. Without that part its last symptom decides:
what asks must be answered, anything else must not be seen any more, and every workload must be rolled out. Events and
earlier logs stay after a cause has gone, so they decide nothing. The controls must hold in either case. An undo takes a
fix back where every object is as it was; otherwise the fault must be seen again.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubelab.cluster import kubectl
from kubelab.faults import checks
from kubelab.faults.files import Fault
from kubelab.faults.state import State, differences, state
from kubelab.settings import LAB

HEALS_WITHIN = 60.0  # seconds after the command has ended
BROKEN_WITHIN = 120.0  # seconds after the undo
SUCCESS = {"http": r"^http 2", "https": r"^http 2", "tcp": r"^open", "udp": r"^answer", "dns": r"^address"}
STAYS = re.compile(r"\bevents\b|--previous\b")
PLACEHOLDER = re.compile(
    r"<[A-Za-z][A-Za-z _-]*>|\.\.\.|…|\b(?:NAME|NAMESPACE|POD|IMAGE|VALUE|FILE|NODE|HOST|PORT)\b(?!=)"
)


@dataclass
class Healing:
    """What the first finding's fix and its undo did to one fault."""

    fault: str
    commit: str
    code: str
    command: str
    undo: str
    heals: str  # "yes", "no", "no command"
    undone: str  # "yes", "no", or "" where it has none, or was not reached
    seconds: float = 0.0  # until it was healed
    problem: str = ""


def heal(fault: Fault, commit: str, folder: Path) -> Healing:
    """Run the printed fix of a fault that is in the lab, then its undo. The folder has what the diagnosis wrote."""
    findings = json.loads((folder / "findings.json").read_text())["findings"]
    first: dict[str, Any] = findings[0] if findings else {}
    fix = first.get("fix") or {}
    command, undo = fix.get("command") or "", fix.get("undo") or ""
    result = Healing(fault.name, commit, first.get("code", ""), command, undo, "no command", "")
    if not command:
        result.problem = fix.get("text") or "no fix"
        return result
    result.heals = "no"
    before = state(fault, first) if undo else {}
    result.problem = not_as_printed(command, undo, folder) or _shell(command, folder)
    if result.problem:
        return result
    start = time.monotonic()
    result.problem = _until(lambda: not_healed(fault), HEALS_WITHIN)
    result.seconds = round(time.monotonic() - start, 1)
    result.heals = "no" if result.problem else "yes"
    if undo and not result.problem:
        result.problem = _shell(undo, folder) or _not_undone(fault, before, state(fault, first))
        result.undone = "no" if result.problem else "yes"
    return result


def table(found: list[dict[str, Any]]) -> str:
    """The last healing of each fault, as a part of the page of docs/."""
    last = {each["fault"]: each for each in found}
    rows = [last[name] for name in sorted(last)]
    if not rows:
        return ""
    ran = [each for each in rows if each["heals"] != "no command"]
    undos = [each for each in ran if each["undone"]]
    healed, undone = sum(each["heals"] == "yes" for each in ran), sum(each["undone"] == "yes" for each in undos)
    lines = [
        "",
        "## Whether the printed fix heals",
        "",
        "Written by `lab/fault heal`: the command of the first finding is run as it is printed, then its undo.",
        "",
        f"Of {len(rows)} faults, the fix of {len(ran)} is a command: {healed} healed within {HEALS_WITHIN:.0f} s;",
        f"of {len(undos)} undos, {undone} took it back. The fix of the others is a text.",
        "",
        "| fault | finding | healed | seconds | undone | commit |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for each in rows:
        healed_in = each["seconds"] if each["heals"] == "yes" else ""
        said = [_loud(each["heals"]), healed_in, _loud(each["undone"]), each["commit"]]
        lines.append("| " + " | ".join(str(cell) for cell in (each["fault"], each["code"], *said)) + " |")
    return "\n".join(lines) + "\n"


def _loud(word: str) -> str:
    return f"**{word}**" if word == "no" else word


def not_healed(fault: Fault) -> str:
    """What still shows the fault, or a control that it took with it; nothing where it is healed."""
    told = fault.checks("healed")
    for check in [*told, *fault.controls]:
        said = checks.once(fault, check)[1]
        if not checks.fulfilled(check, said):
            return f"{checks.describe(check)}: {said[-300:]!r}"
    return "" if told else _still_seen(fault)


def _still_seen(fault: Fault) -> str:
    symptom = fault.checks("symptom")[-1]
    said = "" if _stays(symptom) else checks.once(fault, symptom)[1]
    if said and checks.fulfilled(symptom, said):
        return f"{checks.describe(symptom)}: {said[-300:]!r}"
    if "ask" in symptom:
        good = SUCCESS[symptom["ask"].partition(":")[0]]
        return "" if re.search(good, said) else f"{checks.describe(symptom)}: {said[-300:]!r}"
    return _not_rolled_out(fault)


def _not_undone(fault: Fault, before: State, after: State) -> str:
    """Nothing where every object is as it was, or the fault is seen again."""
    left = differences(before, after)
    if not left:
        return ""
    said = _until(lambda: _not_broken(fault), BROKEN_WITHIN)
    return f"{said}; not as before: {', '.join(left)}" if said else ""


def _not_broken(fault: Fault) -> str:
    """Nothing where the fault is seen again."""
    symptom = fault.checks("symptom")[-1]
    if not _stays(symptom):
        said = checks.once(fault, symptom)[1]
        return "" if checks.fulfilled(symptom, said) else f"after the undo, {checks.describe(symptom)}: {said[-300:]!r}"
    return "" if not_healed(fault) else "after the undo, everything still works"


def _stays(symptom: dict[str, Any]) -> bool:
    return bool(STAYS.search(symptom.get("kubectl", "")))


def _not_rolled_out(fault: Fault) -> str:
    """The workloads whose Pods are not all of the latest template, and ready."""
    place = ("-n", fault.namespace, "get", "deployments,statefulsets,daemonsets", "-o", "json")
    done = subprocess.run(kubectl(*place), check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        return done.stderr.strip()[-300:]
    waiting = [item for item in json.loads(done.stdout)["items"] if not rolled_out(item)]
    return ", ".join(f"{item['kind']} {item['metadata']['name']} is not rolled out" for item in waiting)


def rolled_out(item: dict[str, Any]) -> bool:
    status, spec = item.get("status", {}), item["spec"]
    if status.get("observedGeneration", 0) < item["metadata"].get("generation", 0):
        return False
    if item["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return bool(status.get("updatedNumberScheduled", 0) >= wanted <= status.get("numberReady", 0))
    wanted = spec.get("replicas", 1)
    return bool(status.get("updatedReplicas", 0) >= wanted == status.get("readyReplicas", 0))


def not_as_printed(command: str, undo: str, folder: Path) -> str:
    """Why a command is none that a reader can copy from the screen and run."""
    screen = (folder / "screen.txt").read_text(errors="replace")
    if command not in screen:
        return "the screen does not have the command in one line"
    found = [PLACEHOLDER.search(_without_values(line)) for line in (command, undo)]
    return next((f"the command has a placeholder: {one[0]}" for one in found if one), "")


def _without_values(command: str) -> str:
    """Without what is in quotes: names of variables and values are often in capitals."""
    return re.sub(r"'[^']*'", "", command)


def _shell(command: str, folder: Path) -> str:
    """Run it as the user of the lab, in the run's folder; what went wrong, if anything."""
    line = [str(LAB / "run"), "sh", "-c", command]
    try:
        done = subprocess.run(
            line, check=False, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
    except subprocess.TimeoutExpired:
        return f"it does not end within 120 s: {command}"
    said = (done.stderr or done.stdout).strip()[-400:]
    return f"exit code {done.returncode} of {command}: {said}" if done.returncode else ""


def _until(wrong: Callable[[], str], seconds: float) -> str:
    """Wait until nothing is wrong in two looks in a row; what is wrong in the end."""
    end, last, well = time.monotonic() + seconds, "", 0
    while time.monotonic() < end and not checks.stopping.is_set():
        last = wrong()
        well = 0 if last else well + 1
        if well == 2:
            return ""
        time.sleep(1)
    return last or "it is not the same in two looks in a row"
