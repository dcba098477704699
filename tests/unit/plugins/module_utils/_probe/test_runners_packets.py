# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UDP, ICMP, path MTU and tries of the runners, against peers that lose, delay, repeat and make up answers."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
import typing as t

import pytest

from .network import Network, network
from .test_runners import on_main_images, outcomes, probe

#: Returns what is sent back for the n-th datagram, counted from 0.
Peer = t.Callable[[int, bytes], t.Iterable[bytes]]

on_python = pytest.mark.parametrize("image", ["python", "python3.6"], indirect=True)


@pytest.fixture
def peer() -> t.Iterator[t.Callable[[Peer], int]]:
    """Give a function that starts a UDP server on loopback and returns its port."""
    sockets = []

    def start(answer: Peer) -> int:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sockets.append(sock)

        def serve() -> None:
            with contextlib.suppress(OSError):
                for number in itertools.count():
                    data, client = sock.recvfrom(65535)
                    for reply in answer(number, data):
                        sock.sendto(reply, client)

        threading.Thread(target=serve, daemon=True).start()
        return int(sock.getsockname()[1])

    yield start
    for sock in sockets:
        sock.close()


@pytest.mark.parametrize("image", ["python", "python3.6", "dash"], indirect=True)
def test_udp(image, peer, ports):
    seen: list[bytes] = []

    def echo(_number: int, data: bytes) -> list[bytes]:
        seen.append(data)
        return [data]

    def late(number: int, data: bytes) -> list[bytes]:
        first.append(data)
        return [first[0]] if number else []

    first: list[bytes] = []
    probes = [
        probe(0, "udp", "127.0.0.1", peer(echo)),
        probe(1, "udp", "127.0.0.1", peer(lambda _number, data: [data[5:]])),  # agnhost takes "echo " away
        probe(2, "udp", "127.0.0.1", peer(late), timeout_ms=1600),
        probe(3, "udp", "127.0.0.1", peer(lambda _number, _data: [b"hello"])),
        probe(4, "udp", "127.0.0.1", ports["closed"]),
        probe(5, "udp", "127.0.0.1", peer(lambda _number, _data: []), timeout_ms=1000),
        probe(6, "udp", "127.0.0.1", peer(lambda _number, data: [data]), size=9000),
    ]
    report = image.run(probes)
    assert outcomes(report) == ["open", "open", "open", "open", "refused", "timeout", "open"]
    assert report.answers[0].sent is None
    assert [len(data) for data in seen] == [32]
    assert report.answers[3].error == "an answer without the nonce"
    if image.name == "dash":  # takes a new socket for each try
        assert report.answers[2].error == "an answer without the nonce"
        return
    assert report.answers[2].ms >= 400, "a late answer counts for the try that it answers"
    assert (report.answers[2].sent, report.answers[2].received) == (2, 1)
    assert (report.answers[5].sent, report.answers[5].received) == (3, 0)


@on_python
def test_udp_loss_is_counted(image, peer):
    lossy = peer(lambda number, data: [] if number % 10 == 3 else [data])
    twice = peer(lambda _number, data: [data, data, b"noise"])
    probes = [
        probe(0, "udp", "127.0.0.1", lossy, tries=200, timeout_ms=1000),
        probe(1, "udp", "127.0.0.1", twice, tries=20),
        probe(2, "udp", "127.0.0.1", peer(lambda _number, _data: [b"x"]), tries=20, timeout_ms=300),
    ]
    lost, repeated, nonsense = image.run(probes).answers
    assert lost.sent == 200
    assert abs(lost.received - 180) <= 8
    assert lost.error == f"timeout {200 - lost.received} of 200"
    assert list(lost.percentiles) == ["min", "p50", "p90", "p99", "max"]
    assert sorted(lost.percentiles.values()) == list(lost.percentiles.values())
    assert lost.ms == lost.percentiles["p50"]
    assert (repeated.sent, repeated.received, repeated.error) == (20, 20, "")
    assert (nonsense.outcome, nonsense.error) == ("open", "an answer without the nonce")


@on_python
def test_icmp_is_tried_as_often_as_asked(image):
    report = image.run([probe(0, "icmp", "127.0.0.1", tries=20), probe(1, "icmp", "::1")])
    many, one = report.answers
    assert (many.outcome, many.sent, many.received) == ("open", 20, 20)
    assert 0 < many.percentiles["min"] <= many.ms <= many.percentiles["max"] < 50
    assert (one.outcome, one.sent, one.percentiles) == ("open", None, {})
    assert one.ms < 50


