# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups: one story for one cause."""

from __future__ import annotations

import json
import pathlib
import re
import sys
import typing as t
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    html,
    junit,
    markdown,
    phrases,
    text,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.groups import Group, group
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes
from ansible_collections.kubewire.netdebug.tests.unit.plugins.modules.test_net_probe import run


def told(document: scenes.Data, one: Group) -> dict[str, str]:
    """Return the lines of a group by their labels."""
    return dict(phrases.describe(document, one, phrases.source_names(document)))


def test_nothing_wrong_is_no_group():
    assert group(scenes.healthy()) == group(scenes.empty()) == []


def test_broken_paths_into_a_node_are_one_group():
    document = scenes.mesh(50, 50)
    groups = group(document)
    assert len(groups) == 1
    assert len(groups[0].cells) == document["summary"]["fail"] == 225
    lines = told(document, groups[0])
    assert lines["from"].startswith("45 Pods on node-00, node-01, ")
    assert lines["to"].startswith("5 Pods on node-03: pod/team-3/checkout-3:8080, ")
    assert lines["happened"] == "timeout: no answer, after 4001 ms"


def test_broken_node_of_the_lab():
    document = scenes.broken_node()
    groups = group(document)
    assert [(one.kind, one.outcome, len(one.cells)) for one in groups] == [
        ("fail", "timeout", 30),  # all that goes into w2
        ("fail", "timeout", 16),  # all that comes out of it
        ("unexpected_open", "open", 3),
        ("unknown", "probe_error", 38),
    ]
    lines = told(document, groups[0])
    assert lines["from"] == "3 Pods on w1: shop/web-1, shop/api-1, tools/debug-1"
    assert lines["to"] == "3 targets (2 Pods, 1 node) on w2: pod/shop/web-2:8080, pod/shop/api-2:8080, node/w2:30080"
    assert lines["how"] == "icmp 6, tcp 15, http 9 by address, IPv4 and IPv6"
    assert lines["expected"] == "allow: Pod shop/web-2 is ready (and 2 like it)"
    assert told(document, groups[3])["remedy"] == "kubectl -n jobs logs batch-1 -c batch --previous"


@pytest.mark.parametrize("answered", ["pod/shop/web-2:8080", "node/w2:30080"])
def test_a_node_from_which_something_answers_is_not_dead(answered: str):
    document = scenes.broken_node()
    cells = document["cells"]
    alive = next(cell for cell in cells if cell["target"] == answered and cell["verdict"] == "fail")
    alive.update(outcome="open", verdict="pass", reason="")
    failed = [one for one in group(document) if one.kind == "fail"]
    assert [one.targets for one in failed if "node/w2:30080" in one.targets] == [("node/w2:30080",)]


def test_every_bad_cell_is_in_one_group():
    document = scenes.broken_node()
    places = [place for one in group(document) for place in one.cells]
    bad = [place for place, cell in enumerate(document["cells"]) if cell["verdict"] not in ("pass", "skipped")]
    assert sorted(places) == bad


def test_an_application_that_fails_is_one_group_whoever_asks_and_by_whatever_way():
    used: dict[str, t.Any] = {
        "evidence": {"relied_on": "Service shop/api port 80"},
        "whose": "application",
        "application": "refused",
    }

    def fault(_origin: scenes.Data, _target: scenes.Data, cell: scenes.Data) -> scenes.Data:
        return {"verdict": "fail", "outcome": "refused", "reason": f"{cell['asked']} refuses connections", **used}

    scene = scenes.Scene(fault)
    web, api = scenes.source(1, "w1"), scenes.source(1, "w1", app="api")
    scene.probe(web, scenes.service_target("api"), "pod_to_service", "tcp")
    scene.probe(web, scenes.pod_target(api), "pod_to_pod_same_node", "tcp")
    (one,) = group(scene.document())
    assert (one.whose, len(one.targets)) == ("application", 2)
    used["evidence"]["relied_on"] = "a probe of container web"  # each Pod may have one
    scene = scenes.Scene(fault)
    for target in (web, api):
        scene.probe(scenes.source(2, "w1"), scenes.pod_target(target), "pod_to_pod_same_node", "tcp")
    assert len(group(scene.document())) == 2


def test_other_reason_is_another_group():
    def fault(origin: scenes.Data, target: scenes.Data, cell: scenes.Data) -> scenes.Data:
        return scenes.timeout("no answer" if target["name"] == "web" else "Pod shop/api-1 is not Ready")

    scene = scenes.Scene(fault)
    for name in ("web", "api"):
        scene.probe(scenes.source(1, "w1"), scenes.service_target(name), "pod_to_service", "tcp")
    assert len(group(scene.document())) == 2


