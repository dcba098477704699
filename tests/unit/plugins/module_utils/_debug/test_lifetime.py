# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import lifetime


def test_the_owner_runs_nothing_and_is_removed_at_its_deadline():
    job = lifetime.owner("r1", "shop", 60, "toolbox")
    assert job["spec"]["parallelism"] == 0
    assert job["spec"]["activeDeadlineSeconds"] == 60
    assert job["spec"]["ttlSecondsAfterFinished"] == 0
    assert "completions" not in job["spec"]  # with it, a Job that runs nothing is complete at once
    assert job["metadata"]["labels"] == lifetime.labels("r1", "toolbox")
    end = lifetime.read(job["metadata"]["annotations"]["kubewire.io/end"])
    assert datetime.timedelta(seconds=58) <= end - lifetime.now() <= datetime.timedelta(seconds=60)


def test_it_belongs_to_the_job_which_does_not_control_it():
    (reference,) = lifetime.owned({"metadata": {"name": "j", "uid": "u"}})
    assert reference == {"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "u"}


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-11-21T12:00:00+01:00", "2026-13-01T00:00:00Z"])
def test_an_annotation_that_is_no_time_is_none(text):
    assert lifetime.read(text) is None


def test_a_time_is_read_as_it_was_written():
    moment = datetime.datetime(2026, 11, 21, 12, 0, 1, tzinfo=datetime.timezone.utc)
    assert lifetime.read(lifetime.stamp(moment)) == moment


@pytest.mark.parametrize("seconds", [0, 9, 86401, -1])
def test_a_lifetime_out_of_bounds_is_named(seconds):
    with pytest.raises(ValueError, match=f"lifetime: {seconds} is not allowed; it must be from 10 to 86400"):
        lifetime.check(seconds)
