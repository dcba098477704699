# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Why a container does not start: read from the Pod, its events and its node, without asking anything.

Every class is one small function of C(_CHECKS), asked in order. A Pod is bound to a node (C(PodScheduled)), admitted by
its kubelet (else C(status.reason) says why not), gets volumes and a sandbox (only events tell); then each container's
image is pulled, and it is created and started (C(state.waiting.reason), C(state.terminated.reason)).
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from . import troubles
from .events import of_container, of_pod, pull_text, when
from .troubles import trouble
from .types import Trouble

Json = t.Mapping[str, t.Any]

_LISTS = ("containers", "initContainers", "ephemeralContainers")
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")


@dataclasses.dataclass(frozen=True)
class _Seen:
    """A container of a Pod, as far as we see it."""

    pod: Json
    container: str
    events: t.Sequence[Json] = ()

    @functools.cached_property
    def spec(self) -> Json:
        return self.pod.get("spec") or {}

    @functools.cached_property
    def status(self) -> Json:
        """Of the Pod."""
        return self.pod.get("status") or {}

    @functools.cached_property
    def state(self) -> Json:
        """Of the container."""
        return status_of(self.pod, self.container).get("state") or {}

    @functools.cached_property
    def waiting(self) -> Json:
        return self.state.get("waiting") or {}

    @functools.cached_property
    def terminated(self) -> Json:
        return self.state.get("terminated") or {}

    @functools.cached_property
    def own(self) -> Json:
        """The container's spec."""
        lists = (self.spec.get(name) or () for name in _LISTS)
        return next((one for some in lists for one in some if one.get("name") == self.container), {})

    @property
    def is_ordinary(self) -> bool:
        """Whether it is neither an init container nor an ephemeral one."""
        return any(one.get("name") == self.container for one in self.spec.get("containers") or ())

    def condition(self, name: str) -> Json:
        return next((one for one in self.status.get("conditions") or () if one.get("type") == name), {})

    def trouble(self, kind: str, evidence: str, remedy: str = "") -> Trouble:
        return trouble(kind, evidence, remedy, **self.names)

    @functools.cached_property
    def names(self) -> dict[str, str]:
        """What the remedies speak of."""
        image = str(self.own.get("image") or "")
        first, slash, _rest = image.partition("/")
        # An image's first part is a registry if it looks like a host (distribution/reference, splitDockerDomain).
        host = slash and re.search(r"[.:]|^localhost$", first)
        return {
            "image": image,
            "registry": first if host else ("docker.io" if image else ""),
            "node": str(self.spec.get("nodeName") or ""),
            "namespace": str((self.pod.get("metadata") or {}).get("namespace") or ""),
        }


def status_of(pod: Json, container: str) -> Json:
    """The C(ContainerStatus) of a container of any sort, or nothing."""
    status = pod.get("status") or {}
    return next((one for name in _STATUSES for one in status.get(name) or () if one.get("name") == container), {})


def is_added(pod: Json, container: str) -> bool:
    """Whether it is an ephemeral container."""
    return any(one.get("name") == container for one in (pod.get("spec") or {}).get("ephemeralContainers") or ())


def running(pod: Json, container: str) -> bool:
    """Whether the container runs, and is not about to end with its Pod."""
    if (pod.get("metadata") or {}).get("deletionTimestamp"):
        return False
    return "running" in (status_of(pod, container).get("state") or {})


def ended(pod: Json, container: str) -> dict[str, t.Any] | None:
    """The C(ContainerStateTerminated) of a container that ran and ended; None where it did not, or never ran."""
    terminated = _Seen(pod, container).terminated
    return dict(terminated) if terminated and terminated.get("reason") not in _NEVER_RAN else None


def judge(pod: Json, container: str, events: t.Sequence[Json] = ()) -> Trouble | None:
    """The first sign of why a container does not run (yet).

    Args:
        pod: the Pod object.
        container: its name, of any sort.
        events: of the Pod, C(v1) Events in any order; only what its state does not tell is looked for in them.

    Returns:
        The trouble, or None: it runs, or nothing speaks against it so far.
    """
    if running(pod, container):
        return None
    seen = _Seen(pod, container, events)
    return next((found for check in _CHECKS if (found := check(seen))), None)