def test_sources_that_cannot_ask_are_one_group_whomever_they_would_have_asked():
    error = {"outcome": "probe_error", "verdict": "unknown", "latency_ms": None, "evidence": {}}

    def fault(origin: scenes.Data, target: scenes.Data, cell: scenes.Data) -> scenes.Data:
        return {**error, "reason": f"container {origin['container']} has no shell (image {origin['image']})"}

    scene = scenes.Scene(fault)
    pods = [scenes.source(1, "w1"), scenes.source(2, "w2"), scenes.source(1, "w1", app="api")]
    for origin in pods:
        for target in pods:
            if origin is not target:
                scene.probe(origin, scenes.pod_target(target), "pod_to_pod_same_node", "tcp")
    groups = group(scene.document())
    assert [len(one.cells) for one in groups] == [6]


def test_one_broken_node_is_two_groups_in_a_sample_too():
    def fault(origin: scenes.Data, target: scenes.Data, _cell: scenes.Data) -> scenes.Data:
        crosses = origin["node"] != target["node"]
        return scenes.timeout("no answer") if crosses and "n3" in (origin["node"], target["node"]) else {}

    scene = scenes.Scene(fault)
    pods = [scenes.source(number, f"n{number % 6}") for number in range(60)]
    for place, origin in enumerate(pods):
        for step in (1, 2, 13):
            scene.probe(origin, scenes.pod_target(pods[(place + step) % 60]), "pod_to_pod_cross_node", "tcp")
    document = scene.document()
    groups = group(document)
    assert [len(one.cells) for one in groups] == [30, 30]
    assert told(document, groups[0])["to"].startswith("10 Pods on n3: ")
    assert told(document, groups[1])["from"].startswith("10 Pods on n3: ")


def test_object_is_named_once_with_its_ports():
    scene = scenes.Scene(lambda _origin, _target, _cell: scenes.timeout("no answer"))
    whole = {"id": "pod/shop/api-1", "kind": "pod", "namespace": "shop", "name": "api-1", "node": "w1"}
    for target in (
        whole,
        {**whole, "id": "pod/shop/api-1:80", "port": 80},
        {**whole, "id": "pod/shop/api-1:8443", "port": 8443},
    ):
        scene.probe(scenes.source(1, "w1"), {"port": 0, **target}, "pod_to_pod_same_node", "tcp")
    document = scene.document()
    assert told(document, group(document)[0])["to"] == "pod/shop/api-1:80,8443 on w1"


def refused(reason: str, **more: scenes.Data) -> scenes.Data:
    """Return what a cell of a refused connection says."""
    return {"outcome": "refused", "verdict": "fail", "reason": reason, "evidence": {"address": "10.96.14.2"}, **more}


def test_one_failure_by_address_by_name_and_by_hairpin_is_one_group():
    reasons = iter(("refused after 1 ms (Connection refused)", "refused from 10.96.14.2 after 12 ms", "refused") * 4)
    scene = scenes.Scene(lambda _origin, _target, _cell: refused(next(reasons)))
    pods = [scenes.source(number, "w1") for number in (1, 2)]
    for origin in pods:
        for via in ("address", "short name", "fqdn"):
            model = "pod_to_self_service" if origin is pods[0] else "pod_to_service"
            scene.probe(origin, scenes.service_target("web"), model, "tcp", via=via)
    (one,) = group(scene.document())
    assert one.models == ("pod_to_service", "pod_to_self_service")
    assert len(one.cells) == 6


@pytest.mark.parametrize("number", [2, 3, 9])
def test_a_service_and_the_pods_behind_it_are_one_group(number: int):
    scene = scenes.Scene(lambda _origin, _target, _cell: refused("refused after 1 ms"))
    pods = [scenes.source(place, "w1") for place in range(number)]
    for origin in pods:
        scene.probe(origin, scenes.service_target("web"), "pod_to_service", "tcp")
        for target in pods:
            if target is not origin:
                scene.probe(origin, scenes.pod_target(target), "pod_to_pod_same_node", "tcp")
    (one,) = group(scene.document())
    assert len(one.cells) == number * number


