# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What earlier runs left on a host: found by label and age, never by name.

An engine removes our containers itself (C(--rm)). This is for where it could not: a host that lost its power, a monitor
that was killed.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from .._debug import runs
from .._debug.types import END, RUN_ID, Left
from .engine import Engine, EngineContainer


@dataclasses.dataclass
class SweptContainers:
    """What a sweep did, or would do.

    Attributes:
        removed: containers that are gone now.
        young: containers of runs that still go on; they were left alone.
        left: what could not be removed, and why.
    """

    removed: list[Left] = dataclasses.field(default_factory=list)
    young: list[Left] = dataclasses.field(default_factory=list)
    left: list[Left] = dataclasses.field(default_factory=list)


def sweep(engines: t.Sequence[Engine], older_than: int, run_ids: t.Sequence[str], dry: bool) -> SweptContainers:
    """Remove what earlier runs left.

    Args:
        engines: whose containers.
        older_than: seconds; what was made longer ago is a leftover, whatever its end. Past its end, everything is one.
        run_ids: only of these runs, and then whatever their age; empty means of every run.
        dry: only look.

    Raises:
        ClusterError: an engine does not say what there is.
    """
    swept = SweptContainers()
    for engine in engines:
        for container in engine.ours():
            if _is_leftover(container, older_than, run_ids):
                reason = "" if dry else engine.remove(container.id)
                (swept.left if reason else swept.removed).append(_told(engine, container, reason))
            elif not run_ids:
                swept.young.append(_told(engine, container, "its run has not ended"))
    return swept


def _is_leftover(container: EngineContainer, older_than: int, run_ids: t.Sequence[str]) -> bool:
    if run_ids:
        return container.labels[RUN_ID] in run_ids
    now, end, made = runs.now(), runs.read(container.labels.get(END, "")), _moment(container.created)
    past = end is not None and end < now
    return past or (made is not None and made < now - datetime.timedelta(seconds=older_than))


def _moment(text: str) -> datetime.datetime | None:
    """The moment of an engine's time stamp: RFC 3339 with a fraction of up to nine digits."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", text)
    return datetime.datetime.fromisoformat(found[1] + found[2].replace("Z", "+00:00")) if found else None


def _told(engine: Engine, container: EngineContainer, reason: str) -> Left:
    state = "running" if container.pid else "ended"
    return Left("Container", engine.host, container.name, state, container.labels.get(END, ""), reason)
