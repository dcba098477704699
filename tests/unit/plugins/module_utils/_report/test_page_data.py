# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page gets of a document."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import changes
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.page_data import MAX_GROUPS, build
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes


def packed_cell(document: scenes.Data, place: int) -> dict[str, t.Any]:
    """Return one cell as the page gets it."""
    data = build(document)
    cells = {key: value[place] if isinstance(value, list) else value for key, value in data["cells"].items()}
    return {**cells, **{key: data["texts"][cells[key]] for key in ("e_more", "e_path", "decided_by")}}


def test_what_few_cells_have_is_said():
    document = scenes.every_model()
    assert packed_cell(document, 2)["e_more"] == "IP packets of 1430 bytes pass"
    assert packed_cell(document, 3)["e_more"] == "4 of 5 tries answered; p50 0.4 ms, p99 2.25 ms"
    document["cells"][4]["evidence"].update(level="node", through="default/box/debugger")
    assert packed_cell(document, 4)["e_more"].startswith("probed at level node in default/box/debugger")
    assert packed_cell(document, 3)["control"] == 1
    assert packed_cell(document, 4)["control"] == -1
    assert packed_cell(document, 7)["e_path"] == "kube-proxy answers on the node itself"
    assert packed_cell(document, 17)["e_more"] == "TLSv1.3, for shop.lab www.shop.lab"
    assert packed_cell(document, 17)["decided_by"] == "ingress web"


def test_what_was_not_asked_is_said():
    packed = build(scenes.every_model())
    assert packed["not_asked"] == []
    assert [label for label, _text in packed["coverage"]] == ["mode", "tested", "confidence", "left out"]
    assert build(scenes.healthy())["coverage"] == []
    assert "pod_to_ingress" in build(scenes.healthy())["not_asked"]
    assert build(scenes.empty())["not_asked"] == []
    assert build(scenes.healthy())["skipped"] == [
        ("12 checks by icmp: pod_to_service", "ICMP to a ClusterIP says nothing")
    ]


def test_changes_are_on_the_page():
    before, after = scenes.healthy(), scenes.broken_node()
    packed = build(after, changes.tell(before, after))["changes"]
    assert "92 worse (133 as before)" in packed["headline"]
    assert len(packed["groups"][0]["ids"]) == 40
    gone = build(scenes.one(), changes.tell(after, scenes.one()))["changes"]["groups"]
    assert all(not group["ids"] for group in gone if group["kind"] == "gone")  # those cells are not on this page
    assert build(after)["changes"] is None


def test_groups_are_bounded():
    letters = iter("abcdefghijklmnopqrstuvwxyz" * 4)
    counter = iter(range(100))
    scene = scenes.Scene(lambda _o, _t, _c: scenes.timeout(next(letters) * (1 + next(counter) // 26)))
    for place in range(100):
        scene.probe(scenes.source(place, "w1"), scenes.service_target("web"), "pod_to_service", "tcp")
    packed = build(scene.document())
    assert len(packed["groups"]) == MAX_GROUPS
    assert packed["more_groups"] == 100 - MAX_GROUPS
