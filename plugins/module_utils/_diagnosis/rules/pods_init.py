# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rule of the layer Pod: an init container that does not end.

One that runs is not at fault by that: a Pod may have begun this moment. It is told by itself where it has run for long,
was restarted, or waits for something that is not there; else only where something fails for want of its Pod.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, ObjectRef
from ..rule import Candidate, Rule
from .log_errors import last_error
from .names import service_of
from .pods import CANNOT_START
from .unwell import UnwellContainer, age_of, cause_of, containers, has_failed

_ASKS = datetime.timedelta(seconds=20)  #: before one that asks what is not there is
_LONG = datetime.timedelta(minutes=1)  #: before one that runs is told by itself, as a warning
_TAKES = datetime.timedelta(minutes=5)  #: before that is an error
#: A line of a log that tells of another try.
_TRIES = re.compile(
    r"wait|retry|retries|not ready|unavailable|refused|timed? ?out|bad address|can't resolve|cannot resolve"
    r"|could not (?:resolve|translate)|no such host|not known|NXDOMAIN|unreachable|sleeping",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True)
class WaitsFor:
    """What a container asks, and why it does not get it.

    Attributes:
        address: C(HOST:PORT), as the container names it.
        why: it does not answer; empty where nothing speaks against it.
        objects: that are at fault, where another rule tells why.
    """

    address: str
    why: str = ""
    objects: tuple[ObjectRef, ...] = ()


def _init(case: Case) -> t.Iterator[Candidate]:
    """POD-10: an init container does not end, or ends with an error."""
    for one in containers(case, lambda pod, _detail, each: _keeps_from_starting(case, pod, each)):
        container = one.container
        lines = [line.strip() for line in one.log() if line.strip()]
        waits = next(filter(lambda each: each.why, _waits_for(case, one)), None)
        last = f": {lines[-1][:120]}" if lines else ""
        what, part = _what(container)
        why = f"; it asks {waits.address}, and {waits.why}" if waits else ""
        log = (
            Evidence("log", f"{ref_of(one.pod)} container {container.name}", lines[-1][:300], key=True)
            if lines
            else None
        )
        api = Evidence("api", str(one.owner), f"{waits.address}: {waits.why}", key=not log) if waits else None
        said = one.said()
        evidence = tuple(filter(None, (log, api, said if log or api else dataclasses.replace(said, key=True))))
        is_shown = _is_proved(case, container) or _tries_again(lines) or _says(case, one, waits, lines)
        for_others: dict[str, t.Any] = {"parents": waits.objects} if waits and waits.objects else {}
        yield cause_of(
            one,
            f"init container {container.name} {what}{last}{why}",
            after=_reasons(container, lines),
            certainty="certain" if _is_proved(case, container) or waits else "strong",
            field=f"{one.field}{part}",
            value=container.name,
            severity="error" if is_shown or any(one.reach(about) for about in case.failing) else "warning",
            stands_alone=is_shown or _is_older(case, container, _LONG),
            mechanism="The containers of a Pod start only after each init container has ended well",
            evidence=evidence,
            fix=fixes.roll_back(case, one.owner, f"Give init container {container.name} what it waits for"),
            **for_others,
        )


def _reasons(one: ContainerDetail, lines: t.Sequence[str]) -> tuple[str, ...]:
    """The codes of the rules that tell why it ends."""
    refused = last_error(lines)
    killed = ("POD-06",) if "OOMKilled" in (one.reason, one.last_reason) else ()
    return (*(refused.codes if refused else ()), *killed)


def _what(one: ContainerDetail) -> tuple[str, str]:
    """What is wrong with it, and the part of its spec."""
    command = ".command" if one.command else ""
    if one.kind == "sidecar":
        return "has not started: its startup probe is not met", ".startupProbe"
    if one.state == "running" and not one.restarts:
        return "runs and does not end", command
    code = one.exit_code if one.exit_code is not None else one.last_exit_code
    return f"ends with exit code {code}", command


def _keeps_from_starting(case: Case, pod: Pod, one: ContainerDetail) -> bool:
    return (pod.phase == "Pending" and _is_in_the_way(one)) or (one.kind == "init" and has_failed(case, pod, one))


def _is_in_the_way(one: ContainerDetail) -> bool:
    if one.kind == "sidecar":
        return one.state == "running" and not one.started and any(each.kind == "startup" for each in one.probes)
    return one.kind == "init" and (one.state == "running" or _has_failed(one))


def _has_failed(one: ContainerDetail) -> bool:
    if one.reason in CANNOT_START:
        return one.last_exit_code is not None  # it was created, and is created again
    return one.reason in ("CrashLoopBackOff", "Error") or (one.state == "terminated" and bool(one.exit_code))


def _is_proved(case: Case, one: ContainerDetail) -> bool:
    """Whether its state alone says that it does not end."""
    return _has_failed(one) or one.restarts > 0 or _is_older(case, one, _TAKES)


def _is_older(case: Case, one: ContainerDetail, than: datetime.timedelta) -> bool:
    age = age_of(case, one.since)
    return age is None or age >= than


def _tries_again(lines: t.Sequence[str]) -> bool:
    """Whether its log says more than once that it tries again."""
    tries = [re.sub(r"\d+", "#", line) for line in lines if _TRIES.search(line)]
    return len(tries) > len(set(tries))


def _waits_for(case: Case, one: UnwellContainer) -> t.Iterator[WaitsFor]:
    """What the addresses in its command and environment lead to."""
    for address in one.container.addresses:
        host, _colon, port = address.rpartition(":")
        namespace, name = service_of(case, one.pod, host)
        if not name:
            continue
        service = case.facts.services.get(f"{namespace}/{name}")
        if service is None:
            if case.knows("services") and _is_read(case, namespace):
                yield WaitsFor(address, f"there is no Service {namespace}/{name}")
        else:
            yield _of_service(case, service, address, int(port))


def _is_read(case: Case, namespace: str) -> bool:
    there = any(each.name == namespace for each in case.snapshot.namespaces)
    return there and (not case.snapshot.selected or namespace in case.snapshot.selected)


def _says(case: Case, one: UnwellContainer, waits: WaitsFor | None, lines: t.Sequence[str]) -> bool:
    """Whether it asks what is not there for some time, or says so: C(chown web:33) has the form of an address, too."""
    age = age_of(case, one.container.since)
    host = waits.address.partition(":")[0] if waits else ""
    return bool(host) and (age is None or age > _ASKS or any(host in line for line in lines))


def _of_service(case: Case, service: Service, address: str, port: int) -> WaitsFor:
    ref = ref_of(service)
    if not service.headless and service.ports and port not in [each.port for each in service.ports]:
        there = ", ".join(str(each.port) for each in service.ports)
        return WaitsFor(address, f"{ref} has no port {port}, but {there}")
    endpoints = case.endpoints(service)
    if case.knows("endpoint_slices") and service.selector and not any(each.ready for each in endpoints):
        pods = case.pods_of(service)
        owners = dict.fromkeys(case.owner(pod) for pod in pods)
        return WaitsFor(address, f"{ref} has no ready endpoint", (ref, *owners, *(ref_of(pod) for pod in pods)))
    return WaitsFor(address)


RULES = (Rule("POD-10", "An init container does not end", ("pods", "details", "events", "logs"), _init),)
