# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths to a node and to node ports."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import CiliumConfig, KubeProxy
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import judged
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.path_of import paths_of


@pytest.mark.parametrize(("name", "expectation"), [("w1", "deny"), ("w2", "allow")])
def test_external_traffic_policy_local_spares_the_nodes_own_pods(name, expectation):
    """The only endpoint is elsewhere: w1 must drop what comes from w2, while w2 serves its own Pods."""
    local = cluster.service(
        "web",
        "10.96.0.5",
        ports=[{"port": 80, "nodePort": 30080}],
        type="NodePort",
        externalTrafficPolicy="Local",
    )
    slices = [cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.3.1", "w3", "web-3", True))]
    asked = [{"node": name}, {"service": "web", "namespace": "shop"}]
    cells = judged(
        "timeout",
        "pod_to_nodeport",
        asked,
        sources=[{"pod": "web-2"}],
        services=[local],
        endpoint_slices=slices,
        kube_proxy=KubeProxy(),
    )
    assert [cell.expectation for cell in cells] == [expectation]


def ported(**spec):
    ports = [{"port": 80, "nodePort": 30080}]
    return cluster.service("web", "10.96.0.5", ports=ports, type="NodePort", **spec)


AT_W1 = [{"node": "w1"}, {"service": "web", "namespace": "shop"}]


def test_where_kube_proxy_is_not_known_it_is_not_known_what_local_means_for_pods():
    part = cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.2.1", "w2", "web-2", True))
    lists = {"services": [ported(externalTrafficPolicy="Local")], "endpoint_slices": [part]}
    for outcome, verdict in (("open", "pass"), ("timeout", "unknown")):
        (cell,) = judged(outcome, "pod_to_nodeport", AT_W1, sources=[{"pod": "web-2"}], **lists)
        assert (cell.expectation, cell.verdict) == ("allow", verdict)
        assert "whether that counts for Pods of other nodes is not known" in cell.reason
    (cell,) = judged("open", "pod_to_nodeport", AT_W1, sources=[{"pod": "web-2"}], kube_proxy=KubeProxy(), **lists)
    assert (cell.expectation, cell.verdict) == ("deny", "unexpected_open")
    proxy = cluster.pod("kube-proxy-x", "w1", "198.18.0.11", labels={"k8s-app": "kube-proxy"})
    proxy["metadata"]["namespace"] = "kube-system"
    pods = [proxy, cluster.pod("web-2", "w2", "10.0.2.1", ports=[cluster.HTTP])]
    (cell,) = judged("open", "pod_to_nodeport", AT_W1, sources=[{"pod": "web-2"}], pods=pods, **lists)
    assert cell.expectation == "deny"


@pytest.mark.parametrize("replaced", ["true", "strict", "false"])
def test_another_implementation_of_services_is_a_doubt_for_pods_and_none_for_the_outside(replaced):
    """Cilium takes what Pods send to a node port for internal on each node, and what others send as kube-proxy does."""
    part = cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.2.1", "w2", "web-2", True))
    plain = cluster.snapshot(KubeProxy(), services=[ported(externalTrafficPolicy="Local")], endpoint_slices=[part])
    snapshot = dataclasses.replace(plain, cilium=CiliumConfig(replaced))
    found = paths_of("pod_to_nodeport", "tcp", None, "shop/web-2/app", snapshot)
    path = found["shop/web-2/app node/w1:30080"]
    assert bool(path.closed) is (replaced == "false")
    assert ("since cilium implements Services" in path.doubt) is (replaced != "false")
    (outside,) = (
        each for name, each in paths_of("outside_to_nodeport", "tcp", snapshot=snapshot).items() if "/w1:" in name
    )
    said = "Service shop/web has externalTrafficPolicy: Local and no ready endpoint on w1 (it has some on w2)"
    assert outside.closed == said


def test_an_endpoint_that_still_serves_keeps_a_node_port_open_under_the_local_policy():
    part = cluster.endpoint_slice(
        "web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", False), ("10.0.2.1", "w2", "web-2", True)
    )
    part["endpoints"][0]["conditions"] = {"ready": False, "serving": True, "terminating": True}
    lists = {"services": [ported(externalTrafficPolicy="Local")], "endpoint_slices": [part], "kube_proxy": KubeProxy()}
    (cell,) = judged("open", "pod_to_nodeport", AT_W1, sources=[{"pod": "web-2"}], **lists)
    assert (cell.expectation, cell.verdict) == ("allow", "pass")
    assert "1 terminating endpoint on node w1 (externalTrafficPolicy: Local)" in cell.expectation_reason


def test_node_ports_are_closed_at_addresses_that_kube_proxy_leaves_out():
    lists = {"services": [ported()], "kube_proxy": KubeProxy(node_port_addresses=("198.18.0.12/32",))}
    found = {
        node: judged("refused", "pod_to_nodeport", [{"node": node}, AT_W1[1]], **lists)[0].expectation
        for node in ("w1", "w2")
    }
    assert found == {"w1": "deny", "w2": "allow"}
    (cell,) = judged("open", "pod_to_nodeport", AT_W1, **lists)
    assert (cell.verdict, cell.decided_by) == ("unexpected_open", "ConfigMap kube-system/kube-proxy")


def test_the_exclusion_from_load_balancers_is_none_from_node_ports():
    nodes = [cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12")]
    nodes[0]["metadata"]["labels"] = {"node.kubernetes.io/exclude-from-external-load-balancers": ""}
    (cell,) = judged("timeout", "pod_to_nodeport", AT_W1, services=[ported()], nodes=nodes)
    assert cell.verdict == "fail"
