# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Numbers among options, each held to its bounds: an argument spec lets C(nan), C(inf) and any size pass."""

from __future__ import annotations

import typing as t

#: Seconds that one request may take, or a container to start: longer than a day is a mistake.
SECONDS = (0.01, 86400.0)


def check(params: t.Mapping[str, t.Any], *bounds: tuple[str, float, float]) -> None:
    """Check options by name, least and most; C(nan) is never between them, and what is unset is right.

    Raises:
        ValueError: one is out of bounds; the message names it and what is allowed.
    """
    for name, least, most in bounds:
        value = params.get(name)
        if value is not None and not least <= value <= most:
            raise ValueError(f"{name}: {_shown(value)} is not allowed; it must be from {least:g} to {most:g}")


def _shown(value: float) -> str:
    try:
        return f"{value:g}"
    except OverflowError:
        return "a number of hundreds of digits"


def seconds(params: t.Mapping[str, t.Any], *names: str) -> None:
    """Check options that are a time; raises as C(check) does."""
    check(params, *((name, *SECONDS) for name in names))
