# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot with echo objects that are not there: the plan on it has what a run would ask."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.spec import pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage import echo_forecast, echo_objects
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

NAMESPACE = "kubewire-r"


def objects(nodes: t.Sequence[str]) -> list[dict[str, t.Any]]:
    pods = []
    for number, node in enumerate(nodes):
        manifest = pod(DebugSpec("image:1", "restricted", node=node, labels={"a": "b"}), NAMESPACE, f"echo-{number}")
        echo_objects.complete(manifest, 60, f"echo-{number}", f"echo-{number}")
        pods.append(manifest)
    namespace = {"kind": "Namespace", "metadata": {"name": NAMESPACE}}
    services = echo_objects.services(NAMESPACE, "r", "cluster.local")
    volume = {"kind": "PersistentVolume", "metadata": {"name": NAMESPACE}}
    return [namespace, volume, *pods, *services, echo_objects.ingress(NAMESPACE, "r", "nginx")]


def test_every_pod_runs_and_is_an_endpoint_of_every_service_that_selects_it() -> None:
    bare = echo_forecast.bare(cluster.snapshot())
    found = echo_forecast.with_objects(bare, objects(["w1", "w2"]))
    assert [each.node for each in found.pods] == ["w1", "w2"]
    assert all(each.phase == "Running" and each.ips and each.containers[0].running for each in found.pods)
    facts = Facts(found)
    selecting = [each for each in found.services if each.selector]
    assert len(selecting) == 4
    for service in selecting:
        for port in service.ports:
            for family in {f for each in found.endpoint_slices for f in [each.address_type]}:
                names = {each.pod for each in facts.endpoints(service, port, family)}
                assert names == {"echo-0", "echo-1"}, (service.name, port.name, family)
    assert found.ingresses[0].addresses
    assert NAMESPACE in {each.name for each in found.namespaces}


def test_what_is_in_namespaces_is_left_out() -> None:
    whole = cluster.snapshot()
    bare = echo_forecast.bare(whole)
    assert whole.pods
    assert [bare.pods, bare.services, bare.endpoint_slices] == [(), (), ()]
    assert bare.nodes == whole.nodes


@pytest.mark.parametrize(
    ("cidrs", "families"),
    [(("10.0.0.0/24",), {4}), (("10.0.0.0/24", "fd00::/64"), {4, 6}), (("fd00::/64",), {6})],
)
def test_pods_have_the_families_of_their_node(cidrs: tuple[str, ...], families: set[int]) -> None:
    bare = echo_forecast.bare(cluster.snapshot())
    nodes = tuple(dataclasses.replace(node, pod_cidrs=cidrs) for node in bare.nodes)
    found = echo_forecast.with_objects(dataclasses.replace(bare, nodes=nodes), objects([nodes[0].name]))
    (pod_there,) = found.pods
    assert {ipaddress.ip_address(each).version for each in pod_there.ips} == families
    assert all(
        any(ipaddress.ip_address(each) in ipaddress.ip_network(cidr) for cidr in cidrs) for each in pod_there.ips
    )
    for service in found.services:
        if service.type != "ExternalName" and not service.headless:
            assert {ipaddress.ip_address(each).version for each in service.cluster_ips} == families
