# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from a kubeconfig beside the client package: contexts, users, namespaces."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from kubernetes.config import kube_config

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import kubeconfig
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect

from .kubeconfigs import SERVER, config

pytestmark = pytest.mark.usefixtures("default")


def test_the_namespace_is_that_of_the_context(tmp_path, default):
    given = config("prod", "test")
    given["contexts"][0]["context"]["namespace"] = "shop"
    (tmp_path / "config").write_text(json.dumps(given))
    default(str(tmp_path / "config"))
    assert [connect({}).namespace, connect({"context": "test"}).namespace] == ["shop", ""]
    assert connect({"kubeconfig": given}).namespace == "shop"
    assert connect({"host": SERVER, "api_key": "x"}).namespace == ""


def as_the_package_has_it(plain: dict[str, t.Any], tmp_path: pathlib.Path) -> t.Any:
    (tmp_path / "merged").write_text(json.dumps(plain))
    return kube_config.KubeConfigMerger(str(tmp_path / "merged")).config


@pytest.mark.parametrize("merged", [False, True], ids=["plain", "merged"])
def test_contexts_users_and_namespaces(tmp_path, merged):
    given = config("prod", "test")
    given["users"].append({"name": "other", "user": {"token": "y"}})
    given["contexts"][1]["context"] = {"cluster": "c", "user": "other", "namespace": "shop"}
    read = as_the_package_has_it(given, tmp_path) if merged else given
    assert kubeconfig.contexts(read) == ["prod", "test"]
    assert [kubeconfig.user_of(read, name)["token"] for name in (None, "prod", "test")] == ["x", "x", "y"]
    assert [kubeconfig.namespace_of(read, name) for name in (None, "prod", "test")] == ["", "", "shop"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"contexts": None, "users": None},
        {"contexts": [{"name": "prod"}], "current-context": "prod"},
        {"contexts": [{"name": "prod", "context": {"user": "gone", "namespace": 7}}], "current-context": "prod"},
    ],
)
def test_a_kubeconfig_that_is_not_complete_has_no_user_and_no_namespace(given):
    assert kubeconfig.user_of(given, None) == {}
    assert kubeconfig.namespace_of(given, None) == ""
    assert kubeconfig.contexts(given) == [entry["name"] for entry in given.get("contexts") or ()]


@pytest.mark.parametrize("merged", [False, True], ids=["plain", "merged"])
def test_the_cluster_and_the_users_folder(tmp_path, merged):
    given = config("prod")
    read = as_the_package_has_it(given, tmp_path) if merged else given
    assert kubeconfig.cluster_of(read, None) == {"server": SERVER}
    assert (kubeconfig.user_name(read, None), kubeconfig.current_context(read)) == ("u", "prod")
    assert kubeconfig.folder_of(read, None) == (str(tmp_path) if merged else "")
    assert (kubeconfig.has_user(read, "u"), kubeconfig.has_user(read, "v")) == (True, False)
    assert [kubeconfig.cluster_of({}, None), kubeconfig.user_name({}, None)] == [{}, ""]


@pytest.mark.parametrize("merged", [False, True], ids=["plain", "merged"])
def test_what_the_package_may_save_keeps_what_was_taken_from_it(tmp_path, merged):
    """A token that the package renews must reach the file, and nothing may vanish from there."""
    given = config("prod")
    provider = {"name": "oidc", "config": {"id-token": "old"}}
    given["users"][0]["user"] = {"token": "x", "exec": {"command": "y"}, "tokenFile": "z", "auth-provider": provider}
    read = as_the_package_has_it(given, tmp_path) if merged else given
    bare = kubeconfig.without_tokens(read, "u")
    left = kubeconfig.user_of(bare, None)
    assert list(left) == ["auth-provider"]
    left["auth-provider"]["config"]["id-token"] = "new"
    whole = kubeconfig.user_of(read, None)
    assert set(whole) == {"token", "exec", "tokenFile", "auth-provider"}
    assert whole["auth-provider"]["config"]["id-token"] == "new"
