# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked because of an error: what the user says comes before what the error names."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.error_question import question

CURL = "curl: (7) Failed to connect to web port 80 after 2 ms: Connection refused"
EVENT = "Back-off restarting failed container web in pod web-1_shop(b50a7fa8)"


def test_a_target_and_a_source_are_one_question():
    asked = question(CURL, source="shop/client")
    assert (asked["from"], asked["to"], asked["namespaces"], asked["sources"]) == ("shop/client", "web.shop:80", [], [])
    assert asked["refusal"] == ""


def test_a_target_alone_is_asked_by_the_namespaces():
    asked = question(CURL, namespaces=["shop"])
    assert (asked["from"], asked["to"], asked["namespaces"]) == ("", "web.shop:80", ["shop"])
    assert asked["sources"] == [{"namespace": "shop"}]


def test_what_the_user_says_comes_first():
    assert question(CURL, "shop/client", "db.shop:5432")["to"] == "db.shop:5432"


def test_without_anybody_who_asks_it_says_what_to_add():
    refusal = question(CURL)["refusal"]
    assert refusal.startswith("diagnose_error: curl: The connection was refused")
    assert "It names the target web:80 and not who asks it: add" in refusal
    assert {"diagnose_from", "diagnose_namespaces"} <= set(refusal.replace(",", " ").split())


def test_without_source_and_target_it_says_so():
    assert "names neither source nor target" in question("socket hang up")["refusal"]
    assert "no known error was recognised" in question("it hurts")["refusal"]


def test_an_event_is_about_its_namespace():
    asked = question(EVENT)
    assert (asked["kind"], asked["to"], asked["namespaces"], asked["refusal"]) == ("crash", "", ["shop"], "")
    assert question(EVENT, namespaces=["other"])["namespaces"] == ["other"]


def test_kubectl_asks_from_outside():
    asked = question("Unable to connect to the server: dial tcp 192.0.2.1:6443: i/o timeout")
    assert (asked["from"], asked["to"]) == ("outside", "192.0.2.1:6443")


@pytest.mark.parametrize(
    ("text", "asked_by", "target"),
    [
        (
            "shop/a-1:39932 (ID:64899) <> db/pg-0:5432 (ID:50714) Policy denied DROPPED (TCP Flags: SYN)",
            "shop/a-1",
            "db/pg-0:5432",
        ),
        (
            '{"log":"dial tcp 10.1.1.1:80: i/o timeout","kubernetes":{"pod_name":"a-1","namespace_name":"shop"}}',
            "shop/a-1",
            "10.1.1.1:80",
        ),
        ("[pod/a-1/web] dial tcp 10.1.1.1:80: i/o timeout", "pod/a-1", "10.1.1.1:80"),
    ],
)
def test_who_asks_is_read_where_the_text_names_the_pod(text: str, asked_by: str, target: str):
    asked = question(text)
    assert (asked["from"], asked["to"], asked["refusal"]) == (asked_by, target, "")


def test_an_error_without_a_target_leaves_the_question_as_it_is():
    asked = question("socket hang up", "shop/client", "web.shop")
    assert (asked["from"], asked["to"]) == ("shop/client", "web.shop")


def test_a_source_without_a_target_is_kept():
    assert question("socket hang up", "shop/client")["from"] == "shop/client"


@pytest.mark.parametrize(
    ("text", "source", "namespaces", "target"),
    [
        (CURL, "shop/client", [], "web.shop:80"),
        (CURL, "shop/deployment/client", ["other"], "web.shop:80"),
        (CURL, "", ["shop"], "web.shop:80"),
        (CURL, "", ["shop", "other"], "web:80"),
        (CURL, "node/w1", ["shop"], "web:80"),
        ('Get "http://web:8080/a": EOF', "shop/client", [], "http://web.shop:8080/a"),
        ("Error: connect ECONNREFUSED 10.1.1.1:80", "shop/client", [], "10.1.1.1:80"),
        ("curl: (6) Could not resolve host: web.other", "shop/client", [], "web.other"),
    ],
)
def test_a_name_is_completed_as_the_pod_that_asks_does(text, source, namespaces, target):
    assert question(text, source, "", namespaces)["to"] == target
