# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods with one container of ours, and their events, as the API server gives them."""

from __future__ import annotations

import typing as t

IMAGE = "registry.example:5000/debug:1"


def pod(state: t.Any = None, ephemeral: bool = False, spec: t.Any = None, **status: t.Any) -> dict[str, t.Any]:
    """A Pod with one container of ours in some state."""
    container = {"name": "debug", "image": IMAGE}
    listed = {"containers": [{"name": "app", "image": "app:1"}] if ephemeral else [container]}
    if ephemeral:
        listed["ephemeralContainers"] = [{**container, "targetContainerName": "app"}]
    if state is not None:
        key = "ephemeralContainerStatuses" if ephemeral else "containerStatuses"
        status[key] = [{"name": "debug", "state": state}]
    return {
        "metadata": {"name": "debug", "namespace": "shop"},
        "spec": {"nodeName": "w1", "restartPolicy": "Never", **listed, **(spec or {})},
        "status": {"phase": "Pending", **status},
    }


def waiting(reason: str, message: str = "") -> dict[str, t.Any]:
    return pod({"waiting": {"reason": reason, **({"message": message} if message else {})}})


def event(reason: str, message: str, at: int, **more: t.Any) -> dict[str, t.Any]:
    return {"reason": reason, "message": message, "lastTimestamp": f"2026-11-21T12:00:{at:02d}Z", **more}
