# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A follow-up question of a diagnosis, and its answer (C(follow_ups) of report.json)."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

from ..finding import Evidence, ObjectRef

#: What is asked further -> how evidence names it. In the order in which it is asked, the least level first.
KINDS = {
    "endpoint": "the endpoint alone",
    "backend": "the backend alone",
    "name_server": "one name server alone",
    "search_domain": "one domain of the search list",
    "repeated": "the same question again and again",
    "neighbour": "the same question of another Pod on the node",
    "listeners": "the sockets that listen in the Pod",
    "kubelet_probe": "the probe of the kubelet",
    "changed_probe": "the probe of the kubelet with one part changed",
    "controller": "the backend alone, from the Pod of the controller",
}


@dataclasses.dataclass(frozen=True)
class FollowUp(Record):
    """One question."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"kind", "object", "protocol", "host"})

    kind: str  #: a key of C(KINDS)
    object: ObjectRef  #: that the answer is about
    protocol: str
    host: str  #: the address that is asked; DNS: the name
    port: int = 0
    path: str = ""
    server_name: str = ""
    transport: str = ""
    dns_server: str = ""
    family: str = ""  #: of a name; an address has its own
    tries: int = 1
    timeout_ms: int = 1000  #: for each try
    field: str = ""  #: of the object's Pod, which the question is about: C(spec.containers[0].readinessProbe)
    value: str = ""  #: that the field would have, where that is not what it has
    codes: tuple[str, ...] = ()  #: of the candidates that the answer tells apart
    askers: tuple[str, ...] = ()  #: who may ask, the best first: the id of a source, or C(namespace/name) of a Pod

    @property
    def key(self) -> tuple[t.Any, ...]:
        """What makes it one question."""
        asked = (self.protocol, self.host, self.port, self.path, self.server_name, self.transport, self.dns_server)
        who = self.askers[:1] if self.kind in ("neighbour", "name_server", "search_domain", "controller") else ()
        return (self.kind, self.object, *asked, self.field, self.tries, *who)


@dataclasses.dataclass(frozen=True)
class FollowUpAnswer(Record):
    """What came back for one question."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"question", "source", "asked", "outcome"})

    question: FollowUp
    source: str  #: the id of the source that asked
    asked: str  #: as a person would type it
    outcome: str
    level: str = ""  #: that it was asked at
    author: str = ""
    reason: str = ""  #: what happened, where it was not answered
    latency_ms: t.Optional[float] = None  # noqa: UP045 - evaluated, and controllers may have Python 3.9
    sent: t.Optional[int] = None  # noqa: UP045 - as above
    received: t.Optional[int] = None  # noqa: UP045 - as above
    answers: tuple[str, ...] = ()  #: addresses that DNS gave
    listens: tuple[str, ...] = ()  #: of C(listeners): C(ADDRESS#PORT) of the TCP sockets that listen in the Pod
    listens_udp: tuple[str, ...] = ()  #: of C(listeners): the same of UDP

    @property
    def answered(self) -> bool:
        """Whether an answer came, be it one that says that something failed."""
        return _words.outcome(self.outcome).is_open

    @property
    def was_asked(self) -> bool:
        """Whether it could be asked at all."""
        return self.outcome not in ("probe_error", "not_applicable")

    @property
    def succeeds(self) -> bool:
        """Whether the kubelet takes it for a success: an HTTP status from 200 to 399, or else a connection.

        What answers HTTP with something else is open, too.
        """
        is_page = self.question.protocol in ("http", "https") and self.question.transport != "h2"
        return (self.outcome == "open" and not is_page) or self.outcome.startswith(("http_2", "http_3"))

    @property
    def says(self) -> str:
        """What happened, with the numbers."""
        if self.question.kind == "listeners" and self.was_asked:
            ports = [*self.listens, *(f"{each}/udp" for each in self.listens_udp)]
            return f"sockets that listen: {', '.join(ports) or 'none'}"
        heading = _words.outcome(self.outcome).reason or self.outcome
        if self.sent and self.sent > 1:
            heading = f"{self.received or 0} of {self.sent} tries are answered"
        return f"{self.asked}: {heading if self.answered or not self.reason else self.reason}"

    def evidence(self) -> Evidence:
        """As evidence of a finding."""
        return Evidence("probe", f"{KINDS[self.question.kind]}, from {self.source}", self.says)


class FollowUpAnswers:
    """All answers of a report."""

    def __init__(self, told: t.Iterable[t.Any]) -> None:
        """Read them.

        Raises:
            ValueError: one is no answer.
        """
        self._all = tuple(map(FollowUpAnswer.from_dict, told))
        self._of: dict[ObjectRef, list[FollowUpAnswer]] = {}
        for answer in self._all:
            self._of.setdefault(answer.question.object, []).append(answer)

    def __iter__(self) -> t.Iterator[FollowUpAnswer]:
        """All of them, in the order in which they were asked."""
        return iter(self._all)

    def about(self, ref: ObjectRef) -> t.Sequence[FollowUpAnswer]:
        """Those about an object."""
        return self._of.get(ref, ())

    def of(self, kind: str, ref: ObjectRef) -> list[FollowUpAnswer]:
        """Those of one kind (C(KINDS)) about an object."""
        return [answer for answer in self.about(ref) if answer.question.kind == kind]
