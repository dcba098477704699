# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The addresses that a container's environment and arguments name: hosts with ports, and never anything else of them.

A URL is cut down to its host and port. What a variable or a flag has that is named like a secret is not looked at.
"""

from __future__ import annotations

import re
import typing as t

from . import check
from .fields import LAST_PORT, Json, mappings, string, strings
from .model_pods import Proxy

MAX_ADDRESSES = 50  #: of one container
_MAX_TEXT = 4096  #: of one value

#: The port of a URL that names none.
SCHEMES = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "grpc": 443,
    "postgres": 5432,
    "postgresql": 5432,
    "mysql": 3306,
    "redis": 6379,
    "amqp": 5672,
    "mongodb": 27017,
    "nats": 4222,
    "ldap": 389,
    "tcp": 0,
    "udp": 0,
}
_SECRET = re.compile(r"(?i)pass|pwd|secret|token|cred|auth|user|login|private|api_?key|access_?key|salt|\bpin\b")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = rf"(?=[A-Za-z0-9_.-]*[A-Za-z]){_LABEL}(?:\.{_LABEL})*\.?"
_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_HOST = rf"(?:{_NAME}|{_IPV4}|\[[0-9A-Fa-f:.]{{2,45}}\])"
_HOST_PORT = re.compile(rf"({_HOST}):(\d{{1,5}})")
_PLAIN_HOST = re.compile(_HOST)
#: User and password are left out: all up to the last C(@) before the path (RFC 3986, 3.2.1), and where a password holds
#: what it must not, up to the last C(@).
_LOGIN_PART = r"(?:[^\s/?#'\"]*@|[^\s/:@]*:(?!\d+/)[^\s'\"]*@)?"
_URL = re.compile(rf"\b(?:jdbc:)?([a-z][a-z0-9+]{{1,20}})://{_LOGIN_PART}({_HOST})(?::(\d{{1,5}}))?(?![\w@%:])", re.I)
_ANY_URL = re.compile(r"\b[a-z][a-z0-9+]{1,20}://[^\s'\"]*", re.I)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_NO_PROXY = re.compile(r"[A-Za-z0-9.*:/_-]{1,253}")
_PAIR = re.compile(r"(.*?)(_?)(HOST|HOSTNAME|ADDR|ADDRESS|SERVER)", re.I)
#: What has a user's name and password behind it (C(curl -u admin:1234)), and what a user names in a copy (C(scp)).
_LOGIN = re.compile(r"(?:^|\s)(?:-u|--user|--proxy-user|-U|--http-user)[=\s]+\S+")


#: What a token has to say, which is compared with what it says and never asked.
_IDENTIFIER = re.compile(r"--(?:service-account-issuer|api-audiences|audiences?)(?:=.*)?")


def of_container(spec: Json, field: str) -> list[tuple[str, str]]:
    """The addresses of a container, each with the field that it stands in.

    Args:
        spec: of the container.
        field: where that stands, such as C(spec.containers[0]).
    """
    found: dict[str, str] = {}
    entries = [(string(entry, "name"), string(entry, "value")) for entry in mappings(spec, "env")]
    for place, (name, value) in enumerate(entries):
        if not _SECRET.search(name):
            for address in in_value(value):
                found.setdefault(address, f"{field}.env[{place}]")
    for address, place in _pairs(entries):
        found.setdefault(address, f"{field}.env[{place}]")
    for part in ("command", "args"):
        words = strings(spec, part)
        for place, word in enumerate(words):
            before = words[place - 1] if place else ""
            if _IDENTIFIER.match(word) or _IDENTIFIER.fullmatch(before):
                continue
            if not _SECRET.search(word.partition("=")[0] if word.startswith("-") else "") and not (
                before.startswith("-") and (_SECRET.search(before) or before == "-u")
            ):
                for address in in_text(word):
                    found.setdefault(address, f"{field}.{part}[{place}]")
    return list(found.items())[:MAX_ADDRESSES]


def in_value(text: str) -> list[str]:
    """The addresses of a value that is nothing else: one, a URL, or a list of them with commas, semicolons, blanks."""
    found: list[str] = []
    for word in re.split(r"[,;\s]+", text[:_MAX_TEXT].strip()):
        url = _URL.match(word)
        plain = _HOST_PORT.fullmatch(word)
        if url:
            found += _of_url(url)
        elif plain:
            found += _joined(plain[1], plain[2])
        elif not _ANY_URL.match(word):
            return []
    return found


def in_text(text: str) -> list[str]:
    """The addresses in a command: its URLs, and each word that is a host and a port, alone or behind C(=)."""
    text = _LOGIN.sub(" ", text[:_MAX_TEXT])
    found = [address for url in _URL.finditer(text) for address in _of_url(url)]
    for word in re.split(r"[,;\s'\"()`|<>]+", _ANY_URL.sub(" ", text)):
        name, equals, value = word.rpartition("=")
        plain = None if equals and _SECRET.search(name) else _HOST_PORT.fullmatch(value)
        if plain:
            found += _joined(plain[1], plain[2])
    return found


def proxies(spec: Json, field: str) -> tuple[list[Proxy], list[str]]:
    """The proxies that a container's environment names, and what they are not used for.

    Args:
        spec: of the container.
        field: where that stands.
    """
    found: list[Proxy] = []
    without: list[str] = []
    for place, entry in enumerate(mappings(spec, "env")):
        name, value = string(entry, "name"), string(entry, "value")[:_MAX_TEXT].strip()
        if name.lower() == "no_proxy":
            words = (word.strip() for word in value.split(","))
            without += [word for word in words if _NO_PROXY.fullmatch(word)][:MAX_ADDRESSES]
        elif name.lower() in _PROXIES:
            address = next(iter(in_value(value if "://" in value else f"http://{value}")), "")
            found += [Proxy(name, address, f"{field}.env[{place}]")] if address else []
    return found, without


def _of_url(url: t.Match[str]) -> list[str]:
    port = url[3] or str(SCHEMES.get(url[1].lower(), 0))
    return _joined(url[2], port)


def _pairs(entries: t.Sequence[tuple[str, str]]) -> t.Iterator[tuple[str, int]]:
    """A host and a port in two variables, C(DB_HOST) and C(DB_PORT): the address, and the place of the host."""
    values = dict(entries)
    for place, (name, host) in enumerate(entries):
        named = _PAIR.fullmatch(name)
        port = values.get(f"{named[1]}{named[2]}PORT", "") if named else ""
        if re.fullmatch(r"\d{1,5}", port) and _PLAIN_HOST.fullmatch(host) and not _SECRET.search(name):
            for address in _joined(host, port):
                yield address, place


def _joined(host: str, port: str) -> list[str]:
    bare = host.strip("[]")
    is_host = check.is_ip(bare) if host.startswith("[") or re.fullmatch(_IPV4, host) else True
    return [f"{host.lower()}:{int(port)}"] if is_host and 0 < int(port) <= LAST_PORT else []
