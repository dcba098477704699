# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Pod that stands for a container: on its node, with the labels that policies select, and without traffic."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Place
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.probe_pods import ProbePods
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.surrogate_pods import SurrogatePods
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.vantage_point import NoPlace
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

WEB = Place("container", "shop", "web-1", "app", "w1")
ISOLATES = cluster.policy("p", podSelector={"matchLabels": {"app": "web"}})
SPEC = {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.9"]}, "nodeName": "w1", "volumes": [{"name": "x"}]}


class Api:
    """Has some Pods, and takes dry runs."""

    def __init__(self, *names: str) -> None:
        self.names, self.sent = names, list[dict[str, t.Any]]()

    def _pod(self, name: str) -> dict[str, t.Any]:
        return {"metadata": {"name": name, "namespace": "shop"}, "spec": SPEC}

    def list(self, _path: str, *_more: t.Any) -> list[t.Any]:
        return [self._pod(name) for name in self.names]

    def get(self, path: str, **_options: t.Any) -> dict[str, t.Any]:
        return self._pod(path.rpartition("/")[2])

    def post(self, _path: str, body: dict[str, t.Any], _what: str, params: dict[str, str]) -> dict[str, t.Any]:
        assert params["dryRun"] == "All"
        self.sent.append(body)
        return body


def surrogates(api: Api, *policies: t.Any) -> SurrogatePods:
    facts = Facts(cluster.snapshot(network_policies=policies))
    return SurrogatePods(ProbePods(t.cast(t.Any, api), "registry.example/debug:1", 60, "r1"), facts, "restricted")


def test_it_has_the_labels_names_and_node_of_the_container_and_is_never_ready():
    api = Api("web-1")
    preview = surrogates(api, ISOLATES).preview(WEB)
    assert preview
    assert (preview.namespace, preview.refusal) == ("shop", None)
    (body,) = api.sent
    assert body["metadata"]["labels"]["app"] == "web"
    spec = body["spec"]
    assert (spec["dnsPolicy"], spec["dnsConfig"]) == (SPEC["dnsPolicy"], SPEC["dnsConfig"])
    assert "volumes" not in spec
    assert spec["readinessGates"], "no Service sends traffic to it"
    assert not spec.get("hostNetwork")


def test_a_pod_of_the_host_network_has_no_surrogate():
    pods = [cluster.pod("web-1", "w1", "198.18.0.11", spec={"hostNetwork": True})]
    points = surrogates(Api("web-1"))
    points.facts = Facts(cluster.snapshot(pods=pods))
    assert not points.can_replace(WEB)
    assert points.preview(WEB) is None
    assert points.objects([WEB]) == {}
    points.prepare([WEB], 5)
    assert isinstance(points.place_for(WEB), NoPlace)


def test_a_pod_that_is_gone_is_told():
    points = surrogates(Api())
    assert points.objects([WEB]) == {"shop": [WEB]}
    points.prepare([WEB], 5)
    assert points.place_for(WEB) == NoPlace("the Pod is gone")
