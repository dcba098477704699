# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and streams go through the same proxy, with the same credentials, or both say why not."""

from __future__ import annotations

import contextlib
import importlib.util
import ssl

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec as exec_
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils.conftest import BadServer
from ansible_collections.kubewire.netdebug.tests.unit.proxies import Proxy

from .certificates import certified

LOGIN = "jane:p@ss"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def proxy():
    """Give a function that starts proxies; they end with the test."""
    started = []

    def start(kind, login=""):
        started.append(Proxy(kind, login))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def server(bad_server):
    """An API server that answers requests and execs."""

    def answer(peer):
        if peer.header("Upgrade"):
            peer.upgrade()
            peer.status(metadata={}, status="Success")
            peer.close()
        else:
            peer.answer(200, {})

    return bad_server(answer)


def ask(connection):
    """What a request and an exec end with."""
    try:
        Api(connection, 20).get("/version")
        read = "ok"
    except ClusterError as error:
        read = f"{error.reason}: {error}. {error.remedy}"
    ran = exec_.run(connection, "shop", "web", "web", ["true"], deadline=60)
    return read, "ok" if ran.rc == 0 else f"{ran.exit_class}: {ran.message}. {ran.remedy}"


def kubeconfig(url, **cluster):
    return {
        "clusters": [{"name": "k", "cluster": {"server": url, **cluster}}],
        "users": [{"name": "u", "user": {"token": "x"}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "current-context": "c",
    }


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("login", ["", LOGIN])
@pytest.mark.parametrize("way", ["option", "kubeconfig"])
def test_requests_and_streams_go_through_it(proxy, server, kind, login, way):
    through = proxy(kind, login)
    url = through.url(login.replace("@", "%40"))
    params = {"host": server.url, "api_key": "x", "proxy": url}
    if way == "kubeconfig":
        params = {"kubeconfig": kubeconfig(server.url, **{"proxy-url": url})}
    assert ask(connect(params)) == ("ok", "ok")
    assert through.asked == [server.url.removeprefix("http://")] * 2


def test_the_headers_for_it_go_with_both(proxy, server):
    through = proxy("http", LOGIN)
    headers = {"proxy_basic_auth": LOGIN, "user_agent": "netdebug"}
    connection = server.connection(proxy=through.url(), proxy_headers=headers)
    assert ask(connection) == ("ok", "ok")
    assert len(through.asked) == 2


@pytest.mark.parametrize("secure", [True, False])
def test_407_is_the_proxys_own_answer(proxy, server, secure):
    through = proxy("http", LOGIN)
    host = server.url.replace("http:", "https:") if secure else server.url
    connection = connect({"host": host, "api_key": "x", "proxy": through.url("jane:wrong")})
    for said, reason in zip(ask(connection), ("proxy_authentication", "unreachable"), strict=True):
        assert said.startswith(f"{reason}: cannot ")
        assert f"the proxy {through.url()} does not connect to {host}: 407 Proxy Authentication Required" in said
        assert "proxy_headers.proxy_basic_auth" in said
        assert "wrong" not in said
    assert not through.asked


def test_a_proxy_that_is_not_there_is_named(proxy, server):
    through = proxy("http")
    through.close()
    for said in ask(server.connection(proxy=through.url())):
        assert said.startswith("unreachable: cannot ")
        assert f"by the proxy {through.url()} within" in said


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_the_environment_says_which_but_an_option_goes_before(proxy, monkeypatch, server, name):
    ours, other = proxy("http", LOGIN), proxy("http")
    monkeypatch.setenv(name, ours.url("jane:p%40ss"))
    asked = server.url.replace("127.0.0.1", "127.0.0.1.nip.example")
    assert connect({"host": asked, "api_key": "x"}).proxy.port == ours.port
    assert connect({"host": asked, "api_key": "x", "proxy": other.url()}).proxy.port == other.port
    assert connect({"kubeconfig": kubeconfig(asked, **{"proxy-url": other.url()})}).proxy.port == other.port
    # As with Go, no variable sends what goes to this machine itself elsewhere.
    assert ask(server.connection()) == ("ok", "ok")
    assert not ours.asked


@pytest.mark.parametrize(
    ("rules", "exempt"),
    [
        ("*", True),
        ("198.18.0.0/16", True),
        ("10.0.0.0/8", False),
        ("198.18.0.2", True),
        ("198.18.0.2:6443", True),
        ("198.18.0.2:443", False),
        ("example.com, 198.18.0.2 ", True),
        ("fd00::/8", False),
        ("198.18.0.0/99,x:y:z", False),
    ],
)
def test_what_no_proxy_leaves_out(monkeypatch, rules, exempt):
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", rules)
    found = connect({"host": "https://198.18.0.2:6443", "api_key": "x"}).proxy
    assert (found is None) is exempt
    assert exempt or found.address == "http://proxy.example:3128"
    given = {"host": "https://198.18.0.2:6443", "api_key": "x", "proxy": "http://proxy.example:3128"}
    assert connect(given).proxy is not None  # the variable is about the variable's proxy
    assert (connect({**given, "no_proxy": rules}).proxy is None) is exempt


@pytest.mark.parametrize(
    ("rules", "exempt"),
    [
        ("example.com", True),
        (".example.com", True),
        ("*.example.com", True),
        ("ample.com", False),
        ("api.example.com:1", False),
    ],
)
def test_a_domain_has_what_is_below_it(rules, exempt):
    given = {"host": "https://api.example.com", "api_key": "x", "proxy": "http://p:1", "no_proxy": rules}
    assert (connect(given).proxy is None) is exempt


@pytest.mark.parametrize("without", [("socks",), ("python_socks",), ("socks", "python_socks")])
def test_socks_without_its_libraries_says_which(monkeypatch, without):
    whole = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name in without else whole(name, *more)
    )
    with pytest.raises(ClusterError, match=r"PySocks .* and python-socks") as caught:
        connect({"kubeconfig": kubeconfig("https://198.18.0.2:6443", **{"proxy-url": "socks5://127.0.0.1:1080"})})
    packages = {"socks": "PySocks", "python_socks": "python-socks"}
    assert caught.value.reason == "missing_library"
    assert caught.value.remedy.endswith(f"-m pip install {' '.join(packages[name] for name in without)}")


def test_a_proxy_of_a_kubeconfig_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"^kubeconfig: proxy-url: it is not allowed"):
        connect({"kubeconfig": kubeconfig("https://198.18.0.2:6443", **{"proxy-url": "ftp://x"})})


