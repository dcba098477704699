# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Part of the Python runner: single packets (ICMP, UDP), their loss and their round trips."""

import _socket as socket
import binascii
import errno
import os
import struct
import time

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_base import (
    Job,
    Outcome,
    Socket,
    Timeout,
    between,
    counts,
    ended,
    in_a_row,
    moment,
    open_socket,
    others,
    percentiles,
    receive_stamped,
    socket_address,
    stamp,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_dns import resolve

RECVERR = {"IPv4": (socket.IPPROTO_IP, 11), "IPv6": (socket.IPPROTO_IPV6, 25)}
MSG_ERRQUEUE = 0x2000
ECHO = {"IPv4": (8, 0), "IPv6": (128, 129)}
PING_BYTES = 56  # of data, as the program ping sends
UDP_BYTES = 32
ALONE = 3  # how often at most a question is sent that is asked once: one lost packet is no answer
GAP_SECONDS = 0.005
STRANGER = -1


class Volley:
    """Packets from one connected socket, each with a number of its own, and the answers to each."""

    def __init__(self, job: Job, sock: Socket) -> None:
        self.job = job
        self.sock = sock
        self.nonce = os.urandom(4)
        self.sent = []  # type: list[tuple[float, float]]
        self.times = {}  # type: dict[int, float]
        self.failures = []  # type: list[Outcome]
        self.strangers = 0
        self.overdue = 0

    def packet(self, number: int) -> bytes:
        """Return the packet with a number."""
        raise NotImplementedError

    def number(self, packet: bytes) -> "int | None":
        """Return which packet this one answers, STRANGER for an answer that does not say, None for no answer."""
        raise NotImplementedError

    def send(self) -> None:
        """Send the next packet."""
        packet = self.packet(len(self.sent))
        self.sent.append(moment())
        try:
            self.sock.send(packet)
        except OSError as error:
            self.fail(error)

    def fail(self, error: OSError) -> None:
        """Keep what the system said of the path; that a queue dropped a packet is a loss like any other."""
        if error.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH):
            offender = icmp_sender(self.sock)
            if offender:
                self.job.answer["error_from"] = offender
                self.job.answer["refusal"] = "icmp"
        if error.errno != errno.ENOBUFS:
            self.failures.append(ended(error, self.sent[0][1]))

    def receive(self, until: float) -> bool:
        """Take one answer; tell whether there was one before a moment."""
        left = max(0.0, until - time.monotonic())
        if not left:  # what came in time and was not read, since this process was late
            self.overdue += 1
            if self.overdue > len(self.sent):
                return False
        self.sock.settimeout(left)
        try:
            packet, arrived = receive_stamped(self.sock, 65535)
        except (Timeout, BlockingIOError):
            return False
        except OSError as error:
            self.fail(error)
            return True
        number = self.number(packet)
        if number is not None and 0 <= number < len(self.sent):
            self.times.setdefault(number, between(self.sent[number], arrived))
        elif number is not None:
            self.strangers += 1
        return True

    def once(self) -> None:
        """Ask until something is known."""
        for turn in range(1, ALONE + 1):
            self.send()
            until = self.job.deadline if turn == ALONE else time.monotonic() + self.job.timeout / (ALONE + 1)
            while not (self.times or self.failures or self.strangers) and self.receive(until):
                pass
            if self.times or self.failures or self.strangers:
                return

    def paced(self, count: int) -> None:
        """Send so many without waiting for any, and take the answers as they come, late ones as well."""
        began = time.monotonic()
        for turn in range(1, count + 1):
            self.send()
            while self.receive(began + turn * GAP_SECONDS):
                pass
            if time.monotonic() > self.job.ends:
                break
        # Where answers come, one more is waited for as long as ping does: a multiple of the slowest.
        while len(self.times) + len(self.failures) < len(self.sent):
            patience = self.job.timeout
            if self.times or self.failures or self.strangers:
                patience = min(patience, max([0.25] + [ms / 250 for ms in self.times.values()]))
            self.job.deadline = min(self.sent[-1][1] + patience, self.job.ends)
            if not self.receive(self.job.deadline):
                break

    def conclude(self) -> None:
        """Turn the answers into one; raises the outcome."""
        count, times = len(self.sent), list(self.times.values())
        received = min(count, len(times) or self.strangers)
        if count > 1:
            self.job.answer["sent"] = count
            self.job.answer["received"] = received
        failures = [failure.word for failure in self.failures][: count - received]
        words = ["open"] * received + failures
        words += ["timeout"] * (count - len(words))
        if count > 1:
            self.job.answer["outcomes"] = counts(words)
        if times and received < count:
            self.job.answer["lost"] = in_a_row([place for place in range(count) if place not in self.times])
        if times:
            ranks = percentiles(times)
            self.job.answer["ms"] = ranks["p50"]
            if count > 1:
                self.job.answer["percentiles"] = ranks
            raise Outcome("open", others(words, "open"))
        if self.strangers:
            raise Outcome("open", "an answer without the nonce")
        raise self.failures[0] if self.failures else Outcome("timeout")

    def ask(self) -> None:
        """Send what the job asks for; raises the outcome."""
        with self.sock:
            if self.job.tries == 1:
                self.once()
            else:
                self.paced(self.job.tries)
        self.conclude()


