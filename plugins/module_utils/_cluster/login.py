# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Where server and credentials come from: options, a kubeconfig, or the Pod that this runs in, in kubectl's order.

The C(kubernetes) package reads certificates and the old C(auth-provider). Tokens, files of tokens and credential
plugins are read here, as client-go does.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import time
import typing as t

from .. import _files
from . import kubeconfig, memory_files, package
from .credential_plugin import Plugin
from .errors import ClusterError

_DEFAULT_FILE = "~/.kube/config"
_OWN_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
_AUTHORITY = ("certificate-authority", "certificate-authority-data")
_TOKEN_S = 60.0  #: seconds until a file of a token is read again (client-go, C(transport/token_source.go))
NO_CREDENTIALS = (
    "set kubeconfig or K8S_AUTH_KUBECONFIG to a kubeconfig file, or host with api_key (K8S_AUTH_HOST, K8S_AUTH_API_KEY)"
)

Params = t.Mapping[str, t.Any]


class Login(t.NamedTuple):
    """What was found."""

    configuration: t.Any  #: of the C(kubernetes) package: server and TLS
    authorization: t.Callable[[], str] = str  #: gives the C(Authorization) header's value
    certificate: t.Callable[[], tuple[str, str]] | None = None  #: the files of a certificate and a key that may change
    user: t.Mapping[str, t.Any] = {}  #: C(users[].user) of the kubeconfig
    cluster: t.Mapping[str, t.Any] = {}  #: C(clusters[].cluster) of the kubeconfig
    namespace: str = ""
    whose: str = ""  #: the kubeconfig's user in words, for errors


def load(params: Params) -> Login:
    """Find server and credentials; options themselves are none of its affair, but for which file they name.

    Raises:
        ClusterError: there are none, or they cannot be used.
        ImportError: the C(kubernetes) package is not there.
    """
    package.load()
    # Late and narrow: `kubernetes.client.apis` and the typed models cost 0.5-2.6 s.
    from kubernetes.client.configuration import Configuration
    from kubernetes.config.config_exception import ConfigException

    configuration = Configuration()
    if params.get("host") and (
        params.get("api_key")
        or (params.get("username") and params.get("password"))
        or (params.get("client_cert") and params.get("client_key"))
    ):
        return Login(configuration)
    try:
        return _load(configuration, params)
    except ClusterError:
        raise
    except ConfigException as error:
        raise ClusterError("no_credentials", f"no usable kubeconfig: {error!s:.500}", NO_CREDENTIALS) from None
    except Exception as error:  # a broken file makes the loader raise whatever its parser raises
        raise ClusterError(
            "no_credentials", f"kubeconfig cannot be read: {type(error).__name__}: {error!s:.500}", NO_CREDENTIALS
        ) from None


def _load(configuration: t.Any, params: Params) -> Login:
    from kubernetes.config import kube_config
    from kubernetes.config.config_exception import ConfigException

    memory_files.use(kube_config)
    given, context = params.get("kubeconfig"), params.get("context")
    if isinstance(given, t.Mapping):
        return _of_kubeconfig(kube_config, configuration, dict(given), params, "the given kubeconfig")
    # As kubectl: of several files that a variable names, those that are there; an empty variable is none.
    paths = str(given or kube_config.KUBE_CONFIG_DEFAULT_LOCATION or _DEFAULT_FILE)
    parts = [os.path.expanduser(part) for part in paths.split(os.pathsep) if part]
    missing = [part for part in parts if not os.path.exists(part)]
    if missing == parts and not given and not context:
        with contextlib.suppress(ConfigException):
            return _of_pod(configuration)
    if missing and (given or missing == parts):
        where = "" if os.path.isabs(missing[0]) else f" in {os.getcwd()}, where the module runs"
        raise ConfigException(f"kubeconfig {missing[0]!r} does not exist{where}")
    there = [part for part in parts if part not in missing]
    for part in there:
        _files.assert_readable(part)
    merger = kube_config.KubeConfigMerger(os.pathsep.join(there))
    merged = merger.config
    # As client-go, the first file that names a current context wins; the package takes the last one.
    files = [merger.config_files[part] for part in there]
    current = next((name for file in files if (name := file.get("current-context"))), None)
    merged.value.pop("current-context", None)
    if current:
        merged.value["current-context"] = current
    saves = merger.save_changes if params.get("persist_config") in (None, True) else None
    return _of_kubeconfig(kube_config, configuration, merged, params, os.pathsep.join(parts), saves)


def _of_pod(configuration: t.Any) -> Login:
    from kubernetes.config import incluster_config

    incluster_config.load_incluster_config(client_configuration=configuration)
    namespace = ""
    with contextlib.suppress(OSError, ValueError):
        namespace = _files.read(_OWN_NAMESPACE).decode().strip()
    return Login(configuration, _of_package(configuration), namespace=namespace)


