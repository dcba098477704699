# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of sources when every probe has one outcome."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
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


def judged(outcome, model="pod_to_service", asked=None, protocol="tcp", sources=None, error="", answers=(), **lists):
    """The cells of sources when every probe of each has one outcome."""
    facts = Facts(cluster.snapshot(**lists))
    selected = selection.select(facts, sources or [{"pod": "web-1"}], asked or [{"namespace": "shop", "service": "db"}])
    layout = plan.make(facts, selected, [model], Options(protocols=(protocol,)))
    reports = [
        SourceReport(
            name,
            answers=tuple(
                Answer(
                    probe.id,
                    outcome if isinstance(outcome, str) else outcome[name],
                    1.0,
                    error=error,
                    answers=answers,
                )
                for probe in probes
            ),
        )
        for name, probes in layout.probes.items()
    ]
    return matrix.judge(expectation.assign(layout, facts), reports)
