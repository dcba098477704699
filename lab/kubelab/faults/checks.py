# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps and checks of a fault file.

- `kubectl: ARGUMENTS`: as the administrator, in the fault's namespace
- `machine: NAME` with `run: SCRIPT`: by `sh` on a machine of the lab
- `from: WHO` with `ask: TARGET`: `ask.py` on a machine of the lab, or in a container of the namespace
- `change: {Kind/name: ...}`: the fault's objects applied again with these changes

A step with `says` is a check: it is tried until its output matches that regular expression. `within` is its limit.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from kubelab import machines
from kubelab.cluster import PATCH, kubectl
from kubelab.faults.files import Fault, changed
from kubelab.proc import LabError
from kubelab.settings import HOSTS, LAB, STATE, host

ASK = Path(__file__).with_name("ask.py")
SECONDS = 120.0
#: Set when the command is told to stop: nobody waits for a symptom any more, and what is in the lab is recovered.
stopping = threading.Event()
#: The faults that are being taken out: the command ends when that is done.
recovering: set[str] = set()

Step = dict[str, Any]


def perform(fault: Fault, step: Step, to_the_end: bool = False) -> None:
    """Do it once, or wait for it if it is a check; `to_the_end` also when the command is told to stop."""
    if "says" in step:
        wait(fault, step, to_the_end)
    elif "change" in step:
        apply(changed(fault.objects, step["change"], fault.path), fault.namespace)
    else:
        code, said = once(fault, step)
        if code:
            raise LabError(f"{fault.name}: {describe(step)}: {said[-600:] or code}")


def undo(fault: Fault, step: Step) -> None:
    """Do a step of the recovery; an object that was never made, or is gone already, needs none."""
    try:
        perform(fault, step, to_the_end=True)
    except LabError as error:
        if "kubectl" not in step or "(NotFound)" not in str(error):
            raise


def wait(fault: Fault, check: Step, to_the_end: bool = False) -> str:
    """Until the check is fulfilled; otherwise an error that says what was seen."""
    seconds = float(check.get("within", SECONDS))
    end, said = time.monotonic() + seconds, ""
    while True:
        said = once(fault, check)[1]
        if fulfilled(check, said):
            return said
        if stopping.is_set() and not to_the_end:
            raise LabError(f"{fault.name}: stopped while it waited for {check['says']!r} from {describe(check)}")
        if time.monotonic() > end:
            raise LabError(
                f"{fault.name}: {describe(check)}: not seen within {seconds:.0f} s: {check['says']!r}; "
                f"last seen: {said[-600:]!r}"
            )
        time.sleep(1)


def fulfilled(check: Step, said: str) -> bool:
    """Whether this output is what the check asks for."""
    return re.search(check["says"], said, re.DOTALL) is not None


def once(fault: Fault, step: Step) -> tuple[int, str]:
    """Exit code and output of one try."""
    if "kubectl" in step:
        return _run(kubectl("-n", fault.namespace, "--request-timeout=20s", *shlex.split(step["kubectl"])))
    if "machine" in step:
        return _run(_on(step["machine"], "sh", "-c", step["run"]))
    if "ask" in step:
        return _run(
            _asker(fault, step["from"], [step["ask"], *([step["at"]] if "at" in step else [])]), ASK.read_text()
        )
    raise LabError(f"{fault.path}: neither kubectl nor machine nor ask: {step}")


def describe(step: Step) -> str:
    """What is done, in one line."""
    if "kubectl" in step:
        return f"kubectl {step['kubectl']}"
    if "machine" in step:
        return f"on {step['machine']}: {step['run'].strip()}"
    at = f" at {step['at']}" if "at" in step else ""
    return f"from {step['from']}: {step['ask']}{at}"


def apply(objects: list[dict[str, Any]], namespace: str) -> None:
    """Apply them, those without a namespace to this one."""
    for command, items in _by_namespace("apply", objects, namespace):
        code, said = _run([*command, PATCH], _listing(items))
        if code:
            raise LabError(f"kubectl apply: {said[-600:]}")


def delete(objects: list[dict[str, Any]], namespace: str, seconds: float = 120) -> None:
    """Delete them, namespaces with all that is in them, and wait until they are gone."""
    parts = _by_namespace("delete", objects, namespace)
    for command, items in reversed(parts):
        code, said = _run([*command, "--ignore-not-found", "--wait=false"], _listing(items))
        if code and "no matches for kind" not in said:
            raise LabError(f"kubectl delete: {said[-600:]}")
    end = time.monotonic() + seconds
    for command, items in _by_namespace("get", objects, namespace):
        while left := _named(_run([*command, "--ignore-not-found", "-o", "name"], _listing(items))[1]):
            if "no matches for kind" in left:
                break
            if time.monotonic() > end:
                raise LabError(f"still there {seconds:.0f} s after they were deleted: {' '.join(left.split())[:600]}")
            time.sleep(1)


def _named(said: str) -> str:
    """Without what the API server warns of, such as an old kind."""
    return "\n".join(line for line in said.splitlines() if not line.startswith("Warning: "))


def _by_namespace(
    verb: str, objects: list[dict[str, Any]], namespace: str
) -> list[tuple[list[str], list[dict[str, Any]]]]:
    elsewhere = [item for item in objects if item["kind"] == "Namespace" or "namespace" in item["metadata"]]
    here = [item for item in objects if item not in elsewhere]
    parts = [(kubectl(verb, "-f", "-"), elsewhere), (kubectl("-n", namespace, verb, "-f", "-"), here)]
    return [(command, items) for command, items in parts if items]


def _listing(items: list[dict[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def _on(name: str, *argv: str) -> list[str]:
    """A command on a machine, or as the operator, who has no machine but kubectl."""
    if name == "op":
        return [str(LAB / "run"), *argv]
    return machines.command(host(name), *argv)


def _asker(fault: Fault, source: str, arguments: list[str]) -> list[str]:
    if source in {each.name for each in HOSTS}:
        environment = f"SSL_CERT_FILE={STATE / 'pki' / 'ca.crt'}"
        return ["ip", "netns", "exec", source, "env", environment, sys.executable, "-", *arguments]
    *namespace, kind, name = ["deploy", *source.split("/")] if "/" not in source else source.split("/")
    where = ["-n", namespace[0] if namespace else fault.namespace]
    return kubectl(*where, "exec", "-i", f"{kind}/{name}", "--", "python3", "-", *arguments)


def _run(command: list[str], stdin: str | None = None, seconds: float = 60) -> tuple[int, str]:
    """Exit code, and what it printed: errors, too, since a fault is often seen by them."""
    try:
        done = subprocess.run(
            command,
            check=False,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return 124, f"no answer within {seconds:.0f} s"
    return done.returncode, done.stdout.strip()
