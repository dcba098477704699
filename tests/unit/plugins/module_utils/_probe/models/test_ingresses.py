# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts and paths of Ingresses and of routes, by name and by address."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Gateway,
    GatewayRoute,
    IngressPath,
    Listener,
    Parent,
    Route,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.model_questions import OUTSIDE, asked
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import WEB

INGRESS = {
    "metadata": {"namespace": "shop", "name": "web"},
    "spec": {
        "ingressClassName": "traefik",
        "tls": [{"hosts": ["shop.lab"]}],
        "rules": [
            {"host": "shop.lab", "http": {"paths": [{"path": "/", "backend": {"service": {"name": "web"}}}]}},
            {"host": "*.api.lab", "http": {"paths": [{"path": "/a b", "backend": {"service": {"name": "web"}}}]}},
        ],
    },
    "status": {"loadBalancer": {"ingress": [{"ip": "198.18.0.201"}]}},
}


@pytest.mark.parametrize(("model", "source"), [("pod_to_ingress", WEB), ("outside_to_ingress", OUTSIDE.id)])
def test_every_host_and_path_of_an_ingress_by_name_and_by_address(model, source):
    assert asked(model, source, ingresses=[INGRESS]) == [
        "http (name) shop.lab:80 /",
        "http (address) 198.18.0.201:80 / for shop.lab",
        "https (name) shop.lab:443 /",
        "tls (name) shop.lab:443",
        "https (address) 198.18.0.201:443 / for shop.lab",
        "tls (address) 198.18.0.201:443 for shop.lab",
        "http (name) kubewire.api.lab:80 /a%20b",
        "http (address) 198.18.0.201:80 /a%20b for kubewire.api.lab",
    ]


def test_an_http_route_is_asked_at_the_listeners_that_it_shares_a_host_with():
    listeners = (
        Listener("web", 8000, "HTTP"),
        Listener("tls", 8443, "HTTPS", "*.shop.lab"),
        Listener("other", 9000, "HTTP", "other.lab"),
        Listener("raw", 9001, "TCP"),
    )
    also = {
        "gateways": (Gateway("edge", "gw", "traefik", ("198.18.0.202",), listeners),),
        "http_routes": (
            GatewayRoute("shop", "r", ("a.shop.lab",), (Parent("edge/gw"),), (IngressPath("", "/x", "web", "80"),)),
            GatewayRoute("shop", "lost", ("b.lab",), (Parent("edge/gone"),), (IngressPath("", "/", "web", "80"),)),
        ),
    }
    assert asked("pod_to_ingress", protocols=("http", "https"), also=also) == [
        "http (name) a.shop.lab:8000 /x",
        "http (address) 198.18.0.202:8000 /x for a.shop.lab",
        "https (name) a.shop.lab:8443 /x",
        "https (address) 198.18.0.202:8443 /x for a.shop.lab",
    ]


@pytest.mark.parametrize(
    ("tls", "insecure", "wanted"),
    [
        ("", "", ["http (name) r.apps.lab:80 /"]),
        ("edge", "", ["https (name) r.apps.lab:443 /"]),
        ("edge", "Redirect", ["http (name) r.apps.lab:80 /", "https (name) r.apps.lab:443 /"]),
    ],
)
def test_an_openshift_route(tls, insecure, wanted):
    route = Route("shop", "r", IngressPath("r.apps.lab", "/", "web", "http"), tls, insecure)
    assert asked("pod_to_ingress", protocols=("http", "https"), also={"routes": (route,)}) == wanted
