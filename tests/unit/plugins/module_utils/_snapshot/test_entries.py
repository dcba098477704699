# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways into a cluster by host and path: each host, path and port once, with what keeps it from working."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint, survey
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing, Snapshot
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


def of(**lists: t.Any) -> list[EntryPoint]:
    snapshot = Snapshot("2026-11-21T09:00:00Z", "https://198.18.0.2:6443", **lists)
    return survey(snapshot, snapshot.services).http


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


def test_what_a_plain_get_cannot_ask_is_left_out_with_the_reason():
    lists = {**gateway(), **http_route("a.lab")}
    route = lists["http_routes"][0]
    needs = dataclasses.replace(route.paths[0], path="/post", needs=("method POST",))
    mesh = dataclasses.replace(route, name="mesh", parents=(Parent("shop/web", kind="Service"),))
    lists["http_routes"] = [dataclasses.replace(route, paths=(*route.paths, needs)), mesh]
    lists["grpc_routes"] = [dataclasses.replace(route, name="grpc")]
    snapshot = Snapshot("2026-11-21T09:00:00Z", "https://198.18.0.2:6443", **lists)
    found = survey(snapshot, ())
    assert [entry.name for entry in found.http] == ["r"]
    assert [entry.id for entry in found.others] == ["GRPCRoute shop/grpc"]
    assert [(each.what, each.reason) for each in found.unasked] == [
        ("HTTPRoute shop/r path /post", "it takes requests with method POST, and a probe sends a plain GET"),
        ("HTTPRoute shop/mesh", "its parent is the Service shop/web, not a Gateway"),
    ]


@pytest.mark.parametrize(
    ("missing", "reason"),
    [((), "its Gateway infra/gw does not exist"), ((Missing("gateways", "no right"),), "could not be read: no right")],
)
def test_a_route_without_its_gateway_says_why(missing, reason):
    snapshot = Snapshot("2026-11-21T09:00:00Z", "https://198.18.0.2:6443", missing=missing, **http_route("a.lab"))
    (left_out,) = survey(snapshot, ()).unasked
    assert reason in left_out.reason
