# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which source of a run may connect to a place."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import askers, expectation, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

FROM_DB = {"from": [{"podSelector": {"matchLabels": {"app": "db"}}}]}


def asking(*kinds: str, silent: t.Collection[str] = (), **lists: t.Any) -> askers.Askers:
    """All Pods and nodes ask; from some of them, nothing could be sent."""
    facts = Facts(cluster.snapshot(**lists))
    models = ["pod_to_pod_same_node", "pod_to_pod_cross_node", "node_to_pod"]
    layout = plan.make(facts, selection.select(facts, None, None, plan.kinds(models)), models, Options(("tcp",)))
    reports = [
        SourceReport(
            name, answers=tuple(Answer(each.id, "probe_error" if name in silent else "open") for each in probes)
        )
        for name, probes in layout.probes.items()
    ]
    return askers.Askers(facts, expectation.assign(layout, facts), reports, *kinds)


def test_the_first_that_policies_let_connect_is_taken():
    only_db = [cluster.policy("closed", podSelector={"matchLabels": {"app": "web"}}, ingress=[FROM_DB])]
    found = asking("pod", silent=["shop/web-2/app"], network_policies=only_db).first("10.0.2.1", 8080)
    assert found
    assert found.source.pod == "db-1"
    other = asking("pod").first("10.0.2.1", 8080)
    assert other
    assert other.source.pod == "web-1"


def test_who_could_send_nothing_or_speaks_no_such_family_is_not_taken():
    found = asking("pod", silent=["shop/web-1/app"]).first("10.0.2.1", 8080)
    assert found
    assert found.source.pod != "web-1"
    assert asking("pod").first("2001:db8::1", 80) is None
    assert asking("pod").of_pod("shop/db-1")
    assert asking("pod", silent=["shop/db-1/app"]).of_pod("shop/db-1") is None


def test_only_sources_of_the_kinds_that_are_wanted_are_taken():
    nobody = [cluster.policy("closed", podSelector={}, policyTypes=["Ingress"])]
    lists: dict[str, t.Any] = {"network_policies": nobody}
    assert asking("pod", silent=["shop/web-2/app"], **lists).first("10.0.2.1", 8080) is None
    found = asking("pod", "node", silent=["shop/web-2/app"], **lists).first("10.0.2.1", 8080)
    assert found
    assert found.source.id == "node/w2"  # that of the Pod
