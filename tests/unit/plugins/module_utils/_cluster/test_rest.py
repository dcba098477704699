# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""REST calls against a server that misbehaves, and the way credentials are found."""

from __future__ import annotations

import base64
import itertools
import os
import subprocess
import sys
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import rest
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api


def status(code, message):
    return {"kind": "Status", "status": "Failure", "message": message, "code": code}


def refused(server, call=lambda api: api.get("/version"), timeout=20.0):
    with pytest.raises(ClusterError) as caught:
        call(Api(server.connection(), timeout))
    return caught.value


def test_a_silent_server_is_unreachable_in_time(bad_server):
    start = time.monotonic()
    error = refused(bad_server(lambda peer: time.sleep(60)), timeout=0.5)
    assert error.reason == "unreachable"
    assert time.monotonic() - start < 30


def test_a_closed_port_is_unreachable(bad_server):
    server = bad_server(lambda peer: None)
    server.close()
    assert refused(server).reason == "unreachable"


def test_a_server_that_is_no_api_server(bad_server):
    error = refused(bad_server(lambda peer: peer.answer(200, b"<html>welcome</html>")))
    assert error.reason == "not_an_api_server"


def test_comes_back_when_it_is_told_to(bad_server):
    server = bad_server(
        lambda peer: peer.answer(429, status(429, "slow down"), "Retry-After: 0", "Connection: close"),
        lambda peer: peer.answer(200, {"gitVersion": "v1"}),
    )
    api = Api(server.connection(), 20)
    assert api.get("/version") == {"gitVersion": "v1"}
    assert api.requests == 2


def test_gives_up_on_a_server_that_is_always_busy(bad_server):
    busy = bad_server(lambda peer: peer.answer(429, status(429, "slow down"), "Retry-After: 0", "Connection: close"))
    assert refused(busy, timeout=20).reason == "too_many_requests"


def test_pages_are_followed(bad_server):
    pages = [{"metadata": {"continue": "two"}, "items": [{"n": 1}]}, {"metadata": {}, "items": [{"n": 2}]}]
    server = bad_server(*(lambda peer, page=page: peer.answer(200, page, "Connection: close") for page in pages))
    assert list(Api(server.connection(), 20).list("/api/v1/services", page_size=1)) == [{"n": 1}, {"n": 2}]
    assert [peer.request.split()[1] for peer in server.peers] == [
        "/api/v1/services?limit=1",
        "/api/v1/services?limit=1&continue=two",
    ]


@pytest.mark.parametrize("token", ["again", 7, {"a": 1}])
def test_a_list_that_leads_back_is_an_error(bad_server, token):
    server = bad_server(lambda peer: peer.answer(200, {"metadata": {"continue": token}, "items": [{"n": 1}]}))
    found = []
    with pytest.raises(ClusterError, match="cannot list /x: the server returned the same continue token") as caught:
        found.extend(Api(server.connection(), 20).list("/x"))
    assert caught.value.reason == "endless_list"
    assert len(server.peers) <= 2


def test_a_list_without_an_end_is_an_error_in_time(bad_server, monkeypatch):
    monkeypatch.setattr(rest, "_LIST_TIMEOUT_FACTOR", 0.05)
    count = itertools.count()
    server = bad_server(lambda peer: peer.answer(200, {"metadata": {"continue": f"t{next(count)}"}, "items": [{}]}))
    with pytest.raises(ClusterError, match=r"the list has not ended after [0-9]+ pages and 1 s") as caught:
        list(Api(server.connection(), 20).list("/x"))
    assert caught.value.reason == "endless_list"


def test_who_is_told_to_come_back_too_late_does_not_wait(bad_server):
    server = bad_server(lambda peer: peer.answer(429, status(429, "slow down"), "Retry-After: 1000"))
    begin = time.monotonic()
    assert refused(server, timeout=60).reason == "too_many_requests"
    assert time.monotonic() - begin < 30
    assert len(server.peers) == 1


@pytest.mark.parametrize("answer", [{"status": None}, {"status": [1]}, {"status": {"allowed": "yes"}}, {}])
def test_a_review_without_a_yes_is_a_no(bad_server, answer):
    assert not Api(bad_server(lambda peer: peer.answer(201, answer)).connection(), 20.0).may("get", "pods")


@pytest.mark.parametrize("token", ["a\nb", "gr\u00fcn", "a\0b"])
def test_a_token_that_is_no_header_is_refused_and_not_shown(token):
    with pytest.raises(ClusterError, match="the token is not allowed in an HTTP header") as caught:
        connect({"host": "https://192.0.2.1", "api_key": token}).headers()
    assert caught.value.reason == "no_credentials"
    assert token not in str(caught.value)


