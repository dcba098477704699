# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of which only the losses are real: what a run asks, what is lost of it, and what the run then says."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import intermittent
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.intermittent import Again, Intermittent
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.tallies import PACKETS, Tally, merged

#: The rate at which a question is lost, by what is asked.
Rate = t.Callable[[Tally], float]
STALL = 40  #: packets, 5 ms apart, that are lost while a machine stands still for 200 ms


@dataclasses.dataclass
class Run:
    """One run on the cluster: all that was sent for it, and what it found."""

    found: list[Intermittent]
    again: dict[int, int]  #: how often each question was asked again


class Cluster:
    """Nodes with two Pods each, that ask one another and some Services.

    Attributes:
        questions: what a run asks, each once; packets between nodes a hundred times.
    """

    def __init__(self, nodes: int = 4, services: int = 4, endpoints: int = 3, askers: int = 2) -> None:
        names = [f"n{number}" for number in range(nodes)]
        pods = [(f"{node}-{letter}", node) for node in names for letter in "ab"[:askers]]
        asked = []
        for (source, node), (target, there) in itertools.permutations(pods, 2):
            asked.append(("tcp", source, node, f"pod/{target}", there, 1))
            if source[-1] == target[-1] or node == there:
                asked.append(("icmp", source, node, f"pod/{target}", there, 1))
        for source, node in pods:
            asked += [("http", source, node, f"service/{number}", "", endpoints) for number in range(services)]
        self.questions = [
            Tally(number, source, target, protocol, node, there, 1, 0, (), endpoints)
            for number, (protocol, source, node, target, there, endpoints) in enumerate(asked, 1)
        ]
        self.sampled = {
            question.id
            for question in self.questions
            if question.protocol == "icmp" and question.source_node != question.target_node
        }

    def run(self, rate: Rate, seed: str, stalls: t.Mapping[str, float] | None = None) -> Run:
        """Ask all, and again what is to be asked again.

        Args:
            rate: of what is lost.
            seed: of the draw.
            stalls: how often in a second a node stands still for C(STALL) packets, for all that it has to do with.
        """
        generator = random.Random(seed)
        by_id = {question.id: question for question in self.questions}
        counts: dict[int, int] = {}

        def ask(questions: t.Iterable[Again]) -> list[Tally]:
            came = []
            still = {
                node: list(_places(intermittent.WHOLE[PACKETS], often * 0.005, generator))
                for node, often in (stalls or {}).items()
            }
            for id_, tries in questions:
                counts[id_] = counts.get(id_, 0) + tries
                came.append(_asked(by_id[id_], tries, rate(by_id[id_]), still, generator))
            return came

        first = ask(Again(id_, 100 if id_ in self.sampled else 1) for id_ in by_id)
        # What fails is asked again until it is answered, four times in all.
        for place, tally in enumerate(first):
            while tally.sent == tally.lost < 4:
                tally = merged([tally], ask([Again(tally.id, 1)]))[0]  # noqa: PLW2901
            first[place] = tally
        counts.clear()
        screened = merged(first, ask(intermittent.screening(first)))
        looks = ask(intermittent.first_look(screened))
        looks += ask(intermittent.second_look(screened, looks))
        return Run(intermittent.judge(screened, looks), counts)


def _asked(
    question: Tally, tries: int, rate: float, still: t.Mapping[str, list[int]], generator: random.Random
) -> Tally:
    """What so many tries of one question come to, each lost with a rate, or while a node of its own stands still."""
    lost = set(_places(tries, rate, generator))
    if question.kind == PACKETS:
        for node in {question.source_node, question.target_node}:
            for begin in still.get(node, ()):
                lost.update(range(begin, min(tries, begin + STALL)))
    runs = [len(list(run)) for _key, run in itertools.groupby(enumerate(sorted(lost)), lambda each: each[1] - each[0])]
    return dataclasses.replace(question, sent=tries, lost=len(lost), runs=tuple(runs))


def _places(tries: int, rate: float, generator: random.Random) -> t.Iterator[int]:
    """Which of some tries happen at a rate, by the distances between them."""
    place = -1
    while rate > 0:
        place += 1 + (int(math.log(1 - generator.random()) / math.log(1 - rate)) if rate < 1 else 0)
        if place >= tries:
            return
        yield place
