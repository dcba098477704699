# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Breaking the lab by a fault, proving it, and healing it again."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from kubelab import components, ready
from kubelab.cluster import kubectl
from kubelab.faults import certificates, checks
from kubelab.faults.files import Fault
from kubelab.faults.state import WRITTEN
from kubelab.proc import LabError, output
from kubelab.progress import Progress
from kubelab.settings import STATE

RECORDS = STATE / "faults"


def injected() -> dict[str, float]:
    """The faults that are in the lab, by the names of their files, with the time when they came."""
    return {path.stem: json.loads(path.read_text())["since"] for path in sorted(RECORDS.glob("*.json"))}


def inject(fault: Fault, progress: Progress) -> None:
    """Break, and prove it: the symptom is seen and the control goes on working."""
    if _record(fault).exists():
        raise LabError(f"{fault.name} is in the lab already; `lab/fault recover {fault.name}` takes it out")
    with progress.task(f"{fault.name}: {fault.breaks}") as task:
        RECORDS.mkdir(parents=True, exist_ok=True)
        kept = [_kept(name) for name in fault.spec.get("keeps", ())]
        _record(fault).write_text(json.dumps({"since": time.time(), "kept": kept}))
        task.detail = "(applying)"
        secrets = [certificates.secret(spec) for spec in fault.spec.get("certificates", ())]
        checks.apply([*fault.objects, *secrets], fault.namespace)
        for step in fault.checks("then"):
            task.detail = f"({checks.describe(step) if 'change' not in step else 'changing'})"[:100]
            checks.perform(fault, step)
        prove(fault, task)


def prove(fault: Fault, task: Any) -> None:
    """What must be seen and what must go on working, each waited for."""
    for check in [*fault.checks("symptom"), *fault.controls]:
        task.detail = f"(waiting for {check['says']!r} from {checks.describe(check)})"[:100]
        checks.wait(fault, check)


def recover(fault: Fault, progress: Progress) -> None:
    """Heal, and prove it: everything of the fault is gone; where it reached further, the lab is as before.

    A command that is told to stop meanwhile ends afterwards: what is half out would stay in the lab.
    """
    checks.recovering.add(fault.name)
    try:
        _recover(fault, progress)
    finally:
        checks.recovering.discard(fault.name)


def _recover(fault: Fault, progress: Progress) -> None:
    with progress.task(f"{fault.name}: recovering"):
        record = json.loads(_record(fault).read_text()) if _record(fault).exists() else {}
        for item in record.get("kept", ()):
            output(kubectl("replace", "-f", "-"), stdin=json.dumps(item))
        for step in fault.checks("recover") if record else ():
            checks.undo(fault, step)
        try:
            checks.delete(fault.objects, fault.namespace)
        except LabError as error:
            raise LabError(f"{fault.name}: {error}") from error
        if fault.scope != "namespace":
            ready.wait(components.discover(), progress)
        _record(fault).unlink(missing_ok=True)


def _record(fault: Fault) -> Path:
    return RECORDS / f"{fault.path.stem}.json"


def _kept(name: str) -> dict[str, Any]:
    """An object of the lab as it is before the fault: `Kind/namespace/name`."""
    kind, *place = name.split("/")
    where = ["-n", place[0]] if len(place) == 2 and place[0] else []
    found: dict[str, Any] = json.loads(output(kubectl("get", kind, place[-1], *where, "-o", "json")))
    found.pop("status", None)
    found["metadata"] = {key: value for key, value in found["metadata"].items() if key not in WRITTEN}
    return found
