# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many cells there would be, counted before they are planned."""

from __future__ import annotations

import collections

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import Sample

from .sampled import big, deployed, everything


def test_how_many_cells_there_are_is_counted_as_they_would_be_planned():
    """With a low bound, so that everything can be planned as well."""
    for snapshot in (big(6, 4, 8, 2), big(3, 8, 20, 0)):
        asked, there = everything(snapshot, Sample(max_cells=600)).coverage.cells
        assert asked <= 600
        assert there == pytest.approx(everything(snapshot, Sample("all")).cells, rel=0.02)


def test_what_is_counted_and_planned_grows_with_the_cluster_and_not_with_its_square(monkeypatch):
    made = collections.Counter()
    offered = plan._offered
    size = 0

    def counted(*args):
        for question in offered(*args):
            made[size] += 1
            yield question

    monkeypatch.setattr(plan, "_offered", counted)
    wanted = Sample(max_cells=2000)
    for size in (50, 200, 800):
        everything(deployed(size, 3, size, services=size), wanted)
    assert made[200] < 4.5 * made[50]
    assert made[800] < 4.5 * made[200]
