# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reject and a dead neighbour are the same error: one address has one cause, whatever single times say."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import matrix, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

FAST, LATE = "unreachable_fast", "unreachable_arp"
WEB = "shop/web-1/app"


def told(*outcomes, error="No route to host"):
    """The outcomes at one Pod with as many ports, and one at another Pod."""
    ports = [{"containerPort": 8000 + number} for number in range(len(outcomes))]
    pods = [
        cluster.pod("web-1", "w1", "10.0.1.1"),
        cluster.pod("db-1", "w1", "10.0.1.2", ports=ports),
        cluster.pod("db-2", "w1", "10.0.1.3", ports=ports[:1]),
    ]
    facts = Facts(cluster.snapshot(pods=pods, services=[], endpoint_slices=[]))
    chosen = selection.select(facts, [{"pod": "web-1"}], None)
    made = plan.make(facts, chosen, ["pod_to_pod_same_node"], Options(("tcp",), ("IPv4",)))
    words = {f"10.0.1.2:{8000 + number}": outcome for number, outcome in enumerate(outcomes)}
    answers = tuple(
        Answer(question.probe.id, words.get(matrix.asked(question.probe), FAST), 1.0, error=error) for question in made
    )
    cells = matrix.judge(made, [SourceReport(WEB, answers=answers)])
    assert {cell.outcome for cell in cells if cell.asked.startswith("10.0.1.3")} == {FAST}
    return [cell.outcome for cell in cells if cell.asked.startswith("10.0.1.2")]


@pytest.mark.parametrize(
    ("outcomes", "cause"),
    [
        ([FAST] * 6 + [LATE] * 2, FAST),  # beyond the limit of rejects, with the second and third SYN
        ([LATE] * 4 + [FAST], LATE),  # asked when the others had waited
        ([LATE, FAST], LATE),
        ([FAST], FAST),
        ([LATE], LATE),
    ],
)
def test_most_of_the_answers_of_one_address_say_what_happened_to_all(outcomes, cause):
    assert told(*outcomes) == [cause] * len(outcomes)


def test_other_outcomes_are_left_alone_and_say_nothing_of_it():
    assert told(FAST, "refused", "timeout", "open") == [FAST, "refused", "timeout", "open"]
    assert told(LATE, LATE, FAST, error="Operation not permitted") == [LATE, LATE, FAST]
