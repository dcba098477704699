# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs that policies close: folded by what closes them, whoever they are."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import closed, markdown, page_data, text

from . import scenes

POLICY = {"expectation": "deny", "outcome": "timeout", "decided_by": "NetworkPolicy shop/inner"}


def scene(open_from: int = 0) -> scenes.Data:
    """Three Pods of one workload, asked by each other; a policy closes the third, but to one of them."""

    def fault(origin: scenes.Data, target: scenes.Data, cell: scenes.Data) -> scenes.Data:
        is_open = target["name"] != "web-3" or origin["pod"] == f"web-{open_from}"
        return {} if is_open or cell["protocol"] != "tcp" else POLICY

    made = scenes.Scene(fault)
    pods = [{**scenes.source(number, "w1"), "workload": "Deployment/web"} for number in (1, 2, 3)]
    for origin in pods:
        for target in pods:
            made.probe(origin, scenes.pod_target(target), "pod_to_pod_same_node", "tcp")
            made.probe(origin, scenes.pod_target(target), "pod_to_pod_same_node", "tcp")
    return made.document()


def test_pairs_are_folded_by_what_closes_them_and_by_workload():
    found = scene(open_from=2)
    assert closed.pairs(found) == 2
    assert closed.tell(found) == [("NetworkPolicy shop/inner", "2 pairs, from shop/Deployment/web to shop/web-3")]


def test_what_nobody_reached_is_named():
    ((_by, said),) = closed.tell(scene())
    assert said == "3 pairs, from shop/Deployment/web to shop/web-3; nobody in this run reached shop/web-3 directly"


def test_a_target_that_refused_by_itself_was_reached():
    found = scene()
    for cell in found["cells"]:
        if cell["target"] in [key for key, each in found["targets"].items() if each["name"] == "web-3"]:
            own = cell["source"] == found["cells"][-1]["source"]
            cell.update({"expectation": "allow", "outcome": "refused", "author": "peer"} if own else {})
    ((_by, said),) = closed.tell(found)
    assert said == "2 pairs, from shop/Deployment/web to shop/web-3"


def test_a_node_is_not_said_to_be_unreached_where_its_port_is_meant():
    found = scene()
    node = {"id": "node/w1:30080", "kind": "node", "name": "w1", "node": "w1", "port": 30080}
    found["targets"] = {
        name: {**target, **node} if target["name"] == "web-3" else target for name, target in found["targets"].items()
    }
    ((_by, said),) = closed.tell(found)
    assert said.endswith("to node w1 port 30080; nobody in this run reached node w1 port 30080 directly")


def test_what_the_user_expects_to_be_closed_is_no_policys():
    found = scene()
    for cell in found["cells"]:
        if cell.get("decided_by") == POLICY["decided_by"]:
            cell["decided_by"] = "expectations, entry 1"
    assert closed.tell(found) == []
    assert closed.TITLE not in text.render(found)


def both() -> scenes.Data:
    """A scene with a second policy beside that of the others."""
    found = scene()
    closes = [cell for cell in found["cells"] if cell.get("decided_by") == POLICY["decided_by"]]
    closes[0]["decided_by"] += ", NetworkPolicy shop/outer"
    return found


def test_policies_that_close_together_are_named_together():
    assert [by for by, _said in closed.tell(both())] == [
        "NetworkPolicies shop/inner, shop/outer" if number else "NetworkPolicy shop/inner" for number in (0, 1)
    ]


def test_a_terminal_and_a_ticket_count_them_and_name_what_closes():
    said = "Closed by policies and Services: 3 pairs, by NetworkPolicies shop/inner, shop/outer"
    found = both()
    assert f"{said}: see report.html" in " ".join(text.render(found).split())
    assert f"`{said}`: see `report.html`" in markdown.render(found)


def test_the_full_summary_and_the_page_list_them():
    found = scene()
    told = " ".join(text.render(found, full=True).split())
    assert "Closed by policies and Services: 3 pairs NetworkPolicy shop/inner: 3 pairs, from" in told
    page = page_data.build(found)
    assert (page["closed_pairs"], len(page["closed"])) == (3, 1)


def test_where_nothing_is_closed_nothing_is_said():
    found = scenes.healthy()
    assert closed.sentence(found) == ""
    assert closed.TITLE not in text.render(found) + text.render(found, full=True) + markdown.render(found)
