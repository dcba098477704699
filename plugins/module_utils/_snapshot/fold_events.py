# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Events folded while they are read: those of one object with one reason are one, however often it happened."""

from __future__ import annotations

import dataclasses
import threading

from .clean_text import LIMIT, clean
from .fields import Json, integer, mapping, string
from .model_workloads import FoldedEvent

MAX_EVENTS = 5000  #: folded; beyond it those that are normal go first, then the oldest
_MAX_MESSAGE = 4 * LIMIT

_Key = tuple[str, str, str, str, str]


class Events:
    """Takes events of C(v1) and of C(events.k8s.io), and folds them. Several lists may be read at once."""

    def __init__(self) -> None:
        self._found: dict[_Key, FoldedEvent] = {}
        self._lock = threading.Lock()
        self.dropped = 0

    def take(self, item: Json) -> None:
        """Add an event to those of its object and reason; the last message stands for all."""
        event = _event(item)
        key = (event.kind, event.namespace, event.name, event.reason, event.field)
        with self._lock:
            known = self._found.get(key)
            self._found[key] = _joined(known, event) if known else event
            if len(self._found) > 2 * MAX_EVENTS:
                self._found = {_key(each): each for each in self._kept()}

    def folded(self) -> tuple[FoldedEvent, ...]:
        """All of them, by object and time."""
        with self._lock:
            kept = [dataclasses.replace(each, message=clean(each.message)) for each in self._kept()]
        return tuple(sorted(kept, key=lambda each: (each.namespace, each.kind, each.name, each.last, each.reason)))

    def _kept(self) -> list[FoldedEvent]:
        every = list(self._found.values())
        if len(every) <= MAX_EVENTS:
            return every
        self.dropped += len(every) - MAX_EVENTS
        every.sort(key=lambda each: (each.type == "Warning", each.last), reverse=True)
        return every[:MAX_EVENTS]


def _key(event: FoldedEvent) -> _Key:
    return event.kind, event.namespace, event.name, event.reason, event.field


def _joined(known: FoldedEvent, event: FoldedEvent) -> FoldedEvent:
    newest = event if event.last >= known.last else known
    return dataclasses.replace(
        newest,
        count=known.count + event.count,
        first=min(filter(None, (known.first, event.first)), default=""),
    )


def _event(item: Json) -> FoldedEvent:
    """Read an event of either API group; C(v1) keeps the fields of the newer one that its writer set."""
    about = mapping(item, "involvedObject") or mapping(item, "regarding")
    series = mapping(item, "series")
    created = string(item, "metadata", "creationTimestamp")
    once = string(item, "eventTime")
    first = string(item, "firstTimestamp") or string(item, "deprecatedFirstTimestamp") or once
    last = string(item, "lastTimestamp") or string(item, "deprecatedLastTimestamp") or once
    source = mapping(item, "source") or mapping(item, "deprecatedSource")
    return FoldedEvent(
        kind=string(about, "kind"),
        namespace=string(about, "namespace"),
        name=string(about, "name"),
        reason=string(item, "reason"),
        message=(string(item, "message") or string(item, "note"))[:_MAX_MESSAGE],  # cleaned where it is kept
        type=string(item, "type"),
        count=max(1, integer(series, "count"), integer(item, "count"), integer(item, "deprecatedCount")),
        first=first or created,
        last=string(series, "lastObservedTime") or last or created,
        source=string(source, "component") or string(item, "reportingComponent") or string(item, "reportingController"),
        field=string(about, "fieldPath"),
    )
