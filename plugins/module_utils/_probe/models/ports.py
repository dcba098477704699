# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a port speaks, and so how it is asked."""

from __future__ import annotations

import dataclasses
import typing as t
import urllib.parse

from ... import _words
from ..._snapshot.facts import family
from ..._snapshot.model import Container, ContainerPort, Pod, Service, ServicePort
from ..questions import Question
from .context import ProbeContext

#: What a DNS server of the cluster is asked for: this name is there on every cluster.
_KNOWN_NAME = "kubernetes.default.svc"


@dataclasses.dataclass(frozen=True)
class Port:
    """A port and the way to ask it."""

    number: int
    name: str
    transport: str  #: ``TCP``, ``UDP`` or ``SCTP``
    protocol: str
    path: str = ""
    declared: ServicePort | None = None  #: that of the Service, where it is one's

    @property
    def suffix(self) -> str:
        """What tells ports of one number apart in the id of a target."""
        return f":{self.number}" + ("" if self.transport == "TCP" else f"/{self.transport.lower()}")

    @property
    def by_name(self) -> bool:
        """Whether what it is asked for is a name to look up, so that its own host is the server."""
        return _words.PROTOCOLS[self.protocol].name_only

    def question(self, context: ProbeContext, host: str) -> dict[str, t.Any]:
        """What of a question depends on the port: host, port, path; for DNS the name and the server that is asked."""
        if not self.by_name:
            return {"host": host, "port": self.number, "path": self.path}
        known = set(map(family, context.facts.snapshot.api_addresses))
        has_answer = family(host) in known or not known
        return {
            "host": f"{_KNOWN_NAME}.{context.cluster_domain}.",
            "skip": "" if has_answer else f"{_KNOWN_NAME} has no {family(host)} address that it could be asked for",
            "dns_server": f"{host}#{self.number}",
            "transport": "tcp" if self.transport == "TCP" else "",
        }


def certificate(context: ProbeContext, question: Question) -> t.Iterator[Question]:
    """The certificate of a Pod, or of a Service by its name, that is asked by HTTPS: asking for a page accepts any."""
    probe, target = question.probe, question.target
    looks = _words.PROTOCOLS[probe.protocol].certificate_by
    if not looks or probe.skip or probe.endpoint or not context.wants(looks):
        return
    if target.kind == "pod":
        yield question.but(protocol=looks, path="", tries=1)
    elif target.kind == "service" and probe.via == "fqdn.":
        yield question.but(protocol=looks, path="", tries=1, server_name=f"{target.name}.{target.namespace}.svc")


def of_pod(context: ProbeContext, pod: Pod) -> t.Sequence[tuple[Container, Port]]:
    """The declared ports of a Pod that the user wants asked."""
    return context.once(("ports of Pod", pod.id), lambda: tuple(_of_pod(context, pod)))


def _of_pod(context: ProbeContext, pod: Pod) -> t.Iterator[tuple[Container, Port]]:
    for container in pod.containers:
        for declared in container.ports:
            port = _port(context, declared.port, declared.name, declared.protocol, (container, declared))
            if port:
                yield container, port


def of_service(context: ProbeContext, service: Service, node_ports: bool = False) -> t.Sequence[Port]:
    """The ports of a Service that the user wants asked, at its addresses or at the nodes'."""
    key = ("ports of Service", service.id, node_ports)
    return context.once(key, lambda: tuple(_of_service(context, service, node_ports)))


def _of_service(context: ProbeContext, service: Service, node_ports: bool) -> t.Iterator[Port]:
    for declared in service.ports:
        number = declared.node_port if node_ports else declared.port
        if number:
            behind = context.facts.backing_port(service, declared)
            port = _port(context, number, declared.name, declared.protocol, behind, declared.app_protocol)
            if port:
                yield dataclasses.replace(port, declared=declared)


def _port(
    context: ProbeContext,
    number: int,
    name: str,
    transport: str,
    behind: tuple[Container, ContainerPort] | None,
    app_protocol: str = "",
) -> Port | None:
    container, inner = behind or (None, None)
    detected, plain = detect(None, name, number, app_protocol, transport), _plain(transport)
    if detected == plain and container and inner:
        detected = detect(container, inner.name, inner.port, "", transport)
    if not context.wants(detected):
        detected = plain
    if not context.wants(detected):
        return None
    path = _path(container, inner.name, inner.port, detected) if container and inner else _path(None, "", 0, detected)
    return Port(number, name, transport, detected, path)


def detect(container: Container | None, name: str, number: int, app_protocol: str = "", transport: str = "TCP") -> str:
    """The protocol of a port, by what the rows of C(_words) look at; else what is asked at such a transport's ports."""
    rows = [row for row in _words.PROTOCOLS.values() if transport in row.port_transports]
    declared = app_protocol.lower()
    for shown in (_by_name, _by_app_protocol, _by_word, _by_probe):
        found = [row.name for row in rows if shown(row, name, number, declared, container)]
        if found:
            return found[-1]
    return _plain(transport)


def _plain(transport: str) -> str:
    """What asks a port of such a transport; empty for one that nothing speaks, which only a file can hold."""
    return next((row.name for row in _words.PROTOCOLS.values() if transport in row.port_transports), "")


def _by_name(row: _words.Protocol, name: str, number: int, declared: str, _container: Container | None) -> bool:
    return name in row.port_names or (not declared and number in row.port_numbers)


def _by_app_protocol(row: _words.Protocol, _name: str, _number: int, declared: str, _container: t.Any) -> bool:
    return declared in row.app_protocols


def _by_word(row: _words.Protocol, name: str, _number: int, declared: str, _container: t.Any) -> bool:
    word = row.port_word
    return bool(word) and not declared and (name == word or name.startswith(f"{word}-") or name.endswith(f"-{word}"))


def _by_probe(row: _words.Protocol, name: str, number: int, declared: str, container: Container | None) -> bool:
    own = {name, str(number)}
    if declared or container is None or own.isdisjoint(container.http_paths):
        return False
    return row.probe_scheme == ("HTTP" if own.isdisjoint(container.https_ports) else "HTTPS")


def _path(container: Container | None, name: str, number: int, protocol: str) -> str:
    if not _words.PROTOCOLS[protocol].page:
        return ""
    paths = container.http_paths if container else {}
    return quote(paths.get(name) or paths.get(str(number)) or "/")


def quote(path: str) -> str:
    """A path as it travels: the API takes any text there, and the kubelet and ingress controllers escape it, too."""
    return "/" + urllib.parse.quote(path.lstrip("/"), safe="/~!$&'()*+,;=:@%?")
