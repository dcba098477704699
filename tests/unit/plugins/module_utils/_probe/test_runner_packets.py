# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UDP and ICMP of the runners, against peers that lose, delay, repeat and make up answers."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import typing as t

import pytest

from .asking import outcomes, probe
from .network import Network, network

on_python = pytest.mark.parametrize("image", ["python", "python3.6"], indirect=True)

#: Returns what is sent back for the n-th datagram, counted from 0.
Peer = t.Callable[[int, bytes], t.Iterable[bytes]]


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
        probe(2, "udp", "127.0.0.1", peer(late), timeout_ms=4000),
        probe(3, "udp", "127.0.0.1", peer(lambda _number, _data: [b"hello"])),
        probe(4, "udp", "127.0.0.1", ports["closed"]),
        probe(5, "udp", "127.0.0.1", peer(lambda _number, _data: []), timeout_ms=1000),
        probe(6, "udp", "127.0.0.1", peer(lambda _number, data: [data]), size=9000),
    ]
    report = image.run(probes)
    assert outcomes(report) == ["open", "open", "open", "open", "refused", "timeout", "open"]
    told = ("icmp", "127.0.0.1") if image.name.startswith("python") else ("", "")
    assert (report.answers[4].refusal, report.answers[4].error_from) == told
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


@pytest.mark.parametrize("image", ["python", "busybox"], indirect=True)
def test_icmp(image):
    report = image.run([probe(1, "icmp", "127.0.0.1"), probe(2, "icmp", "::1"), probe(3, "icmp", "localhost")])
    if "probe_error" in outcomes(report):
        pytest.skip(f"no ICMP socket here: {report.answers[0].error}")
    assert outcomes(report) == ["open"] * 3


def hears(image, probes, prefix, expected):
    """Ask until it is as expected, three times at most: a machine that stalls for a second makes a fast answer late."""
    for _again in range(3):
        report = image.run(probes, prefix=prefix)
        if (seen := dict(zip(expected, outcomes(report), strict=True))) == expected:
            break
    assert seen == expected
    return report


@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_what_the_kernel_says_of_a_ping(image, inside_namespace):
    expected = {"10.97.0.1": "no_route", "10.98.1.1": "unreachable_fast", "10.99.0.2": "unreachable_arp"}
    probes = [probe(number, "icmp", host) for number, host in enumerate(expected)]
    hears(image, probes, inside_namespace, expected)


#: Of 10 packets to 10.99.0.2, the 4th is lost; of those to 10.99.0.3, all from the 101st on; none to 10.99.0.4.
LOSSY = """
ip netns add near
ip netns add far
ip link add name n netns near type veth peer name f netns far
ip -n near address add 10.99.0.1/24 dev n
ip -n far address add 10.99.0.2/24 dev f
ip -n far address add 10.99.0.3/24 dev f
ip -n far address add 10.99.0.4/24 dev f
ip -n near link set dev n up
ip -n far link set dev f up
ip netns exec far iptables -A INPUT -d 10.99.0.2 -m statistic --mode nth --every 10 --packet 3 -j DROP
ip netns exec far iptables -A INPUT -d 10.99.0.3 -m connbytes --connbytes 101 --connbytes-mode packets \
    --connbytes-dir original -j DROP
"""


@pytest.fixture(scope="module")
def lossy() -> t.Iterator[Network]:
    """Give a network that loses certain packets."""
    with network(LOSSY, "iptables") as made:
        yield made


@pytest.mark.parametrize("image", ["python", "python3.6", "busybox"], indirect=True)
def test_which_pings_are_lost(image, lossy):
    probes = [
        probe(0, "icmp", "10.99.0.2", tries=100, timeout_ms=2000),
        probe(1, "icmp", "10.99.0.3", tries=200, timeout_ms=2000),
        probe(2, "icmp", "10.99.0.4", tries=800, timeout_ms=2000),
        probe(3, "icmp", "10.99.0.5", tries=20, timeout_ms=1000),
    ]
    for _attempt in range(4):  # a machine that is too busy loses pings of its own
        each_10th, second_half, none, nobody = image.run_once(probes, prefix=lossy.inside("near")).answers
        if none.received == none.sent and nobody.outcome != "probe_error":
            break
    assert (each_10th.outcome, each_10th.sent, each_10th.received) == ("open", 100, 90)
    assert each_10th.lost == tuple((number, 1) for number in range(3, 100, 10))
    assert each_10th.askings == ({"open": 90, "timeout": 10},)
    assert each_10th.error == "timeout 10 of 100"
    assert (second_half.received, second_half.lost) == (100, ((100, 100),))
    assert (none.sent, none.received, none.lost, none.error) == (800, 800, (), "")
    assert none.askings == ({"open": 800},)
    assert 0 < none.percentiles["min"] <= none.percentiles["p50"] <= none.percentiles["max"]
    assert none.ms == none.percentiles["p50"]
    assert nobody.outcome in ("unreachable_arp", "timeout")
    assert (nobody.sent, nobody.received, nobody.lost) == (20, 0, ())


