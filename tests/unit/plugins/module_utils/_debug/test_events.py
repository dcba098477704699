# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the events of a Pod tell, and which of them comes first."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import events as events_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import start
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._debug.pod_states import (
    IMAGE,
    event,
    pod,
    waiting,
)

MOUNT = event("FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "nope" not found', 5)


SANDBOX = event("FailedCreatePodSandBox", 'no runtime for "nohandler" is configured', 7)


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([MOUNT], "mount"),
        ([SANDBOX, MOUNT], "sandbox"),
        ([event("NetworkNotReady", "cni plugin not initialized", 1)], "network"),
        ([event("FailedAttachVolume", "Multi-Attach error", 1)], "mount"),
        ([MOUNT, event("Pulling", "Pulling image", 6)], None),
        ([event("Scheduled", "Successfully assigned", 1)], None),
        (
            [{**MOUNT, "lastTimestamp": None, "series": {"lastObservedTime": "2026-11-21T12:00:09.1Z"}}, SANDBOX],
            "mount",
        ),
    ],
)
def test_only_events_tell_of_volumes_and_sandboxes(events: list[dict[str, t.Any]], kind: str | None) -> None:
    trouble = start.judge(waiting("ContainerCreating"), "debug", events)
    assert (trouble and trouble.kind) == kind
    assert trouble is None or not trouble.permanent


def own(reason: str, message: str, at: int, container: str = "debug") -> dict[str, t.Any]:
    return event(reason, message, at, involvedObject={"fieldPath": f"spec.ephemeralContainers{{{container}}}"})


OWN = [
    ([own("InspectFailed", "couldn't parse image name", 1), own("Failed", "Error: InvalidImageName", 1)], "image_name"),
    ([own("ErrImageNeverPull", "not present", 1), own("Failed", "Error: ErrImageNeverPull", 1)], "image_absent"),
    (
        [
            own("Pulling", "Pulling image", 1),
            own("Failed", f'Failed to pull image "{IMAGE}": not found', 1),
            own("Failed", "Error: ErrImagePull", 1),
            own("BackOff", "Back-off pulling image", 2),
        ],
        "image_not_found",
    ),
    ([own("Failed", f'Failed to pull image "{IMAGE}": i/o timeout', 1)], "image_pull"),
    ([own("Pulled", "already present", 1), own("Failed", 'Error: configmap "nope" not found', 1)], "config"),
    ([own("Failed", "Error: container's runAsUser breaks non-root policy", 1)], "non_root"),
    ([own("Failed", "Error: cannot load seccomp profile", 1)], "create"),
    ([own("Failed", 'Error: unable to start container process: exec: "/no": no such file or directory', 1)], "command"),
    ([own("Failed", "Error: invalid target container: container 17a is not running", 1)], "no_target"),
    ([own("Pulled", "already present", 1), own("Created", "Container created", 1)], None),
    ([own("InspectFailed", "couldn't parse image name", 1, "another")], None),
]


@pytest.mark.parametrize(("events", "kind"), OWN)
def test_the_event_of_a_container_comes_before_its_state(events: list[dict[str, t.Any]], kind: str | None) -> None:
    seen = pod({"waiting": {"reason": "ContainerCreating"}}, ephemeral=True, phase="Running")
    for order in (events, events[::-1]):
        trouble = start.judge(seen, "debug", order)
        assert (trouble and trouble.kind) == kind
    seen["status"]["ephemeralContainerStatuses"][0]["state"] = {"running": {}}
    assert start.judge(seen, "debug", events) is None


def test_a_back_off_without_a_reason_finds_it_in_the_events() -> None:
    seen = waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"')
    assert start.judge(seen, "debug").kind == "image_pull"  # type: ignore[union-attr]
    events = [
        event("Failed", f'Failed to pull image "{IMAGE}": 401 Unauthorized', 3),
        event("Failed", "ImagePullBackOff", 4),
    ]
    assert start.judge(seen, "debug", events).kind == "image_denied"  # type: ignore[union-attr]


def test_the_text_of_the_last_pull_is_told() -> None:
    pulls = [event("Failed", f"Failed to pull image: {text}", at) for at, text in ((2, "first"), (9, "last"), (3, "x"))]
    assert events_of.pull_text(pulls) == "Failed to pull image: last"
    assert events_of.pull_text([event("BackOff", "Back-off pulling image", 9)]) == ""


@pytest.mark.parametrize(
    ("times", "when"),
    [
        ({"series": {"lastObservedTime": "3"}, "lastTimestamp": "2", "eventTime": "1"}, "3"),
        ({"series": None, "lastTimestamp": "2", "eventTime": "1"}, "2"),
        ({"lastTimestamp": None, "eventTime": "1", "metadata": {"creationTimestamp": "0"}}, "1"),
        ({"metadata": {"creationTimestamp": "0"}}, "0"),
        ({}, ""),
    ],
)
def test_when_an_event_happened_last(times: dict[str, t.Any], when: str) -> None:
    assert events_of.when(times) == when
