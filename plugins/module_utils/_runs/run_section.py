# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who ran: a run's identity, its times and the versions that took part."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import typing as t

from .._debug import runs

VERSION = "1.0.0"  #: of this collection; AnsiballZ does not ship galaxy.yml


def start(options: t.Mapping[str, t.Any], ansible_version: str) -> dict[str, t.Any]:
    """Open the C(run) section of a report."""
    now = _now()
    try:
        client = importlib.metadata.version("kubernetes")
    except importlib.metadata.PackageNotFoundError:
        client = "none"
    return {
        "id": runs.run_id(),
        "start": _stamp(now),
        "end": _stamp(now),
        "versions": {
            "kubewire.netdebug": VERSION,
            "ansible-core": ansible_version,
            "kubernetes-client": client,
            "python": platform.python_version(),
        },
        "cluster": {},
        "options": dict(options),
        "replayed": False,
    }


def end(run: dict[str, t.Any]) -> None:
    """Close it."""
    run["end"] = _stamp(_now())


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _stamp(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
