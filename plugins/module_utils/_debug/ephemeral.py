# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Ephemeral containers of a Pod: which are ours, which one serves again, and how one more is added.

The API can neither change nor remove one (KEP-277; C(validateEphemeralContainers)), there is no
C(activeDeadlineSeconds) for it, and with a target PID 1 is the application. So ours waits in a program that ends by
itself after a number of seconds, its last argument, and nobody ever signals anything. Its name carries the digest of
what was asked for: that is how the same one is found again, and how two controllers that add it at once add one.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t
from urllib.parse import quote

from .._bad_input import BadInput
from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from . import lifetime, names, start, troubles
from .debug_spec import DebugSpec
from .types import Left, Trouble

Json = dict[str, t.Any]

PREFIX = "kubewire-"  #: every ephemeral container of ours has a name that begins so
MOST_WORD = 37  #: characters of a user's word in the name
DIALECTS = ("Pod", "EphemeralContainers")  #: kind of the subresource: from Kubernetes 1.22 on, and before
_NO_START = ("command", "image_platform")  #: troubles of a start that failed: no ephemeral container is started twice
_RACES = 5  #: times that a PUT may meet somebody else's


def stem(wanted: DebugSpec, word: str = "") -> str:
    """Return what the names of all ephemeral containers of this spec begin with.

    Args:
        wanted: what was asked for.
        word: the user's part of the name.

    Raises:
        BadInput: the word is no part of a container's name.
    """
    if word:
        names.check_label("container", word)
        if len(word) > MOST_WORD:
            raise BadInput(f"container is {word!r}; it must have at most {MOST_WORD} characters")
        word += "-"
    return f"{PREFIX}{word}{names.digest(wanted.to_dict())[:8]}"


def serving(pod: t.Mapping[str, t.Any], name: str, seconds: float) -> str:
    """Return the name of the one of this spec that serves again, or an empty string.

    One that the kubelet has not started yet counts: it is waited for, and its trouble is told, but it is not doubled.

    Args:
        pod: the Pod as it is.
        name: what C(stem) gave.
        seconds: how long it must live yet.
    """
    for container, state in reversed(_same(pod, name)):
        ends = _ends(container, state)
        if "terminated" not in state and (ends is None or ends - lifetime.now() >= datetime.timedelta(seconds=seconds)):
            return str(container["name"])
    return ""


def next_name(pod: t.Mapping[str, t.Any], name: str) -> str:
    """Return the name that the next one gets: the stem, then C(-2), C(-3) and so on, for no name can be used twice."""
    numbers = [int(container["name"][len(name) + 1 :] or 1) for container, _state in _same(pod, name)]
    return f"{name}-{max(numbers) + 1}" if numbers else name


def never_started(pod: t.Mapping[str, t.Any], name: str) -> Trouble | None:
    """Return why the last one of this spec could not start, where one more would only be one more that cannot."""
    same = _same(pod, name)
    if not same or "terminated" not in same[-1][1] or start.ended(pod, same[-1][0]["name"]):
        return None
    return _over(t.cast(Trouble, start.judge(pod, same[-1][0]["name"])))


def found_again(trouble: Trouble) -> Trouble:
    """Return the trouble of one that was there, in the words of C(never_started) where it is over.

    Events tell of a start that failed before the container's state does: until then it seems to wait.
    """
    return _over(trouble) if trouble.kind in _NO_START else trouble


def _over(trouble: Trouble) -> Trouble:
    return dataclasses.replace(trouble, remedy=f"{trouble.remedy}; to try the same again, set another container")


def unfit(pod: t.Mapping[str, t.Any], target: str) -> Trouble | None:
    """Return why this Pod cannot take one now: what the API server would take and no kubelet could start."""
    trouble = start.judge(pod, "")
    if trouble or not target or start.running(pod, target):
        return trouble
    why = start.judge(pod, target)
    said = f": {why.evidence}" if why else ""
    # The runtime would start ours all the same, and end it with 137 at once.
    return troubles.trouble("no_target", f"the target {target} is not running{said}")


def dead(pod: t.Mapping[str, t.Any]) -> int:
    """Return how many ended ephemeral containers the Pod carries, ours and others'."""
    return sum("terminated" in state for _container, state in _all(pod))


