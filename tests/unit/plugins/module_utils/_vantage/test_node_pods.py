# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nodes ask: in a hostNetwork Pod that is there, or in one that would be made."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Place
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.node_pods import NodePods
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.probe_pods import ProbePods
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


class Api:
    """Takes dry runs, and keeps what was sent."""

    def __init__(self) -> None:
        self.sent = list[dict[str, t.Any]]()

    def post(self, _path: str, body: dict[str, t.Any], _what: str, params: dict[str, str]) -> dict[str, t.Any]:
        assert params["dryRun"] == "All"
        self.sent.append(body)
        return body


def pods(api: t.Any = None) -> NodePods:
    return NodePods(ProbePods(t.cast(t.Any, api or Api()), "registry.example/debug:1", 60, "r1"), "tools")


def agent(name: str, node: str, owner: str = "DaemonSet", **more: t.Any) -> dict[str, t.Any]:
    meta = {"ownerReferences": [{"kind": owner, "name": "x", "controller": True}]}
    return cluster.pod(name, node, "198.18.0.11", meta=meta, spec={"hostNetwork": True}, **more)


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ([agent("cni-1", "w1"), agent("kube-proxy-1", "w1")], "cni-1"),
        ([agent("kube-proxy-1", "w1"), agent("etcd-w1", "w1", "Node")], "kube-proxy-1"),
        ([agent("etcd-w1", "w1", "Node")], "etcd-w1"),
        ([cluster.pod("web-1", "w1", "10.0.1.1")], None),
        ([agent("cni-1", "w1", status={"phase": "Pending"})], None),
        ([agent("cni-2", "w2")], None),
    ],
)
def test_an_agent_of_the_network_is_taken_before_a_static_pod(there, found):
    nodes = pods()
    nodes.find(cluster.snapshot(pods=there), {"w1"})
    place = nodes.place_for("w1")
    assert (place.pod if isinstance(place, Place) else None) == found


def test_a_pod_for_a_node_shares_its_network_and_may_run_anywhere():
    api = Api()
    preview = pods(api).preview("w1")
    assert (preview.namespace, preview.refusal) == ("tools", None)
    (spec,) = [body["spec"] for body in api.sent]
    assert spec["hostNetwork"] is True
    assert {"operator": "Exists"} in spec["tolerations"]
    (container,) = spec["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["NET_RAW"]}
    assert "privileged" not in container["securityContext"]


def test_a_node_that_nobody_looked_for_has_no_place_yet():
    assert pods().place_for("w1") is None
