# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that are unwell, together by workload."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules.unwell import (
    cause_of,
    containers,
    crashes,
    exit_code,
    is_recent,
    pods,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail

from .. import scenes
from ..scenes import WEB

WAITING = ContainerDetail("web", state="waiting", reason="CrashLoopBackOff", last_exit_code=1, restarts=2)


def test_the_pods_of_a_workload_are_told_together():
    case = scenes.case(scenes.snapshot(workloads=scenes.workloads(*(scenes.detail(one, WAITING) for one in WEB))))
    (one,) = containers(case, lambda _pod, _detail, each: each.state == "waiting")
    assert (str(one.owner), one.field) == ("Deployment shop/web", "spec.template.spec.containers[0]")
    assert (one.scope.affected, one.scope.of, one.scope.nodes) == (2, 2, ("w1", "w2"))
    assert one.said().says == "waiting, CrashLoopBackOff, ended before with exit code 1 (), 2 restarts"
    (whole,) = pods(case, lambda pod, _detail: pod == WEB[1])
    assert (whole.pods, whole.field) == ((WEB[1],), "spec.template.")


def test_a_pod_that_is_being_deleted_is_not_unwell():
    leaving = dataclasses.replace(WEB[0], deleting=True)
    case = scenes.case(scenes.snapshot(pods=(leaving,), workloads=scenes.workloads(scenes.detail(leaving, WAITING))))
    assert not list(containers(case, lambda *_all: True))
    assert not list(pods(case, lambda *_all: True))


def test_the_containers_of_a_pod_that_was_evicted_did_not_end_by_themselves():
    gone = dataclasses.replace(WEB[0], phase="Failed", ready=False)
    for reason in ("Evicted", ""):
        workloads = scenes.workloads(scenes.detail(gone, WAITING, reason=reason))
        case = scenes.case(scenes.snapshot(pods=(gone,), workloads=workloads))
        assert bool(list(containers(case, lambda *_all: True))) is not bool(reason)
        assert list(pods(case, lambda *_all: True))


@pytest.mark.parametrize(
    ("container", "is_crash"),
    [
        (WAITING, True),
        (dataclasses.replace(WAITING, kind="init"), False),
        (dataclasses.replace(WAITING, state="terminated", reason="Error"), True),
        (dataclasses.replace(WAITING, state="running", reason="", last_finished="2026-12-01T03:55:00.5Z"), True),
        (dataclasses.replace(WAITING, state="running", reason="", last_finished="2026-12-01T03:45:00Z"), False),
        (ContainerDetail("web", state="terminated", reason="Completed"), False),
    ],
)
def test_a_crash_loop_is_one_between_two_crashes_too(container: ContainerDetail, is_crash: bool):
    assert crashes(scenes.case(), container) is is_crash


def test_the_last_exit_code_is_that_of_what_ended():
    assert exit_code(WAITING) == 1
    assert exit_code(dataclasses.replace(WAITING, state="terminated", exit_code=7)) == 7


def test_a_time_that_is_none_is_not_recent():
    assert not is_recent(scenes.case(), "")


def test_a_placeholder_may_wait_as_long_as_nothing_fails_for_want_of_it():
    for priority in (-1, 0, 1000):
        workloads = scenes.workloads(scenes.detail(WEB[0], WAITING, priority=priority))
        (one,) = pods(scenes.case(scenes.snapshot(workloads=workloads)), lambda *_all: True)
        assert cause_of(one, "waits").stands_alone is (priority >= 0)
