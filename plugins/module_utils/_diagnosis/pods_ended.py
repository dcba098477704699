# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: containers and Pods that something else ended, and workloads that run fewer than meant."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    ContainerProbe,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from . import fixes
from .case import Case, condition, ref_of
from .finding import Evidence, Fix, ObjectRef, RuledOut
from .reach import to_workload
from .rule import Candidate, Rule
from .unwell import UnwellContainer, cause_of, containers, crashes, exit_code, in_back_off, pods

_NEEDS = ("pods", "details", "events")
_KILLED = 137  #: 128 and SIGKILL
_PROBE_KILLS = re.compile(r"Container (?P<container>[\w.-]+) failed (?P<kind>liveness|startup) probe")
_PROBE_FAILS = re.compile(r"(?P<kind>Liveness|Startup|Readiness) probe (?:failed|errored)")
_TOO_LATE = re.compile(r"context deadline exceeded|Client\.Timeout|timeout|timed out", re.IGNORECASE)
_EVICTED = re.compile(
    r"ephemeral local storage usage exceeds the total limit|exceeds its local ephemeral storage limit"
    r"|Usage of EmptyDir volume (?P<volume>\"[\w.-]+\") exceeds"
)
_TINY_CPU = 0.05  #: cores; with less, starting a process takes seconds


def _out_of_memory(case: Case) -> t.Iterator[Candidate]:
    """POD-06: the kernel killed a process of the container, because of its memory limit."""
    for one in containers(case, lambda _pod, _detail, each: _is_out_of_memory(each)):
        container = one.container
        limit = container.limits.get("memory", "")
        field = f"{one.field}.resources.limits.memory"
        by_kernel = "OOMKilled" in (container.reason, container.last_reason)
        says = (
            "the kernel killed it (OOMKilled)"
            if by_kernel
            else "it ended with 137, as when a child is killed for memory"
        )
        yield cause_of(
            one,
            f"{field} is {limit or 'not set'}, and container {container.name} needs more: {says}",
            certainty="certain" if by_kernel else "strong",
            field=field,
            value=limit,
            mechanism="The kernel kills a process of a cgroup that needs more memory than its limit",
            evidence=(dataclasses.replace(one.said(), key=True),),
            ruled_out=(RuledOut("POD-07", "no probe of the kubelet killed it"),),
            fix=_more_memory(one, limit),
        )


def _is_out_of_memory(one: ContainerDetail) -> bool:
    if "OOMKilled" in (one.reason, one.last_reason):
        return one.restarts > 0 or one.state != "running"
    return in_back_off(one) and exit_code(one) == _KILLED and "memory" in one.limits


def _more_memory(one: UnwellContainer, limit: str) -> Fix:
    match = re.fullmatch(r"(\d+)([KMG]i?|)", limit)
    if not match or one.owner.kind not in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        return Fix("Raise the memory limit, or let the application use less")
    text = "Raise the memory limit, and see how much the application takes"
    return _limit(one, text, "memory", f"{int(match[1]) * 4}{match[2]}", limit)


def _limit(one: UnwellContainer, text: str, what: str, more: str, old: str) -> Fix:
    target = f"{one.owner.kind.lower()}/{one.owner.name}"
    words = ("set", "resources", target, "-c", one.container.name)
    new, back = ((*words, f"--limits={what}={each}") for each in (more, old))
    return fixes.command(one.owner, text, new, back, "medium")


def _killed_by_probe(case: Case) -> t.Iterator[Candidate]:
    """POD-07: the kubelet kills a container because its liveness or startup probe fails."""
    for one in containers(case, lambda _pod, _detail, each: each.kind in ("app", "sidecar") and each.restarts > 0):
        container = one.container
        kills = [
            match["kind"]
            for event in one.events("Killing", "Unhealthy")
            for match in [_PROBE_KILLS.search(event.message)]
            if match and match["container"] == container.name
        ]
        probe = next((each for each in container.probes if kills and each.kind == kills[0]), None)
        if probe is None or not (crashes(case, container) or not container.ready):
            continue
        said = next((e for e in one.events("Unhealthy") if e.message.lower().startswith(probe.kind)), None)
        message = said.message if said else ""
        part, value = _part(container, probe, message)
        field = f"{one.field}.{probe.kind}Probe{part}"
        yield cause_of(
            one,
            f"{field}{f' is {value}' if value else ''}, and the {probe.kind} probe fails, so that the kubelet kills "
            f"container {container.name}: {message.partition(': ')[2][:100]}",
            field=field,
            value=value,
            mechanism=f"The kubelet restarts a container whose {probe.kind} probe has failed often enough",
            evidence=(
                Evidence("event", str(ref_of(one.pod)), message or f"failed {probe.kind} probe", key=True),
                one.said(),
            ),
            ruled_out=(RuledOut("POD-04", "the kubelet ended the container, and not the application itself"),),
            fix=fixes.roll_back(case, one.owner, "Let the probe ask what answers, and give the start enough time"),
        )


