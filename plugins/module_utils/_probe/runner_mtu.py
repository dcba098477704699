# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Part of the Python runner: how large a packet may be, by pings that nobody may cut and by a request of several."""

import _socket as socket
import errno
import os
import struct
import time

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_base import Job, Outcome, allow
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_packets import (
    PING_BYTES,
    RECVERR,
    Pings,
    connected,
    icmp_socket,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_stream import (
    answer_to,
    connect,
    request,
    unacknowledged,
)

#: IP_MTU_DISCOVER as IP_PMTUDISC_PROBE: never cut, and never mind what the kernel remembers of the path.
UNCUT = {"IPv4": (socket.IPPROTO_IP, 10, 3), "IPv6": (socket.IPPROTO_IPV6, 23, 3)}
HEADERS = {"IPv4": 28, "IPv6": 48}
BIGGEST = 65535
#: Ethernet, clouds, and what is left of them inside VXLAN, Geneve, WireGuard, IPsec, GRE, IPIP and PPPoE.
USUAL = (
    (9001, 9000, 8951, 8950, 8941, 8920, 8901, 4000, 1500, 1492, 1480, 1476, 1460, 1450, 1442, 1440, 1430, 1420)
    + (1412, 1410, 1400, 1390, 1380, 1370, 1360, 1350, 1340, 1320, 1300, 1280, 1200, 1000, 800, 576, 300)
)  # fmt: skip
ROUNDS = 3
LARGE_BYTES = 3000
LONGEST_ANSWER = 65536
MSG_ERRQUEUE = 0x2000


class Sizes(Pings):
    """Echo requests of many sizes, counted in bytes of the IP packet."""

    def __init__(self, job: Job) -> None:
        Pings.__init__(self, job, connected(job, icmp_socket(job.family)))
        self.sock.setsockopt(*UNCUT[job.family])
        self.sizes = []
        self.header = HEADERS[job.family]
        self.said = {}  # type: dict[bool, int]

    def try_size(self, size: int) -> None:
        """Send a packet of a size."""
        self.sizes.append(size - self.header)
        self.send()
        self.listen()

    def passed(self) -> "dict[int, float]":
        """Return the sizes that were answered, with their milliseconds."""
        return {self.sizes[number] + self.header: ms for number, ms in self.times.items()}

    def listen(self) -> None:
        """Keep which MTU the path (true) and the own interface (false) named, and what else they said."""
        self.sock.setblocking(False)
        level, kind = RECVERR[self.job.family]
        try:
            while True:
                for found in self.sock.recvmsg(1, 512, MSG_ERRQUEUE)[1]:
                    if found[:2] != (level, kind) or len(found[2]) < 16:
                        continue
                    number, origin, _type, _code, _pad, mtu = struct.unpack("=I4BI", found[2][:12])
                    self.fail(OSError(number, os.strerror(number)))
                    if number == errno.EMSGSIZE:
                        self.said[origin > 1] = mtu
        except OSError:
            pass

    def own(self) -> int:
        """Return the MTU of the own interface: no packet of this size leaves, unless the interface can."""
        self.try_size(BIGGEST)
        return self.said.get(False) or BIGGEST

    def rounds(self, sizes: "list[int]", enough: int) -> None:
        """Send sizes that were not answered yet, again and again, until one that is enough was."""
        for turn in range(ROUNDS):
            missing = [
                size for size in sizes if size not in self.passed() and size <= min(list(self.said.values()) + [size])
            ]
            for size in missing:
                self.try_size(size)
            until = self.job.deadline
            if turn < ROUNDS - 1:
                until = min(until, time.monotonic() + self.job.timeout / (ROUNDS + 1))
            while missing and enough not in self.passed() and (self.times or not self.failures):
                if self.times:
                    patience = max(0.2, max(self.times.values()) / 200)
                    until = min(until, time.monotonic() + min(self.job.timeout / 8, patience))
                if not self.receive(until):
                    break
                self.listen()


def mtu(job: Job) -> None:
    """Find the largest packet that passes, or ask a server something large."""
    if job.port:
        large(job)
        return
    pings = Sizes(job)
    small = PING_BYTES + pings.header
    with pings.sock:
        wanted = max(job.size or pings.own(), small)
        pings.rounds([small, wanted], wanted)
        if pings.times and wanted not in pings.passed():
            named = [size for size in pings.said.values() if size > small]
            pings.rounds(sorted(set(named).union(size for size in USUAL if small < size < wanted)), wanted)
    sizes = pings.passed()
    if not sizes:
        raise (pings.failures + [Outcome("timeout")])[0]
    best = max(sizes)
    job.answer["mtu"] = best
    job.answer["ms"] = sizes[best]
    if best < wanted:
        # Nobody asked for smaller packets: larger ones vanish, as they would for every connection.
        word = "frag_needed" if True in pings.said or pings.said.get(False) == best else "timeout"
        raise Outcome(word, str(best) + " bytes pass, " + str(wanted) + " do not; " + who_said(pings.said, best))


def who_said(said: "dict[bool, int]", best: int) -> str:
    """Return who named an MTU."""
    if True in said:
        return "the path reports an MTU of " + str(said[True])
    if said.get(False) == best:
        return "the interface of the source has this MTU"
    return "no device on the path reports it"


def large(job: Job) -> None:
    """Send a request of several full segments, once a small one has been answered, and take a whole answer."""
    ends = job.deadline
    job.deadline -= job.timeout / 2
    with connect(job) as sock:
        if not answer_to(job, sock, request(job, "HEAD")):
            raise Outcome("reset", "closed without a byte")
    job.deadline = ends
    question = request(job, "GET", job.size or LARGE_BYTES)
    said = "connected, and a request of " + str(len(question)) + " bytes had "
    with connect(job) as sock:
        try:
            answer = answer_to(job, sock, question)
        except Outcome:
            raise Outcome("frag_needed", said + "no answer") from None
        except OSError as error:  # the peer did not like it, and it was the peer who said so
            raise Outcome("open", said + "no answer but: " + str(error.strerror)) from None
        missing = read_rest(job, sock, answer)
        if missing:
            raise Outcome("frag_needed", said + "an answer without its last " + str(missing) + " bytes")
        if not answer.startswith(b"HTTP/") and unacknowledged(sock):
            raise Outcome("frag_needed", said + "not arrived")


def read_rest(job: Job, sock: socket.socket, data: bytes) -> int:
    """Read on as long as the answer says it is; return how many bytes never came."""
    try:
        while len(data) < LONGEST_ANSWER:
            allow(sock, job.deadline)
            chunk = sock.recv(16384)
            if not chunk:
                return 0
            data += chunk
    except OSError:
        head, _blank, body = data.partition(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:") and line[15:].strip().isdigit():
                return max(0, min(int(line[15:].strip()[:9]), LONGEST_ANSWER) - len(body))
    return 0
