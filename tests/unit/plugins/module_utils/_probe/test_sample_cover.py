# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What covers a cluster that is too large to ask everything: each object once, then pairs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import MAX_CELLS, Sample

from .sampled import OUTSIDE, deployed, everything


@pytest.mark.parametrize(
    ("cells", "whole"),
    [
        (110, ["nodes_out", "nodes_in"]),
        (640, ["nodes_out", "nodes_in", "services"]),
        (700, ["nodes_out", "nodes_in", "services", "hosts"]),
        (3000, ["nodes_out", "nodes_in", "services", "hosts", "workloads_out", "workloads_in"]),
    ],
)
def test_what_is_covered_first_is_whole_where_the_budget_is_small(cells, whole):
    """A node costs a cell, or three where it asks the API server and DNS as well, a Service and a host one or two."""
    layout = everything(deployed(100, 4, 150, services=120, ingresses=60), Sample(max_cells=cells))
    told = layout.coverage.to_dict()
    parts = ["nodes_out", "nodes_in", "services", "hosts", "workloads_out", "workloads_in"]
    assert [part for part in parts if told[part][0] == told[part][1]] == whole
    assert layout.cells <= cells


def test_a_run_has_no_more_sources_than_execs():
    seen = deployed(30, 20, 300)
    for most, nodes in ((50, 30), (10, 10)):
        layout = everything(seen, Sample(max_execs=most))
        assert len(set(layout.questions) - {OUTSIDE.id}) == most
        assert layout.coverage.nodes_out == (nodes, 30)
        assert layout.coverage.nodes_in == (30, 30)
    assert len(set(everything(seen).questions) - {OUTSIDE.id}) == 500


@pytest.mark.parametrize("nodes", [1, 2, 9])
def test_a_namespace_of_ninety_pods_stays_within_the_budget(nodes):
    layout = everything(deployed(nodes, 90 // nodes, 12, services=12, ingresses=3))
    assert 10_000 < layout.cells <= MAX_CELLS
    told = layout.coverage
    assert told.nodes_out == told.nodes_in == (nodes, nodes)
    assert (told.services, told.hosts) == ((12, 12), (3, 3))
    assert told.workloads_in == told.workloads_out == (12, 12)


def test_the_same_snapshot_has_the_same_plan_in_every_process():
    """Whatever the hashes of its strings are, which differ from one process to the next."""
    code = (
        f"from {__package__}.sampled import Sample, deployed, everything\n"
        "print(everything(deployed(12, 6, 9), Sample(max_cells=900)).probes)"
    )
    asked = set()
    for seed in "12":
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        asked.add(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout)
    assert len(asked) == 1
    assert b"pod_to_service" in asked.pop()
