# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate that is refused, by the same words for requests and execs."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading

import pytest
import urllib3

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec as exec_
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api

CONFIG = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
{identifier}
[leaf]
subjectAltName = IP:127.0.0.1
subjectKeyIdentifier = none
authorityKeyIdentifier = none
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A CA, and a certificate of it for 127.0.0.1, both without key identifiers: as of some older installers."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "config").write_text(
        CONFIG.format(identifier="subjectKeyIdentifier = none\nauthorityKeyIdentifier = none")
    )

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "rsa:2048", "-nodes", "-config", "config")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca", "-extensions", "ca")
    openssl("req", *key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=api")
    signer = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "config", "-extensions", "leaf")
    openssl("x509", "-req", "-in", "leaf.csr", "-out", "leaf.crt", *signer)
    return folder


@pytest.fixture
def front(authority):
    """A TLS server of that CA; give its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "leaf.crt", authority / "leaf.key")
    listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)

    def serve():
        while True:
            try:
                client, _address = listener.accept()
            except ssl.SSLError:
                continue
            except OSError:
                return
            with contextlib.suppress(OSError), client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    threading.Thread(target=serve, daemon=True).start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


@pytest.fixture
def strict(monkeypatch):
    """Python 3.13's default, on any version."""

    def strictly(make):
        def made(*args, **options):
            context = make(*args, **options)
            context.verify_flags |= ssl.VERIFY_X509_STRICT
            return context

        return made

    monkeypatch.setattr(ssl, "create_default_context", strictly(ssl.create_default_context))
    monkeypatch.setattr(
        urllib3.connection, "create_urllib3_context", strictly(urllib3.connection.create_urllib3_context)
    )


def refusals(url, **params):
    """What a request and an exec say: reason or class, message, remedy."""
    connection = connect({"host": url, "api_key": "x", **params})
    with pytest.raises(ClusterError) as caught:
        Api(connection, 20).get("/version")
    ran = exec_.run(connection, "shop", "web", "web", ["true"], deadline=20)
    return [
        (caught.value.reason, str(caught.value), caught.value.remedy),
        (ran.exit_class, ran.message, ran.remedy),
    ]


def test_python_is_stricter_than_kubectl_and_says_so(front, authority, strict):
    read, ran = refusals(front, ca_cert=str(authority / "ca.crt"))
    assert (read[0], ran[0]) == ("untrusted", "unreachable")
    for _class, message, remedy in (read, ran):
        assert message.startswith("cannot ")
        assert "Key Identifier" in message
        assert "kubectl does not make (ssl.VERIFY_X509_STRICT" in message
        assert "ca_cert" not in remedy
        assert "Python 3.12" in remedy


def test_another_authority_is_not_trusted(front):
    for _class, message, remedy in refusals(front):
        assert f"the certificate of {front} is not trusted" in message
        assert "set ca_cert" in remedy
