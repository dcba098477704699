# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Second half of the Python runner: what each protocol asks, all probes at once in threads, one JSON line an answer.

It runs inside the container, behind the text of C(runner_dns.py); what that file says of old Pythons holds here too.
"""

import _signal as signal  # type: ignore[import-not-found]
import _socket as socket
import _thread
import os
import struct
import sys
import time

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_dns import (
    Job,
    Outcome,
    Socket,
    Timeout,
    ended,
    is_address,
    look_up,
    milliseconds,
    open_socket,
    read_lines,
    resolve,
    socket_address,
)

HEAD_BYTES = 4096
IP_RECVERR, IPV6_RECVERR = 11, 25
ECHO = {"IPv4": (8, 0), "IPv6": (128, 129)}


def tcp(job: Job) -> None:
    """Connect, and no more."""
    connect(job).close()


def http(job: Job) -> None:
    """Ask for a page and read its status."""
    with connect(job) as sock:
        read_status(job, sock)


def https(job: Job) -> None:
    """Ask for a page over TLS; whose certificate it is does not matter to the network."""
    try:
        import ssl  # slow to load, and some images lack it
    except ImportError as error:
        raise Outcome("probe_error", "the container's Python has no TLS: " + str(error)) from None
    context = ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_CLIENT", ssl.PROTOCOL_SSLv23))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    name = (job.server_name or job.host).rstrip(".")
    with connect(job) as plain:
        began = time.monotonic()
        plain.settimeout(job.left())
        try:
            peer = None if is_address(name) else name
            sock = context.wrap_socket(plain, server_hostname=peer)  # type: ignore[arg-type]
        except Timeout:
            raise Outcome("tls_timeout", "connected, then no TLS handshake") from None
        except OSError as error:
            raise Outcome("tls_handshake", str(error)) from None
        job.phase("tls", began)
        with sock:
            try:
                read_status(job, sock)
            except ssl.SSLError as error:  # TLS 1.3 refuses a missing client certificate only now
                raise Outcome("tls_handshake", str(error)) from None


def dns(job: Job) -> None:
    """Look a name up in DNS alone."""
    began = time.monotonic()
    look_up(job)
    job.phase("dns", began)


def icmp(job: Job) -> None:
    """Send one echo request."""
    address = resolve(job)
    sock, raw = icmp_socket(job.family)
    request, reply = ECHO[job.family]
    nonce = os.urandom(16)
    body = struct.pack("!2H", os.getpid() & 0xFFFF, 1) + nonce
    began = time.monotonic()
    with sock:
        try:
            sock.connect(socket_address(job.family, address, 0))
            sock.send(struct.pack("!2BH", request, 0, checksum(struct.pack("!2BH", request, 0, 0) + body)) + body)
            while True:
                sock.settimeout(job.left())
                packet = sock.recv(1024)
                if raw and job.family == "IPv4":
                    packet = packet[(packet[0] & 0x0F) * 4 :]
                if packet[:1] == struct.pack("B", reply) and packet.endswith(nonce):
                    return
        except OSError as error:
            raise ended(error, began) from None


def icmp_socket(family: str) -> "tuple[Socket, bool]":
    """Return an ICMP socket, and whether it is a raw one; raw ones need NET_RAW, the others ping_group_range."""
    level = socket.IPPROTO_ICMP if family == "IPv4" else socket.IPPROTO_ICMPV6
    try:
        sock, raw = open_socket(family, socket.SOCK_DGRAM, level), False
    except Outcome as unprivileged:
        if unprivileged.word == "no_route":
            raise
        try:
            sock, raw = open_socket(family, socket.SOCK_RAW, level), True
        except Outcome as error:
            raise Outcome(
                "probe_error",
                "no ICMP " + error.error + "; needs net.ipv4.ping_group_range or the capability NET_RAW",
            ) from None
    if family == "IPv4":
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    return sock, raw


def checksum(data: bytes) -> int:
    """Return the Internet checksum of an even number of bytes."""
    words = struct.unpack("!" + str(len(data) // 2) + "H", data)  # type: tuple[int, ...]
    total = sum(words)
    total = (total >> 16) + (total & 0xFFFF)
    return 0xFFFF - ((total + (total >> 16)) & 0xFFFF)


def connect(job: Job) -> Socket:
    """Return a connected TCP socket."""
    address = resolve(job)
    sock = open_socket(job.family, socket.SOCK_STREAM)
    began = time.monotonic()
    try:
        sock.settimeout(job.left())
        sock.connect(socket_address(job.family, address, job.port))
    except OSError as error:
        sock.close()
        raise ended(error, began) from None
    job.phase("connect", began)
    return sock


def read_status(job: Job, sock: socket.socket) -> None:
    """Send a GET and turn the first line of the answer into the outcome."""
    sock.sendall(request(job))
    head = read_head(job, sock)
    words = head[:12].split(b" ")
    if (
        words[0] in (b"HTTP/1.0", b"HTTP/1.1")
        and len(words) == 2
        and words[1].isdigit()
        and b"100" <= words[1] < b"600"
    ):
        raise Outcome("http_" + words[1].decode("ascii"))
    if not head:
        raise Outcome("reset", "closed without a byte")
    raise Outcome("open", "the answer is not HTTP: " + head[:60].decode("ascii", "replace"))


def request(job: Job) -> bytes:
    """Return the request for the job's page."""
    host = (job.server_name or job.host).rstrip(".")
    host = "[" + host + "]" if ":" in host else host
    if job.port != (443 if job.protocol == "https" else 80):
        host += ":" + str(job.port)
    lines = ["GET " + (job.path or "/") + " HTTP/1.1", "Host: " + host, "User-Agent: kubewire", "Accept: */*"]
    return "\r\n".join(lines + ["Connection: close", "", ""]).encode("ascii")