def node_trouble(node: Json) -> Trouble | None:
    """Why nothing will start on a node: its condition C(Ready) is C(False) or C(Unknown)."""
    name = str((node.get("metadata") or {}).get("name") or "")
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready = next((condition for condition in conditions if condition.get("type") == "Ready"), None)
    if ready is None:
        return trouble("node_not_ready", f"node {name} has no condition Ready: its kubelet never reported", node=name)
    if ready.get("status") == "True":
        return None
    since = ready.get("lastTransitionTime") or "an unknown time"
    return trouble(
        "node_not_ready", f"node {name} has Ready={ready.get('status')} since {since}: {_text(ready)}", node=name
    )


def no_node(name: str) -> Trouble:
    """The node that a Pod is bound to does not exist."""
    return trouble("no_node", f"node {name} does not exist; Kubernetes will remove the Pod", node=name)


def gone(pod: Json, container: str) -> Trouble:
    """The Pod was deleted while we waited: its last state tells whether it was the cluster that did."""
    seen = _Seen(pod, container)
    words = "the Pod was deleted before it started" if pod else "the Pod does not exist (any more)"
    return _over(seen) or _disrupted(seen) or trouble("deleted", words)


def slow(pod: Json, container: str, events: t.Sequence[Json], seconds: float) -> Trouble:
    """Time is over and nothing says why."""
    seen = _Seen(pod, container, events)
    last = max(events, key=when, default=None)
    said = f"; the last event is {_text(last)}" if last else ""
    for status in seen.status.get("initContainerStatuses") or ():
        if seen.waiting.get("reason") == "PodInitializing" and "running" in (status.get("state") or {}):
            return seen.trouble("init", f"init container {status.get('name')} still runs after {seconds:.0f} s")
    if seen.state:
        return seen.trouble("slow", f"it is {seen.waiting.get('reason') or 'waiting'} after {seconds:.0f} s{said}")
    if seen.names["node"]:
        evidence = f"the kubelet of node {seen.names['node']} has not reported it for {seconds:.0f} s{said}"
        return seen.trouble("unseen", evidence)
    return seen.trouble("slow", f"the Pod is not scheduled after {seconds:.0f} s{said}")


def _text(source: Json) -> str:
    return ": ".join(str(source[key]) for key in ("reason", "message") if source.get(key))


#: C(DisruptionTarget) reason -> kind (KEP-3329); the taint manager deletes Pods without a toleration for NoExecute
_DISRUPTIONS = {"DeletionByTaintManager": "taint", "PreemptionByScheduler": "preempted"}


def _disrupted(seen: _Seen) -> Trouble | None:
    target = seen.condition("DisruptionTarget")
    if target.get("status") == "True":
        return seen.trouble(_DISRUPTIONS.get(str(target.get("reason")), "evicted"), _text(target))
    if (seen.pod.get("metadata") or {}).get("deletionTimestamp"):
        return trouble("deleted", "the Pod is being deleted")
    return None


#: C(status.reason) of a Pod that the kubelet ended -> kind; any other reason is that of an admission it failed
_OVER = {
    "DeadlineExceeded": "lifetime",
    "Evicted": "evicted",
    "NodeShutdown": "evicted",
    "Shutdown": "evicted",
    "Terminated": "evicted",
    "NodeLost": "evicted",
    "Preempting": "preempted",
}
_REJECTED = (
    (r"NodeAffinity|NodeSelector", "change the node selector to labels that node {node} has"),
    (r"Sysctl", "leave out the sysctl, or let the kubelet of {node} allow it"),
    (r"OutOfpods", "choose another node: {node} has its maximum number of Pods"),
    (r"OutOf(?P<resource>\w+)", "request less {resource} (resources), or choose another node"),
)


def _over(seen: _Seen) -> Trouble | None:
    reason = str(seen.status.get("reason") or "")
    if seen.status.get("phase") != "Failed" or not reason:
        return None
    if reason in _OVER:
        return seen.trouble(_OVER[reason], _text(seen.status))
    for words, remedy in _REJECTED:
        if found := re.search(words, reason):
            return seen.trouble("node_rejects", _text(seen.status), remedy.format(**seen.names, **found.groupdict()))
    return seen.trouble("node_rejects", _text(seen.status))


def _scheduling(seen: _Seen) -> Trouble | None:
    scheduled = seen.condition("PodScheduled")
    if scheduled.get("status") != "False":
        return None
    text = str(scheduled.get("message") or scheduled.get("reason"))
    if scheduled.get("reason") == "SchedulingGated":
        return seen.trouble("gated", text)
    return seen.trouble("unschedulable", text, troubles.scheduler(text, seen.names["namespace"]))


_NEVER_RAN = ("StartError", "ContainerCannotRun")


