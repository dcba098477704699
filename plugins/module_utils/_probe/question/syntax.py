# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One question as a person types it: what the options C(from) and C(to) may hold. Pure, and without a cluster."""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
import re
import typing as t
import urllib.parse

from ..._snapshot.facts import is_address
from ..models.ports import quote
from ..selected import SelectionError

#: What kubectl calls a kind -> the kind.
KINDS = {
    **dict.fromkeys(("pod", "pods", "po"), "pod"),
    **dict.fromkeys(("service", "services", "svc"), "service"),
    **dict.fromkeys(("node", "nodes", "no"), "node"),
    **dict.fromkeys(("ingress", "ingresses", "ing"), "ingress"),
    **dict.fromkeys(("httproute", "httproutes"), "httproute"),
    **dict.fromkeys(("route", "routes"), "route"),
    **dict.fromkeys(("deployment", "deployments", "deploy"), "deployment"),
    **dict.fromkeys(("statefulset", "statefulsets", "sts"), "statefulset"),
    **dict.fromkeys(("daemonset", "daemonsets", "ds"), "daemonset"),
    **dict.fromkeys(("replicaset", "replicasets", "rs"), "replicaset"),
    **dict.fromkeys(("replicationcontroller", "replicationcontrollers", "rc"), "replicationcontroller"),
    **dict.fromkeys(("job", "jobs"), "job"),
}
ENTRIES = ("ingress", "httproute", "route")
WORKLOADS = ("deployment", "statefulset", "daemonset", "replicaset", "replicationcontroller", "job")
_FROM_KINDS = ("pod", *WORKLOADS)
_TO_KINDS = ("service", "pod", *WORKLOADS, *ENTRIES)

FROM_FORMS = "NAMESPACE/NAME of a Pod or workload, KIND/NAME, NAMESPACE/KIND/NAME, node/NAME, outside or outside/HOST"
TO_FORMS = (
    "NAMESPACE/NAME or SERVICE.NAMESPACE, KIND/NAME, NAMESPACE/KIND/NAME, node/NAME, a host name or an address, each "
    "with or without :PORT or :PORT/udp (IPv6 in brackets then), or a URL of http or https"
)

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\.?")
_PORT = re.compile(r"(?P<rest>.*?):(?P<port>[^:/\]]*)(?:/(?P<transport>[A-Za-z]*))?")
_PORT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?")
_TRANSPORTS = ("TCP", "UDP", "SCTP")
_LONGEST_PATH, _LONGEST_SHOWN, _DIGITS = 1024, 100, 5
_SCHEMES = {"http": 80, "https": 443}
_CLOSE = 0.6  #: of difflib, its own default
_MAX_NAMED = 8


@dataclasses.dataclass(frozen=True)
class End:
    """One end of the question.

    Attributes:
        option: that holds it, C(from) or C(to).
        text: as it was given.
        kind: one of C(KINDS), C(outside), C(address), C(host) (a name that may be anything), or empty: any kind of
            object that has this name in the namespace.
        port: its number or its name.
        transport: C(TCP), C(UDP) or C(SCTP), where that was given.
    """

    option: str
    text: str
    kind: str = ""
    name: str = ""
    namespace: str = ""
    port: str = ""
    transport: str = ""
    scheme: str = ""
    path: str = ""

    @property
    def number(self) -> int:
        """The number of the port; 0 where there is none."""
        return int(self.port) if self.port.isdigit() else 0

    @property
    def port_words(self) -> str:
        """The port as it was given."""
        return self.port + (f"/{self.transport.lower()}" if self.transport and not self.scheme else "")

    @property
    def shown(self) -> str:
        """The text as messages show it."""
        return repr(self.text if len(self.text) <= _LONGEST_SHOWN else f"{self.text[:_LONGEST_SHOWN]}...")

    def refuse(self, words: str) -> SelectionError:
        """The error that says what is wrong with it."""
        return SelectionError(f"{self.option}: {self.shown}: {words}")


def source(text: str) -> End:
    """Read the option C(from).

    Raises:
        SelectionError: it is none of C(FROM_FORMS).
    """
    end = End("from", text)
    name, _slash, host = text.partition("/")
    if name == "outside":
        if _slash and not host:
            raise _not_allowed(end, "the name after 'outside/' is missing")
        return dataclasses.replace(end, kind="outside", name=host)
    if "://" in text or ":" in text or is_address(text):
        raise _not_allowed(end, "a source has a name, and neither a port nor an address")
    return _object(end, text, (*_FROM_KINDS, "node"))


def target(text: str) -> End:
    """Read the option C(to).

    Raises:
        SelectionError: it is none of C(TO_FORMS).
    """
    end = End("to", text)
    if not text.isprintable() or " " in text:
        raise _not_allowed(end, "it holds a space or a character that is not printable")
    if "://" in text:
        return _url(end)
    rest = text
    if text.startswith("[") or not is_address(text):
        found = _PORT.fullmatch(text)
        if found:
            rest = found["rest"]
            end = dataclasses.replace(
                end, port=_port(end, found["port"]), transport=_transport(end, found["transport"])
            )
    host = rest[1:-1] if rest.startswith("[") and rest.endswith("]") else rest
    if is_address(host) and (":" not in host or host != rest or rest == text):
        return dataclasses.replace(end, kind="address", name=str(ipaddress.ip_address(host)))
    if rest == "outside":
        raise _not_allowed(end, "the outside is a source and cannot be a target by this name")
    return _object(end, rest, (*_TO_KINDS, "node")) if "/" in rest else _host(end, rest)


