# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads of the answers of commands, whatever came out of the containers."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import CommandAnswer
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.command_answers import listing, result

ROUTES = "default via 10.0.0.1 dev eth0\n10.244.0.0/24 dev cni0\n\n10.244.1.0/24 via 10.244.1.0\n"


def answer(node: str = "w1", **fields: t.Any) -> dict[str, t.Any]:
    usual = {"level": "node", "object": f"kube-system/x-{node}/debugger", "node": node, "argv": ["ip", "route"]}
    return {**usual, "exit_class": "exited", "rc": 0, "stdout": "", "stderr": "", **fields}


def test_each_place_with_its_commands_and_the_head_of_what_they_gave():
    given = [
        answer(name="routes", stdout=ROUTES),
        answer(name="neighbours", stdout="one\n"),
        answer("w2", name="routes"),
    ]
    assert listing(given, lines=2) == [
        "node w1: 2 of 2 commands exited with 0",
        "  routes      default via 10.0.0.1 dev eth0",
        "              10.244.0.0/24 dev cni0  (+ 1 lines)",
        "  neighbours  one",
        "node w2: 1 of 1 commands exited with 0",
        "  routes      (nothing)",
    ]


@pytest.mark.parametrize(
    ("level", "node", "where"),
    [
        ("node", "w1", "node w1"),
        ("host", "h1", "host h1"),
        ("namespace", "w1", "shop/web/debugger on w1"),
        ("pod", "", "shop/web/debugger"),
    ],
)
def test_a_place_goes_by_what_was_asked(level, node, where):
    line = listing([answer(node, level=level, object="shop/web/debugger")])[0]
    assert line == f"{where}: 1 of 1 commands exited with 0"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"rc": 2, "stderr": "a\nls: no such file\n"}, "exited with 2: ls: no such file"),
        ({"exit_class": "not_found", "rc": None, "message": "nft: not found"}, "not_found: nft: not found"),
        ({"exit_class": "signalled", "rc": 137}, "signalled (137)"),
    ],
)
def test_what_failed_says_why_beside_what_it_gave(fields, line):
    assert listing([answer(**fields, stdout="some\n")]) == [
        "node w1: 0 of 1 commands exited with 0",
        f"  ip route  {line}",
        "            some",
    ]


def test_where_standard_output_is_empty_standard_error_is_shown():
    lines = listing([answer(stderr="* connected\n* closed\n")])
    assert lines[1:] == ["  ip route  * connected", "            * closed"]


def test_of_many_places_only_what_failed_is_shown():
    given = [answer(f"n{n:03}", stdout=ROUTES, rc=int(n == 70)) for n in range(100)]
    lines = listing(given, places=2)
    assert len(lines) == 100 + 2 * 2 + 1
    assert lines[lines.index("node n070: 0 of 1 commands exited with 0") + 1] == "  ip route  exited with 1"


def test_a_node_that_could_not_be_asked_says_why():
    trouble = {"object": "kube-system/x", "node": "w2", "kind": "node_not_ready", "evidence": "Kubelet stopped"}
    assert listing([], [trouble]) == ["w2: no command was run: node_not_ready: Kubelet stopped"]
    assert listing([], [{**trouble, "remedy": "repair it"}])[0].endswith("Kubelet stopped; repair it")


def test_output_in_a_file_is_shown_from_there(tmp_path: pathlib.Path):
    file = tmp_path / "out"
    file.write_text("first\nsecond\n" + "x" * 100_000)
    stored = {"path": str(file), "size": 100_013, "sha256": ""}
    assert listing([answer(stdout_file=stored)], lines=1)[1:] == [
        "  ip route  first",
        f"            {file}, 100013 bytes",
    ]
    file.unlink()
    assert len(listing([answer(stdout_file=stored)])) == 2


def test_lines_are_bounded_and_steer_no_terminal():
    lines = listing([answer(name="\x1b[2J" * 9, stdout="\x1b]0;owned\x07" + "x" * 100_000)])
    assert all(line.isprintable() and len(line) <= 200 for line in lines)
    assert "\\x1b]0;owned" in lines[1]


def test_a_single_answer_has_its_keys_beside_the_list():
    one = CommandAnswer.from_dict(answer(rc=7, stdout="out"))
    assert {key: result([one])[key] for key in ("rc", "stdout", "stderr", "exit_class")} == {
        "rc": 7,
        "stdout": "out",
        "stderr": "",
        "exit_class": "exited",
    }
    assert set(result([one, one])) == set(result([])) == {"answers"}
    assert len(result([one, one])["answers"]) == 2
