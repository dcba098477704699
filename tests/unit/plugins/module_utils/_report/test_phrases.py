# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences of a report: names, shares, skipped checks and certificates."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    groups,
    markdown,
    page_data,
    phrases,
    text,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.document import validate
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes


def test_every_report_begins_with_the_share_that_the_run_chose_itself():
    document = {**scenes.one(), "coverage": {**scenes.COVERAGE, "cells": [9539, 10_056_900]}}
    share = "A sample of 0.095 % (9,539 of about 10,056,900 checks; sample: {mode: all} tests all): the 1 check passed"
    assert text.render(document, width=200).startswith(f"{share.replace('passed', 'PASSED')}\n")
    assert markdown.render(document).splitlines()[0].endswith(share)
    assert page_data.build(document)["verdict"] == share
    assert not validate(document)
    assert "9,539 of 10,056,900 checks (0.095 %)" in markdown.render(document)


def test_the_share_says_what_it_would_have_missed():
    coverage = {**scenes.COVERAGE, "cells": [9539, 10_056_900], "upper_bound": 0.0045}
    told = phrases.share({"coverage": coverage})
    assert "95 % confidence for what breaks more than 0.45 % of the pairs of nodes" in told


def test_ends_of_every_kind_have_a_name():
    document = scenes.every_model(lambda _o, _t, _c: {"verdict": "unknown", "outcome": "probe_error"})
    (group,) = text.group(document)
    lines = dict(phrases.describe(document, group, phrases.source_names(document), limit=20))
    assert lines["from"] == "3 sources: shop/web-1, node/w1, outside/controller"
    assert lines["to"].startswith("13 targets (3 Pods, 4 Services, 1 node, 2 entry points, 1 host, ")
    for name in (
        "lb/shop/web:80",
        "ingress/shop/web/shop.lab/cart:443",
        "node/w2:10250,30080",
        "dns/1",
        "apiserver:443",
    ):
        assert name in lines["to"]


def test_skipped_checks_are_told_by_reason_without_their_own_names():
    def fault(_origin: scenes.Data, target: scenes.Data, cell: scenes.Data) -> scenes.Data:
        reason = f"NetworkPolicy shop/x isolates Pod {target['namespace']}/{target['name']}"
        skipped = {"verdict": "skipped", "outcome": "not_applicable"}
        return {**skipped, "reason": "" if cell["protocol"] == "dns" else reason, "expectation_reason": "no DNS"}

    told = phrases.skipped(scenes.lab(fault).document())
    assert ("24 checks by dns: pod_to_service", "no DNS") in told
    assert " checks by icmp and tcp and http: " in told[0][0]
    assert told[0][1].startswith("NetworkPolicy shop/x isolates Pod ")
    assert told[0][1].endswith(" like it)")
    assert sum(int(what.split()[0]) for what, _why in told) == 225
    assert len(told) < 6


@pytest.mark.parametrize(
    ("tls", "said"),
    [
        ({}, ""),
        ({"version": "TLSv1.2", "error": "the server's certificate did not arrive"}, "TLSv1.2, certificate not read: "),
        (
            {"subject": "CN=a", "issuer": "CN=ca", "names": ["a", "b"], "not_after": "2027-01-01T00:00:00Z"},
            "certificate of CN=a, by CN=ca, for a b, until 2027-01-01T00:00:00Z",
        ),
        (
            {"valid_now": False, "name_matches": False, "self_signed": True},
            "not valid now, for another name, self-signed",
        ),
        ({"valid_now": True, "name_matches": True, "self_signed": False}, ""),
    ],
)
def test_certificates(tls: scenes.Data, said: str):
    assert phrases.certificate(tls).startswith(said)
    assert bool(phrases.certificate(tls)) is bool(said)


def test_container_is_named_where_a_pod_has_two():
    first = scenes.source(1, "w1")
    second = {**first, "id": "shop/web-1/sidecar", "container": "sidecar"}
    outside = {"id": "outside/controller"}
    names = phrases.source_names({"sources": {item["id"]: item for item in (first, second, outside)}})
    assert list(names.values()) == ["shop/web-1/web", "shop/web-1/sidecar", "outside/controller"]


def test_what_happened_in_several_ways_is_not_told_as_one():
    outcomes = iter(["timeout", "timeout", "http_502"])
    scene = scenes.Scene(lambda _origin, _target, _cell: {**scenes.timeout("lost."), "outcome": next(outcomes)})
    for number in range(3):
        scene.probe(scenes.source(number, "w1"), scenes.service_target("web"), "pod_to_service", "tcp")
    found = scene.document()
    cells = dataclasses.replace(groups.group(found)[0], cells=(0, 1, 2))
    assert dict(phrases.describe(found, cells, phrases.source_names(found)))["happened"].startswith(
        "timeout 2, http_502 1, after "
    )
