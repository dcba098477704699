# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Options in messages: who writes one marks the option, and the reader gets the name that they typed.

C(O(debug_image)) is the option's own name in a task, and the role's variable in a playbook. Only marks are replaced.
"""

from __future__ import annotations

import re
import typing as t

_MARK = re.compile(r"O\(([a-z][a-z_]*)\)")
#: Keys of results that hold sentences of ours; what came out of a cluster or a container is left alone.
_SENTENCES = frozenset(("msg", "message", "error", "reason", "remedy", "evidence", "warnings", "what"))
_OUTPUT = frozenset(("answers", "cells", "stdout", "stderr", "text"))


def named(text: str, names: t.Mapping[str, str]) -> str:
    """A message for a reader who knows the options by these names; an option without one goes by its own."""
    return _MARK.sub(lambda mark: names.get(mark[1], mark[1]), text)


def named_result(value: t.Any, names: t.Mapping[str, str], key: str = "") -> t.Any:
    """A result, or a part of a report, whose sentences are for such a reader."""
    if isinstance(value, str):
        return named(value, names) if key in _SENTENCES else value
    if isinstance(value, dict):
        return {name: part if name in _OUTPUT else named_result(part, names, name) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [named_result(part, names, key) for part in value]
    return value


def names_of(params: t.Mapping[str, t.Any], inner_names: t.Mapping[str, str]) -> dict[str, str]:
    """What the reader calls the options, those of what the module uses inside among them."""
    given = params.get("option_names")
    names = {str(option): str(name) for option, name in given.items()} if isinstance(given, dict) else {}
    return {**names, **{inner: names.get(option, option) for inner, option in inner_names.items()}}