def _url(end: End) -> End:
    try:
        parts = urllib.parse.urlsplit(end.text)
        port = parts.port
    except ValueError as error:
        raise _not_allowed(end, f"it is no URL ({error})") from None
    if parts.scheme.lower() not in _SCHEMES:
        raise _not_allowed(end, "only URLs of http and https can be probed")
    if parts.username is not None or parts.password is not None:
        raise End(end.option, f"{parts.scheme}://...@{parts.hostname}").refuse(
            "a URL must not hold a user or a password"
        )
    host = parts.hostname or ""
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    if len(path) > _LONGEST_PATH:
        raise _not_allowed(end, f"its path is longer than {_LONGEST_PATH} characters")
    scheme = parts.scheme.lower()
    end = dataclasses.replace(
        end, scheme=scheme, path=path, port=str(_SCHEMES[scheme] if port is None else port), transport="TCP"
    )
    _port(end, end.port)
    if is_address(host):
        return dataclasses.replace(end, kind="address", name=str(ipaddress.ip_address(host)))
    return _host(end, host)


def _host(end: End, text: str) -> End:
    """A name without a slash: of an object, of DNS, or both."""
    name = text.lower()
    if not _HOST.fullmatch(name) or re.fullmatch(r"[0-9.]+", name):
        raise _not_allowed(end, "its host is neither a name nor an address")
    return dataclasses.replace(end, kind="host", name=name)


def _object(end: End, text: str, kinds: t.Sequence[str]) -> End:
    """C(NAME), C(KIND/NAME), C(NAMESPACE/NAME) or C(NAMESPACE/KIND/NAME)."""
    parts = text.split("/")
    if not all(map(_NAME.fullmatch, (part.lower() for part in parts))):
        raise _not_allowed(end, "a part of it is empty, or no name of Kubernetes")
    namespace = kind = ""
    if len(parts) == 2 and parts[0].lower() in KINDS:
        kind = KINDS[parts[0].lower()]
    elif len(parts) == 2:
        namespace = parts[0]
    elif len(parts) == 3:
        namespace, kind = parts[0], KINDS.get(parts[1].lower(), parts[1])
    elif len(parts) > 3:
        raise _not_allowed(end, "it has more than three parts")
    if namespace and is_address(namespace):
        raise _not_allowed(end, "a network cannot be probed, only an address in it")
    if kind and (kind not in kinds or (kind == "node" and namespace)):
        there = ", ".join(kinds if not namespace else [each for each in kinds if each != "node"])
        raise _not_allowed(end, f"{parts[-2][:_LONGEST_SHOWN]!r} is none of the kinds {there}")
    return dataclasses.replace(end, kind=kind, name=parts[-1], namespace=namespace)


def _port(end: End, text: str) -> str:
    if text.isascii() and text.isdigit():
        if len(text) > _DIGITS or not 1 <= int(text) <= 65535:
            raise _not_allowed(end, f"port {text[:_LONGEST_SHOWN]} is not from 1 to 65535")
        return str(int(text))
    if not _PORT_NAME.fullmatch(text) or not re.search("[a-z]", text):
        raise _not_allowed(
            end, f"port {text[:_LONGEST_SHOWN]!r} is neither a number from 1 to 65535 nor the name of a port"
        )
    return text


def _transport(end: End, text: str | None) -> str:
    if text is None:
        return ""
    if text.upper() not in _TRANSPORTS:
        raise _not_allowed(end, "what follows the port is none of tcp, udp, sctp")
    return text.upper()


def _not_allowed(end: End, why: str) -> SelectionError:
    forms = FROM_FORMS if end.option == "from" else TO_FORMS
    return SelectionError(f"{end.option}: {end.shown} is not allowed: {why}; it must be {forms}")


def close(name: str, there: t.Iterable[str], key: t.Callable[[str], str] = str) -> list[str]:
    """The names that a name may have been meant for, the nearest first; C(key) is what of them is compared."""
    by_key: dict[str, list[str]] = {}
    for each in sorted(set(there)):
        by_key.setdefault(key(each), []).append(each)
    return [each for near in difflib.get_close_matches(name, by_key, _MAX_NAMED, _CLOSE) for each in by_key[near]]


def nearest(name: str, there: t.Iterable[str], key: t.Callable[[str], str] = str) -> str:
    """Say what there is instead: the nearest names, or else the first ones."""
    names = sorted(set(there))
    near = close(name, names, key)
    if near:
        return f"the nearest {'is' if len(near) == 1 else 'are'} {', '.join(near)}"
    if not names:
        return "there is none"
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"there {'is' if len(names) == 1 else 'are'} {', '.join(names[:_MAX_NAMED])}{more}"
