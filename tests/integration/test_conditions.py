# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Injected network conditions, each with a name, and the outcome that it must have.

All are there at once, each for a destination of its own; one run of net_probe from one Pod asks them all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

import pytest

from .conftest import Module, image, kubectl, objects
from .test_models import on

pytestmark = pytest.mark.alone

NODE = "w1"
WWW, WWW_PORT = "198.18.1.80", 80  # the lab's Internet
OTHER_NODE = "198.18.0.12"
#: Nobody has these addresses; the lab's router would be asked for them.
NOWHERE = "198.18.77."
#: 7: says nothing. 8: closes at once, by a reset. 9: nobody listens.
SERVERS = """
import socket, struct, threading, time
def reset():
    listener = socket.create_server(("", 8))
    while True:
        connection = listener.accept()[0]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
threading.Thread(target=reset).start()
silent = socket.create_server(("", 7), backlog=64)
time.sleep(3600)
"""


@dataclasses.dataclass(frozen=True)
class Condition:
    """What is injected on the source's node, what is asked, and what must come of it."""

    outcome: str
    host: str
    port: int = 80
    protocol: str = "tcp"
    path: str = "/"
    rule: str = ""  #: of iptables, with the Pod as its source
    route: str = ""  #: of ip route

    def target(self) -> dict[str, t.Any]:
        port = {} if self.protocol in ("icmp", "mtu") else {"port": self.port}
        return {"host": self.host, "protocol": self.protocol, "path": self.path, **port}


def rejected(number: int, outcome: str, how: str) -> Condition:
    host = f"{NOWHERE}{number}"
    return Condition(outcome, host, rule=f"FORWARD -s POD -d {host} -p tcp -j REJECT --reject-with {how}")


CONDITIONS = {
    "healthy": Condition("http_200", WWW, protocol="http"),
    "healthy_ping": Condition("open", OTHER_NODE, protocol="icmp"),
    "nobody_listens": Condition("refused", "PEER", 9),
    "rejected_with_port_unreachable": rejected(1, "refused", "icmp-port-unreachable"),
    "rejected_with_reset": rejected(2, "refused", "tcp-reset"),
    "rejected_with_host_unreachable": rejected(3, "unreachable_fast", "icmp-host-unreachable"),
    "rejected_with_admin_prohibited": rejected(4, "unreachable_fast", "icmp-admin-prohibited"),
    "rejected_with_net_unreachable": rejected(5, "no_route", "icmp-net-unreachable"),
    "route_unreachable": Condition("unreachable_fast", f"{NOWHERE}6", route=f"unreachable {NOWHERE}6"),
    "route_prohibit": Condition("unreachable_fast", f"{NOWHERE}7", route=f"prohibit {NOWHERE}7"),
    "route_blackhole": Condition("timeout", f"{NOWHERE}8", route=f"blackhole {NOWHERE}8"),
    "dropped_on_the_way": Condition("timeout", f"{NOWHERE}9", rule=f"FORWARD -s POD -d {NOWHERE}9 -j DROP"),
    "answer_dropped": Condition("timeout", OTHER_NODE, 10250, rule=f"FORWARD -s {OTHER_NODE} -d POD -p tcp -j DROP"),
    "dead_neighbour_of_the_node": Condition("unreachable_arp", f"{NOWHERE}10", route=f"{NOWHERE}10 dev eth0"),
    "dead_neighbour_of_the_pod": Condition("unreachable_arp", "UNUSED"),
    "name_that_does_not_exist": Condition("dns_nxdomain", "nobody.shop.svc.cluster.local"),
    "application_error": Condition("http_503", WWW, protocol="http", path="/status/503"),
    "silent_server": Condition("timeout", "PEER", 7, "http"),
    "silent_tls": Condition("tls_timeout", "PEER", 7, "https"),
    "tls_to_a_plain_port": Condition("tls_handshake", WWW, protocol="https"),
    "reset_by_the_server": Condition("reset", "PEER", 8, "http"),
    "udp_echo": Condition("open", "ECHO", 7007, "udp"),
    "udp_nobody_listens": Condition("refused", "ECHO", 9, "udp"),
    "udp_dropped": Condition("timeout", OTHER_NODE, 9007, "udp", rule=f"FORWARD -s POD -d {OTHER_NODE} -p udp -j DROP"),
    "path_says_its_mtu": Condition("frag_needed", WWW, protocol="mtu", route=f"{WWW} via 198.18.0.254 mtu 1300"),
    "path_swallows_large_packets": Condition(
        "timeout",
        OTHER_NODE,
        protocol="mtu",
        rule=f"FORWARD -s POD -d {OTHER_NODE} -p icmp -m length --length 1301:65535 -j DROP",
    ),
}
#: What must never be taken for one another: each means another cause.
FAILURES = {"refused", "unreachable_fast", "unreachable_arp", "timeout"}


