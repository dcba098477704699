# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The debug Pods of one name: found again, made together, waited for together, removed together."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import typing as t
from urllib.parse import quote

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._threads import Pool
from . import admission, lifetime, placement, start, wait
from .placement import Slot
from .types import END, MANAGED_BY, RUN_ID, SPEC_HASH, Left, Refusal, Refused, Trouble

Json = dict[str, t.Any]
_MAX_PARALLEL = 8


@dataclasses.dataclass
class GroupPod:
    """One Pod of the group.

    Attributes:
        slot: where it is to land.
        manifest: what was asked for.
        pod: what the API server has, once it has it.
        created: whether this task made it.
        node: where it runs, or was to run; it is remembered when the Pod is gone.
        trouble: why it does not run.
    """

    slot: Slot
    manifest: Json
    pod: Json | None = None
    created: bool = False
    trouble: Trouble | None = None
    node: str = ""

    def __post_init__(self) -> None:
        self.node = self.slot.node

    @property
    def name(self) -> str:
        """Of the Pod."""
        return str(self.manifest["metadata"]["name"])

    @property
    def runs(self) -> bool:
        """Whether commands can be sent to it."""
        return self.pod is not None and self.trouble is None


class PodGroup:
    """The Pods of one name in one namespace, and the Jobs that own them."""

    def __init__(self, api: Api, namespace: str, name: str, members: t.Sequence[GroupPod], container: str) -> None:
        self.api, self.namespace, self.name, self.container = api, namespace, name, container
        self.members = list(members)
        self.path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"
        self.jobs: list[Json] = []

    @property
    def what(self) -> str:
        """How messages name the group."""
        return f"Pod {self.namespace}/{self.members[0].name if self.members else self.name}"

    @property
    def created(self) -> bool:
        """Whether this task made anything."""
        return bool(self.jobs)

    def find(self) -> list[Json]:
        """Return the Pods of the group that are there and stay, from whatever run."""
        own = {"labelSelector": f"{MANAGED_BY[0]}={MANAGED_BY[1]},{lifetime.NAME}={self.name}"}
        pods = self.api.list(self.path, own, f"list Pods in namespace {self.namespace}")
        return [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]

    def reuse(self, found: t.Sequence[Json], seconds: float) -> bool:
        """Take over what is there; tell whether that is all as asked for and lives so many seconds longer."""
        there = {str(pod["metadata"]["name"]): pod for pod in found}
        wanted = {member.name: member for member in self.members}
        good = {name: pod for name, pod in there.items() if name in wanted and self._same(wanted[name], pod, seconds)}
        if len(good) < len(there):
            return False
        for member in self.members:
            if member.name in good:
                member.pod = good[member.name]
                member.node = str(member.pod["spec"].get("nodeName", ""))
        return True

    def _same(self, member: GroupPod, pod: Json, seconds: float) -> bool:
        notes = pod["metadata"].get("annotations") or {}
        end = lifetime.read(notes.get(END, ""))
        lives = end is not None and end > lifetime.now() + datetime.timedelta(seconds=seconds)
        asked = member.manifest["metadata"]["annotations"][SPEC_HASH]
        return bool(lives and notes.get(SPEC_HASH) == asked and start.running(pod, self.container))

    def forecast(self, there: t.Collection[str]) -> Json | None:
        """Ask the API server what it would say to the first Pod that is missing; nothing is written.

        Args:
            there: names of Pods that will have been removed by then; another name stands for them.

        Raises:
            Refused: it would refuse.
        """
        missing = [member for member in self.members if not member.pod]
        body = dict(missing[0].manifest)
        if missing[0].name in there:
            body["metadata"] = {**body["metadata"], "name": f"{missing[0].name[:50]}-{lifetime.run_id()[-6:]}"}
        return admission.forecast(self.what, lambda params: self.api.post(self.path, body, self.what, params))

    def make(self, run: str, seconds: int, job: str = "") -> None:
        """Create what is missing, all at once, owned by one Job that ends it.

        Args:
            run: the identity of the run.
            seconds: that they live at most.
            job: name of the Job, where the run has several in one namespace.

        Raises:
            Refused: something changed since the forecast; what was made of it is removed again.
        """
        missing = [member for member in self.members if not member.pod and not member.trouble]
        if not missing:
            return
        body = lifetime.owner(run, self.namespace, seconds, self.name, job)
        try:
            owner = admission.write(self.what, lambda params: lifetime.make(self.api, body, params))
            self.jobs.append(owner)
            owned = lifetime.owned(owner)
            with Pool(_MAX_PARALLEL) as pool:
                for error in pool.map(lambda member: self._create(member, owned), missing):
                    if error:
                        raise error
        except BaseException as error:
            left = self.remove()
            if isinstance(error, ClusterError) and left:
                error.data = {**error.data, "left": [item.to_dict() for item in left]}
            raise

    def _create(self, member: GroupPod, owned: list[Json]) -> ClusterError | None:
        body = {**member.manifest, "metadata": {**member.manifest["metadata"], "ownerReferences": owned}}
        try:
            member.pod = admission.write(
                self.what, lambda params: self.api.post(self.path, body, f"create Pod {member.name}", params)
            )
            member.created = True
        except ClusterError as error:
            return error
        return None

    def wait(self, seconds: float, grace: float) -> None:
        """Wait until each runs, on the node it was to land on, or its trouble is known."""
        waiting = {member.name: self.container for member in self.members if member.pod and not member.trouble}
        if not waiting:
            return
        own = {"labelSelector": f"{MANAGED_BY[0]}={MANAGED_BY[1]},{lifetime.NAME}={self.name}"}
        seen = wait.until_running(self.api, self.namespace, waiting, own, seconds, grace)
        for member in self.members:
            came = seen.get(member.name)
            if isinstance(came, Trouble):
                member.trouble = came
            elif came is not None:
                member.pod, member.trouble = came, placement.landed(member.slot, came)
                member.node = str(came["spec"].get("nodeName", ""))

    def remove(self, found: t.Sequence[Json] = ()) -> list[Left]:
        """Delete the Pods of the group, and the Jobs that own them; return what could not be deleted, and why.

        The Job goes last: until then the cluster would still end what we cannot.
        """
        pods = [member.pod for member in self.members if member.pod] or list(found)
        owned = [(pod, owner) for pod in pods for owner in pod["metadata"].get("ownerReferences") or []]
        owners = {(owner["name"], owner["uid"]): _end(pod) for pod, owner in owned}
        owners.update({(job["metadata"]["name"], job["metadata"]["uid"]): _end(job) for job in self.jobs})
        with Pool(_MAX_PARALLEL) as pool:
            stay = list(pool.map(self._remove_pod, pods))
        for (name, uid), end in sorted(owners.items()):
            try:
                lifetime.remove_owner(self.api, self.namespace, name, uid)
            except ClusterError as error:
                stay.append(Left("Job", self.namespace, name, until=end, reason=f"could not be removed: {error}"))
        for member in self.members:
            member.pod = None
        self.jobs = []
        return [item for item in stay if item]

    def _remove_pod(self, pod: Json) -> Left | None:
        try:
            lifetime.remove_pod(self.api, pod)
        except ClusterError as error:
            name, reason = str(pod["metadata"]["name"]), f"could not be removed: {error}"
            return Left("Pod", self.namespace, name, until=_end(pod), reason=reason)
        return None

    def remove_troubled(self) -> None:
        """Delete the Pods that do not run; the others stay."""
        for member in self.members:
            if member.trouble and member.created and member.pod:
                with contextlib.suppress(ClusterError):
                    lifetime.remove_pod(self.api, member.pod)
                    member.pod = None

    def left(self, reason: str) -> list[Left]:
        """What stays of the group, and until when."""
        pods = [member.pod for member in self.members if member.pod]
        return [Left("Pod", self.namespace, pod["metadata"]["name"], until=_end(pod), reason=reason) for pod in pods]


def _end(item: Json) -> str:
    """When the cluster ends an object of ours."""
    return str((item["metadata"].get("annotations") or {}).get(END, ""))


def foreign(pod: t.Mapping[str, t.Any]) -> Refused | None:
    """Refuse a Pod that is not ours, whatever it is called."""
    labels = pod["metadata"].get("labels") or {}
    if labels.get(MANAGED_BY[0]) == MANAGED_BY[1] and labels.get(RUN_ID):
        return None
    what = f"Pod {pod['metadata']['namespace']}/{pod['metadata']['name']}"
    return Refused(
        Refusal("conflict", what, "it was not created by kubewire and is not changed", "choose another name")
    )
