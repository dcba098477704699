# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus: counts and times, in as many series for every cluster, with no text of a cluster beyond a label."""

from __future__ import annotations

import copy
import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    prometheus,
)
from ansible_collections.kubewire.netdebug.tests.hostile import STRINGS
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes

_LABEL = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'


SERIES = re.compile(rf"(kubewire_[a-z_]+)\{{({_LABEL}(?:,{_LABEL})*)\}} (-?[0-9.]+(?:e-?[0-9]+)?)")


def series(document: scenes.Data) -> dict[tuple[str, str], float]:
    """Read the text format as strictly as it is written."""
    found: dict[tuple[str, str], float] = {}
    typed: dict[str, str] = {}
    for line in prometheus.render(document).splitlines():
        if line.startswith("# TYPE "):
            _hash, _type, name, kind = line.split(" ")
            assert name not in typed
            typed[name] = kind
        elif not line.startswith("# HELP "):
            match = SERIES.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            assert re.sub("_(sum|count)$", "", name) in typed
            assert (name, labels) not in found
            found[name, labels.partition(",")[2]] = float(value)
    return found


def test_prometheus_counts_cells_and_times():
    found = series(scenes.broken_node())
    assert found["kubewire_cells", 'model="pod_to_pod_cross_node",verdict="fail"'] == 40
    assert found["kubewire_cells", 'model="pod_to_service",verdict="unexpected_open"'] == 3
    assert found["kubewire_run_duration_seconds", ""] == 12.782
    assert found["kubewire_run_end_timestamp_seconds", ""] == 1795250474.9
    assert found["kubewire_application_errors", ""] == 5
    assert found["kubewire_failures", 'whose="network"'] == 0  # a report of an earlier version may not say whose
    assert found["kubewire_notes", ""] == 1
    assert found["kubewire_not_tested", ""] == 3
    assert found["kubewire_requests", 'kind="exec"'] == 6
    assert found["kubewire_sampled_ratio", ""] == 1
    assert found["kubewire_latency_seconds_count", 'model="pod_to_service"'] == 77
    assert found["kubewire_latency_seconds", 'model="pod_to_service",quantile="0.5"'] == 0.0017


def test_prometheus_series_do_not_grow_with_the_cluster():
    few, many = (series(scenes.mesh(number, number)) for number in (4, 40))
    assert set(few) == set(many)


def test_prometheus_leaves_out_what_is_not_known():
    document = copy.deepcopy(scenes.one())
    document["run"]["end"] = "2026-99-21T08:41:05Z"
    found = series(document)
    assert ("kubewire_run_end_timestamp_seconds", "") not in found
    assert ("kubewire_run_duration_seconds", "") not in found
    assert series({**scenes.one(), "coverage": scenes.COVERAGE})["kubewire_sampled_ratio", ""] == 0.000225


@pytest.mark.parametrize("word", STRINGS)
def test_hostile_words_are_labels_in_prometheus(word: str):
    found = series(scenes.poisoned(word))
    assert len(found) == len(series(scenes.poisoned("plain")))
    assert all(line.isprintable() for line in prometheus.render(scenes.poisoned(word)).split("\n"))