def test_what_the_cluster_says_is_wrong_is_one_group_however_it_shows():
    defect = "Service shop/web port 80 has no ready endpoint"
    outcomes = iter(("refused", "timeout", "refused", "timeout"))
    more = {"defect": defect, "decided_by": "Service shop/web"}
    scene = scenes.Scene(lambda _o, _t, _c: {**refused(f"{defect}; no answer", **more), "outcome": next(outcomes)})
    node = {"id": "node/w1:30080", "kind": "node", "namespace": "shop", "name": "w1", "port": 30080}
    for number, node_name in ((1, "w1"), (2, "w2")):
        origin = scenes.source(number, node_name)
        scene.probe(origin, scenes.service_target("web"), "pod_to_service", "tcp")
        scene.probe(origin, node, "pod_to_nodeport", "http")
    (one,) = group(scene.document())
    assert len(one.cells) == 4


def test_an_unenforced_policy_is_one_group():
    outcomes = iter(("open", "http_200", "http_404", "open"))

    def fault(_origin: scenes.Data, _target: scenes.Data, cell: scenes.Data) -> scenes.Data:
        reason = f"{cell['asked']} answered although NetworkPolicy shop/closed isolates it"
        return {"outcome": next(outcomes), "verdict": "unexpected_open", "decided_by": "NetworkPolicy shop/closed"} | {
            "reason": reason
        }

    scene = scenes.Scene(fault)
    for number in (1, 2):
        for name in ("web", "api"):
            scene.probe(scenes.source(number, "w1"), scenes.service_target(name), "pod_to_service", "tcp")
    assert len(group(scene.document())) == 1


def test_missing_tools_are_one_group_with_what_helps():
    reasons = iter(
        ("container web has neither a shell nor python3", "no tool: looked for ping", "no TLS tool (looked for curl)")
    )
    error = {"outcome": "probe_error", "verdict": "unknown", "evidence": {}}
    scene = scenes.Scene(lambda _origin, _target, _cell: {**error, "reason": next(reasons)})
    for number in (1, 2, 3):
        origin = {**scenes.source(number, "w1"), **({"remedy": "set debug_image"} if number == 1 else {})}
        scene.probe(origin, scenes.service_target("web"), "pod_to_service", "tcp")
    (one,) = group(scene.document())
    assert one.remedy == "set debug_image"


def test_execs_that_are_refused_in_many_namespaces_are_one_group():
    error = {"outcome": "probe_error", "verdict": "unknown", "evidence": {}}

    def fault(origin: scenes.Data, _target: scenes.Data, _cell: scenes.Data) -> scenes.Data:
        where = f'cannot create resource "pods/exec" in API group "" in the namespace "{origin["namespace"]}"'
        return {**error, "reason": f'pods "{origin["pod"]}" is forbidden: User "jane" {where}'}

    scene = scenes.Scene(fault)
    for number in range(12):
        remedy = f"grant a Role with resources: ['pods/exec'] in namespace team-{number}"
        origin = {**scenes.source(number, "w1", f"team-{number}", "app"), "remedy": remedy}
        scene.probe(origin, scenes.service_target("web"), "pod_to_service", "tcp")
    document = scene.document()
    (one,) = group(document)
    assert told(document, one)["remedy"].endswith("in namespace team-0 (and 11 like it)")


def test_a_node_and_the_pods_on_it_are_told_with_the_node():
    scene = scenes.Scene(lambda _origin, _target, _cell: scenes.timeout("no answer"))
    node = {"id": "node/w2:30080", "kind": "node", "namespace": "", "name": "w2", "port": 30080, "node": "w2"}
    for target in (scenes.pod_target(scenes.source(2, "w2")), node):
        scene.probe(scenes.source(1, "w1"), target, "pod_to_nodeport", "tcp")
    document = scene.document()
    said = told(document, group(document)[0])["to"]
    assert said == "2 targets (1 Pod, 1 node) on w2: pod/shop/web-2:8080, node/w2:30080"


def test_a_service_with_the_name_of_a_pod_is_not_that_pod():
    scene = scenes.Scene(lambda _origin, _target, _cell: refused("refused after 1 ms"))
    pods = [scenes.source(number, "w1") for number in (1, 2)]
    for origin in pods:
        scene.probe(origin, scenes.service_target("deaf"), "pod_to_service", "tcp")
    scene.probe(pods[0], scenes.service_target("web-2"), "pod_to_service", "tcp")
    assert len(group(scene.document())) == 2


RECORDING = pathlib.Path(__file__).resolve().parents[5] / "lab" / "recording"


