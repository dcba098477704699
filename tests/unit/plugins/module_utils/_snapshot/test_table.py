# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of a snapshot read like those of kubectl."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import table
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


def test_table_reads_like_kubectl():
    lines = table.render(cluster.snapshot()).splitlines()
    assert lines[0].split() == ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]
    assert lines[1].split() == ["shop", "web-1", "1/1", "Running", "0", "<unknown>", "10.0.1.1", "w1"]
    assert "80:30080/TCP" in table.render(cluster.snapshot())


@pytest.mark.parametrize(
    ("created", "age"),
    [
        ("2026-11-21T08:59:01Z", "59s"),
        ("2026-11-21T08:58:00Z", "2m"),
        ("2026-11-21T07:00:01Z", "119m"),
        ("2026-11-21T07:00:00Z", "2h"),
        ("2026-11-19T09:00:01Z", "47h"),
        ("2026-11-19T09:00:00Z", "2d"),
        ("2026-11-21T10:00:00Z", "0s"),
        ("", "<unknown>"),
    ],
)
def test_an_age_is_counted_in_the_unit_that_kubectl_counts_in(created, age):
    pod = cluster.pod("web-1", "w1", meta={"creationTimestamp": created})
    lines = table.render(cluster.snapshot(pods=[pod], services=[], nodes=[])).splitlines()
    assert lines[1].split()[5] == age


def test_a_kind_without_an_object_has_no_table():
    assert "CLUSTER-IP" in table.render(cluster.snapshot())
    assert "CLUSTER-IP" not in table.render(cluster.snapshot(services=[]))


def test_of_many_objects_only_what_is_not_as_usual_has_a_row():
    pods = [cluster.pod(f"p-{number}", "w1", f"10.0.1.{number}") for number in range(201)]
    pods[7] = cluster.pod("p-7", "w1", "10.0.1.7", ready=False)
    nodes = [cluster.node("w1", "198.18.0.1"), cluster.node("w2", "198.18.0.2", ready=False)]
    services = [cluster.service("lonely", "10.96.0.9", ports=[{"port": 80}])]
    shown = table.render(cluster.snapshot(pods=pods, nodes=nodes, services=services, endpoint_slices=[]))
    lines = [line.split() for line in shown.splitlines() if line]
    assert lines[:4] == [
        ["COUNT", "STATE"],
        ["Pod", "201", "Running", "201"],
        ["Service", "1", "ClusterIP", "1"],
        ["Node", "2", "Ready", "1,", "NotReady", "1"],
    ]
    named = [line[:2] for line in lines[4:] if line[0] not in ("NAMESPACE", "NAME")]
    assert named == [["shop", "p-7"], ["shop", "lonely"], ["w2", "NotReady"]]


def test_however_many_are_not_as_usual_the_table_is_short():
    pods = [
        cluster.pod(f"p-{number}", "w1", f"10.0.{number // 250}.{number % 250 + 1}", ready=False)
        for number in range(500)
    ]
    lines = table.render(cluster.snapshot(pods=pods, services=[])).splitlines()
    assert len(lines) < 40
    assert "and 480 more" in lines
