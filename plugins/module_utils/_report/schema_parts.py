# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The parts that the schemas of our documents are made of."""

from __future__ import annotations

import typing as t

Schema = dict[str, t.Any]


def closed(properties: Schema, required: str = "", **more: t.Any) -> Schema:
    """An object of these properties and no others; those that are required are named with spaces between them."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
        **more,
    }


def map_of(values: Schema, **more: t.Any) -> Schema:
    """An object whose values are all alike."""
    return {"type": "object", "additionalProperties": values, **more}


def list_of(items: Schema, **more: t.Any) -> Schema:
    """A list of items that are all alike."""
    return {"type": "array", "items": items, **more}


TEXT: Schema = {"type": "string"}
TEXTS = list_of(TEXT)
NAME: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
