# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Faults that come and go: which target, pair of nodes or node loses more than the others of the same run. Pure.

A busy machine loses an answer now and then, everywhere. So no count means anything by itself: what is doubtful is asked
again, and beside it, at the same time, what differs from it in one respect. It is a fault where these new counts alone
could not be chance, with all that was asked again taken into account (Bonferroni). What made it doubtful decides
nothing, since the worst of many looks bad always.

A machine that stands still for a moment loses many packets in a row. So losses in a row count once where rates are
compared, and make the interval wider.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .. import _words
from .._record import Record
from . import binomial
from .controls import Controls, apart
from .tallies import (
    CONNECTIONS,
    PACKETS,
    Group,
    Tally,
    alive,
    by_group,
    merged,
    runs_of,
    summed,
    summed_of_one,
)
from .types import Cell

#: What is sent to one target, pair or node at first and in all, in one go to each that it is compared with.
FIRST = {PACKETS: 200, CONNECTIONS: 20}
WHOLE = {PACKETS: 800, CONNECTIONS: 50}
PER_ENDPOINT = 6  #: connections, so that a target with a dead endpoint fails once with 99.7 % probability
MAX_GROUPS = 8  #: targets, pairs and nodes that are asked again
MAX_QUESTIONS = 256  #: that are asked more often in one round
CONFIDENCE = 0.99  #: of the interval; with 95 %, it would hold in fewer of the cases after a choice of when to stop
_ERROR = 2e-4  #: how often a run without any fault may say there is one
_FIRST_PART = 0.25  #: of that error, for a decision after the first part
_LEAST = 0.01  #: a rate that is no fault, whatever the others have
_ALONE = 0.03  #: the same where nothing was asked that it could be compared with
_FEW = 4  #: times as much in a group as elsewhere: that is too little to compare with
_DOUBTFUL = 0.5  #: more than this and the others may have lost as much by chance
_GAIN = 4.0  #: of the logarithm of the likelihood, from which on a group explains what was lost
_LINES = {"target": 2, "pair": 2, "node": 4}  #: questions that are asked again for one


class Again(t.NamedTuple):
    """A question that is to be asked so many more times."""

    id: int
    tries: int


@dataclasses.dataclass(frozen=True)
class Intermittent(Record):
    """A fault that comes and goes."""

    kind: str  #: C(target), C(pair) or C(node)
    names: tuple[str, ...]
    counted: str  #: C(packets) or C(connections)
    lost: int
    sent: int
    low: float  #: per cent
    high: float
    others_lost: int
    others_sent: int
    ids: tuple[int, ...]  #: of the probes of which something was lost
    also: tuple[str, ...] = ()  #: what would explain the same losses as well

    @property
    def sentence(self) -> str:
        """What is wrong, with its numbers."""
        others = f"elsewhere {self.others_lost:,} of {self.others_sent:,}"
        if not self.others_sent:
            others = "nothing else was probed to compare with"
        also = f"; no other {self.counted} {' or '.join(self.also)} were counted" if self.also else ""
        place = Group(self.kind, self.names).place
        return (
            f"intermittent: {self.lost:,} of {self.sent:,} {self.counted} {place} {_VERBS[self.counted]}, "
            f"between {self.low:.1f} and {self.high:.1f} %; {others}{also}"
        )


_VERBS = {PACKETS: "had no answer", CONNECTIONS: "failed"}  #: connections may be refused as well
#: Which of two groups is named where the counts cannot tell them apart.
_PREFERRED: dict[str, t.Callable[[Group], tuple[int, Group]]] = {
    PACKETS: lambda group: (("pair", "target", "node").index(group.kind), group),
    CONNECTIONS: lambda group: (("target", "pair", "node").index(group.kind), group),
}


