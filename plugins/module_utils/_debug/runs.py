# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What marks everything of a run, in a cluster and on a host: whose it is, which run's, and when it ends."""

from __future__ import annotations

import datetime
import secrets

from .._bad_input import BadInput
from .types import MANAGED_BY, RUN_ID

NAME = "kubewire.io/name"  #: label: which objects belong to one C(name) of the user
LEAST, MOST = 10, 86400  #: seconds that a lifetime may have


def check(lifetime: int) -> None:
    """Check what a user asked for.

    Raises:
        BadInput: it is out of bounds.
    """
    if not LEAST <= lifetime <= MOST:
        raise BadInput(f"lifetime: {lifetime} is not allowed; it must be from {LEAST} to {MOST} seconds")


def run_id() -> str:
    """A new run's identity, good for a label and as a part of names."""
    return f"{now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def now() -> datetime.datetime:
    """The time, UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


def stamp(moment: datetime.datetime) -> str:
    """RFC 3339, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def read(text: str) -> datetime.datetime | None:
    """The moment that C(stamp) wrote, or None for anything else: annotations can be edited by anybody."""
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return None


def labels(run: str, name: str = "") -> dict[str, str]:
    """What everything of a run carries."""
    own = {MANAGED_BY[0]: MANAGED_BY[1], RUN_ID: run}
    return {**own, NAME: name} if name else own
