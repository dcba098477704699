# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights of a snapshot: each is one that the Role of docs/rbac/diagnose.yml that is named for it grants."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import snapshot_rights
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.snapshot_rights import SnapshotRight
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather_workloads import DEPTHS

ROOT = next(path for path in pathlib.Path(__file__).resolve().parents if (path / "galaxy.yml").exists())
SERVED = {"gateway.networking.k8s.io": ["v1"], "cilium.io": ["v2"]}


class Kube:
    """An API server that allows all but some resources, and knows who asks."""

    def __init__(self, *forbidden: str) -> None:
        self.forbidden, self.asked = forbidden, list[tuple[str, ...]]()

    def may(self, verb: str, resource: str, namespace: str, subresource: str, group: str, name: str) -> bool:
        self.asked.append((verb, resource, namespace, subresource, group, name))
        return f"{resource}/{subresource}".rstrip("/") not in self.forbidden

    def post(self, _path: str, _body: t.Any, _what: str) -> dict[str, t.Any]:
        return {"status": {"userInfo": {"username": "alice"}}}


def roles() -> list[dict[str, t.Any]]:
    """The documents of the file that the rights name."""
    path = ROOT / snapshot_rights.ROLES
    if not path.exists():
        pytest.skip("docs/ is not in this tree")
    return list(yaml.safe_load_all(path.read_text()))


def grants(role: dict[str, t.Any], right: SnapshotRight) -> bool:
    """Whether a Role has a rule for a right."""
    return any(
        right.group in rule["apiGroups"] and right.resource in rule["resources"] and right.verb in rule["verbs"]
        for rule in role["rules"]
        if not right.name or right.name in rule.get("resourceNames", [right.name])
    )


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("namespaces", [(), ("shop",), ("shop", "kube-system"), tuple("abcdefgh")], ids=len)
def test_the_role_that_is_named_grants_the_right(depth: str, namespaces: tuple[str, ...]):
    documents = roles()
    for right in snapshot_rights.needed(depth, namespaces, SERVED):
        named = [role for role in documents if role["metadata"]["name"] == right.role]
        assert any(grants(role, right) for role in named), right


def test_each_depth_needs_more():
    sizes = [len(snapshot_rights.needed(depth, ("shop",), {})) for depth in DEPTHS]
    assert sizes == sorted(set(sizes))


def test_what_is_asked_is_what_is_read():
    kube = Kube()
    snapshot_rights.check(kube, "workloads", ("shop",), {})
    assert ("get", "pods", "shop", "log", "", "") in kube.asked
    assert ("list", "secrets", "shop", "", "", "") in kube.asked
    assert ("get", "configmaps", "kube-system", "", "", "coredns") in kube.asked
    assert ("get", "services", "default", "", "", "kubernetes") in kube.asked
    assert not any(resource == "jobs" for _verb, resource, *_rest in kube.asked)


def test_what_is_missing_is_named_with_its_role():
    told = snapshot_rights.check(Kube("events", "pods/log"), "workloads", ("shop",), {})
    assert "RIGHTS ARE MISSING  4 of the " in told["text"]
    flat = " ".join(told["text"].split())
    assert "in namespace shop: list events, get pods/log: Role kubewire-diagnose of docs/rbac/diagnose.yml" in flat
    assert "in namespace kube-system: list events, get pods/log: Role kubewire-diagnose-components" in flat
    assert "--user=alice" in told["role"]
    assert [each["resource"] for each in told["authorisation"] if not each["allowed"]].count("events") == 2


def test_nothing_is_missing():
    told = snapshot_rights.check(Kube(), "all", (), {})
    assert told["role"] == ""
    assert told["text"].startswith("SNAPSHOT  Every one of the ")
