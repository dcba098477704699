# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed since an earlier report, as every format tells it."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import changes, text
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes


def test_what_is_told_names_both_sides():
    small, large = scenes.mesh(2, 2), scenes.mesh(3, 3)
    told = changes.tell(small, large)
    assert told["counts"] == {"worse": 0, "better": 0, "changed": 0, "new": 5, "gone": 0, "same": 4}
    assert [group["kind"] for group in told["groups"]] == ["new"]
    assert changes.title(told["groups"][0]) == "5 checks tested now and not before: Pod to Pod, across nodes"
    assert [label for label, _text in changes.lines(told["groups"][0])] == ["from", "to", "now"]
    gone = changes.tell(large, small)["groups"][0]
    assert [label for label, _text in changes.lines(gone)] == ["from", "to", "was"]
    assert "team-2/search-2" in gone["from"]
    assert gone["ids"] == [3, 6, 7, 8, 9]


def test_reports_of_two_clusters_are_compared_and_said_to_be():
    other = scenes.one()
    other["run"]["cluster"] = {**other["run"]["cluster"], "server": "https://other:6443"}
    assert ", which was of another cluster: nothing changed" in changes.headline(changes.tell(other, scenes.one()))


def test_hostile_reports_are_told_harmlessly():
    told = changes.tell(scenes.one(), scenes.hostile())
    shown = [changes.headline(told), *(value for group in told["groups"] for value in group.values())]
    assert all(value.isprintable() for value in shown if isinstance(value, str))
    summary = text.render(scenes.hostile(), changes=told)
    assert all(line.isprintable() for line in summary.split("\n"))
    assert "Since run 20261121-0841-3f9c" in summary


def test_groups_are_bounded():
    scene = scenes.Scene()
    for number in range(100):
        scene.probe(
            scenes.source(1, "w1"),
            scenes.service_target("api"),
            "pod_to_service",
            "tcp",
            outcome=f"http_{200 + number}",
        )
    told = changes.tell(scenes.empty(), scene.document())
    assert (len(told["groups"]), told["more_groups"], told["counts"]["new"]) == (changes.MAX_GROUPS, 60, 100)
    assert "92 more groups of changes" in text.render(scene.document(), changes=told)
