# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A stage that finds out whether a target lives from which no answer came, and nothing shows whether it has to. Pure.

A path that a policy closes, and silence by UDP, say nothing unless the target answers somebody. Where nobody of the run
got an answer, the Pod behind it is asked by itself, which no policy forbids, or by a source that policies let connect.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _words
from .._snapshot.facts import Facts, family
from .._snapshot.model import Pod
from .askers import Askers
from .paths.path import transport
from .plan import Plan
from .questions import About, Question
from .rounds import Reports, Round
from .selected import workload
from .types import Cell, Expectation, SourceReport, Target

CONTROL = "control"  #: how the questions are named (C(via))
MOST = 32  #: places that are asked
_REASON = "it finds out whether the target answers at all, for another check to which no answer came"


class TargetControls:
    """The stage; it asks one round."""

    def __init__(self, facts: Facts, judge: t.Callable[[Reports], t.Iterable[Cell]]) -> None:
        """Begin with nothing asked.

        Args:
            facts: the snapshot, which says whose the addresses are, and who may connect to them.
            judge: gives the answers so far their verdicts.
        """
        self._facts, self._judge = facts, judge
        self._done = False

    def further(self, plan: Plan, reports: Reports, _last: Reports) -> Round | None:
        """Return the questions that show whether targets live."""
        if self._done:
            return None
        self._done = True
        outcomes = {answer.id: answer.outcome for report in reports for answer in report.answers}
        silent = {each.probe.id for each in plan if _needs_control(each, outcomes.get(each.probe.id, ""))}
        if not silent:
            return None
        askers = Askers(self._facts, plan, reports, "pod", "node")
        chosen: dict[tuple[str, str], Question] = {}
        for cell in self._judge(reports):
            if cell.verdict != "unknown" or cell.id not in silent or len(chosen) >= MOST:
                continue
            question = plan.by_id[cell.id]
            for end in question.expected.ends:
                if (end, cell.protocol) not in chosen and (asked := self._asked(question, end, askers)):
                    chosen[end, cell.protocol] = asked
                    break
        return Round(list(chosen.values()), _joined) if chosen else None

    def _asked(self, question: Question, end: str, askers: Askers) -> Question | None:
        address, _sign, number = end.rpartition("#")
        pod, port, probe = self._facts.owners.get(address), int(number), question.probe
        if not isinstance(pod, Pod) or pod.host_network or not port:
            return None
        asker = askers.of_pod(pod.id) or askers.first(address, port, transport(probe))
        if asker is None:
            return None
        name = f"pod/{pod.id}:{port}" + ("" if transport(probe) == "TCP" else f"/{transport(probe).lower()}")
        target = Target(name, "pod", pod.name, pod.namespace, port, "", pod.node, workload(pod))
        expected = Expectation("not_applicable", _REASON, ends=(end,))
        asked = Question(asker.source, asker.pod, target, About(pod=pod), probe, expected)
        return asked.but(
            id=0,
            source=asker.source.id,
            target=target.id,
            model=_model(asker, pod),
            family=family(address),
            host=address,
            port=port,
            server_name=probe.server_name or (probe.host if _words.PROTOCOLS[probe.protocol].server_name else ""),
            via=CONTROL,
            tries=1,
            every_try=False,
            endpoint="",
        )


def _needs_control(question: Question, word: str) -> bool:
    """Whether no answer came, and an answer to somebody else would tell why."""
    row, outcome, decision = _words.PROTOCOLS[question.probe.protocol], _words.outcome(word), question.expected.decision
    if (
        row.name_only
        or outcome.is_open
        or outcome.is_name
        or word in ("", "probe_error", "not_applicable", "wrong_peer")
    ):
        return False
    return decision == "deny" or (decision == "allow" and row.silence_is_unknown and outcome.is_silence)


def _model(asker: Question, pod: Pod) -> str:
    if asker.source.kind == "node":
        return "node_to_pod"
    return "pod_to_pod_same_node" if asker.source.node == pod.node else "pod_to_pod_cross_node"


def _joined(before: SourceReport, now: SourceReport) -> SourceReport:
    return dataclasses.replace(before, answers=(*before.answers, *now.answers))