class TlsServer(BadServer):
    """The same server, by TLS."""

    def __init__(self, context, *scripts):
        self.context = context
        super().__init__(*scripts)
        self.url = self.url.replace("http:", "https:")

    def _speak(self, connection, script):
        with contextlib.suppress(OSError):
            super()._speak(self.context.wrap_socket(connection, server_side=True), script)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory):
    """A CA that signs for this machine: its file, and the context of a server."""
    folder = tmp_path_factory.mktemp("tls")
    authority = certified("authority", ca=True)
    _found, _key, pem, key = certified("server", signer=authority)
    (folder / "ca.pem").write_text(authority[2])
    (folder / "server.pem").write_text(pem + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    return str(folder / "ca.pem"), context


@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize("login", ["", LOGIN])
def test_requests_and_streams_go_through_a_proxy_that_is_reached_by_tls(server, trusted, login, secure):
    """Within it, the server is spoken to by TLS as well, as it is everywhere but in tests."""
    authority, context = trusted
    there = TlsServer(context, *server.scripts) if secure else server
    through = Proxy("https", login, context=context)
    url = through.url(login.replace("@", "%40"))
    for params in ({"ca_cert": authority}, {"validate_certs": False}):
        assert ask(connect({"host": there.url, "api_key": "x", "proxy": url, **params})) == ("ok", "ok")
    assert through.asked == [there.url.partition("//")[2]] * 4
    read, ran = ask(connect({"host": there.url, "api_key": "x", "proxy": url}))
    assert f"the certificate of the proxy https://127.0.0.1:{through.port} or of {there.url} is not trusted" in read
    assert "certificate" in ran
    through.close()
    for said in ask(connect({"host": there.url, "api_key": "x", "ca_cert": authority, "proxy": url})):
        assert f"by the proxy https://127.0.0.1:{through.port} within" in said
    if secure:
        there.close()


def test_a_proxy_that_is_reached_by_tls_wants_a_password(server, trusted):
    authority, context = trusted
    there = TlsServer(context, *server.scripts)
    through = Proxy("https", LOGIN, context=context)
    given = {"host": there.url, "api_key": "x", "ca_cert": authority, "proxy": through.url("jane:wrong")}
    for said, reason in zip(ask(connect(given)), ("proxy_authentication", "unreachable"), strict=True):
        assert said.startswith(f"{reason}: cannot ")
        assert "407 Proxy Authentication Required" in said
    through.close()
    there.close()
