# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways into a cluster by host and path: each host, path and port once, with what keeps it from working."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import Entries, EntryPoint, survey
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Balancer,
    Missing,
    Service,
    ServicePort,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Gateway,
    GatewayRoute,
    Ingress,
    IngressClass,
    IngressPath,
    Listener,
    Parent,
    Route,
)

WEB = IngressPath("a.lab", "/", "web", "80")
INGRESS = Ingress("shop", "web", "nginx", addresses=("198.18.0.200",), paths=(WEB,))


def surveyed(**lists: t.Any) -> Entries:
    snapshot = Snapshot("2026-11-21T09:00:00Z", "https://198.18.0.2:6443", **lists)
    return survey(snapshot, snapshot.services)


def of(**lists: t.Any) -> list[EntryPoint]:
    return surveyed(**lists).http


def unasked(**lists: t.Any) -> list[tuple[str, str]]:
    return [(each.what, each.reason) for each in surveyed(**lists).unasked]


def ways(**lists: t.Any) -> list[tuple[str, int, bool]]:
    return [(entry.host, entry.port, entry.tls) for entry in of(**lists)]


def test_an_ingress_is_served_at_80_and_at_443_for_the_hosts_of_its_tls():
    assert ways(ingresses=[INGRESS]) == [("a.lab", 80, False)]
    other = dataclasses.replace(WEB, host="b.lab")
    both = dataclasses.replace(INGRESS, paths=(WEB, other), tls=True)
    plain = [("a.lab", 80, False), ("b.lab", 80, False)]
    assert sorted(ways(ingresses=[both])) == [plain[0], ("a.lab", 443, True), plain[1], ("b.lab", 443, True)]
    one = dataclasses.replace(both, tls_hosts=("b.lab",))
    assert sorted(ways(ingresses=[one])) == [*plain, ("b.lab", 443, True)]
    (entry,) = of(ingresses=[INGRESS])
    assert (entry.id, entry.addresses, entry.path.service) == ("Ingress shop/web", ("198.18.0.200",), "web")


@pytest.mark.parametrize(
    ("ingress", "lists", "defect"),
    [
        ({}, {}, ""),
        ({"addresses": ()}, {}, "there is no IngressClass nginx; there is none"),
        (
            {"addresses": ()},
            {"ingress_classes": (IngressClass("traefik"), IngressClass("haproxy"))},
            "there is no IngressClass nginx; there is haproxy, traefik",
        ),
        (
            {"addresses": ()},
            {"ingress_classes": (IngressClass("nginx"),)},
            "its controller (class nginx) has given it no address",
        ),
        (
            {"addresses": (), "ingress_class": ""},
            {},
            "it names no IngressClass and the cluster has no default one",
        ),
        ({"addresses": ()}, {"missing": (Missing("ingressclasses", "no right"),)}, "its controller (class nginx)"),
    ],
)
def test_an_ingress_that_nothing_serves_says_why(ingress, lists, defect):
    (entry,) = of(ingresses=[dataclasses.replace(INGRESS, **ingress)], **lists)
    assert entry.defect.startswith(defect)
    assert bool(entry.defect) == bool(defect)


def gateway(**listener: t.Any) -> dict[str, t.Any]:
    one = Listener(**{"name": "web", "port": 8080, "protocol": "HTTP", **listener})
    return {"gateways": [Gateway("infra", "gw", addresses=("198.18.0.201",), listeners=(one,))]}


def http_route(*hosts: str, **parent: t.Any) -> dict[str, t.Any]:
    paths = (dataclasses.replace(WEB, host=""),)
    return {
        "http_routes": [
            GatewayRoute("shop", "r", hosts=hosts, parents=(Parent(**{"gateway": "infra/gw", **parent}),), paths=paths)
        ]
    }


@pytest.mark.parametrize(
    ("listened", "wanted", "hosts"),
    [
        ("", (), [""]),
        ("a.lab", (), ["a.lab"]),
        ("", ("a.lab", "b.lab"), ["a.lab", "b.lab"]),
        ("*.lab", ("a.lab", "x.a.lab", "a.other"), ["a.lab", "x.a.lab"]),
        ("a.lab", ("*.lab",), ["a.lab"]),
        ("a.lab", ("b.lab",), []),
        ("lab", ("*.lab",), []),
    ],
)
def test_a_route_has_the_hosts_that_its_listener_has_too(listened, wanted, hosts):
    found = of(**gateway(host=listened), **http_route(*wanted))
    assert [entry.host for entry in found] == hosts
    assert all((entry.path.host, entry.path.namespace) == (entry.host, "shop") for entry in found)


@pytest.mark.parametrize(
    ("listener", "parent", "port", "tls"),
    [
        ({}, {}, 8080, False),
        ({"protocol": "HTTPS", "port": 443}, {}, 443, True),
        ({}, {"listener": "web", "port": 8080}, 8080, False),
        ({}, {"listener": "other"}, 0, False),
        ({}, {"port": 80}, 0, False),
        ({"protocol": "TCP"}, {}, 0, False),
        ({}, {"gateway": "infra/gone"}, 0, False),
    ],
)
def test_a_route_is_served_by_the_listeners_that_it_names(listener, parent, port, tls):
    found = of(**gateway(**listener), **http_route("a.lab", **parent))
    assert [(entry.port, entry.tls, entry.id) for entry in found] == [(port, tls, "HTTPRoute shop/r")] * bool(port)


