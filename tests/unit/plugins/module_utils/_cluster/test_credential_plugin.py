# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A credential plugin that gives no credential ends the task at once, with its own words."""

from __future__ import annotations

import datetime
import http.server
import json
import os
import pathlib
import socket
import ssl
import threading
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import credential_plugin
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api

from .certificates import certified

VERSION = "client.authentication.k8s.io/v1"


def config(plugin, **more):
    entry = {"apiVersion": VERSION, "interactiveMode": "Never", **plugin}
    return {
        "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1", **more}}],
        "users": [{"name": "cloud", "user": {"exec": entry}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "cloud"}}],
        "current-context": "c",
    }


def refused(plugin, **params):
    with pytest.raises(ClusterError) as caught:
        connect({"kubeconfig": config(plugin), **params})
    assert caught.value.reason == "no_credentials"
    assert str(caught.value).startswith("the credential plugin of the user 'cloud' failed: ")
    return str(caught.value), caught.value.remedy


def program(folder, body, name="plugin"):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def printed(**status):
    return json.dumps({"apiVersion": VERSION, "kind": "ExecCredential", "status": status})


def authorization(connection):
    return dict(connection.headers()).get("Authorization")


def test_one_that_is_not_there_is_named():
    message, remedy = refused({"command": "kubewire-no-such-plugin", "installHint": "get it\nfrom the intranet"})
    assert message.endswith("kubewire-no-such-plugin cannot be started: No such file or directory")
    assert remedy.startswith("install kubewire-no-such-plugin where Ansible runs: on this machine, or in the execution")
    assert "get it from the intranet" in remedy


def test_one_that_fails_is_quoted(tmp_path):
    command = program(tmp_path, "echo 'token has expired: run: cloud login' >&2; exit 3")
    message, remedy = refused({"command": command, "args": ["--client-secret=x7"]})
    assert message.endswith(f"{command} ended with exit code 3; it said: token has expired: run: cloud login")
    assert f"run {command} by hand" in remedy
    assert "x7" not in message + remedy


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "printed no ExecCredential"),
        ("[1]", "printed no ExecCredential"),
        ('{"apiVersion": "v1", "kind": "x"}', "printed no ExecCredential"),
        (printed(), "neither a token nor a certificate with its key"),
        (printed(clientCertificateData="x"), "neither a token nor a certificate with its key"),
        (printed(token="t", expirationTimestamp="soon"), "printed no ExecCredential"),
        (printed(token="t").replace("/v1", "/v1beta1"), "apiVersion 'client.authentication.k8s.io/v1beta1'"),
    ],
)
def test_one_that_prints_something_else_is_named(tmp_path, said, words):
    (tmp_path / "said").write_text(said)
    message, _remedy = refused({"command": program(tmp_path, f"cat {tmp_path}/said")})
    assert words in message


def test_one_that_wants_a_terminal_is_not_started(tmp_path):
    message, _remedy = refused({"command": program(tmp_path, f"touch {tmp_path}/ran"), "interactiveMode": "Always"})
    assert "wants a terminal" in message
    assert not (tmp_path / "ran").exists()


def test_one_without_a_mode_is_refused_as_by_kubectl():
    message, _remedy = refused({"command": "true", "interactiveMode": ""})
    assert "interactiveMode must be set" in message


def test_one_that_never_ends_is_ended_with_what_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr(credential_plugin, "PLUGIN_S", 0.5)
    start = time.monotonic()
    message, _remedy = refused({"command": program(tmp_path, "sleep 120 & wait")})
    assert "did not end within 0.5 s" in message
    assert time.monotonic() - start < 60


def test_it_is_started_as_kubectl_does(tmp_path):
    """A path is relative to the kubeconfig; environment and cluster are told; nobody waits for its questions."""
    program(tmp_path, f'cat; echo "$EXTRA $KUBERNETES_EXEC_INFO" > {tmp_path}/told; cat {tmp_path}/said')
    (tmp_path / "said").write_text(printed(token="t"))
    entry = {"command": "./plugin", "env": [{"name": "EXTRA", "value": "more"}], "provideClusterInfo": True}
    (tmp_path / "config").write_text(json.dumps(config(entry)))
    assert authorization(connect({"kubeconfig": str(tmp_path / "config")})) == "Bearer t"
    extra, info = (tmp_path / "told").read_text().split(" ", 1)
    assert extra == "more"
    assert json.loads(info) == {
        "apiVersion": VERSION,
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": {"server": "https://127.0.0.1:1"}},
    }


