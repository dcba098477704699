# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: volumes that cannot be had, cannot be mounted, or cannot be written to."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    Mount,
    PodDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import FoldedEvent

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Rule
from .log_errors import LogError, last_error
from .pods_scheduling import unscheduled
from .unwell import UnwellContainer, UnwellPods, cause_of, containers, exit_code, pods

_NEEDS = ("pods", "details", "events", "nodes", "volumes")
_VOLUME_NODE = re.compile(r"volume node affinity conflict|didn't match PersistentVolume's node affinity")
_REASONS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
_NAMED = re.compile(r'volume "(?P<name>[^"]+)"')
#: What rule POD-09 tells, and what passes while a kubelet starts.
_NOT_THE_VOLUME = re.compile(
    r"(?:secret|configmap) \S+ not found|references non-existent|not registered", re.IGNORECASE
)
_GENERAL = re.compile(r"^Unable to attach or mount volumes")
_IN_USE = re.compile(r"Multi-Attach error|already exclusively attached|volume is already used", re.IGNORECASE)
_TYPE = re.compile(r"hostPath type check failed")
#: Types of hostPath that want something to be there -> the one that makes it.
_MAKES = {"Directory": "DirectoryOrCreate", "File": "FileOrCreate"}
#: Kinds of volumes whose files nobody writes.
_READ_ONLY = ("configMap", "secret")
_Volume = t.Mapping[str, t.Any]


def _volumes(case: Case) -> t.Iterator[Candidate]:
    """POD-16: a volume of the Pods cannot be had on their nodes, mounted, or written to."""
    yield from _wrong_zone(case)
    yield from _not_mounted(case)
    yield from _not_written(case)
    if any(one.container.mounts for one in containers(case, lambda _pod, _detail, each: _has_failed(each))):
        case.need("logs")


def _wrong_zone(case: Case) -> t.Iterator[Candidate]:
    volumes = {volume.claim: volume for volume in case.workloads.volumes}
    for one, message in unscheduled(case, _VOLUME_NODE):
        for name in one.detail.pvc_names:
            volume = volumes.get(f"{one.pod.namespace}/{name}")
            if volume and volume.node_affinity:
                ref = ObjectRef("PersistentVolume", volume.name)
                yield cause_of(
                    one,
                    f"spec.nodeAffinity.required allows nodes on which {one.owner} cannot run",
                    object=ref,
                    field="spec.nodeAffinity.required",
                    value=str(volume.node_affinity.get("required", ""))[:120],
                    mechanism="A Pod with a volume runs only where the volume's nodeAffinity allows it",
                    victims=(one.owner, *one.refs),
                    evidence=(
                        Evidence("api", f"{ref_of(one.pod)} condition PodScheduled", message, key=True),
                        Evidence("api", str(ref), f"is bound to claim {name}"),
                    ),
                    fix=Fix("Let the Pod run on the volume's nodes, or use a claim that is bound elsewhere"),
                )
                break


def _not_mounted(case: Case) -> t.Iterator[Candidate]:
    for one in pods(case, lambda pod, detail: pod.phase == "Pending" and _waits(detail)):
        said = [event for event in one.events(*_REASONS) if not _NOT_THE_VOLUME.search(event.message)]
        said.sort(key=lambda event: bool(_GENERAL.search(event.message)))
        if said:
            yield _of_event(case, one, said[0])


def _waits(detail: PodDetail) -> bool:
    """Whether no container has been started: what was mounted once is another matter."""
    own = [each for each in detail.containers if each.kind != "ephemeral"]
    return any(each.state == "waiting" and each.reason in ("ContainerCreating", "PodInitializing") for each in own)