def read_head(job: Job, sock: socket.socket) -> bytes:
    """Return what comes until the first line is whole, the peer closes, or time is up."""
    began = time.monotonic()
    head = b""
    try:
        while b"\n" not in head and len(head) < HEAD_BYTES:
            sock.settimeout(job.left())
            chunk = sock.recv(HEAD_BYTES)
            if not chunk:
                break
            if not head:
                job.phase("first_byte", began)
            head += chunk
    except (Timeout, Outcome):
        if not head:
            raise Outcome("timeout", "connected, then silent") from None
    return head


PROTOCOLS = {"tcp": tcp, "http": http, "https": https, "dns": dns, "icmp": icmp}


class Run:
    """The probes of one container and what is still missing of them."""

    def __init__(self, jobs: "list[Job]") -> None:
        self.waiting = jobs[::-1]
        self.unanswered = {job.id: job for job in jobs}
        self.lock = _thread.allocate_lock()
        self.working = _thread.allocate_lock()
        self.working.acquire()

    def work(self) -> None:
        """Take probes until none is waiting."""
        while True:
            with self.lock:
                if not self.waiting:
                    return
                job = self.waiting.pop()
            self.say(probe(job))

    def say(self, answer: "dict[str, object]") -> None:
        """Print an answer, unless the deadline has spoken for it."""
        with self.lock:
            if self.unanswered.pop(answer["id"], None):  # type: ignore[call-overload]
                emit(answer)
            if not self.unanswered and self.working.locked():
                self.working.release()

    def give_up(self) -> None:
        """Say for each missing probe that time is up."""
        with self.lock:
            for number in self.unanswered:
                emit({"id": number, "outcome": "probe_error", "error": "the deadline of the whole run came first"})
            self.unanswered.clear()
            self.waiting.clear()


def probe(job: Job) -> "dict[str, object]":
    """Send one probe and return its answer, whatever happens."""
    began = time.monotonic()
    job.deadline = began + job.timeout
    try:
        PROTOCOLS[job.protocol](job)
        outcome = Outcome("open")
    except Outcome as end:
        outcome = end
    except OSError as error:
        outcome = ended(error, began)
    except Exception as error:
        outcome = Outcome("probe_error", type(error).__name__ + ": " + str(error))
    job.answer["outcome"] = outcome.word
    job.answer["ms"] = milliseconds(began)
    if outcome.error:
        job.answer["error"] = outcome.error[:300]
    return job.answer


def emit(document: "dict[str, object]") -> None:
    """Print one line of JSON at once."""
    sys.stdout.write(encode(document) + "\n")
    sys.stdout.flush()


def encode(value: object) -> str:
    """Write JSON; its module and "re" cost more start-up than all probes together where an image has no .pyc files."""
    if isinstance(value, str):
        plain = [c if " " <= c <= "~" and c not in '"\\' else "\\u" + format(min(ord(c), 0xFFFD), "04x") for c in value]
        return '"' + "".join(plain) + '"'
    if isinstance(value, dict):
        return "{" + ", ".join(encode(key) + ": " + encode(item) for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(encode(item) for item in value) + "]"
    return repr(value)


def hello() -> None:
    """Say who runs here and what the Pod's network looks like."""
    emit(
        {
            "kw": 1,
            "runner": "python",
            "tools": ["python3"],
            "route4": read_lines("/proc/net/route"),
            "route6": read_lines("/proc/net/ipv6_route"),
            "resolv": [line for line in read_lines("/etc/resolv.conf", 20) if line.strip() and line[0] not in "#;"],
        }
    )


def main(lines: "list[str]", deadline_ms: int, parallel: int) -> None:
    """Run the jobs; the alarm ends what even a full stdout pipe cannot keep alive."""
    signal.alarm(deadline_ms // 1000 + 3)
    ends = time.monotonic() + deadline_ms / 1000.0
    run = Run([Job(line) for line in lines])
    hello()
    _thread.stack_size(512 * 1024)
    for _worker in range(min(parallel, len(lines))):
        try:
            _thread.start_new_thread(run.work, ())
        except RuntimeError:  # the container's pids limit: those that run share the work
            break
    if lines:
        run.working.acquire(True, max(0.0, ends - time.monotonic()))
    run.give_up()
    emit({"done": 1})
