# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes on applications: once for each object, whoever asked."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    document,
    markdown,
    notes,
    page_data,
    text,
)

from . import scenes

ONLY_IPV4 = "port 8080 refuses IPv6 and answers by IPv4"
NOBODY = "port 9999 refuses connections: nothing listens there"


def noted(**of: str) -> scenes.Data:
    """Pods that ask each other, of which some have notes."""

    def fault(_origin: scenes.Data, target: scenes.Data, cell: scenes.Data) -> scenes.Data:
        note = of.get(target["name"].replace("-", "_"), "")
        return {"note": note} if note and cell["protocol"] == "tcp" else {}

    scene = scenes.Scene(fault)
    pods = [{**scenes.source(number, "w1"), "workload": "Deployment/web"} for number in (1, 2, 3)]
    for origin in pods:
        for target in pods:
            for protocol in ("tcp", "icmp"):
                scene.probe(origin, scenes.pod_target(target), "pod_to_pod_same_node", protocol)
    for target in scene.targets.values():
        target["workload"] = "Deployment/web"
    return scene.document()


def test_a_note_is_said_once_for_each_pod_whoever_asked():
    found = noted(web_1=ONLY_IPV4)
    assert notes.tell(found) == [("Pod shop/web-1", ONLY_IPV4)]
    assert found["summary"]["notes"] == 1


def test_pods_of_a_workload_that_are_alike_stand_together():
    assert notes.tell(noted(web_1=ONLY_IPV4, web_2=NOBODY, web_3=ONLY_IPV4)) == [
        ("2 Pods: shop/web-1, shop/web-3", ONLY_IPV4),
        ("Pod shop/web-2", NOBODY),
    ]


def test_every_format_has_them_under_a_heading_of_their_own():
    found = noted(web_1=ONLY_IPV4, web_2=NOBODY)
    told = text.render(found, width=200)
    assert f"\nNotes on applications: 2 notes\n  Pod shop/web-1: {ONLY_IPV4}\n  Pod shop/web-2: {NOBODY}\n" in told
    assert f"### Notes on applications\n\n| what | note |\n| --- | --- |\n| `Pod shop/web-1` | `{ONLY_IPV4}` |" in (
        markdown.render(found)
    )
    assert page_data.build(found)["notes"] == [("Pod shop/web-1", ONLY_IPV4), ("Pod shop/web-2", NOBODY)]
    assert "Notes on applications" not in text.render(scenes.healthy()) + markdown.render(scenes.healthy())


def test_a_report_of_an_earlier_version_has_none_and_is_read():
    found = scenes.healthy()
    for key in ("network", "application", "notes"):
        del found["summary"][key]
    assert document.validate(found) == []
    assert notes.tell(found) == []
    assert text.render(found).startswith("All 213 checks PASSED")
