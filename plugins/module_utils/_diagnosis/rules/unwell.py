# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Pods and containers that are unwell, those of one workload together: what the rules of the layer Pod go through."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, PodDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import FoldedEvent, Owner

from ..case import Case, condition, ref_of
from ..finding import Evidence, ObjectRef, Scope
from ..reach import to_pods
from ..rule import Candidate, Predicate

SIGBUS = 135  #: the exit code of a process that this signal ended: 128 and its number
#: A container that ended less long ago than this may be in a crash loop, although it runs just now.
RECENT = datetime.timedelta(minutes=10)


@dataclasses.dataclass(frozen=True)
class UnwellPods:
    """The Pods of a workload that have the same trouble.

    Attributes:
        case: that they are of.
        owner: what they belong to.
        field: of the owner, where the trouble stands: a container, or the start of the fields of its Pods.
        pods: that have the trouble, the first of which is told.
        detail: of the first.
        of: how many Pods the workload has.
    """

    case: Case
    owner: ObjectRef
    field: str
    pods: tuple[Pod, ...]
    detail: PodDetail
    of: int

    @property
    def pod(self) -> Pod:
        """The first Pod."""
        return self.pods[0]

    @property
    def refs(self) -> tuple[ObjectRef, ...]:
        """The Pods, as victims of a finding."""
        return tuple(ref_of(pod) for pod in self.pods)

    @property
    def scope(self) -> Scope:
        """How many of the Pods are affected, and on which nodes."""
        nodes = tuple(dict.fromkeys(pod.node for pod in self.pods if pod.node))
        return Scope(len(self.pods), self.of, "Pods", nodes)

    @property
    def reach(self) -> Predicate:
        """The cells that need these Pods."""
        return to_pods(self.case, self.pods)

    def events(self, *reasons: str) -> list[FoldedEvent]:
        """The events of the Pods, the latest first."""
        found = [event for pod in self.pods for event in self.case.events(ref_of(pod), *reasons)]
        return sorted(found, key=lambda event: event.last, reverse=True)


@dataclasses.dataclass(frozen=True)
class UnwellContainer(UnwellPods):
    """A container of a workload that has the same trouble in some of its Pods.

    Attributes:
        container: of the first Pod.
    """

    container: ContainerDetail

    @property
    def template(self) -> str:
        """The start of the fields of its Pods in the owner."""
        return self.case.origin(self.pod, "")[1]

    def events(self, *reasons: str) -> list[FoldedEvent]:
        """The events of the Pods but for those of other containers, the latest first."""
        own = ("", self.container.name)
        return [each for each in super().events(*reasons) if each.field.partition("{")[2].rstrip("}") in own]

    def log(self) -> tuple[str, ...]:
        """The last lines of the first Pod whose log was read."""
        return next((lines for pod in self.pods if (lines := self.case.log(pod, self.container.name))), ())

    def said(self) -> Evidence:
        """What the status of the container says."""
        one = self.container
        words = [one.state, "not ready" if one.state == "running" and not one.ready else "", one.reason, one.message]
        if one.last_reason or one.last_exit_code is not None:
            words.append(f"ended before with exit code {one.last_exit_code} ({one.last_reason})")
        if one.restarts:
            words.append(f"{one.restarts} restarts")
        return Evidence("api", f"{ref_of(self.pod)} container {one.name}", ", ".join(filter(None, words)))


Trouble = t.Callable[[Pod, PodDetail, ContainerDetail], bool]


def containers(case: Case, trouble: Trouble) -> t.Iterator[UnwellContainer]:
    """Yield the containers that have a trouble, those of all Pods of one workload together.

    Of a Pod that failed as a whole (C(status.reason): C(Evicted), C(NodeShutdown)), the containers did not end by
    themselves.
    """
    found: dict[tuple[ObjectRef, str], list[tuple[Pod, PodDetail, ContainerDetail]]] = {}
    for pod, detail in case.details():
        for one in detail.containers:
            ended = pod.phase == "Failed" and bool(detail.reason)
            if not pod.deleting and not ended and trouble(pod, detail, one):
                found.setdefault((case.owner(pod), one.name), []).append((pod, detail, one))
    for (owner, _name), group in found.items():
        pod, detail, one = group[0]
        field = case.origin(pod, one.field)[1]
        pods = tuple(each[0] for each in group)
        yield UnwellContainer(case, owner, field, pods, detail, case.number_of_pods(owner), one)


