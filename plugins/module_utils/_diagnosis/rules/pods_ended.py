# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: containers and Pods that something else ended, and workloads that run fewer than meant."""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    ContainerProbe,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from .. import fixes
from ..case import Case, condition, ref_of
from ..finding import Evidence, Fix, ObjectRef, RuledOut
from ..follow_ups import replays
from ..reach import to_workload
from ..rule import Candidate, Rule
from .pods_ready import TOO_LATE, probe_fix
from .unwell import (
    UnwellContainer,
    UnwellPods,
    cause_of,
    containers,
    crashes,
    exit_code,
    in_back_off,
    is_late,
    is_recent,
    pods,
)

_NEEDS = ("pods", "details", "events")
_KILLED = 137  #: 128 and SIGKILL
_PROBE_KILLS = re.compile(r"Container (?P<container>[\w.-]+) failed (?P<kind>liveness|startup) probe")
_PROBE_FAILS = re.compile(r"(?P<kind>Liveness|Startup|Readiness) probe (?:failed|errored)")
_EVICTED = re.compile(
    r"ephemeral local storage usage exceeds the total limit|(?:Container (?P<container>\S+) )?exceed(?:s|ed) its local"
    r"|Usage of EmptyDir volume (?P<volume>\"[\w.-]+\") exceeds"
)
#: The kubelet measures volumes once a minute (volumeStatsAggPeriod), and evicts some time after that.
_MEASURED = datetime.timedelta(minutes=2)
_STILL = datetime.timedelta(minutes=2)  #: a probe that was late longer ago was so while the container started
_TINY_CPU = 0.1  #: cores; with less, starting a process takes seconds


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
    more = _times(limit, 4)
    if not more or one.owner.kind not in LIMITED:
        return Fix("Raise the memory limit, or let the application use less")
    text = "Raise the memory limit, and see how much the application takes"
    return set_limit(one.owner, one.container.name, text, "memory", more, limit)


#: Kinds whose containers' limits kubectl sets.
LIMITED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


def set_limit(owner: ObjectRef, container: str, text: str, what: str, more: str, old: str) -> Fix:
    """Return a fix that gives a container another limit."""
    target = f"{owner.kind.lower()}/{owner.name}"
    words = ("set", "resources", target, "-c", container)
    new, back = ((*words, f"--limits={what}={each}") for each in (more, old))
    return fixes.command(owner, text, new, back, "medium")


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
        replay = replays.of(case, one, probe)
        part, value = _part(one, probe, message)
        field = f"{one.field}.{probe.kind}Probe{part}"
        yield cause_of(
            one,
            f"{f'{field} is {value}, and the {probe.kind} probe' if value else field} fails, so that the kubelet kills "
            f"container {container.name}: {message.partition(': ')[2][:100]}",
            field=field,
            value=value,
            mechanism=f"The kubelet restarts a container whose {probe.kind} probe has failed often enough",
            evidence=(
                Evidence("event", str(ref_of(one.pod)), message or f"failed {probe.kind} probe", key=True),
                *replay.evidence,
                one.said(),
            ),
            ruled_out=(RuledOut("POD-04", "the kubelet ended the container, and not the application itself"),),
            after=("POD-23",) if TOO_LATE.search(message) else (),
            fix=replays.fix(case, one, probe, replay, part) or _let_it_live(case, one, probe, part),
        )


