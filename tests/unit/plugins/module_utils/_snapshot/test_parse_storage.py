# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims, volumes and classes, as a cluster says them."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse_storage

META = {"namespace": "shop", "name": "data"}


def test_a_claim_and_whether_it_names_a_class() -> None:
    spec = {"storageClassName": "nope", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    found = parse_storage.claim({"metadata": META, "spec": spec, "status": {"phase": "Pending"}})
    assert (found.phase, found.storage_class, found.requested) == ("Pending", "nope", "1Gi")
    assert (found.access_modes, found.volume) == (("ReadWriteOnce",), "")
    assert parse_storage.claim({"metadata": META, "spec": {}}).storage_class is None, "the default class"
    assert parse_storage.claim({"metadata": META, "spec": {"storageClassName": ""}}).storage_class == "", "no class"


def test_a_volume() -> None:
    terms = {"required": {"nodeSelectorTerms": [{"matchExpressions": []}]}}
    spec = {
        "storageClassName": "local",
        "claimRef": {"namespace": "shop", "name": "data"},
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "5Gi"},
        "nodeAffinity": terms,
    }
    found = parse_storage.volume({"metadata": {"name": "pv-1"}, "spec": spec, "status": {"phase": "Bound"}})
    assert (found.name, found.phase, found.claim, found.capacity) == ("pv-1", "Bound", "shop/data", "5Gi")
    assert found.node_affinity == terms
    assert parse_storage.volume({"metadata": {"name": "pv-2"}}).claim == ""


def test_a_class() -> None:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    item = {
        "metadata": {"name": "fast", "annotations": annotations},
        "provisioner": "x.csi",
        "volumeBindingMode": "WaitForFirstConsumer",
        "parameters": {"key": "MARKER"},
    }
    found = parse_storage.storage_class(item)
    assert (found.name, found.provisioner, found.default) == ("fast", "x.csi", True)
    assert found.binding_mode == "WaitForFirstConsumer"
    assert "MARKER" not in str(found)
