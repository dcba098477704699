# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people have written of the objects that a fault is about, so that an undo can be seen to bring it back.

That is everything in the fault's namespace but what controllers and kubelets make there, and the objects elsewhere that
the fault or its finding names. What runs already may go on as it is: a webhook asks nobody about a Pod that is there.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

from kubelab.cluster import kubectl
from kubelab.faults.files import Fault

#: What the API server itself writes into an object, and refuses to take back.
WRITTEN = (
    *("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"),
    *("deletionTimestamp", "deletionGracePeriodSeconds"),
)
#: Made by controllers, kubelets and clients, not by people.
MADE = ("componentstatuses", "controllerrevisions", "endpoints", "endpointslices", "events", "leases", "podmetrics")
OWNED = "ownerReferences"
#: What kubectl and controllers note beside what they are asked for.
NOTES = (
    *("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/restartedAt", "kubernetes.io/change-cause"),
    "kubectl.kubernetes.io/last-applied-configuration",
)

State = dict[str, Any]


def state(fault: Fault, first: dict[str, Any]) -> State:
    """Each object by kind and name, without its status and what the API server writes.

    Args:
        fault: one that is in the lab.
        first: the finding whose fix is about to be run.
    """
    items = _items("-n", fault.namespace, "get", ",".join(_kinds()))
    places = {(item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]) for item in fault.objects}
    if told := first.get("object"):
        places.add((told["kind"], told.get("namespace", ""), told["name"]))
    for kind, namespace, name in sorted(places):
        if kind != "Namespace" and namespace != fault.namespace:
            items += _items(*(("-n", namespace) if namespace else ()), "get", kind, name, "--ignore-not-found")
    return {_name(item): _written(item) for item in items if OWNED not in item["metadata"]}


def differences(before: State, after: State) -> list[str]:
    """The names of what is not as it was."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _kinds() -> list[str]:
    """What a namespace may hold. An aggregated API that does not answer has none of it."""
    words = ("api-resources", "--namespaced", "--verbs=list", "-o", "name")
    listed = subprocess.run(kubectl(*words), check=False, capture_output=True, text=True, timeout=60).stdout
    return [name for name in listed.split() if name.partition(".")[0] not in MADE]


def _items(*words: str) -> list[dict[str, Any]]:
    done = subprocess.run(kubectl(*words, "-o", "json"), check=False, capture_output=True, text=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout or "{}")
    items: list[dict[str, Any]] = found.get("items", [found] if found else [])
    return items


def _name(item: dict[str, Any]) -> str:
    meta = item["metadata"]
    return "/".join([item["apiVersion"].partition("/")[0], item["kind"], meta.get("namespace", ""), meta["name"]])


def _written(item: dict[str, Any]) -> dict[str, Any]:
    meta = {key: value for key, value in item["metadata"].items() if key not in WRITTEN}
    told = {**item, "metadata": _without_notes(meta)}
    told.pop("status", None)
    template = told.get("spec", {}).get("template", {})
    if isinstance(template, dict) and "metadata" in template:
        told["spec"] = {**told["spec"], "template": {**template, "metadata": _without_notes(template["metadata"])}}
    return told


def _without_notes(meta: dict[str, Any]) -> dict[str, Any]:
    notes = {key: value for key, value in meta.get("annotations", {}).items() if key not in NOTES}
    rest = {key: value for key, value in meta.items() if key != "annotations"}
    return {**rest, "annotations": notes} if notes else rest
