# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Roles that grant what is missing: valid YAML, nothing beyond it, and how to bind each."""

from __future__ import annotations

import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import roles
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.admission import Need


def test_one_role_for_each_namespace_and_the_rules_are_joined():
    needs = [
        Need("list", "nodes"),
        Need("create", "pods", "exec", "", "shop"),
        Need("get", "pods", "exec", "", "shop"),
        Need("list", "services", "", "", "shop"),
        Need("list", "pods", "", "", "shop"),
        Need("list", "ingresses", "", "networking.k8s.io", "shop"),
    ]
    text = roles.missing(needs, "jane")
    role, cluster_role = yaml.safe_load_all(text)
    assert (role["kind"], role["metadata"]) == ("Role", {"name": "kubewire", "namespace": "shop"})
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]},
        {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": ["list"]},
    ]
    assert (cluster_role["kind"], cluster_role["metadata"]) == ("ClusterRole", {"name": "kubewire"})
    assert cluster_role["rules"] == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]
    assert [line[2:] for line in text.splitlines() if line.startswith("#")] == [
        "kubectl create rolebinding kubewire -n shop --role=kubewire --user=jane",
        "kubectl create clusterrolebinding kubewire --clusterrole=kubewire --user=jane",
    ]


def test_many_namespaces_share_a_cluster_role_that_is_bound_in_each():
    names = [f"team-{number}" for number in range(5)]
    text = roles.missing([Need("get", "pods", "exec", "", name) for name in names], "jane")
    (role,) = yaml.safe_load_all(text)
    assert (role["kind"], role["metadata"]["name"]) == ("ClusterRole", "kubewire-1")
    for name in names:
        assert f"# kubectl create rolebinding kubewire-1 -n {name} --clusterrole=kubewire-1 --user=jane\n" in text


def test_names_are_text_whatever_they_look_like():
    text = roles.missing([Need("list", "pods", "", "", name) for name in ("123", "on")], "a b\nkind: Oops")
    assert [role["metadata"]["namespace"] for role in yaml.safe_load_all(text)] == ["123", "on"]
    assert "--user='a b kind: Oops'" in text
    assert "--user=USER" in roles.missing([Need("list", "pods", "", "", "shop")])


def test_nothing_is_missing():
    assert roles.missing([]) == ""
