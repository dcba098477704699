# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The proxy to the API server, the same one for requests and streams.

The order is the option O(proxy), C(proxy-url) of the kubeconfig's cluster, then C(HTTPS_PROXY) or C(HTTP_PROXY) less
what C(NO_PROXY) leaves out, by the rules that kubectl has from Go (C(golang.org/x/net/http/httpproxy)).
"""

from __future__ import annotations

import base64
import dataclasses
import importlib.util
import ipaddress
import os
import sys
import typing as t
from urllib.parse import SplitResult, unquote, urlsplit

from .._bad_input import BadInput
from .errors import ClusterError

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_SOCKS = {"socks": "PySocks", "python_socks": "python-socks"}  #: of requests, and of streams

Json = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Proxy:
    """A proxy, and what it is told of us."""

    scheme: str  #: C(http), C(https), or C(socks5h): as with Go, the proxy resolves names
    host: str
    port: int
    username: str = dataclasses.field(default="", repr=False)
    password: str = dataclasses.field(default="", repr=False)
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)  #: of HTTP

    @property
    def address(self) -> str:
        """Its URL without secrets, for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def choose(params: Json, cluster: Json, server: str) -> Proxy | None:
    """The proxy for requests to a server, None where they go straight.

    Args:
        params: the auth options of M(kubernetes.core.k8s) by name.
        cluster: C(clusters[].cluster) of the kubeconfig that is used; empty where there is none.
        server: URL of the API server.

    Raises:
        BadInput: a proxy, or a header for it, is none.
        ClusterError: libraries that it needs are missing.
    """
    target = urlsplit(server)
    headers = _headers(params.get("proxy_headers") or {})
    url, name = params.get("proxy") or "", "proxy"
    if not url and cluster.get("proxy-url"):
        url, name = cluster["proxy-url"], "kubeconfig: proxy-url"
    exempt = params.get("no_proxy") or ""
    if not url:
        url, name = _of_environment(target)
        exempt = exempt or _variable("NO_PROXY")[0]
        if not url or _is_loopback(target.hostname or ""):
            return None
    if _is_exempt(target, exempt):
        return None
    return _parsed(url, name, headers)


def basic(words: str) -> str:
    """The value of a header for HTTP basic authentication."""
    return f"Basic {base64.b64encode(words.encode()).decode()}"


def _of_environment(target: SplitResult) -> tuple[str, str]:
    url, name = _variable("HTTPS_PROXY" if target.scheme == "https" else "HTTP_PROXY")
    return (url if "://" in url or not url else f"http://{url}"), name


def _variable(name: str) -> tuple[str, str]:
    found = next((each for each in (name, name.lower()) if os.environ.get(each)), name)
    return os.environ.get(found, ""), found


def _parsed(url: t.Any, name: str, headers: dict[str, str]) -> Proxy:
    try:
        parts = urlsplit(str(url))
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        parts, port = urlsplit(""), 0
    if not parts.hostname or parts.scheme not in _PORTS:
        raise BadInput(
            f"{name}: it is not allowed; it must be a URL: http://[USER:PASSWORD@]HOST[:PORT], or the same with "
            "https:// or socks5://"
        )
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "https" and importlib.util.find_spec("urllib3.util.ssltransport") is None:
        raise ClusterError(
            "missing_library",
            f"the proxy https://{parts.hostname}:{port} needs urllib3 1.26 or newer, as {sys.executable} imports it",
            f"{sys.executable} -m pip install 'urllib3>=1.26'",
        )
    if parts.scheme.startswith("socks"):
        _assert_libraries(f"{parts.scheme}://{parts.hostname}:{port}")
        return Proxy("socks5h", parts.hostname, port, username, password)
    if username:
        headers = {"proxy-authorization": basic(f"{username}:{password}"), **headers}
    return Proxy(parts.scheme, parts.hostname, port, headers=headers)


def _assert_libraries(proxy: str) -> None:
    missing = [package for module, package in _SOCKS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise ClusterError(
            "missing_library",
            f"the proxy {proxy} needs the Python libraries PySocks (for requests) and python-socks (for exec); "
            f"{' and '.join(missing)} cannot be imported by {sys.executable}",
            f"{sys.executable} -m pip install {' '.join(missing)}",
        )


def _headers(given: t.Mapping[str, str | None]) -> dict[str, str]:
    agent = given.get("user_agent") or ""
    if not agent.isprintable() or not agent.isascii():
        raise BadInput(f"proxy_headers: user_agent {agent!r} is not allowed; it must be one line of printable ASCII")
    found = {"user-agent": agent} if agent else {}
    for option, header in (("basic_auth", "authorization"), ("proxy_basic_auth", "proxy-authorization")):
        if given.get(option):
            found[header] = basic(str(given[option]))
    return found


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or bool(address and address.is_loopback)


def _is_exempt(target: SplitResult, rules: str) -> bool:
    host = (target.hostname or "").lower()
    port = str(target.port or (443 if target.scheme == "https" else 80))
    return any(_matches(host, port, rule.strip().lower()) for rule in rules.split(",") if rule.strip())


def _matches(host: str, port: str, rule: str) -> bool:
    """One rule: an asterisk, a network, an address or a domain, the last two with or without a port."""
    if rule == "*":
        return True
    address = _address(host)
    if "/" in rule:
        try:
            return bool(address) and address in ipaddress.ip_network(rule, strict=False)
        except ValueError:
            return False
    name, wanted = rule, ""
    if _address(rule) is None and ":" in rule:
        name, _colon, wanted = rule.rpartition(":")
    if wanted and wanted != port:
        return False
    literal = _address(name.strip("[]"))
    if literal is not None:
        return literal == address
    name = name.removeprefix("*")
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
