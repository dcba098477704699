# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run may create for its sources, and what the API server says to one of each in a dry run."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import probe_creations, vantage_points
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.probe_creations import Creation
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.created import Preview
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.node_pods import NodePods
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.surrogate_pods import SurrogatePods
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

PARAMS = {"debug_image": "debug:1", "debug_profile": "restricted", "debug_namespace": "tools", "deadline": 9}
PODS = [Source(f"shop/{name}/app", "shop", name, "app", node=node) for name, node in (("web-1", "w1"), ("web-2", "w2"))]
NODES = [Source(f"node/{name}", kind="node", node=name) for name in ("w2", "w1")]

WORDS = 'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)'


class Api:
    """Has every Pod that is asked for but those that are gone, and takes dry runs but in some namespaces."""

    def __init__(self, refuses: str = "", gone: str = "") -> None:
        self.refuses, self.gone, self.sent = refuses, gone, list[str]()

    def get(self, path: str, **_options: t.Any) -> t.Any:
        name = path.rpartition("/")[2]
        if name == self.gone:
            raise ClusterError("not_found", f"{name} not found", status=404)
        return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"containers": []}, "status": {}}

    def post(self, path: str, body: t.Any, _what: str, params: t.Mapping[str, str]) -> t.Any:
        assert params["dryRun"] == "All"
        self.sent.append(path)
        if self.refuses and f"/{self.refuses}/" in path:
            raise ClusterError("forbidden", WORDS, "", 403, {"message": WORDS})
        return body


def forecast(api: Api, levels: t.Sequence[str], allowed: t.Collection[str] = ("shop", "tools")) -> list[Creation]:
    facts = Facts(cluster.snapshot())
    chosen = vantage_points.choose(t.cast(t.Any, api), facts, {**PARAMS, "debug_levels": levels}, "r1")
    return probe_creations.forecast(chosen, PODS, NODES, lambda _purpose, namespace: namespace in allowed)


def test_pods_of_nodes_are_always_made_and_those_of_containers_where_they_are_needed():
    nodes, pods = forecast(Api(), ["namespace"])
    assert (nodes.namespace, nodes.most, nodes.always, nodes.nodes) == ("tools", 2, True, ("w1", "w2"))
    assert (pods.namespace, pods.most, pods.always, pods.nodes) == ("shop", 2, False, ())
    told = [one.to_dict() for one in (nodes, pods)]
    assert [(one["kind"], one["level"], one["allowed"]) for one in told] == [
        ("Pod", "node", True),
        ("Pod", "namespace", True),
    ]
    assert all(one["manifest"]["kind"] == "Pod" and "refusal" not in one for one in told)


def test_a_level_of_the_node_has_one_for_each_node():
    *_others, one = forecast(Api(), ["node"])
    assert (one.most, one.nodes, one.to_dict()["privileged"]) == (2, ("w1", "w2"), True)


def test_what_is_not_allowed_is_not_tried():
    api = Api()
    nodes, pods = forecast(api, ["namespace"], allowed=("tools",))
    assert (nodes.allowed, pods.allowed) == (True, False)
    assert pods.preview is None
    assert len(api.sent) == 1


def test_a_refusal_of_the_server_is_told_with_its_remedy():
    nodes, pods = forecast(Api(refuses="tools"), ["namespace"])
    told = nodes.to_dict()
    assert "violates PodSecurity" in told["refusal"]
    assert told["remedy"].startswith("use O(profile): baseline")
    assert "refusal" not in pods.to_dict()


def test_a_pod_that_is_gone_has_no_preview():
    _nodes, pods = forecast(Api(gone="web-1"), ["namespace"])
    assert pods.allowed
    assert "manifest" not in pods.to_dict()


@pytest.mark.parametrize(
    ("most", "header"), [(1, "Pod tools/kubewire-1"), (3, "Pod tools/kubewire-1, one of at most 3")]
)
def test_a_diff_shows_one_of_them(most: int, header: str):
    manifest = {"kind": "Pod", "metadata": {"name": "kubewire-1"}, "spec": {"containers": []}}
    one = Creation(t.cast(t.Any, NodePods), "tools", most, preview=Preview("tools", "kubewire-1", manifest))
    shown = one.diff()
    assert shown
    assert (shown["before"], shown["after_header"]) == ("", header)
    assert '"kind": "Pod"' in shown["after"]
    assert Creation(t.cast(t.Any, SurrogatePods), "shop", 1).diff() is None
