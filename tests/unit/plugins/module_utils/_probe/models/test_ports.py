# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol of a port, by what the Service and the Pod say of it."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.ports import detect
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.model_questions import asked


@pytest.mark.parametrize(
    ("name", "app_protocol", "probe", "protocol"),
    [
        ("http", "", None, "http"),
        ("https-web", "", None, "https"),
        ("metrics", "", None, "tcp"),
        ("metrics", "", {"port": "metrics", "path": "/live"}, "http"),
        ("metrics", "", {"port": 8443, "scheme": "HTTPS"}, "https"),
        ("http", "kubernetes.io/h2c", None, "tcp"),
        ("", "HTTPS", None, "https"),
        ("http", "https", None, "https"),
        ("tcp-https", "", {"port": 8443}, "https"),
        ("httpbin", "", None, "tcp"),
        ("http", "", {"port": 8443, "scheme": "HTTPS"}, "http"),
        ("metrics", "kubernetes.io/ws", {"port": 8443}, "tcp"),
    ],
)
def test_the_protocol_of_a_port(name, app_protocol, probe, protocol):
    spec = {"name": "app", "livenessProbe": {"httpGet": probe}} if probe else {"name": "app"}
    container = parse.pod(cluster.pod("web-1", "w1", containers=[spec])).containers[0]
    assert detect(container, name, 8443, app_protocol) == protocol


def test_each_protocol_that_ports_speak_is_found_by_every_column_of_its_row():
    """A protocol that is added needs its columns and no code here."""
    for row in _words.PROTOCOLS.values():
        for transport in row.port_transports:
            for name in row.port_names:
                assert detect(None, name, 8443, "", transport) == row.name
            for number in row.port_numbers:
                assert detect(None, "", number, "", transport) == row.name
            for app_protocol in row.app_protocols:
                assert detect(None, "", 8443, app_protocol, transport) == row.name
            if row.port_word:
                assert detect(None, f"a-{row.port_word}", 8443, "", transport) == row.name
    plain = {transport: detect(None, "", 8443, "", transport) for transport in ("TCP", "UDP", "SCTP")}
    assert plain == {"TCP": "tcp", "UDP": "udp", "SCTP": "sctp"}
    assert detect(None, "http", 80, "", "QUIC") == ""


def test_a_port_of_sctp_speaks_no_dns():
    assert detect(None, "dns", 53, "", "SCTP") == "sctp"


def test_udp_and_dns_ports_are_asked_as_what_they_are():
    ports = [{"containerPort": 53, "name": "dns", "protocol": "UDP"}, {"containerPort": 9, "protocol": "UDP"}]
    pods = [cluster.pod("web-1", "w1", "10.0.1.1"), cluster.pod("ns-1", "w1", "10.0.1.53", ports=ports)]
    found = asked("pod_to_pod_same_node", protocols=("dns", "udp"), pods=pods)
    assert found == [
        "dns (address) kubernetes.default.svc.cluster.local.:0 by 10.0.1.53#53",
        "udp (address) 10.0.1.53:9",
    ]
