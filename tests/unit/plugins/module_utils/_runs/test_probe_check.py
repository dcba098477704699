# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode of net_probe: its plan, its rights and what it would create; no exec is opened and nothing is written."""

from __future__ import annotations

import json
import pathlib
import types
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.net_probe import ProbeRun
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.probe_check import Check
from ansible_collections.kubewire.netdebug.plugins.modules.net_probe import argument_spec
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


class Api:
    """Answers reviews alone: every right is there but those of some resources."""

    def __init__(self, *denied: str) -> None:
        self.denied, self.requests = denied, 0
        self.connection = types.SimpleNamespace(namespace="default")

    def may(self, verb: str, resource: str, namespace: str = "", subresource: str = "", group: str = "") -> bool:
        return "/".join(filter(None, (resource, subresource))) not in self.denied

    def post(self, path: str, body: t.Any, *_more: t.Any, **_options: t.Any) -> t.Any:
        assert path.endswith("/selfsubjectreviews"), path
        return {**body, "status": {"userInfo": {"username": "jane"}}}


@pytest.fixture
def check(tmp_path: pathlib.Path) -> t.Callable[..., Check]:
    """Give a function that makes the check of a run on a snapshot."""
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(cluster.snapshot().to_dict()))

    def make(api: Api | None, **given: t.Any) -> Check:
        checked = ArgumentSpecValidator(argument_spec()).validate({"snapshot": str(path), **given})  # type: ignore[no-untyped-call]
        assert not checked.error_messages
        run = ProbeRun(checked.validated_parameters, "2.19.0")
        run.api = t.cast(t.Any, api)
        made = Check(run)
        made.make_plan()
        made.authorise()
        made.forecast()
        return made

    return make


def test_with_every_right_the_run_is_ready(check):
    made = check(Api(), models=["pod_to_service"])
    made.assert_asks()
    result = made.result()
    assert result["text"].startswith("READY  ")
    assert (result["changed"], result["creates"], result["role"]) == (False, [], "")
    assert result["plan"]["cells"] == made.run.plan.cells > 0
    assert {right["allowed"] for right in result["authorisation"]} == {True}
    assert "diff" not in result


def test_without_exec_no_probe_can_be_sent_and_the_role_grants_it(check):
    made = check(Api("pods/exec"), models=["pod_to_service"])
    with pytest.raises(ClusterError, match="exec is not allowed in namespace shop") as refused:
        made.assert_asks()
    assert (refused.value.reason, refused.value.remedy) == (
        "nothing_to_ask",
        "grant the rights of 'role' in the result",
    )
    result = made.result()
    assert "pods/exec" in result["role"]
    assert "jane" in result["role"]
    assert {right["resource"] for right in result["authorisation"] if not right["allowed"]} == {"pods/exec"}


def test_the_outside_alone_needs_no_right(check):
    outside = {"sources": [{"outside": True}], "targets": [{"host": "127.0.0.1", "port": 9, "protocol": "tcp"}]}
    made = check(None, **outside)
    made.assert_asks()
    result = made.result(diff=True)
    assert (result["authorisation"], result["creates"], result["diff"]) == ([], [], [])
    assert result["plan"] == {"sources": 1, "targets": 1, "cells": 1, "execs": 0, "seconds": 1}