def _of_event(case: Case, one: UnwellPods, event: FoldedEvent) -> Candidate:
    named = _NAMED.search(event.message)
    volume = _volume(case, one, named["name"] if named else "")
    part, value = _part(volume, event.message)
    field = f"{one.field}{volume['field'] if volume else 'spec.volumes'}{part}"
    why = event.message.rpartition(" : ")[2] or event.message
    return cause_of(
        one,
        f"{field}{f' is {value}' if value else ''}, and the volume cannot be mounted: {why[:160]}",
        field=field,
        value=value,
        mechanism="The kubelet starts no container of a Pod before all its volumes are mounted",
        evidence=(Evidence("event", str(ref_of(one.pod)), f"{event.reason}: {event.message}"[:300], key=True),),
        fix=_mount(case, one, field, volume, event.message),
    )


def _volume(case: Case, one: UnwellPods, name: str) -> _Volume | None:
    """The volume of a Pod that a message names: by its own name, or by that of the claim's PersistentVolume."""
    there = {str(each.get("name")): each for each in one.detail.volumes}
    if name in there:
        return there[name]
    claims = {each.volume: each.name for each in case.workloads.claims if each.namespace == one.pod.namespace}
    for each in there.values():
        claim = (each.get("persistentVolumeClaim") or {}).get("claimName")
        if claim and (claim == claims.get(name) or not name):
            return each
    return None


def _part(volume: _Volume | None, message: str) -> tuple[str, str]:
    """The field below a volume that a message is about, and its value."""
    if volume is None:
        return "", ""
    if "hostPath" in volume:
        return ".hostPath.path", str(volume["hostPath"].get("path", ""))
    if "persistentVolumeClaim" in volume:
        return ".persistentVolumeClaim.claimName", str(volume["persistentVolumeClaim"].get("claimName", ""))
    if "csi" in volume:
        return ".csi.driver", str(volume["csi"].get("driver", ""))
    if "nfs" in volume:
        part = "path" if re.search(r"access denied|No such file", message) else "server"
        return f".nfs.{part}", str(volume["nfs"].get(part, ""))
    return "", ""


def _mount(case: Case, one: UnwellPods, field: str, volume: _Volume | None, message: str) -> Fix:
    kind = str((volume or {}).get("hostPath", {}).get("type", ""))
    if _TYPE.search(message) and kind in _MAKES:
        text = "Make on the node what the volume wants, name another path, or let the kubelet make it"
        return fixes.in_template(one.owner, text, f"{field.rpartition('.')[0]}.type", _MAKES[kind])
    if _IN_USE.search(message) and one.owner.kind == "Deployment":
        text = "End the Pod that has the volume before the next one starts, or use one with ReadWriteMany"
        change = {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}
        return fixes.patch(one.owner, text, change, {"spec": {"strategy": {"type": "RollingUpdate"}}}, "medium")
    return fixes.roll_back(case, one.owner, "Make what the message names available, or use another volume")


def _not_written(case: Case) -> t.Iterator[Candidate]:
    for one in containers(case, lambda _pod, _detail, each: _has_failed(each)):
        refused = last_error(one.log(), "EACCES", "EROFS")
        mount = _mount_of(one.container, refused.paths) if refused else None
        volume = next((each for each in one.detail.volumes if mount and each.get("name") == mount.volume), None)
        if refused is None:
            continue
        if refused.name == "EACCES" and mount and volume and not any(kind in volume for kind in _READ_ONLY):
            yield _no_permission(one, refused, mount, volume)
        elif refused.name == "EROFS" and mount and volume:
            yield _read_only_volume(one, refused, mount, volume)
        elif refused.name == "EROFS" and one.container.read_only_root:
            yield _read_only_root(one, refused)


def _has_failed(one: ContainerDetail) -> bool:
    return bool(exit_code(one)) and (one.state != "running" or not one.ready)


def _mount_of(one: ContainerDetail, paths: t.Iterable[str]) -> Mount | None:
    """The mount that a file is in: of nested ones, the innermost."""
    found = [mount for path in paths for mount in one.mounts if f"{path}/".startswith(f"{mount.path.rstrip('/')}/")]
    return max(found, key=lambda mount: len(mount.path), default=None)


