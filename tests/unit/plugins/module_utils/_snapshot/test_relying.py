# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who relies on a port of a Pod."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import relying
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import ServiceReference
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Ingress,
    IngressClass,
    IngressPath,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


def test_a_service_relies_on_the_ports_of_its_endpoints_ready_or_not():
    slices = [
        cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", False)),
        cluster.endpoint_slice("gone", "IPv4", {"port": 1}, ("10.0.1.9", "w1", "gone-1", True)),
    ]
    facts = Facts(cluster.snapshot(endpoint_slices=slices))
    assert facts.relying == {("10.0.1.2", 5432, "TCP"): "Service shop/db port 5432"}


def test_a_slice_of_another_transport_or_name_is_no_port_of_the_service():
    for port in ({"port": 5432, "protocol": "UDP"}, {"port": 5432, "name": "other"}):
        slices = [cluster.endpoint_slice("db", "IPv4", port, ("10.0.1.2", "w1", "db-1", True))]
        assert Facts(cluster.snapshot(endpoint_slices=slices)).relying == {}


def test_a_probe_relies_on_its_port_at_the_first_address():
    probed = {"httpGet": {"port": "admin", "path": "/"}}
    container = {
        "name": "app",
        "image": "image:1",
        "ports": [{"containerPort": 8081, "name": "admin"}, {"containerPort": 8080}],
        "livenessProbe": probed,
        "startupProbe": {"tcpSocket": {"port": 7000}},
    }
    found = cluster.pod("web-1", "w1", "10.0.1.1", "fd00::1", containers=[container])
    (pod,) = Facts(cluster.snapshot(pods=[found])).snapshot.pods
    asked = {port: relying.by_probes(pod, "10.0.1.1", port) for port in (8081, 7000, 8080)}
    assert asked == {8081: "a probe of container app", 7000: "a probe of container app", 8080: ""}
    assert relying.by_probes(pod, "fd00::1", 8081) == ""


def placeholder(container: t.Any = None, **more: t.Any) -> bool:
    """Whether the port of a headless Service is nobody's."""
    own = {"name": "app", "image": "image:1", **(container or {})}
    service = cluster.service("db", ports=[{"name": "tcp", "port": 80}], clusterIPs=["None"])
    found = cluster.snapshot(pods=[cluster.pod("db-1", "w1", "10.0.1.2", containers=[own])], services=[service])
    facts = Facts(dataclasses.replace(found, **more))
    (known,) = facts.snapshot.services
    return facts.is_placeholder(known, known.ports[0])


@pytest.mark.parametrize(
    ("container", "is_nobodys"),
    [
        ({}, True),
        ({"ports": [{"containerPort": 8080}]}, True),
        ({"ports": [{"containerPort": 80, "protocol": "UDP"}]}, True),
        ({"ports": [{"containerPort": 80}]}, False),
        ({"readinessProbe": {"tcpSocket": {"port": 80}}}, False),
    ],
)
def test_a_port_of_a_headless_service_that_no_pod_has_is_nobodys(container: t.Any, is_nobodys: bool):
    assert placeholder(container) is is_nobodys


def test_a_client_or_a_way_in_that_names_a_port_needs_it():
    assert not placeholder(references=(ServiceReference("shop/db", 80, "shop/web-1"),))
    path = IngressPath("shop.lab", "/", "db", "80")
    classes = (IngressClass("edge", "example.com/edge"),)
    assert not placeholder(
        ingresses=(Ingress("shop", "db", "edge", ("198.18.0.200",), (path,)),), ingress_classes=classes
    )


def test_a_service_with_an_address_needs_its_ports():
    facts = Facts(cluster.snapshot())
    assert not any(facts.is_placeholder(service, port) for service in facts.services.values() for port in service.ports)
