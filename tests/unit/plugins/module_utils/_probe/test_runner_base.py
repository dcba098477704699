# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a network, and the outcome of it; what a source without processor time cannot find out is none.

Three network namespaces in a row, C(near), C(hop) and C(far), stand for a Pod, its node and what it asks. Each
condition has an address of its own on the way, so all of them are probed at once, as in a real run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import subprocess
import threading
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    answers,
    jobs,
    matrix,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, SourceReport

from .asking import probe
from .conftest import TOO_BUSY, Image
from .network import Network, network
from .processes import send

STOPPED_S, RUNNING_S = 0.49, 0.01


@contextlib.contextmanager
def starved(process: subprocess.Popen[bytes]) -> t.Iterator[None]:
    """Let a process and all of its children run for a fiftieth of the time."""
    over = threading.Event()

    def throttle() -> None:
        while not over.wait(RUNNING_S):
            send(process, signal.SIGSTOP)
            over.wait(STOPPED_S)
            send(process, signal.SIGCONT)

    thread = threading.Thread(target=throttle)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        send(process, signal.SIGCONT)


def run(image: Image, probes: list[Probe]) -> SourceReport:
    with image.start(probes, deadline_ms=60_000) as process, starved(process):
        return answers.parse(t.cast(t.IO[bytes], process.stdout).read(), probes, "s")


@pytest.mark.long
@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_its_silence_is_its_own(image, ports, dns_server):
    probes = [
        probe(1, "tcp", "127.0.0.1", ports["full"], timeout_ms=2000),
        probe(2, "http", "127.0.0.1", ports["silent"], timeout_ms=2000),
        probe(3, "dns", "silent.x.", dns_server=dns_server, timeout_ms=2000),
    ]
    report = run(image, probes)
    assert [answer.outcome for answer in report.answers] == ["probe_error"] * 3
    assert all(TOO_BUSY in answer.error for answer in report.answers), report.answers


@pytest.mark.long
@pytest.mark.parametrize("image", ["python", "bash", "dash", "busybox"], indirect=True)
def test_what_answers_is_never_silent(image, ports, dns_server):
    """It is open, or it could not be found out."""
    kinds = [("tcp", "127.0.0.1", ports["200"]), ("http", "127.0.0.1", ports["200"]), ("dns", "a.example.", 0)]
    servers = {"dns": {"dns_server": dns_server}}
    probes = [
        probe(number, kind, host, *([port] if port else []), timeout_ms=4000, **servers.get(kind, {}))
        for number, (kind, host, port) in enumerate(kinds * 5)
    ]
    report = run(image, probes)
    assert report.error == ""
    wrong = [answer for answer in report.answers if answer.outcome not in ("open", "http_200", "probe_error")]
    assert wrong == []
    assert all(
        "looked for" in answer.error or TOO_BUSY in answer.error
        for answer in report.answers
        if answer.outcome == "probe_error"
    )


def test_the_parts_of_the_python_runner_do_not_hide_each_other() -> None:
    """They are sent as one text, where the second of two names wins."""
    names = [name for part in jobs.PARTS for name, value in vars(part).items() if _is_own(part, value)]
    assert sorted(names) == sorted(set(names))


def _is_own(part: t.Any, value: t.Any) -> bool:
    return getattr(value, "__module__", None) == part.__name__


