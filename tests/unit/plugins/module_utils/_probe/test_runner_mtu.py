# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The largest packet that passes, by ping and by TCP, through networks that are too narrow."""

from __future__ import annotations

import socket
import time
import typing as t

import pytest

from .asking import (
    on_main_images,
    outcomes,
    probe,
)
from .network import Network, network

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
    assert report.answers[1].error == "1400 bytes pass, 1500 do not; no device on the path reports it"
    assert report.answers[4].error == "1300 bytes pass, 1380 do not; the path reports an MTU of 1300"
    assert report.answers[6].error == "1300 bytes pass, 1380 do not; the path reports an MTU of 1300"


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
    assert small.error == "1400 bytes pass, 1500 do not; no device on the path reports it"
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


@pytest.mark.parametrize("image", ["python", "python3.6"], indirect=True)
def test_a_request_that_the_peer_never_acknowledged_is_told_as_lost(image, narrow):
    """With its headers, it is just too large for the way."""
    long = {"path": "/" + "x" * 1023, "server_name": ".".join(["y" * 62] * 4), "timeout_ms": 2000}
    report = image.run([probe(0, "http", "10.99.1.2", 8000, **long)], prefix=narrow.inside("near"))
    (answer,) = report.answers
    assert (answer.outcome, answer.request) == ("timeout", "lost")
    assert answer.error == "connected, and the request was never acknowledged"


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
            time.sleep(6)
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")

    answer = image.run([probe(0, "mtu", "127.0.0.1", serve(handler), timeout_ms=4000)]).answers[0]
    assert answer.outcome == "frag_needed"
    assert answer.error.endswith("an answer without its last 4000 bytes")
