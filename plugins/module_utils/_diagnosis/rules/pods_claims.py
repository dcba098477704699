# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rule of the layer Pod: claims of volumes that do not exist, or are not bound."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_limits import Claim, Volume

from .. import fixes
from ..case import Case
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Rule
from . import quantities
from .unwell import UnwellPods, cause_of, pods


def _claims(case: Case) -> t.Iterator[Candidate]:
    """POD-15: a PersistentVolumeClaim does not exist, or stays pending."""
    known = {(claim.namespace, claim.name): claim for claim in case.workloads.claims}
    for one in pods(case, lambda pod, detail: pod.phase == "Pending" and bool(detail.pvc_names)):
        for name in one.detail.pvc_names:
            claim = known.get((one.pod.namespace, name))
            if claim is None:
                yield _no_claim(case, one, name)
            elif claim.phase == "Pending":
                yield _pending(case, one, claim)


def _no_claim(case: Case, one: UnwellPods, name: str) -> Candidate:
    place = next(
        (each for each in one.detail.references if (each.kind, each.name) == ("PersistentVolumeClaim", name)), None
    )
    field = case.origin(one.pod, f"{place.field}.claimName" if place else "spec.volumes")[1]
    there = [each.name for each in case.workloads.claims if each.namespace == one.pod.namespace]
    close = difflib.get_close_matches(name, there, 1)
    return cause_of(
        one,
        f"{field} is {name}, and there is no PersistentVolumeClaim {one.pod.namespace}/{name}",
        field=field,
        value=name,
        wanted=close[0] if close else "",
        mechanism="A Pod is not scheduled before the claims that it names exist",
        evidence=(Evidence("api", f"PersistentVolumeClaim {one.pod.namespace}/{name}", "does not exist", key=True),),
        fix=fixes.in_template(one.owner, f"Create the claim, or name one that exists: {close[0]}", field, close[0])
        if close
        else Fix("Create the claim, or name one that exists"),
    )


def _pending(case: Case, one: UnwellPods, claim: Claim) -> Candidate:
    ref = ObjectRef("PersistentVolumeClaim", claim.name, claim.namespace)
    events = case.events(ref, "ProvisioningFailed", "FailedBinding", "ExternalProvisioning", "WaitForFirstConsumer")
    said = events[0].message if events else "it is pending"
    field, value, why, other = _why_pending(case, claim)
    return cause_of(
        one,
        f"{field} {f'is {value}' if value else 'is not set'}, and {why}",
        object=other or ref,
        field=field,
        value=value,
        mechanism="A Pod is not scheduled before its claims are bound to volumes",
        victims=(one.owner, *one.refs, *((ref,) if other else ())),
        evidence=(Evidence("event" if events else "api", str(ref), said, key=True),),
        fix=Fix("Create a volume or class that fits, or make the claim anew: most of its fields cannot be changed"),
    )


def _why_pending(case: Case, claim: Claim) -> tuple[str, str, str, ObjectRef | None]:
    """The field that keeps a claim from being bound, its value, why, and the object where it is another one."""
    if claim.volume:
        return _why_not_that_one(case, claim)
    classes = {each.name: each for each in case.workloads.storage_classes}
    default = next((each for each in classes.values() if each.default), None)
    name = claim.storage_class
    if name and name not in classes:
        like = [each for each in case.workloads.volumes if each.storage_class == name]
        if not like:
            exist = ", ".join(sorted(classes)) or "none"
            return "spec.storageClassName", name, f"there is no such StorageClass; existing ones: {exist}", None
    if name is None and default is None:
        return "spec.storageClassName", "", "the cluster has no default StorageClass", None
    free = [each for each in case.workloads.volumes if each.phase == "Available" and each.storage_class == (name or "")]
    if free and claim.selector:
        free = [each for each in free if _selects(claim, each)]
        if not free:
            said = "no volume of its class that is free has these labels"
            return "spec.selector", _selector_text(claim), said, None
    if free:
        modes = [each for each in free if set(claim.access_modes) <= set(each.access_modes)]
        if not modes:
            have = ", ".join(sorted({mode for each in free for mode in each.access_modes}))
            return "spec.accessModes", ", ".join(claim.access_modes), f"the volumes that are free have {have}", None
        biggest = ", ".join(sorted({each.capacity for each in modes}))
        return "spec.resources.requests.storage", claim.requested, f"the volumes that are free have {biggest}", None
    owner = classes.get(name or "") or default
    if owner and owner.provisioner not in ("", "kubernetes.io/no-provisioner"):
        said = f"nothing that provisions volumes of StorageClass {owner.name} has done so"
        return "provisioner", owner.provisioner, said, ObjectRef("StorageClass", owner.name)
    return "spec.storageClassName", name or "", "no PersistentVolume of that class is free", None


def _why_not_that_one(case: Case, claim: Claim) -> tuple[str, str, str, ObjectRef | None]:
    """Why a claim that names a volume does not get it."""
    field = "spec.volumeName"
    volume = next((each for each in case.workloads.volumes if each.name == claim.volume), None)
    if volume is None:
        return field, claim.volume, "there is no such PersistentVolume", None
    if volume.claim and volume.claim != f"{claim.namespace}/{claim.name}":
        return field, claim.volume, f"that PersistentVolume is bound to claim {volume.claim}", None
    if volume.storage_class != (claim.storage_class or ""):
        said = f"PersistentVolume {volume.name} has class {volume.storage_class or 'none'}"
        return "spec.storageClassName", claim.storage_class or "", said, None
    if not set(claim.access_modes) <= set(volume.access_modes):
        have = ", ".join(volume.access_modes)
        return "spec.accessModes", ", ".join(claim.access_modes), f"PersistentVolume {volume.name} has {have}", None
    if quantities.number(claim.requested) > quantities.number(volume.capacity):
        said = f"PersistentVolume {volume.name} has {volume.capacity}"
        return "spec.resources.requests.storage", claim.requested, said, None
    return field, claim.volume, f"that PersistentVolume is {volume.phase or 'not available'}", None


def _selects(claim: Claim, volume: Volume) -> bool:
    try:
        return _selectors.matches(_selectors.of_object(claim.selector), volume.labels)
    except ValueError:
        return False


def _selector_text(claim: Claim) -> str:
    labels = claim.selector.get("matchLabels") or {}
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "matchExpressions"


_NEEDS = ("pods", "details", "events", "claims", "volumes", "storage_classes")
RULES = (Rule("POD-15", "A PersistentVolumeClaim is not bound", _NEEDS, _claims),)