@pytest.fixture(scope="module")
def places() -> t.Iterator[dict[str, str]]:
    """A Pod that asks and one that answers oddly, both on one node; what the words of the conditions stand for."""
    used = image("frontend")
    names = {"conditions-source": "import time; time.sleep(3600)", "conditions-peer": SERVERS}
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
            "spec": {
                "nodeName": NODE,
                "terminationGracePeriodSeconds": 0,
                "securityContext": {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]},
                "containers": [{"name": "main", "image": used, "command": ["python3", "-c", code]}],
            },
        }
        for name, code in names.items()
    ]
    kubectl("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": pods})
    try:
        waiting = [f"pod/{name}" for name in names]
        kubectl("wait", "-n", "shop", *waiting, "--for=condition=Ready", "--timeout=60s")
        found = objects("pods", "-n", "shop", "--field-selector=status.phase=Running")
        addresses = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in found}
        source = addresses["conditions-source"]
        yield {
            "POD": source,
            "PEER": addresses["conditions-peer"],
            "ECHO": next(ip for name, ip in addresses.items() if name.startswith("echo-")),
            "UNUSED": source.rsplit(".", 1)[0] + ".253",
        }
    finally:
        kubectl("delete", "-n", "shop", *(f"pod/{name}" for name in names), "--wait=false")


@contextlib.contextmanager
def injected(condition: Condition, places: dict[str, str]) -> t.Iterator[None]:
    rule = condition.rule.replace("POD", places["POD"]).split()
    route = condition.route.split()
    if rule:
        on(NODE, "iptables", "-w", "-I", *rule)
    if route:
        on(NODE, "ip", "route", "add", *route)
    try:
        yield
    finally:
        if rule:
            on(NODE, "iptables", "-w", "-D", *rule)
        if route:
            on(NODE, "ip", "route", "del", *route)


@contextlib.contextmanager
def every_refusal_is_told() -> t.Iterator[None]:
    """Of so many at once the kernel would hold some back (icmp(7), icmp_ratelimit), and a silence would be a drop."""
    before = on(NODE, "sysctl", "-n", "net.ipv4.icmp_ratelimit").strip()
    on(NODE, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")
    try:
        yield
    finally:
        on(NODE, "sysctl", "-qw", f"net.ipv4.icmp_ratelimit={before}")


@pytest.fixture(scope="module")
def seen(places: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, t.Any]]:
    """The cell of each condition."""
    targets = []
    for condition in CONDITIONS.values():
        target = condition.target()
        targets.append({**target, "host": places.get(condition.host, condition.host)})
    with contextlib.ExitStack() as stack:
        stack.enter_context(every_refusal_is_told())
        for condition in CONDITIONS.values():
            stack.enter_context(injected(condition, places))
        result = Module("net_probe", tmp_path_factory.mktemp("conditions"))(
            namespaces=["shop"],
            sources=[{"namespace": "shop", "pod": "conditions-source"}],
            targets=targets,
            models=[],
            families=["IPv4"],
        )
    assert "cells" in result, result
    return dict(zip(CONDITIONS, result["cells"], strict=True))


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_has_its_outcome(seen, name):
    assert seen[name]["outcome"] == CONDITIONS[name].outcome, seen[name]


def test_none_of_the_four_failures_is_taken_for_another(seen):
    wrong = {
        name: (condition.outcome, seen[name]["outcome"])
        for name, condition in CONDITIONS.items()
        if {condition.outcome, seen[name]["outcome"]} <= FAILURES and condition.outcome != seen[name]["outcome"]
    }
    assert wrong == {}