#: Condition: protocol, host, port, outcome, and what brings it about beside the server's ports ("hop: iptables ...").
CONDITIONS: dict[str, tuple[str, str, int, str, str]] = {
    "healthy": ("tcp", "10.99.2.10", 8000, "open", ""),
    "healthy page": ("http", "10.99.2.10", 8000, "http_200", ""),
    "healthy ping": ("icmp", "10.99.2.10", 0, "open", ""),
    "healthy datagram": ("udp", "10.99.2.10", 8000, "open", ""),
    "nothing listens": ("tcp", "10.99.2.10", 8009, "refused", ""),
    "listens on loopback alone": ("tcp", "10.99.2.10", 8008, "refused", ""),
    "no datagram is taken": ("udp", "10.99.2.10", 8009, "refused", ""),
    "application fails": ("http", "10.99.2.10", 8001, "http_503", ""),
    "application hangs": ("http", "10.99.2.10", 8002, "timeout", ""),
    "application hangs up": ("http", "10.99.2.10", 8003, "reset", ""),
    "application resets": ("http", "10.99.2.10", 8004, "reset", ""),
    "application speaks no TLS": ("tls", "10.99.2.10", 8001, "tls_handshake", ""),
    "application hangs in TLS": ("tls", "10.99.2.10", 8002, "tls_timeout", ""),
    "firewall drops": ("tcp", "10.99.2.11", 8000, "timeout", "hop: iptables -A FORWARD -d 10.99.2.11 -j DROP"),
    "firewall drops pings": ("icmp", "10.99.2.11", 0, "timeout", ""),
    "firewall drops datagrams": ("udp", "10.99.2.11", 8000, "timeout", ""),
    "Pod drops": ("tcp", "10.99.2.12", 8000, "timeout", "far: iptables -A INPUT -d 10.99.2.12 -j DROP"),
    "firewall rejects": ("tcp", "10.99.2.13", 8000, "refused", "hop: iptables -A FORWARD -d 10.99.2.13 -j REJECT"),
    "firewall resets": (
        *("tcp", "10.99.2.14", 8000, "refused"),
        "hop: iptables -A FORWARD -p tcp -d 10.99.2.14 -j REJECT --reject-with tcp-reset",
    ),
    "firewall prohibits": (
        *("tcp", "10.99.2.15", 8000, "unreachable_fast"),
        "hop: iptables -A FORWARD -d 10.99.2.15 -j REJECT --reject-with icmp-admin-prohibited",
    ),
    "firewall says host unreachable": (
        *("tcp", "10.99.2.16", 8000, "unreachable_fast"),
        "hop: iptables -A FORWARD -d 10.99.2.16 -j REJECT --reject-with icmp-host-unreachable",
    ),
    "firewall says net unreachable": (
        *("tcp", "10.99.2.17", 8000, "no_route"),
        "hop: iptables -A FORWARD -d 10.99.2.17 -j REJECT --reject-with icmp-net-unreachable",
    ),
    "own firewall drops": (
        *("udp", "10.99.2.18", 8000, "unreachable_fast"),
        "near: iptables -A OUTPUT -d 10.99.2.18 -j DROP",
    ),
    "answers get lost": ("tcp", "10.99.2.19", 8000, "timeout", "hop: iptables -A FORWARD -s 10.99.2.19 -j DROP"),
    "no way back": ("tcp", "10.99.2.20", 8000, "timeout", "far: ip rule add from 10.99.2.20 blackhole"),
    "first packet gets lost": (
        *("tcp", "10.99.2.21", 8000, "open"),
        "hop: iptables -A FORWARD -d 10.99.2.21 -m statistic --mode nth --every 2 --packet 0 -j DROP",
    ),
    "large packets get lost": (
        *("mtu", "10.99.2.22", 0, "timeout"),
        "hop: iptables -A FORWARD -d 10.99.2.22 -m length --length 1401: -j DROP",
    ),
    "stale ARP entry": (
        *("tcp", "10.99.2.23", 8000, "timeout"),
        "hop: ip neighbour add 10.99.2.23 lladdr 02:00:00:00:00:09 dev hop2",
    ),
    "address of a dead Pod": ("tcp", "10.99.2.99", 8000, "unreachable_arp", ""),
    "dead neighbour": ("tcp", "10.99.1.99", 8000, "unreachable_arp", ""),
    "hop has an unreachable route": (
        "tcp",
        "10.99.3.1",
        80,
        "unreachable_fast",
        "hop: ip route add unreachable 10.99.3.1",
    ),
    "hop has a prohibit route": ("tcp", "10.99.3.2", 80, "unreachable_fast", "hop: ip route add prohibit 10.99.3.2"),
    "hop has a blackhole route": ("tcp", "10.99.3.3", 80, "timeout", "hop: ip route add blackhole 10.99.3.3"),
    "hop has no route": ("tcp", "10.99.4.1", 80, "no_route", ""),
    "no route": ("tcp", "fd99::1", 80, "no_route", ""),
    "name server drops": ("dns", "a.x.", 0, "dns_timeout", "10.99.2.11"),
    "no name server listens": ("dns", "b.x.", 0, "dns_servfail", "10.99.2.10"),
}


LINKS = """
ip netns add near
ip netns add hop
ip netns add far
ip link add name near netns near type veth peer name hop1 netns hop
ip link add name hop2 netns hop type veth peer name far netns far
ip -n near address add 10.99.1.1/24 dev near
ip -n hop address add 10.99.1.2/24 dev hop1
ip -n hop address add 10.99.2.2/24 dev hop2
ip -n far address add 10.99.2.3/24 dev far
ip -n near link set dev lo up
ip -n far link set dev lo up
ip -n near link set dev near up
ip -n hop link set dev hop1 up
ip -n hop link set dev hop2 up
ip -n far link set dev far up
ip -n near route add default via 10.99.1.2
ip -n far route add default via 10.99.2.2
for number in $(seq 10 23); do ip -n far address add 10.99.2.$number/24 dev far; done
# The kernel says "unreachable" once a second at most; the conditions here want one each.
ip netns exec hop sh -c "cd /proc/sys/net/ipv4 && echo 1 >ip_forward && echo 0 >icmp_ratemask"
"""


