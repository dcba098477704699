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
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    ENDPOINT,
    NOBODY,
    NOWHERE,
    ROOT,
    Answer,
    SourceReport,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

from .test_entry_answers import CLASS, SERVICES, SLICES, ingress

OWN = ("http_404", "404 page not found\n")
OTHER = ("http_404", "no such page")


CLOSED = [cluster.policy("closed", podSelector={}, policyTypes=["Ingress"])]


def laid_out(item=None, sources=None, also=(), **lists):
    lists = {"services": SERVICES, "endpoint_slices": SLICES, "ingress_classes": [CLASS], **lists}
    facts = Facts(cluster.snapshot(ingresses=[item or ingress(), *also], **lists))
    chosen = selection.select(facts, sources, None, {"pod"})
    layout = plan.make(facts, chosen, ["pod_to_ingress"], Options(("http",)))
    return own_pages.OwnPages(facts), expectation.assign(layout, facts)


def answered(layout, page=OWN, nobody=OWN, endpoint=OTHER, shows=True):
    pages = {NOBODY: nobody, NOWHERE: nobody, ENDPOINT: endpoint}

    def answer(probe):
        outcome, body = pages.get(probe.via, page)
        body = body if shows or probe.via == ENDPOINT else ""
        return Answer(probe.id, outcome, 1.0, address="198.18.0.201", body=body)

    return [SourceReport(name, answers=tuple(map(answer, probes))) for name, probes in layout.probes.items()]


def asked(stage, layout, page=OWN):
    further = stage.further(layout, answered(layout, page), [])
    return further.questions if further else None


def wire(questions):
    fields = ("via", "protocol", "host", "port", "server_name", "path")
    return [tuple(getattr(each.probe, name) for name in fields) for each in questions]


HOST_OF_NOBODY = (NOBODY, "http", "198.18.0.201", 80, "kubewire.invalid", "/x")
PATH_OF_NOBODY = (NOWHERE, "http", "198.18.0.201", 80, "a.lab", "/kubewire-no-such-path")
OF_ENDPOINT = (ENDPOINT, "http", "10.0.1.1", 8080, "a.lab", "/x")
OF_ROOT = (ROOT, "http", "10.0.1.1", 8080, "a.lab", "/")


def test_a_page_that_may_be_the_controllers_is_asked_for_what_nobody_has_and_of_an_endpoint():
    stage, layout = laid_out()
    assert wire(asked(stage, layout)) == [HOST_OF_NOBODY, PATH_OF_NOBODY, OF_ENDPOINT, OF_ROOT]
    assert stage.further(layout, answered(layout), []) is None


def at(path, host="a.lab", **spec):
    item = ingress(**spec)
    rule = item["spec"]["rules"][0]
    rule["http"]["paths"][0]["path"] = path
    rule.pop("host")
    item["spec"]["rules"] = [{**rule, **({"host": host} if host else {})}]
    return item


def test_nothing_that_somebody_has_is_taken_for_what_nobody_has():
    assert wire(asked(*laid_out(at("/")))) == [(*HOST_OF_NOBODY[:-1], "/"), (*OF_ENDPOINT[:-1], "/")]
    hostless = wire(asked(*laid_out(at("/x", host=""))))
    assert [each[0] for each in hostless] == [NOWHERE, ENDPOINT, ROOT]
    default = {"service": {"name": "web", "port": {"number": 80}}}
    hostless = wire(asked(*laid_out(ingress(rules=[], defaultBackend=default))))
    assert [(each[0], each[-1]) for each in hostless] == [(ENDPOINT, "/")]


def test_an_entry_that_nothing_can_answer_has_nothing():
    default = {"service": {"name": "gone", "port": {"number": 80}}}
    broken = ingress(rules=[], defaultBackend=default)
    broken["metadata"] = {**broken["metadata"], "name": "default"}
    assert wire(asked(*laid_out(also=[broken]))) == [HOST_OF_NOBODY, PATH_OF_NOBODY, OF_ENDPOINT, OF_ROOT]


