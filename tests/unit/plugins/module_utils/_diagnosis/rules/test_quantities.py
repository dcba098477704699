# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantities: their numbers, and sums that keep their suffix."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import quantities


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", 2), ("100m", 0.1), ("1.5", 1.5), ("1Ki", 1024), ("2Gi", 2 * 1024**3), ("1k", 1000), ("", 0), ("much", 0)],
)
def test_a_number(text: str, number: float):
    assert quantities.number(text) == number


@pytest.mark.parametrize(
    ("parts", "total"),
    [
        (("3", "1"), "4"),
        (("900m", "200m"), "1100m"),
        (("1", "200m"), "1200m"),
        (("0", "1Gi"), "1Gi"),
        (("512Mi", "1Gi"), "2Gi"),
        (("3", ""), ""),
    ],
)
def test_a_sum(parts: tuple[str, ...], total: str):
    assert quantities.total(*parts) == total
