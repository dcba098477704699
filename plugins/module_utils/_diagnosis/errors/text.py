# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""An error as a user has it: its class, and the source, target and object that it names. Pure.

The text may come from anywhere. It is cut to a bound, matched as data, and nothing of it is kept but what was captured.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import is_address

from ..finding import ObjectRef
from . import cut
from . import ends as error_ends
from . import patterns as error_patterns
from .classes import ERROR_CLASSES, OBJECTS, ErrorClass
from .tools import TOOLS
from .wordings.statuses import STATUSES
from .wordings.table import Rows

_NO_KUBECONFIG = re.compile(
    r"server (?:localhost|127\.0\.0\.1|\[::1\]):8080 was refused|no configuration has been provided|current-context i"
    r"s not set"
    r"|no context exists with the name|context \S{1,3}[\w.@-]{1,120}\S? does not exist"
    r"|(?:localhost|127\.0\.0\.1):8080/(?:(?:version|apis?|api/v1)(?:[?\"' ]|: |$)|apis/\w"
    r"|api/v1/(?:namespaces|nodes|pods|services)\b)"
)
_BY_KUBECTL = re.compile(
    r"Unable to connect to the server|connection to the server \S{1,253} was refused -|Kubernetes cluster unreachable"
    "|couldn't get current server API group list"
)
#: A client of Go that was given no host asks itself.
_NO_HOST = re.compile(r"dial (?:tcp|udp)[46]? :\d{1,5}: ")
#: What an error about an object says beside the connection that it quotes: how long a controller waited, and that a
#: server or something that it asked is not available.
_UNSAID = re.compile(
    r"time[d ]{0,2}out (?:expired )?waiting for|\(ServiceUnavailable\)|code = Unavailable|temporarily unavailable",
    re.IGNORECASE,
)
#: What follows the words of a wording in prose, and is no name of a host.
_WORDS = re.compile(
    "an?|any|all|the|this|that|its?|for|from|to|of|on|in|at|by|with|and|or|not?|is|was|hosts?|hostname|names?|address"
    "(?:es)?"
    "|dns|server|service|topic|domain|proxy|null|none|nil|undefined|true|remote|local|your|ur[li]|port|tcp|udp|via|id"
    "|res|getaddrinfo|gethostbyname"
)
#: In what is no name of a host: a number, or the name of an exception.
_NO_NAME = re.compile(r"^[0-9.]+$|:|\.\.|(?:exception|error)$")
#: These say by themselves what they are about.
_OF_ITSELF = ("no_kubeconfig", "local_socket", "cannot_listen", "no_files")
#: Between two words of the name of an exception, or of a constant.
_NAME_OF_CLASS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
#: What an error supposes beside what it saw.
_SUPPOSED = re.compile(r"\b(?:may|might|maybe|perhaps|probably|possibly)\b[^.;]{0,400}", re.IGNORECASE)
_KIND = re.compile(rf"(?:{error_ends.KINDS})s?", re.IGNORECASE)
_OF_NAMES = ("dns_nxdomain", "dns_nodata", "dns_servfail", "dns_timeout", "name_unresolved")
_KINDS = {
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "replicaset": "ReplicaSet",
    "cronjob": "CronJob",
}


@dataclasses.dataclass(frozen=True)
class ErrorText(Record):
    """What an error says.

    Attributes:
        kind: its class, a name of C(ERROR_CLASSES); empty where none of the known wordings is in it.
        tool: who says it; empty where that is not to be seen.
        inner: the class of the connection that failed, if an error about an object quotes one.
        status: of HTTP; 0 where there is none.
        target: whom it asked, as C(diagnose_to) takes it; empty where it names nobody.
        source: who asked, as C(diagnose_from) takes it; empty where it names nobody.
        namespace: that it names; empty where it names none.
        object: that it is about, if it names one.
    """

    kind: str = ""
    tool: str = ""
    inner: str = ""
    status: int = 0
    target: str = ""
    source: str = ""
    namespace: str = ""
    object: t.Optional[ObjectRef] = None  # noqa: UP045 - evaluated, and controllers may have Python 3.9

    @property
    def known(self) -> ErrorClass | None:
        """The row of its class."""
        return ERROR_CLASSES.get(self.kind)

    @property
    def asks_path(self) -> bool:
        """Whether a connection can be probed because of it."""
        return self.known is not None and self.known.asks != OBJECTS

    @property
    def means(self) -> str:
        """What it says, as a sentence without its full stop."""
        if not self.known:
            return ""
        of_status = f" ({self.status})" if self.status else ""
        quoted = ERROR_CLASSES[self.inner].means if self.inner else ""
        return self.known.means + of_status + (f": {quoted[:1].lower()}{quoted[1:]}" if quoted else "")


