# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""debug_sweep: what is ours and over is removed, and nothing else, however it is called."""

from __future__ import annotations

import datetime
import pathlib
import typing as t

import pytest

from .conftest import Module, create, kubectl, may, objects

OURS = {"app.kubernetes.io/managed-by": "kubewire", "kubewire.io/run-id": "20260101-000000-abcdef"}


@pytest.fixture
def sweep(tmp_path: pathlib.Path) -> Module:
    return Module("debug_sweep", tmp_path)


def at(seconds: int) -> str:
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def waiting(namespace: str, name: str, labels: t.Mapping[str, str], end: str = "") -> dict[str, t.Any]:
    """A Pod that no node takes: it costs nothing."""
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
    if end:
        metadata["annotations"] = {"kubewire.io/end": end}
    nowhere = {"nodeSelector": {"kubewire.io/nowhere": "x"}, "containers": [{"name": "a", "image": "a"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": nowhere}


def names(namespace: str) -> set[str]:
    return {item["metadata"]["name"] for item in objects("pods", "-n", namespace)}


@pytest.mark.everywhere
@pytest.mark.alone  # sweeps everywhere
def test_of_100_foreign_pods_none_is_deleted(sweep: Module, namespace: str) -> None:
    foreign = [
        {},
        {"app.kubernetes.io/managed-by": "kubewire"},
        {"kubewire.io/run-id": "x"},
        {**OURS, "app.kubernetes.io/managed-by": "Helm"},
    ]
    pods = [waiting(namespace, f"kubewire-{n}", foreign[n % 4], at(-60)) for n in range(96)]
    pods += [waiting(namespace, f"kubewire-no-end-{n}", OURS) for n in range(4)]  # labels copied by somebody
    create([*pods, waiting(namespace, "over", OURS, at(-5)), waiting(namespace, "young", OURS, at(600))])

    foreseen = sweep(check=True, namespaces=[namespace])
    assert [entry["name"] for entry in foreseen["removed"]] == ["over"]
    assert len(names(namespace)) == 102

    swept = sweep()  # everywhere, and what other tests left is none of ours
    assert swept["changed"]
    assert [entry["name"] for entry in swept["removed"] if entry["namespace"] == namespace] == ["over"]
    assert {entry["name"] for entry in swept["young"]} >= {"young"}
    assert names(namespace) == {pod["metadata"]["name"] for pod in pods} | {"young"}
    assert not sweep(namespaces=[namespace])["changed"]

    by_run = sweep(namespaces=[namespace], run_ids=[OURS["kubewire.io/run-id"]])
    assert [entry["name"] for entry in by_run["removed"]] == ["young"]
    assert len(names(namespace)) == 100


def test_what_cannot_be_removed_is_told(sweep: Module, namespace: str) -> None:
    held = waiting(namespace, "held", OURS, at(-5))
    held["metadata"]["finalizers"] = ["kubewire.io/test"]
    create([held])
    kubectl("delete", "pod", "held", "-n", namespace, "--wait=false", "--grace-period=0", "--force")
    try:
        swept = sweep(namespaces=[namespace])
        assert not swept["changed"]
        assert [(entry["name"], "finalizer" in entry["reason"]) for entry in swept["left"]] == [("held", True)]
    finally:
        kubectl("patch", "pod", "held", "-n", namespace, "-p", '{"metadata":{"finalizers":null}}')


def test_whoever_sees_one_namespace_only_sweeps_that(sweep: Module, namespace: str) -> None:
    who = f"system:serviceaccount:{namespace}:default"
    kubectl(
        "create", "rolebinding", "own", "-n", namespace, "--clusterrole=edit", f"--serviceaccount={namespace}:default"
    )
    may(who, "delete", "pods", namespace)
    create([waiting(namespace, "over", OURS, at(-5))])
    swept = sweep(namespaces=[namespace, "kube-system"], impersonate_user=who)
    assert [entry["name"] for entry in swept["removed"]] == ["over"]
    assert swept["unseen"] == ["kube-system"]
    refused = sweep(impersonate_user=who)
    assert (refused["failed"], refused["reason"]) == (True, "forbidden")


def test_a_wrong_option_is_named(sweep: Module) -> None:
    assert "namespaces" in sweep(namespaces=["-x"])["msg"]
    assert "older_than: -1" in sweep(older_than=-1)["msg"]
