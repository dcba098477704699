# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateway API, OpenShift Routes and policies of other kinds, as their controllers write them."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse_extensions as parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    IngressPath,
    Listener,
    Parent,
    RouteBackend,
)

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


def test_what_a_listener_allows_and_what_its_controller_says_of_it():
    tls = {"certificateRefs": [{"name": "web-tls"}, {"name": "far", "namespace": "other"}]}
    listener = {"name": "tls", "port": 443, "protocol": "HTTPS", "tls": tls}
    listener["allowedRoutes"] = {"namespaces": {"from": "All"}}
    refs = {"type": "ResolvedRefs", "status": "False", "reason": "InvalidCertificateRef", "message": "no Secret"}
    status = {"listeners": [{"name": "tls", "conditions": [{"type": "Accepted", **TRUE}, refs]}]}
    status["conditions"] = [{"type": "Accepted", "status": "Unknown", "reason": "Pending", "message": "waiting"}]
    gateway = parse.gateway({"metadata": META, "spec": {"listeners": [listener]}, "status": status})
    (found,) = gateway.listeners
    assert (found.allows, found.certificates) == ("All", ("shop/web-tls", "other/far"))
    assert (found.reason, found.defect) == ("InvalidCertificateRef", "no Secret")
    assert (gateway.reason, gateway.defect) == ("Pending", "waiting")


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
    route = parse.gateway_route(item)
    assert route.hosts == ("shop.lab",)
    assert route.parents == (
        Parent("ingress/edge", "web", 0, "BackendNotFound", "", "BackendNotFound", "spec.parentRefs[0]"),
        Parent("shop/other", "", 0, "no controller has taken it for Gateway other", field="spec.parentRefs[1]"),
        Parent("shop/svc", "", 0, "no controller has taken it for Service svc", "Service", "", "spec.parentRefs[2]"),
    )
    api = {"service": "api", "port": "8080", "namespace": "back", "field": "spec.rules[1].backendRefs[0]"}
    assert route.paths == (
        IngressPath("", "/", "all", "80", field="spec.rules[0].backendRefs[0]"),
        IngressPath("", "/api", path_type="PathPrefix", **api),
        IngressPath(
            "", "/a.*", path_type="RegularExpression", needs=("a path that matches a regular expression",), **api
        ),
        IngressPath("", "/post", needs=("method POST",), **api),
    )


def test_what_a_match_wants_and_which_backend_gets_requests():
    backends = [{"name": "off", "port": 1, "weight": 0}, {"name": "old", "port": 80}, {"name": "new", "port": 81}]
    matches = [
        {"headers": [{"name": "x-canary", "value": "1"}], "queryParams": [{"name": "v", "value": "2"}]},
        {"method": {"service": "shop.Cart", "method": "Get"}},
    ]
    route = parse.gateway_route({"metadata": META, "spec": {"rules": [{"matches": matches, "backendRefs": backends}]}})
    assert [path.needs for path in route.paths] == [
        ("header x-canary", "query parameter v"),
        (),
    ]
    assert {(path.service, path.port, path.others) for path in route.paths} == {
        ("old", "80", (RouteBackend("new", "81"),))
    }
    assert [path.field for path in route.paths] == ["spec.rules[0].backendRefs[1]"] * 2
    assert route.paths[0].others[0].field == "spec.rules[0].backendRefs[2]"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"backendRefs": [{"kind": "ServiceImport", "name": "far"}]}, {"backend_kind": "ServiceImport"}),
        ({"filters": [{"type": "RequestRedirect"}]}, {"redirect": True}),
        ({"filters": [{"type": "URLRewrite"}]}, {"rewrite": True}),
        ({"backendRefs": [{"name": "off", "weight": 0}]}, {}),
    ],
)
def test_a_rule_without_a_service(rule, expected):
    route = parse.gateway_route({"metadata": META, "spec": {"rules": [rule]}})
    assert route.paths == (IngressPath(**expected),)


def test_a_peer_authentication():
    spec = {
        "selector": {"matchLabels": {"app": "web"}},
        "mtls": {"mode": "STRICT"},
        "portLevelMtls": {"9090": {"mode": "DISABLE"}},
    }
    found = parse.peer_authentication({"metadata": META, "spec": spec})
    assert (found.mode, found.match_labels, found.port_modes) == ("STRICT", {"app": "web"}, {"9090": "DISABLE"})


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
    assert route.path == IngressPath("shop.apps.example.com", "/", "web", "http", field="spec.to")
    assert (route.tls, route.insecure, route.defect) == ("edge", "Redirect", defect)


def test_the_backends_of_an_openshift_route_are_those_that_get_requests():
    spec = {
        "to": {"kind": "Service", "name": "old", "weight": 0},
        "alternateBackends": [{"kind": "Service", "name": "new", "weight": 256}, None, {"name": "beta"}],
    }
    path = parse.route({"metadata": META, "spec": spec}).path
    assert (path.service, [other.service for other in path.others]) == ("new", ["beta"])


def test_a_policy_of_another_kind_is_known_by_kind_and_name():
    read = parse.foreign_policy("GlobalNetworkPolicy")
    policy = read({"metadata": {"name": "top"}, "spec": {"order": 5}})
    assert (policy.id, policy.spec) == ("GlobalNetworkPolicy top", {"order": 5})
    assert parse.foreign_policy("CiliumNetworkPolicy")({"metadata": META}).id == "CiliumNetworkPolicy shop/web"
