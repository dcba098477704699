# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the options that kubernetes.core knows to a configuration of the C(kubernetes) package.

The order is that of kubernetes.core's C(k8s/client.py): complete options, then a named kubeconfig or context,
then the Pod's own service account, then the default kubeconfig.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import functools
import os
import ssl
import threading
import typing as t
import weakref

from .. import _files
from .._bad_input import BadInput
from . import impersonation, kubeconfig, memory_files
from .errors import ClusterError

_DEFAULT_FILE = "~/.kube/config"
_OWN_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
INTERRUPTED = "interrupted"  #: why a stream ended that we cut
NO_CREDENTIALS = (
    "set kubeconfig or K8S_AUTH_KUBECONFIG to a kubeconfig file, or host with api_key (K8S_AUTH_HOST, K8S_AUTH_API_KEY)"
)


@dataclasses.dataclass
class Connection:
    """Where the API server is and how to speak to it.

    Attributes:
        configuration: C(kubernetes.client.Configuration), credentials loaded.
        impersonate: C((header, value)) pairs that every request and stream carries.
        namespace: of the kubeconfig's context, or of the Pod that this runs in; empty where neither says.
    """

    configuration: t.Any
    impersonate: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    namespace: str = ""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: weakref.WeakSet[t.Any] = weakref.WeakSet()
        self._cut = False

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
        """Headers for one request; a token of an exec credential plugin is renewed here when it is about to end."""
        configuration = self.configuration
        headers = [("User-Agent", "kubewire.netdebug")]
        token = configuration.get_api_key_with_prefix("authorization") or configuration.get_api_key_with_prefix(
            "BearerToken"
        )
        if token:
            headers.append(("Authorization", _checked(token.strip())))
        elif configuration.username and configuration.password:
            headers.append(("Authorization", _basic(f"{configuration.username}:{configuration.password}")))
        return headers + self.impersonate

    @functools.cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """The TLS context of all streams, equal to what the package uses for requests."""
        configuration = self.configuration
        context = ssl.create_default_context(
            cafile=configuration.ssl_ca_cert or None, cadata=getattr(configuration, "ca_cert_data", None) or None
        )
        if not configuration.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif configuration.assert_hostname is False:
            context.check_hostname = False
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, configuration.key_file)
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


def _basic(words: str) -> str:
    return f"Basic {base64.b64encode(words.encode()).decode()}"


def connect(params: t.Mapping[str, t.Any]) -> Connection:
    """Load credentials; opens no connection, but may run an exec credential plugin.

    Args:
        params: the auth options of M(kubernetes.core.k8s) by name, C(None) where unset.

    Raises:
        ClusterError: no usable configuration; the message names the option and what is allowed.
        OSError: a certificate or a key cannot be read.
        BadInput: a name to impersonate, or a header for a proxy, would end its header.
        ImportError: the C(kubernetes) package is not there.
    """
    # Late and narrow: `kubernetes.client.apis` and the typed models cost 0.5-2.6 s.
    from kubernetes.client.configuration import Configuration
    from kubernetes.config.config_exception import ConfigException

    configuration = Configuration()
    complete = params.get("host") and (
        params.get("api_key")
        or (params.get("username") and params.get("password"))
        or (params.get("client_cert") and params.get("client_key"))
    )
    user: t.Mapping[str, t.Any] = {}
    namespace = ""
    if not complete:
        try:
            user, namespace = _load(configuration, params)
        except ClusterError:
            raise
        except ConfigException as error:
            raise ClusterError("no_credentials", f"no usable kubeconfig: {error!s:.500}", NO_CREDENTIALS) from None
        except Exception as error:  # a broken file makes the loader raise whatever its parser raises
            raise ClusterError(
                "no_credentials", f"kubeconfig cannot be read: {type(error).__name__}: {error!s:.500}", NO_CREDENTIALS
            ) from None
    _override(configuration, params)
    for path in (configuration.ssl_ca_cert, configuration.cert_file):
        if path:
            _files.assert_readable(path)  # what reads it would wait for a pipe
    if configuration.key_file:
        _assert_text(configuration.key_file)
    return Connection(configuration, impersonation.headers(params, user), namespace)


