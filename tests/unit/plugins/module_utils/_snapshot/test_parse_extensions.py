# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateway API, OpenShift Routes and policies of other kinds, as their controllers write them."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse_extensions as parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import IngressPath, Listener, Parent

META = {"namespace": "shop", "name": "web"}
TRUE = {"status": "True", "reason": "Yes"}


def test_a_gateway_and_why_it_is_not_programmed():
    item = {
        "metadata": META,
        "spec": {
            "gatewayClassName": "traefik",
            "listeners": [
                {"name": "web", "port": 80, "protocol": "HTTP"},
                {"name": "tls", "port": 443, "protocol": "HTTPS", "hostname": "*.shop.lab"},
            ],
        },
        "status": {
            "addresses": [{"type": "IPAddress", "value": "198.18.0.200"}],
            "conditions": [{"type": "Programmed", "status": "False", "reason": "Invalid", "message": "no certificate"}],
        },
    }
    gateway = parse.gateway(item)
    assert gateway.id == "shop/web"
    assert (gateway.gateway_class, gateway.addresses, gateway.defect) == (
        "traefik",
        ("198.18.0.200",),
        "no certificate",
    )
    assert gateway.listeners == (Listener("web", 80, "HTTP"), Listener("tls", 443, "HTTPS", "*.shop.lab"))
    item["status"]["conditions"][0] |= TRUE
    assert parse.gateway(item).defect == ""


def test_an_http_route_keeps_what_a_plain_get_can_ask():
    taken = {"name": "edge", "namespace": "ingress", "sectionName": "web"}
    item = {
        "metadata": META,
        "spec": {
            "hostnames": ["shop.lab"],
            "parentRefs": [taken, {"name": "other"}, {"name": "svc", "kind": "Service"}],
            "rules": [
                {"backendRefs": [{"name": "all", "port": 80}]},
                {
                    "matches": [
                        {"path": {"type": "PathPrefix", "value": "/api"}},
                        {"path": {"type": "RegularExpression", "value": "/a.*"}},
                        {"path": {"value": "/post"}, "method": "POST"},
                    ],
                    "backendRefs": [{"name": "api", "port": 8080, "namespace": "back"}],
                },
            ],
        },
        "status": {
            "parents": [
                {
                    "parentRef": taken,
                    "conditions": [
                        {"type": "Accepted", **TRUE},
                        {"type": "ResolvedRefs", "status": "False", "reason": "BackendNotFound"},
                    ],
                }
            ]
        },
    }
    route = parse.http_route(item)
    assert route.hosts == ("shop.lab",)
    assert route.parents == (
        Parent("ingress/edge", "web", 0, "BackendNotFound"),
        Parent("shop/other", "", 0, "no controller has taken it for Gateway other"),
    )
    assert route.paths == (
        IngressPath("", "/", "all", "80"),
        IngressPath("", "/api", "api", "8080", "back"),
    )


@pytest.mark.parametrize(
    ("ingress", "defect"),
    [
        ([], "no router has admitted it"),
        ([{"conditions": [{"type": "Admitted", **TRUE}]}], ""),
        ([{"conditions": [{"type": "Admitted", "status": "False", "message": "host is taken"}]}], "host is taken"),
    ],
)
def test_an_openshift_route(ingress, defect):
    spec = {
        "host": "shop.apps.example.com",
        "to": {"kind": "Service", "name": "web"},
        "port": {"targetPort": "http"},
        "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
    }
    route = parse.route({"metadata": META, "spec": spec, "status": {"ingress": ingress}})
    assert route.path == IngressPath("shop.apps.example.com", "/", "web", "http")
    assert (route.tls, route.insecure, route.defect) == ("edge", "Redirect", defect)


def test_a_policy_of_another_kind_is_known_by_kind_and_name():
    read = parse.foreign_policy("AdminNetworkPolicy")
    policy = read({"metadata": {"name": "top"}, "spec": {"priority": 5}})
    assert (policy.id, policy.spec) == ("AdminNetworkPolicy top", {"priority": 5})
    assert parse.foreign_policy("CiliumNetworkPolicy")({"metadata": META}).id == "CiliumNetworkPolicy shop/web"
