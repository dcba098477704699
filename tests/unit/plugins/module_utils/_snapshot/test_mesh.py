# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mesh takes a Pod's traffic, as its injector leaves the Pod."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import mesh
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Container,
    PeerAuthentication,
    Pod,
)

STATUS = {"sidecar.istio.io/status": "set"}


def pod(*containers: str, init: tuple[str, ...] = (), native: bool = False, **more) -> Pod:
    there = [Container(name, restart_policy="Always" if native and name != "app" else "") for name in containers]
    return Pod("shop", "web-1", containers=tuple(there), init_containers=init, **more)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pod("app", "istio-proxy", init=("istio-init",)), ("istio", "yes", False)),
        (pod("app", "istio-proxy", init=("istio-init",), native=True), ("istio", "yes", True)),
        (pod("app", "istio-proxy", annotations=STATUS), ("istio", "yes", False)),
        (pod("app", "istio-proxy"), ("istio", "unknown", False)),
        (pod("app", "linkerd-proxy", init=("linkerd-init",)), ("linkerd", "yes", False)),
        (pod("app", "linkerd-proxy", init=("linkerd-network-validator",), native=True), ("linkerd", "yes", True)),
        (pod("app", "consul-dataplane"), ("consul", "no", False)),
        (
            pod("app", "consul-dataplane", annotations={"consul.hashicorp.com/transparent-proxy-status": "enabled"}),
            ("consul", "yes", False),
        ),
        (pod("app", "kuma-sidecar", init=("kuma-init",)), ("kuma", "yes", False)),
        (pod("app", "envoy", init=("osm-init",)), ("osm", "yes", False)),
        (pod("app", "envoy"), None),
        (pod("app"), None),
        (pod("app", "istio-proxy", init=("istio-init",), host_network=True), None),
        (pod("app", labels={mesh.AMBIENT: "ambient"}), ("istio", "yes", False)),
        (pod("app", labels={mesh.AMBIENT: "none"}), None),
    ],
)
def test_the_mesh_of_a_pod(given, expected):
    found = mesh.of_pod(given, {})
    assert (found and (found.name, found.takes, found.native)) == expected


def test_a_namespace_in_ambient_mode():
    labels = {mesh.AMBIENT: "ambient"}
    found = mesh.of_pod(pod("app"), labels)
    assert found is not None
    assert (found.container, found.reason) == ("", "its namespace is in Istio's ambient mode")
    assert mesh.of_pod(pod("app", labels={mesh.AMBIENT: "none"}), labels) is None


def test_ports_that_a_sidecar_leaves_alone():
    annotations = {
        **STATUS,
        "traffic.sidecar.istio.io/excludeOutboundPorts": "5432, 6379,x",
        "traffic.sidecar.istio.io/excludeInboundPorts": "9090",
    }
    found = mesh.of_pod(pod("app", "istio-proxy", annotations=annotations), {})
    assert found is not None
    assert [found.takes_port(port) for port in (5432, 6379, 80)] == ["no", "no", "yes"]
    assert found.wants_mtls(9090) == "off"
    spared = {"config.linkerd.io/skip-outbound-ports": "4000-4002,1-99999999"}
    found = mesh.of_pod(pod("app", "linkerd-proxy", init=("linkerd-init",), annotations=spared), {})
    assert found is not None
    assert [found.takes_port(port) for port in (4001, 80)] == ["no", "yes"]
    only = {**STATUS, "traffic.sidecar.istio.io/includeOutboundPorts": "80"}
    found = mesh.of_pod(pod("app", "istio-proxy", annotations=only), {})
    assert found is not None
    assert [found.takes_port(port) for port in (80, 81)] == ["yes", "no"]


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("includeOutboundIPRanges", "", "no"),
        ("includeOutboundIPRanges", "*", "yes"),
        ("includeOutboundIPRanges", "10.0.0.0/8", "unknown"),
        ("excludeOutboundIPRanges", "10.0.0.0/8", "unknown"),
    ],
)
def test_addresses_that_a_sidecar_leaves_alone(name, value, takes):
    annotations = {**STATUS, f"traffic.sidecar.istio.io/{name}": value}
    found = mesh.of_pod(pod("app", "istio-proxy", annotations=annotations), {})
    assert found is not None
    assert found.takes == takes


WEB = {"app": "web"}
MESHED = pod("app", "istio-proxy", annotations=STATUS, labels=WEB)
ROOT = PeerAuthentication("istio-system", "default", mode="STRICT")
SPACE = PeerAuthentication("shop", "default", mode="PERMISSIVE")
OWN = PeerAuthentication("shop", "web", match_labels=WEB, mode="DISABLE")


@pytest.mark.parametrize(
    ("peers", "unread", "mtls"),
    [
        ((), "", "permissive"),
        ((), "no right", "unknown"),
        ((ROOT,), "", "strict"),
        ((ROOT, SPACE), "", "permissive"),
        ((ROOT, SPACE, OWN), "", "off"),
        ((ROOT, PeerAuthentication("other", "default", mode="DISABLE")), "", "strict"),
        ((ROOT, PeerAuthentication("shop", "api", match_labels={"app": "api"}, mode="DISABLE")), "", "strict"),
        ((ROOT, PeerAuthentication("shop", "unset", mode="UNSET")), "", "strict"),
        (
            (
                PeerAuthentication("shop", "b", "2026-01-02", mode="DISABLE"),
                PeerAuthentication("shop", "a", "2026-01-01", mode="STRICT"),
            ),
            "",
            "strict",
        ),
    ],
)
def test_the_narrowest_peer_authentication_counts(peers, unread, mtls):
    found = mesh.of_pod(MESHED, {}, peers, unread)
    assert found is not None
    assert found.mtls == mtls


def test_a_port_without_mutual_tls():
    own = PeerAuthentication(
        "shop", "web", match_labels=WEB, mode="STRICT", port_modes={"9090": "DISABLE", "x": "DISABLE"}
    )
    found = mesh.of_pod(MESHED, {}, (own,))
    assert found is not None
    assert (found.wants_mtls(9090), found.wants_mtls(80)) == ("off", "strict")


@pytest.mark.parametrize(
    ("policy", "mtls"), [("", "permissive"), ("cluster-unauthenticated", "permissive"), ("all-authenticated", "strict")]
)
def test_linkerd_lets_plain_connections_in_unless_its_policy_says_otherwise(policy, mtls):
    annotations = {"config.linkerd.io/default-inbound-policy": policy} if policy else {}
    found = mesh.of_pod(pod("app", "linkerd-proxy", init=("linkerd-init",), annotations=annotations), {})
    assert found is not None
    assert found.mtls == mtls