def test_what_a_gateway_says_of_itself_and_of_a_route_is_its_defect():
    lists = gateway()
    broken = [dataclasses.replace(lists["gateways"][0], defect="not programmed")]
    assert of(gateways=broken, **http_route("a.lab"))[0].defect == "not programmed"
    assert of(gateways=broken, **http_route("a.lab", defect="not accepted"))[0].defect == "not accepted"


@pytest.mark.parametrize(
    ("tls", "insecure", "ports"),
    [
        ("", "", [(80, False)]),
        ("edge", "", [(443, True)]),
        ("edge", "Allow", [(80, False), (443, True)]),
        ("edge", "Redirect", [(80, False), (443, True)]),
        ("edge", "None", [(443, True)]),
    ],
)
def test_a_route_of_openshift_is_served_in_plain_where_its_policy_says_so(tls, insecure, ports):
    found = of(routes=[Route("shop", "web", WEB, tls=tls, insecure=insecure)])
    assert [(entry.port, entry.tls) for entry in found] == ports


def test_what_a_plain_get_cannot_ask_is_named():
    lists = gateway()
    path = dataclasses.replace(WEB, host="", path="/x", needs=("method POST", "header x-canary"))
    route = GatewayRoute("shop", "r", parents=(Parent("infra/gw"),), paths=(path,))
    assert not of(http_routes=[route], **lists)
    assert unasked(http_routes=[route], **lists) == [
        (
            "HTTPRoute shop/r path /x",
            "it takes requests with method POST, header x-canary, and a probe sends a plain GET",
        )
    ]


@pytest.mark.parametrize(
    ("parent", "fields", "reason"),
    [
        ({"gateway": "infra/gone"}, {}, "its Gateway infra/gone does not exist"),
        (
            {"gateway": "infra/gone"},
            {"missing": (Missing("gateways", "no right"),)},
            "its Gateway infra/gone could not",
        ),
        ({"gateway": "shop/web", "kind": "Service"}, {}, "its parent is the Service shop/web, not a Gateway"),
    ],
)
def test_a_route_without_a_gateway_is_named(parent, fields, reason):
    ((what, said),) = unasked(**gateway(), **http_route("a.lab", **parent), **fields)
    assert what == "HTTPRoute shop/r"
    assert said.startswith(reason)


def test_an_ingress_at_a_controller_without_port_80():
    edge = Service("edge", "lb", "LoadBalancer", balancers=(Balancer("198.18.0.200"),), ports=(ServicePort(443),))
    lists = {"ingresses": [dataclasses.replace(INGRESS, tls=True)], "services": (edge,)}
    assert ways(**lists) == [("a.lab", 443, True)]
    assert unasked(**lists) == [("Ingress shop/web port 80", "Service edge/lb, whose address it has, has no port 80")]


def test_grpc_and_tls_routes_stand_apart():
    tls = {"protocol": "TLS", "port": 8443, "name": "pass"}
    listeners = (Listener("web", 8080), Listener(**tls))
    lists = {"gateways": [Gateway("infra", "gw", addresses=("198.18.0.201",), listeners=listeners)]}
    paths = (WEB, dataclasses.replace(WEB, path="/a.B", needs=("header x",)))
    route = GatewayRoute("shop", "r", ("a.lab",), (Parent("infra/gw"),), paths)
    found = surveyed(grpc_routes=(route,), tls_routes=(route,), **lists)
    assert not found.http
    (left,) = found.unasked
    assert left.what == "GRPCRoute shop/r path /a.B"
    assert left.reason == "it takes requests with header x, and a probe sends a plain call of a method"
    assert [(each.kind, each.host, each.port, each.tls) for each in found.others] == [
        ("GRPCRoute", "a.lab", 8080, False),
        ("TLSRoute", "a.lab", 8443, True),
    ]


def test_tcp_and_udp_routes_are_at_the_port_of_a_listener_of_theirs():
    named = (
        ("web", 8080, "HTTP"),
        ("pass", 8443, "TLS"),
        ("db", 5432, "TCP"),
        ("more", 5433, "TCP"),
        ("dns", 53, "UDP"),
    )
    listeners = tuple(Listener(*each) for each in named)
    lists = {"gateways": [Gateway("infra", "gw", addresses=("198.18.0.201",), listeners=listeners)]}
    everywhere = GatewayRoute("shop", "r", (), (Parent("infra/gw"),), (WEB,))
    at_one = GatewayRoute("shop", "s", (), (Parent("infra/gw", "db"),), (WEB,))
    found = surveyed(tcp_routes=(everywhere, at_one), udp_routes=(everywhere,), **lists)
    assert not found.http
    assert not found.unasked
    assert [(each.kind, each.name, each.host, each.port, each.tls) for each in found.others] == [
        ("TCPRoute", "r", "", 5432, False),
        ("TCPRoute", "r", "", 5433, False),
        ("TCPRoute", "s", "", 5432, False),
        ("UDPRoute", "r", "", 53, False),
    ]
