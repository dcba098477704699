# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP, HTTP, TLS and SCTP of both runners, as real processes: whatever the image, the same words for the same wire."""

from __future__ import annotations

import contextlib
import datetime
import functools
import itertools
import pathlib
import socket
import ssl
import struct
import sys
import threading
import time
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    runner_base,
    runner_python,
    runner_stream,
)

from .asking import (
    on_every_image,
    on_main_images,
    outcomes,
    probe,
)


@on_every_image
def test_tcp_and_http_give_the_same_words(image, ports):
    expected = [
        (probe(1, "tcp", "127.0.0.1", ports["200"]), "open"),
        (probe(2, "tcp", "127.0.0.1", ports["closed"]), "refused"),
        (probe(3, "tcp", "127.0.0.1", ports["full"], timeout_ms=1000), "timeout"),
        (probe(4, "tcp", "::1", ports["ipv6"]), "open"),
        (probe(5, "tcp", "localhost", ports["200"]), "open"),
        (probe(6, "http", "127.0.0.1", ports["200"], path="/a?b=$(c)&d='e'"), "http_200"),
        (probe(7, "http", "127.0.0.1", ports["403"]), "http_403"),
        (probe(8, "http", "127.0.0.1", ports["503"]), "http_503"),
        (probe(9, "http", "::1", ports["ipv6"]), "http_200"),
        (probe(10, "http", "127.0.0.1", ports["virtual"], server_name="shop.example"), "http_200"),
        (probe(11, "http", "127.0.0.1", ports["silent"], timeout_ms=2000), "timeout"),
        (probe(12, "http", "127.0.0.1", ports["banner"]), "open"),
        (probe(13, "http", "127.0.0.1", ports["closing"]), "reset"),
        (probe(14, "http", "127.0.0.1", ports["closed"]), "refused"),
        (probe(15, "http", "127.0.0.1", ports["full"], timeout_ms=1000), "timeout"),
    ]
    report = image.run([entry[0] for entry in expected])
    assert dict(enumerate(outcomes(report), 1)) == {question.id: word for question, word in expected}
    assert not report.error
    assert report.runner == ("python" if image.name.startswith("python") else "sh")
    assert report.duration_ms < 40_000
    by_id = {answer.id: answer for answer in report.answers}
    assert all(answer.ms is not None and answer.tool for answer in report.answers)
    assert by_id[1].phases["connect"] >= 0
    assert by_id[5].server == "/etc/hosts"
    assert by_id[5].address == "127.0.0.1"
    assert (by_id[11].error, by_id[11].request) == ("connected, then silent", "taken")
    assert by_id[12].error.startswith("the answer is not HTTP: SSH-2.0-")


@on_main_images
def test_what_listens_in_the_network_is_told(image, ports, inside_namespace):
    """As each runner reads it; inside a network of its own there is nothing."""
    report = image.run([probe(1, "tcp", "127.0.0.1", ports["200"])])
    tables = [pathlib.Path(f"/proc/net/{name}").read_text().splitlines() for name in ("tcp", "tcp6")]
    few = sum(" 0A " in line for table in tables for line in table) < 60  # with more, not all are told, and so none
    assert f"127.0.0.1#{ports['200']}" in report.listens or not few
    alone = image.run([probe(1, "tcp", "127.0.0.1", 9)], prefix=inside_namespace)
    assert (alone.listens, alone.listens_udp) == ((), ())


@on_main_images
def test_udp_sockets_without_a_peer_are_told(image):
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        server.bind(("127.0.0.1", 0))
        client.connect(server.getsockname())
        report = image.run([probe(1, "tcp", "127.0.0.1", 9)])
        few = len(pathlib.Path("/proc/net/udp").read_text().splitlines()) < 60
        assert f"127.0.0.1#{server.getsockname()[1]}" in report.listens_udp or not few
        assert f"127.0.0.1#{client.getsockname()[1]}" not in report.listens_udp


