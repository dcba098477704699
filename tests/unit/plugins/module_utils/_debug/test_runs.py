# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What marks everything of a run: its labels, its identity and when it ends."""

from __future__ import annotations

import datetime
import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import runs


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-11-21T12:00:00+01:00", "2026-13-01T00:00:00Z"])
def test_an_annotation_that_is_no_time_is_none(text):
    assert runs.read(text) is None


def test_a_time_is_read_as_it_was_written():
    moment = datetime.datetime(2026, 11, 21, 12, 0, 1, tzinfo=datetime.timezone.utc)
    assert runs.read(runs.stamp(moment)) == moment


@pytest.mark.parametrize("seconds", [0, 9, 86401, -1])
def test_a_lifetime_out_of_bounds_is_named(seconds):
    with pytest.raises(ValueError, match=f"lifetime: {seconds} is not allowed; it must be from 10 to 86400"):
        runs.check(seconds)


def test_everything_of_a_run_carries_its_identity_and_a_name_where_it_has_one():
    own = {"app.kubernetes.io/managed-by": "kubewire", "kubewire.io/run-id": "r1"}
    assert runs.labels("r1") == own
    assert runs.labels("r1", "toolbox") == {**own, "kubewire.io/name": "toolbox"}


def test_a_runs_identity_is_a_label_and_a_part_of_a_name():
    made = {runs.run_id() for _each in range(20)}
    assert len(made) == 20
    assert all(re.fullmatch(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}", run) for run in made)
