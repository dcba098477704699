# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

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
