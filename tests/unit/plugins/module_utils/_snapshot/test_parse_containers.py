# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers of a Pod as kubectl counts them."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse_containers
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Container

SPEC = {
    "containers": [{"name": "app", "resources": {"limits": {"memory": "24Mi"}}}],
    "initContainers": [{"name": "once"}, {"name": "mesh", "restartPolicy": "Always"}],
}
ENDED = {"terminated": {"exitCode": 0}}


def state(name: str, count: int, said: dict, **more: object) -> dict:
    return {"name": name, "restartCount": count, "state": said, **more}


@pytest.mark.parametrize(
    ("first", "app", "wanted"),
    [
        ([state("once", 1, ENDED), state("mesh", 7, {"running": {}}, started=True)], 2, 9),
        ([state("once", 1, {"waiting": {"reason": "CrashLoopBackOff"}}), state("mesh", 7, {})], 2, 1),
        ([state("once", 1, ENDED), state("mesh", 7, {"waiting": {}}, started=False)], 2, 8),
        ([], 2, 2),
    ],
)
def test_restarts_as_kubectl_counts_them(first, app, wanted):
    status = {"initContainerStatuses": first, "containerStatuses": [state("app", app, {"running": {}})]}
    assert parse_containers.restarts(SPEC, status) == wanted


def test_a_sidecar_that_restarts_in_an_initialized_pod_counts_as_before():
    status = {
        "conditions": [{"type": "Initialized", "status": "True"}],
        "initContainerStatuses": [state("once", 1, ENDED), state("mesh", 7, {"waiting": {}}, started=False)],
        "containerStatuses": [state("app", 2, {"running": {}})],
    }
    assert parse_containers.restarts(SPEC, status) == 9


def test_sidecars_are_containers_and_others_are_named():
    found = parse_containers.containers(SPEC, {"initContainerStatuses": [state("mesh", 0, {"running": {}})]})
    assert found == (
        Container("app", state="not started", memory_limit="24Mi"),
        Container("mesh", running=True, restart_policy="Always"),
    )
    assert parse_containers.once(SPEC) == ("once",)


def test_the_ports_that_probes_ask():
    spec = {
        "name": "app",
        "livenessProbe": {"tcpSocket": {"port": 9000}},
        "readinessProbe": {"httpGet": {"port": "http", "path": "/ready"}},
        "startupProbe": {"grpc": {"port": 9001}},
    }
    found = parse_containers.container(spec, {})
    assert found.probe_ports == ("9000", "9001", "http")
    assert found.http_paths == {"http": "/ready"}
