# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What failed is asked again, and how much of it."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import probe_send
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.plan import Plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe, Source, SourceReport

WEB = Source("shop/web-1/app", "shop", "web-1", "app")


class Net:
    """Asked for the first time, everybody is silent; afterwards those up to C(well) answer."""

    def __init__(self, well: int) -> None:
        self.well = well
        self.turns: list[list[int]] = []

    def run(self, work: t.Any, came: t.Any, **_limits: int) -> list[SourceReport]:
        reports = []
        for source, probes in work:
            numbers = [probe.id for probe in probes]
            again = bool(self.turns)
            self.turns.append(numbers)
            words = ["open" if again and number <= self.well else "timeout" for number in numbers]
            answers = tuple(Answer(number, word) for number, word in zip(numbers, words, strict=True))
            reports.append(SourceReport(source.id, runner="python", answers=answers))
            came(source, probes, reports[-1])
        return reports


def judge(reports: t.Iterable[SourceReport]) -> list[t.Any]:
    answers = [answer for report in reports for answer in report.answers]
    return [
        types.SimpleNamespace(id=each.id, outcome=each.outcome, verdict="fail" if each.outcome == "timeout" else "pass")
        for each in answers
    ]


@pytest.mark.parametrize(
    ("well", "turns"),
    [
        (100, [100, 32, 32, 32, 4]),  # a busy machine: everything is open after all
        (0, [100, 32]),  # a broken network: a part is proof enough
        (40, [100, 32, 32]),
    ],
)
def test_more_is_asked_again_as_long_as_it_was_no_failure(well: int, turns: list[int]) -> None:
    probes = [Probe(number, WEB.id, "t", "pod_to_service", "tcp", "IPv4", "10.0.0.1", 80) for number in range(1, 101)]
    plan = Plan(sources={WEB.id: WEB}, probes={WEB.id: probes})
    params = {"debug_image": "", "debug_levels": [], "debug_profile": "", "debug_namespace": "", "deadline": 9}
    api = t.cast(t.Any, None)
    helpers = probe_send.helpers(api, api, params)
    sending = probe_send.Sending(api, {**params, "progress": None, "concurrency": 1}, plan, helpers, judge)
    net = Net(well)
    sending.prober = t.cast(t.Any, types.SimpleNamespace(run=net.run, not_asked=lambda _source, _probes: []))
    (report,) = sending.send()
    assert [len(turn) for turn in net.turns] == turns
    assert sum(answer.outcome == "open" for answer in report.answers) == min(well, 64 if well == 40 else 100)
