# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What only the events of a Pod tell: volumes, sandbox, network, and at once what its state tells late.

The kubelet puts why a container failed into the Pod's state when it looks at that Pod again. For a container of a new
Pod that is a moment later; for an ephemeral container it is 10 to 15 s later (Kubernetes 1.36), and its event is there
at once.
"""

from __future__ import annotations

import re
import typing as t

Json = t.Mapping[str, t.Any]
Events = t.Sequence[Json]

#: event reason -> kind
_OF_POD = {
    "FailedMount": "mount",
    "FailedAttachVolume": "mount",
    "FailedMapVolume": "mount",
    "FailedCreatePodSandBox": "sandbox",
    "NetworkNotReady": "network",
    "FailedScheduling": "unschedulable",
}
_GOES_ON = ("Pulling", "Pulled", "Created", "Started")
_PULL = "Failed to pull image"


def of_pod(events: Events) -> tuple[str, str] | None:
    """The kind and text of what holds the Pod back; a later event of a container tells that nothing does any more."""
    for event in sorted(events, key=when, reverse=True):
        reason = str(event.get("reason"))
        if reason in _GOES_ON:
            return None
        if reason in _OF_POD:
            return _OF_POD[reason], f"{reason}: {event.get('message')}"
    return None


def of_container(events: Events, container: str) -> tuple[str, str] | None:
    """The waiting reason that the container's state will show, and its text, as far as events tell.

    Kubelet C(kuberuntime_container.go) records each failed step as C(Failed) with C(Error: TEXT), the image steps with
    reasons of their own before that; C(Error: ErrImagePull) alone says nothing more.
    """
    own = [
        event
        for event in events
        if str((event.get("involvedObject") or {}).get("fieldPath")).endswith(f"{{{container}}}")
    ]
    for event in sorted(own, key=when, reverse=True):
        reason, text = str(event.get("reason")), str(event.get("message") or "")
        if reason == "ErrImageNeverPull":
            return reason, text
        if reason == "InspectFailed":
            return "InvalidImageName", text
        if reason == "Failed" and text.startswith(_PULL):
            return "ErrImagePull", text
        if reason == "Failed" and re.match(r"Error: .*\s", text):
            return "Failed", text.removeprefix("Error: ")
    return None


def pull_text(events: Events) -> str:
    """Why the last pull failed, or nothing."""
    pulls = [event for event in events if str(event.get("message")).startswith(_PULL)]
    return str(max(pulls, key=when)["message"]) if pulls else ""


def when(event: Json) -> str:
    """When an event happened last; RFC 3339 times of UTC sort as text."""
    series, metadata = event.get("series") or {}, event.get("metadata") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return str(next((time for time in times if time), metadata.get("creationTimestamp") or ""))
