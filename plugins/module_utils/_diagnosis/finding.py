# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The records of a diagnosis: what is at fault, what shows it, what it explains, and what mends it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

SEVERITIES = ("critical", "error", "warning", "info")
CERTAINTIES = ("certain", "strong", "hint")  #: an object or an answer proves it; answers fit it; nothing speaks against
RISKS = ("low", "medium", "high")


@dataclasses.dataclass(frozen=True)
class ObjectRef(Record):
    """An object of the cluster."""

    kind: str
    name: str
    namespace: str = ""  #: empty for an object of the whole cluster

    def __str__(self) -> str:
        """C(Kind namespace/name)."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclasses.dataclass(frozen=True)
class Evidence(Record):
    """One thing that was seen."""

    kind: str  #: C(api), C(event), C(log), C(probe) or C(counter)
    about: str  #: the object, the container, or the question that it is of
    says: str
    key: bool = False  #: whether the finding rests on it


@dataclasses.dataclass(frozen=True)
class Fix(Record):
    """What mends it."""

    text: str  #: what to do, in one sentence
    command: str = ""  #: that does it, and runs as printed; empty where only its owner can know what to write
    risk: str = "low"
    undo: str = ""  #: the command that takes it back; empty only where the risk is low
    needs: str = ""  #: the right: C(patch services in namespace shop)


@dataclasses.dataclass(frozen=True)
class Change(Record):
    """Who wrote the field at fault last, and when (C(metadata.managedFields))."""

    manager: str
    time: str = ""


@dataclasses.dataclass(frozen=True)
class RuledOut(Record):
    """Another cause that would look alike, and what speaks against it."""

    code: str
    by: str
    object: t.Optional[ObjectRef] = None  # noqa: UP045 - evaluated, and controllers may have Python 3.9


@dataclasses.dataclass(frozen=True)
class Scope(Record):
    """How much of it is affected."""

    affected: int = 0
    of: int = 0
    what: str = ""  #: C(Pods), C(endpoints), C(nodes)
    nodes: tuple[str, ...] = ()
    state: str = "steady"  #: or C(intermittent)
    since: str = ""  #: RFC 3339, where it is known


@dataclasses.dataclass(frozen=True)
class Verify(Record):
    """The question to ask once it is mended: C(connectivity_from) and C(connectivity_to)."""

    source: str
    target: str


@dataclasses.dataclass(frozen=True)
class Finding(Record):
    """One cause."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"code", "layer", "severity", "certainty", "object", "sentence"})

    code: str
    layer: str
    severity: str
    certainty: str
    object: ObjectRef  #: of origin
    sentence: str  #: the object, the field, and the value
    field: str = ""  #: of origin: C(spec.ports[0].targetPort)
    value: str = ""  #: that it has
    wanted: str = ""  #: that it should have; empty where only its owner can know
    mechanism: str = ""  #: how the cause leads to what was seen
    victims: tuple[ObjectRef, ...] = ()  #: that suffer from it, and are well themselves
    explains: tuple[int, ...] = ()  #: the numbers of the cells
    scope: Scope = Scope()
    evidence: tuple[Evidence, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    fix: t.Optional[Fix] = None  # noqa: UP045 - evaluated, and controllers may have Python 3.9
    verify: t.Optional[Verify] = None  # noqa: UP045 - evaluated, and controllers may have Python 3.9
    changed: t.Optional[Change] = None  # noqa: UP045 - evaluated, and controllers may have Python 3.9
    children: tuple[Finding, ...] = ()  #: its symptoms, each a finding that would stand alone without it