def _part(container: ContainerDetail, probe: ContainerProbe, message: str) -> tuple[str, str]:
    """The part of a probe that is at fault: a startup probe gives up, a port refuses that no other probe asks."""
    if probe.kind == "startup":
        return ".failureThreshold", str(probe.failure_threshold)
    asks_alike = any(
        (each.action, each.port, each.path) == (probe.action, probe.port, probe.path)
        for each in container.probes
        if each.kind != probe.kind
    )
    if asks_alike or not message:
        return ("" if probe.initial_delay else ".initialDelaySeconds"), str(probe.initial_delay)
    if re.search(r"statuscode: 4", message):
        return ".httpGet.path", probe.path or "/"
    if "refused" in message and probe.port:
        return f".{probe.action}.port", probe.port
    return "", ""


def _evicted(case: Case) -> t.Iterator[Candidate]:
    """POD-20: the kubelet evicted the Pods: of what they wrote themselves, or because the node ran short."""
    for one in pods(case, lambda pod, detail: pod.phase == "Failed" and detail.reason == "Evicted"):
        known = case.owner_of(one.owner)
        if known and known.desired and known.ready >= known.desired:
            continue  # it has recovered: what is left of it is only a record
        message = one.detail.message
        match = _EVICTED.search(message)
        field, value, at = "", "", one.owner
        if match and match["volume"]:
            name = match["volume"].strip('"')
            place = next((n for n, each in enumerate(one.detail.volumes) if each.get("name") == name), 0)
            field, value = f"{one.field}spec.volumes[{place}].emptyDir.sizeLimit", name
        elif match:
            owner = next((each for each in one.detail.containers if "ephemeral-storage" in each.limits), None)
            own = owner.field if owner else "spec.containers[0]"
            field = f"{one.field}{own}.resources.limits.ephemeral-storage"
            value = owner.limits["ephemeral-storage"] if owner else ""
        else:
            at = ObjectRef("Node", one.pod.node)
        yield cause_of(
            one,
            f"{f'{field} is {value}, and ' if field else ''}the kubelet evicted Pods of {one.owner}: {message[:160]}",
            object=at,
            severity="error" if match else "warning",
            field=field,
            value=value,
            victims=one.refs if at == one.owner else (one.owner, *one.refs),
            mechanism="The kubelet ends Pods that use more local storage than their limit, or than the node has left",
            evidence=(Evidence("api", str(ref_of(one.pod)), f"Evicted: {message}", key=True),),
            fix=Fix("Raise the limit, or let the application write less or to a volume"),
        )


def _stuck_terminating(case: Case) -> t.Iterator[Candidate]:
    """POD-21: a deleted Pod stays, because of a finalizer, or because its node does not end it."""
    for pod, detail in case.details():
        if not detail.deletion or not detail.finalizers:
            continue
        ref = ref_of(pod)
        yield Candidate(
            ref,
            f"{ref}: metadata.finalizers[0] is {detail.finalizers[0]}, so that the Pod stays though it was deleted",
            severity="warning",
            field="metadata.finalizers[0]",
            value=detail.finalizers[0],
            mechanism="The API server removes an object only when whoever put a finalizer on it has taken it away",
            stands_alone=True,
            evidence=(
                Evidence("api", str(ref), f"deleted at {detail.deletion}, finalizer {detail.finalizers[0]}", key=True),
            ),
            fix=Fix("Let the controller of the finalizer do its work; taking the finalizer away skips that for good"),
        )


