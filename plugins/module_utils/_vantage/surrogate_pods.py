# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Another Pod of the same namespace and node, to which NetworkPolicies apply as to the container's own."""

from __future__ import annotations

import typing as t

from .._debug import lifetime, placement
from .._debug.debug_spec import DebugSpec
from .._debug.placement import Slot
from .._debug.types import Place
from .._snapshot.facts import Facts
from . import surrogates
from .created import Preview
from .probe_pods import POD, PodRequest, ProbePods
from .vantage_point import PROFILES, Json, RunNeeds, VantagePoint

#: Never true, so the Pod never becomes ready, and no Service sends it anything (KEP-580).
_NEVER_READY = [{"conditionType": "kubewire.io/never"}]
#: What of a Pod's spec decides how it resolves names, and which images it may have.
_COPIED_FIELDS = ("dnsPolicy", "dnsConfig", "hostAliases", "imagePullSecrets")


class SurrogatePods(VantagePoint):
    """One Pod for each container."""

    title = "a Pod of its namespace"
    level = "namespace"
    creates = POD
    own_network = False
    profiles = PROFILES

    def __init__(self, pods: ProbePods, facts: Facts, profile: str) -> None:
        """Prepare; nothing is sent.

        Args:
            pods: creates the Pods.
            facts: the snapshot, with the policies.
            profile: of the Pods.
        """
        super().__init__(pods.api)
        self.pods, self.facts, self.profile = pods, facts, profile

    @classmethod
    def of_run(cls, needs: RunNeeds) -> SurrogatePods:
        """Prepare that of a run."""
        return cls(needs.pods, needs.facts, needs.profile)

    def prepare(self, containers: t.Sequence[Place], seconds: float) -> None:
        """Create one Pod for each container."""
        self._for_each_namespace(containers, lambda namespace, own: self._make(namespace, own, seconds))

    def can_replace(self, container: Place) -> bool:
        """Whether another Pod can have the same policies."""
        try:
            self._labels(container)
        except surrogates.NoSurrogate:
            return False
        return True

    def preview(self, container: Place) -> Preview | None:
        """The Pod for one container."""
        try:
            labels = self._labels(container)
        except surrogates.NoSurrogate:
            return None
        return self.pods.preview(container.namespace, self._request(container, self._pod(container), labels))

    def _labels(self, container: Place) -> dict[str, str]:
        return surrogates.labels(self.facts, container, lifetime.labels("", "x"))

    def _make(self, namespace: str, containers: t.Sequence[Place], seconds: float) -> None:
        pods = self._pods(namespace)
        able, requests = [], []
        for container in containers:
            try:
                labels = self._labels(container)
            except surrogates.NoSurrogate as reason:
                self._refuse([container], str(reason))
                continue
            if container.pod not in pods:
                self._refuse([container], "the Pod is gone")
                continue
            able.append(container)
            requests.append(self._request(container, pods[container.pod], labels))
        made = self.pods.make(namespace, requests, seconds) if requests else ()
        for container, pod in zip(able, made, strict=True):
            self._settle(container, pod.trouble, self.pods.place(self.level, namespace, pod))

    def _request(self, container: Place, pod: Json, labels: dict[str, str]) -> PodRequest:
        spec = DebugSpec(
            self.pods.image,
            self.profile,
            tolerations=tuple(placement.TOLERATE_ALL),
            labels=labels,
            unprivileged_ping=True,
        )
        copied = {key: pod["spec"][key] for key in _COPIED_FIELDS if key in pod["spec"]}

        def finish(manifest: Json) -> None:
            manifest["spec"].update(copied, readinessGates=_NEVER_READY)

        return PodRequest(Slot(container.node), spec, f"{container.pod}-{container.container}", finish)