def parse(text: str) -> ErrorText:
    """Read an error.

    Args:
        text: as the user has it, of any length.
    """
    plain = cut.plain(text)
    kind, status = _kind(plain)
    tool = _first(TOOLS, plain)
    if not kind:
        return ErrorText(tool=tool)
    about = _object(plain)
    namespace = about.namespace if about and about.namespace else _captured(error_ends.NAMESPACES, plain, "namespace")
    asked = cut.asked(plain)
    target = _target(asked, kind)
    inner = ""
    if ERROR_CLASSES[kind].asks == OBJECTS:
        inner = "" if kind in _OF_ITSELF else _first(error_patterns.OF_NETWORK, _UNSAID.sub("", plain))
        namespaces = (_namespace_of(each) for each in (target, *_matched(error_ends.TARGETS, asked)))
        namespace = namespace or next(filter(None, namespaces), "")
        node = _captured(error_ends.NODES, plain, "node")
        about = about or (ObjectRef("Node", node) if node and kind == "node" else None)
        target = ""
    elif _is_loopback(target) or (not target and _NO_HOST.search(plain)):
        kind, target = "loopback", ""
    if about and about.namespace != namespace and about.kind != "Node":
        about = dataclasses.replace(about, namespace=namespace)
    return ErrorText(kind, tool, inner, status, target, _source(plain, target), namespace, about)


def _source(text: str, target: str) -> str:
    """Who asked, as C(diagnose_from) takes it; empty where the text does not name a Pod, and kubectl did not ask."""
    if target and _BY_KUBECTL.search(text):
        return "outside"
    for pattern in error_ends.SOURCES if target else ():
        found = pattern.search(text)
        if found:
            groups = found.groupdict()
            return f"{groups['namespace']}/{groups['name']}" if groups.get("namespace") else f"pod/{groups['name']}"
    return ""


def _kind(text: str) -> tuple[str, int]:
    """The class of a text, and its status code of HTTP."""
    if _NO_KUBECONFIG.search(text):
        return "no_kubeconfig", 0
    kind = _first(error_patterns.BEFORE_STATUS, text)
    if kind:
        return kind, 0
    for pattern in STATUSES:
        found = pattern.search(text)
        if found:
            return f"http_{found['status'][0]}xx", int(found["status"])
    kind = _first(error_patterns.AFTER_STATUS, text)
    return kind or _first(error_patterns.LAST, _NAME_OF_CLASS.sub(" ", _SUPPOSED.sub(" ", text))), 0


def _first(rows: Rows, text: str) -> str:
    return next((name for name, pattern in rows if pattern.search(text)), "")


def _captured(patterns: t.Iterable[re.Pattern[str]], text: str, group: str) -> str:
    found = (pattern.search(text) for pattern in patterns)
    return next((match[group] for match in found if match), "")


def _object(text: str) -> ObjectRef | None:
    for pattern in error_ends.OBJECTS:
        found = pattern.search(text)
        if found:
            groups = found.groupdict()
            kind = (groups.get("kind") or "pod").lower()
            name = groups["name"].rstrip(".-")
            namespace = "" if kind == "node" else groups.get("namespace") or _elsewhere(text, name)
            return ObjectRef(_KINDS.get(kind, kind.capitalize()), name, namespace)
    return None


