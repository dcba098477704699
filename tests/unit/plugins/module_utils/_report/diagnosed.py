# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report that has been diagnosed: two causes, one of them of most failures, and what is left."""

from __future__ import annotations

import typing as t

from . import scenes

FIX = """kubectl -n shop patch service web --type=merge -p '{"spec": {"selector": {"app": "web"}}}'"""


def finding(**more: t.Any) -> scenes.Data:
    """A cause."""
    return {
        "code": "SVC-02",
        "layer": "Service",
        "severity": "error",
        "certainty": "certain",
        "object": {"kind": "Service", "name": "web", "namespace": "shop"},
        "sentence": "Service shop/web: spec.selector.app is webb, and no Pod of namespace shop has these labels",
        "field": "spec.selector.app",
        "value": "webb",
        "wanted": "web",
        "mechanism": "Without a Pod that matches, the Service has no endpoint",
        "evidence": [
            {"kind": "probe", "about": "check 4", "says": "refused"},
            {"kind": "api", "about": "Service shop/web", "says": "selector app=webb", "key": True},
        ],
        "ruled_out": [{"code": "POL-01", "by": "8080 of the same Pod answers"}],
        "fix": {"text": "Give the selector the labels of the Pods", "command": FIX, "undo": FIX.replace("web", "w")},
        "verify": {"source": "shop/deployment/client", "target": "web.shop:80"},
        **more,
    }


def diagnosed(*findings: scenes.Data, document: scenes.Data | None = None, **more: t.Any) -> scenes.Data:
    """A report with these findings; of its failing cells, what they do not explain is not explained."""
    found = document or scenes.broken_node()
    explained = {number for each in findings for number in each.get("explains", ())}
    failing = [cell["id"] for cell in found["cells"] if cell["verdict"] in ("fail", "unexpected_open")]
    said = {
        "outcome": "cause" if findings else "unknown",
        "unexplained": [number for number in failing if number not in explained],
        "ruled_out": [],
        "unknown_rules": [],
        "evaluated": ["SVC-02"],
        **more,
    }
    return {**found, "findings": list(findings), "diagnosis": said}


def failing(document: scenes.Data | None = None) -> list[int]:
    """The ids of the failing cells of the scene."""
    found = document or scenes.broken_node()
    return [cell["id"] for cell in found["cells"] if cell["verdict"] in ("fail", "unexpected_open")]


#: A way through the flowchart that leads to the cause, and the hops of a question.
WAY = {
    "steps": [
        {"id": "P0", "question": "Has each workload all of its Pods?", "answer": "yes"},
        {"id": "S1", "question": "Has each Service ready endpoints?", "answer": "no", "says": "Service shop/web"},
        {"id": "S2", "question": "Does its selector match Pods?", "answer": "no"},
    ],
    "leaf": "L21",
    "says": "Correct the selector",
    "codes": ["SVC-02"],
}
HOPS = [
    {"hop": "name", "state": "passes", "says": "web.shop is answered"},
    {"hop": "Service", "state": "stops", "says": "no Pod matches the selector of Service shop/web"},
]
