# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Waiting for containers, always bounded: one watch for many Pods, and a reason for every one that does not come."""

from __future__ import annotations

import dataclasses
import time
import typing as t
from urllib.parse import quote

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from . import start
from .types import Trouble

Pods = dict[str, t.Any]  #: by name: the Pod, or None where it is gone

_WATCH_S = 1.0  # seconds of a watch, and so between two looks at what time has decided
_KUBELET_SILENCE_S = 0.5  # seconds without a word of the kubelet until its node is asked for
_EVENTS_AFTER_S = 2.0  # seconds without a new word until events are read; doubled each time
_EPHEMERAL_SHARE = (
    0.25  # of that for an ephemeral container: it starts within 0.5 s, and its state tells of failure late
)
_RETRY_DELAY_S = 0.5  # seconds until what the server cut is begun anew


def until_running(
    api: Api,
    namespace: str,
    wanted: t.Mapping[str, str],
    params: t.Mapping[str, t.Any],
    deadline: float,
    grace: float = 10.0,
    or_ended: bool = False,
) -> dict[str, dict[str, t.Any] | Trouble]:
    """Wait until a container of each Pod runs, or is known not to.

    Args:
        api: the API server.
        namespace: of the Pods.
        wanted: Pod name -> container, of any sort. The Pods have been created.
        params: C(labelSelector) or C(fieldSelector) of one list that holds them all.
        deadline: seconds for all of them together; a server that is silent can take one request's timeout longer.
        grace: seconds that a trouble which may pass is given; one that cannot pass ends the wait for its Pod at once.
        or_ended: whether a container that ran and ended is as good as one that runs.

    Returns:
        Pod name -> the Pod as its container runs, or why it does not. Every name of C(wanted) is there.

    Raises:
        ClusterError: Pods may not be listed or watched, or the API server was gone until the deadline.
    """
    begun = time.monotonic()
    waits = {name: _Wait(name, container, grace, or_ended, begun) for name, container in wanted.items()}
    follow = _Follow(api, namespace, params)
    until = begun + deadline
    while any(wait.result is None for wait in waits.values()):
        for pods, are_all in follow.until(min(until, time.monotonic() + _WATCH_S)):
            for name, wait in waits.items():
                if are_all or name in pods:
                    wait.show(pods.get(name))
            if all(wait.result is not None for wait in waits.values()):
                break
        is_over = time.monotonic() >= until
        if is_over and follow.error:
            raise follow.error
        for wait in waits.values():
            wait.look(api, namespace, is_over)
    return {name: wait.result for name, wait in waits.items() if wait.result is not None}


