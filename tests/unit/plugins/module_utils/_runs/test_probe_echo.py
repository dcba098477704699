# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The echo Pods of a run: made before its snapshot, removed however it ends, and foreseen in check mode."""

from __future__ import annotations

import dataclasses
import types
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Left
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import probe_echo
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.net_probe import ProbeRun
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.probe_check import Check
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather import Scope
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.echo import RIGHTS, Echo, Omitted
from ansible_collections.kubewire.netdebug.plugins.modules.net_probe import argument_spec
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


class Api:
    """Nodes and IngressClasses of a small cluster; some resources may not be used."""

    def __init__(self, *denied: str) -> None:
        self.denied, self.requests = denied, 0
        self.connection = types.SimpleNamespace(namespace="default")
        self.asked: list[tuple[str, str, str]] = []

    def may(self, verb: str, resource: str, namespace: str = "", subresource: str = "", group: str = "") -> bool:
        self.asked.append((verb, resource, namespace))
        return resource not in self.denied

    def post(self, path: str, body: t.Any, *_more: t.Any, **_options: t.Any) -> t.Any:
        if path.endswith("/selfsubjectreviews"):
            return {**body, "status": {"userInfo": {"username": "jane"}}}
        assert _more[1]["dryRun"] == "All"
        return body

    def get(self, path: str, *_more: t.Any, **_options: t.Any) -> t.Any:
        raise ClusterError("not_found", path, "", 404)

    def list(self, path: str, *_more: t.Any) -> list[t.Any]:
        if path.endswith("/ingressclasses"):
            return [{"metadata": {"name": "nginx"}, "spec": {"controller": "c"}}]
        assert path == "/api/v1/nodes"
        return [cluster.node(name, f"192.0.2.{number}") for number, name in enumerate(("cp", "w1"))]


def run_of(api: Api, **given: t.Any) -> ProbeRun:
    params = {"echo": True, "debug_image": "debug:1", **given}
    checked = ArgumentSpecValidator(argument_spec()).validate(params)  # type: ignore[no-untyped-call]
    assert not checked.error_messages
    run = ProbeRun(checked.validated_parameters, "2.19.0")
    run.api = t.cast(t.Any, api)
    return run


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens to the echo Pods."""
    seen: list[str] = []

    def make(own: Echo) -> None:
        seen.append("make")
        own.omitted.append(Omitted("a load balancer", "there is none", not_applicable=True))

    def remove(_own: Echo) -> list[Left]:
        seen.append("remove")
        return [Left("Namespace", "", "kubewire-r")] if seen.count("remove") == 1 else []

    monkeypatch.setattr(Echo, "make", make)
    monkeypatch.setattr(Echo, "remove", remove)
    return seen


def test_the_run_looks_at_their_namespace_and_what_stays_is_told(calls: list[str]) -> None:
    run = run_of(Api(), namespaces=["shop"])
    with probe_echo.made(run):
        assert calls == ["make"]
        assert run.params["namespaces"] == [f"kubewire-{run.run['id']}", "shop"]
        assert [(each.what, each.model, each.not_applicable) for each in run.omitted] == [("a load balancer", "", True)]
        run.left = [{"kind": "EphemeralContainer"}]
    assert calls == ["make", "remove"]
    assert [each["kind"] for each in run.left] == ["EphemeralContainer", "Namespace"]


@pytest.mark.parametrize("error", [KeyboardInterrupt("SIGINT"), ClusterError("unreachable", "gone"), ValueError("bug")])
def test_however_it_ends_they_are_removed(calls: list[str], error: BaseException) -> None:
    run = run_of(Api())
    with pytest.raises(type(error)), probe_echo.made(run):
        raise error
    assert calls[:2] == ["make", "remove"]
    if isinstance(error, ClusterError):
        assert [each["kind"] for each in error.data["left"]] == ["Namespace"]


def test_without_the_option_nothing_is_made(calls: list[str]) -> None:
    run = run_of(Api(), echo=False)
    with probe_echo.made(run):
        pass
    assert calls == []
    assert run.params["namespaces"] == []


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., Check]:
    """Make the check of a run on a cluster of two nodes; remember which namespaces were read."""

    def gather(_api: t.Any, scope: Scope) -> t.Any:
        assert not any(name.startswith("kubewire-") for name in scope.namespaces)
        return dataclasses.replace(cluster.snapshot(), selected=scope.namespaces)

    monkeypatch.setattr(probe_echo, "gather", gather)

    def make(api: Api, **given: t.Any) -> Check:
        made = Check(run_of(api, **given))
        made.make_plan()
        made.authorise()
        made.forecast()
        return made

    return make


def test_check_mode_plans_with_them_and_lists_them(check: t.Callable[..., Check]) -> None:
    made = check(Api())
    made.assert_asks()
    result = made.result()
    namespace = made.echo.namespace if made.echo else ""
    own = {each["kind"]: each["most"] for each in result["creates"] if each["namespace"] == namespace}
    assert own == {"Namespace": 1, "PersistentVolume": 1, "Pod": 3, "Service": 5, "Ingress": 1}
    assert {source.split("/")[0] for source in made.run.plan.questions} >= {namespace, "outside"}
    assert not [source for source in made.run.plan.questions if source.startswith("shop/")]
    models = {question.probe.model for own in made.run.plan.questions.values() for question in own}
    assert {"pod_to_pod_same_node", "pod_to_pod_cross_node", "pod_to_headless", "pod_to_nodeport"} <= models
    assert {"pod_to_ingress", "pod_to_loadbalancer", "node_to_pod", "outside_to_nodeport"} <= models
    assert f"1 Namespace named {namespace}" in " ".join(result["text"].split())


def test_their_rights_are_asked_for_in_the_whole_cluster(check: t.Callable[..., Check]) -> None:
    api = Api()
    made = check(api)
    asked = {(verb, resource) for verb, resource, namespace in api.asked if not namespace}
    assert {(verb, resource) for verb, resource, _sub, _group in RIGHTS} <= asked
    assert not [each for each in api.asked if made.echo and each[2] == made.echo.namespace]


def test_a_right_that_is_missing_blocks_the_run_and_is_granted_by_a_cluster_role(check: t.Callable[..., Check]) -> None:
    made = check(Api("persistentvolumes"), outside=[])
    result = made.result()
    assert "kind: ClusterRole" in result["role"]
    assert "persistentvolumes" in result["role"]
    assert not any(each["allowed"] for each in result["creates"] if each["kind"] == "Namespace")
    assert made.missing


def test_namespaces_that_are_named_are_planned_as_well(check: t.Callable[..., Check]) -> None:
    made = check(Api(), namespaces=["shop"])
    assert [source for source in made.run.plan.questions if source.startswith("shop/")]