def test_names_and_passwords_are_sent_as_utf_8():
    connection = connect({"host": "https://192.0.2.1", "username": "gr\u00fcn", "password": "\u6f22"})
    (words,) = [value for name, value in connection.headers() if name == "Authorization"]
    assert base64.b64decode(words.removeprefix("Basic ")).decode() == "gr\u00fcn:\u6f22"


@pytest.mark.parametrize("proxy", ["none", "ftp://x", "http://[::"])
def test_a_proxy_that_is_none_is_refused_and_not_shown(proxy):
    with pytest.raises(ValueError, match=r"^proxy: it is not allowed; it must be a URL: "):
        connect({"host": "https://192.0.2.1", "api_key": "x", "proxy": proxy})


@pytest.mark.parametrize("option", ["ca_cert", "client_cert", "client_key", "kubeconfig"])
def test_nobody_waits_for_a_pipe(tmp_path, option):
    os.mkfifo(tmp_path / "pipe")
    given = {"host": "https://192.0.2.1", "api_key": "x"} if option != "kubeconfig" else {}
    with pytest.raises((OSError, ClusterError), match="it is no regular file"):
        connect({**given, option: str(tmp_path / "pipe")})


def test_no_configuration_at_all(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ClusterError) as caught:
        connect({"kubeconfig": str(tmp_path / "none")})
    assert caught.value.reason == "no_credentials"
    assert "does not exist" in str(caught.value)
    assert "K8S_AUTH_KUBECONFIG" in caught.value.remedy


def test_broken_kubeconfig(tmp_path):
    broken = tmp_path / "config"
    broken.write_text("{nonsense: [")
    with pytest.raises(ClusterError) as caught:
        connect({"kubeconfig": str(broken)})
    assert caught.value.reason == "no_credentials"


def inline(user):
    """An inline kubeconfig with this user."""
    cluster = {"server": "https://198.18.0.2:6443", "certificate-authority-data": encoded("ca")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }


def test_exec_credential_plugin_and_inline_configuration():
    said = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin"}}'
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": "printf"}
    config = inline({"exec": {**plugin, "args": [said]}})
    connection = connect({"kubeconfig": config})
    assert connection.server == "https://198.18.0.2:6443"
    assert ("Authorization", "Bearer from-plugin") in connection.headers()


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def test_typed_models_are_never_imported():
    """They cost 0.5 to 2.6 s at every start."""
    code = """
import sys
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import rest
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec
import ansible_collections.kubewire.netdebug.plugins.modules.net_info
import ansible_collections.kubewire.netdebug.plugins.modules.net_probe
connection = connect({"host": "https://127.0.0.1:1", "api_key": "x"})
Api(connection)
connection.ssl_context
heavy = ("kubernetes.client.apis", "kubernetes.client.api.", "kubernetes.client.models.")
print([name for name in sys.modules if name.startswith(heavy)])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_what_the_server_warns_of_is_kept_once(bad_server):
    warning = 'Warning: 299 - "would violate \\"restricted\\"", 299 - "second"'
    server = bad_server(*[lambda peer: peer.answer(200, {"kind": "Pod"}, warning, "Connection: close")] * 2)
    api = Api(server.connection(), 20.0)
    for _time in range(2):
        api.post("/api/v1/namespaces/a/secrets", {})
    assert api.warnings == ['would violate "restricted"', "second"]


@pytest.mark.parametrize("code", [404, 409])
def test_what_is_gone_or_another_is_not_deleted(bad_server, code):
    server = bad_server(lambda peer: peer.answer(code, status(code, "no")))
    assert not Api(server.connection(), 20.0).delete("/api/v1/namespaces/a/pods/b", {})


ADDED = '{"type": "ADDED", "object": {"kind": "Service"}}\n'


def stream(peer, text):
    peer.socket.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n")
    peer.socket.sendall(f"{len(text):x}\r\n{text}\r\n".encode())


def test_a_watch_that_is_cut_ends_after_what_was_whole(bad_server):
    server = bad_server(lambda peer: stream(peer, ADDED + '{"type": "MODI'))
    assert list(Api(server.connection(), 20.0).watch("/api/v1/services", {}, 5)) == [("ADDED", {"kind": "Service"})]


def test_a_watch_without_a_word_ends_in_time(bad_server):
    start = time.monotonic()
    server = bad_server(lambda peer: (stream(peer, ADDED), time.sleep(60)))
    assert list(Api(server.connection(), 20.0).watch("/api/v1/services", {}, 0.5)) == [("ADDED", {"kind": "Service"})]
    assert time.monotonic() - start < 30