def test_a_certificate_is_as_good_as_a_token(tmp_path):
    (tmp_path / "said").write_text(printed(clientCertificateData="CERT", clientKeyData="KEY"))
    connection = connect({"kubeconfig": config({"command": "cat", "args": [str(tmp_path / "said")]})})
    assert [
        pathlib.Path(path).read_text()
        for path in (connection.configuration.cert_file, connection.configuration.key_file)
    ] == [
        "CERT",
        "KEY",
    ]
    assert authorization(connection) is None


@pytest.fixture
def tls_server(tmp_path):
    """An API server that wants a client certificate, and says whose it got."""
    authority = certified("authority", ca=True)
    _found, _key, pem, key = certified("server", signer=authority)
    (tmp_path / "server.pem").write_text(pem + key)
    (tmp_path / "ca.pem").write_text(authority[2])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(tmp_path / "server.pem")

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            subject = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
            body = json.dumps({"user": subject["commonName"]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}", authority
    server.shutdown()
    server.server_close()


def test_a_client_certificate_that_ends_is_renewed_for_requests_and_streams(tmp_path, tls_server):
    url, authority = tls_server

    def give(name, ends):
        _found, _key, pem, key = certified(name, signer=authority)
        said = printed(clientCertificateData=pem, clientKeyData=key, expirationTimestamp=ends)
        (tmp_path / "said").write_text(said)

    def by_stream():
        sock = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 10)
        with connection.ssl_context.wrap_socket(sock, server_hostname="127.0.0.1") as stream:
            stream.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return json.loads(stream.makefile("rb").read().partition(b"\r\n\r\n")[2])["user"]

    give("first", "2000-01-01T00:00:00Z")
    given = config(
        {"command": "cat", "args": [str(tmp_path / "said")]},
        server=url,
        **{"certificate-authority": str(tmp_path / "ca.pem")},
    )
    connection = connect({"kubeconfig": given})
    api = Api(connection, 10.0)
    assert (api.get("/")["user"], by_stream()) == ("first", "first")
    give("second", "2000-01-01T00:00:00Z")
    assert (by_stream(), api.get("/")["user"]) == ("second", "second")
    give("third", "2999-01-01T00:00:00Z")
    assert api.get("/")["user"] == "third"
    pool, context = api._current_pool(), connection.ssl_context
    give("fourth", "2999-01-01T00:00:00Z")  # it was not asked for: the third has not ended
    assert (api.get("/")["user"], by_stream()) == ("third", "third")
    assert (api._current_pool(), connection.ssl_context) == (pool, context)
    _found, _key, pem, key = certified("option", signer=authority)
    for name, text in (("cert", pem), ("key", key)):
        (tmp_path / name).write_text(text)
    own = {"client_cert": str(tmp_path / "cert"), "client_key": str(tmp_path / "key")}
    assert Api(connect({"kubeconfig": given, **own}), 10.0).get("/")["user"] == "option"


def test_a_token_that_ends_is_asked_for_anew_and_a_failure_is_no_missing_header(tmp_path):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    (tmp_path / "said").write_text(printed(token="first", expirationTimestamp=soon.strftime("%Y-%m-%dT%H:%M:%SZ")))
    connection = connect({"kubeconfig": config({"command": "cat", "args": [str(tmp_path / "said")]})})
    (tmp_path / "said").write_text(printed(token="second", expirationTimestamp="2000-01-01T00:00:00Z"))
    assert authorization(connection) == "Bearer second"
    os.unlink(tmp_path / "said")
    with pytest.raises(ClusterError, match="ended with exit code 1; it said: cat: "):
        connection.headers()


def test_it_is_not_started_where_an_option_gives_the_credential():
    given = config({"command": "kubewire-no-such-plugin"})
    assert authorization(connect({"kubeconfig": given, "api_key": "own"})) == "Bearer own"
    assert authorization(connect({"kubeconfig": given, "username": "a", "password": "b"})) == "Basic YTpi"
