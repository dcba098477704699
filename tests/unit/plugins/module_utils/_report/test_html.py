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

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import html as page
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import page_assets
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


@pytest.mark.parametrize("scene", scenes.SCENES)
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


def test_text_without_script():
    reader = Reader(page.render(scenes.broken_node()))
    assert reader.inside["pre"][0].startswith("46 of 213 checks FAILED, 3 UNEXPECTEDLY OPEN, 38 UNKNOWN; 1 note")
    assert (
        reader.inside["title"][0] == "46 of 213 checks failed, 3 unexpectedly open, 38 unknown; 1 note \u00b7 Kubewire"
    )


def test_same_document_same_bytes():
    assert page.render(scenes.broken_node()) == page.render(scenes.broken_node())


@pytest.mark.parametrize(
    ("sources", "targets", "each", "size"), [(0, 0, 0, 80), (10, 10, 1, 90), (50, 50, 1, 500), (50, 50, 4, 1000)]
)
def test_size(sources: int, targets: int, each: int, size: int):
    document = scenes.mesh(sources, targets, each)
    assert document["summary"]["cells"] == sources * targets * each
    assert len(page.render(document).encode()) <= size * 1000