def screening(first: t.Sequence[Tally]) -> list[Again]:
    """Return what is asked more often, since a dead one of several endpoints may have been missed so far.

    Args:
        first: what the run's own questions came to.
    """
    by_target: dict[str, list[Tally]] = {}
    for tally in alive(first):
        if tally.kind == CONNECTIONS and tally.endpoints > 1:
            by_target.setdefault(tally.target, []).append(tally)
    found = list[Again]()
    for tallies in by_target.values():
        wanted = min(WHOLE[CONNECTIONS], PER_ENDPOINT * max(tally.endpoints for tally in tallies))
        missing = wanted - sum(tally.sent for tally in tallies)
        asking = apart(tallies, 4)
        found += [Again(tally.id, -(-missing // len(asking))) for tally in asking if missing > 0]
    return found[:MAX_QUESTIONS]


def doubtful(screened: t.Sequence[Tally]) -> list[tuple[Group, str]]:
    """Return what lost more than the rest of the run, with what was counted; the most striking first.

    Args:
        screened: what was asked so far.
    """
    found = []
    for kind in (PACKETS, CONNECTIONS):
        tallies = [tally for tally in alive(screened) if tally.kind == kind]
        lost, sent = summed(tallies)
        for group, members in _different(by_group(tallies), kind):
            k, n = summed_of_one(members)
            if k:
                others = lost - k, sent - n
                few = others[1] * _FEW < n
                chance = binomial.at_least(k, n, _LEAST) if few else binomial.more_than(k, n, *others)
                found.append((chance, -k, kind, group))
    return [(group, kind) for chance, _k, kind, group in sorted(found) if chance < _DOUBTFUL][:MAX_GROUPS]


def first_look(screened: t.Sequence[Tally]) -> list[Again]:
    """Return what is asked again: what is doubtful, and what it is compared with.

    Args:
        screened: what was asked so far.
    """
    return _questions(screened, doubtful(screened), FIRST)


def second_look(screened: t.Sequence[Tally], first: t.Sequence[Tally]) -> list[Again]:
    """Return what is asked once more, since the counts of the first look do not tell.

    Args:
        screened: what was asked before the first look.
        first: what C(first_look) came to.
    """
    groups = doubtful(screened)
    decided = {(Group(fault.kind, fault.names), fault.counted) for fault in _faults(screened, first, _FIRST_PART)}
    open_ = []
    for group, kind in groups:
        k, n = summed_of_one([tally for tally in first if tally.kind == kind and group in tally.groups])
        if (group, kind) not in decided and k > _LEAST * n:
            open_.append((group, kind))
    rest = {kind: WHOLE[kind] - FIRST[kind] for kind in WHOLE}
    # What already explains its losses is no part of what is open.
    return _questions(screened, [each for each in open_ if not _explained(each, decided, first)], rest)


def judge(screened: t.Sequence[Tally], looks: t.Sequence[Tally]) -> list[Intermittent]:
    """Return what is at fault now and then.

    Args:
        screened: what was asked before the first look.
        looks: what the looks came to, each question as often as it was asked.
    """
    return _faults(screened, looks, 1 - _FIRST_PART)


def marked(cells: t.Iterable[Cell], faults: t.Iterable[Intermittent]) -> list[Cell]:
    """Return cells, those failed that are at fault now and then although they were answered.

    Args:
        cells: as judged by their answers.
        faults: what C(judge) found.
    """
    reasons = {id_: fault.sentence for fault in faults for id_ in fault.ids}
    return [
        dataclasses.replace(cell, verdict="fail", reason=reasons[cell.id], whose=_whose(cell), note="")
        if cell.id in reasons and cell.verdict == "pass" and cell.expectation == "allow"
        else cell
        for cell in cells
    ]


def _whose(cell: Cell) -> str:
    """Whose the failure is: an endpoint behind a Service refuses, and the network loses."""
    ends = collections.Counter[str]()
    for asking in cell.evidence.get("askings", ()):
        ends.update({word: number for word, number in asking.items() if not _words.outcome(word).is_open})
    return "application" if 2 * ends["refused"] > sum(ends.values()) else "network"


def _different(groups: t.Mapping[Group, list[Tally]], kind: str) -> t.Iterator[tuple[Group, list[Tally]]]:
    """Groups of which no two have the same questions, and none has all of them if others have less."""
    whole = frozenset(tally.id for members in groups.values() for tally in members)
    seen = {whole} if len(groups) > 1 and any(len(members) < len(whole) for members in groups.values()) else set()
    for group in sorted(groups, key=_PREFERRED[kind]):
        ids = frozenset(tally.id for tally in groups[group])
        if ids not in seen:
            seen.add(ids)
            yield group, groups[group]


def _questions(
    screened: t.Sequence[Tally], groups: t.Sequence[tuple[Group, str]], allowed: t.Mapping[str, int]
) -> list[Again]:
    tries: dict[int, int] = {}
    for kind, all_ in allowed.items():
        there = [tally for tally in alive(screened) if tally.kind == kind]
        wanted = [group for group, counted in groups if counted == kind]
        members = by_group(there) if wanted else {}
        controls = Controls(there, wanted)
        for group in wanted:
            asking = apart(members[group], _LINES[group.kind])
            share = -(-all_ // len(asking))
            for tally in (*asking, *(control for each in asking for control in controls.of(each))):
                tries[tally.id] = max(share, tries.get(tally.id, 0))
    return [Again(id_, count) for id_, count in tries.items()][:MAX_QUESTIONS]


def _explained(each: tuple[Group, str], decided: t.Collection[tuple[Group, str]], first: t.Sequence[Tally]) -> bool:
    """Tell whether a group lost nothing but what those lost that are decided already."""
    group, kind = each
    rest = [
        tally
        for tally in first
        if tally.kind == kind and group in tally.groups and not any((one, kind) in decided for one in tally.groups)
    ]
    k, n = summed_of_one(rest)
    return bool(decided) and k <= _LEAST * n


def _faults(screened: t.Sequence[Tally], looks: t.Sequence[Tally], part: float) -> list[Intermittent]:
    groups = doubtful(screened)
    found = list[Intermittent]()
    for kind in (PACKETS, CONNECTIONS):
        there = [group for group, counted in groups if counted == kind]
        tallies = [tally for tally in merged(looks) if tally.kind == kind]
        chosen = _explaining(there, tallies, kind)
        inside = {tally.id for _group, members in chosen for tally in members}
        others = [tally for tally in tallies if tally.id not in inside]
        before = [
            tally
            for tally in alive(screened)
            if tally.kind == kind and not any(group in tally.groups for group, _members in chosen)
        ]
        for group, members in chosen:
            k, n = summed_of_one(members)
            beside = others if summed(others)[1] >= 2 * n else [*others, *before]
            if _chance((k, n), summed(beside)) <= _ERROR * part / len(groups):
                found.append(_fault(group, members, beside, _also(group, members, screened)))
    return found


def _explaining(groups: t.Collection[Group], tallies: t.Sequence[Tally], kind: str) -> list[tuple[Group, list[Tally]]]:
    """The groups that explain best where something was lost, each with the questions that none before it has."""
    left, chosen = list(tallies), list[tuple[Group, "list[Tally]"]]()
    while True:
        best, most = None, _GAIN
        for group in sorted(groups, key=_PREFERRED[kind]):
            members = [tally for tally in left if group in tally.groups]
            own = summed_of_one(members)
            gain = _gain(own, _beside(group, groups, left, own[1]))
            if gain > most + 1e-9:
                best, most = group, gain
        if best is None:
            return chosen
        chosen.append((best, [tally for tally in left if best in tally.groups]))
        left = [tally for tally in left if best not in tally.groups]


def _beside(group: Group, groups: t.Collection[Group], left: t.Sequence[Tally], sent: int) -> tuple[int, int]:
    """The counts outside a group, without other doubtful ones of its kind where enough is left."""
    outside = [tally for tally in left if group not in tally.groups]
    alike = {other for other in groups if other.kind == group.kind}
    calm = summed([tally for tally in outside if not alike.intersection(tally.groups)])
    return calm if 2 * calm[1] >= sent else summed(outside)


def _also(group: Group, members: t.Sequence[Tally], screened: t.Sequence[Tally]) -> list[Group]:
    """The groups that have the same questions in the whole run, so that nothing can tell them apart."""
    kind = members[0].kind
    there = by_group(tally for tally in alive(screened) if tally.kind == kind)
    own = [tally.id for tally in there.get(group, ())]
    return [other for other in there if other != group and [tally.id for tally in there[other]] == own]


def _gain(inside: tuple[int, int], outside: tuple[int, int]) -> float:
    """What two rates explain better than one, in the logarithm of the likelihood."""
    k, n = inside
    if not outside[1]:  # nothing is left to compare with
        outside = (0, 0) if binomial.at_least(k, n, _ALONE) > _ERROR else (0, n)
    if not n or k * outside[1] <= outside[0] * n:
        return 0.0
    one = binomial.likelihood(k + outside[0], n + outside[1])
    return binomial.likelihood(k, n) + binomial.likelihood(*outside) - one


def _chance(inside: tuple[int, int], others: tuple[int, int]) -> float:
    """How likely so many are lost where nothing is at fault."""
    if not others[1]:
        return binomial.at_least(*inside, _ALONE)
    return max(binomial.more_than(*inside, *others), binomial.at_least(*inside, _LEAST))


def _fault(
    group: Group, members: t.Sequence[Tally], others: t.Sequence[Tally], also: t.Sequence[Group]
) -> Intermittent:
    lost, sent = sum(tally.lost for tally in members), sum(tally.sent for tally in members)
    low, high = rate([run for tally in members for run in runs_of(tally)], sent)
    return Intermittent(
        kind=group.kind,
        names=group.names,
        counted=members[0].kind,
        lost=lost,
        sent=sent,
        low=round(100 * low, 1),
        high=round(100 * high, 1),
        others_lost=sum(tally.lost for tally in others),
        others_sent=sum(tally.sent for tally in others),
        ids=tuple(tally.id for tally in members if tally.lost),
        also=tuple(other.place for other in also),
    )


def rate(runs: t.Sequence[int], sent: int) -> tuple[float, float]:
    """Return the lowest and the highest rate of loss that some runs of losses in a row allow.

    What is lost in longer runs than independent losses make tells less: as much as so many fewer packets would
    (the design effect of surveys).
    """
    lost = sum(runs)
    if not lost:
        return binomial.interval(0, sent, CONFIDENCE)
    share = min(lost / sent, 1 - 1 / (2 * sent))
    effect = max(1.0, sum(run * run for run in runs) / lost * (1 - share) / (1 + share))
    return binomial.interval(lost / effect, sent / effect, CONFIDENCE)
