# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The kubelet's probes as questions: as they are, and with one part changed; and what their answers say. Pure.

The kubelet asks from the node, where no NetworkPolicy applies. A Pod that asks its own address is no subject of
policies either, so it can ask in the place of a node that cannot.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    ContainerProbe,
)

from .. import fixes
from ..case import Case, container, ref_of
from ..finding import Evidence, Fix
from ..rules.unwell import UnwellContainer
from .records import FollowUp

_MOST_PORTS = 4  #: other than its own that a probe is replayed at
_LONGEST_MS = 4000
#: Calls the method of gRPC's health protocol, as the kubelet does.
_HEALTH = "/grpc.health.v1.Health/Check"


@dataclasses.dataclass(frozen=True)
class Replay:
    """What the replay of a probe shows.

    Attributes:
        evidence: the answers that show it.
        part: of the probe that has to change: C(port), C(path), C(scheme) or C(timeoutSeconds); empty if none is known.
        wanted: what that part should be.
        succeeds: whether the probe is answered as it is, and in time.
    """

    evidence: tuple[Evidence, ...] = ()
    part: str = ""
    wanted: str = ""
    succeeds: bool = False


def questions(case: Case, pod: Pod, one: ContainerDetail, probe: ContainerProbe) -> t.Iterator[FollowUp]:
    """The probe as the kubelet asks it, and with one part changed."""
    number = port_of(pod, one, probe.port)
    address = probe.host or next(iter(pod.ips), "")
    if probe.action == "exec" or not number or not address or one.state != "running":
        return
    field = f"{one.field}.{probe.kind}Probe"
    base = FollowUp(
        "kubelet_probe",
        ref_of(pod),
        _protocol(probe.action, probe.scheme),
        address,
        number,
        _path(probe),
        transport="h2" if probe.action == "grpc" else "",
        timeout_ms=min(_LONGEST_MS, max(1, probe.timeout) * 2000),  # one that is merely late is seen to answer
        field=field,
        codes=("POD-07", "POD-08"),
    )
    yield base
    changed = dataclasses.replace(base, kind="changed_probe")
    for other in _other_ports(case, pod, number):
        yield dataclasses.replace(changed, port=other, field=f"{field}.{probe.action}.port", value=str(other))
    if probe.action == "httpGet":
        scheme = "HTTP" if probe.scheme == "HTTPS" else "HTTPS"
        protocol = _protocol(probe.action, scheme)
        yield dataclasses.replace(changed, protocol=protocol, field=f"{field}.httpGet.scheme", value=scheme)
        for path in dict.fromkeys([*(_path(each) for each in one.probes if each.action == "httpGet"), "/"]):
            if path != base.path:
                yield dataclasses.replace(changed, path=path, field=f"{field}.httpGet.path", value=path)


def port_of(pod: Pod, one: ContainerDetail, port: str) -> int:
    """The number of a port that a probe of a container names; 0 where the container has none of that name."""
    if port.isdecimal():
        return int(port)
    own = next((each for each in pod.containers if each.name == one.name), None)
    return next((each.port for each in (own.ports if own else ()) if each.name == port), 0)


def _protocol(action: str, scheme: str) -> str:
    return {"httpGet": (scheme or "HTTP").lower(), "grpc": "http"}.get(action, "tcp")


def _path(probe: ContainerProbe) -> str:
    if probe.action == "grpc":
        return _HEALTH
    path = probe.path or "/"
    return (path if path.startswith("/") else f"/{path}") if probe.action == "httpGet" else ""


def _other_ports(case: Case, pod: Pod, number: int) -> list[int]:
    """The ports that the Pod declares, and those that were seen to listen, but for one."""
    declared = [port.port for each in pod.containers for port in each.ports if port.protocol == "TCP"]
    heard = [int(each.rpartition("#")[2]) for each in case.listens(pod) or ()]
    return [port for port in dict.fromkeys([*declared, *heard]) if port != number][:_MOST_PORTS]


def of(case: Case, one: UnwellContainer, probe: ContainerProbe) -> Replay:
    """What the replays of a probe show, of the first Pod that was asked."""
    for pod in one.pods:
        detail = case.detail(pod)
        own = container(detail, one.container.name) if detail else None
        field = f"{own.field}.{probe.kind}Probe" if own else ""
        asked = [each for each in case.follow_ups.of("kubelet_probe", ref_of(pod)) if each.question.field == field]
        if not asked or not asked[0].was_asked:
            continue
        as_is = asked[0]
        if as_is.succeeds:
            late = (as_is.latency_ms or 0) / 1000
            if late > max(1, probe.timeout):
                return Replay((as_is.evidence(),), "timeoutSeconds", str(math.ceil(late) * 2))
            return Replay((as_is.evidence(),), succeeds=True)
        well = [
            each
            for each in case.follow_ups.of("changed_probe", ref_of(pod))
            if each.question.field.startswith(f"{field}.") and each.succeeds
        ]
        if well:
            best = min(well, key=lambda each: _is_of_another(pod, one.container, each.question.value))
            part = best.question.field.rpartition(".")[2]
            return Replay((best.evidence(), as_is.evidence()), part, best.question.value)
        return Replay((as_is.evidence(),))
    return Replay()


def _is_of_another(pod: Pod, one: ContainerDetail, value: str) -> bool:
    """Whether only another container declares a port: that it answers tells of the other one."""
    declared = {each.name: {str(port.port) for port in each.ports} for each in pod.containers}
    return value not in declared.pop(one.name, ()) and any(value in ports for ports in declared.values())


def part_at_fault(probe: ContainerProbe, replay: Replay) -> tuple[str, str] | None:
    """The part of a probe that has to change, with its value; none where no replay tells."""
    old = {"port": probe.port, "path": probe.path or "/", "scheme": probe.scheme or "HTTP"}
    return (replay.part, old.get(replay.part, str(probe.timeout))) if replay.part else None


def fix(case: Case, one: UnwellContainer, probe: ContainerProbe, replay: Replay, part: str = "") -> Fix | None:
    """What mends a probe: the value that its replay was answered with; none where none was, or it is of another part.

    Args:
        case: all that is known.
        one: the containers.
        probe: of the containers.
        replay: of the probe.
        part: the field that is at fault, as far as the kubelet tells: C(.httpGet.port).
    """
    if not replay.wanted or (part and part.rpartition(".")[2] != replay.part):
        return None
    # That another page answers does not make it the one that is meant, where an earlier revision tells.
    if replay.part == "path" and fixes.has_earlier_revision(case, one.owner):
        return None
    place = replay.part if replay.part == "timeoutSeconds" else f"{probe.action}.{replay.part}"
    value = int(replay.wanted) if replay.wanted.isdecimal() else replay.wanted
    field = f"{one.field}.{probe.kind}Probe.{place}"
    return fixes.in_template(one.owner, f"Let the {probe.kind} probe ask what was seen to answer", field, value)
