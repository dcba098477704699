# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs left: which of it goes, which stays and why. What a cluster does then is tested on the lab."""

from __future__ import annotations

import datetime
import threading
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import runs, sweep
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.sweep import Rules
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import END


def at(seconds: int) -> str:
    return runs.stamp(runs.now() + datetime.timedelta(seconds=seconds))


def ours(name: str, end: int, made: int = 0, run: str = "r1", **metadata: t.Any) -> dict[str, t.Any]:
    """A Pod or Job of a run, with its end and its age in seconds from now."""
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"u-{name}",
            "labels": runs.labels(run),
            "annotations": {END: at(end)},
            "creationTimestamp": at(made),
            **metadata,
        },
        "spec": {},
        "status": {"phase": "Running"},
    }


class Api:
    """A cluster with one namespace: C(forbidden) namespaces cannot be listed, C(refused) objects cannot be deleted."""

    def __init__(
        self, *pods: t.Any, jobs: t.Any = (), of_cluster: t.Any = (), everywhere: bool = True, **sets: t.Collection[str]
    ) -> None:
        self.pods, self.jobs, self.of_cluster, self.everywhere = pods, jobs, of_cluster, everywhere
        self.forbidden, self.refused = sets.get("forbidden", ()), sets.get("refused", ())
        self.listed, self.deleted = list[str](), list[tuple[str, str]]()
        self.lock = threading.Lock()

    def may(self, verb: str, resource: str, group: str) -> bool:
        assert (verb, resource, group) in (("list", "pods", ""), ("list", "jobs", "batch"))
        return self.everywhere

    def list(self, path: str, params: t.Mapping[str, str], what: str) -> list[t.Any]:
        if path in sweep.OF_CLUSTER.values() and "labelSelector" in params:
            if self.of_cluster is None:
                raise ClusterError("forbidden", f"cannot {what}")
            return [item for item in self.of_cluster if sweep.OF_CLUSTER[item["kind"]] == path]
        self.listed.append(path)
        if path == "/api/v1/namespaces":
            return [{"metadata": {"name": name}} for name in ("shop", "system")]
        if any(f"/{namespace}/" in path for namespace in self.forbidden):
            raise ClusterError("forbidden", f"cannot {what}")
        if "/system/" in path:
            return []
        if path.endswith("/jobs"):
            return list(self.jobs)
        marked = [pod for pod in self.pods if pod["metadata"].get("labels")]
        return marked if "labelSelector" in params else list(self.pods)

    def delete(self, path: str, options: t.Mapping[str, t.Any], what: str) -> bool:
        name = path.rpartition("/")[2]
        if name in self.refused:
            raise ClusterError("server_error", f"cannot {what}: denied")
        with self.lock:
            self.deleted.append((name, options["preconditions"]["uid"]))
        return True


def swept(api: Api, rules: Rules | None = None, dry: bool = False) -> sweep.Swept:
    return sweep.sweep(t.cast(t.Any, api), rules or Rules(3600), dry)


def names(entries: t.Iterable[t.Any]) -> list[tuple[str, str]]:
    return [(entry.kind, entry.name) for entry in entries]


def test_what_is_past_its_end_or_too_old_goes_by_uid_and_the_rest_stays():
    api = Api(ours("over", -5), ours("young", 60), ours("old", 60, made=-7200), jobs=[ours("job", -5)])
    found = swept(api)
    assert names(found.removed) == [("Pod", "over"), ("Pod", "old"), ("Job", "job")]
    assert names(found.young) == [("Pod", "young")]
    assert sorted(api.deleted) == [("job", "u-job"), ("old", "u-old"), ("over", "u-over")]
    assert api.listed[0] == "/api/v1/pods"


def test_what_carries_no_end_of_ours_is_not_looked_at():
    copied = ours("copied", -5, annotations={})
    found = swept(Api(copied, ours("over", -5)))
    assert names([*found.removed, *found.young, *found.left]) == [("Pod", "over")]


def test_check_mode_deletes_nothing():
    api = Api(ours("over", -5))
    assert names(swept(api, dry=True).removed) == [("Pod", "over")]
    assert api.deleted == []


def test_of_a_run_everything_goes_whatever_its_age():
    api = Api(ours("mine", 60, run="r1"), ours("other", -5, run="r2"))
    found = swept(api, Rules(3600, run_ids=("r1",)))
    assert names(found.removed) == [("Pod", "mine")]
    assert (found.young, found.left) == ([], [])


def test_what_cannot_be_removed_says_why():
    held = ours("held", -5, deletionTimestamp="2026-11-21T12:00:00Z")
    api = Api(held, ours("kept", -5), refused=("kept",))
    found = swept(api)
    assert names(found.left) == [("Pod", "held"), ("Pod", "kept")]
    assert [entry.reason.partition(":")[0] for entry in found.left] == [
        "it is being deleted since 2026-11-21T12",
        "cannot delete Pod shop/kept",
    ]
    assert (found.removed, api.deleted) == ([], [])


def test_an_ephemeral_container_of_ours_is_told():
    container = {"name": "kubewire-0a1b2c3d4e", "image": "x", "command": ["sleep", "600"]}
    users = {
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "u"},
        "spec": {"ephemeralContainers": [container]},
    }
    found = swept(Api(users))
    assert names(found.left) == [("EphemeralContainer", "web-1/kubewire-0a1b2c3d4e")]
    assert swept(Api(users), Rules(3600, run_ids=("r1",))).left == []


def test_without_the_right_to_list_everywhere_each_namespace_is_listed():
    api = Api(ours("over", -5), everywhere=False, forbidden=("system",))
    found = swept(api)
    assert names(found.removed) == [("Pod", "over")]
    assert found.unseen == ["system"]
    assert "/api/v1/namespaces/shop/pods" in api.listed


def test_one_namespace_that_may_not_be_listed_is_an_error():
    with pytest.raises(ClusterError, match="cannot list Pods in namespace shop"):
        swept(Api(forbidden=("shop",)), Rules(3600, namespaces=("shop", "shop")))


def of_cluster(kind: str, name: str, end: int, run: str = "r1") -> dict[str, t.Any]:
    item = ours(name, end, run=run)
    del item["metadata"]["namespace"]
    return {"kind": kind, **item}


def test_namespaces_of_runs_and_their_volumes_go_with_the_rest() -> None:
    over = [of_cluster(kind, "kubewire-r1", -5) for kind in ("Namespace", "PersistentVolume")]
    api = Api(of_cluster=[*over, of_cluster("Namespace", "kubewire-r2", 60, "r2")])
    found = swept(api)
    assert names(found.removed) == [("Namespace", "kubewire-r1"), ("PersistentVolume", "kubewire-r1")]
    assert names(found.young) == [("Namespace", "kubewire-r2")]
    assert api.deleted == [("kubewire-r1", "u-kubewire-r1")] * 2
    assert [(each.namespace, each.name) for each in found.young] == [("", "kubewire-r2")]


def test_namespaces_of_other_names_stay_where_some_are_named() -> None:
    api = Api(of_cluster=[of_cluster("Namespace", name, -5) for name in ("kubewire-r1", "kubewire-r2")])
    assert names(swept(api, Rules(3600, namespaces=("kubewire-r2",))).removed) == [("Namespace", "kubewire-r2")]


def test_without_the_right_to_list_namespaces_the_rest_is_swept() -> None:
    assert names(swept(Api(ours("over", -5), of_cluster=None)).removed) == [("Pod", "over")]