#: Ports by what they do: 8000 answers, 8001 fails, 8002 hangs, 8003 hangs up, 8004 resets, 8008 is on loopback alone.
SERVER = r"""
import socket, struct, threading, time

def answer(connection, port):
    if port == 8002:
        time.sleep(60)
    if port == 8004:
        connection.recv(4096)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if port in (8000, 8001) and connection.recv(4096):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" if port == 8000 else b"HTTP/1.1 503 No\r\n\r\n")
    connection.close()

def serve(port):
    listener = socket.create_server(("127.0.0.1" if port == 8008 else "", port), backlog=64)
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0], port), daemon=True).start()

for port in (8000, 8001, 8002, 8003, 8004, 8008):
    threading.Thread(target=serve, args=(port,), daemon=True).start()
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.setsockopt(socket.IPPROTO_IP, 8, 1)
echo.bind(("", 8000))
time.sleep(0.2)
print("ready", flush=True)
while True:
    data, told, _flags, client = echo.recvmsg(4096, 64)
    # From the address that was asked: pktinfo has it as its second member.
    echo.sendmsg([data], [(socket.IPPROTO_IP, 8, struct.pack("i4s4s", 0, told[0][2][4:8], bytes(4)))], 0, client)
"""


@pytest.fixture(scope="module")
def conditions() -> t.Iterator[Network]:
    """Bring all the conditions about."""
    placed = [condition[4].partition(": ") for condition in CONDITIONS.values()]
    made = [f"ip netns exec {where} {what}" for where, colon, what in placed if colon]
    with network("\n".join([LINKS, *made]), "iptables") as there:
        there.serve("far", SERVER)
        yield there


@pytest.mark.parametrize("image", ["python", "dash"], indirect=True)
def test_conditions_of_the_network(image, conditions):
    asked = dict(CONDITIONS)
    if image.name != "python":  # a shell without openssl and ping, and bash does not say why it cannot send
        asked = {name: asked[name] for name in asked if asked[name][0] in ("tcp", "http", "dns", "udp")}
        del asked["own firewall drops"]
    probes = [
        probe(number, protocol, host, port, timeout_ms=3900, dns_server=how if protocol == "dns" else "")
        for number, (protocol, host, port, _outcome, how) in enumerate(asked.values())
    ]
    # What is still being looked for since the last run would be given up early.
    conditions.run("ip -n hop neighbour flush dev hop2; ip -n near neighbour flush dev near")
    report = image.run(probes, prefix=conditions.inside("near"))
    got = {name: answer.outcome for name, answer in zip(asked, report.answers, strict=True)}
    assert got == {name: condition[3] for name, condition in asked.items()}
    by_name = dict(zip(asked, report.answers, strict=True))
    assert by_name["first packet gets lost"].phases["connect"] > 900
    assert by_name["application hangs"].error == "connected, then silent"
    if image.name == "python":
        assert by_name["large packets get lost"].mtu == 1400


REPORTED, REFUSED = "a router or firewall reported it unreachable (No route to host)", "refused (Connection refused)"
#: What a report says of each kind of reject, whichever runner and tool has met it.
SENTENCES = {
    "nothing listens": REFUSED,
    "firewall rejects": REFUSED,
    "firewall resets": REFUSED,
    "firewall prohibits": REPORTED,
    "firewall says host unreachable": REPORTED,
    "firewall says net unreachable": "the source has no route (Network is unreachable)",
    "address of a dead Pod": "no answer to ARP or ND for that address on the last hop (No route to host)",
}


@pytest.mark.parametrize("image", ["python", "dash", "busybox"], indirect=True)
def test_each_kind_of_reject_is_told_in_one_sentence(image, conditions):
    conditions.run("ip -n hop neighbour flush dev hop2")
    probes = [probe(number, "tcp", *CONDITIONS[name][1:3], timeout_ms=3900) for number, name in enumerate(SENTENCES)]
    report = image.run(probes, prefix=conditions.inside("near"))
    answered = zip(SENTENCES, report.answers, probes, strict=True)
    told = {
        name: matrix._what_happened(dataclasses.replace(answer, ms=None), asked) for name, answer, asked in answered
    }
    assert told == SENTENCES
