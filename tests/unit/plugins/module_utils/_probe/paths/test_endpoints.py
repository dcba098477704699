# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which endpoints a port of a Service leads to, and why it leads to none."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import judged


@pytest.mark.parametrize(
    ("slices", "words"),
    [
        ([], "has no ready endpoint: no Pod with an IPv4 address and that port matches its selector app=db"),
        (
            [cluster.endpoint_slice("db", "IPv4", {"port": 5432, "name": "pg"}, ("10.0.1.2", "w1", "db-1", True))],
            "has no ready endpoint: no Pod with an IPv4 address and that port matches its selector app=db",
        ),
        (
            [cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", False))],
            "has no ready endpoint: its only endpoint is not ready",
        ),
    ],
)
def test_a_service_without_ready_endpoints_fails_with_the_cause(slices, words):
    cell = judged("refused", endpoint_slices=slices)[-1]
    assert cell.verdict == "fail"
    assert words in cell.reason


def test_a_service_whose_slice_names_the_port_otherwise_has_endpoints_that_do_not_count():
    service = cluster.service("db", "10.96.0.6", ports=[{"port": 5432, "name": "sql"}], selector={})
    part = cluster.endpoint_slice("db", "IPv4", {"port": 5432, "name": "pg"}, ("10.0.9.2", "", "", True))
    cell = judged("refused", services=[service], endpoint_slices=[part])[-1]
    assert "its EndpointSlices have the ports pg 5432/TCP, and none sql (TCP)" in cell.defect
    cell = judged("refused", services=[service], endpoint_slices=[])[-1]
    assert "no endpoints were created for it" in cell.defect


def test_a_named_target_port_that_no_container_has_is_named():
    service = cluster.service("db", "10.96.0.6", ports=[{"port": 5432, "targetPort": "pgsql"}])
    cell = judged("refused", services=[service], endpoint_slices=[])[-1]
    assert "no Pod that matches its selector app=db has a container port named pgsql" in cell.defect


def test_endpoints_that_are_not_ready_are_not_counted_as_ready():
    service = cluster.service("db", "10.96.0.6", ports=[{"port": 5432}], publishNotReadyAddresses=True)
    pods = [cluster.pod("web-1", "w1", "10.0.1.1"), cluster.pod("db-1", "w1", "10.0.1.2", ready=False)]
    cell = judged("refused", services=[service], pods=pods)[-1]
    assert "has 1 endpoint, 1 of which is not Ready (publishNotReadyAddresses)" in cell.expectation_reason
    assert cell.defect == "none of the Pods behind Service shop/db port 5432 is Ready"


def test_of_endpoints_that_somebody_made_nobody_knows_whether_they_are_ready():
    service = cluster.service("db", "10.96.0.6", ports=[{"port": 5432}], selector={})
    part = cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.9.2", "", "", True))
    cell = judged("timeout", services=[service], endpoint_slices=[part])[-1]
    assert "has 1 endpoint, whose readiness nobody checks, since it has no selector" in cell.expectation_reason


def test_policies_are_asked_about_the_port_of_each_endpoints_own_slice():
    """A rollout of a new port, of which a policy opens only the old one: it depends on the endpoint."""
    parts = [
        cluster.endpoint_slice("web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", True)),
        cluster.endpoint_slice("web", "IPv4", {"port": 9376}, ("10.0.2.1", "w2", "web-2", True)),
    ]
    opened = cluster.policy("old", podSelector={"matchLabels": {"app": "web"}}, ingress=[{"ports": [{"port": 8080}]}])
    where = {"asked": [{"namespace": "shop", "service": "web"}], "sources": [{"pod": "db-1"}], "endpoint_slices": parts}
    cell = judged("open", network_policies=[opened], **where)[-1]
    assert cell.expectation == "unknown"
    assert "it depends on which endpoint is picked: 1 of 2 may not be reached" in cell.expectation_reason
    opened["spec"]["ingress"][0]["ports"].append({"port": 9376})
    assert judged("open", network_policies=[opened], **where)[-1].expectation == "allow"


def test_an_endpoint_that_still_serves_while_it_terminates_gets_traffic():
    part = cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", False))
    part["endpoints"][0]["conditions"] = {"ready": False, "serving": True, "terminating": True}
    cell = judged("open", endpoint_slices=[part])[-1]
    assert (cell.expectation, cell.verdict) == ("allow", "pass")
    assert "1 terminating endpoint that still serves, since none is ready" in cell.expectation_reason


def test_a_local_service_whose_nodes_run_no_other_pod_is_of_no_use_to_anybody():
    service = cluster.service("db", "10.96.0.6", ports=[{"port": 5432}], internalTrafficPolicy="Local")
    part = cluster.endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.2.2", "w2", "db-1", True))
    alone = [cluster.pod("web-1", "w1", "10.0.1.1"), cluster.pod("db-1", "w2", "10.0.2.2")]
    cell = judged("timeout", services=[service], endpoint_slices=[part], pods=alone)[-1]
    assert (cell.expectation, cell.verdict) == ("allow", "fail")
    assert cell.defect.endswith("where its endpoints run there is no other Pod: no Pod of the cluster can use it")
    more = [*alone, cluster.pod("job-1", "w2", "10.0.2.3")]
    cell = judged("timeout", services=[service], endpoint_slices=[part], pods=more)[-1]
    assert cell.expectation == "deny"