@pytest.mark.parametrize("image", ["python", "python3.6", "dash", "bash", "busybox"], indirect=True)
def test_what_refused_is_told_where_the_kernel_counts(image, inside_namespace):
    """A peer refuses by RST, a firewall by ICMP; a shell sees of its tools that no ICMP came meanwhile."""
    asked = [probe(1, "tcp", "127.0.0.1", 9), probe(2, "http", "127.0.0.1", 9), probe(3, "tcp", "::1", 9)]
    report = image.run([*asked, probe(4, "https", "127.0.0.1", 9)], prefix=inside_namespace)
    told = [answer.refusal for answer in report.answers if answer.outcome == "refused"]
    assert len(told) >= 3
    assert set(told) == {"rst"}


@pytest.mark.parametrize("image", ["dash", "bash"], indirect=True)
def test_a_shell_does_not_tell_who_refused_where_icmp_came(image, inside_namespace):
    (answer,) = image.run([probe(1, "udp", "127.0.0.1", 9)], prefix=inside_namespace).answers
    assert (answer.outcome, answer.refusal) == ("refused", "")


@pytest.mark.parametrize("image", ["python", "python3.6", "dash", "bash", "busybox"], indirect=True)
def test_who_sent_a_page_is_kept_where_it_is_an_error_or_leads_elsewhere(image, serve):
    def answering(status, more=b""):
        def handler(connection):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 " + status + b"\r\nServer: nginx\r\nX-Trace: 7\r\nDate: now\r\n" + more)
            connection.sendall(b"\r\n" + b"no such page \xff" + b"z" * 5000)

        return handler

    ports = [serve(answering(status, b"Location: /there\r\n")) for status in (b"404 No", b"302 There", b"200 OK")]
    asked = [probe(number, "http", "127.0.0.1", port) for number, port in enumerate(ports, 1)]
    missing, moved, found = image.run(asked).answers
    assert missing.headers == {"server": "nginx", "x-trace": "7", "location": "/there"}
    assert missing.body.startswith("no such page ")
    assert 190 < len(missing.body) <= 200
    assert (moved.headers, moved.body) == (missing.headers, "")
    assert (found.headers, found.body) == ({}, "")


