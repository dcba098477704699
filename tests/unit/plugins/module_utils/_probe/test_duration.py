# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a plan takes, as it is told before it is sent."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import duration, expectation, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

MODELS = ["pod_to_pod_same_node", "pod_to_pod_cross_node"]


def planned(pods, policies=()):
    facts = Facts(
        cluster.snapshot(
            pods=[
                cluster.pod(f"p-{number}", f"w{number % 2 + 1}", f"10.0.1.{number + 1}", ports=[cluster.HTTP])
                for number in range(pods)
            ],
            network_policies=list(policies),
        )
    )
    made = plan.make(facts, selection.select(facts, None, None), MODELS, Options(protocols=("tcp",)))
    return plan.shorten_denied(expectation.assign(made, facts))


def test_more_sources_than_ask_at_once_wait_for_one_another():
    assert duration.estimate(planned(4), 32) <= 2
    many = planned(40)
    assert duration.estimate(many, 32) < duration.estimate(many, 4)


def test_what_must_not_be_answered_is_waited_for():
    closed = planned(4, [cluster.policy("closed", podSelector={}, policyTypes=["Ingress"])])
    assert duration.estimate(closed, 32) >= duration.estimate(planned(4), 32) + 1


def test_nothing_takes_no_time():
    assert duration.estimate(plan.Plan(), 32) == 0
