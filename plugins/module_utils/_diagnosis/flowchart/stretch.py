# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The objects that a way through the chart (C(way.py)) is about. Pure."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail

from ..about import About
from ..case import Case, ref_of
from ..finding import Finding, ObjectRef
from ..ranking import Suspect
from ..rules.entries_about import ref_of as ref_of_entry

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController")
_ENTRIES = ("Ingress", "HTTPRoute", "GRPCRoute", "TLSRoute", "Route")


@dataclasses.dataclass(frozen=True)
class Stretch:
    """The objects that a way is about.

    Attributes:
        case: that they are of.
        suspects: the candidates about any of them.
        owners: workloads.
        pods: that have not ended.
        services: that lead to the Pods, or that the finding is about.
        entries: the hosts and paths that lead to the Services.
    """

    case: Case
    suspects: tuple[Suspect, ...]
    owners: tuple[ObjectRef, ...]
    pods: tuple[Pod, ...]
    services: tuple[Service, ...]
    entries: tuple[EntryPoint, ...]

    @classmethod
    def of(cls, case: Case, suspects: t.Sequence[Suspect], first: Finding | None) -> Stretch:
        """The objects of a finding; all of the snapshot where there is none, or it is about no such object."""
        refs = _refs(case, first) if first else set()
        if not refs:
            pods = [pod for pod in case.snapshot.pods if not pod.finished]
            services, entries = list(case.snapshot.services), list(case.facts.entries)
        else:
            entries = [entry for entry in case.facts.entries if ref_of_entry(entry) in refs]
            services = [one for one in case.facts.services.values() if ref_of(one) in refs or _is_behind(one, entries)]
            alive = [pod for pod in case.facts.pods.values() if not pod.finished]
            pods = [pod for pod in alive if ref_of(pod) in refs or case.owner(pod) in refs]
            pods += [pod for service in services for pod in case.pods_of(service)]
            services += [each for pod in pods for each in case.services_of(pod)]
            services = list({one.id: one for one in services}.values())
            if not entries:
                entries = [entry for entry in case.facts.entries if any(_is_behind(one, [entry]) for one in services)]
        owners = {case.owner(pod): None for pod in pods}
        tops = [ObjectRef(one.kind, one.name, one.namespace) for one in case.workloads.owners if not one.owner]
        more = sorted(refs, key=str) if first else tops
        owners.update((ref, None) for ref in more if ref.kind in _WORKLOADS)
        pods = list({pod.id: pod for pod in pods}.values())
        known = {*refs, *owners, *map(ref_of, pods), *map(ref_of, services), *map(ref_of_entry, entries)}
        own = tuple(one for one in suspects if not known.isdisjoint((one.object, *one.candidate.victims)) or not refs)
        return cls(case, own, tuple(owners), tuple(pods), tuple(services), tuple(entries))

    def codes(self, *codes: str) -> tuple[str, ...]:
        """The codes, of some or with these starts, of the candidates."""
        found = (one.rule.code for one in self.suspects)
        return tuple(dict.fromkeys(code for code in found if code in codes or code.partition("-")[0] in codes))

    @functools.cached_property
    def containers(self) -> list[tuple[Pod, ContainerDetail]]:
        """The containers of the Pods whose details are known."""
        details = ((pod, self.case.detail(pod)) for pod in self.pods if not pod.deleting)
        return [(pod, one) for pod, detail in details if detail for one in detail.containers]

    def cells(self, kind: str) -> list[About]:
        """The checks of the Pods, Services or hosts and paths that should be answered."""
        refs: set[ObjectRef] = set()
        if kind == "ingress":
            refs = set(map(ref_of_entry, self.entries))
        else:
            refs = set(map(ref_of, self.pods if kind == "pod" else self.services))
        return [
            about
            for about in (*self.case.failing, *self.case.answered)
            if about.target.get("kind") == kind and about.asked in refs
        ]


def _refs(case: Case, first: Finding) -> set[ObjectRef]:
    """The objects that a finding is about: its own, or else those that suffer, or those of the checks it explains."""
    kinds = ("Pod", "Service", *_WORKLOADS, *_ENTRIES)
    own = {first.object} if first.layer != "Ingress" or first.object.kind in _ENTRIES else set()
    victims, cells = set(first.victims), [case.by_id[number] for number in first.explains if number in case.by_id]
    asked = {about.asked for about in cells if about.asked}
    for group in (own, victims, asked):
        found = {ref for ref in group if ref.kind in kinds}
        if found:
            return found
    return set()


def _is_behind(service: Service, entries: t.Iterable[EntryPoint]) -> bool:
    backends = ((entry.path.namespace or entry.namespace, entry.path.service) for entry in entries)
    return (service.namespace, service.name) in backends