def _terminated(seen: _Seen) -> Trouble | None:
    if not seen.terminated:
        return None
    if seen.terminated.get("reason") in _NEVER_RAN:
        return troubles.start(_text(seen.terminated), **seen.names)
    again = seen.is_ordinary and seen.spec.get("restartPolicy", "Always") == "Always"
    return seen.trouble("crash_loop" if again else "ended", _exit(seen.terminated))


def _exit(terminated: Json) -> str:
    return f"it ended with exit code {terminated.get('exitCode')} ({_text(terminated)})"


def _target(seen: _Seen) -> Trouble | None:
    """An ephemeral container that is to join the processes of a container that does not run.

    Some runtimes refuse to make it (containerd 2.3: C(CreateContainerError)), others kill it at once (exit code 137).
    """
    target, state = seen.own.get("targetContainerName"), seen.waiting or seen.terminated
    if not target or running(seen.pod, target):
        return None
    if state.get("reason") != "CreateContainerError" and state.get("exitCode") != 137:
        return None
    evidence = f"its target, container {target}, does not run: {_text(state)}"
    return seen.trouble("no_target", evidence)


_PULLS = ("ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed")
_REASONS = {"InvalidImageName": "image_name", "ErrImageNeverPull": "image_absent"}


def _waiting(seen: _Seen) -> Trouble | None:
    reason, text = str(seen.waiting.get("reason") or ""), str(seen.waiting.get("message") or "")
    if reason == "CrashLoopBackOff":
        last = (status_of(seen.pod, seen.container).get("lastState") or {}).get("terminated")
        words = _text(seen.waiting)
        return seen.trouble("crash_loop", f"{_exit(last)}; {words}" if last else words)
    return _reason(seen, reason, text)


def _reason(seen: _Seen, reason: str, text: str) -> Trouble | None:
    """What a waiting reason means; C(Failed) is any of them, and its text tells which."""
    words = f"{reason}: {text}" if text else reason
    if reason in _REASONS:
        return seen.trouble(_REASONS[reason], words)
    if reason in _PULLS:
        # Until Kubernetes 1.31 the back-off does not say why.
        why = pull_text(seen.events) if re.search(r'Back-off pulling image "[^"]*"$', text) else ""
        return seen.trouble(troubles.pull(why or text), why or words)
    if reason == "CreateContainerConfigError":
        return troubles.config(text, **seen.names)
    if reason in ("CreateContainerError", "RunContainerError", "PostStartHookError"):
        return troubles.create(words, **seen.names)
    return troubles.failed(text, **seen.names) if reason == "Failed" else None


def _pod_ended(seen: _Seen) -> Trouble | None:
    """The Pod ended without this container: an ephemeral one that came too late."""
    if seen.status.get("phase") not in ("Failed", "Succeeded"):
        return None
    evidence = f"the Pod has ended ({seen.status['phase']}), so no container starts in it"
    return trouble("ended", evidence, "use a Pod of its own, or a copy of this one")


def _init(seen: _Seen) -> Trouble | None:
    """Ordinary containers wait for the init containers, one after the other."""
    statuses = seen.status.get("initContainerStatuses") or () if seen.is_ordinary else ()
    for status in statuses:
        one = _Seen(seen.pod, str(status.get("name")), seen.events)
        said, kind = _terminated(one) or _waiting(one), ""
        if one.terminated.get("exitCode") == 0:
            continue
        if said and said.kind in ("ended", "crash_loop"):
            kind = "init_failed" if seen.spec.get("restartPolicy") == "Never" or one.waiting else "init"
            return seen.trouble(kind, f"init container {one.container}: {said.evidence}")
        if said:
            return Trouble(said.kind, said.permanent, f"init container {one.container}: {said.evidence}", said.remedy)
    return None


def _failed(seen: _Seen) -> Trouble | None:
    """Events of the container itself tell before its state does."""
    told = of_container(seen.events, seen.container)
    return _reason(seen, *told) if told else None


def _told(seen: _Seen) -> Trouble | None:
    """Volumes, sandbox and network have no state: only events tell."""
    told = of_pod(seen.events)
    return seen.trouble(*told, troubles.missing(told[1], seen.names["namespace"])) if told else None


_CHECKS: tuple[t.Callable[[_Seen], Trouble | None], ...] = (
    _over,
    _disrupted,
    _scheduling,
    _target,
    _terminated,
    _waiting,
    _pod_ended,
    _init,
    _failed,
    _told,
)