def left(pod: t.Mapping[str, t.Any]) -> list[Left]:
    """Return the ephemeral containers of ours in a Pod; their records stay as long as the Pod."""
    metadata, found = pod["metadata"], []
    for container, state in _all(pod):
        if not container["name"].startswith(PREFIX):
            continue
        name, ends = str(container["name"]), ""
        seen, reason = "ended", "the API cannot remove its record; the record is removed with the Pod"
        if "running" in state:
            seen, ends, reason = "running", until(pod, name), "ends by itself; the API cannot stop or remove it"
        elif "terminated" not in state:
            seen, reason = "unknown", "has not started yet; the API cannot remove it"
        entry = f"{metadata['name']}/{name}"
        found.append(Left("EphemeralContainer", metadata["namespace"], entry, seen, ends, reason))
    return found


def until(pod: t.Mapping[str, t.Any], name: str) -> str:
    """Return the RFC 3339 time when a running one of ours ends, or an empty string where that is not known."""
    found = [_ends(container, state) for container, state in _all(pod) if container["name"] == name]
    return lifetime.stamp(found[0]) if found and found[0] else ""


def add(api: Api, pod: t.Mapping[str, t.Any], container: Json, params: t.Mapping[str, str]) -> str:
    """Add an ephemeral container to a Pod; the same one twice is one.

    Args:
        api: the API server.
        pod: into which.
        container: the whole of it.
        params: such as C(dryRun).

    Returns:
        One of C(DIALECTS).

    Raises:
        ClusterError: the API server does not take it, or the other ways in which C(Api.patch) fails.
    """
    metadata = pod["metadata"]
    path = "/api/v1/namespaces/{}/pods/{}/ephemeralcontainers".format(
        quote(metadata["namespace"], safe=""), quote(metadata["name"], safe="")
    )
    what = f"add an ephemeral container to Pod {metadata['namespace']}/{metadata['name']}"
    answer = api.patch(path, {"spec": {"ephemeralContainers": [container]}}, what, params)
    if answer.get("kind") != DIALECTS[1]:
        return DIALECTS[0]
    _add_before_1_22(api, path, container, what, params)
    return DIALECTS[1]


def _add_before_1_22(api: Api, path: str, container: Json, what: str, params: t.Mapping[str, str]) -> None:
    """Add it where the subresource is a list of its own: it has no C(spec), so the patch before changed nothing."""
    for attempt in range(_RACES):
        whole = api.get(path, what=what)
        there = whole.get("ephemeralContainers") or []
        if any(one["name"] == container["name"] for one in there):
            return
        try:
            api.put(path, {**whole, "ephemeralContainers": [*there, container]}, what, params)
            return
        except ClusterError as error:
            if error.status != 409 or attempt == _RACES - 1:
                raise


def _all(pod: t.Mapping[str, t.Any]) -> list[tuple[Json, Json]]:
    """Every ephemeral container with its state; an empty state is one that no kubelet has seen yet."""
    statuses = (pod.get("status") or {}).get("ephemeralContainerStatuses") or []
    states = {entry["name"]: _state(entry) for entry in statuses}
    containers = (pod.get("spec") or {}).get("ephemeralContainers") or []
    return [(container, states.get(container["name"], {})) for container in containers]


def _state(status: t.Mapping[str, t.Any]) -> Json:
    """One that could not be started stays C(waiting) for ever (kubelet 1.36), yet it is over: none is started twice."""
    state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")
    return {"terminated": last} if last and "running" not in state else dict(state)


def _same(pod: t.Mapping[str, t.Any], name: str) -> list[tuple[Json, Json]]:
    """Those of one spec, the newest last; the API server puts it first, and an older one last."""
    pattern = re.compile(rf"{re.escape(name)}(?:-([0-9]{{1,6}}))?")
    found = [(pattern.fullmatch(entry[0]["name"]), entry) for entry in _all(pod)]
    numbered = [(int(match[1] or 1), entry) for match, entry in found if match]
    return [entry for _number, entry in sorted(numbered, key=lambda pair: pair[0])]


def _ends(container: t.Mapping[str, t.Any], state: t.Mapping[str, t.Any]) -> datetime.datetime | None:
    """When one of ours ends: its program's last argument is how many seconds it waits."""
    started = lifetime.read((state.get("running") or {}).get("startedAt", ""))
    seconds = (container.get("command") or [""])[-1]
    if started is None or not re.fullmatch("[0-9]{1,6}", seconds):
        return None
    return started + datetime.timedelta(seconds=int(seconds))
