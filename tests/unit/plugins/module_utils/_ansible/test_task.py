# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module that asks an API server begins with: its libraries, and its connection."""

from __future__ import annotations

import importlib.util
import sys
import types
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import task
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.auth import AUTH_SPEC
from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError


class Failed(Exception):
    """What the module failed with."""


class Module:
    """A module with these options, as Ansible has read them."""

    def __init__(self, **params: t.Any) -> None:
        defaults = {name: spec.get("default") for name, spec in AUTH_SPEC.items()}
        self.params, self.no_log_values = {**defaults, **params}, set[str]()

    def fail_json(self, **result: t.Any) -> t.NoReturn:
        raise Failed(result)


def opened(**params: t.Any) -> t.Any:
    return task.open_api(t.cast(t.Any, Module(**params)))


def test_a_server_is_opened_and_nothing_is_sent():
    api = opened(host="https://192.0.2.1:6443", api_key="secret", request_timeout=7.5)
    assert (api.connection.server, api.timeout, api.requests) == ("https://192.0.2.1:6443", 7.5, 0)


@pytest.mark.parametrize("library", ["kubernetes", "websocket", "yaml"])
def test_a_library_that_is_missing_is_named_with_its_package(monkeypatch, library):
    find = importlib.util.find_spec
    without = types.SimpleNamespace(
        util=types.SimpleNamespace(find_spec=lambda name: None if name == library else find(name))
    )
    monkeypatch.setattr(task, "importlib", without)
    with pytest.raises(Failed) as failed:
        opened(host="https://192.0.2.1")
    package = {"kubernetes": "kubernetes", "websocket": "websocket-client", "yaml": "PyYAML"}[library]
    (result,) = failed.value.args
    assert (result["reason"], f"({package})" in result["msg"]) == ("missing_library", True)
    assert f"{sys.executable} -m pip install {package}" in result["msg"]
    assert '"{{ ansible_playbook_python }}"' in result["remedy"]


def test_a_timeout_out_of_bounds_and_credentials_that_lead_nowhere_are_named(tmp_path):
    with pytest.raises(BadInput, match="request_timeout: 0 is not allowed"):
        opened(host="https://192.0.2.1", request_timeout=0)
    with pytest.raises(ClusterError, match="does not exist"):
        opened(kubeconfig=str(tmp_path / "none"))