@on_main_images
def test_k_of_n_tries(image, serve, ports):
    turns = itertools.count()

    def sometimes(connection: socket.socket) -> None:
        if next(turns) % 3 == 2:
            connection.shutdown(socket.SHUT_RDWR)
        elif connection.recv(4096):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    probes = [
        probe(0, "http", "127.0.0.1", serve(sometimes), tries=6),
        probe(1, "tcp", "127.0.0.1", ports["closed"], tries=3),
        probe(2, "tcp", "127.0.0.1", ports["200"], tries=4),
    ]
    some, none, all_ = image.run(probes, parallel=1).answers
    assert (some.outcome, some.sent, some.received, some.error) == ("http_200", 6, 4, "reset 2 of 6")
    assert 0 < some.percentiles["min"] <= some.ms <= some.percentiles["max"]
    assert (none.outcome, none.sent, none.received, none.percentiles) == ("refused", 3, 0, {})
    assert (all_.outcome, all_.sent, all_.received, all_.error) == ("open", 4, 4, "")


@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_the_deadline_of_the_run_keeps_the_tries_that_are_done(image, serve):
    turns = itertools.count()

    def silent_but_once(connection: socket.socket) -> None:
        if next(turns) == 0:
            connection.sendall(b"SSH\n")
        while connection.recv(4096):
            pass

    asked = [probe(0, "http", "127.0.0.1", serve(silent_but_once), tries=9)]
    answer = image.run(asked, deadline_ms=1000, parallel=1).answers[0]
    assert (answer.outcome, answer.received) == ("open", 1)
    assert answer.sent < 9
    assert "deadline" in answer.error


@on_python
def test_sctp_loads_no_module(image):
    def listed() -> bool:
        with open("/proc/net/protocols") as lines:
            return any(line.startswith("SCTP") for line in lines)

    before = listed()
    answer = image.run([probe(0, "sctp", "127.0.0.1", 9)]).answers[0]
    expected = ("refused", "Connection refused") if before else ("not_applicable", "the kernel has no SCTP")
    assert (answer.outcome, answer.error) == expected
    assert listed() == before


#: Packets over 1400 bytes vanish between near and hop, and the hop refuses those over 1300 that are to go on.
NARROW = """
ip netns add near
ip netns add hop
ip netns add far
ip link add name n1 netns near mtu 1500 gso_max_segs 1 type veth peer name h1 netns hop mtu 1400
ip link add name h2 netns hop mtu 1300 type veth peer name f2 netns far mtu 1300
ip -n near address add 10.99.1.1/24 dev n1
ip -n near address add fd99:1::1/64 dev n1 nodad
ip -n hop address add 10.99.1.2/24 dev h1
ip -n hop address add fd99:1::2/64 dev h1 nodad
ip -n hop address add 10.99.2.2/24 dev h2
ip -n hop address add fd99:2::2/64 dev h2 nodad
ip -n far address add 10.99.2.3/24 dev f2
ip -n far address add fd99:2::3/64 dev f2 nodad
ip -n near link set dev lo up
ip -n hop link set dev lo up
ip -n near link set dev n1 up
ip -n hop link set dev h1 up
ip -n hop link set dev h2 up
ip -n far link set dev f2 up
ip -n near route add default via 10.99.1.2
ip -n near route add default via fd99:1::2
ip -n far route add default via 10.99.2.2
ip -n far route add default via fd99:2::2
ip -n hop route change 10.99.1.0/24 dev h1 src 10.99.1.2 advmss 1460
ip netns exec hop sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"
"""