@dataclasses.dataclass
class _Wait:
    """The wait for one Pod.

    Attributes:
        begun: when the wait began (monotonic).
        result: the Pod or its trouble, once known.
        changed: when it last said something new (monotonic).
        asked: how often its events were read since then.
        node_again: when its node may be read again (monotonic).
        blind: what we may not read.
    """

    name: str
    container: str
    grace: float
    or_ended: bool
    begun: float
    result: dict[str, t.Any] | Trouble | None = None
    pod: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    events: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    node: Trouble | None = None
    changed: float = 0.0
    asked: int = 0
    node_again: float = 0.0
    blind: set[str] = dataclasses.field(default_factory=set)

    def __post_init__(self) -> None:
        self.changed = self.begun

    def show(self, pod: dict[str, t.Any] | None) -> None:
        """Take in a state of the Pod, or that it is gone."""
        if self.result is not None:
            return
        if pod is None:
            self.result = start.gone(self.pod, self.container)
            return
        before, self.pod = self._trouble(), pod
        after = self._trouble()
        if before is None or after is None or before.kind != after.kind:
            self.changed, self.asked = time.monotonic(), 0
        if start.running(pod, self.container) or (self.or_ended and start.ended(pod, self.container)):
            self.result = pod
        elif after and after.permanent:
            self.result = after

    def look(self, api: Api, namespace: str, is_over: bool) -> None:
        """See what time has decided; events and node are read first where the Pod itself says nothing."""
        if self.result is not None:
            return
        quiet = time.monotonic() - self.changed
        is_due = is_over or quiet >= self.grace
        told = start.judge(self.pod, self.container) if self.pod else None
        if told is None and quiet >= _KUBELET_SILENCE_S:
            self._ask_node(api)
        patience = (
            _EVENTS_AFTER_S * 2**self.asked * (_EPHEMERAL_SHARE if start.is_added(self.pod, self.container) else 1)
        )
        is_silent = quiet >= patience or (is_due and self._trouble() is not None)
        if is_silent and (told is None or told.kind == "image_pull"):
            self._ask_events(api, namespace)
        trouble = self._trouble()
        if trouble is None and is_over:
            trouble = start.slow(self.pod, self.container, self.events, time.monotonic() - self.begun)
        if trouble and (trouble.permanent or is_due):
            self.result = self._admit(trouble)

    def _trouble(self) -> Trouble | None:
        told = start.judge(self.pod, self.container, self.events) if self.pod else None
        return told or (None if start.status_of(self.pod, self.container) else self.node)

    def _ask_events(self, api: Api, namespace: str) -> None:
        self.asked += 1
        uid = (self.pod.get("metadata") or {}).get("uid")
        params = {"fieldSelector": f"involvedObject.uid={uid}"}
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/events"
        try:
            self.events = api.get(path, params, f"read the events of Pod {self.name}").get("items") or []
        except ClusterError as error:
            self._cannot("events", error)

    def _ask_node(self, api: Api) -> None:
        """Look at the node once in a while as long as its kubelet says nothing of the container."""
        node = str((self.pod.get("spec") or {}).get("nodeName") or "")
        if not node or start.status_of(self.pod, self.container) or time.monotonic() < self.node_again:
            return
        self.node_again = time.monotonic() + _EVENTS_AFTER_S
        try:
            self.node = start.node_trouble(api.get(f"/api/v1/nodes/{quote(node, safe='')}", None, f"read node {node}"))
        except ClusterError as error:
            if error.status == 404:
                self.node = start.no_node(node)
            else:
                self._cannot("nodes", error)

    def _cannot(self, what: str, error: ClusterError) -> None:
        if error.status == 403:
            self.blind.add(what)

    def _admit(self, trouble: Trouble) -> Trouble:
        """Say what we could not see."""
        if not self.blind:
            return trouble
        evidence = f"{trouble.evidence} (no right to read {' and '.join(sorted(self.blind))})"
        return dataclasses.replace(trouble, evidence=evidence)


class _Follow:
    """A list of Pods and the watch that goes on from it; both begin anew where the server cuts them.

    Attributes:
        error: why the last list failed, or None.
    """

    def __init__(self, api: Api, namespace: str, params: t.Mapping[str, t.Any]) -> None:
        self.api, self.params = api, dict(params)
        self.path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"
        self.what = f"watch Pods in namespace {namespace}"
        self.version = ""
        self.error: ClusterError | None = None

    def until(self, until: float) -> t.Iterator[tuple[Pods, bool]]:
        """Yield Pods, and whether these are all there are, until a moment (monotonic).

        Raises:
            ClusterError: the server refuses; where it cannot be reached, that is tried again.
        """
        while (left := until - time.monotonic()) > 0:
            try:
                if not self.version:
                    yield self._list(), True
                    continue
                yield from self._watch(left)
            except ClusterError as error:
                if error.status not in (0, 410, 429) and error.status < 500:
                    raise
                self.error = error if not self.version else None
                self.version = ""
            if not self.version:
                time.sleep(min(_RETRY_DELAY_S, max(0.0, until - time.monotonic())))

    def _list(self) -> Pods:
        found = self.api.get(self.path, self.params, self.what)
        self.version, self.error = str(found["metadata"]["resourceVersion"]), None
        return {pod["metadata"]["name"]: pod for pod in found.get("items") or ()}

    def _watch(self, seconds: float) -> t.Iterator[tuple[Pods, bool]]:
        until = time.monotonic() + seconds
        params = {**self.params, "resourceVersion": self.version}
        for kind, pod in self.api.watch(self.path, params, seconds, self.what):
            if kind == "ERROR":
                self.version = ""  # too old
                return
            self.version = str(pod["metadata"]["resourceVersion"])
            name = pod["metadata"]["name"]
            if kind == "DELETED":
                pod["metadata"].setdefault("deletionTimestamp", "now")  # a Pod that was removed at once has none
                yield {name: pod}, False
                yield {name: None}, False
            else:
                yield {name: pod}, False
        if time.monotonic() < until:
            self.version = ""  # cut
