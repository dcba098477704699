# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: containers of one Pod that are in each other's way."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, PodDetail

from ..case import Case, ref_of
from ..finding import Evidence, Fix
from ..rule import Candidate, Rule
from .log_errors import last_error
from .unwell import UnwellContainer, cause_of, containers, crashes, pods

_NUMBER = re.compile(r"(?:[:#]|port[ =:]+)(\d{1,5})\b", re.IGNORECASE)


def _same_port(case: Case) -> t.Iterator[Candidate]:
    """POD-26: a container cannot have a port, because another one of its Pod has it."""
    for one in containers(case, lambda pod, _detail, each: crashes(case, each) and not pod.host_network):
        refused = last_error(one.log(), "EADDRINUSE")
        others = [each for each in one.detail.containers if _listens(each) and each.name != one.container.name]
        if not refused or not others:
            continue
        said = [int(number) for number in _NUMBER.findall(refused.line)]
        number, place, holder = _shared(one, said)
        field = f"{one.field}.ports[{place}].containerPort" if place is not None else one.field
        whose = f"container {holder} of the same Pod has" if holder else f"{len(others)} other containers may have"
        yield cause_of(
            one,
            f"{field}{f' is {number}' if number else ''}, which {whose}: {refused.line[:120]}",
            certainty="certain" if holder else "strong",
            field=field,
            value=str(number or ""),
            mechanism="The containers of a Pod share its addresses: a port can be had by one of them only",
            evidence=(
                Evidence("log", f"{ref_of(one.pod)} container {one.container.name}", refused.line[:300], key=True),
                one.said(),
            ),
            fix=Fix("Let one of both listen at another port, and name that in the Services and probes that ask it"),
        )


def _listens(one: ContainerDetail) -> bool:
    return one.kind in ("app", "sidecar") and one.state in ("running", "waiting", "terminated")


def _shared(one: UnwellContainer, said: t.Collection[int]) -> tuple[int, int | None, str]:
    """The port that two containers want, its place in the list of the one that failed, and who has it."""
    ports = {each.name: [port.port for port in each.ports] for each in one.pod.containers}
    own = ports.get(one.container.name, [])
    for name, theirs in ports.items():
        if name == one.container.name:
            continue
        both = [number for number in said or own if number in theirs]
        if both:
            return both[0], own.index(both[0]) if both[0] in own else None, name
    number = next((each for each in said if each in own), 0)
    return number, own.index(number) if number else None, ""


def _runs_on(case: Case) -> t.Iterator[Candidate]:
    """POD-31: the work of a Job is done, and another container of its Pod runs on."""
    for one in pods(case, _is_kept_up):
        app = [each for each in one.detail.containers if each.kind == "app"]
        runs = next(each for each in app if each.state == "running")
        done = next(each for each in app if each.state == "terminated")
        field = f"{one.field}{runs.field}"
        yield cause_of(
            one,
            f"{field} ({runs.name}) runs on, though container {done.name} ended well at {done.since}",
            certainty="strong",
            severity="warning",
            field=field,
            value=runs.name,
            explains=lambda _about: False,
            mechanism="A Job is complete when all containers of its Pod have ended, but for native sidecars (KEP-753)",
            evidence=(
                Evidence(
                    "api", f"{ref_of(one.pod)} container {done.name}", f"ended with exit code 0 at {done.since}", True
                ),
                Evidence("api", f"{ref_of(one.pod)} container {runs.name}", f"runs since {runs.since}"),
            ),
            fix=Fix(f"Make {runs.name} an init container with restartPolicy: Always, and make the Job anew"),
        )


def _is_kept_up(pod: Pod, detail: PodDetail) -> bool:
    if not pod.owner.startswith("Job/") or pod.phase != "Running":
        return False
    app = [each for each in detail.containers if each.kind == "app"]
    ended = [each for each in app if each.state == "terminated"]
    runs = [each for each in app if each.state == "running"]
    return bool(ended and runs) and len(ended) + len(runs) == len(app) and not any(each.exit_code for each in ended)


_NEEDS = ("pods", "details", "logs")
RULES = (
    Rule("POD-26", "Two containers of a Pod want one port", _NEEDS, _same_port),
    Rule("POD-31", "A container beside the work of a Job runs on", ("pods", "details"), _runs_on),
)
