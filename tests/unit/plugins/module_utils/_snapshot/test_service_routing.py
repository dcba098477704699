# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which endpoints kube-proxy uses: the cases of its own tests (pkg/proxy/topology_test.go), in our words, and more."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse, service_routing
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Balancer,
    Container,
    ContainerPort,
    Endpoint,
    Pod,
    Service,
    ServicePort,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import Backend
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

INTERNAL, EXTERNAL = "internal_local", "external_local"
#: Of one endpoint: a letter for each zone that its hints name, R (ready), U (not ready) or T (serving and terminating),
#: and ! where it is on the node that looks.
#: Name -> zone of the node, Local policies, externally accessible, endpoints, and those that are used: of policy
#: Cluster, of policy Local (None where no traffic has it), of both; whether any node could use one.
UPSTREAM = {
    "hints": ("a", (), False, "aR bR cR aR", "03", None, "03", True),
    "eTP Local ignores hints": ("a", (EXTERNAL,), True, "aR! bR! cR aR", "03", "01", "013", True),
    "iTP Local ignores hints": ("a", (INTERNAL,), True, "aR! bR! cR aR", "03", "01", "013", True),
    "no zone label": ("", (), False, "aR", "0", None, "0", True),
    "no endpoint in the zone": ("b", (), False, "aR", "0", None, "0", True),
    "an unready endpoint": ("a", (), False, "aR bR cR aU", "0", None, "0", True),
    "only unready ones in the zone": ("a", (), False, "aU bR cR aU", "12", None, "12", True),
    "a hint is missing": ("a", (), False, "aR bR R aR", "0123", None, "0123", True),
    "many hints": ("c", (), False, "abcR bcR bdR cR", "013", None, "013", True),
    "hints and Local are merged": ("a", (EXTERNAL,), True, "aR! bR! aR bR", "02", "01", "012", True),
    "iTP Local, no endpoints": ("", (INTERNAL,), False, "", None, "", "", False),
    "iTP Local, all remote": ("", (INTERNAL,), False, "R R", None, "", "", True),
    "iTP Local, all local": ("", (INTERNAL,), False, "R! R!", None, "01", "01", True),
    "iTP Local, some local": ("", (INTERNAL,), False, "R! R", None, "0", "0", True),
    "none ready": ("", (), False, "U U", "", None, "", False),
    "some ready": ("", (), False, "U R", "1", None, "1", True),
    "all terminating": ("", (), False, "T! T", "01", None, "01", True),
    "iTP Local, eTP Cluster": ("", (INTERNAL,), True, "R! R", "01", "0", "01", True),
    "iTP Cluster, eTP Local": ("", (EXTERNAL,), True, "R! R", "01", "0", "01", True),
    "both Local": ("", (INTERNAL, EXTERNAL), True, "R! R", "01", "0", "01", True),
    "both Local, all remote": ("", (INTERNAL, EXTERNAL), True, "R R", "01", "", "01", True),
    "both Local, all remote and terminating": ("", (INTERNAL, EXTERNAL), True, "T T", "01", "", "01", True),
    "eTP Local, terminating": ("", (EXTERNAL,), True, "R U! T! T", "0", "2", "02", True),
    "eTP Local, not externally accessible": ("", (EXTERNAL,), False, "R R!", "01", None, "01", True),
    "iTP Local, internal only": ("", (INTERNAL,), False, "R R!", None, "1", "1", True),
}


def endpoint(number: int, text: str) -> Backend:
    state = text.strip("!abcd")
    here = "here" if text.endswith("!") else "elsewhere"
    zones = tuple(letter for letter in text if letter in "abcd")
    fading = state == "T"
    return Backend(Endpoint((f"10.0.0.{number}",), state == "R", state != "U", fading, here, for_zones=zones), 80)


def numbers(backends) -> str | None:
    return None if backends is None else "".join(sorted(each.address[-1] for each in backends))