@on_main_images
def test_a_page_of_an_error_that_never_ends_costs_a_moment(image, serve):
    def dribbling(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 503 No\r\nServer: slow\r\n")
        connection.recv(4096)

    (answer,) = image.run([probe(1, "http", "127.0.0.1", serve(dribbling), timeout_ms=3000)]).answers
    assert answer.outcome == "http_503"
    assert answer.ms < 1500


@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_a_connection_that_took_a_second_syn_says_so(image, ports):
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _turn in range(3):  # a full accept queue makes the kernel drop every SYN
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    stack.callback(listener.accept()[0].close)

        timer = threading.Timer(2.5, accept)
        timer.start()
        host, port = listener.getsockname()
        late = [probe(1, "tcp", host, port, timeout_ms=20_000), probe(2, "tcp", host, port, timeout_ms=20_000, tries=2)]
        report = image.run([*late, probe(3, "tcp", host, ports["200"])])
        listener.shutdown(socket.SHUT_RDWR)
        timer.join()
    one, several, well = report.answers
    assert outcomes(report) == ["open"] * 3
    assert (one.resent, well.resent) == (1, None)
    assert several.resent in (1, 2)
    assert one.phases["connect"] >= 1000


@on_every_image
def test_a_part_of_a_line_is_an_answer(image, serve):
    """Of a peer that then says nothing more, or hangs up."""

    def part(connection):
        connection.sendall(b"HTTP/1.1 200 OK")
        connection.recv(4096)
        connection.recv(4096)

    def cut(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 503 No")

    probes = [
        probe(1, "http", "127.0.0.1", serve(part), timeout_ms=2000),
        probe(2, "http", "127.0.0.1", serve(cut), timeout_ms=2000),
    ]
    assert outcomes(image.run(probes)) == ["http_200", "http_503"]


@pytest.mark.parametrize(
    "image", ["python", "dash+curl", "dash+openssl", "dash+wget", "bash+openssl+no-setsid", "busybox"], indirect=True
)
def test_https(image, ports):
    probes = [
        probe(1, "https", "127.0.0.1", ports["tls"]),
        probe(2, "https", "127.0.0.1", ports["tls"], server_name="shop.example"),
        probe(3, "https", "127.0.0.1", ports["banner"]),
        probe(4, "https", "127.0.0.1", ports["silent"], timeout_ms=3000),
        probe(5, "https", "127.0.0.1", ports["closed"]),
        probe(6, "https", "localhost.", ports["closed"]),
    ]
    report = image.run(probes)
    got = outcomes(report)
    assert got[3:] == ["tls_timeout", "refused", "refused"]
    if image.name == "busybox" and "probe_error" in got:  # its TLS differs from build to build
        assert all("too little TLS" in answer.error for answer in report.answers if answer.outcome == "probe_error")
    else:
        assert got[:3] == ["http_200", "http_200", "tls_handshake"]


def hears(image, probes, prefix, expected):
    """Ask until it is as expected, three times at most: a machine that stalls for a second makes a fast answer late."""
    for _again in range(3):
        report = image.run(probes, prefix=prefix)
        if (seen := dict(zip(expected, outcomes(report), strict=True))) == expected:
            break
    assert seen == expected
    return report


@on_main_images
def test_what_the_kernel_says_of_a_route(image, inside_namespace):
    expected = {
        "10.97.0.1": "no_route",
        "10.98.1.1": "unreachable_fast",
        "10.98.2.1": "unreachable_fast",
        "10.98.3.1": "no_route",
        "10.99.0.2": "unreachable_arp",
        "10.99.0.9": "timeout",
        "2001:db8::1": "no_route",
    }
    probes = [probe(number, "tcp", host, 80, timeout_ms=3900) for number, host in enumerate(expected)]
    report = hears(image, probes, inside_namespace, expected)
    assert "10.99.0.0/24 dev wire" in report.routes
    assert "unreachable 10.98.1.0/24" in report.routes


on_python = pytest.mark.parametrize("image", ["python", "python3.6"], indirect=True)


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


KEY = ec.generate_private_key(ec.SECP256R1())


def _pem(subject: str, issuer: str, days: int, *names: str) -> bytes:
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().public_key(KEY.public_key()).serial_number(x509.random_serial_number())
    builder = builder.subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
    builder = builder.issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
    builder = builder.not_valid_before(now - datetime.timedelta(9)).not_valid_after(now + datetime.timedelta(days))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def tls_port(serve: t.Callable[..., int], tmp_path_factory: pytest.TempPathFactory) -> t.Callable[..., int]:
    """Give a function that starts a TLS server with a chain of certificates."""
    folder = tmp_path_factory.mktemp("tls")
    key = folder / "key.pem"
    key.write_bytes(
        KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )

    def start(days: int, *names: str, client: bool = False, closed: threading.Event | None = None) -> int:
        """C(client) is whether it wants a certificate; where C(closed) is given, it hangs up, and says when it has."""
        chain = pathlib.Path(folder / f"chain{days}.pem")
        chain.write_bytes(_pem("own", "middle", days, *names) + _pem("middle", "root", 99))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        context.verify_mode = ssl.CERT_REQUIRED if client else ssl.CERT_NONE

        def hangs_up(plain: socket.socket, closed: threading.Event) -> None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(ssl.SSLError):
                context.wrap_socket(plain, server_side=True).close()
            closed.set()

        def handler(plain: socket.socket) -> None:
            with contextlib.suppress(ssl.SSLError), context.wrap_socket(plain, server_side=True) as connection:
                connection.recv(1)

        return serve(functools.partial(hangs_up, closed=closed) if closed else handler)

    return start


@pytest.mark.parametrize(
    ("wanted", "outcome", "words"),
    [(True, "tls_handshake", "certificate required"), (False, "reset", "EOF occurred")],
)
def test_why_a_server_hung_up_after_the_handshake_is_told_although_nothing_could_be_sent(
    tls_port, monkeypatch, wanted, outcome, words
):
    closed = threading.Event()
    port = tls_port(30, "shop.example", client=wanted, closed=closed)
    ask = runner_stream.request

    def late(job: runner_base.Job, *more: t.Any) -> bytes:
        assert closed.wait(30)
        return ask(job, *more)

    monkeypatch.setattr(runner_stream, "request", late)
    job = runner_base.Job(f"1 https IPv4 127.0.0.1 {port} - - 30000 - - 1 -")
    job.deadline = time.monotonic() + 30
    with pytest.raises(runner_base.Outcome, match=outcome) as caught:
        runner_stream.https(job)
    assert words in caught.value.error


@pytest.mark.parametrize("image", ["python", "python3.6", "dash+openssl"], indirect=True)
def test_tls(image, tls_port, ports):
    good = tls_port(30, "shop.example", "*.shop.example")
    probes = [
        probe(0, "tls", "127.0.0.1", good, server_name="a.shop.example"),
        probe(1, "tls", "127.0.0.1", good),
        probe(2, "tls", "localhost", tls_port(-1, "localhost")),
        probe(3, "tls", "127.0.0.1", ports["closed"]),
        probe(4, "tls", "127.0.0.1", ports["banner"], timeout_ms=2000),
        probe(5, "tls", "127.0.0.1", ports["silent"], timeout_ms=1000),
    ]
    report = image.run(probes)
    expected = ["open", "tls_wrong_name", "tls_expired", "refused", "tls_handshake", "tls_timeout"]
    assert outcomes(report) == expected
    facts = report.answers[0].tls
    assert facts["version"] == "TLSv1.3"
    assert facts["cipher"].startswith("TLS_")
    assert (facts["subject"], facts["names"]) == ("CN=own", ["shop.example", "*.shop.example"])
    # Pythons before 3.10 keep the server's own alone.
    assert facts["chain"] == (["CN=own"] if image.name == "python3.6" else ["CN=own", "CN=middle"])
    assert facts["days_left"] == 29
    assert report.answers[0].phases["tls"] > 0
    assert "not for 127.0.0.1" in report.answers[1].error


def _drip(connection: socket.socket) -> None:
    """Begin a TLS record, an HTTP header, an SSH banner: whatever it is, it never ends."""
    for number in itertools.count():
        connection.sendall(b"\x16\x03\x01\x40\x00\x02" if number == 0 else b"\0")
        time.sleep(0.05)


def _endless(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 " + b"9" * 65536)


def _no_tls(connection: socket.socket) -> None:
    connection.sendall(bytes(range(256)) * 64)
    while connection.recv(65536):
        pass


@on_main_images
def test_a_hostile_peer_ends_no_run(image, serve):
    drip, endless, garbage = serve(_drip), serve(_endless), serve(_no_tls)
    probes = [
        probe(0, "http", "127.0.0.1", drip, timeout_ms=1000),
        probe(1, "http", "127.0.0.1", endless, timeout_ms=2000),
        probe(2, "mtu", "127.0.0.1", drip, timeout_ms=1000),
        probe(3, "mtu", "127.0.0.1", endless, timeout_ms=1000),
    ]
    if image.name == "python":
        probes.append(probe(4, "tls", "127.0.0.1", drip, timeout_ms=1000))
        probes.append(probe(5, "tls", "127.0.0.1", garbage))
        probes.append(probe(6, "tls", "127.0.0.1", endless))
    report = image.run(probes)
    assert report.error == ""
    assert outcomes(report)[1] == "open"
    assert outcomes(report)[4:] == ([] if image.name != "python" else ["tls_timeout", "tls_handshake", "tls_handshake"])
    assert report.duration_ms < 40_000
    assert all(len(answer.error) <= 300 for answer in report.answers)


def test_a_python_without_tls_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ssl", None)
    assert runner_python.preload() is False
    job = runner_base.Job("1 tls IPv4 127.0.0.1 1 - - 1000 - - 1 -")
    with pytest.raises(runner_base.Outcome, match="probe_error") as caught:
        runner_stream.handshake(job, t.cast(t.Any, None))
    assert "has no TLS" in caught.value.error
