# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was deleted, replaced or rolled while it was asked is no failure of the network."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    changes,
    expectation,
    matrix,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

WEB = "shop/web-1/app"
WEB_POD = cluster.pod("web-1", "w1", "10.0.1.1")


def database(**more):
    return cluster.pod(
        "db-1",
        "w1",
        more.pop("ip", "10.0.1.2"),
        ports=[{"containerPort": 5432}],
        meta={"uid": "one", **more.pop("meta", {})},
        **more,
    )


def slices(ready=True):
    return [cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", ready))]


TARGETS = [{"pod": "db-1"}, {"namespace": "shop", "service": "db"}]


def settled(outcome="timeout", targets=TARGETS, **now):
    """The cells from web-1 to the database and its Service, by model: verdict and reason."""
    service = cluster.service("db", "10.96.0.6", ports=[{"port": 5432, "nodePort": 30432}], type="NodePort")
    there = {"pods": [WEB_POD, database()], "services": [service], "endpoint_slices": slices()}
    before, after = Facts(cluster.snapshot(**there)), Facts(cluster.snapshot(**{**there, **now}))
    models = ["pod_to_pod_same_node", "pod_to_service", "pod_to_nodeport"]
    selected = selection.select(before, [{"pod": "web-1"}], targets)
    layout = plan.make(before, selected, models, Options(("tcp",)))
    answers = tuple(Answer(probe.id, outcome, 1.0) for probe in layout.probes[WEB])
    cells = matrix.judge(expectation.assign(layout, before), [SourceReport(WEB, answers=answers)])
    found = list(changes.settle(cells, layout, before, after))
    assert all(bool(cell.whose) is (cell.verdict == "fail") for cell in found)
    return {cell.model: (cell.verdict, cell.reason) for cell in found}


def test_what_is_as_it_was_stays_failed():
    assert {verdict for verdict, _reason in settled().values()} == {"fail"}
    assert {verdict for verdict, _reason in settled("open", pods=[], endpoint_slices=[]).values()} == {"pass"}


@pytest.mark.parametrize(
    ("pods", "words"),
    [
        ([], "Pod shop/db-1 was deleted during the run"),
        ([database(meta={"uid": "two"})], "Pod shop/db-1 was deleted during the run"),
        ([database(meta={"deletionTimestamp": "2026-11-29T12:00:00Z"})], "Pod shop/db-1 is being deleted"),
        ([database(status={"phase": "Succeeded"})], "Pod shop/db-1 ended during the run (Succeeded)"),
        ([database(ip="10.0.1.9")], "Pod shop/db-1 has another address now"),
        (
            [database(status={"containerStatuses": [{"name": "app", "restartCount": 1}]})],
            "a container of Pod shop/db-1 restarted during the run",
        ),
    ],
)
def test_a_pod_that_went_is_open_and_so_is_the_service_before_it(pods, words):
    for verdict, reason in settled(pods=[WEB_POD, *pods]).values():
        assert verdict == "unknown"
        assert reason.startswith(f"{words}; no answer")


@pytest.mark.parametrize(
    ("web", "words"),
    [
        ([], "Pod shop/web-1 was deleted during the run; "),
        (
            [cluster.pod("web-1", "w1", "10.0.1.1", meta={"deletionTimestamp": "2026-12-01T14:56:00Z"})],
            "Pod shop/web-1 is being deleted; ",
        ),
        (
            [cluster.pod("web-1", "w1", "10.0.1.1", status={"phase": "Failed"})],
            "Pod shop/web-1 ended during the run (Failed); ",
        ),
    ],
)
def test_what_a_pod_asked_that_went_is_open(web, words):
    for verdict, reason in settled(pods=[*web, database()]).values():
        assert verdict == "unknown"
        assert reason.startswith(words)


def test_a_source_whose_container_restarts_may_do_so_for_what_it_does_not_reach():
    web = cluster.pod("web-1", "w1", "10.0.1.1", status={"containerStatuses": [{"name": "app", "restartCount": 1}]})
    assert {verdict for verdict, _reason in settled(pods=[web, database()]).values()} == {"fail"}


def test_endpoints_that_changed_leave_the_service_open_alone():
    found = settled(endpoint_slices=slices(ready=False))
    assert found["pod_to_service"][0] == "unknown"
    for model in ("pod_to_service", "pod_to_nodeport"):
        assert found[model][1].startswith("the endpoints of Service shop/db changed during the run; ")
    assert found["pod_to_pod_same_node"][0] == "fail"


def test_an_address_of_the_users_own_is_open_where_the_pod_that_had_it_went():
    ((verdict, reason),) = settled(targets=[{"host": "10.0.1.2", "port": 5432}], pods=[]).values()
    assert verdict == "unknown"
    assert reason.startswith("Pod shop/db-1 was deleted during the run; ")


@pytest.mark.parametrize(
    ("services", "words"),
    [
        ([], "Service shop/db was deleted during the run"),
        ([cluster.service("db", "10.96.0.7", ports=[{"port": 5432}])], "Service shop/db has another address now"),
    ],
)
def test_a_service_that_went_is_open_and_its_pod_is_not(services, words):
    found = settled(services=services)
    for model in ("pod_to_service", "pod_to_nodeport"):
        assert found[model][0] == "unknown"
        assert found[model][1].startswith(f"{words}; ")
    assert found["pod_to_pod_same_node"][0] == "fail"