@pytest.mark.parametrize("name", UPSTREAM)
def test_as_kube_proxy_does(name):
    zone, policies, external, texts, *expected = UPSTREAM[name]
    there = [endpoint(number, text) for number, text in enumerate(texts.split())]
    found = service_routing.categorize(there, "here", zone, **dict.fromkeys(policies, True), external=external)
    assert [*map(numbers, (found.cluster, found.local, found.reachable)), found.anywhere] == expected


@pytest.mark.parametrize(
    ("nodes", "zones", "used", "mode"),
    [
        (["here", "far"], ["", ""], "0", "PreferSameNode"),
        (["here", "far"], ["a", "a"], "0", "PreferSameNode"),
        (["there", "far"], ["a", "b"], "0", "PreferSameZone"),
        (["here", ""], ["", ""], "01", ""),
        (["here", ""], ["b", "a"], "1", "PreferSameZone"),
        (["there", "far"], ["b", "b"], "01", ""),
    ],
)
def test_the_same_node_goes_before_the_same_zone(nodes, zones, used, mode):
    there = [
        Backend(
            Endpoint((f"10.0.0.{place}",), for_nodes=(node,) if node else (), for_zones=(zone,) if zone else ()), 80
        )
        for place, (node, zone) in enumerate(zip(nodes, zones, strict=True))
    ]
    found = service_routing.categorize(there, "here", "a")
    assert (numbers(found.cluster), found.mode) == (used, mode)


PORT = ServicePort(80, "http", node_port=30080)
BOTH = [endpoint(0, "R!"), endpoint(1, "R")]


@pytest.mark.parametrize(
    ("policies", "outside", "there", "used", "reason"),
    [
        ({}, False, BOTH, "01", "2 ready endpoints"),
        ({"internal_traffic_policy": "Local"}, False, BOTH, "0", "1 ready endpoint on node here (internalTraffic"),
        ({"internal_traffic_policy": "Local"}, True, BOTH, "01", "2 ready endpoints"),
        ({"external_traffic_policy": "Local"}, False, BOTH, "01", "2 ready endpoints"),
        ({"external_traffic_policy": "Local"}, True, BOTH[1:], "", "no ready endpoints on node here (external"),
        ({}, True, [endpoint(0, "T")], "0", "1 terminating endpoint that still serves, since none is ready"),
        ({}, False, [], "", "no ready endpoints"),
    ],
)
def test_where_a_connection_goes(policies, outside, there, used, reason):
    service = Service("shop", "web", "NodePort", **policies)
    found = service_routing.route(there, service, PORT, "IPv4", "here", "", outside)
    assert numbers(found.backends) == used
    assert found.reason.startswith(reason)
    assert found.elsewhere == (not used and bool(there))


def test_serving_while_terminating_on_the_node_that_is_asked():
    """Truth T24: the only endpoint of the node terminates, others are ready elsewhere."""
    service = Service("shop", "web", "NodePort", external_traffic_policy="Local")
    there = [endpoint(0, "T!"), endpoint(1, "R")]
    found = service_routing.route(there, service, PORT, "IPv4", "here", "", from_outside=True)
    assert numbers(found.backends) == "0"


def test_two_numbers_behind_one_name():
    """Truth T18: each endpoint at the port of its own slice, whichever slice comes first."""
    service = parse.service(cluster.service("web", "10.96.0.5", ports=[{"port": 80, "name": "http"}]))
    parts = [
        cluster.endpoint_slice("web", "IPv4", {"name": "http", "port": number}, (address, "w1", "web-1", True))
        for number, address in ((8080, "10.0.1.1"), (9376, "10.0.1.2"))
    ]
    parts.append(cluster.endpoint_slice("web", "IPv6", {"name": "http", "port": 1}, ("fd00::1", "w1", "web-1", True)))
    parts.append(cluster.endpoint_slice("web", "IPv4", {"name": "other", "port": 2}, ("10.0.1.3", "w1", "w", True)))
    for order in (parts, parts[::-1]):
        facts = Facts(cluster.snapshot(services=[], endpoint_slices=order))
        found = facts.backends(service, service.ports[0], "IPv4")
        assert {(each.address, each.port) for each in found} == {("10.0.1.1", 8080), ("10.0.1.2", 9376)}