def _let_it_live(case: Case, one: UnwellContainer, probe: ContainerProbe, part: str) -> Fix:
    if part.rpartition(".")[2] in ("port", "path"):
        return probe_fix(case, one, probe, part.rpartition(".")[2])
    text = "Give the application enough time"
    if fixes.has_earlier_revision(case, one.owner):
        return fixes.roll_back(case, one.owner, text)
    field, tries = f"{one.field}.{probe.kind}Probe.failureThreshold", max(30, 60 // max(1, probe.period))
    return fixes.in_template(one.owner, f"{text} before the probe fails for good", field, tries)


def _part(one: UnwellContainer, probe: ContainerProbe, message: str) -> tuple[str, str]:
    """The part of a probe that is at fault: a port refuses that nothing else names, a startup probe gives up."""
    container = one.container
    if probe.kind == "startup" and not (probe.port and "refused" in message and not _is_named(one, probe)):
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


def _is_named(one: UnwellContainer, probe: ContainerProbe) -> bool:
    """Whether something else names the port of a probe, or nothing names any: then it may be slow to listen there."""
    declared = [each for own in one.pod.containers if own.name == one.container.name for each in own.ports]
    own = {str(each.port) for each in declared}
    own |= {each.port for each in one.container.probes if each.port.isdecimal() and each.kind != probe.kind}
    names = {each.name for each in declared}
    return not own or probe.port in own | names


def _evicted(case: Case) -> t.Iterator[Candidate]:
    """POD-20: the kubelet evicted the Pods: of what they wrote themselves, or because the node ran short."""
    for one in pods(case, lambda pod, detail: pod.phase == "Failed" and detail.reason == "Evicted"):
        message = one.detail.message
        match = _EVICTED.search(message)
        if _has_recovered(case, one, by_limit=bool(match)):
            continue  # what is left of it is only a record
        at = one.owner if match else ObjectRef("Node", one.pod.node)
        field, value, fix = _storage_limit(one, match) if match else ("", "", None)
        yield cause_of(
            one,
            f"{f'{field} is {value}, and ' if field else ''}the kubelet evicted Pods of {one.owner}: {message[:160]}",
            object=at,
            severity="error" if match else "warning",
            field=field,
            value=value,
            victims=one.refs if match else (one.owner, *one.refs),
            parents=() if match else (ObjectRef("Node", one.pod.node),),
            parent_codes=("NODE-05", "NODE-10"),
            mechanism="The kubelet ends Pods that use more local storage than their limit, or than the node has left",
            evidence=(Evidence("api", str(ref_of(one.pod)), f"Evicted: {message}", key=True),),
            fix=fix or Fix("Raise the limit, or let the application write less or to a volume"),
        )


def _has_recovered(case: Case, one: UnwellPods, by_limit: bool) -> bool:
    """Whether another Pod took its place, and was not evicted as well: what is too small stays so.

    Of a limit of the Pod itself, that is known once the kubelet has measured what the other one wrote.
    """
    known = case.owner_of(one.owner)
    if known is None and one.owner.kind == "Pod":
        # Nothing replaces a Pod without a controller, but others behind all of its Services do its work.
        services = case.services_of(one.pod)
        return bool(services) and all(any(pod.ready for pod in case.pods_of(each)) for each in services)
    if not known or not known.desired or known.ready < known.desired:
        return False
    if by_limit and any(is_recent(case, event.last, _MEASURED) for event in one.events("Evicted")):
        return False
    again = [pod for pod in one.pods if is_recent(case, pod.created)]
    return len(again) < 2


def _storage_limit(one: UnwellPods, match: re.Match[str]) -> tuple[str, str, Fix | None]:
    """The limit that was exceeded, its value, and a larger one."""
    if match["volume"]:
        name = match["volume"].strip('"')
        volume = next((each for each in one.detail.volumes if each.get("name") == name), None)
        field = f"{one.field}{volume['field'] if volume else 'spec.volumes'}.emptyDir.sizeLimit"
        limit = str((volume or {}).get("emptyDir", {}).get("sizeLimit", ""))
        text = "Raise the size limit, or let the application write less"
        more = _times(limit, 4)
        return field, limit or name, fixes.in_template(one.owner, text, field, more) if more and volume else Fix(text)
    limited = [each for each in one.detail.containers if "ephemeral-storage" in each.limits]
    own = next((each for each in limited if each.name == match["container"]), limited[0] if limited else None)
    field = f"{one.field}{own.field if own else 'spec.containers[0]'}.resources.limits.ephemeral-storage"
    limit = own.limits["ephemeral-storage"] if own else ""
    more = _times(limit, 4)
    text = "Raise the limit, or let the application write less or to a volume"
    if not own or not more or one.owner.kind not in LIMITED:
        return field, limit, Fix(text)
    return field, limit, set_limit(one.owner, own.name, text, "ephemeral-storage", more, limit)


def _times(quantity: str, factor: int) -> str:
    match = re.fullmatch(r"(\d+)([KMG]i?|)", quantity)
    return f"{int(match[1]) * factor}{match[2]}" if match else ""


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
            yield _late(case, owner, ref, progress.message)


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


def _late(case: Case, owner: Owner, ref: ObjectRef, message: str) -> Candidate:
    """While the old Pods go on, what is wrong with the new ones is why; where nothing goes on, that comes first."""
    goes_on = is_late(owner)
    below: dict[str, t.Any] = {} if goes_on else {"parents": (ref,)}
    return Candidate(
        ref,
        f"{ref}: the rollout of its latest template is past spec.progressDeadlineSeconds: {message[:120]}",
        severity="warning",
        field="spec.template",
        mechanism=f"The Pods of the new template do not become ready{'; the old ones go on' if goes_on else ''}",
        stands_alone=True,
        evidence=(Evidence("api", f"{ref} condition Progressing", f"ProgressDeadlineExceeded: {message}", key=True),),
        fix=fixes.roll_back(case, ref, "Find out why the new Pods are not ready"),
        **below,
    )


def _throttled(case: Case) -> t.Iterator[Candidate]:
    """POD-23: a tiny CPU limit, and probes of the kubelet that time out."""
    for one in containers(case, lambda _pod, _detail, each: 0 < cores(each.limits.get("cpu", "")) < _TINY_CPU):
        late = [e for e in one.events("Unhealthy") if _PROBE_FAILS.match(e.message) and TOO_LATE.search(e.message)]
        if not late or (one.container.ready and not is_recent(case, late[0].last, _STILL)):
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
            fix=set_limit(one.owner, one.container.name, "Raise the CPU limit", "cpu", "500m", limit)
            if one.owner.kind in LIMITED
            else Fix("Raise the CPU limit"),
        )


def cores(quantity: str) -> float:
    """A quantity of CPU in cores; 0 where there is none."""
    match = re.fullmatch(r"([\d.]+)(m?)", quantity)
    return float(match[1]) / (1000 if match[2] else 1) if match else 0.0


RULES = (
    Rule("POD-06", "The container needs more memory than its limit", _NEEDS, _out_of_memory),
    Rule("POD-07", "A liveness or startup probe kills the container", _NEEDS, _killed_by_probe),
    Rule("POD-20", "The kubelet evicted the Pod", _NEEDS, _evicted),
    Rule(
        "POD-22",
        "A workload is scaled to zero, paused, or past its deadline",
        ("pods", "owners", "services"),
        _less_than_meant,
    ),
    Rule("POD-23", "The CPU limit stops the container", _NEEDS, _throttled),
)
