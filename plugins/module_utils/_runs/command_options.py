# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The commands of a debugging task, read from its options."""

from __future__ import annotations

import typing as t

from .._bad_input import BadInput
from .._debug.types import Command
from . import bounds

_BOUNDS = (("deadline", 0.1, 86400), ("limit", 0, 1 << 40), ("concurrency", 1, 32))
_HIDDEN = ("env", "custom")  #: what the module shows of them is not what they hold
_LONGEST_PATH = 4095  #: bytes of a program's path (PATH_MAX); runtimes hang on a longer one


def read_commands(params: t.Mapping[str, t.Any]) -> list[Command]:
    """Return what O(argv) or O(commands) ask for; nothing where neither is given.

    Raises:
        BadInput: an option is out of bounds; the message names it and what is allowed.
    """
    bounds.check(params, *_BOUNDS)
    bounds.plain({name: params.get(name) for name in _HIDDEN})
    asked = params["commands"] or []
    if params["argv"] is not None:
        asked = [{"name": "", "argv": params["argv"]}]
    option = "" if params["argv"] is not None else "commands: "
    for number, entry in enumerate(asked, 1):
        if not entry["argv"] or not entry["argv"][0]:
            raise BadInput(f"{option}argv of command {number} is empty; it must begin with a program")
        for word in entry["argv"]:
            _check_text(f"{option}argv of command {number}", word)
            if "\0" in word:
                raise BadInput(f"{option}argv of command {number} holds a NUL character; no program can be given one")
        if len(entry["argv"][0].encode()) > _LONGEST_PATH:
            raise BadInput(f"{option}argv of command {number} begins with a name of more than {_LONGEST_PATH} bytes")
    _check_text("stdin", params["stdin"] or "")
    return [Command(tuple(entry["argv"]), entry["name"]) for entry in asked]


def _check_text(what: str, text: str) -> None:
    """Refuse what has no UTF-8: half of a surrogate pair, as bytes of another encoding become in Ansible."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput(f"{what} holds {text[:80]!a}, which is no valid Unicode text") from None
