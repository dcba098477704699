# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Namespace that ends by itself: what it belongs to, and how it goes. A cluster is tested on the lab."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import own_namespace
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.own_namespace import OwnNamespace
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import END

RUN = "20260101-000000-abcdef"
NAME = f"kubewire-{RUN}"


class Api:
    """Stores what is created; a volume is bound at once unless C(binds) says otherwise, a Namespace may stay."""

    def __init__(self, binds: bool = True, refuses: str = "", stays: bool = False) -> None:
        self.binds, self.refuses, self.stays = binds, refuses, stays
        self.there: dict[str, dict[str, t.Any]] = {}
        self.sent: list[tuple[str, str]] = []

    def post(self, _path: str, body: dict[str, t.Any], _what: str, params: dict[str, str]) -> dict[str, t.Any]:
        kind = body["kind"]
        self.sent.append(("dry run" if "dryRun" in params else "create", kind))
        if kind == self.refuses:
            raise ClusterError("forbidden", f"cannot create {kind}", "", 403)
        made = {**body, "metadata": {**body["metadata"], "uid": f"u-{kind}"}}
        if "dryRun" not in params:
            self.there[kind] = made
        return made

    def get(self, path: str, what: str) -> dict[str, t.Any]:
        kind = "Namespace" if "/namespaces/" in path else "PersistentVolume"
        if kind not in self.there:
            raise ClusterError("not_found", f"cannot {what}", "", 404)
        conditions = [{"status": "True", "message": "Some content has finalizers"}]
        return {
            **self.there[kind],
            "status": {"phase": "Bound" if self.binds else "Available", "conditions": conditions},
        }

    def delete(self, path: str, options: dict[str, t.Any], _what: str) -> bool:
        kind = "Namespace" if "/namespaces/" in path else "PersistentVolume"
        self.sent.append(("delete", kind))
        assert options["preconditions"]["uid"] == f"u-{kind}"
        if kind == "Namespace" and not self.stays:
            self.there.clear()
        return True


def own(api: Api) -> OwnNamespace:
    return OwnNamespace(t.cast(t.Any, api), RUN, 60, "restricted")


def test_it_belongs_to_a_volume_that_only_its_claim_holds() -> None:
    api = Api()
    namespace = own(api)
    namespace.make()
    kinds = ["PersistentVolume", "Namespace", "Job", "PersistentVolumeClaim"]
    assert api.sent == [*(("create", kind) for kind in kinds), ("delete", "PersistentVolume")]
    (owner,) = api.there["Namespace"]["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("PersistentVolume", "u-PersistentVolume")
    assert api.there["PersistentVolume"]["metadata"]["finalizers"] == ["kubernetes.io/pv-protection"]
    (of_claim,) = api.there["PersistentVolumeClaim"]["metadata"]["ownerReferences"]
    assert (of_claim["kind"], of_claim["uid"]) == ("Job", "u-Job")
    assert api.there["Job"]["spec"]["activeDeadlineSeconds"] == 60
    labels = api.there["Namespace"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for made in api.there.values():
        assert made["metadata"]["labels"]["kubewire.io/run-id"] == RUN
        assert made["metadata"]["annotations"][END]


def test_the_claim_is_for_the_volume_and_the_volume_for_the_claim() -> None:
    api = Api()
    own(api).make()
    volume, claim = api.there["PersistentVolume"]["spec"], api.there["PersistentVolumeClaim"]
    assert (volume["claimRef"]["namespace"], volume["claimRef"]["name"]) == (NAME, claim["metadata"]["name"])
    assert claim["spec"]["volumeName"] == NAME
    assert claim["spec"]["storageClassName"] == volume["storageClassName"] == ""
    assert set(claim["spec"]["accessModes"]) <= set(volume["accessModes"])


def test_once_removed_nothing_is_left() -> None:
    api = Api()
    namespace = own(api)
    namespace.make()
    assert namespace.remove() == []
    assert api.there == {}
    api.sent.clear()
    assert namespace.remove() == []
    assert api.sent == []


def test_what_does_not_go_is_told_with_its_reason() -> None:
    api = Api(stays=True)
    namespace = own(api)
    namespace.make()
    left = namespace.remove(0.1)
    assert [(each.kind, each.name, each.until) for each in left] == [
        ("Namespace", NAME, namespace.end),
        ("PersistentVolume", NAME, namespace.end),
    ]
    assert left[0].reason == "it is being deleted: Some content has finalizers"


@pytest.mark.parametrize("kind", ["Namespace", "Job", "PersistentVolumeClaim"])
def test_a_refusal_removes_what_was_made(kind: str) -> None:
    api = Api(refuses=kind)
    with pytest.raises(ClusterError):
        own(api).make()
    assert ("delete", "PersistentVolume") in api.sent
    assert (("delete", "Namespace") in api.sent) == (kind != "Namespace")


def test_a_cluster_that_binds_no_volume_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_namespace, "_BOUND_S", 0.0)
    api = Api(binds=False)
    with pytest.raises(ClusterError) as failed:
        own(api).make()
    assert failed.value.reason == "no_end"
    assert "persistentvolume-binder" in failed.value.remedy
    assert api.there == {}


def test_a_forecast_writes_nothing() -> None:
    api = Api()
    own(api).forecast()
    assert api.sent == [("dry run", "Namespace")]
    assert api.there == {}