@pytest.mark.parametrize("image", ["busybox"], indirect=True)
def test_what_a_ping_had_no_time_to_send_is_not_lost(image):
    """A machine that is too busy sends fewer than 200 in a second; this ping stands for it, and says 3."""
    (image.bin / "ping").unlink()
    (image.bin / "ping").write_text(
        """#!/bin/sh
for seq in 0 1 3; do echo "64 bytes from 127.0.0.1: seq=$seq ttl=64 time=0.050 ms"; done
exec busybox sleep 60
"""
    )
    (image.bin / "ping").chmod(0o755)
    answer = image.run_once([probe(0, "icmp", "127.0.0.1", tries=50, timeout_ms=1000)]).answers[0]
    assert (answer.outcome, answer.sent, answer.received, answer.lost) == ("open", 4, 3, ((2, 1),))


@pytest.mark.parametrize("image", ["busybox"], indirect=True)
def test_a_ping_that_takes_no_fraction_sends_fewer(image, lossy):
    """As busybox before 1.30, and iputils before 20210722 for users: this one stands for them."""
    (image.bin / "ping").unlink()
    (image.bin / "ping").write_text(
        """#!/bin/sh
case $4 in 0.005) echo "ping: cannot flood; minimal interval allowed for user is 200ms"; exit 2 ;; esac
exec busybox ping "$@"
"""
    )
    (image.bin / "ping").chmod(0o755)
    answer = image.run_once(
        [probe(0, "icmp", "10.99.0.4", tries=800, timeout_ms=1000)], prefix=lossy.inside("near")
    ).answers[0]
    assert answer.outcome == "open"
    assert 10 <= answer.sent == answer.received < 50


@pytest.mark.parametrize("image", ["busybox"], indirect=True)
@pytest.mark.parametrize(
    ("said", "outcome", "error"),
    [
        ("From 10.0.0.1 icmp_seq=1 Destination Port Unreachable", "refused", "Connection refused"),
        ("From 10.0.0.1 icmp_seq=1 Destination Host Unreachable", "unreachable_fast", "No route to host"),
        ("From 10.0.0.1 icmp_seq=1 Destination Host Unknown", "unreachable_fast", "No route to host"),
        ("From 10.0.0.1 icmp_seq=1 Destination Host Prohibited", "unreachable_fast", "No route to host"),
        ("From 10.0.0.1 icmp_seq=1 Destination Net Prohibited", "unreachable_fast", "No route to host"),
        ("From 10.0.0.1 icmp_seq=1 Packet filtered", "unreachable_fast", "No route to host"),
        ("From 10.0.0.1 icmp_seq=1 Destination Net Unreachable", "no_route", "Network is unreachable"),
        ("From fd00::1 icmp_seq=1 Destination unreachable: Port unreachable", "refused", "Connection refused"),
        (
            "From fd00::1 icmp_seq=1 Destination unreachable: Address unreachable",
            "unreachable_fast",
            "No route to host",
        ),
        (
            "From fd00::1 icmp_seq=1 Destination unreachable: Administratively prohibited",
            *("unreachable_fast", "No route to host"),
        ),
        ("From fd00::1 icmp_seq=1 Destination unreachable: No route", "no_route", "Network is unreachable"),
        ("ping: sendmsg: Operation not permitted", "unreachable_fast", "Operation not permitted"),
    ],
)
def test_what_ping_says_of_a_refusal_is_no_silence(image, said, outcome, error):
    """In the words of iputils (ping.c, pr_icmph; ping6_common.c, print_icmp)."""
    (image.bin / "ping").unlink()
    (image.bin / "ping").write_text(
        f"#!/bin/sh\necho 'PING 10.0.0.9 (10.0.0.9) 56(84) bytes of data.'\necho '{said}'\n"
    )
    (image.bin / "ping").chmod(0o755)
    answer = image.run([probe(0, "icmp", "10.0.0.9")]).answers[0]
    assert (answer.outcome, answer.error) == (outcome, error)
