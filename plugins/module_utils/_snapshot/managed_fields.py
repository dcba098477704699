# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who wrote the fields of an object last, of C(metadata.managedFields): paths, never what is written there."""

from __future__ import annotations

import typing as t

from .fields import Json, mapping, mappings, string
from .model_workloads import History, Writer
from .parse import identity_of, meta_of

MAX_FIELDS = 60  #: of one writer
_MAX_WRITERS = 12  #: of one object
_DEEPEST = 8  #: levels of a path; deeper ones are cut


def history(kind: str, item: Json) -> History:
    """Read the writers of an object; those that wrote its status are left out."""
    writers = (_writer(entry) for entry in mappings(meta_of(item), "managedFields") if not entry.get("subresource"))
    return History(kind, **identity_of(item), writers=tuple(each for each in writers if each.fields)[:_MAX_WRITERS])


def _writer(entry: Json) -> Writer:
    fields = dict.fromkeys(paths(mapping(entry, "fieldsV1")))
    return Writer(
        string(entry, "manager"),
        string(entry, "time"),
        string(entry, "operation"),
        tuple(fields)[:MAX_FIELDS],
    )


def paths(fields: Json) -> t.Iterator[str]:
    """The paths of the fields in a C(fieldsV1), but for the status.

    Its keys are C(f:NAME), C(k:{...}) and C(v:...) for items of a list, and C(.) for the object itself (KEP-555). Items
    of a list have the path of the list: their keys hold values.
    """
    yield from _paths(fields, ())


def _paths(fields: Json, above: tuple[str, ...]) -> t.Iterator[str]:
    is_leaf = True
    for key, below in fields.items():
        if not key.startswith(("f:", "k:", "v:", "i:")):
            continue
        own = (*above, key[2:]) if key.startswith("f:") else above
        if own == ("status",):
            continue
        is_leaf = False
        if isinstance(below, dict) and len(own) < _DEEPEST:
            yield from _paths(below, own)
        else:
            yield ".".join(own)
    if is_leaf and above:
        yield ".".join(above)