ASKED = {
    "namespaces": ["shop"],
    "families": ["IPv4"],
    "internet": [{"host": "www.outside.lab", "port": 80, "protocol": "http"}],
}


def dead_node(answers: dict[str, t.Any], snapshot: dict[str, t.Any]) -> None:
    """Nothing that others send to a Pod of w2, or to w2 itself, is answered."""
    there = {address for pod in snapshot["pods"] if pod.get("node") == "w2" for address in pod["ips"]}
    there |= {address for node in snapshot["nodes"] if node["name"] == "w2" for address in node["internal_ips"]}
    silent = {probe["id"] for probe in answers["probes"] if probe["host"] in there}
    own = {f"{pod['namespace']}/{pod['name']}" for pod in snapshot["pods"] if pod.get("node") == "w2"} | {"node/w2"}
    for source in answers["sources"]:
        if source["source"].rpartition("/")[0] in own or source["source"] in own:
            continue
        for answer in source["answers"]:
            if answer["id"] in silent:
                answer.update(outcome="timeout", ms=4000.0, phases={})


def dead_service(_answers: dict[str, t.Any], snapshot: dict[str, t.Any]) -> None:
    """Nobody is behind the ledger any more, and it refuses."""
    for part in snapshot["endpoint_slices"]:
        if part["service"] == "ledger":
            part["endpoints"] = []
    probes = {probe["id"] for probe in _answers["probes"] if probe["target"] == "svc/shop/ledger:7000"}
    for source in _answers["sources"]:
        for answer in source["answers"]:
            if answer["id"] in probes and answer["outcome"] == "open":
                answer.update(outcome="refused")


def as_it_was(_answers: dict[str, t.Any], _snapshot: dict[str, t.Any]) -> None:
    """Change nothing."""


DENIED = [{"expect": "deny", "from": {"label_selector": "app=frontend"}, "to": {"service": "ledger"}}]


@pytest.mark.parametrize(
    ("damage", "expectations", "most", "least"),
    [(as_it_was, [], 0, 0), (as_it_was, DENIED, 1, 1), (dead_service, [], 1, 1), (dead_node, [], 1, 1)],
)
def test_all_formats_count_the_same(
    tmp_path: pathlib.Path,
    damage: t.Callable[[dict[str, t.Any], dict[str, t.Any]], None],
    expectations: list[t.Any],
    most: int,
    least: int,
) -> None:
    answers, snapshot = (json.loads((RECORDING / f"{name}.json").read_text()) for name in ("answers", "snapshot"))
    damage(answers, snapshot)
    for name, data in (("answers", answers), ("snapshot", snapshot)):
        (tmp_path / f"{name}.json").write_text(json.dumps(data))
    paths = {"snapshot": str(tmp_path / "snapshot.json"), "replay": str(tmp_path / "answers.json")}
    result = run(tmp_path, sys.executable, **ASKED, **paths, expectations=expectations, dest=str(tmp_path / "run"))
    assert "msg" not in result, result
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    found = group(report)
    assert least <= len([one for one in found if one.kind in ("fail", "unexpected_open")]) <= most
    assert counts(report) == {"terminal": len(found), "markdown": len(found), "page": len(found), "junit": len(found)}


def counts(report: dict[str, t.Any]) -> dict[str, int]:
    """Count the causes in what each format shows, and hold that to what it says."""
    terminal, page = text.render(report), html.render(report)
    said = [*re.findall(r"^What needs attention: (\d+) cause", terminal, re.MULTILINE), "0"]
    blocks = re.findall(
        r"^(?:FAILED|UNEXPECTEDLY OPEN|UNKNOWN)  [\d,]+ checks?(?: \(application\))?:", terminal, re.MULTILINE
    )
    more = re.findall(r"by (\d+) more causes?:", terminal)
    assert len(blocks) + sum(map(int, more)) == int(said[0])
    (data,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', page)
    packed = json.loads(data)
    properties = ET.fromstring(junit.render(report)).findall("testsuite[@name='causes']/properties/property")
    listed = {entry.get("name"): entry.get("value", "") for entry in properties}
    assert int(listed.get("causes", "0")) == len([name for name in listed if name and name.startswith("cause ")])
    told = [*re.findall(r"^### What needs attention: (\d+) cause", markdown.render(report), re.MULTILINE), "0"]
    return {
        "terminal": int(said[0]),
        "markdown": int(told[0]),
        "page": len(packed["groups"]) + packed["more_groups"],
        "junit": int(listed.get("causes", "0")),
    }
