# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: limits that are no resources of Kubernetes: local ports, shared memory, open files."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    Mount,
    PodDetail,
)

from .. import fixes
from ..about import About
from ..case import Case, condition, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Rule
from .log_errors import LogError, last_error
from .unwell import SIGBUS, UnwellContainer, UnwellPods, cause_of, containers, exit_code, pods

_RANGE = "net.ipv4.ip_local_port_range"
_DEFAULT = "32768 60999"  #: of the kernel
_FEW = 1024  #: local ports that a client of some connections may use up
_TOO_FEW = 64  #: that any client does: a closed connection keeps its port for a minute
_USED_UP = re.compile(r"assign requested address|EADDRNOTAVAIL", re.IGNORECASE)
_SHM = "/dev/shm"  # noqa: S108 - it is looked for in a log


def _local_ports(case: Case) -> t.Iterator[Candidate]:
    """POD-32: the Pod has few local ports, and its connections need more."""
    for one in pods(case, lambda pod, detail: not pod.finished and 0 < _number_of_ports(detail) < _FEW):
        asks = frozenset(one.refs)
        failing = [about for about in case.failing if _is_used_up(about, asks)]
        number, value = _number_of_ports(one.detail), one.detail.sysctls[_RANGE]
        refused = [
            line for each in one.detail.containers for line in case.log(one.pod, each.name) if _USED_UP.search(line)
        ]
        field = f"{one.field}spec.securityContext.sysctls[{list(one.detail.sysctls).index(_RANGE)}].value"
        said = f"{_RANGE} is {value}: {number} ports"
        yield cause_of(
            one,
            f"{field} is {value}, so that each Pod has {number} local ports for its connections",
            certainty="certain" if failing or refused else "strong",
            severity="error" if failing or refused else "warning",
            field=field,
            value=value,
            wanted=_DEFAULT,
            victims=(),
            explains=lambda about, asks=asks: _is_used_up(about, asks),
            stands_alone=bool(refused) or number < _TOO_FEW,
            mechanism="Each connection from a Pod to one target needs a local port, for a minute after its end, too",
            evidence=(
                Evidence("api", str(ref_of(one.pod)), said, key=not refused),
                *(Evidence("log", str(ref_of(one.pod)), line[:300], key=True) for line in refused[-1:]),
            ),
            fix=fixes.in_template(one.owner, "Give the Pods the range that the kernel has by default", field, _DEFAULT),
        )


def _number_of_ports(detail: PodDetail) -> int:
    match = re.fullmatch(r"(\d+)\s+(\d+)", detail.sysctls.get(_RANGE, "").strip())
    return max(1, int(match[2]) - int(match[1]) + 1) if match else 0


def _is_used_up(about: About, asks: t.Collection[ObjectRef]) -> bool:
    return about.asker in asks and bool(_USED_UP.search(about.cell.reason))


def _full(case: Case) -> t.Iterator[Candidate]:
    """POD-33: /dev/shm or a volume is full, or too many files are open."""
    for one in containers(case, lambda _pod, _detail, each: _has_failed(each)):
        refused = last_error(one.log(), "ENOSPC", "EMFILE", "SIGBUS") or _by_signal(one.container)
        if refused and refused.name == "EMFILE":
            yield _files(case, one, refused)
        elif refused and not _disk_is_full(case, one):
            yield _space(case, one, refused)


def _by_signal(one: ContainerDetail) -> LogError | None:
    """What is mapped into memory has no room left: the kernel sends SIGBUS to who writes to it."""
    return LogError("SIGBUS", f"exit code {SIGBUS}", (), ("POD-33",)) if exit_code(one) == SIGBUS else None


def _has_failed(one: ContainerDetail) -> bool:
    return bool(exit_code(one)) and (one.state != "running" or not one.ready or one.restarts > 0)


def _disk_is_full(case: Case, one: UnwellPods) -> bool:
    """Whether it is the disk of the node, which the node says itself."""
    known = next((each for each in case.workloads.nodes if each.name == one.pod.node), None)
    pressure = condition(known.conditions, "DiskPressure") if known else None
    return bool(pressure and pressure.status == "True")


def _candidate(one: UnwellContainer, refused: LogError, sentence: str, **more: t.Any) -> Candidate:
    kind = "log" if refused.line in one.log() else "api"
    said = Evidence(kind, f"{ref_of(one.pod)} container {one.container.name}", refused.line[:300], key=True)
    return cause_of(one, f"{sentence}: {refused.line[:120]}", evidence=(said, one.said()), **more)


