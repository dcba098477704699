# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From API objects to the model, and what the objects mean."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors as selectors
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse, table
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


def test_a_snapshot_survives_its_file():
    snapshot = cluster.snapshot()
    assert Snapshot.from_dict(json.loads(json.dumps(snapshot.to_dict()))) == snapshot


def test_a_foreign_file_is_refused_by_name():
    with pytest.raises(ValueError, match="Snapshot: unknown key 'kind'; allowed are api_addresses"):
        Snapshot.from_dict({"kind": "Pod"})


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


@pytest.mark.parametrize(
    ("text", "labels", "met"),
    [
        ("", {}, True),
        ("app=web", {"app": "web"}, True),
        ("app==web,tier!=db", {"app": "web"}, True),
        ("app in (web, api)", {"app": "api"}, True),
        ("app notin (web)", {"app": "web"}, False),
        ("app notin (web)", {}, True),
        ("app,!debug", {"app": "x"}, True),
        ("!app", {"app": "x"}, False),
        ("example.com/part=a_b.c", {"example.com/part": "a_b.c"}, True),
    ],
)
def test_label_selectors(text, labels, met):
    assert selectors.matches(selectors.parse(text), labels) is met


@pytest.mark.parametrize("text", ["a=b=c", "app in web", "$(id)", "a b", "=x"])
def test_a_selector_that_is_none_is_named(text):
    with pytest.raises(ValueError, match="is not a label selector; allowed are"):
        selectors.parse(text)


def test_table_reads_like_kubectl():
    lines = table.render(cluster.snapshot()).splitlines()
    assert lines[0].split() == ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]
    assert lines[1].split() == ["shop", "web-1", "1/1", "Running", "0", "<unknown>", "10.0.1.1", "w1"]
    assert "80:30080/TCP" in table.render(cluster.snapshot())
