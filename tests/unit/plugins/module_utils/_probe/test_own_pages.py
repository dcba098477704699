# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose page it is, by what a host that nobody has and an endpoint itself answer."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    own_pages,
    plan,
    rounds,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

from .test_entry_answers import CLASS, SERVICES, SLICES, ingress

OWN = ("http_404", "404 page not found\n")
OTHER = ("http_404", "no such page")


def laid_out(service="web"):
    lists = {"services": SERVICES, "endpoint_slices": SLICES, "ingress_classes": [CLASS]}
    facts = Facts(cluster.snapshot(ingresses=[ingress(service)], **lists))
    chosen = selection.select(facts, None, None, {"pod"})
    return expectation.assign(plan.make(facts, chosen, ["pod_to_ingress"], Options(("http",))), facts)


def answered(layout, page=OWN, nobody=OWN, endpoint=OTHER):
    pages = {own_pages.NOBODY: nobody, own_pages.ENDPOINT: endpoint}

    def answer(probe):
        outcome, body = pages.get(probe.via, page)
        return Answer(probe.id, outcome, 1.0, address="198.18.0.201", body=body)

    return [SourceReport(name, answers=tuple(map(answer, probes))) for name, probes in layout.probes.items()]


def test_a_page_that_may_be_the_controllers_is_asked_for_a_host_of_nobody_and_of_an_endpoint():
    layout = laid_out()
    stage = own_pages.OwnPages()
    further = stage.further(layout, answered(layout), [])
    asked = [(each.probe.via, each.probe.host, each.probe.port, each.probe.server_name) for each in further.questions]
    assert asked == [
        (own_pages.NOBODY, "198.18.0.201", 80, "kubewire.invalid"),
        (own_pages.ENDPOINT, "10.0.1.1", 8080, "a.lab"),
    ]
    assert {each.probe.path for each in further.questions} == {"/x"}
    assert stage.further(layout, answered(layout), []) is None


@pytest.mark.parametrize("page", [("http_200", ""), ("http_500", ""), ("http_502", "Bad Gateway"), ("timeout", "")])
def test_nothing_is_asked_where_the_page_tells(page):
    layout = laid_out()
    assert own_pages.OwnPages().further(layout, answered(layout, page), []) is None


def test_nothing_is_asked_where_it_is_known_to_be_broken():
    layout = laid_out("gone")
    assert own_pages.OwnPages().further(layout, answered(layout), []) is None


@pytest.mark.parametrize(
    ("nobody", "endpoint", "verdict", "author"),
    [
        (OWN, OTHER, "fail", "controller"),
        (OWN, ("http_200", ""), "fail", "controller"),
        (OWN, OWN, "pass", "peer"),
        (OTHER, OTHER, "pass", "peer"),
        (OWN, ("timeout", ""), "pass", "peer"),
    ],
)
def test_it_is_the_controllers_where_it_alone_gives_it(nobody, endpoint, verdict, author):
    layout = laid_out()
    further = own_pages.OwnPages().further(layout, answered(layout), [])
    layout, _asked = rounds.extended(layout, further.questions)
    cells = matrix.judge(layout, answered(layout, OWN, nobody, endpoint))
    beside = [cell for cell in cells if cell.via in (own_pages.NOBODY, own_pages.ENDPOINT)]
    assert {cell.verdict for cell in beside} == {"skipped"}
    others = [cell for cell in cells if cell not in beside]
    assert {(cell.verdict, cell.author) for cell in others} == {(verdict, author)}
    assert verdict == "pass" or all("it has no route for this host and path" in cell.reason for cell in others)
