# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many cells there would be, counted before they are planned."""

from __future__ import annotations

import collections

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import duration, plan
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


def test_what_is_planned_by_default_fits_the_time_that_the_run_may_take():
    """A thousand nodes could be asked 25,000 questions, but not in 50 s."""
    nodes = deployed(1000, 1, 100, services=100)
    short, long = (everything(nodes, Sample(seconds=seconds)) for seconds in (50, 600))
    assert duration.estimate(short, 32) <= 50
    assert short.cells < long.cells <= 25_000
    assert short.coverage.nodes_in == short.coverage.nodes_out == (1000, 1000)


def test_the_time_bounds_sources_and_what_a_machine_outside_asks():
    assert Sample(seconds=120).execs(20_000) == 5400
    assert Sample(seconds=120).execs(100) == Sample().execs(100) == 500
    assert Sample(seconds=120, max_execs=9000).execs(100) == 9000
    assert Sample(seconds=120).outside_cells(10) == Sample().outside_cells(10) == 2500
    assert Sample(seconds=120).outside_cells(5000) == 253


def test_a_cluster_that_would_be_asked_whole_is_sampled_where_there_is_no_time_for_it():
    snapshot = big(6, 4, 8, 2)
    assert everything(snapshot, Sample(seconds=120)).coverage is None
    assert everything(snapshot, Sample(seconds=2)).coverage.mode == "auto"
