# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At which ports an Ingress is served."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import entry_ports
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Balancer, Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Ingress

PLAIN = Ingress("shop", "web", addresses=("198.18.0.200",))
ALB = "alb.ingress.kubernetes.io/listen-ports"
POINTS = "traefik.ingress.kubernetes.io/router.entrypoints"


def controller(*ports: int, protocol: str = "TCP") -> Service:
    there = tuple(ServicePort(port, protocol=protocol) for port in ports)
    return Service("edge", "lb", "LoadBalancer", balancers=(Balancer("198.18.0.200"),), ports=there)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(80, False), (443, True)]),
        ('[{"HTTPS": 443}]', [(443, True)]),
        ('[{"HTTP": 8080}, {"HTTPS": 8443}]', [(8080, False), (8443, True)]),
        ("443", [(80, False), (443, True)]),
        ('[{"HTTPS": "443"}, {"HTTP": 70000}]', [(80, False), (443, True)]),
        ("[" * 1000, [(80, False), (443, True)]),
    ],
)
def test_the_ports_that_are_listed(text, expected):
    assert entry_ports.ports_of(dataclasses.replace(PLAIN, annotations={ALB: text}), by_tls=True) == expected


def test_without_tls_only_80():
    assert entry_ports.ports_of(PLAIN, by_tls=False) == [(80, False)]


@pytest.mark.parametrize(
    ("annotations", "services", "tls", "closed"),
    [
        ({}, [], True, []),
        ({}, [controller(80, 443)], True, []),
        ({}, [controller(443)], True, [80]),
        ({}, [controller(80)], True, [443]),
        ({}, [controller(80)], False, []),
        ({}, [controller(80, 443, protocol="UDP")], True, [80, 443]),
        ({"kubernetes.io/ingress.allow-http": "false"}, [], True, [80]),
        ({"kubernetes.io/ingress.allow-http": "true"}, [], True, []),
        ({POINTS: "websecure"}, [], True, [80]),
        ({POINTS: "web, websecure"}, [], True, []),
        ({POINTS: "internal"}, [], True, []),
        ({ALB: '[{"HTTPS": 8443}]'}, [controller(443)], True, [8443]),
    ],
)
def test_ports_that_are_closed_on_purpose(annotations, services, tls, closed):
    ingress = dataclasses.replace(PLAIN, annotations=annotations, tls=tls)
    found = entry_ports.closed_ports(ingress, entry_ports.by_address(services))
    assert sorted(found) == closed
    assert all(found.values())
