# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Options held to what they can be: an argument spec lets C(nan), C(inf), NUL and any size and depth pass."""

from __future__ import annotations

import math
import typing as t

from .. import _json
from .._bad_input import BadInput

#: Seconds that one request may take, or a container to start: longer than a day is a mistake.
SECONDS = (0.01, 86400.0)
_BYTES = ("stdin",)  #: options that hold what no name, path, header or argument could


def check(params: t.Mapping[str, t.Any], *bounds: tuple[str, float, float]) -> None:
    """Check options by name, least and most; C(nan) is never between them, and what is unset is right.

    Raises:
        BadInput: one is out of bounds; the message names it and what is allowed.
    """
    for name, least, most in bounds:
        value = params.get(name)
        if value is not None and not least <= value <= most:
            raise BadInput(f"{name}: {_shown(value)} is not allowed; it must be from {least:g} to {most:g}")


def _shown(value: float) -> str:
    try:
        return f"{value:g}"
    except OverflowError:
        return "a number of hundreds of digits"


def seconds(params: t.Mapping[str, t.Any], *names: str) -> None:
    """Check options that are a time; raises as C(check) does."""
    check(params, *((name, *SECONDS) for name in names))


def plain(params: t.Mapping[str, t.Any]) -> None:
    """Check what no option may hold, however deep in it; their values are not told, for some are secret.

    Raises:
        BadInput: one holds a NUL character, no valid Unicode or no number, or is nested too deeply.
    """
    for name, value in params.items():
        if _json.is_too_deep(value):
            raise BadInput(f"{name}: it is nested too deeply; {_json.DEEPEST} levels are the most")
        if name not in _BYTES:
            for part in _parts(value):
                if isinstance(part, str) and "\0" in part:
                    raise BadInput(f"{name}: a NUL character is not allowed")
                if isinstance(part, str) and not _json.is_text(part):
                    raise BadInput(f"{name}: it holds what is no valid Unicode text")
                if part is not value and isinstance(part, float) and not math.isfinite(part):
                    raise BadInput(f"{name}: {part:g} is not allowed; it must be a number")


def _parts(value: t.Any) -> t.Iterator[t.Any]:
    """A value that has no parts, or all of those that it has, keys included."""
    if isinstance(value, (dict, list)):
        for inner in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _parts(inner)
    else:
        yield value
