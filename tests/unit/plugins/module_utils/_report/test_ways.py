# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to one question: a line for each way in which it was asked."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import text
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes


def test_one_question_is_answered_by_a_line_for_each_way():
    answered = {"http": ("http_200", "pass", ""), "tcp": ("timeout", "fail", "no answer after 4000 ms")}

    def fault(origin: scenes.Data, _target: scenes.Data, cell: scenes.Data) -> scenes.Data:
        outcome, verdict, reason = answered[cell["protocol"]]
        lost = cell["protocol"] == "tcp" and origin["node"] == "w2"
        cell["latency_ms"] = 1.0
        return {"outcome": outcome, "verdict": verdict, "reason": reason} if lost else {}

    scene = scenes.Scene(fault)
    target = scenes.service_target("ledger", port=7000)
    for origin in (scenes.source(1, "w1"), scenes.source(2, "w2")):
        for protocol, via, address in (("http", "address", "10.96.14.2"), ("tcp", "short name", "ledger")):
            scene.probe(origin, target, "pod_to_service", protocol, via=via, address=address)
    asked = {"from": "shop/web", "to": "ledger.shop:7000"}
    document = scene.document(options=asked)
    lines = text.render(document, width=80).splitlines()
    start = lines.index("shop/web -> ledger.shop:7000, from 2 sources:")
    assert lines[start + 1 : start + 4] == [
        "  fail  timeout   1.0 ms  tcp IPv4 ledger:7000 (from 1 of 2 sources)",
        "  pass  http_200  1.0 ms  http IPv4 10.96.14.2:7000",
        "  pass  open      1.0 ms  tcp IPv4 ledger:7000 (from 1 of 2 sources)",
    ]
    assert not [line for line in lines if line.startswith(("Passed:", "No check at all"))]
    assert "Passed: 3 checks" in text.render(scene.document(options={"to": "ledger.shop:7000"}))


def test_ways_beyond_a_screen_are_counted():
    scene = scenes.Scene()
    for port in range(50):
        scene.probe(scenes.source(1, "w1"), scenes.service_target("web", port=port + 1), "pod_to_service", "tcp")
    lines = text.render(scene.document(options={"from": "a", "to": "b"})).splitlines()
    assert "  and 20 more ways: report.html and report.json have them all" in lines
