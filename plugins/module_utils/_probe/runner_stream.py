# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Part of the Python runner: connections (TCP, SCTP), and what is asked over them (HTTP, HTTPS, TLS)."""

import _socket as socket
import errno
import struct
import time

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_base import (
    OWN_MS,
    Job,
    Outcome,
    Socket,
    Timeout,
    Turn,
    allow,
    between,
    ended,
    is_address,
    milliseconds,
    moment,
    open_socket,
    read_lines,
    receive_stamped,
    socket_address,
    stamp,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_dns import resolve
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_grpc import grpc_call, read_call

MYPY = False
if MYPY:  # it alone needs this
    import typing as t

HEAD_BYTES = 4096
BODY_BYTES, PAGE_SECONDS = 200, 0.25  # of a page that may be a controller's own, and to wait for the rest of it
MOST_HEADERS = 8
SCTP = 132
DER = 2
MOST_CERTIFICATES, MOST_CERTIFICATE_BYTES = 5, 16384


def tcp(job: Job) -> None:
    """Connect, and no more."""
    connect(job).close()


def sctp(job: Job) -> None:
    """Connect, where that does not make the kernel load its SCTP module."""
    if not any(line.startswith("SCTP") for line in read_lines("/proc/net/protocols")):
        raise Outcome("not_applicable", "the kernel has no SCTP")
    connect(job, SCTP).close()


def http(job: Job) -> None:
    """Ask for a page and read its status."""
    with connect(job) as sock:
        stamp(sock)
        read_status(job, sock)


def https(job: Job) -> None:
    """Ask for a page over TLS; whose certificate it is does not matter to the network."""
    with connect(job) as plain, handshake(job, plain) as sock:
        ssl = tls_module()
        try:
            try:
                read_status(job, sock)
            except ssl.SSLEOFError:  # it has closed before the request was sent: its last word is still there to read
                allow(sock, job.deadline)
                sock.recv(1)
                raise
        except ssl.SSLEOFError as error:
            raise Outcome("reset", str(error)) from None
        except ssl.SSLError as error:  # TLS 1.3 refuses a missing client certificate only now
            raise Outcome("tls_handshake", str(error)) from None


def tls(job: Job) -> None:
    """Shake hands, and keep what the peer shows; the controller judges it."""
    with connect(job) as plain, handshake(job, plain) as sock:
        job.answer["tls"] = {
            "version": getattr(sock, "version", str)() or "",
            "cipher": (sock.cipher() or [""])[0],
        }
        left = MOST_CERTIFICATE_BYTES
        for certificate in certificates(sock)[:MOST_CERTIFICATES]:
            left -= len(certificate)
            if left < 0:
                break
            job.certificates.append(certificate)


def tls_module() -> "t.Any":
    """Return Python's module for TLS, which is slow to load and which some images lack."""
    try:
        import ssl
    except ImportError as error:
        raise Outcome("probe_error", "the container's Python has no TLS: " + str(error)) from None
    return ssl


def handshake(job: Job, plain: Socket) -> "t.Any":
    """Return the connection as a TLS one."""
    ssl = tls_module()
    context = ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_CLIENT", ssl.PROTOCOL_SSLv23))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if job.transport == "h2":
        context.set_alpn_protocols(["h2"])
    name = (job.server_name or job.host).rstrip(".")
    peer = None if is_address(name) else name
    try:
        sock = context.wrap_socket(plain, False, False, server_hostname=peer)
        with Turn(job) as turn:
            began = time.monotonic()
            turn.take(job.deadline, sock, sock.do_handshake)
    except Timeout:
        raise Outcome("tls_timeout", "connected, then no TLS handshake") from None
    except OSError as error:
        raise Outcome("tls_handshake", str(error)) from None
    job.phase("tls", began)
    return sock


def certificates(sock: object) -> "list[bytes]":
    """Return what the peer showed, its own certificate first; Pythons before 3.10 keep only that one."""
    for holder in (sock, getattr(sock, "_sslobj", None)):
        chain = getattr(holder, "get_unverified_chain", list)() or []  # type: ignore[var-annotated]
        if chain:
            return [one if isinstance(one, bytes) else one.public_bytes(DER) for one in chain]
    own = sock.getpeercert(True)  # type: ignore[attr-defined]
    return [own] if own else []


def connect(job: Job, protocol: int = 0) -> Socket:
    """Return a connected socket."""
    address = resolve(job)
    sock = open_socket(job.family, socket.SOCK_STREAM, protocol)
    began = time.monotonic()
    try:
        sock.settimeout(job.left())
        sock.connect(socket_address(job.family, address, job.port))
    except OSError as error:
        if error.errno == errno.ECONNREFUSED:
            job.answer["refusal"] = refusal(sock)
        sock.close()
        raise ended(error, began) from None
    ours = milliseconds(began)
    job.phases["connect"] = handshake_ms(sock, ours)
    job.resent = was_resent(sock, ours)
    return sock


def refusal(sock: socket.socket) -> str:
    """Tell what refused a connection: "rst" came from the peer, "icmp" from whoever is on the way; "" where unknown.

    Both give the same error. Only the kernel counts what it received: an RST is a segment, and ICMP is none. A kernel
    that does not count what it sent counts nothing (before 4.2, gVisor).
    """
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, 11, 144)
    except OSError:
        info = b""
    sent, received = struct.unpack("2I", info[136:]) if len(info) == 144 else (0, 0)
    return ("rst" if received else "icmp") if sent else ""


