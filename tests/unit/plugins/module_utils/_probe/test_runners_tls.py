# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS facts as the runners bring them home, and peers that answer any protocol with what they should not."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import pathlib
import socket
import ssl
import struct
import sys
import time
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    jobs,
    runner_base,
    runner_dns,
    runner_python,
    runner_stream,
)

from .test_runners import on_main_images, outcomes, probe

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

    def start(days: int, *names: str) -> int:
        chain = pathlib.Path(folder / f"chain{days}.pem")
        chain.write_bytes(_pem("own", "middle", days, *names) + _pem("middle", "root", 99))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)

        def handler(plain: socket.socket) -> None:
            with contextlib.suppress(ssl.SSLError), context.wrap_socket(plain, server_side=True) as connection:
                connection.recv(1)

        return serve(handler)

    return start


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


@pytest.mark.parametrize("image", ["python", "bash", "dash"], indirect=True)
def test_dns_by_tcp_alone(image, dns_server, ports):
    probes = [
        probe(0, "dns", "way.x."),
        probe(1, "dns", "way.x.", transport="tcp"),
        probe(2, "dns", "nx.x.", transport="tcp"),
        probe(3, "dns", "silent.x.", transport="tcp", timeout_ms=1000),
        probe(4, "dns", "bomb.x.", transport="tcp"),
        probe(5, "tcp", "way.x.", ports["200"], tries=2),
    ]
    report = image.run(probes, dns_server)
    assert outcomes(report) == ["open", "open", "dns_nxdomain", "dns_timeout", "dns_servfail", "open"]
    assert report.answers[0].answers == ("127.0.0.1",)
    assert report.answers[1].answers == ("10.0.0.2",)
    assert report.duration_ms < 40_000


def test_a_reply_full_of_pointers_is_given_up_early() -> None:
    """Each name of it may lead through all of the packet."""
    chain = b"\0" + b"".join(struct.pack("!H", 0xC000 | max(12, 11 + 2 * hop)) for hop in range(8000))
    began = time.thread_time()
    with pytest.raises((ValueError, IndexError)):
        runner_dns.read_reply(b"\0\0\x80\0\0\0\x20\0\0\0\0\0" + chain * 4, 1)
    assert time.thread_time() - began < 1


def test_the_parts_of_the_python_runner_do_not_hide_each_other() -> None:
    """They are sent as one text, where the second of two names wins."""
    names = [name for part in jobs.PARTS for name, value in vars(part).items() if _is_own(part, value)]
    assert sorted(names) == sorted(set(names))


def _is_own(part: t.Any, value: t.Any) -> bool:
    return getattr(value, "__module__", None) == part.__name__


def test_a_python_without_tls_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ssl", None)
    assert runner_python.preload() is False
    job = runner_base.Job("1 tls IPv4 127.0.0.1 1 - - 1000 - - 1 -")
    with pytest.raises(runner_base.Outcome, match="probe_error") as caught:
        runner_stream.handshake(job, t.cast(t.Any, None))
    assert "has no TLS" in caught.value.error