def _candidate(one: UnwellContainer, refused: LogError, field: str, value: str, why: str, **more: t.Any) -> Candidate:
    return cause_of(
        one,
        f"{field} {why}, and container {one.container.name} ends: {refused.line[:120]}",
        field=field,
        value=value,
        evidence=(
            Evidence("log", f"{ref_of(one.pod)} container {one.container.name}", refused.line[:300], key=True),
            one.said(),
        ),
        **more,
    )


def _no_permission(one: UnwellContainer, refused: LogError, mount: Mount, volume: _Volume) -> Candidate:
    host = volume.get("hostPath")
    if host:
        field, value = f"{one.template}{volume['field']}.hostPath.path", str(host.get("path", ""))
        why = f"is {value}, whose owner and mode do not let the container's user write"
        fix = Fix(f"Give {value} of the node to the container's user; fsGroup changes nothing in a hostPath")
    else:
        field = f"{one.template}spec.securityContext.fsGroup"
        group = one.detail.fs_group
        value = "" if group is None else str(group)
        why = f"is {value or 'not set'}, so that {mount.path} stays with the owner that its volume has"
        wanted = _group(one)
        text = "Give the volume to a group of the container's processes"
        fix = fixes.in_template(one.owner, text, field, wanted) if group is None else Fix(text)
        if group is None and one.owner.kind in ("Deployment", "StatefulSet", "DaemonSet"):
            fix = fixes.merge_template(one.owner, text, {"securityContext": {"fsGroup": wanted}})
    mechanism = "Without fsGroup, the files of a volume keep their owner, and the container's user may not write"
    return _candidate(one, refused, field, value, why, fix=fix, mechanism=mechanism)


def _group(one: UnwellContainer) -> int:
    """The group of the container's user, where it is set; else one that nobody has."""
    user = one.container.run_as_user if one.container.run_as_user is not None else one.detail.run_as_user
    return user or 2000


def _read_only_volume(one: UnwellContainer, refused: LogError, mount: Mount, volume: _Volume) -> Candidate:
    kind = next((each for each in _READ_ONLY if each in volume), "")
    place = one.container.mounts.index(mount)
    field = f"{one.field}.volumeMounts[{place}]{'' if kind else '.readOnly'}"
    why = f"mounts a {kind} at {mount.path}, which nobody can write to" if kind else f"is true for {mount.path}"
    text = f"Let the application write elsewhere than to {mount.path}"
    if mount.read_only and not kind:
        fix = fixes.in_template(one.owner, f"{text}, or mount it to be written to", field, False)
    else:
        fix = Fix(text)
    mechanism = "A volume that is mounted read-only refuses each write"
    return _candidate(one, refused, field, mount.volume if kind else "true", why, fix=fix, mechanism=mechanism)


def _read_only_root(one: UnwellContainer, refused: LogError) -> Candidate:
    field = f"{one.field}.securityContext.readOnlyRootFilesystem"
    folder = next((path.rpartition("/")[0] for path in refused.paths if path.count("/") > 1), "")
    text = f"Mount an emptyDir at {folder or 'the folder that the application writes to'}"
    fix = Fix(text)
    if folder:
        mounts = [{"name": "written", "mountPath": folder}]
        own = {"name": one.container.name, "volumeMounts": mounts}
        part = "initContainers" if one.container.kind in ("init", "sidecar") else "containers"
        fix = fixes.merge_template(one.owner, text, {part: [own], "volumes": [{"name": "written", "emptyDir": {}}]})
    mechanism = "With a read-only root file system, a container writes only to its volumes"
    return _candidate(one, refused, field, "true", "is true", fix=fix, mechanism=mechanism)


RULES = (Rule("POD-16", "A volume cannot be had, mounted or written to", _NEEDS, _volumes),)