def _of_kubeconfig(
    kube_config: t.Any,
    configuration: t.Any,
    config: t.Any,
    params: Params,
    where: str,
    saves: t.Callable[[], None] | None = None,
) -> Login:
    context = params.get("context")
    _assert_context(config, context, where)
    user, cluster = kubeconfig.user_of(config, context), kubeconfig.cluster_of(config, context)
    name = kubeconfig.user_name(config, context)
    if cluster.get("insecure-skip-tls-verify") and not params.get("ca_cert") and params.get("validate_certs") is None:
        authority = next((key for key in _AUTHORITY if cluster.get(key)), "")
        if authority:
            raise ClusterError(
                "no_credentials",
                f"kubeconfig: insecure-skip-tls-verify beside {authority} is not allowed, as with kubectl",
                "remove one of them, or set validate_certs",
            )
    if user.get("token") and (user.get("username") or user.get("password")):
        raise ClusterError(
            "no_credentials",
            f"kubeconfig: the user {name!r} has a token and a password, and only one is allowed, as with kubectl",
            "remove one of them",
        )
    loader = kube_config.KubeConfigLoader(
        config_dict=kubeconfig.without_tokens(config, name),
        active_context=context,
        config_persister=saves,
        config_base_path=None,
    )
    loader.load_and_set(configuration)
    if cluster.get("tls-server-name"):  # older versions of the package do not read it
        configuration.tls_server_name = cluster["tls-server-name"]
    folder = kubeconfig.folder_of(config, context)
    authorization = _of_user(configuration, user, name, cluster, folder, params)
    certificate = authorization.certificate if isinstance(authorization, _ByPlugin) else None
    whose = f"the user {name!r}" if name else "the context without a user"
    if name and not kubeconfig.has_user(config, name):
        whose += f", who is not in {where},"
    namespace = kubeconfig.namespace_of(config, context)
    return Login(configuration, authorization, certificate, user, cluster, namespace, whose)


def _of_user(
    configuration: t.Any,
    user: t.Mapping[str, t.Any],
    name: str,
    cluster: t.Mapping[str, t.Any],
    folder: str,
    params: Params,
) -> t.Callable[[], str]:
    """Give what makes the header, by the first of these that the user has: a file, a token, a plugin, a password."""
    if user.get("tokenFile"):
        path = os.path.join(folder, str(user["tokenFile"]))
        return _TokenFile(path)
    if user.get("token"):
        return functools.partial("Bearer {}".format, str(user["token"]))
    given = params.get("api_key") or (params.get("username") and params.get("password"))
    if isinstance(user.get("exec"), t.Mapping) and not given:
        found = _ByPlugin(Plugin(user["exec"], name, cluster, folder))
        configuration.cert_file, configuration.key_file = (path or None for path in found.certificate())
        return found
    return _of_package(configuration)


class _ByPlugin:
    """What a program gives, and gives anew where it is about to end: a token, a client certificate, or both."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def __call__(self) -> str:
        token = self._plugin.credential().token
        return f"Bearer {token}" if token else ""

    def certificate(self) -> tuple[str, str]:
        """The files of the certificate and its key; empty where the program gives none."""
        from kubernetes.config import kube_config

        found = self._plugin.credential()
        if not found.certificate:
            return "", ""
        return memory_files.write(kube_config, found.certificate), memory_files.write(kube_config, found.key)


class _TokenFile:
    """A token that somebody else renews."""

    def __init__(self, path: str) -> None:
        self._path, self._token, self._until = path, "", 0.0
        self()

    def __call__(self) -> str:
        if time.monotonic() >= self._until:
            try:
                self._token = _files.read(self._path).decode().strip()
            except (OSError, ValueError) as error:
                if not self._token:
                    why = getattr(error, "strerror", None) or error
                    raise ClusterError(
                        "no_credentials", f"kubeconfig: tokenFile: {self._path}: {why}", "check tokenFile of the user"
                    ) from None
            self._until = time.monotonic() + _TOKEN_S
        return f"Bearer {self._token}"


def _of_package(configuration: t.Any) -> t.Callable[[], str]:
    """What the package renews; it does so in a copy, since it writes back server, CA and proxy of the file as well."""
    own = copy.copy(configuration)
    own.api_key = dict(configuration.api_key)
    configuration.refresh_api_key_hook = None

    def authorization() -> str:
        return str(own.get_api_key_with_prefix("authorization") or own.get_api_key_with_prefix("BearerToken") or "")

    return authorization


def _assert_context(config: t.Any, context: str | None, where: str) -> None:
    """Name the contexts that there are, where another one is asked for or none is."""
    names = kubeconfig.contexts(config)
    there_are = f"there are {', '.join(map(repr, names))}" if names else "there is none"
    if context and context not in names:
        raise ClusterError("no_credentials", f"context: {context!r} is not in {where}; {there_are}")
    current = kubeconfig.current_context(config)
    if not context and current not in names:
        what = f"current-context {current!r} is no context of it" if current else "no current-context"
        raise ClusterError(
            "no_credentials", f"kubeconfig {where}: {what}; {there_are}", "set context, or kubectl config use-context"
        )