def _elsewhere(text: str, name: str) -> str:
    """The namespace of an object, where the text names it once more and with it."""
    both = rf"(?<![\w./-])([a-z0-9][a-z0-9-]{{0,62}})/{re.escape(name)}(?![\w/-])"
    joined = rf"(?<![\w./-]){re.escape(name)}_([a-z0-9][a-z0-9-]{{0,62}})(?=[_(\"'])"
    found = (match[1] for form in (both, joined) for match in re.finditer(form, text))
    return next((each for each in found if not _KIND.fullmatch(each)), "")


def _target(text: str, kind: str) -> str:
    """Whom an error asked, by the first wording that names somebody.

    Args:
        text: without what names a host that nobody asked.
        kind: the class; what cannot be resolved is a name.
    """
    found = [*_matched(error_ends.TARGETS, text), *_guessed(text)]
    if kind not in _OF_NAMES:
        return next(filter(None, found), "")
    names = (name for name in _matched(error_ends.LOOKED_UP, text) if name and not is_address(_host(name)))
    looked_up = next(names, "")
    if looked_up:
        same = (target for target in found if _host(target) == _host(looked_up))
        return next((target for target in same if target != _host(looked_up)), looked_up)
    return next((target for target in found if target and _is_of_name(target)), "")


def _matched(patterns: t.Iterable[re.Pattern[str]], text: str) -> t.Iterator[str]:
    return (_to(match.groupdict()) for pattern in patterns for match in pattern.finditer(text))


def _guessed(text: str) -> t.Iterator[str]:
    groups = (match.groupdict() for pattern in error_ends.GUESSED for match in pattern.finditer(text))
    return (_to(each) for each in groups if int(each.get("port") or 0) < error_ends.OF_CLIENTS)


def _is_of_name(target: str) -> bool:
    """Whether it can be what was not resolved, or the name server that did not do it."""
    return not is_address(_host(target)) or bool(re.search(r":53(?:/udp)?$", target))


def _to(groups: t.Mapping[str, str | None]) -> str:
    """What was captured, as C(diagnose_to) takes it; empty where it cannot be a target."""
    name = groups.get("name")
    if name:
        namespace = groups.get("namespace")
        if groups.get("port"):
            return f"{namespace}/{name}:{groups['port']}"
        return f"{name}.{namespace}" if namespace else name
    host = (groups.get("host") or "").rstrip(".-_").lower().strip("[]")
    scheme, path = (groups.get("scheme") or "").lower(), (groups.get("path") or "").rstrip(":;.,)")
    port = groups.get("port") or error_ends.PORTS.get(scheme, "")
    if not host or _WORDS.fullmatch(host) or (port and not 0 < int(port) < 65536) or re.fullmatch(r"[0-9]+", host):
        return ""
    if not is_address(host) and _NO_NAME.search(host):
        return ""
    place = f"[{host}]" if ":" in host else host
    if scheme in ("http", "https"):
        return f"{scheme}://{place}{f':{port}' if port else ''}{path or '/'}"
    transport = "/udp" if port and (groups.get("transport") or "").lower() == "udp" else ""
    return (f"{place}:{port}" if port else host) + transport


_HOST_OF = re.compile(
    r"(?:https?://)?(?P<host>\[[^\]]{1,64}\]|[^:/]{1,253}|[0-9a-f:]{2,45})(?::\d{1,5})?(?:/.{0,512})?"
)


def _host(target: str) -> str:
    if is_address(target):
        return target
    found = _HOST_OF.fullmatch(target)
    return found["host"].strip("[]") if found else ""


def _is_loopback(target: str) -> bool:
    """Whether who asks it asks itself."""
    host = _host(target)
    if host in ("localhost", "localhost.localdomain") or host.endswith(".localhost"):
        return True
    return is_address(host) and _is_own(ipaddress.ip_address(host))


def _is_own(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return ip.is_loopback or ip.is_unspecified  # Linux connects from 0.0.0.0 to itself


def _namespace_of(target: str) -> str:
    """The namespace of a name such as C(web.shop.svc); empty where it is none."""
    labels = _host(target).split(".")
    return labels[1] if len(labels) >= 3 and labels[2] == "svc" else ""
