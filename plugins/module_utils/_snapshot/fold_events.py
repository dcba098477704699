# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Events folded while they are read: those of one object that say the same are one, however often it happened."""

from __future__ import annotations

import dataclasses
import re
import threading

from .clean_text import LIMIT, clean
from .fields import Json, integer, mapping, string
from .model_workloads import FoldedEvent

MAX_EVENTS = 5000  #: folded; beyond it those that are normal go first, then the oldest
#: Messages of one object with one reason that are kept: the kubelet gives the cause of a failed pull and the bare
#: C(Error: ErrImagePull) the same reason, and so the failures of all three probes.
MAX_MESSAGES = 4
_MAX_MESSAGE = 4 * LIMIT
#: What differs from one time to the next: numbers, addresses, the ids of sandboxes and of requests, and the ends of
#: generated names (C(metadata.generateName); C(rand.String) of apimachinery has these letters alone).
_VARIES = re.compile(r"(?:[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|-[bcdfghjklmnpqrstvwxz2456789]{5}\b|\d+)+", re.IGNORECASE)
#: What client-go's EventAggregator writes before the message of events that differ in their text alone.
_COMBINED = "(combined from similar events): "

_About = tuple[str, str, str, str, str]
_Key = tuple[_About, str]


class Events:
    """Takes events of C(v1) and of C(events.k8s.io), and folds them. Several lists may be read at once."""

    def __init__(self) -> None:
        self._found: dict[_Key, FoldedEvent] = {}
        self._messages: dict[_About, list[_Key]] = {}
        self._lock = threading.Lock()
        self.dropped = 0

    def take(self, item: Json) -> None:
        """Add an event to those of its object and reason that say the same; the last message stands for them."""
        event = _event(item)
        key = _key(event)
        with self._lock:
            known = self._found.get(key)
            self._found[key] = _joined(known, event) if known else event
            if not known:
                self._bound(key)
            if len(self._found) > 2 * MAX_EVENTS:
                self._found = {_key(each): each for each in self._kept()}
                self._messages = {}
                for each in self._found:
                    self._messages.setdefault(each[0], []).append(each)

    def _bound(self, key: _Key) -> None:
        """Of an object that has something new to say again and again, keep the latest."""
        same = self._messages.setdefault(key[0], [])
        same.append(key)
        if len(same) > MAX_MESSAGES:
            oldest = min(same, key=lambda each: (self._found[each].last, each[1]))
            same.remove(oldest)
            del self._found[oldest]

    def folded(self) -> tuple[FoldedEvent, ...]:
        """All of them, by object and time."""
        with self._lock:
            kept = [dataclasses.replace(each, message=clean(each.message)) for each in self._kept()]
        return tuple(sorted(kept, key=_order))

    def _kept(self) -> list[FoldedEvent]:
        every = list(self._found.values())
        if len(every) <= MAX_EVENTS:
            return every
        self.dropped += len(every) - MAX_EVENTS
        every.sort(key=lambda each: (each.type == "Warning", each.last), reverse=True)
        return every[:MAX_EVENTS]


def _order(event: FoldedEvent) -> tuple[str, ...]:
    return event.namespace, event.kind, event.name, event.last, event.reason, event.field, event.message


def _key(event: FoldedEvent) -> _Key:
    about = event.kind, event.namespace, event.name, event.reason, event.field
    return about, _VARIES.sub("#", event.message[:LIMIT])


def _joined(known: FoldedEvent, event: FoldedEvent) -> FoldedEvent:
    newest = event if event.last >= known.last else known
    return dataclasses.replace(
        newest,
        count=known.count + event.count,
        first=min(filter(None, (known.first, event.first)), default=""),
    )


def _message(item: Json) -> str:
    """What an event says; it is cleaned where it is kept."""
    said = string(item, "message") or string(item, "note")
    return said[len(_COMBINED) :][:_MAX_MESSAGE] if said.startswith(_COMBINED) else said[:_MAX_MESSAGE]


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
        message=_message(item),
        type=string(item, "type"),
        count=max(1, integer(series, "count"), integer(item, "count"), integer(item, "deprecatedCount")),
        first=first or created,
        last=string(series, "lastObservedTime") or last or created,
        source=string(source, "component") or string(item, "reportingComponent") or string(item, "reportingController"),
        field=string(about, "fieldPath"),
    )
