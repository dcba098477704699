# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rights a run needs, and how the API server is asked for them."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import probe_rights
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather import Scope
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

POD = Source("shop/web-1/app", "shop", "web-1", "app")
NODE = Source("node/w1", kind="node", node="w1")
PARAMS = {"debug_image": "", "debug_levels": ["pod", "namespace", "node"], "debug_namespace": "tools"}


class Api:
    """Allows what it is told to, and counts the questions."""

    def __init__(self, *allowed: str) -> None:
        self.allowed, self.asked = allowed, list[str]()

    def may(self, verb: str, resource: str, namespace: str = "", subresource: str = "", group: str = "") -> bool:
        name = f"{verb} {resource}{f'/{subresource}' if subresource else ''} {namespace or '*'}"
        self.asked.append(name)
        return name in self.allowed


def said(rights: t.Iterable[probe_rights.Right]) -> list[str]:
    return [f"{right.purpose}: {right.need.verb} {right.need.path} {right.need.namespace}" for right in rights]


def test_without_an_image_only_exec_is_needed():
    assert said(probe_rights.of_run([POD], ["kube-system"], PARAMS, "v1.36.3")) == [
        "exec: create pods/exec kube-system",
        "exec: get pods/exec kube-system",
        "exec: create pods/exec shop",
        "exec: get pods/exec shop",
    ]


@pytest.mark.parametrize(
    ("version", "verbs"), [("v1.34.9", ["get"]), ("v1.35.0", ["create", "get"]), ("", ["create", "get"])]
)
def test_exec_needs_create_from_1_35_on(version: str, verbs: list[str]):
    assert [right.need.verb for right in probe_rights.to_exec("shop", version)] == verbs


@pytest.mark.parametrize(
    ("levels", "source", "places", "purposes"),
    [
        (["pod"], POD, {"shop"}, {"exec", "ephemeral_container"}),
        (["namespace"], POD, {"shop"}, {"exec", "debug_pod"}),
        (["node"], POD, {"shop", "tools"}, {"exec", "debug_pod"}),
        (["pod"], NODE, {"tools"}, {"exec", "debug_pod"}),
    ],
)
def test_each_level_of_an_image_needs_its_own(levels, source, places, purposes):
    params = {**PARAMS, "debug_image": "debug:1", "debug_levels": levels}
    rights = list(probe_rights.of_run([source], [], params, "v1.36.3"))
    assert {right.need.namespace for right in rights} == places
    assert {right.purpose for right in rights} == purposes


def test_a_snapshot_reads_what_it_is_of_and_addons_that_are_served():
    rights = said(probe_rights.to_read(Scope(("shop",)), {"gateway.networking.k8s.io": ["v1"]}))
    assert {"snapshot: list pods shop", "snapshot: list nodes ", "snapshot: list httproutes shop"} <= set(rights)
    assert not [right for right in rights if "cilium" in right]
    assert "snapshot: list pods kube-system" in rights


def test_no_right_is_needed_to_read_what_the_cluster_does_not_serve():
    """What may not be listed is missing in a snapshot, unless the cluster does not have it."""
    gateway = "gateway.networking.k8s.io"
    missing = (Missing("nodes", "forbidden"), Missing(f"httproutes.{gateway}", "forbidden"))
    rights = list(probe_rights.to_read(Scope(("shop",)), {gateway: ["v1"]}))
    needed = said(probe_rights.needed(rights, dataclasses.replace(cluster.snapshot(), missing=missing)))
    assert {"snapshot: list nodes ", "snapshot: list httproutes shop", "snapshot: list pods shop"} <= set(needed)
    assert not [right for right in needed if "tlsroutes" in right or "grpcroutes" in right]
    allowed = [dataclasses.replace(right, allowed=True) for right in rights]
    assert probe_rights.needed(allowed, cluster.snapshot()) == allowed
    execs = probe_rights.to_exec("shop", "v1.36.3")
    assert probe_rights.needed(execs, cluster.snapshot()) == execs


def test_of_many_namespaces_the_cluster_is_asked_first_and_each_only_where_that_is_not_allowed():
    rights = [right for number in range(9) for right in probe_rights.to_exec(f"team-{number}", "v1.36.3")]
    api = Api("create pods/exec *", "get pods/exec team-3")
    allowed = [right for right in probe_rights.review(t.cast(t.Any, api), rights) if right.allowed]
    assert sum(right.need.verb == "create" for right in allowed) == 9
    assert [right.need.namespace for right in allowed if right.need.verb == "get"] == ["team-3"]
    assert len(api.asked) == 2 + 9


def test_each_right_is_asked_for_once():
    api = Api("get pods/exec shop")
    rights = probe_rights.to_exec("shop", "v1.30.0")
    assert [right.allowed for right in probe_rights.review(t.cast(t.Any, api), [*rights, *rights])] == [True, True]
    assert api.asked == ["get pods/exec shop"]