class Pings(Volley):
    """ICMP echo requests."""

    def __init__(self, job: Job, sock: Socket, size: int = PING_BYTES) -> None:
        Volley.__init__(self, job, sock)
        self.sizes = [size]

    def packet(self, number: int) -> bytes:
        """Return an echo request; the sizes go round."""
        kind = ECHO[self.job.family][0]
        body = struct.pack("!2H", os.getpid() & 0xFFFF, number & 0xFFFF) + self.nonce + struct.pack("!I", number)
        body = body.ljust(4 + self.sizes[number % len(self.sizes)], b"\0")
        return struct.pack("!2BH", kind, 0, checksum(struct.pack("!2BH", kind, 0, 0) + body)) + body

    def number(self, packet: bytes) -> "int | None":
        """Return which request a packet answers; a raw socket also gets what others asked, behind an IP header."""
        found = packet.find(self.nonce, 8, 80)
        if found < 8 or packet[found - 8] != ECHO[self.job.family][1] or len(packet) < found + 8:
            return None
        return int(struct.unpack("!I", packet[found + 4 : found + 8])[0])

    def fail(self, error: OSError) -> None:
        """Leave sizes out: a raw socket hears of larger packets to the same address as well."""
        if error.errno != errno.EMSGSIZE:
            Volley.fail(self, error)


class Datagrams(Volley):
    """UDP datagrams with a nonce that an echo sends back."""

    def packet(self, number: int) -> bytes:
        """Return the words that agnhost's UDP server echoes as well: C(echo NONCE)."""
        nonce = binascii.hexlify(self.nonce + struct.pack("!I", number))
        return (b"echo " + nonce).ljust(self.job.size or UDP_BYTES, b".")

    def number(self, packet: bytes) -> "int | None":
        """Return which datagram a packet answers."""
        found = packet.find(binascii.hexlify(self.nonce))
        try:
            return int(packet[found + 8 : found + 16], 16) if found >= 0 else STRANGER
        except ValueError:
            return STRANGER


def icmp(job: Job) -> None:
    """Send echo requests."""
    Pings(job, connected(job, icmp_socket(job.family))).ask()


def udp(job: Job) -> None:
    """Send datagrams to an echo."""
    Datagrams(job, connected(job, open_socket(job.family, socket.SOCK_DGRAM))).ask()


def connected(job: Job, sock: Socket) -> Socket:
    """Connect a socket of single packets, so that the kernel tells it what the path says of them."""
    address = resolve(job)
    began = time.monotonic()
    try:
        sock.connect(socket_address(job.family, address, job.port))
        sock.setsockopt(*RECVERR[job.family] + (1,))  # not before: a raw socket would hear of other probes' paths
        stamp(sock)
    except OSError as error:
        sock.close()
        raise ended(error, began) from None
    return sock


def icmp_sender(sock: socket.socket) -> str:
    """Return the address that the last ICMP error came from (C(struct sock_extended_err), then its sender)."""
    try:
        extra = sock.recvmsg(1, 512, MSG_ERRQUEUE | socket.MSG_DONTWAIT)[1]
    except OSError:
        return ""
    for level, kind, value in extra:
        for family, option in RECVERR.items():
            if (level, kind) == option and len(value) > 24 and value[4] in (2, 3):
                sender = value[20:24] if family == "IPv4" else value[24:40]
                return socket.inet_ntop(socket.AF_INET if family == "IPv4" else socket.AF_INET6, sender)
    return ""


def icmp_socket(family: str) -> Socket:
    """Return an ICMP socket; raw ones need NET_RAW, the others ping_group_range."""
    level = socket.IPPROTO_ICMP if family == "IPv4" else socket.IPPROTO_ICMPV6
    try:
        return open_socket(family, socket.SOCK_DGRAM, level)
    except Outcome as unprivileged:
        if unprivileged.word == "no_route":
            raise
    try:
        return open_socket(family, socket.SOCK_RAW, level)
    except Outcome as error:
        why = "no ICMP " + error.error + "; needs net.ipv4.ping_group_range or the capability NET_RAW"
        raise Outcome("probe_error", why) from None


def checksum(data: bytes) -> int:
    """Return the Internet checksum of some bytes."""
    words = struct.unpack("!" + str(len(data) // 2) + "H", data[: len(data) & ~1])  # type: tuple[int, ...]
    total = sum(words) + ((data[-1] << 8) if len(data) & 1 else 0)
    total = (total >> 16) + (total & 0xFFFF)
    return 0xFFFF - ((total + (total >> 16)) & 0xFFFF)
