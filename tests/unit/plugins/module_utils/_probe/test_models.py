# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the models ask beyond Pods and ClusterIPs: a line for each question."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ApiEndpoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Gateway,
    GatewayRoute,
    IngressPath,
    Listener,
    Parent,
    Route,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

OUTSIDE = Source("outside/controller", kind="outside", addresses=("198.18.0.100",))
WEB = "shop/web-1/app"


def asked(model, source=WEB, protocols=("tcp", "http", "https", "tls", "dns"), internet=(), also=None, **lists):
    """The questions of one source in one model, each as ``protocol via host:port path``."""
    snapshot = cluster.snapshot(**lists)
    for name, value in (also or {}).items():
        object.__setattr__(snapshot, name, value)
    facts = Facts(snapshot)
    chosen = selection.select(facts, None, None, plan.kinds([model]), internet, (OUTSIDE,))
    layout = plan.make(facts, chosen, [model], Options(protocols))
    return [
        " ".join(
            filter(
                None,
                (
                    probe.protocol,
                    f"({probe.via})",
                    f"{probe.host}:{probe.port}",
                    probe.path,
                    probe.server_name and f"for {probe.server_name}",
                    probe.dns_server and f"by {probe.dns_server}",
                ),
            )
        )
        for probe in layout.probes.get(source, [])
    ]


def test_a_pod_asks_its_own_service_until_it_has_met_itself():
    assert asked("pod_to_self_service") == ["tcp (address) 10.96.0.5:80"]
    assert asked("pod_to_self_service", "shop/db-1/app") == ["tcp (address) 10.96.0.6:5432"]


def test_a_headless_service_is_its_endpoints_each_by_address_and_by_name():
    service = cluster.service("db", ports=[{"port": 5432}], clusterIPs=["None"])
    part = cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", True))
    part["endpoints"][0]["hostname"] = "db-1"
    part["endpoints"].append({"addresses": ["10.0.1.3"], "conditions": {"ready": False}})
    full = "db.shop.svc.cluster.local."
    assert asked("pod_to_headless", services=[service], endpoint_slices=[part]) == [
        f"dns (fqdn.) {full}:0",
        "tcp (address) 10.0.1.2:5432",
        f"tcp (name) db-1.{full}:5432",
    ]


def test_a_load_balancer_is_asked_at_the_services_port():
    service = cluster.service("web", "10.96.0.5", ports=[{"port": 80, "nodePort": 30080}], type="LoadBalancer")
    service["spec"]["externalIPs"] = ["203.0.113.9"]
    service["status"] = {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}, {"hostname": "lb.example.com"}]}}
    wanted = [
        "tcp (address) 198.18.0.200:80",
        "tcp (name) lb.example.com:80",
        "tcp (address 203.0.113.9) 203.0.113.9:80",
    ]
    assert asked("pod_to_loadbalancer", protocols=("tcp",), services=[service]) == wanted
    assert asked("outside_to_loadbalancer", OUTSIDE.id, ("tcp",), services=[service]) == wanted
    assert asked("outside_to_nodeport", OUTSIDE.id, ("tcp",), services=[service]) == [
        "tcp (address) 198.18.0.11:30080",
        "tcp (address) 198.18.0.12:30080",
    ]


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


API = {"api_addresses": ("10.96.0.1",), "api_endpoints": (ApiEndpoint("198.18.0.2", 6443),)}


def test_the_api_server_by_name_by_address_and_each_instance():
    assert asked("pod_to_apiserver", also=API) == [
        "https (name.namespace) kubernetes.default:443 /version",
        "https (fqdn) kubernetes.default.svc.cluster.local:443 /version",
        "https (fqdn.) kubernetes.default.svc.cluster.local.:443 /version",
        "https (address) 10.96.0.1:443 /version",
        "https (address) 198.18.0.2:6443 /version",
    ]


def test_each_name_server_is_asked_for_both_kinds_of_name_both_ways():
    found = asked("pod_to_dns", internet=[{"host": "www.example.com", "port": 80}], also=API)
    assert len(found) == 12
    assert found[:4] == [
        "dns (cluster name, udp) kubernetes.default.svc.cluster.local.:0 by @1",
        "dns (cluster name, tcp) kubernetes.default.svc.cluster.local.:0 by @1",
        "dns (outside name, udp) www.example.com.:0 by @1",
        "dns (outside name, tcp) www.example.com.:0 by @1",
    ]


def test_the_internet_is_what_the_user_says():
    internet = [{"host": "198.18.1.80"}, {"host": "www.example.com", "port": 443, "protocol": "https", "path": "/x"}]
    found = asked("pod_to_internet", protocols=("icmp", "https"), internet=internet)
    assert found == ["icmp (address) 198.18.1.80:0", "https (name) www.example.com:443 /x"]


def test_nodes_ask_pods_services_and_the_ports_that_they_need_of_each_other():
    nodes = [cluster.node("cp", "198.18.0.2"), cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12")]
    nodes[0]["metadata"]["labels"] = {"node-role.kubernetes.io/control-plane": ""}
    assert asked("node_to_pod", "node/w2", ("tcp",), nodes=nodes) == [
        "tcp (address) 10.0.1.1:8080",
        "tcp (address) 10.0.2.1:8080",
        "tcp (address) 10.0.1.2:5432",
    ]
    assert asked("node_to_service", "node/w2", ("tcp", "dns"), nodes=nodes) == [
        "tcp (address) 10.96.0.5:80",
        "tcp (address) 10.96.0.6:5432",
    ]
    assert asked("node_to_node", "node/w2", nodes=nodes) == ["https (address) 198.18.0.2:6443 /healthz"]
    assert asked("node_to_node", "node/cp", nodes=nodes) == [
        "https (address) 198.18.0.11:10250 /healthz",
        "https (address) 198.18.0.12:10250 /healthz",
    ]


def test_udp_and_dns_ports_are_asked_as_what_they_are():
    ports = [{"containerPort": 53, "name": "dns", "protocol": "UDP"}, {"containerPort": 9, "protocol": "UDP"}]
    pods = [cluster.pod("web-1", "w1", "10.0.1.1"), cluster.pod("ns-1", "w1", "10.0.1.53", ports=ports)]
    found = asked("pod_to_pod_same_node", protocols=("dns", "udp"), pods=pods)
    assert found == [
        "dns (address) kubernetes.default.svc.cluster.local.:0 by 10.0.1.53#53",
        "udp (address) 10.0.1.53:9",
    ]
