# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: one file that needs nothing, in which hostile text stays text."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import changes, page_assets
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import html as page
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.page_data import MAX_GROUPS, build
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes


class Reader(html.parser.HTMLParser):
    """Collects the elements of a page and the text in them."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, t.Any]]] = []
        self.open = ""
        self.inside: dict[str, list[str]] = {}
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, t.Any]]) -> None:
        """Note an element."""
        self.tags.append((tag, dict(attrs)))
        self.open = tag
        self.inside.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        """Text after an element is not in it."""
        self.open = ""

    def handle_data(self, data: str) -> None:
        """Note the text of the innermost element."""
        if self.open:
            self.inside[self.open][-1] += data


TAGS = ["html", "head", "meta", "meta", "meta", "meta", "meta", "title", "style", "body", "main", "aside", "noscript"]
SCENES = [scenes.healthy, scenes.broken_node, scenes.every_model, scenes.empty, scenes.one, scenes.hostile]


@pytest.mark.parametrize("scene", SCENES)
def test_page_has_these_elements_and_no_others(scene: t.Callable[[], scenes.Data]):
    reader = Reader(page.render(scene()))
    tags = [tag for tag, _attributes in reader.tags]
    assert [tag for tag in tags if tag != "meta"] == [tag for tag in TAGS if tag != "meta"] + [
        "pre",
        "script",
        "script",
    ]
    for _tag, attributes in reader.tags:
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "href", "style")}


def test_page_asks_the_network_for_nothing():
    reader = Reader(page.render(scenes.healthy()))
    policy = next(item["content"] for _tag, item in reader.tags if item.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    script, style = reader.inside["script"][1], reader.inside["style"][0]
    for source, name in ((script, "script-src"), (style, "style-src")):
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert not re.search(r"url\(|@import|https?://", style)
    drawn = script.replace('"http://www.w3.org/2000/svg"', "")  # the name of a namespace, which nobody asks
    assert not re.search(r"fetch\(|XMLHttp|import\(|WebSocket|https?://", drawn)


def test_script_sets_text_only():
    script = page_assets.SCRIPT
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script)
    assert "</" not in script
    assert "</" not in page_assets.STYLE


def test_parts_of_the_script_do_not_take_each_others_names():
    names = re.findall(r"^(?:const|let|function) (\w+)", page_assets.SCRIPT, re.MULTILINE)
    assert len(names) > 50
    assert sorted(names) == sorted(set(names))


def test_hostile_text_is_nowhere_markup():
    source = page.render(scenes.hostile())
    assert source.count("<script") == source.count("</script") == 2
    assert "<img" not in source
    assert "alert(1)" in source
    for char in "\u202e\u2066\x1b\x07\u2028\u2029\ud800":
        assert char not in source
    assert "\ud800" not in json.loads(Reader(source).inside["script"][0])["texts"]
    source.encode()


def test_data_is_the_document():
    document = scenes.broken_node()
    data = json.loads(Reader(page.render(document)).inside["script"][0])

    def column(name: str) -> list[t.Any]:
        values = data["cells"][name]
        return values if isinstance(values, list) else [values] * data["cells"]["count"]

    assert column("id") == [cell["id"] for cell in document["cells"]]
    assert column("ms") == [cell["latency_ms"] for cell in document["cells"]]
    for name in ("outcome", "verdict", "reason", "expectation_reason", "asked"):
        assert [data["texts"][place] for place in column(name)] == [cell[name] for cell in document["cells"]]
    ids = [data["texts"][item["id"]] for item in data["sources"]]
    assert [ids[place] for place in column("source")] == [cell["source"] for cell in document["cells"]]
    assert data["summary"] == document["summary"]


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
    assert packed_cell(document, 4)["e_more"].startswith("asked at level node in default/box/debugger")
    assert packed_cell(document, 3)["control"] == 1
    assert packed_cell(document, 4)["control"] == -1
    assert packed_cell(document, 7)["e_path"] == "kube-proxy answers on the node itself"
    assert packed_cell(document, 17)["e_more"] == "TLSv1.3, for shop.lab www.shop.lab"
    assert packed_cell(document, 17)["decided_by"] == "ingress web"


def test_what_was_not_asked_is_said():
    packed = build(scenes.every_model())
    assert packed["not_asked"] == []
    assert [label for label, _text in packed["coverage"]] == ["mode", "asked", "confidence", "left out"]
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


def test_text_without_script():
    reader = Reader(page.render(scenes.broken_node()))
    assert reader.inside["pre"][0].startswith("46 of 213 checks FAILED, 3 UNEXPECTEDLY OPEN, 38 UNKNOWN")
    assert reader.inside["title"][0] == "46 of 213 checks failed, 3 unexpectedly open, 38 unknown \u00b7 Kubewire"


def test_same_document_same_bytes():
    assert page.render(scenes.broken_node()) == page.render(scenes.broken_node())


@pytest.mark.parametrize(
    ("sources", "targets", "each", "size"), [(0, 0, 0, 75), (10, 10, 1, 90), (50, 50, 1, 500), (50, 50, 4, 1000)]
)
def test_size(sources: int, targets: int, each: int, size: int):
    document = scenes.mesh(sources, targets, each)
    assert document["summary"]["cells"] == sources * targets * each
    assert len(page.render(document).encode()) <= size * 1000


def test_groups_are_bounded():
    letters = iter("abcdefghijklmnopqrstuvwxyz" * 4)
    counter = iter(range(100))
    scene = scenes.Scene(lambda _o, _t, _c: scenes.timeout(next(letters) * (1 + next(counter) // 26)))
    for place in range(100):
        scene.probe(scenes.source(place, "w1"), scenes.service_target("web"), "pod_to_service", "tcp")
    packed = build(scene.document())
    assert len(packed["groups"]) == MAX_GROUPS
    assert packed["more_groups"] == 100 - MAX_GROUPS
