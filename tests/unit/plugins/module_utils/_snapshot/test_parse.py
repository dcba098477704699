# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From API objects to the model: states in the words of kubectl, and never a secret."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


def test_secrets_of_a_pod_never_reach_the_model():
    spec = {"name": "app", "env": [{"name": "PASSWORD", "value": "hunter2"}], "envFrom": [{"secretRef": {"name": "s"}}]}
    item = cluster.pod("web-1", "w1", "10.0.0.1", containers=[spec], meta={"annotations": {"token": "hunter2"}})
    assert "hunter2" not in json.dumps(parse.pod(item).to_dict())


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (
            {"containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
            "CrashLoopBackOff",
        ),
        (
            {"containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]},
            "Error",
        ),
        ({"phase": "Succeeded", "containerStatuses": []}, "Completed"),
        ({"phase": "Pending", "containerStatuses": []}, "Pending"),
        ({"phase": "Failed", "reason": "Evicted", "containerStatuses": []}, "Evicted"),
    ],
)
def test_status_is_the_word_of_kubectl(status, word):
    assert parse.pod(cluster.pod("web-1", "w1", status=status)).status == word


def test_default_container_and_native_sidecars():
    item = cluster.pod(
        "web-1",
        "w1",
        "10.0.0.1",
        containers=[{"name": "proxy"}, {"name": "app"}],
        meta={"annotations": {"kubectl.kubernetes.io/default-container": "app"}},
        spec={"initContainers": [{"name": "once"}, {"name": "mesh", "restartPolicy": "Always"}]},
    )
    pod = parse.pod(item)
    assert pod.default_container == "app"
    assert [container.name for container in pod.containers] == ["proxy", "app", "mesh"]
