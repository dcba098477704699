# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markdown: the verdict, the table and why, in a comment at most, and hostile words in code alone."""

from __future__ import annotations

import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    changes,
    markdown,
)
from ansible_collections.kubewire.netdebug.tests.hostile import STRINGS
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes

SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def outside_code(source: str) -> str:
    """Return Markdown without its code spans."""
    return SPAN.sub("", source)


@pytest.mark.parametrize("word", STRINGS)
def test_hostile_words_stand_in_code_in_markdown(word: str):
    plain = outside_code(
        markdown.render(scenes.poisoned("plain"), changes.tell(scenes.one(), scenes.poisoned("plain")))
    )
    told = markdown.render(scenes.poisoned(word), changes.tell(scenes.one(), scenes.poisoned(word)))
    # Not a character more stands outside of code than with a harmless word.
    assert outside_code(told) == plain
    assert all(char.isprintable() or char == "\n" for char in told)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("shop/web-1", "`shop/web-1`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("``a", "``` ``a ```"),
        ("a|b", "`a\\|b`"),
        (" a ", "`  a  `"),
        ("@everyone <b>", "`@everyone <b>`"),
        ("a\nb", "`a b`"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_code_spans(raw: str, shown: str):
    assert markdown.code(raw) == shown


def test_markdown_says_the_verdict_the_table_and_why():
    told = markdown.render(scenes.broken_node())
    assert told.startswith(
        "## \u274c 46 of 213 checks failed, 3 unexpectedly open, 38 unknown; 1 note\n\nCluster `https://198"
    )
    assert "| \u274c | Pod to Pod, across nodes | 48 | · | 40 | · | 8 | · |" in told
    assert "- expected: `deny: NetworkPolicy shop/api-from-web lets only app=web in`" in told
    assert "| `Pod shop/migrate-x7, Pod shop/migrate-x8` | `it has finished (Succeeded)` |" in told
    assert markdown.render(scenes.healthy()).startswith("## \u2705 All 213 checks passed")
    assert markdown.render(scenes.empty()).startswith("## \u26aa Nothing was tested")


def test_markdown_names_who_decided():
    told = markdown.render(scenes.one(verdict="fail", outcome="timeout", decided_by="NetworkPolicy shop/x"))
    assert "- decided by: `NetworkPolicy shop/x`" in told


def test_markdown_fits_a_comment():
    scene = scenes.Scene(lambda _o, _t, cell: scenes.timeout(chr(97 + cell["id"] % 26) * (cell["id"] // 26 + 1) * 300))
    for number in range(300):
        name = f"{number}-" + "x" * 300
        scene.probe(scenes.source(number, "w1", app=name), scenes.service_target(name), "pod_to_service", "tcp")
    things = [{"what": "y" * 400, "reason": f"{number} {'z' * 400}", "remedy": "w" * 400} for number in range(99)]
    document = scene.document(things)
    told = markdown.render(document, changes.tell(scenes.empty(), document))
    assert len(told) < 65_536
    assert "\u2026and 290 more checks by 290 more causes." in told
    assert "\u2026and more, for 89 further reasons." in told


def test_a_sample_says_so():
    document = {**scenes.one(), "coverage": scenes.COVERAGE}
    told = markdown.render(document)
    assert "### Only a part was tested" in told
    assert (
        "3 of 200 sources (2 %), 15 of 400 targets (4 %), 18 of 80,000 pairs of nodes (0.022 %), 2 of 3 nodes" in told
    )
    assert "- left out: `197 Pods as sources, 385 targets`" in told
    everything = {"mode": "all", "sources": [3, 3], "pairs": [9, 9], "left_out": []}
    assert markdown.render({**document, "coverage": everything}) == markdown.render(scenes.one())
