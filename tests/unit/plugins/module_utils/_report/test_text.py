# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary in text: the verdict first, bounded, and nothing in it that a terminal would obey."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import phrases, text
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.document import summarise
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (scenes.healthy(), "All 213 checks PASSED"),
        (scenes.one(), "The 1 check PASSED"),
        (scenes.one(outcome="http_503", note="answers HTTP 503"), "The 1 check PASSED; 1 note"),
        (scenes.one(verdict="fail", whose="application"), "1 of 1 check FAILED: 1 application"),
        (scenes.one(verdict="unknown"), "1 of 1 check UNKNOWN, none failed"),
        (scenes.one(verdict="unexpected_open"), "1 of 1 check UNEXPECTEDLY OPEN"),
        (scenes.one(verdict="skipped"), "NOTHING was tested"),
        (scenes.empty(), "NOTHING was tested"),
        (scenes.mesh(50, 50), "225 of 2,500 checks FAILED"),
    ],
)
def test_first_line_is_the_verdict(document: scenes.Data, line: str):
    assert text.render(document, width=200).splitlines()[0] == line
    assert phrases.tally(document, loud=False).lower() == phrases.tally(document).lower()


def test_verdicts_stand_together():
    first = text.render(scenes.broken_node(), width=200).splitlines()[0]
    assert first.startswith("46 of 213 checks FAILED, 3 UNEXPECTEDLY OPEN, 38 UNKNOWN; 1 note")


def test_broken_network_broken_applications_and_notes_are_counted_apart():
    document = scenes.broken_node()
    for number, cell in enumerate(cell for cell in document["cells"] if cell["verdict"] == "fail"):
        cell["whose"] = "network" if number else "application"
    document["summary"] = summarise(document["cells"])
    first = text.render(document, width=200).splitlines()[0]
    assert first.startswith(
        "46 of 213 checks FAILED: 45 network, 1 application; 3 UNEXPECTEDLY OPEN; 38 UNKNOWN; 1 note"
    )


def test_what_is_well_is_a_count():
    told = text.render(scenes.healthy(), width=200)
    counts = "container_to_container 1, pod_to_pod_same_node 32, pod_to_pod_cross_node 48, pod_to_service 96, "
    assert f"\nPassed: 213 checks: {counts}pod_to_nodeport 36\nNot applicable: 12 checks\n" in told
    assert "pod_to_service" not in text.render(scenes.one(verdict="skipped")).partition("\nPassed")[2]


@pytest.mark.parametrize("scene", [scenes.healthy, scenes.broken_node, scenes.every_model, scenes.empty])
def test_last_line_is_the_verdict_as_well(scene):
    lines = text.render(scene(), files=["/run/report.html"]).splitlines()
    assert lines[0] == lines[-1]
    assert lines[-2] == ""


def test_order_is_causes_then_what_was_not_tested_then_files():
    told = text.render(scenes.broken_node(), files=["/run/report.html"])
    order = ["What needs attention: 4 causes", "FAILED  ", "UNKNOWN  ", "Notes on applications: 1 note", "Not tested: "]
    order += ["Passed: ", "Files:"]
    places = [told.index(word) for word in order]
    assert places == sorted(places)


def test_times_that_tell_nothing_are_left_out():
    document = scenes.one()
    document["run"]["end"] = "2026-99-21T08:41:05Z"
    assert text.render(document, width=200).splitlines()[1].endswith(f"{document['run']['start']}: 1 source, 1 target")


def test_what_was_not_tested_is_told_by_reason():
    lines = text.render(scenes.broken_node()).splitlines()
    assert "Not tested: 3 things" in lines
    assert "  Pod shop/migrate-x7, Pod shop/migrate-x8: it has finished (Succeeded)" in lines


def test_a_sample_and_models_without_a_check_are_told():
    told = text.render(scenes.every_model(), width=200)
    assert "Only a part was tested:\n  mode      a ring over the nodes\n  tested    3 of 200 sources (2 %), " in told
    assert "  left out  197 Pods as sources, 385 targets\n" in told
    assert "No check at all" not in told
    assert "No check at all of pod_to_self_service, pod_to_headless, " in text.render(scenes.healthy())
    assert "Only a part" not in text.render(scenes.healthy())


def test_replay_requests_and_files_are_told():
    document = scenes.one()
    document["run"]["replayed"] = True
    told = text.render(document, files=["/run/report.html", "/run/report.json"])
    assert "nothing was sent now" in told
    assert "Requests: 10 api, 1 exec\n" in told
    assert "Files:\n  /run/report.html\n  /run/report.json\n\n" in told


def many_reasons(number: int) -> scenes.Data:
    """Return failures that have nothing in common: each has its own words."""
    letters = itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=3)
    reasons = ("".join(word) for word in letters)
    scene = scenes.Scene(lambda _origin, _target, _cell: scenes.timeout(next(reasons)))
    for place in range(number):
        scene.probe(scenes.source(place, "w1"), scenes.service_target("web"), "pod_to_service", "tcp")
    things = [
        {"what": f"Pod {place}", "reason": "".join(word)} for place, word in zip(range(number), letters, strict=False)
    ]
    return scene.document(things)


def test_length_is_bounded_and_says_what_was_cut():
    few, many = text.render(many_reasons(50)), text.render(many_reasons(400))
    assert len(few.splitlines()) == len(many.splitlines()) < 100
    assert "FAILED  392 more checks by 392 more causes: see report.html" in many
    assert "for 392 more reasons: see report.html" in many


@pytest.mark.parametrize("width", [10, 60, 80, 132])
def test_lines_keep_to_the_width(width: int):
    told = text.render(scenes.broken_node(), width=width)
    assert max(map(len, told.splitlines())) <= max(width, text.MIN_WIDTH)


@pytest.mark.parametrize("scene", [scenes.hostile, scenes.broken_node])
def test_hostile_text_is_spelt_out(scene):
    told = text.render(scene(), files=["/run/\x1b]0;x\x07"])
    assert all(line.isprintable() for line in told.split("\n"))
    told.encode()


def test_colour_marks_the_lines_that_matter_and_nothing_else():
    plain, coloured = text.render(scenes.broken_node()), text.render(scenes.broken_node(), colour=True)
    assert "\x1b" not in plain
    for colour in text._COLOURS.values():
        coloured = coloured.replace(colour, "")
    assert coloured.replace("\x1b[0m", "") == plain


@pytest.mark.parametrize(
    ("line", "colour"),
    [
        ("3 of 9 checks FAILED", "red"),
        ("FAILED  3 checks: pod_to_service", "red"),
        ("NOTHING was tested", "red"),
        ("1 of 9 checks UNEXPECTEDLY OPEN", "purple"),
        ("1 of 9 checks UNKNOWN, none failed", "yellow"),
        ("8 checks PASSED, 1 model NOT TESTED", "yellow"),
        ("Notes on applications: 3 notes", ""),
        ("All 9 checks PASSED", "green"),
        ("  reason    it FAILED", ""),
        ("Passed: 9 checks: pod_to_service 9", ""),
        ("total  9", ""),
        ("", ""),
    ],
)
def test_colours(line: str, colour: str):
    assert text.colour_of(line) == colour
