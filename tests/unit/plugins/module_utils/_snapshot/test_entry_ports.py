# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports at which an Ingress is served, less those that its controller closes or does not have."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import entry_ports, parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Ingress
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

LISTEN = "alb.ingress.kubernetes.io/listen-ports"
POINTS = "traefik.ingress.kubernetes.io/router.entrypoints"


def ingress(tls: bool = True, **annotations: str) -> Ingress:
    names = {"listen": LISTEN, "points": POINTS, "http": "kubernetes.io/ingress.allow-http"}
    given = {names[key]: value for key, value in annotations.items()}
    return Ingress("shop", "web", "nginx", addresses=("198.18.0.200",), tls=tls, annotations=given)


@pytest.mark.parametrize(
    ("listen", "by_tls", "ports"),
    [
        ("[]", False, [(80, False)]),
        ("[]", True, [(80, False), (443, True)]),
        ('[{"HTTP": 8080}, {"HTTPS": 8443}]', False, [(8080, False), (8443, True)]),
        ("no JSON", True, [(80, False), (443, True)]),
        ('[{"HTTP": 0}, {"HTTP": "80"}, {"HTTPS": 70000}]', False, [(80, False)]),
        ("[7]", False, [(80, False)]),
        ("7", False, [(80, False)]),
    ],
)
def test_the_ports_are_those_of_the_spec_unless_an_annotation_lists_others(listen, by_tls, ports):
    assert entry_ports.ports_of(ingress(listen=listen), by_tls) == ports


@pytest.mark.parametrize(
    ("annotations", "closed"),
    [
        ({}, {}),
        ({"http": "false"}, {80: "its annotation kubernetes.io/ingress.allow-http is false"}),
        ({"points": "websecure"}, {80: "Traefik serves it at the entry point websecure only"}),
        ({"points": "web"}, {443: "Traefik serves it at the entry point web only"}),
        ({"points": "web, websecure"}, {}),
        ({"points": "internal"}, {}),
    ],
)
def test_a_port_that_is_closed_on_purpose_says_why(annotations, closed):
    assert entry_ports.closed_ports(ingress(**annotations), ()) == closed


def balancer(*ports: int) -> list:
    item = cluster.service("proxy", "10.96.0.9", ports=[{"port": port} for port in ports], type="LoadBalancer")
    item["status"] = {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}}
    return [parse.service(item)]


def test_a_port_that_the_service_of_the_controller_does_not_have_is_closed():
    closed = entry_ports.closed_ports(ingress(), balancer(443))
    assert closed == {80: "Service shop/proxy, whose address it has, has no port 80"}
    assert entry_ports.closed_ports(ingress(), balancer(80, 443)) == {}
    assert entry_ports.closed_ports(ingress(tls=False), balancer(80)) == {}
    assert entry_ports.controller_ports(("198.18.0.200",), balancer(80, 443)) == ("shop/proxy", {80, 443})
    assert entry_ports.controller_ports(("198.18.0.201",), balancer(80)) is None
