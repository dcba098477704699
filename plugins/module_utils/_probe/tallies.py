# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What all askings of a question came to: k of n, and what such counts have in common. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _words
from .._record import Record
from .types import Answer, Probe, Source, Target

PACKETS, CONNECTIONS = "packets", "connections"
_NOT_ASKED = ("probe_error", "not_applicable")
_LONG = 8  #: packets, 5 ms apart, that are lost in a row: hardly by chance, whatever the rate


@dataclasses.dataclass(frozen=True)
class Tally(Record):
    """What the askings of one question came to."""

    id: int  #: of the probe
    source: str
    target: str
    protocol: str
    source_node: str = ""
    target_node: str = ""  #: empty where the target is on no node, or on several
    sent: int = 0
    lost: int = 0
    runs: tuple[int, ...] = ()  #: how many were lost in a row, each time; empty where that is not known
    endpoints: int = 1  #: of the target that a connection may reach, where these differ from one to the next

    @property
    def kind(self) -> str:
        """What is counted."""
        return PACKETS if _words.PROTOCOLS[self.protocol].own_tries else CONNECTIONS

    @property
    def groups(self) -> tuple[Group, ...]:
        """What it may be that loses."""
        nodes = sorted({self.source_node, self.target_node} - {""})
        pair = [Group("pair", tuple(nodes))] if self.source_node and self.target_node else []
        # Traffic that stays on a node takes another way than all that leaves it.
        crossing = () if pair and len(nodes) == 1 else nodes
        return (Group("target", (self.target,)), *pair, *(Group("node", (node,)) for node in crossing))


class Group(t.NamedTuple):
    """Questions that have a target, a pair of nodes or a node in common; a pair may be one node, asked from itself."""

    kind: str
    names: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it is, in words."""
        if self.kind != "pair":
            return f"of {self.kind} {self.names[0]}"
        return f"between nodes {' and '.join(self.names)}" if len(self.names) > 1 else f"within node {self.names[0]}"


def askings(answer: Answer) -> tuple[dict[str, int], ...]:
    """Return how often which outcome came, for each time that it was asked; nothing where it was not."""
    return answer.askings or (() if answer.outcome in _NOT_ASKED else ({answer.outcome: 1},))


def sent_and_received(askings: t.Iterable[t.Mapping[str, int]]) -> tuple[int, int]:
    """Return how many tries some askings had, and how many of them were answered."""
    counts = [(word, count) for asking in askings for word, count in asking.items() if word not in _NOT_ASKED]
    return sum(count for _word, count in counts), sum(count for word, count in counts if _words.outcome(word).is_open)


def counted(before: Answer, again: Answer) -> Answer:
    """Return an answer with the counts of a further asking beside its own; it stays what it was.

    Args:
        before: what came back so far.
        again: what came back now.
    """
    both = [_sent_and_received(answer) for answer in (before, again) if not _says_nothing(answer)]
    if len(both) < 2:
        return before
    sent, received = (sum(counts) for counts in zip(*both))  # noqa: B905 - not in Python 3.9
    return dataclasses.replace(
        before,
        sent=sent,
        received=received,
        askings=(*askings(before), *askings(again)),
        lost=again.lost,
        resent=resent(before, again),
    )


def resent(*answers: Answer) -> int | None:
    """Return how many tries of some answers took a second SYN, None where there were none."""
    return sum(answer.resent or 0 for answer in answers) or None


def of_answer(probe: Probe, source: Source, target: Target, answer: Answer, endpoints: int = 1) -> Tally | None:
    """Return the counts of an answer, or nothing where it says nothing of the network.

    Args:
        probe: what was asked.
        source: who asked.
        target: what was asked of.
        answer: what came back, of all askings.
        endpoints: that a connection to the target may reach, where these differ from one connection to the next.
    """
    if _says_nothing(answer):
        return None
    sent, received = _sent_and_received(answer)
    # kube-proxy chooses an endpoint anew for a SYN that is sent again where the first one was never answered, so a dead
    # endpoint may look like a connection that takes a second.
    received = max(0, received - (answer.resent or 0))
    runs = tuple(count for _first, count in answer.lost)
    return Tally(
        id=probe.id,
        source=source.id,
        target=target.id,
        protocol=probe.protocol,
        source_node=source.node,
        target_node=target.node,
        sent=sent,
        lost=sent - received,
        runs=runs if sum(runs) == sent - received else (),
        endpoints=endpoints,
    )


def _sent_and_received(answer: Answer) -> tuple[int, int]:
    if answer.sent is not None and answer.received is not None and not answer.askings:
        return answer.sent, answer.received
    told = [{word: count for word, count in each.items() if not _is_nothing(word)} for each in askings(answer)]
    return sent_and_received(told)


def _says_nothing(answer: Answer) -> bool:
    return _is_nothing(answer.outcome)


def _is_nothing(word: str) -> bool:
    """Tell whether an outcome says nothing of the path."""
    return word in _NOT_ASKED or _words.outcome(word).is_name


def merged(*rounds: t.Iterable[Tally]) -> list[Tally]:
    """Return one tally for each question, of all its askings."""
    found: dict[int, Tally] = {}
    for tally in (tally for each in rounds for tally in each):
        before = found.setdefault(tally.id, tally)
        if before is not tally:
            found[tally.id] = dataclasses.replace(
                tally,
                sent=before.sent + tally.sent,
                lost=before.lost + tally.lost,
                runs=(*runs_of(before), *runs_of(tally)),
            )
    return list(found.values())


def alive(tallies: t.Iterable[Tally]) -> list[Tally]:
    """Without questions that nobody ever answered: these are failures of another kind."""
    return [tally for tally in tallies if tally.lost < tally.sent]


def runs_of(tally: Tally) -> tuple[int, ...]:
    return tally.runs or (1,) * tally.lost


def summed(tallies: t.Iterable[Tally]) -> tuple[int, int]:
    """How often something was lost, in how many, where packets that are lost in a row count once."""
    lost = sent = 0
    for tally in tallies:
        times = len(runs_of(tally)) if tally.kind == PACKETS else tally.lost
        lost += times
        sent += tally.sent - tally.lost + times
    return lost, sent


def summed_of_one(tallies: t.Sequence[Tally]) -> tuple[int, int]:
    """The same of questions that have a machine in common: where it stood still, all of them lost many in a row."""
    lost, sent = summed(tallies)
    long = [sum(run >= _LONG for run in tally.runs) for tally in tallies if tally.kind == PACKETS]
    spared = sum(long) - max(long, default=0)
    return lost - spared, sent - spared


def by_group(tallies: t.Iterable[Tally]) -> dict[Group, list[Tally]]:
    found: dict[Group, list[Tally]] = {}
    for tally in tallies:
        for group in tally.groups:
            found.setdefault(group, []).append(tally)
    return found
