# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module names options as the reader knows them, in its own messages and in those of ansible-core."""

from __future__ import annotations

import gc

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import module as module_
from ansible_collections.kubewire.netdebug.tests.fuzz import harness, inputs

API = {"host": "https://127.0.0.1:1", "api_key": "secret-token"}
POD = {**API, "namespace": "a", "argv": ["id"]}
CASES = [
    (
        "host_debug",
        {},
        "mode: 'on_os' needs an image: set image to one",
        "x_mode: 'on_os' needs an image: set x_image to",
    ),
    (
        "host_debug",
        {"mode": "namespace"},
        "mode: 'namespace' needs a target; set one of pid, process, container, path",
        "x_mode: 'namespace' needs a target; set one of x_pid, x_process, x_container, x_path",
    ),
    (
        "host_debug",
        {"image": "a", "pid": 1},
        "pid: is for mode namespace, and mode is on_os",
        "x_pid: is for x_mode namespace, and x_mode is on_os",
    ),
    ("host_debug", {"image": "A b"}, "image is 'A b'; it must be", "x_image is 'A b'; it must be"),
    ("host_debug", {"mode": "image"}, "value of mode must be one of: on_os", "value of x_mode must be one of: on_os"),
    ("host_debug", {"pid": "image"}, "argument 'pid' is of type", "argument 'x_pid' is of type"),
    ("host_debug", {"pid": 1, "path": "/a"}, "mutually exclusive: pid|", "mutually exclusive: x_pid|x_process|"),
    ("debug_exec", POD, "one of the following is required: name, label_s", "is required: x_name, x_label_selectors"),
    (
        "debug_exec",
        {**POD, "label_selectors": [""]},
        "name or label_selectors is required",
        "x_name or x_label_selectors is required",
    ),
    (
        "ephemeral_attach",
        {**POD, "name": "a", "image": "b", "lifetime": 9},
        "lifetime: 9 is not",
        "x_lifetime: 9 is not",
    ),
    (
        "debug_sweep",
        {"host": POD["host"], "api_key": POD["api_key"], "older_than": -1},
        "older_than: -1 is not",
        "x_older_than: -1 is not",
    ),
    ("net_report", {"src": "/none"}, "src: cannot read '/none'", "x_src: cannot read '/none'"),
    ("net_report", {}, "missing required arguments: src", "missing required arguments: x_src"),
    (
        "net_probe",
        {"replay": "/a", "snapshot": ""},
        "snapshot: it is empty; it must be the snapshot that the answers of replay belong to",
        "x_snapshot: it is empty; it must be the snapshot that the answers of x_replay belong to",
    ),
    ("net_probe", {"tries": 0}, "tries: 0 is not allowed", "x_tries: 0 is not allowed"),
]


@pytest.mark.parametrize(("name", "params", "option", "variable"), CASES)
def test_a_message_names_the_option_in_a_task_and_the_variable_in_a_role(name, params, option, variable):
    assert option in harness.run(name, dict(params))["msg"]
    names = {each: f"x_{each}" for each in inputs.spec_of(name)}
    assert variable in harness.run(name, {**params, "option_names": names})["msg"]


def test_what_a_module_uses_inside_goes_by_the_users_option():
    inner = {"image": "debug_image", "image_pull_policy": "imagePullPolicy"}
    assert module_.names_of({}, inner) == inner
    given = {"option_names": {"debug_image": "t_debug_image", "dest": "t_run_dir"}}
    assert module_.names_of(given, inner) == {
        "debug_image": "t_debug_image",
        "dest": "t_run_dir",
        "image": "t_debug_image",
        "image_pull_policy": "imagePullPolicy",
    }


def test_what_a_module_keeps_is_seldom_searched_for_garbage():
    before = gc.get_threshold()
    try:
        harness.run("net_report", {"src": "/nowhere"})
        assert gc.get_threshold()[0] >= 100_000
    finally:
        gc.set_threshold(*before)
