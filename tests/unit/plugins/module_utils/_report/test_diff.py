# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two reports: every question is counted once, rollouts change nothing, and what is told is bounded and harmless."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import changes, diff
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes


def counts(before: scenes.Data, after: scenes.Data) -> dict[str, int]:
    """Return the counts that are not zero."""
    return {kind: number for kind, number in diff.compare(before, after).counts.items() if number}


def test_the_same_report_has_not_changed():
    found = diff.compare(scenes.broken_node(), scenes.broken_node())
    assert (found.counts["same"], found.total, found.changes) == (225, 0, ())
    assert changes.headline(changes.tell(scenes.one(), scenes.one())).endswith(": nothing changed (1 as before)")


def test_a_broken_node_is_worse_and_its_repair_better():
    healthy, broken = scenes.healthy(), scenes.broken_node()
    assert counts(healthy, broken) == {"worse": 92, "same": 133}
    assert counts(broken, healthy) == {"better": 92, "same": 133}
    first = diff.compare(healthy, broken).changes[0]
    assert (first.kind, first.model, first.was, first.now) == (
        "worse",
        "pod_to_pod_cross_node",
        "pass",
        "fail (timeout)",
    )
    assert len(first.cells) == 40


PASS, FAIL = {"verdict": "pass"}, {"verdict": "fail", "outcome": "timeout"}


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (PASS, FAIL, "worse"),
        (PASS, {"verdict": "unexpected_open"}, "worse"),
        (PASS, {"verdict": "unknown", "outcome": "probe_error"}, "worse"),
        ({"verdict": "unknown"}, FAIL, "worse"),
        (PASS, {"outcome": "http_503"}, "worse"),
        (FAIL, PASS, "better"),
        ({"outcome": "http_503"}, PASS, "better"),
        (FAIL, {"verdict": "unknown"}, "better"),
        (PASS, {"outcome": "http_404"}, "changed"),
        (FAIL, {**FAIL, "outcome": "refused"}, "changed"),
        (FAIL, {"verdict": "unexpected_open"}, "changed"),
        (PASS, {"verdict": "skipped"}, "changed"),
        (FAIL, FAIL, "same"),
    ],
)
def test_kinds_of_changes(was: t.Any, now: t.Any, kind: str):
    assert counts(scenes.one(**was), scenes.one(**now)) == {kind: 1}


def rollout(number: int, names: str, nodes: str = "12", **more: t.Any) -> scenes.Data:
    """Return Pods of one Deployment that each ask a Service by TCP and another Pod by ICMP."""
    scene = scenes.Scene()
    for place in range(number):
        origin = {**scenes.source(place, f"w{nodes[place % 2]}"), "pod": f"web-{names[place]}", **more}
        origin["id"] = f"shop/{origin['pod']}/web"
        scene.probe(origin, scenes.service_target("api"), "pod_to_service", "tcp")
        scene.probe(origin, {**scenes.pod_target(origin), **more}, "pod_to_pod_cross_node", "icmp")
    return scene.document()


def test_a_rollout_changes_nothing():
    web = {"workload": "Deployment/web"}
    assert counts(rollout(2, "ab", **web), rollout(2, "cd", **web)) == {"same": 4}
    assert counts(rollout(2, "ab", **web), rollout(2, "cd", "21", **web)) == {"same": 4}
    assert counts(rollout(3, "abc", **web), rollout(2, "de", **web)) == {"same": 4, "gone": 2}
    assert counts(rollout(1, "a", **web), rollout(3, "def", **web)) == {"same": 2, "new": 4}


def test_without_a_workload_names_decide():
    assert counts(rollout(2, "ab"), rollout(2, "bc")) == {"same": 2, "gone": 2, "new": 2}
    assert counts(rollout(1, "a", workload="Deployment/web"), rollout(1, "b", workload="Deployment/api")) == {
        "gone": 2,
        "new": 2,
    }


def test_a_pod_is_compared_with_the_one_on_its_node():
    before, after = (rollout(2, names, workload="DaemonSet/web") for names in ("ab", "dc"))
    for document, broken in ((before, "web-b"), (after, "web-c")):  # both on w2
        for cell in document["cells"]:
            if broken in cell["source"]:
                cell.update(verdict="fail", outcome="timeout")
    assert counts(before, after) == {"same": 4}


def test_the_same_pair_asked_twice_is_matched_by_how_it_was_named():
    scene = scenes.Scene()
    for via in ("address", "address 198.18.1.11"):
        scene.probe(scenes.source(1, "w1"), scenes.service_target("api"), "pod_to_nodeport", "tcp", via=via)
    before, after = scene.document(), copy.deepcopy(scene.document())
    del after["cells"][0]
    before["cells"][0].update(verdict="fail", outcome="timeout")
    assert counts(before, after) == {"gone": 1, "same": 1}
