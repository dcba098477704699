# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is to be said of applications whose checks passed: once for each object, Pods of one workload together."""

from __future__ import annotations

import typing as t

from .sanitize import sanitize
from .untested import listing

Plain = t.Mapping[str, t.Any]
_NAMES = {"pod": "Pod", "service": "Service", "node": "Node", "ingress": "entry point", "apiserver": "API server"}
_MOST_PODS = 3


def tell(document: Plain) -> list[tuple[str, str]]:
    """Return each object, or the Pods of a workload that are alike, with all that is to be said of it."""
    by_object: dict[str, dict[str, None]] = {}
    targets: dict[str, Plain] = {}
    for cell in document["cells"]:
        if cell.get("note"):
            target = document["targets"][cell["target"]]
            name = "/".join(filter(None, (target.get("namespace"), target["name"])))
            key = f"{_NAMES.get(target['kind'], target['kind'])} {name}"
            targets.setdefault(key, target)
            by_object.setdefault(key, {})[cell["note"]] = None
    alike: dict[tuple[str, ...], list[str]] = {}
    for key, said in by_object.items():
        target = targets[key]
        owner = f"{target.get('namespace', '')}/{target['workload']}" if target.get("workload") else key
        alike.setdefault((owner, *sorted(said)), []).append(key)
    told = []
    for (_owner, *all_said), names in alike.items():
        many = f"{len(names)} Pods: {listing([each.partition(' ')[2] for each in names], _MOST_PODS)}"
        told.append((sanitize(many if len(names) > 1 else names[0]), sanitize("; ".join(all_said))))
    return told
