# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two machines outside the cluster that ask its node ports."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.user_expectations import UserExpectations
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

TCP = Options(("tcp",))


MACHINES = [Source(f"outside/{name}", kind="outside", addresses=("198.51.100.7",)) for name in ("controller", "office")]


def from_outside(wanted, chosen=None, outcomes=()):
    """Every machine outside asks every node port."""
    facts = Facts(cluster.snapshot())
    selected = selection.select(facts, chosen, None, {"outside"}, (), MACHINES)
    layout = plan.make(facts, selected, ["outside_to_nodeport"], TCP)
    reports = [
        SourceReport(name, answers=tuple(Answer(probe.id, dict(outcomes).get(name, "open")) for probe in probes))
        for name, probes in layout.probes.items()
    ]
    return matrix.judge(expectation.assign(layout, facts, UserExpectations(wanted)), reports)
