# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Quantities of resources (C(100m), C(1536Mi), C(2)) as numbers, and back. Pure."""

from __future__ import annotations

import re

_SUFFIXES = {
    **{name: 1024**power for power, name in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), 1)},
    **{name: 1000**power for power, name in enumerate(("k", "M", "G", "T", "P"), 1)},
    "": 1,
    "m": 0.001,
}


def number(quantity: str) -> float:
    """The number of a quantity in its base unit: cores, bytes, pieces; 0 where it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(m|k|[MGTP]i?|Ki|)", quantity)
    return float(match[1]) * _SUFFIXES[match[2]] if match else 0.0


def total(*quantities: str) -> str:
    """The sum, with the suffix of the last; empty where one is no quantity."""
    numbers = [number(each) for each in quantities]
    if not all(each or text == "0" for each, text in zip(numbers, quantities)):  # noqa: B905 - not in Python 3.9
        return ""
    suffix = re.sub(r"[\d.]", "", quantities[-1])
    units = sum(numbers) / _SUFFIXES[suffix]
    return f"{-(-round(units * 1000) // 1000)}{suffix}"  # up to the next whole one
