# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that an entry of an option matches."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import make


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ({"query": "pods[?node == 'w1']"}, ["web-1", "db-1"]),
        ({"query": "pods[?node == 'w1']", "label_selector": "app=web"}, ["web-1"]),
        ({"owner": "Deployment/web"}, ["web-1"]),
        ({"owner": "replicaset/web-5d8"}, ["web-1"]),
        ({"owner": "DaemonSet/db"}, ["db-1"]),
    ],
)
def test_pods_by_query_and_by_owner(entry, names):
    def owned(kind, name):
        return {"ownerReferences": [{"kind": kind, "name": name, "controller": True}]}

    labels = {"app": "web", "pod-template-hash": "5d8"}
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1", labels=labels, meta=owned("ReplicaSet", "web-5d8") | {"labels": labels}),
        cluster.pod("web-2", "w2", "10.0.2.1"),
        cluster.pod("db-1", "w1", "10.0.1.2", meta=owned("DaemonSet", "db")),
    ]
    layout = make(["pod_to_pod_same_node", "pod_to_pod_cross_node"], sources=[entry], pods=pods)
    assert [name.split("/")[1] for name in layout.probes] == names
