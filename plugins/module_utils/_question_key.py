# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What makes a question the same one in another run: for replay, asking again, comparing reports and CI servers.

The number of a question says nothing outside its run, and addresses of Pods change with each rollout. So a question is
known by its ends, by how it is asked (C(model), C(protocol), C(family)) and by how its target was named (C(via)).
No two questions of a plan have one key: where C(via) would not tell them apart, it says the address as well.
"""

from __future__ import annotations

import operator
import typing as t

_ENDS = ("source", "target")
_FORM = ("model", "protocol", "family")
_fields: t.Callable[[t.Any], t.Tuple[str, ...]] = operator.attrgetter(*_ENDS, *_FORM, "via")  # noqa: UP006 - as below
Key = t.Tuple[str, ...]  # noqa: UP006 - evaluated, and hosts that probe may have Python 3.8


def key(asked: t.Any) -> Key:
    """Return the key of a question; a probe and a judged cell have its fields."""
    return _fields(asked)


def of(cell: t.Mapping[str, t.Any]) -> Key:
    """Return the key of a question from a cell of a report.

    Raises:
        KeyError: it is no cell.
    """
    return (*test_case(cell), str(cell.get("via") or ""))


def test_case(cell: t.Mapping[str, t.Any]) -> Key:
    """Return the key but for how the target was named: what a CI server counts as one test."""
    return tuple(str(cell[name]) for name in (*_ENDS, *_FORM))


def form(cell: t.Mapping[str, t.Any]) -> Key:
    """Return the key but for the ends: what a rollout does not change."""
    return of(cell)[len(_ENDS) :]
