# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: what keeps containers that run from being ready."""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerProbe

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix
from ..follow_ups import replays
from ..rule import Candidate, Rule
from .unwell import UnwellContainer, cause_of, containers, crashes, is_recent, pods

#: What the kubelet says of a probe that was not answered in time.
TOO_LATE = re.compile(r"context deadline exceeded|Client\.Timeout|timeout|timed out", re.IGNORECASE)
#: What a client says whose server speaks the other one of HTTP and HTTPS: the last begins a record of TLS.
_OTHER_SCHEME = re.compile(r"HTTPS client|HTTPS server|tls:|statuscode: 400|malformed HTTP response \"\\x15")
#: While a container starts, its readiness probe fails; until then, it is told only where something fails for it.
_STARTS = datetime.timedelta(seconds=45)


def _not_ready(case: Case) -> t.Iterator[Candidate]:
    """POD-08: the readiness probe fails, or a readiness gate is not met."""
    yield from _gate_unmet(case)
    for one in containers(
        case, lambda _pod, _detail, each: each.kind in ("app", "sidecar") and each.state == "running" and not each.ready
    ):
        container = one.container
        probe = next((each for each in container.probes if each.kind == "readiness"), None)
        said = next((e for e in one.events("Unhealthy") if e.message.startswith("Readiness probe")), None)
        if probe is None or said is None or crashes(case, container):
            continue
        replay = replays.of(case, one, probe)
        part, value = replays.part_at_fault(probe, replay) or _part_at_fault(probe, said.message)
        field = f"{one.field}.readinessProbe.{part}" if part == "timeoutSeconds" else ""
        field = field or f"{one.field}.readinessProbe.{probe.action}{f'.{part}' if part else ''}"
        failed = said.message.partition(": ")[2] or said.message
        yield cause_of(
            one,
            f"{field} is {value}, and the probe fails: {failed[:120]}"
            if probe.action != "exec"
            else f"{field} fails: {failed[:120]}",
            after=("POD-23",) if TOO_LATE.search(said.message) else ("POD-28",),
            stands_alone=not is_recent(case, container.since, _STARTS) and _is_missed(case, one),
            field=field,
            value=value,
            wanted=replay.wanted,
            certainty="strong" if replay.succeeds else "certain",
            mechanism="A Pod whose readiness probe fails gets no traffic of its Services",
            evidence=(Evidence("event", str(ref_of(one.pod)), said.message, key=True), *replay.evidence, one.said()),
            fix=replays.fix(case, one, probe, replay) or probe_fix(case, one, probe, part),
        )


def _is_missed(case: Case, one: UnwellContainer) -> bool:
    """Whether somebody is left without a Pod: members of a StatefulSet may stand by, or be found unready."""
    services = case.services_of(one.pod) if one.owner.kind == "StatefulSet" else []
    served = (each.publish_not_ready_addresses or any(pod.ready for pod in case.pods_of(each)) for each in services)
    return not services or not all(served)


def probe_fix(case: Case, one: UnwellContainer, probe: ContainerProbe, part: str) -> Fix:
    """Return what lets a probe ask something that answers: as another probe, or the declared port, tells."""
    text = "Let the probe ask what the application answers"
    whole = f"{one.field}.{probe.kind}Probe"
    if fixes.has_earlier_revision(case, one.owner) or probe.action not in ("httpGet", "tcpSocket"):
        return fixes.roll_back(case, one.owner, text)
    declared = [each for own in one.pod.containers if own.name == one.container.name for each in own.ports]
    numbers = [str(each.port) for each in declared]
    if part == "port" and numbers and probe.port not in (*numbers, *(each.name for each in declared)):
        return fixes.in_template(one.owner, text, f"{whole}.{probe.action}.port", int(numbers[0]))
    if part == "scheme":
        scheme = "HTTP" if probe.scheme == "HTTPS" else "HTTPS"
        return fixes.in_template(one.owner, text, f"{whole}.httpGet.scheme", scheme)
    if part == "path":
        others = [each for each in one.container.probes if each.action == "httpGet" and each.kind != probe.kind]
        if others and others[0].path != probe.path:
            return fixes.in_template(one.owner, text, f"{whole}.httpGet.path", others[0].path)
        port = int(probe.port) if probe.port.isdecimal() else probe.port
        more = "; until its path is known, ask only whether the port listens"
        change = {f"{probe.kind}Probe": {"httpGet": None, "tcpSocket": {"port": port}}}
        spec = {"containers": [{"name": one.container.name, **change}]}
        return fixes.merge_template(one.owner, text + more, spec)
    return Fix(text)


def _gate_unmet(case: Case) -> t.Iterator[Candidate]:
    """POD-08: a condition that a readiness gate names is not true."""
    for one in pods(case, lambda pod, _detail: bool(pod.unmet_readiness_gates)):
        gate = one.pod.unmet_readiness_gates[0]
        yield cause_of(
            one,
            f"{one.field}spec.readinessGates names {gate}, a condition that nothing has set to True",
            field=f"{one.field}spec.readinessGates",
            value=gate,
            mechanism="A Pod is ready only when each condition of its readiness gates is True",
            evidence=(Evidence("api", str(ref_of(one.pod)), f"condition {gate} is not True", key=True),),
            fix=fixes.in_template(
                one.owner,
                f"Start what sets the condition {gate}, or take the gate away",
                f"{one.field}spec.readinessGates",
            ),
        )


def _part_at_fault(probe: ContainerProbe, message: str) -> tuple[str, str]:
    """The part of a probe that a message of the kubelet speaks against, and its value."""
    if probe.action == "exec":
        return "command", "its command"
    if probe.action == "httpGet" and _OTHER_SCHEME.search(message):
        return "scheme", probe.scheme or "HTTP"
    if probe.action == "httpGet" and re.search(r"statuscode: 4", message):
        return "path", probe.path or "/"
    return "port", probe.port


RULES = (Rule("POD-08", "The readiness probe fails", ("pods", "details", "events"), _not_ready),)