def tcp_info(sock: socket.socket) -> "tuple[int, ...]":
    """Return the kernel's numbers about a TCP connection (C(struct tcp_info), behind its first 8 bytes) or zeros."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, 11, 104)
    except OSError:
        info = b""
    return struct.unpack("24I", info[8:]) if len(info) == 104 else (0,) * 24


def handshake_ms(sock: socket.socket, ours: float) -> float:
    """Return how long connecting took; more than the kernel's round trip and a bit is not the network's."""
    info = tcp_info(sock)
    rtt, retransmitted = info[15] / 1000.0, info[23]
    return round(min(ours, rtt + OWN_MS), 3) if rtt and not retransmitted else ours


def was_resent(sock: socket.socket, ours: float) -> bool:
    """Tell whether connecting took a second SYN, which is sent 1 s after the first (RFC 6298); C(ours) are ms."""
    info = tcp_info(sock)
    return info[23] > 0 if info[15] else ours >= 1000.0


def unacknowledged(sock: socket.socket) -> bool:
    """Tell whether something that was sent has not arrived, or could not even leave."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, 11, 148)
    except OSError:
        info = b""
    left = struct.unpack("I", info[144:])[0] if len(info) == 148 else 0
    return left > 0 or tcp_info(sock)[4] > 0


def silence(job: Job, sock: socket.socket) -> Outcome:
    """Return what a request without an answer came to: the application is slow, or the path lost the request."""
    job.answer["request"] = "lost" if unacknowledged(sock) else "taken"
    if job.answer["request"] == "lost":
        return Outcome("timeout", "connected, and the request was never acknowledged")
    return Outcome("timeout", "connected, then silent")


def read_status(job: Job, sock: socket.socket) -> None:
    """Send a GET and turn the first line of the answer into the outcome; a call of gRPC may get such an answer, too."""
    if job.transport == "h2":
        head = first_bytes(job, sock, grpc_call(job, authority(job)))
        if head and head[:5] != b"HTTP/":
            read_call(job, sock, head)
    else:
        head = answer_to(job, sock, request(job))
    words = head[:12].split(b" ")
    if (
        words[0] in (b"HTTP/1.0", b"HTTP/1.1")
        and len(words) == 2
        and len(words[1]) == 3
        and words[1].isdigit()
        and b"100" <= words[1] < b"600"
    ):
        if words[1] >= b"300":
            keep_page(job, sock, head)
        raise Outcome("http_" + words[1].decode("ascii"))
    if not head:
        raise Outcome("reset", "closed without a byte")
    raise Outcome("open", "the answer is not HTTP: " + head[:60].decode("ascii", "replace"))


def keep_page(job: Job, sock: socket.socket, head: bytes) -> None:
    """Keep who sent a page and how it begins: it may be that of a controller in front of the application."""
    until = min(job.deadline, time.monotonic() + PAGE_SECONDS)
    try:
        while len(head) < HEAD_BYTES and len(head.partition(b"\r\n\r\n")[2]) < BODY_BYTES:
            allow(sock, until)
            more = sock.recv(HEAD_BYTES)
            if not more:
                break
            head += more
    except OSError:  # what there is will do
        pass
    fields, body = head[:HEAD_BYTES].partition(b"\r\n\r\n")[::2]
    headers = {}  # type: dict[str, str]
    for line in fields.split(b"\r\n")[1:]:
        name, value = line.decode("latin-1").partition(":")[::2]
        name = name.strip().lower()
        if name in ("server", "via", "location", "content-type", "l5d-proxy-error") or name.startswith("x-"):
            headers[name[:40]] = value.strip()[:100]
        if len(headers) == MOST_HEADERS:
            break
    job.answer["headers"] = headers
    if head[9:12] >= b"400":
        job.answer["body"] = body[:BODY_BYTES].decode("utf-8", "replace")


def authority(job: Job) -> str:
    """Return the host as HTTP names it."""
    host = (job.server_name or job.host).rstrip(".")
    host = "[" + host + "]" if ":" in host else host
    return host if job.port == (443 if job.protocol == "https" else 80) else host + ":" + str(job.port)


def request(job: Job, method: str = "GET", padding: int = 0) -> bytes:
    """Return the request for the job's page, with a header of so many bytes that mean nothing."""
    host = "Host: " + authority(job)
    lines = [method + " " + (job.path or "/") + " HTTP/1.1", host, "User-Agent: kubewire", "Accept: */*"]
    if padding:
        lines.append("X-Padding: " + "x" * padding)
    return "\r\n".join(lines + ["Connection: close", "", ""]).encode("ascii")


def answer_to(job: Job, sock: socket.socket, question: bytes) -> bytes:
    """Ask, and return what comes until the first line is whole, the peer closes, or time is up."""
    head = chunk = first_bytes(job, sock, question)
    try:
        while chunk and b"\n" not in head and len(head) < HEAD_BYTES:
            allow(sock, job.deadline)
            chunk = sock.recv(HEAD_BYTES)
            head += chunk
    except OSError:  # whatever came after the first bytes: these were an answer
        pass
    return head


def first_bytes(job: Job, sock: socket.socket, question: bytes) -> bytes:
    """Ask, and return the first bytes that come; nothing where the peer closes."""

    def read() -> "tuple[bytes, float]":
        if job.protocol == "https":  # what TLS hands out has no stamp
            return sock.recv(HEAD_BYTES), 0.0
        return receive_stamped(sock, HEAD_BYTES)

    try:
        with Turn(job) as turn:
            asked = moment()
            sock.sendall(question)
            head, arrived = turn.take(job.deadline, sock, read)
    except Timeout:
        raise silence(job, sock) from None
    if head:
        job.phases["first_byte"] = between(asked, arrived, OWN_MS)
    return head  # type: ignore[no-any-return]
