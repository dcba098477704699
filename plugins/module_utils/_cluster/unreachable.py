# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Why there is no connection to the API server: one error for requests and streams alike."""

from __future__ import annotations

import re
import sys

from .errors import ClusterError
from .proxy import Proxy

_LONGEST = 300  #: characters of a server and of what is said of it, in a message
#: What Python 3.13 demands of a certificate (C(ssl.VERIFY_X509_STRICT), RFC 5280) and Go, hence kubectl, does not.
_STRICT = re.compile(
    r"Missing (?:Authority|Subject) Key Identifier|(?:Authority|Subject) Key Identifier marked critical"
    r"|Basic Constraints of CA cert not marked critical|CA cert does not include key usage extension"
    r"|Empty Subject Alternative Name extension|Subject empty and Subject Alt Name extension not critical"
    r"|(?:Issuer|Subject) name empty|Path length (?:invalid|given)[^(]*|Key usage keyCertSign[^(]*"
    r"|Using cert extension requires at least X509v3",
    re.IGNORECASE,
)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d+) ?(.*)", re.DOTALL)


def error_of(error: Exception, what: str, server: str, proxy: Proxy | None, seconds: float) -> ClusterError:
    """Say what went wrong before there was an answer.

    Args:
        error: what urllib3, ssl or a socket raised.
        what: what was to be done, in words.
        server: URL of the API server.
        proxy: that the connection went through.
        seconds: that it was given.
    """
    server = server[:_LONGEST]
    words = _words(error)
    if "CERTIFICATE_VERIFY_FAILED" in words:
        whose = f"the proxy {proxy.address} or of {server}" if proxy and proxy.scheme == "https" else server
        return _untrusted(words, what, whose)
    if "CERTIFICATE_OR_CRL" in words or "PEM lib" in words:
        return ClusterError(
            "no_credentials",
            f"cannot {what}: a certificate or key file cannot be read ({words})",
            "check ca_cert, client_cert and client_key, or those of the kubeconfig",
        )
    refusal = _TUNNEL.search(words)
    if proxy and refusal:
        return by_proxy(int(refusal[1]), refusal[2], what, server, proxy)
    if proxy:
        return ClusterError(
            "unreachable",
            f"cannot {what}: {server} cannot be reached by the proxy {proxy.address} within {seconds:g} s ({words})",
            "check the proxy (proxy, proxy-url of the kubeconfig's cluster, or HTTPS_PROXY and NO_PROXY), and whether "
            "it reaches the server",
        )
    return ClusterError(
        "unreachable",
        f"cannot {what}: the API server {server} cannot be reached within {seconds:g} s ({words})",
        "check host or the server of the kubeconfig's context, and the network path from this machine to it",
    )


def by_proxy(code: int, said: str, what: str, server: str, proxy: Proxy) -> ClusterError:
    """The proxy's own answer in place of a connection."""
    message = f"cannot {what}: the proxy {proxy.address} does not connect to {server}: {code} {said.strip()[:_LONGEST]}"
    if code == 407:
        return ClusterError(
            "proxy_authentication",
            message.strip(),
            "give user and password of the proxy: proxy_headers.proxy_basic_auth, or http://USER:PASSWORD@HOST:PORT as "
            "the URL of the proxy",
            code,
        )
    return ClusterError("proxy_refused", message.strip(), "see whether the proxy may connect to that server", code)


def _untrusted(words: str, what: str, server: str) -> ClusterError:
    strict = _STRICT.search(words)
    if strict:
        version = ".".join(map(str, sys.version_info[:2]))
        return ClusterError(
            "untrusted",
            f"cannot {what}: Python {version} refuses the certificate of {server} or of its CA by a strict check that "
            f"kubectl does not make (ssl.VERIFY_X509_STRICT, on by default from Python 3.13): {strict[0].strip()}",
            "let the cluster's CA be made anew with the extension, or run Ansible with Python 3.12 or older "
            "(ansible_python_interpreter); validate_certs=false gives up the protection altogether",
        )
    return ClusterError(
        "untrusted",
        f"cannot {what}: the certificate of {server} is not trusted ({words})",
        "set ca_cert to the CA of the cluster, or use the kubeconfig that belongs to it",
    )


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    if isinstance(reason, Exception):
        error = reason
    inner = getattr(error, "original_error", None)  # of urllib3.exceptions.ProxyError
    if isinstance(inner, Exception):
        error = inner
    return str(error).split(": ", 1)[-1][:_LONGEST] if "Tunnel" not in str(error) else str(error)[:_LONGEST]
