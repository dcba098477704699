# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers on loopback, and the containers' insides that the runners meet: a PATH with what an image has."""

from __future__ import annotations

import collections.abc
import contextlib
import ctypes
import dataclasses
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import answers, jobs
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, SourceReport
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.network import network
from ansible_collections.kubewire.netdebug.tests.unit.pythons import python

Handler = t.Callable[[socket.socket], None]

#: What an image with bash has beside it; Debian's "slim" images come without curl.
COREUTILS = ("date", "dd", "getent", "od", "setsid", "sleep")
TLS_TOOLS = ("curl", "openssl", "wget")
TOO_BUSY = "too little processor time"
TOO_LATE = "the deadline of the whole run came first"  #: as well, where a test has none of its own


class Image:
    """What is in a container: a PATH of its own and the command that starts the runner there."""

    def __init__(self, name: str, bin_dir: pathlib.Path, argv: tuple[str, ...]) -> None:
        self.name = name
        self.bin = bin_dir
        self.argv = (str(bin_dir / argv[0]), *argv[1:])

    def run(self, probes: t.Iterable[Probe], dns_server: str = "", **options: t.Any) -> SourceReport:
        """Run the probes, again where this machine was too busy for them: that is not what most tests are about."""
        probes = [dataclasses.replace(probe, dns_server=dns_server or probe.dns_server) for probe in probes]
        report = self.run_once(probes, **options)
        for _again in range(8):
            busy = {answer.id for answer in report.answers if TOO_BUSY in answer.error}
            if "deadline_ms" not in options:
                busy |= {answer.id for answer in report.answers if TOO_LATE in answer.error}
            if not busy:
                break
            again = self.run_once([probe for probe in probes if probe.id in busy], **{**options, "parallel": 2})
            second = {answer.id: answer for answer in again.answers}
            together = tuple(second.get(answer.id, answer) for answer in report.answers)
            report = dataclasses.replace(report, answers=together)
        return report

    def run_once(self, probes: list[Probe], **options: t.Any) -> SourceReport:
        """Run the probes as an exec does: stdin stays open until the runner has ended by itself."""
        began = time.monotonic()
        with self.start(probes, **options) as process:
            stdout, stderr = t.cast(t.IO[bytes], process.stdout).read(), t.cast(t.IO[bytes], process.stderr).read()
            assert process.wait(30) == 0, stderr
        took = (time.monotonic() - began) * 1000
        return answers.parse(stdout, probes, "ns/pod/c", stderr=stderr, duration_ms=took)

    def start(
        self,
        probes: t.Iterable[Probe],
        *,
        deadline_ms: int = 20_000,
        parallel: int = 32,
        most_by_shell: int = 0,
        pace_us: int = 0,
        shared_kib: int | None = None,
        prefix: tuple[str, ...] = (),
        **options: t.Any,
    ) -> subprocess.Popen[bytes]:
        """Start the runner, and give it the probes."""
        process = subprocess.Popen(
            (*prefix, *self.argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": str(self.bin)},
            **options,
        )
        stdin = t.cast(t.IO[bytes], process.stdin)
        stdin.write(jobs.payload(probes, deadline_ms, parallel, most_by_shell, pace_us, shared_kib))
        stdin.flush()
        return process


def _link(bin_dir: pathlib.Path, programs: t.Mapping[str, str] | t.Iterable[str]) -> None:
    wanted = programs if isinstance(programs, collections.abc.Mapping) else {name: name for name in programs}
    for name, program in wanted.items():
        path = shutil.which(program)
        if path is None:
            pytest.skip(f"{program} is not on this machine")
        (bin_dir / name).symlink_to(os.path.realpath(path) if name == "python3" else path)


@pytest.fixture
def image(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Image:
    """Build the image that the test names by C(indirect) parametrisation."""
    kind: str = request.param
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    argv = jobs.argv_sh
    if kind == "busybox":
        _link(bin_dir, ["busybox"])
        applets = subprocess.run(["busybox", "--list"], check=True, capture_output=True, text=True).stdout.split()
        for applet in applets:
            with contextlib.suppress(FileExistsError):
                (bin_dir / applet).symlink_to("busybox")
    elif kind == "python-only":
        argv = jobs.argv_python
        _link(bin_dir, {"python3": sys.executable})
    elif kind.startswith("python"):
        _link(bin_dir, {"sh": "dash", "python3": sys.executable if kind == "python" else python(kind[6:])})
    elif kind == "broken-python":
        _link(bin_dir, {"sh": "dash", "bash": "bash", **{name: name for name in COREUTILS}})
        (bin_dir / "python3").write_text("#!/bin/sh\necho no libpython >&2\nexit 127\n")
        (bin_dir / "python3").chmod(0o755)
    else:
        shell, *extras = kind.split("+")
        without = [extra[3:] for extra in extras if extra.startswith("no-")]
        tools = [extra for extra in extras if not extra.startswith("no-")] or list(TLS_TOOLS)
        _link(bin_dir, {"sh": shell, "bash": "bash"})
        _link(bin_dir, [tool for tool in (*COREUTILS, *tools) if tool not in without])
    return Image(kind, bin_dir, argv)


def _serve(listener: socket.socket, handler: Handler) -> None:
    def handle(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            handler(connection)

    while True:
        try:
            connection, _ignored = listener.accept()
        except OSError:
            return
        threading.Thread(target=handle, args=(connection,), daemon=True).start()


@pytest.fixture(scope="session")
def serve() -> t.Iterator[t.Callable[..., int]]:
    """Give a function that starts a TCP server with a handler and returns its port."""
    listeners = []

    def start(handler: Handler, host: str = "127.0.0.1") -> int:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, 0), family=family, backlog=64)
        listeners.append(listener)
        threading.Thread(target=_serve, args=(listener, handler), daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def _request(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(4096)
        if not chunk:
            break
        head += chunk
    return head


def _answering(status: str) -> Handler:
    def handler(connection: socket.socket) -> None:
        if _request(connection):
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nhi".encode())

    return handler


def _echo_host(connection: socket.socket) -> None:
    """Answer 200 to the virtual host that the tests know, 404 to any other."""
    host = next((line for line in _request(connection).split(b"\r\n") if line.lower().startswith(b"host:")), b"")
    status = "200 OK" if host.split(b":")[1].strip() == b"shop.example" else "404 Not Found"
    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())


def _silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def _banner(connection: socket.socket) -> None:
    connection.sendall(b'SSH-2.0-"Open\\SSH"\r\n')
    _silent(connection)


def _closing(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="session")
def ports(serve: t.Callable[..., int], tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[dict[str, int]]:
    """Give the ports of one server for each thing that a port can do."""
    found = {
        "200": serve(_answering("200 OK")),
        "403": serve(_answering("403 Forbidden")),
        "503": serve(_answering("503 Service Unavailable")),
        "virtual": serve(_echo_host),
        "ipv6": serve(_answering("200 OK"), "::1"),
        "silent": serve(_silent),
        "banner": serve(_banner),
        "closing": serve(_closing),
        "tls": serve(_tls(tmp_path_factory.mktemp("tls"))),
    }
    with contextlib.ExitStack() as full:
        closed = full.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))  # taken and not listened to, so that no other test's server gets it
        found["closed"] = closed.getsockname()[1]
        listener = full.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        found["full"] = listener.getsockname()[1]
        for _turn in range(3):  # a full accept queue makes the kernel drop every SYN
            waiting = full.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", found["full"]))
        yield found


def _tls(folder: pathlib.Path) -> Handler:
    if shutil.which("openssl") is None:
        return _silent
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=shop.example"]
        + ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    names: dict[int, str | None] = {}
    context.sni_callback = lambda connection, name, _: names.update({id(connection): name})

    def handler(plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as connection:
            named = names.pop(id(connection), None) in (None, "shop.example")
            if _request(connection):
                status = "200 OK" if named else "421 Misdirected Request"
                connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nhi".encode())

    return handler


A, AAAA, CNAME = 1, 28, 5
ADDRESSES = {A: [bytes([127, 0, 0, 1]), bytes([10, 0, 0, 2]), bytes([10, 0, 0, 3])], AAAA: [b"\0" * 15 + b"\1"]}


def _dns_reply(query: bytes, over_tcp: bool) -> bytes | None:
    """Answer by the first label of the name: what it says is what happens."""
    end = query.index(b"\0", 12) + 1
    question, kind = query[12 : end + 4], struct.unpack("!H", query[end : end + 2])[0]
    word = query[13 : 13 + query[12]].decode().lower()
    if word == "silent" or (word == "lossy" and not over_tcp and _lost(query)):
        return None
    domain = query[13 + query[12] : end - 1].lower()
    rcode = {"nx": 3, "servfail": 2, "refused": 5}.get(word, 0)
    if word == "searched":  # the domain of the search list says what happens
        rcode = {b"\x04last": 0, b"\x06broken": 2, b"\x04none": 0}.get(domain, 3)
    if word == "dotted":  # known with the domain of the search list alone
        rcode = 0 if domain == b"\x04name\x04last" else 3
    truncated = word in ("big", "hundred") and not over_tcp
    records = []
    if word == "cname":
        records.append(b"\xc0\x0c" + struct.pack("!HHIH", CNAME, 1, 5, 8) + b"\5other\xc0\x12")
    owner = b"\5other\xc0\x12" if word == "cname" else b"\xc0\x0c"
    if rcode == 0 and word != "nodata" and domain != b"\x04none":
        which = {"big": slice(3), "way": slice(1, 2)}.get(word) if over_tcp else None
        wanted = ADDRESSES[kind][which or slice(1)]
        if word == "hundred":
            wanted = [bytes((198, 18, 1, number)) for number in range(1, 101 if over_tcp else 31)]
        if word == "bomb" and over_tcp:  # names that lead from pointer to pointer through the whole packet
            owner, wanted = b"".join(struct.pack("!H", 0xC000 | 12 + 2 * hop) for hop in range(2000)), [b""] * 12
        records += [owner + struct.pack("!HHIH", kind, 1, 5, len(data)) + data for data in wanted]
    flags = 0x8180 | rcode | (0x0200 if truncated else 0)
    return query[:2] + struct.pack("!5H", flags, 1, len(records), 0, 0) + question + b"".join(records)


_seen: set[bytes] = set()


def _lost(query: bytes) -> bool:
    """Lose the first query for a name and kind."""
    first = query[12:] not in _seen
    _seen.add(query[12:])
    return first


def _dns_over_tcp(connection: socket.socket) -> None:
    head = connection.recv(2)
    if len(head) < 2:
        return
    size = struct.unpack("!H", head)[0]
    reply = _dns_reply(connection.recv(size), over_tcp=True)
    if reply is None:
        _silent(connection)
    else:
        connection.sendall(struct.pack("!H", len(reply)))
        connection.sendall(reply)


@pytest.fixture(scope="session")
def dns_server() -> t.Iterator[str]:
    """Give the C(ADDRESS#PORT) of a DNS server that speaks UDP and TCP."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    port = listener.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                query, client = udp.recvfrom(4096)
                reply = _dns_reply(query, over_tcp=False)
                if reply is not None:
                    udp.sendto(reply, client)

    threading.Thread(target=answer, daemon=True).start()
    threading.Thread(target=_serve, args=(listener, _dns_over_tcp), daemon=True).start()
    yield f"127.0.0.1#{port}"
    listener.close()
    udp.close()


@pytest.fixture
def orphans() -> t.Iterator[t.Callable[[], list[str]]]:
    """Play the container's process 1, which every orphan goes to; give a function that lists them."""
    libc = ctypes.CDLL(None, use_errno=True)
    set_child_subreaper = 36
    if libc.prctl(set_child_subreaper, 1, 0, 0, 0):
        pytest.skip("this kernel knows no subreapers")

    def found() -> list[str]:
        command = ["ps", "-o", "args=", "--ppid", str(os.getpid())]
        listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        return [line for line in listed if line != " ".join(command)]

    yield found
    libc.prctl(set_child_subreaper, 0, 0, 0, 0)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@pytest.fixture
def few_processes() -> t.Iterator[t.Callable[[int], tuple[str, ...]]]:
    """Give a function that returns a prefix to run with so many processes at most, and one more."""
    mounts = (pathlib.Path("/sys/fs/cgroup/pids"), pathlib.Path("/sys/fs/cgroup"))
    group = next((mount for mount in mounts if (mount / "cgroup.procs").exists()), mounts[-1]) / f"kw-{os.getpid()}"
    with contextlib.suppress(OSError):
        group.mkdir()
    if not (group / "pids.max").exists():
        pytest.skip("no control group with a limit of processes can be made here")

    def within(most: int) -> tuple[str, ...]:
        (group / "pids.max").write_text(str(most + 1))
        return "sh", "-c", f'echo $$ >{group}/cgroup.procs && exec "$@"', "sh"

    yield within
    for _turn in range(100):
        with contextlib.suppress(OSError):  # the last process is not gone yet
            group.rmdir()
            break
        time.sleep(0.1)


@pytest.fixture
def inside_namespace() -> t.Iterator[tuple[str, ...]]:
    """Give a prefix to run in a network namespace with a quiet neighbourhood (10.99.0.0/24) and routes that refuse."""
    script = """
        ip netns add here
        ip -n here link set lo up
        ip -n here link add wire type veth peer name end
        ip -n here link set wire up
        ip -n here link set end up
        ip -n here address add 10.99.0.1/24 dev wire
        ip -n here neighbour add 10.99.0.9 lladdr 02:00:00:00:00:09 dev wire
        ip -n here route add unreachable 10.98.1.0/24
        ip -n here route add prohibit 10.98.2.0/24
        ip -n here route add blackhole 10.98.3.0/24
    """
    with network(script) as made:
        yield made.inside("here")
