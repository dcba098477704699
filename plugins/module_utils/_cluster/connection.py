# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the options that kubernetes.core knows to a connection: server, TLS, credentials, proxy.

Options win over a kubeconfig, for as long as the connection lasts.
"""

from __future__ import annotations

import dataclasses
import functools
import ssl
import threading
import typing as t
import weakref

from .. import _files
from .._bad_input import BadInput
from . import impersonation, login, proxy
from .errors import ClusterError

INTERRUPTED = "interrupted"  #: why a stream ended that we cut


@dataclasses.dataclass
class Connection:
    """Where the API server is and how to speak to it.

    Attributes:
        configuration: C(kubernetes.client.Configuration): server and TLS. Its credentials are not used: to renew them,
            the package writes back all that the kubeconfig says (kubernetes-client/python#1948).
        impersonate: C((header, value)) pairs that every request and stream carries.
        authorization: gives the C(Authorization) header's value, renewed where it is about to end; empty for none.
        proxy: that requests and streams go through.
        renewed: gives the files of a client certificate and its key where a program renews them; empty for none.
        namespace: of the kubeconfig's context, or of the Pod that this runs in; empty where neither says.
    """

    configuration: t.Any
    impersonate: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    namespace: str = ""
    authorization: t.Callable[[], str] = str
    proxy: proxy.Proxy | None = None
    renewed: t.Callable[[], tuple[str, str]] | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: weakref.WeakSet[t.Any] = weakref.WeakSet()
        self._cut = False
        self._context: tuple[tuple[str, str], ssl.SSLContext] | None = None

    def assert_open(self) -> None:
        """Raise C(OSError) where C(cut) was called."""
        if self._cut:
            raise OSError(INTERRUPTED)

    def opened(self, stream: t.Any) -> None:
        """Remember a stream that C(cut) is to end, or end one that comes after it: its command may have begun."""
        with self._lock:
            self._streams.add(stream)
        if self._cut:
            stream.cut()

    def cut(self) -> None:
        """End all streams, and every one that is opened from now on; requests go on."""
        self._cut = True
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.cut()

    @property
    def server(self) -> str:
        """The API server's base URL."""
        return str(self.configuration.host).rstrip("/")

    def headers(self) -> list[tuple[str, str]]:
        """Headers for one request.

        Raises:
            ClusterError: a credential was to be renewed, and cannot be.
        """
        headers = [("User-Agent", "kubewire.netdebug")]
        words = self.authorization()
        if words:
            headers.append(("Authorization", _checked(words.strip())))
        return headers + self.impersonate

    def certificate(self) -> tuple[str, str]:
        """The files of the client certificate and its key that are used now; empty for none.

        Raises:
            ClusterError: they were to be renewed, and cannot be.
        """
        if self.renewed:
            return self.renewed()
        return self.configuration.cert_file or "", self.configuration.key_file or ""

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """The TLS context of streams, equal to what the package uses for requests; one for each certificate."""
        files = self.certificate()
        with self._lock:
            if self._context is None or self._context[0] != files:
                self._context = files, self._tls(*files)
            return self._context[1]

    def _tls(self, certificate: str, key: str) -> ssl.SSLContext:
        configuration = self.configuration
        context = ssl.create_default_context(
            cafile=configuration.ssl_ca_cert or None, cadata=getattr(configuration, "ca_cert_data", None) or None
        )
        if not configuration.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif configuration.assert_hostname is False:
            context.check_hostname = False
        if certificate:
            context.load_cert_chain(certificate, key or None)
        return context


def _checked(token: str) -> str:
    """Refuse what would end its header, and keep it out of every message."""
    if not token.isascii() or not token.isprintable():
        raise ClusterError(
            "no_credentials",
            "the token is not allowed in an HTTP header; it must be one line of printable ASCII",
            "check api_key, or the token of the kubeconfig's user",
        )
    return token


def connect(params: t.Mapping[str, t.Any]) -> Connection:
    """Load credentials; opens no connection, but may run a credential plugin.

    Args:
        params: the auth options of M(kubernetes.core.k8s) by name, C(None) where unset.

    Raises:
        ClusterError: no usable configuration; the message names the option and what is allowed.
        OSError: a certificate or a key cannot be read.
        BadInput: a name to impersonate, or a header for a proxy, would end its header.
        ImportError: the C(kubernetes) package is not there.
    """
    found = login.load(params)
    _override(found.configuration, params)
    configuration = found.configuration
    for path in (configuration.ssl_ca_cert, configuration.cert_file):
        if path:
            _files.assert_readable(path)  # what reads it would wait for a pipe
    if configuration.key_file:
        _assert_text(configuration.key_file)
    authorization = _given(params) or found.authorization
    through = proxy.choose(params, found.cluster, str(configuration.host))
    impersonate = impersonation.headers(params, found.user)
    secure = str(configuration.host).startswith("https:")
    if found.cluster and secure and not configuration.cert_file and not authorization():
        raise ClusterError(
            "no_credentials",
            f"no usable kubeconfig: {found.whose} has no credentials (token, client certificate, credential plugin)",
            login.NO_CREDENTIALS,
        )
    renewed = None if params.get("client_cert") else found.certificate
    return Connection(configuration, impersonate, found.namespace, authorization, through, renewed)


def _given(params: t.Mapping[str, t.Any]) -> t.Callable[[], str] | None:
    """The credentials of the options."""
    if params.get("api_key"):
        return functools.partial("Bearer {}".format, params["api_key"])
    if params.get("username") and params.get("password"):
        return functools.partial(proxy.basic, f"{params['username']}:{params['password']}")
    return None


def _assert_text(path: str) -> None:
    """Refuse a key that is not in PEM; urllib3 reads it as text."""
    try:
        _files.read(path).decode()
    except UnicodeDecodeError:
        raise BadInput(f"client_key: {path!r} contains no PEM key") from None


def _override(configuration: t.Any, params: t.Mapping[str, t.Any]) -> None:
    """Options win over what the file says."""
    direct = {
        "host": "host",
        "ca_cert": "ssl_ca_cert",
        "client_cert": "cert_file",
        "client_key": "key_file",
    }
    for option, attribute in direct.items():
        value = params.get(option)
        if value:
            setattr(configuration, attribute, value.rstrip("/") if option == "host" else value)
    if params.get("ca_cert"):
        configuration.ca_cert_data = None
        configuration.verify_ssl = True  # as with kubectl, whatever the file says of it
    if params.get("validate_certs") is not None:
        configuration.verify_ssl = params["validate_certs"]
    if params.get("host"):
        configuration.tls_server_name = None  # the file's is for its own server (getCluster in client-go's clientcmd)
    configuration.proxy = configuration.no_proxy = configuration.proxy_headers = None