def _files(case: Case, one: UnwellContainer, refused: LogError) -> Candidate:
    field = f"{one.field}{'.command' if one.container.command else ''}"
    what = "instances of inotify" if "inotify" in refused.line.lower() else "files"
    return _candidate(
        one,
        refused,
        f"{field} needs more open {what} than its limit",
        field=field,
        value=one.container.command[0] if one.container.command else one.container.image,
        mechanism="A process gets no more open files than RLIMIT_NOFILE, which the runtime sets, and ulimit lowers",
        fix=fixes.roll_back(
            case, one.owner, "Raise the limit where it is set (ulimit -n, or the runtime's), or open fewer"
        ),
    )


def _space(case: Case, one: UnwellContainer, refused: LogError) -> Candidate:
    named = [path for line in one.log() for path in re.findall(r"/[\w./@+-]+", line)]
    paths = [*refused.paths, *named]
    mounts = [
        each for path in paths for each in one.container.mounts if f"{path}/".startswith(f"{each.path.rstrip('/')}/")
    ]
    if not mounts and not any(path.startswith(_SHM) for path in paths):
        mounts = _own_size(one)
    mount = max(mounts, key=lambda each: len(each.path), default=None)
    volume = _volume(one, mount.volume) if mount else {}
    claim = volume.get("persistentVolumeClaim")
    if claim:
        return _claim(case, one, refused, str(claim.get("claimName", "")))
    if "emptyDir" in volume:
        field, limit = (
            f"{one.template}{volume['field']}.emptyDir.sizeLimit",
            str(volume["emptyDir"].get("sizeLimit", "")),
        )
        return _candidate(
            one,
            refused,
            f"{field} is {limit or 'not set'}, and the volume is full",
            field=field,
            value=limit,
            mechanism="An emptyDir of medium Memory has its size limit, or half of the node's memory",
            fix=fixes.in_template(one.owner, "Raise the size limit", field, _more(limit))
            if limit
            else Fix("Write less"),
        )
    return _shared_memory(one, refused)


def _own_size(one: UnwellContainer) -> list[Mount]:
    """The only mount that may be full while the disk of the node is not: a claim's, or one in memory."""
    found = []
    for mount in one.container.mounts:
        volume = _volume(one, mount.volume)
        if "persistentVolumeClaim" in volume or (volume.get("emptyDir") or {}).get("medium") == "Memory":
            found.append(mount)
    return found if len(found) == 1 else []


def _volume(one: UnwellContainer, name: str) -> t.Mapping[str, t.Any]:
    return next((each for each in one.detail.volumes if each.get("name") == name), {})


def _more(limit: str) -> str:
    match = re.fullmatch(r"(\d+)(\D*)", limit)
    return f"{int(match[1]) * 4}{match[2]}" if match else limit


def _claim(case: Case, one: UnwellContainer, refused: LogError, name: str) -> Candidate:
    ref, field = ObjectRef("PersistentVolumeClaim", name, one.pod.namespace), "spec.resources.requests.storage"
    claims = (each for each in case.workloads.claims if (each.namespace, each.name) == (ref.namespace, name))
    size = next((each.requested for each in claims), "")
    return _candidate(
        one,
        refused,
        f"{field} is {size}, and the volume of {one.owner} is full",
        object=ref,
        field=field,
        value=size,
        victims=(one.owner, *one.refs),
        mechanism="A volume has the size of its claim; a class with allowVolumeExpansion lets it grow",
        fix=Fix("Ask for more, if the StorageClass lets claims grow: they never shrink again; or remove files"),
    )


def _shared_memory(one: UnwellContainer, refused: LogError) -> Candidate:
    field = f"{one.template}spec.volumes"
    own = {"name": one.container.name, "volumeMounts": [{"name": "shared-memory", "mountPath": _SHM}]}
    volume = {"name": "shared-memory", "emptyDir": {"medium": "Memory"}}
    text = f"Mount an emptyDir of medium Memory at {_SHM}; what is in it counts as memory of the container"
    is_named = any(_SHM in line for line in one.log())
    return _candidate(
        one,
        refused,
        f"{field} has no volume for {_SHM}, which is full with 64 MiB then",
        certainty="certain" if is_named else "strong",
        field=field,
        mechanism=f"The runtime gives each Pod {_SHM} of 64 MiB, whatever its limits of memory are",
        fix=fixes.merge_template(one.owner, text, {"containers": [own], "volumes": [volume]}),
    )


_NEEDS = ("pods", "details", "logs")
RULES = (
    Rule("POD-32", "The Pod has too few local ports", ("pods", "details"), _local_ports),
    Rule("POD-33", "Shared memory, a volume or the open files are used up", _NEEDS, _full),
)
