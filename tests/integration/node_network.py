# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Pod in the network of a node, to change there what the lab does not do by itself."""

from __future__ import annotations

import typing as t

from .conftest import kubectl

NAME = "node-network"
TOOLS: dict[str, t.Any] = {
    "name": "tools",
    "image": "registry.lab:5000/debug:1",
    "securityContext": {"runAsUser": 0, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
}


def pod(node: str, **spec: t.Any) -> dict[str, t.Any]:
    """The Pod; more containers and init containers may stand beside its own."""
    containers = [*spec.pop("containers", ()), {**TOOLS, "command": ["sleep", "600"]}]
    spec = {
        "nodeName": node,
        "hostNetwork": True,
        "dnsPolicy": "Default",
        "terminationGracePeriodSeconds": 0,
        "containers": containers,
        **spec,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "labels": {"app": NAME}}, "spec": spec}


def run(namespace: str, script: str) -> None:
    """Run a script of the shell there."""
    kubectl("exec", "-n", namespace, NAME, "-c", "tools", "--", "sh", "-ec", script)
