# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims of volumes: that do not exist, that nothing fits, and that name a volume of another."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods_claims
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_limits import (
    Claim,
    StorageClass,
    Volume,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Reference

from .. import scenes
from ..scenes import WEB

PENDING = tuple(dataclasses.replace(one, phase="Pending", ready=False) for one in WEB)
T0 = "spec.template.spec."


def found(pod: dict[str, t.Any], **facts: t.Any) -> Diagnosis:
    own = [scenes.detail(one, **pod) for one in PENDING]
    seen = scenes.snapshot(PENDING, workloads=scenes.workloads(*own, **facts))
    return diagnose(scenes.case(seen, scenes.broken_service()), pods_claims.RULES)


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    assert finding.explains == (1,)
    return finding


CLAIM = Claim("shop", "data", "Pending", "fast", access_modes=("ReadWriteOnce",), requested="1Gi")
NEEDS_CLAIM = {
    "pvc_names": ("data",),
    "references": (Reference("PersistentVolumeClaim", "data", field="spec.volumes[0].persistentVolumeClaim"),),
}
NAMED = dataclasses.replace(CLAIM, volume="one")
FREE = Volume("one", "Available", "fast", access_modes=("ReadWriteOnce",), capacity="100Mi")


@pytest.mark.parametrize(
    ("facts", "ref", "field"),
    [
        ({}, "Deployment shop/web", f"{T0}volumes[0].persistentVolumeClaim.claimName"),
        ({"claims": (CLAIM,)}, "PersistentVolumeClaim shop/data", "spec.storageClassName"),
        (
            {"claims": (dataclasses.replace(CLAIM, storage_class=None),)},
            "PersistentVolumeClaim shop/data",
            "spec.storageClassName",
        ),
        (
            {"claims": (CLAIM,), "volumes": (dataclasses.replace(FREE, access_modes=("ReadOnlyMany",)),)},
            "PersistentVolumeClaim shop/data",
            "spec.accessModes",
        ),
        (
            {"claims": (CLAIM,), "volumes": (FREE,)},
            "PersistentVolumeClaim shop/data",
            "spec.resources.requests.storage",
        ),
        (
            {"claims": (dataclasses.replace(CLAIM, selector={"matchLabels": {"tier": "fast"}}),), "volumes": (FREE,)},
            "PersistentVolumeClaim shop/data",
            "spec.selector",
        ),
        (
            {"claims": (NAMED,), "volumes": (dataclasses.replace(FREE, phase="Bound", claim="shop/other"),)},
            "PersistentVolumeClaim shop/data",
            "spec.volumeName",
        ),
        ({"claims": (NAMED,)}, "PersistentVolumeClaim shop/data", "spec.volumeName"),
        (
            {"claims": (NAMED,), "volumes": (dataclasses.replace(FREE, storage_class="slow"),)},
            "PersistentVolumeClaim shop/data",
            "spec.storageClassName",
        ),
        (
            {"claims": (NAMED,), "volumes": (FREE,)},
            "PersistentVolumeClaim shop/data",
            "spec.resources.requests.storage",
        ),
        (
            {"claims": (CLAIM,), "storage_classes": (StorageClass("fast", "disks.example.com"),)},
            "StorageClass fast",
            "provisioner",
        ),
    ],
    ids=[
        "missing",
        "no class",
        "no default",
        "access mode",
        "capacity",
        "labels",
        "bound elsewhere",
        "no such volume",
        "class",
        "its capacity",
        "provisioner",
    ],
)
def test_a_claim_that_is_not_bound(facts: dict[str, t.Any], ref: str, field: str):
    finding = only(found(pod=NEEDS_CLAIM, **facts))
    assert (finding.code, str(finding.object), finding.field) == ("POD-15", ref, field)


def test_a_claim_that_is_bound_is_no_finding():
    assert not found(pod=NEEDS_CLAIM, claims=(dataclasses.replace(CLAIM, phase="Bound"),)).findings


def test_without_claims_the_rule_does_not_know():
    diagnosis = found(pod=NEEDS_CLAIM, unknown={"claims": "forbidden"})
    assert "POD-15" in {one.code for one in diagnosis.unknown_rules}
