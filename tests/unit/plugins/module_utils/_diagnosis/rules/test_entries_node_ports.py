# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ING-14: a controller in the network of its node, and a load balancer that has its port."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import engine
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    entries_node_ports,
    pods_scheduling,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Container, ContainerPort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition, ContainerDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from .. import scenes
from ..entry_scenes import found, only

PORTS = (ContainerPort(80, "http"),)
OWNERS = (
    Owner("DaemonSet", "shop", "balancer", desired=2, template_labels={"app": "balancer"}),
    Owner("Deployment", "shop", "controller", desired=1, template_labels={"app": "controller"}),
)
FULL = "0/3 nodes are available: 2 node(s) didn't have free ports for the requested pod ports."


def balancer(name: str, node: str, port: int = 80) -> tuple[t.Any, t.Any]:
    """A Pod of a load balancer, with its details."""
    inner = Container("lb", scenes.IMAGE, ports=(ContainerPort(8080),), running=True)
    one = scenes.pod(name, 20, node, "balancer", owner="DaemonSet/balancer", containers=(inner,))
    own = ContainerDetail("lb", state="running", ready=True, host_ports=(port,))
    return one, scenes.detail(one, own)


def controller(node: str, declares: bool, port: str = "80", network: bool = True) -> tuple[t.Any, t.Any]:
    """A Pod of a controller in the network of its node, with its details."""
    inner = Container("web", scenes.IMAGE, ports=PORTS if declares else (), probe_ports=(port,), running=bool(node))
    one = scenes.pod("controller-b975c9b8d-x", 30, node, "controller", host_network=network, containers=(inner,))
    own = ContainerDetail("web", state="running" if node else "", host_ports=(80,) if declares else ())
    waits = () if node else (Condition("PodScheduled", "False", "Unschedulable", FULL),)
    one = dataclasses.replace(
        one, ready=bool(node), phase="Running" if node else "Pending", ips=one.ips if node else ()
    )
    return one, scenes.detail(one, own, conditions=waits)


def seen(*pods: tuple[t.Any, t.Any]) -> t.Any:
    return found(
        pods=tuple(pod for pod, _detail in pods),
        workloads=scenes.workloads(*(detail for _pod, detail in pods), owners=OWNERS),
        services=(),
        endpoint_slices=(),
    )


def test_a_controller_that_finds_no_node():
    finding = only(seen(balancer("lb-1", "w1"), balancer("lb-2", "w2"), controller("", True)))
    assert (finding.code, str(finding.object)) == ("ING-14", "DaemonSet shop/balancer")
    assert (finding.field, finding.value) == ("spec.template.spec.containers[0].ports[0].hostPort", "80")
    assert str(finding.victims[0]) == "Deployment shop/controller"
    assert finding.scope.nodes == ("w1", "w2")
    assert finding.fix is not None
    assert '"hostNetwork": false' in finding.fix.command
    # Deployments need not say the host port that the API server gives their Pods: a JSON patch cannot remove it there.
    assert '"ports": [{"containerPort": 80, "hostPort": null}]' in finding.fix.command
    assert "--type=strategic" in finding.fix.command
    assert "rollout undo" in finding.fix.undo


def test_a_controller_that_declares_nothing_gets_nothing():
    finding = only(seen(balancer("lb-1", "w1"), balancer("lb-2", "w2"), controller("w1", False)))
    assert (finding.code, finding.field) == ("ING-14", "spec.template.spec.hostNetwork")
    assert (finding.scope.nodes, "has every connection" in finding.sentence) == (("w1",), True)


def test_other_ports_other_nodes_and_other_networks_do_not_meet():
    assert not seen(balancer("lb-1", "w1", 8080), controller("w1", False)).findings
    assert not seen(balancer("lb-2", "w2"), controller("w1", True)).findings
    assert not seen(balancer("lb-1", "w1"), controller("w1", False, "9000")).findings
    assert not seen(balancer("lb-1", "w1"), controller("w1", False, network=False)).findings


def test_what_the_scheduler_says_of_the_controller_is_a_symptom():
    pods = balancer("lb-1", "w1"), balancer("lb-2", "w2"), controller("", True)
    snapshot = scenes.snapshot(
        tuple(pod for pod, _detail in pods),
        workloads=scenes.workloads(*(detail for _pod, detail in pods), owners=OWNERS),
        services=(),
        endpoint_slices=(),
    )
    (finding,) = engine.diagnose(scenes.case(snapshot), (*entries_node_ports.RULES, *pods_scheduling.RULES)).findings
    assert finding.code == "ING-14"
    assert "POD-14" in [child.code for child in finding.children]