def test_an_endpoint_is_asked_by_who_may_connect_to_it_and_by_https_where_it_speaks_that():
    open_to = [cluster.policy("closed", podSelector={"matchLabels": {"app": "web"}}, ingress=[FROM_DB])]
    questions = asked(*laid_out(sources=[{"pod": "web-2"}, {"pod": "db-1"}], network_policies=open_to))
    assert {each.source.pod for each in questions if each.probe.via == ENDPOINT} == {"db-1"}
    assert [each[0] for each in wire(asked(*laid_out(sources=[{"pod": "db-1"}], network_policies=CLOSED)))] == [
        NOBODY,
        NOWHERE,
    ]
    secure = [cluster.service("web", "10.96.0.5", ports=[{"name": "http", "port": 80, "appProtocol": "HTTPS"}])]
    assert [each[:2] for each in wire(asked(*laid_out(services=secure)))[-2:]] == [(ENDPOINT, "https"), (ROOT, "https")]


FROM_DB = {"from": [{"podSelector": {"matchLabels": {"app": "db"}}}]}


@pytest.mark.parametrize("page", [("http_200", ""), ("http_500", ""), ("http_502", "Bad Gateway"), ("timeout", "")])
def test_nothing_is_asked_where_the_page_tells(page):
    assert asked(*laid_out(), page) is None


def test_nothing_is_asked_where_it_is_known_to_be_broken():
    assert asked(*laid_out(ingress("gone"))) is None


def judged(item=None, page=OWN, nobody=OWN, endpoint=OTHER, shows=True, **lists):
    stage, layout = laid_out(item, **lists)
    layout, _asked = rounds.extended(layout, asked(stage, layout, page))
    cells = matrix.judge(layout, answered(layout, page, nobody, endpoint, shows))
    beside = [cell for cell in cells if cell.via in (NOBODY, NOWHERE, ENDPOINT, ROOT)]
    assert {cell.verdict for cell in beside} == {"skipped"}
    (found,) = {(cell.verdict, cell.author, cell.reason) for cell in cells if cell not in beside}
    return found


@pytest.mark.parametrize(
    ("nobody", "endpoint", "verdict", "author"),
    [
        (OWN, OTHER, "fail", "controller"),
        (OWN, ("http_200", ""), "fail", "controller"),
        (OWN, OWN, "pass", "peer"),
        (OTHER, OTHER, "pass", "peer"),
        (OWN, ("timeout", ""), "unknown", "unsure"),
        (OTHER, ("timeout", ""), "pass", "peer"),
    ],
)
def test_it_is_the_controllers_where_it_alone_gives_it(nobody, endpoint, verdict, author):
    found = judged(nobody=nobody, endpoint=endpoint)
    assert found[:2] == (verdict, author)
    assert verdict != "fail" or "it has no route for this host and path" in found[2]
    assert verdict != "unknown" or found[2] == (
        "whether the application or the controller answers HTTP 404 is not known: "
        "a host that nobody has gets it as well"
    )


BUSY = ("http_503", "come back later")


@pytest.mark.parametrize(
    ("item", "page", "endpoint", "verdict"),
    [
        (at("/", host=""), OWN, OWN, "pass"),
        (at("/", host=""), OWN, OTHER, "unknown"),
        (at("/", host=""), BUSY, ("http_200", ""), "unknown"),
        (at("/"), BUSY, ("http_200", ""), "unknown"),
        (at("/"), BUSY, BUSY, "pass"),
        (at("/"), OTHER, ("http_200", ""), "pass"),  # its path may be rewritten
    ],
)
def test_where_nobody_has_nothing_the_endpoints_own_page_decides(item, page, endpoint, verdict):
    assert judged(item, page, endpoint=endpoint)[0] == verdict


def test_what_is_of_one_request_makes_no_other_page():
    page = ("http_404", "Cannot GET /x, request 17af-42 at 12:00:01")
    alike = ("http_404", "Cannot GET /x, request 90cd-07 at 12:00:02")
    assert judged(page=page, nobody=OWN, endpoint=alike)[:2] == ("pass", "peer")


def test_a_shell_shows_the_same_page_in_fewer_characters():
    page = ("http_404", "<p class= x > no such page </p>")
    alike = ("http_404", '<p class="x">\n  no such\tpage\n</p>\n')
    assert judged(page=page, nobody=OWN, endpoint=alike)[:2] == ("pass", "peer")


def test_a_tool_that_shows_no_page_leaves_it_to_the_outcomes():
    assert judged(at("/", host=""), OWN, endpoint=OTHER, shows=False)[0] == "pass"
    assert judged(at("/", host=""), OWN, endpoint=("http_200", ""), shows=False)[0] == "unknown"