def _assert_text(path: str) -> None:
    """Refuse a key that is not in PEM; urllib3 reads it as text."""
    try:
        _files.read(path).decode()
    except UnicodeDecodeError:
        raise BadInput(f"client_key: {path!r} contains no PEM key") from None


def _load(configuration: t.Any, params: t.Mapping[str, t.Any]) -> tuple[t.Mapping[str, t.Any], str]:
    """Fill the configuration from a file or the Pod that this runs in; return the user and namespace it has for it."""
    from kubernetes.config import incluster_config, kube_config
    from kubernetes.config.config_exception import ConfigException

    memory_files.use(kube_config)
    given, context = params.get("kubeconfig"), params.get("context")
    optional = {"context": context, "client_configuration": configuration}
    if params.get("persist_config") is not None:
        optional["persist_config"] = params["persist_config"]
    if isinstance(given, t.Mapping):
        _assert_context(given, context, "the given kubeconfig")
        optional.pop("persist_config", None)
        kube_config.load_kube_config_from_dict(config_dict=dict(given), **optional)
        return kubeconfig.user_of(given, context), kubeconfig.namespace_of(given, context)
    if not given and not context:
        try:
            incluster_config.load_incluster_config(client_configuration=configuration)
            return {}, _own_namespace()
        except ConfigException:
            pass
    # As kubectl: of several files that a variable names, those that are there; an empty variable is none.
    paths = str(given or kube_config.KUBE_CONFIG_DEFAULT_LOCATION or _DEFAULT_FILE)
    parts = [os.path.expanduser(part) for part in paths.split(os.pathsep) if part]
    missing = [part for part in parts if not os.path.exists(part)]
    if missing and (given or missing == parts):
        raise ConfigException(f"kubeconfig {missing[0]!r} does not exist")
    for part in parts:
        if part not in missing:
            _files.assert_readable(part)
    paths = os.pathsep.join(parts)
    merged = kube_config.KubeConfigMerger(paths).config
    _assert_context(merged, context, paths)
    kube_config.load_kube_config(config_file=paths, **optional)
    return kubeconfig.user_of(merged, context), kubeconfig.namespace_of(merged, context)


def _own_namespace() -> str:
    """The namespace of the Pod that this runs in, as kubectl takes it."""
    with contextlib.suppress(OSError, ValueError):
        return _files.read(_OWN_NAMESPACE).decode().strip()
    return ""


def _assert_context(config: t.Any, context: str | None, where: str) -> None:
    """Name the contexts that there are, where another one is asked for."""
    names = kubeconfig.contexts(config)
    if context and context not in names:
        there_are = f"there are {', '.join(map(repr, names))}" if names else "there is none"
        raise ClusterError("no_credentials", f"context: {context!r} is not in {where}; {there_are}")


def _override(configuration: t.Any, params: t.Mapping[str, t.Any]) -> None:
    """Options win over what the file says."""
    direct = {
        "host": "host",
        "username": "username",
        "password": "password",
        "ca_cert": "ssl_ca_cert",
        "client_cert": "cert_file",
        "client_key": "key_file",
        "proxy": "proxy",
        "no_proxy": "no_proxy",
    }
    for option, attribute in direct.items():
        value = params.get(option)
        if value:
            setattr(configuration, attribute, value.rstrip("/") if option == "host" else value)
    if params.get("ca_cert"):
        configuration.ca_cert_data = None
    if params.get("validate_certs") is not None:
        configuration.verify_ssl = params["validate_certs"]
    if params.get("api_key"):
        configuration.api_key = {"authorization": f"Bearer {params['api_key']}"}
        configuration.api_key_prefix = {}
        configuration.refresh_api_key_hook = None
    configuration.proxy_headers = _proxy_headers(params.get("proxy_headers") or {}) or configuration.proxy_headers


def _proxy_headers(given: t.Mapping[str, str | None]) -> dict[str, str]:
    agent = given.get("user_agent") or ""
    if not agent.isprintable() or not agent.isascii():
        raise BadInput(f"proxy_headers: user_agent {agent!r} is not allowed; it must be one line of printable ASCII")
    found = {"user-agent": agent} if agent else {}
    for option, header in (("basic_auth", "authorization"), ("proxy_basic_auth", "proxy-authorization")):
        if given.get(option):
            found[header] = _basic(str(given[option]))
    return found