def test_an_endpoint_that_moves_between_slices_counts_once():
    service = parse.service(cluster.service("web", "10.96.0.5", ports=[{"port": 80}]))
    parts = [
        parse.endpoint_slice(
            cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", is_ready))
        )
        for is_ready in (False, True)
    ]
    (found,) = service_routing.backends_of(parts, service, service.ports[0], "IPv4")
    assert found.endpoint.ready


def test_hints_are_read_with_the_zone_of_the_node():
    item = cluster.endpoint_slice(
        "web", "IPv4", {"port": 80}, ("10.0.1.1", "w1", "web-1", True), ("10.0.2.1", "w2", "web-2", True)
    )
    for entry, zone in zip(item["endpoints"], ("a", "b"), strict=True):
        entry |= {"zone": zone, "hints": {"forZones": [{"name": zone}]}}
    node = cluster.node("w1", "198.18.0.11")
    node["metadata"]["labels"] = {"topology.kubernetes.io/zone": "a"}
    facts = Facts(cluster.snapshot(nodes=[node, cluster.node("w2", "198.18.0.12")], endpoint_slices=[item]))
    service = facts.services["shop/web"]
    assert [each.address for each in facts.routed(service, service.ports[0], "IPv4", "w1").backends] == ["10.0.1.1"]
    assert facts.routed(service, service.ports[0], "IPv4", "w1").reason.endswith(
        "for zone a by the hints of its EndpointSlices"
    )
    assert len(facts.routed(service, service.ports[0], "IPv4", "w2").backends) == 2


RANGED = Service("shop", "web", load_balancer_source_ranges=("198.18.0.50/32", "10.0.0.0/8"))


@pytest.mark.parametrize(
    ("address", "let_in"), [("198.18.0.50", True), ("198.18.0.51", False), ("10.9.9.9", True), ("fd00::1", True)]
)
def test_source_ranges_count_in_their_own_family(address, let_in):
    said = service_routing.admits(RANGED, address)
    assert (said == "") is let_in
    assert let_in or f"(198.18.0.50/32, 10.0.0.0/8) leave {address} out" in said
    assert not service_routing.admits(dataclasses.replace(RANGED, load_balancer_source_ranges=()), address)


def test_what_makes_a_port_externally_accessible():
    plain = ServicePort(80)
    for service, family, wanted in (
        (Service("s", "w"), "IPv4", False),
        (Service("s", "w", balancers=(Balancer("198.18.0.9"),)), "IPv4", True),
        (Service("s", "w", balancers=(Balancer("198.18.0.9"),)), "IPv6", False),
        (Service("s", "w", balancers=(Balancer("198.18.0.9", ip_mode="Proxy"),)), "IPv4", False),
        (Service("s", "w", external_ips=("fd00::9",)), "IPv6", True),
    ):
        assert service_routing.externally_accessible(service, plain, family) is wanted
    assert service_routing.externally_accessible(Service("s", "w"), PORT, "IPv6")


def test_families_of_a_service():
    assert service_routing.families_of(Service("s", "w", cluster_ips=("10.0.0.1", "fd00::1"))) == ("IPv4", "IPv6")
    assert service_routing.families_of(Service("s", "w", ip_families=("IPv6",))) == ("IPv6",)


@pytest.mark.parametrize(
    ("target", "number"),
    [("", 80), ("9090", 9090), ("http", 8080), ("dns", 5353), ("nosuch", 0)],
    ids=["none", "number", "name", "other protocol", "no"],
)
def test_the_port_of_a_service_in_a_pod(target: str, number: int):
    ports = (ContainerPort(8080, "http"), ContainerPort(53, "dns", "UDP"), ContainerPort(5353, "dns"))
    pod = Pod("shop", "web-1", containers=(Container("web", ports=ports),))
    assert service_routing.port_in_pod(pod, ServicePort(80, target_port=target)) == number