SERVER = """
import socket, threading
def serve(connection):
    head = b""
    while b"\\r\\n\\r\\n" not in head:
        head += connection.recv(4096)
    body = b"x" * (0 if head.startswith(b"HEAD") else 20000)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    connection.close()
listener = socket.create_server(("", 8000))
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


@pytest.fixture(scope="module")
def narrow() -> t.Iterator[Network]:
    """Give a way to C(10.99.1.2) (C(fd99:1::2)), a server, and, through it, to C(10.99.2.3) (C(fd99:2::3))."""
    with network(NARROW) as made:
        made.serve("hop", SERVER)
        yield made


@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_the_largest_packet_that_passes(image, narrow):
    probes = [
        probe(0, "mtu", "127.0.0.1", size=1500),
        probe(1, "mtu", "10.99.1.2"),
        probe(2, "mtu", "10.99.1.2", size=1400),
        probe(3, "mtu", "10.99.1.2", size=9000),
        probe(4, "mtu", "10.99.2.3", size=1380),
        probe(5, "mtu", "fd99:1::2"),
        probe(6, "mtu", "fd99:2::3", size=1380),
        probe(7, "mtu", "10.99.1.9"),
        probe(8, "icmp", "10.99.2.3"),
    ]
    report = image.run(probes, prefix=narrow.inside("near"))
    assert [(answer.outcome, answer.mtu) for answer in report.answers] == [
        ("open", 1500),
        ("timeout", 1400),
        ("open", 1400),
        ("timeout", 1400),
        ("frag_needed", 1300),
        ("timeout", 1400),
        ("frag_needed", 1300),
        ("unreachable_arp", None),
        ("open", None),
    ]
    assert report.answers[1].error == "1400 bytes pass, 1500 do not; nobody on the path says so"
    assert report.answers[4].error == "1300 bytes pass, 1380 do not; the path says its MTU is 1300"
    assert report.answers[6].error == "1300 bytes pass, 1380 do not; the path says its MTU is 1300"


#: Says what the ping of iputils says where packets over 1400 bytes vanish.
PING = """#!/bin/sh
size=56
while [ $# -gt 0 ]; do
    case $1 in
        -V) echo ping from iputils 20221126 && exit ;;
        -s) size=$2 ;;
    esac
    shift
done
if [ "$size" -gt 1472 ]; then
    echo ping: local error: message too long, mtu=1500
elif [ "$size" -le 1372 ]; then
    echo '64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.250 ms'
    exit
fi
exit 1
"""


@pytest.mark.parametrize("image", ["dash"], indirect=True)
def test_the_shell_finds_the_largest_packet_by_ping(image):
    (image.bin / "ping").write_text(PING)
    (image.bin / "ping").chmod(0o755)
    probes = [probe(0, "mtu", "10.0.0.1"), probe(1, "mtu", "10.0.0.1", size=1300), probe(2, "icmp", "10.0.0.1")]
    small, fits, ping = image.run(probes).answers
    assert (small.outcome, small.mtu) == ("timeout", 1400)
    assert small.error == "1400 bytes pass, 1500 do not; nobody on the path says so"
    assert (fits.outcome, fits.mtu) == ("open", 1300)
    assert (ping.outcome, ping.ms) == ("open", 0.25)


@on_main_images
def test_a_large_request_gets_lost(image, narrow):
    """What is behind the hop that drops packets of 1400 bytes and more is open to small requests only."""
    probes = [
        probe(0, "mtu", "10.99.1.2", 8000, timeout_ms=2000),
        probe(1, "mtu", "10.99.1.2", 8001),
        probe(2, "http", "10.99.1.2", 8000),
        probe(3, "mtu", "10.99.2.2", 8000, size=900, timeout_ms=3000),
    ]
    report = image.run(probes, prefix=narrow.inside("near"))
    assert outcomes(report) == ["frag_needed", "refused", "http_200", "open"]
    assert report.answers[0].error.startswith("connected, and a request of 3")
    assert report.answers[0].error.endswith("bytes had no answer")


@on_main_images
def test_a_large_request_arrives(image, serve):
    received = []

    def handler(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        received.append(len(head))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    answer = image.run([probe(0, "mtu", "127.0.0.1", serve(handler), size=5000)]).answers[0]
    assert (answer.outcome, answer.error) == ("open", "")
    assert received[0] < 300
    assert received[1] > 5000


@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_an_answer_that_stops_in_the_middle(image, serve):
    def handler(connection: socket.socket) -> None:
        if connection.recv(65536).startswith(b"GET"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 1000)
            time.sleep(3)
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")

    answer = image.run([probe(0, "mtu", "127.0.0.1", serve(handler), timeout_ms=1600)]).answers[0]
    assert answer.outcome == "frag_needed"
    assert answer.error.endswith("an answer without its last 4000 bytes")