def _less_than_meant(case: Case) -> t.Iterator[Candidate]:
    """POD-22: scaled to zero though a Service is for its Pods, paused, or past the deadline of its rollout."""
    for owner in case.workloads.owners:
        ref = ObjectRef(owner.kind, owner.name, owner.namespace)
        if owner.kind in ("Deployment", "StatefulSet", "ReplicaSet") and owner.desired == 0 and not owner.owner:
            yield _zero(case, ref)
        progress = condition(owner.conditions, "Progressing")
        if owner.kind == "Deployment" and owner.paused and _is_behind(case, owner, ref):
            yield _paused(ref, owner)
        elif owner.kind == "Deployment" and progress and progress.reason == "ProgressDeadlineExceeded":
            yield _late(case, ref, progress.message)


def _zero(case: Case, ref: ObjectRef) -> Candidate:
    return Candidate(
        ref,
        f"{ref}: spec.replicas is 0, so nothing is behind its Services",
        field="spec.replicas",
        value="0",
        mechanism="A workload of no replicas has no Pods, and a Service without Pods refuses connections",
        explains=to_workload(case, ref),
        evidence=(Evidence("api", str(ref), "spec.replicas is 0", key=True),),
        fix=fixes.scale_up(ref, "Scale it up, if that was not meant"),
    )


def _is_behind(case: Case, owner: Owner, ref: ObjectRef) -> bool:
    return owner.updated < (owner.desired or 0) or any(
        one.template_images != owner.template_images for one in case.owned_by(ref) if one.current
    )


def _paused(ref: ObjectRef, owner: Owner) -> Candidate:
    resume, pause = (("rollout", word, f"deployment/{ref.name}") for word in ("resume", "pause"))
    return Candidate(
        ref,
        f"{ref}: spec.paused is true, and {owner.updated} of {owner.desired} Pods have its latest template",
        severity="warning",
        field="spec.paused",
        value="true",
        mechanism="A paused Deployment keeps its Pods as they are: what was changed since is not rolled out",
        stands_alone=True,
        evidence=(Evidence("api", str(ref), f"paused; {owner.updated} of {owner.desired} updated", key=True),),
        fix=fixes.command(ref, "Resume the rollout", resume, pause),
    )


def _late(case: Case, ref: ObjectRef, message: str) -> Candidate:
    return Candidate(
        ref,
        f"{ref}: the rollout of its latest template is past spec.progressDeadlineSeconds: {message[:120]}",
        severity="warning",
        field="spec.template",
        mechanism="The Pods of the new template do not become ready; those of the old one go on",
        stands_alone=True,
        evidence=(Evidence("api", f"{ref} condition Progressing", f"ProgressDeadlineExceeded: {message}", key=True),),
        fix=fixes.roll_back(case, ref, "Find out why the new Pods are not ready"),
    )


def _throttled(case: Case) -> t.Iterator[Candidate]:
    """POD-23: a tiny CPU limit, and probes of the kubelet that time out."""
    for one in containers(case, lambda _pod, _detail, each: 0 < cores(each.limits.get("cpu", "")) < _TINY_CPU):
        late = [e for e in one.events("Unhealthy") if _PROBE_FAILS.match(e.message) and _TOO_LATE.search(e.message)]
        if not late:
            continue
        field, limit = f"{one.field}.resources.limits.cpu", one.container.limits["cpu"]
        yield cause_of(
            one,
            f"{field} is {limit}, and the probes of container {one.container.name} time out",
            certainty="strong",
            field=field,
            value=limit,
            mechanism="The kernel stops the container for most of each period, so that it answers too late",
            evidence=(Evidence("event", str(ref_of(one.pod)), late[0].message, key=True), one.said()),
            fix=_limit(one, "Raise the CPU limit", "cpu", "500m", limit),
        )


def cores(quantity: str) -> float:
    """A quantity of CPU in cores; 0 where there is none."""
    match = re.fullmatch(r"([\d.]+)(m?)", quantity)
    return float(match[1]) / (1000 if match[2] else 1) if match else 0.0


RULES = (
    Rule("POD-06", "The container needs more memory than its limit", _NEEDS, _out_of_memory),
    Rule("POD-07", "A liveness or startup probe kills the container", _NEEDS, _killed_by_probe),
    Rule("POD-20", "The kubelet evicted the Pod", _NEEDS, _evicted),
    Rule("POD-21", "A deleted Pod stays", ("pods", "details"), _stuck_terminating),
    Rule("POD-22", "A workload is scaled to zero, paused, or past its deadline", ("pods", "owners"), _less_than_meant),
    Rule("POD-23", "The CPU limit stops the container", _NEEDS, _throttled),
)
