# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From API objects to the model: states in the words of kubectl, and never a secret."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.fields import OddObject
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Balancer,
    BalancerPort,
    DnsConfig,
    HostAlias,
    Taint,
)
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


def test_a_service_with_all_that_decides():
    item = cluster.service(
        "web",
        "10.96.0.5",
        ports=[{"port": 80}],
        type="LoadBalancer",
        ipFamilies=["IPv4"],
        ipFamilyPolicy="SingleStack",
        loadBalancerSourceRanges=[" 198.18.0.50/32"],
        loadBalancerClass="example.com/own",
        allocateLoadBalancerNodePorts=False,
        trafficDistribution="PreferSameNode",
    )
    item["metadata"]["annotations"] = {"service.kubernetes.io/topology-mode": "Auto", "note": "hunter2"}
    ports = [{"port": 80, "protocol": "TCP", "error": "PortInUse"}]
    item["status"] = {"loadBalancer": {"ingress": [{"ip": "198.18.0.9", "ipMode": "Proxy", "ports": ports}]}}
    service = parse.service(item)
    assert (service.ip_families, service.ip_family_policy) == (("IPv4",), "SingleStack")
    assert service.load_balancer_source_ranges == ("198.18.0.50/32",)
    assert (service.load_balancer_class, service.traffic_distribution) == ("example.com/own", "PreferSameNode")
    assert service.allocate_load_balancer_node_ports is False
    assert service.annotations == {"service.kubernetes.io/topology-mode": "Auto"}
    assert service.balancers == (Balancer("198.18.0.9", "", "Proxy", (BalancerPort(80, "TCP", "PortInUse"),)),)


def test_a_pod_with_its_own_names():
    item = cluster.pod(
        "web-1",
        "w1",
        "10.0.0.1",
        meta={"annotations": {"sidecar.istio.io/status": "{...}", "linkerd.io/inject": "x" * 5000, "token": "hunter2"}},
        spec={
            "dnsPolicy": "None",
            "dnsConfig": {
                "nameservers": ["169.254.20.10"],
                "searches": ["shop.svc.k8s.example"],
                "options": [{"name": "ndots", "value": "2"}, {"name": "use-vc"}],
            },
            "hostAliases": [{"ip": "198.18.0.7", "hostnames": ["old.lab"]}],
            "readinessGates": [{"conditionType": "example.com/a"}, {"conditionType": "example.com/b"}],
        },
        status={"conditions": [{"type": "example.com/a", "status": "True"}, {"type": "Ready", "status": "False"}]},
    )
    pod = parse.pod(item)
    assert pod.dns_policy == "None"
    assert pod.dns_config == DnsConfig(("169.254.20.10",), ("shop.svc.k8s.example",), ("ndots:2", "use-vc"))
    assert pod.host_aliases == (HostAlias("198.18.0.7", ("old.lab",)),)
    assert pod.unmet_readiness_gates == ("example.com/b",)
    assert pod.annotations == {"sidecar.istio.io/status": "set", "linkerd.io/inject": "x" * 1024}
    assert parse.pod(cluster.pod("a", "w1", spec={"dnsPolicy": "ClusterFirst"})).dns_policy == ""


def test_a_node_with_what_runs_on_it():
    item = cluster.node("w1", "198.18.0.11")
    item["metadata"]["annotations"] = {"flannel.alpha.coreos.com/backend-type": "host-gw", "token": "hunter2"}
    item["spec"] = {"taints": [{"key": "virtual-kubelet.io/provider", "value": "azure", "effect": "NoSchedule"}]}
    item["status"] |= {
        "nodeInfo": {"operatingSystem": "windows", "architecture": "amd64"},
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10350}},
    }
    node = parse.node(item)
    assert (node.operating_system, node.architecture, node.kubelet_port) == ("windows", "amd64", 10350)
    assert node.taints == (Taint("virtual-kubelet.io/provider", "azure", "NoSchedule"),)
    assert node.annotations == {"flannel.alpha.coreos.com/backend-type": "host-gw"}


def test_endpoints_with_hints():
    item = cluster.endpoint_slice("web", "IPv4", {"port": 80}, ("10.0.1.1", "w1", "web-1", False))
    item["endpoints"][0] |= {
        "zone": "a",
        "conditions": {"ready": False, "serving": True, "terminating": True},
        "hints": {"forZones": [{"name": "a"}], "forNodes": [{"name": "w1"}, {"name": "w2"}]},
    }
    (found,) = parse.endpoint_slice(item).endpoints
    assert (found.zone, found.for_zones, found.for_nodes) == ("a", ("a",), ("w1", "w2"))
    assert (found.ready, found.serving, found.terminating) == (False, True, True)


@pytest.mark.parametrize(
    ("kind", "spec", "words"),
    [
        ("service", {"loadBalancerSourceRanges": ["10.0.0.0"]}, "'10.0.0.0' is no network"),
        ("service", {"loadBalancerSourceRanges": ["all/8"]}, "'all/8' is no network"),
        ("service", {"ipFamilies": "IPv4"}, "ipFamilies is a string where a list is expected"),
        ("service", {"trafficDistribution": 1}, "trafficDistribution is a whole number where a string is expected"),
        ("service", {"allocateLoadBalancerNodePorts": "no"}, "allocateLoadBalancerNodePorts is a string where"),
        ("pod", {"dnsConfig": {"nameservers": ["dns"]}}, "'dns' is no address"),
        ("pod", {"dnsConfig": []}, "dnsConfig is a list where an object is expected"),
        ("pod", {"hostAliases": [{"ip": 7}]}, "ip is a whole number where a string is expected"),
        ("pod", {"readinessGates": [None]}, "readinessGates[0] is null where an object is expected"),
        ("node", {"taints": [{"key": 1}]}, "key is a whole number where a string is expected"),
    ],
)
def test_a_field_of_another_type_is_named(kind, spec, words):
    with pytest.raises(OddObject, match=re.escape(words)):
        getattr(parse, kind)({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec})


def test_an_annotation_of_another_type_is_named():
    with pytest.raises(OddObject, match="is a whole number where a string is expected"):
        parse.pod(cluster.pod("a", "w1", meta={"annotations": {"linkerd.io/inject": 1}}))
