# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The details of the objects of lists, taken while they are read, so that no list is read twice or kept whole."""

from __future__ import annotations

import threading
import typing as t

from .fields import Json, string, strings
from .kinds import Kind
from .managed_fields import history
from .model_components import Component
from .model_control_plane import NamespaceDetail, NodeDetail, Terminating
from .model_pods import PodDetail
from .model_workloads import History
from .parse import identity_of, meta_of
from .parse_components import component
from .parse_control_plane import namespace_detail, node_detail
from .parse_pods import is_well, pod_detail

MAX_WELL = 2000  #: Pods that run as they should; of more of them, none has details
MAX_UNWELL = 5000  #: other Pods
MAX_HISTORIES = 2000  #: objects of a kind whose writers are kept
MAX_TERMINATING = 200  #: objects that were deleted, and are still there

#: Resources whose writers are kept -> kind.
WRITTEN = {
    "services": "Service",
    "ingresses.networking.k8s.io": "Ingress",
    "networkpolicies.networking.k8s.io": "NetworkPolicy",
    "deployments.apps": "Deployment",
    "daemonsets.apps": "DaemonSet",
    "statefulsets.apps": "StatefulSet",
}

#: Further resources whose objects may wait for finalizers -> kind: items of a list do not say it.
_OTHER = {
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "persistentvolumes": "PersistentVolume",
    "configmaps": "ConfigMap",
    "secrets": "Secret",
    "serviceaccounts": "ServiceAccount",
    "resourcequotas": "ResourceQuota",
    "replicasets.apps": "ReplicaSet",
    "jobs.batch": "Job",
    "cronjobs.batch": "CronJob",
    "horizontalpodautoscalers.autoscaling": "HorizontalPodAutoscaler",
    "gateways.gateway.networking.k8s.io": "Gateway",
    "httproutes.gateway.networking.k8s.io": "HTTPRoute",
}
_KINDS = {**WRITTEN, **_OTHER}

_Place = tuple[str, str]


class Details:
    """What is kept of the objects that it is shown; several lists may be read at once.

    Attributes:
        without: how many Pods were left without details, because there are too many.
        unwritten: the kinds of which not every object's writers are kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._well: dict[_Place, PodDetail] = {}
        self._unwell: dict[_Place, PodDetail] = {}
        self._nodes: dict[str, NodeDetail] = {}
        self._components: dict[_Place, Component] = {}
        self._ending: dict[str, NamespaceDetail] = {}
        self._terminating: dict[tuple[str, str, str], Terminating] = {}
        self._histories: dict[str, dict[_Place, History]] = {kind: {} for kind in WRITTEN.values()}
        self._too_many = False
        self.without = 0
        self.unwritten: set[str] = set()

    def look(self, kind: Kind, item: Json) -> None:
        """Take what is kept of an object of a list."""
        if kind.full_name in _KINDS and "deletionTimestamp" in meta_of(item):
            self._take_terminating(kind, item)
        if kind.field == "pods":
            self.take_pod(item)
        elif kind.field == "nodes":
            found = node_detail(item)
            with self._lock:
                self._nodes[found.name] = found
        elif kind.field == "namespaces":
            ending = namespace_detail(item)
            if ending:
                with self._lock:
                    self._ending[ending.name] = ending
        elif kind.full_name in WRITTEN:
            self._take_history(history(WRITTEN[kind.full_name], item))

    def take_pod(self, item: Json) -> None:
        """Take the details of a Pod; those of Pods that are well only as long as there are not too many."""
        own = component(item)
        if own:
            with self._lock:
                self._components[own.namespace, own.pod] = own
        well = is_well(item)
        if self._is_full(well):
            with self._lock:
                self.without += 1
            return
        detail = pod_detail(item)
        place = detail.namespace, detail.name
        with self._lock:
            if place in self._well or place in self._unwell:
                return
            (self._well if well else self._unwell)[place] = detail
            if len(self._well) > MAX_WELL:
                self._too_many = True
                self.without += len(self._well)
                self._well.clear()

    def _is_full(self, well: bool) -> bool:
        """Whether no more of them have details; to read them for nothing would take most of the time."""
        return self._too_many if well else len(self._unwell) >= MAX_UNWELL

    def _take_terminating(self, kind: Kind, item: Json) -> None:
        meta = meta_of(item)
        found = Terminating(
            _KINDS[kind.full_name],
            **identity_of(item),
            resource=kind.full_name,
            deletion=string(meta, "deletionTimestamp"),
            finalizers=strings(meta, "finalizers"),
        )
        with self._lock:
            if found.finalizers and len(self._terminating) < MAX_TERMINATING:
                self._terminating[found.kind, found.namespace, found.name] = found

    def _take_history(self, found: History) -> None:
        with self._lock:
            known = self._histories[found.kind]
            if len(known) < MAX_HISTORIES:
                known[found.namespace, found.name] = found
            else:
                self.unwritten.add(found.kind)

    def pods(self) -> tuple[PodDetail, ...]:
        """The details of Pods, by namespace and name."""
        every = {**self._well, **self._unwell}
        return tuple(every[place] for place in sorted(every))

    def nodes(self) -> tuple[NodeDetail, ...]:
        """The details of Nodes, by name."""
        return tuple(self._nodes[name] for name in sorted(self._nodes))

    def components(self) -> tuple[Component, ...]:
        """The Pods of the control plane, by namespace and name."""
        return tuple(self._components[place] for place in sorted(self._components))

    def namespaces(self) -> tuple[NamespaceDetail, ...]:
        """The details of Namespaces that are being deleted, by name."""
        return tuple(self._ending[name] for name in sorted(self._ending))

    def terminating(self) -> tuple[Terminating, ...]:
        """The objects that wait for finalizers, by kind, namespace and name."""
        return tuple(self._terminating[place] for place in sorted(self._terminating))

    def histories(self, more: t.Iterable[History] = ()) -> tuple[History, ...]:
        """The writers of objects, by kind, namespace and name."""
        every = [found for known in self._histories.values() for found in known.values()]
        return tuple(sorted((*every, *more), key=lambda each: (each.kind, each.namespace, each.name)))
