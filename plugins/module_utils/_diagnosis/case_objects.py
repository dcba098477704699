# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The objects of a case: owners, endpoints, details, events, logs, and who changed what."""

from __future__ import annotations

import collections
import dataclasses
import functools
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Endpoint, Pod, Service, Snapshot
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import (
    FoldedEvent,
    Owner,
    Workloads,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.selections import Selections

from .finding import Change, ObjectRef

#: Where the template of its Pods stands in an object.
_TEMPLATES = {"Pod": "", "CronJob": "spec.jobTemplate.spec.template."}
#: What a CronJob appends to its own name: the minutes, or until Kubernetes 1.20 the seconds, since the epoch.
_OF_CRON_JOB = re.compile(r"-\d{8,10}$")
_LIST_ITEM = re.compile(r"\[[^\]]*\]")


@dataclasses.dataclass(frozen=True)
class Objects:
    """What a snapshot has, and what its objects mean to one another.

    Attributes:
        snapshot: of the cluster.
    """

    snapshot: Snapshot

    @functools.cached_property
    def workloads(self) -> Workloads:
        """What of the workloads is known: nothing with C(depth: traffic)."""
        return self.snapshot.workloads or Workloads()

    @functools.cached_property
    def facts(self) -> Facts:
        """The snapshot with its indexes: endpoints, policies, entries."""
        return Facts(self.snapshot)

    @functools.cached_property
    def _selections(self) -> Selections:
        """With what is known of Pods and Services that were not selected."""
        return Selections(self.facts.pods.values(), self.facts.services.values())

    @functools.cached_property
    def pods(self) -> tuple[Pod, ...]:
        """The Pods of the snapshot, and those of the cluster's DNS: without them, no Pod finds another."""
        known = {pod.id for pod in self.snapshot.pods}
        return (*self.snapshot.pods, *(pod for pod in self.snapshot.dns_pods if pod.id not in known))

    def pods_of(self, service: Service) -> list[Pod]:
        """The Pods that the selector of a Service selects, without those that have ended."""
        return [pod for pod in self._selections.pods_of(service) if not pod.finished]

    def pods_in(self, namespace: str) -> t.Sequence[Pod]:
        """The Pods of a namespace."""
        return self._selections.pods_in(namespace)

    def endpoints(self, service: Service) -> list[Endpoint]:
        """All endpoints of a Service, whether they are ready or not; those without a port, too.

        Pods may have been left out of a snapshot by label selectors, endpoints never are.
        """
        return self._endpoints.get(service.id, [])

    @functools.cached_property
    def _endpoints(self) -> dict[str, list[Endpoint]]:
        found: dict[str, list[Endpoint]] = {}
        beyond = self.snapshot.beyond.endpoint_slices if self.snapshot.beyond else ()
        for part in (*beyond, *self.snapshot.endpoint_slices):
            found.setdefault(f"{part.namespace}/{part.service}", []).extend(part.endpoints)
        return found

    def services_in(self, namespace: str) -> t.Sequence[Service]:
        """The Services of a namespace."""
        return self._selections.services_in(namespace)

    def services_of(self, pod: Pod) -> list[Service]:
        """The Services that select a Pod."""
        return self._selections.services_of(pod)

    @functools.cached_property
    def _details(self) -> dict[str, PodDetail]:
        return {f"{detail.namespace}/{detail.name}": detail for detail in self.workloads.pods}

    def detail(self, pod: Pod) -> PodDetail | None:
        """What decides whether a Pod runs; none where it is well and not in scope."""
        return self._details.get(pod.id)

    def details(self) -> t.Iterator[tuple[Pod, PodDetail]]:
        """The Pods of the snapshot, and those of the cluster's DNS, that have details, with them."""
        yield from self._detailed

    @functools.cached_property
    def _detailed(self) -> list[tuple[Pod, PodDetail]]:
        every = ((pod, self._details.get(pod.id)) for pod in self.pods)
        return [(pod, detail) for pod, detail in every if detail]

    @functools.cached_property
    def _owners(self) -> dict[tuple[str, str], Owner]:
        return {(owner.namespace, f"{owner.kind}/{owner.name}"): owner for owner in self.workloads.owners}

    def owner(self, pod: Pod) -> ObjectRef:
        """What a Pod belongs to, up to the top; the Pod itself where nothing controls it."""
        if not pod.owner:
            return ObjectRef("Pod", pod.name, pod.namespace)
        kind, _slash, name = pod.owner.partition("/")
        top = self.top(ObjectRef(kind, name, pod.namespace))
        kind, name = top.kind, top.name
        template = pod.labels.get("pod-template-hash", "")
        if kind == "ReplicaSet" and template and name.endswith(f"-{template}"):
            kind, name = "Deployment", name[: -len(template) - 1]  # its ReplicaSets were not read
        if kind == "Node":  # a static Pod, which its kubelet alone controls
            return ObjectRef("Pod", pod.name, pod.namespace)
        return ObjectRef(kind, name, pod.namespace)

    def top(self, ref: ObjectRef) -> ObjectRef:
        """What an owner of Pods belongs to, up to the top; itself where nothing controls it."""
        top = f"{ref.kind}/{ref.name}"
        while (above := self._owners.get((ref.namespace, top))) and above.owner:
            top = above.owner
        kind, _slash, name = top.partition("/")
        return ObjectRef(kind, name, ref.namespace)

    @functools.cached_property
    def _work(self) -> dict[tuple[str, str], list[Pod]]:
        """The Pods of Jobs, those of all Jobs of a CronJob together, by namespace and name."""
        found: dict[tuple[str, str], list[Pod]] = {}
        for pod in self.pods:
            kind, _slash, name = pod.owner.partition("/")
            if kind == "Job":
                found.setdefault((pod.namespace, _OF_CRON_JOB.sub("", name)), []).append(pod)
        return found

    def is_failed_work(self, pod: Pod) -> bool:
        """Whether a Pod of a Job failed, and no later one of the Job, or of its CronJob, does better."""
        kind, _slash, name = pod.owner.partition("/")
        if kind != "Job" or pod.phase != "Failed":
            return False
        all_of_it = self._work.get((pod.namespace, _OF_CRON_JOB.sub("", name)), [])
        return all(each.phase == "Failed" for each in all_of_it if each.created >= pod.created)

    @functools.cached_property
    def _numbers(self) -> collections.Counter[ObjectRef]:
        return collections.Counter(self.owner(pod) for pod in self.pods if not pod.finished)

    def number_of_pods(self, owner: ObjectRef) -> int:
        """How many Pods that have not ended a workload has."""
        return self._numbers[owner]

    def owner_of(self, ref: ObjectRef) -> Owner | None:
        """What is known of an owner."""
        return self._owners.get((ref.namespace, f"{ref.kind}/{ref.name}"))

    def owners_in(self, namespace: str) -> t.Sequence[Owner]:
        """The owners of a namespace."""
        return self._owners_in.get(namespace, ())

    @functools.cached_property
    def _owners_in(self) -> dict[str, list[Owner]]:
        found: dict[str, list[Owner]] = {}
        for one in self.workloads.owners:
            found.setdefault(one.namespace, []).append(one)
        return found

    def owned_by(self, ref: ObjectRef) -> list[Owner]:
        """The owners that an owner controls: the ReplicaSets of a Deployment."""
        return self._owned.get((ref.namespace, f"{ref.kind}/{ref.name}"), [])

    @functools.cached_property
    def _owned(self) -> dict[tuple[str, str], list[Owner]]:
        found: dict[tuple[str, str], list[Owner]] = {}
        for one in self.workloads.owners:
            found.setdefault((one.namespace, one.owner), []).append(one)
        return found

    def origin(self, pod: Pod, field: str) -> tuple[ObjectRef, str]:
        """The object that a person changes to change a field of a Pod, and the field there."""
        owner = self.owner(pod)
        return owner, f"{_TEMPLATES.get(owner.kind, 'spec.template.')}{field}"

    @functools.cached_property
    def _events(self) -> dict[ObjectRef, list[FoldedEvent]]:
        found: dict[ObjectRef, list[FoldedEvent]] = {}
        for event in self.workloads.events:
            found.setdefault(ObjectRef(event.kind, event.name, event.namespace), []).append(event)
        return found

    def events(self, ref: ObjectRef, *reasons: str) -> list[FoldedEvent]:
        """The events of an object, the latest first; those with one of these reasons, where any is given."""
        found = [event for event in self._events.get(ref, ()) if not reasons or event.reason in reasons]
        return sorted(found, key=lambda event: event.last, reverse=True)

    def log(self, pod: Pod, container: str) -> tuple[str, ...]:
        """The last lines of a container: of the one that ended, if there is one."""
        return self._logs.get((pod.id, container), ())

    @functools.cached_property
    def _logs(self) -> dict[tuple[str, str], tuple[str, ...]]:
        ordered = sorted(self.workloads.logs, key=lambda tail: tail.previous)
        return {(f"{tail.namespace}/{tail.pod}", tail.container): tail.lines for tail in ordered if tail.lines}

    @functools.cached_property
    def _histories(self) -> dict[ObjectRef, t.Sequence[t.Any]]:
        return {ObjectRef(one.kind, one.name, one.namespace): one.writers for one in self.workloads.histories}

    def changed(self, ref: ObjectRef, field: str) -> Change | None:
        """Who wrote a field, or one above it, last."""
        plain = _LIST_ITEM.sub("", field)
        best: tuple[int, str, str] | None = None
        for writer in self._histories.get(ref, ()):
            for path in writer.fields:
                if plain == path or plain.startswith(f"{path}.") or (plain and path.startswith(f"{plain}.")):
                    best = max(filter(None, (best, (len(path), writer.time, writer.manager))))
        return Change(best[2], best[1]) if best else None
