# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts and paths of Ingresses and of routes, by name and by address."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import entry_backends as backends
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    EntryReference,
    Gateway,
    GatewayRoute,
    IngressPath,
    Listener,
    Parent,
    Route,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
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


GRPC = GatewayRoute("shop", "g", ("g.lab",), (Parent("edge/gw"),), (IngressPath("", "/", "web", "80"),))


def test_methods_of_grpc_are_called_and_tls_routes_are_asked_by_a_connection():
    listeners = (Listener("web", 8000, "HTTP"), Listener("tls", 8443, "HTTPS"), Listener("pass", 9443, "TLS"))
    gateways = (Gateway("edge", "gw", "traefik", ("198.18.0.202",), listeners),)
    assert asked("pod_to_ingress", also={"gateways": gateways, "grpc_routes": (GRPC,)}) == [
        "http (name) g.lab:8000 /kubewire.Probe/Probe by h2",
        "http (address) 198.18.0.202:8000 /kubewire.Probe/Probe for g.lab by h2",
        "https (name) g.lab:8443 /kubewire.Probe/Probe by h2",
        "tls (name) g.lab:8443",
        "https (address) 198.18.0.202:8443 /kubewire.Probe/Probe for g.lab by h2",
        "tls (address) 198.18.0.202:8443 for g.lab",
    ]
    assert asked("pod_to_ingress", also={"gateways": gateways, "tls_routes": (GRPC,)}) == [
        "tls (name) g.lab:9443",
        "tls (address) 198.18.0.202:9443 for g.lab",
    ]


def test_routes_of_tcp_and_udp_are_asked_by_the_address_of_their_gateway():
    listeners = (Listener("db", 5432, "TCP"), Listener("dns", 53, "UDP"))
    gateways = (Gateway("edge", "gw", "traefik", ("198.18.0.202",), listeners),)
    route = dataclasses.replace(GRPC, hosts=())
    also = {"gateways": gateways, "tcp_routes": (route,), "udp_routes": (route,)}
    assert asked("pod_to_ingress", protocols=("tcp", "udp"), also=also) == [
        "tcp (address) 198.18.0.202:5432",
        "udp (address) 198.18.0.202:53",
    ]


@pytest.mark.parametrize(
    ("path", "path_type", "called"),
    [("/a.B/Get", "Exact", "/a.B/Get"), ("/a.B", "PathPrefix", "/a.B/Probe"), ("/", "", "/kubewire.Probe/Probe")],
)
def test_the_method_of_a_route_is_called_or_one_that_nobody_has(path, path_type, called):
    gateways = (Gateway("edge", "gw", "traefik", ("198.18.0.202",), (Listener("web", 8000, "HTTP"),)),)
    route = dataclasses.replace(GRPC, paths=(IngressPath("", path, "web", "80", path_type=path_type),))
    found = asked("pod_to_ingress", also={"gateways": gateways, "grpc_routes": (route,)})
    own = f"http (address) 198.18.0.202:8000 {called} for g.lab by h2"
    assert found == [f"http (name) g.lab:8000 {called} by h2", own]


def test_an_ingress_whose_service_speaks_grpc_is_called_by_tls_alone():
    services = [cluster.service("web", "10.96.0.5", ports=[{"name": "grpc", "port": 80}])]
    found = asked("pod_to_ingress", ingresses=[INGRESS], services=services)
    calls = [each for each in found if " by h2" in each]
    assert {each.partition(" ")[0] for each in calls} == {"http", "https"}
    assert all(each.endswith("never") == each.startswith("http ") for each in calls)


def with_paths(*paths):
    backend = {"service": {"name": "web"}}
    rules = [
        {"host": "a.lab", "http": {"paths": [{"path": p, "pathType": kind, "backend": backend} for p, kind in paths]}}
    ]
    return {**INGRESS, "spec": {"ingressClassName": "traefik", "rules": rules}}


@pytest.mark.parametrize(
    ("paths", "wanted"),
    [
        ([("/x", "Exact")], ["/x", "/x/"]),
        ([("/x/", "Exact")], ["/x/", "/x"]),
        ([("/x", "Prefix")], ["/x"]),
        ([("/", "Exact")], ["/"]),
        ([("/x", "Exact"), ("/x/", "Exact")], ["/x", "/x/"]),
        ([("/x", "Exact"), ("/", "Prefix")], ["/x", "/"]),
    ],
)
def test_an_exact_path_is_asked_with_and_without_the_slash_at_its_end(paths, wanted):
    found = asked("pod_to_ingress", protocols=("http",), ingresses=[with_paths(*paths)])
    assert [line.split()[-1] for line in found if "(name)" in line] == wanted


def test_each_address_is_asked_by_icmp_once():
    assert asked("pod_to_ingress", protocols=("icmp",), ingresses=[INGRESS]) == ["icmp (address) 198.18.0.201:0"]


@pytest.mark.parametrize("families", [["IPv4"], ["IPv6"], ["IPv4", "IPv6"]])
def test_an_ingress_known_by_a_host_name_is_asked_in_the_families_of_the_service_that_has_it(families):
    named = {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}
    ips = [{"IPv4": "10.96.0.9", "IPv6": "fd00:10:96::9"}[each] for each in families]
    spec = {"type": "LoadBalancer", "clusterIPs": ips, "clusterIP": ips[0], "ipFamilies": families}
    ports = [{"name": "web", "port": 80}]
    edge = {"metadata": {"namespace": "edge", "name": "lb"}, "spec": {**spec, "ports": ports}, "status": named}
    both = cluster.pod("web-1", "w1", "10.0.1.1")
    both["status"]["podIPs"] = [{"ip": "10.0.1.1"}, {"ip": "fd00:1::1"}]
    lists = {"ingresses": [{**with_paths(("/x", "Prefix")), "status": named}], "services": [edge], "pods": [both]}
    facts = Facts(cluster.snapshot(**lists))
    assert backends.families(facts, facts.entries[0]) == tuple(families)
    assert asked("pod_to_ingress", protocols=("http",), **lists) == ["http (name) a.lab:80 /x"] * len(families)


RULE = "spec.rules[0].http.paths[0]"


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"host": "www.shop.lab"}, "http (address) 198.18.0.201:80 / for www.shop.lab"),
        (
            {"host": "shop.lab", "below": "/pages"},
            "http (address) 198.18.0.201:80 /pages/kubewire for shop.lab",
        ),
        ({"host": "www.shop.lab", "port": 443}, "https (address) 198.18.0.201:443 / for www.shop.lab"),
    ],
)
def test_a_url_of_the_pod_that_nothing_serves_is_asked_by_that_pod_alone(more, wanted):
    reference = EntryReference("shop/web-1", "", 80, "198.18.0.201", "Ingress shop/web", RULE, where="spec.x")
    also = {"entry_references": (dataclasses.replace(reference, **more),) * 2}
    every = asked("pod_to_ingress", ingresses=[INGRESS], also=also)
    assert set(every) - set(asked("pod_to_ingress", ingresses=[INGRESS])) == {wanted}
    assert every.count(wanted) == 1
    others = asked("pod_to_ingress", "shop/web-2/app", ingresses=[INGRESS], also=also)
    assert wanted not in others
    outside = asked("outside_to_ingress", OUTSIDE.id, ingresses=[INGRESS], also=also)
    assert wanted not in outside