def pods(case: Case, trouble: t.Callable[[Pod, PodDetail], bool]) -> t.Iterator[UnwellPods]:
    """Yield the Pods that have a trouble, those of one workload together."""
    found: dict[ObjectRef, list[tuple[Pod, PodDetail]]] = {}
    for pod, detail in case.details():
        if not pod.deleting and trouble(pod, detail):
            found.setdefault(case.owner(pod), []).append((pod, detail))
    for owner, group in found.items():
        pod, detail = group[0]
        field = case.origin(pod, "")[1]
        yield UnwellPods(case, owner, field, tuple(each[0] for each in group), detail, case.number_of_pods(owner))


def cause_of(
    one: UnwellPods,
    sentence: str,
    after: tuple[str, ...] = (),
    needs: tuple[ObjectRef, ...] = (),
    **more: t.Any,
) -> Candidate:
    """What keeps the Pods of a workload from running: the API says itself that they do not.

    Args:
        one: the Pods.
        sentence: what is told of their owner, which it follows.
        after: the codes of rules that tell why, where one of them blames the owner, or what it needs.
        needs: objects without which the Pods cannot run.
        more: further attributes of the candidate.
    """
    own = {"object": one.owner, "victims": one.refs, "explains": one.reach, "scope": one.scope}
    # A priority below that of all other Pods is that of a placeholder, which waits until there is room to spare.
    own["stands_alone"] = one.detail.priority >= 0
    codes = (*after, "POD-22") if is_late(one.case.owner_of(one.owner)) else after
    if codes and more.get("object", one.owner) == one.owner:
        own.update(parents=(one.owner, *needs), parent_codes=codes)
    return Candidate(sentence=f"{more.get('object', one.owner)}: {sentence}", **{**own, **more})


def is_late(owner: Owner | None) -> bool:
    """Whether a Deployment is past the deadline of its rollout while Pods of its old template go on.

    Then what keeps the new Pods from being ready is the reason of that, and no user feels it.
    """
    progress = condition(owner.conditions, "Progressing") if owner and owner.kind == "Deployment" else None
    return bool(owner and progress and progress.reason == "ProgressDeadlineExceeded" and owner.available)


def crashes(case: Case, one: ContainerDetail) -> bool:
    """Whether a container ends again and again: it waits to be restarted, or was restarted just now."""
    if one.kind not in ("app", "sidecar"):
        return False
    if in_back_off(one):
        return True
    return one.state == "running" and one.restarts > 0 and is_recent(case, one.last_finished)


def in_back_off(one: ContainerDetail) -> bool:
    """Whether a container that was restarted has ended again; the kubelet names the pause only for a part of it."""
    return one.reason == "CrashLoopBackOff" or (one.state == "terminated" and one.restarts > 0)


def has_failed(case: Case, pod: Pod, one: ContainerDetail) -> bool:
    """Whether a container of a Job, which nothing starts again, ended with an error."""
    return one.state == "terminated" and bool(one.exit_code) and case.is_failed_work(pod)


def exit_code(one: ContainerDetail) -> int | None:
    """The exit code of the last end of a container."""
    return one.exit_code if one.state == "terminated" else one.last_exit_code


def is_recent(case: Case, time: str, within: datetime.timedelta = RECENT) -> bool:
    """Whether something happened within some time before the snapshot."""
    age = age_of(case, time)
    return age is not None and age < within


def age_of(case: Case, time: str) -> datetime.timedelta | None:
    """How long before the snapshot something happened; nothing where its time is not known."""
    try:
        then, now = (_moment(text) for text in (time, case.snapshot.taken))
    except ValueError:
        return None
    return now - then


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text.partition(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S")
