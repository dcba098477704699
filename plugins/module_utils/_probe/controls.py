# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a question is asked beside, so that its counts tell something: what differs from it in one respect. Pure."""

from __future__ import annotations

import typing as t

from .tallies import Group, Tally

MOST = 3  #: questions that one is compared with
_FAR = 64  #: of those that have nothing in common with a question, this many are looked at


class Controls:
    """The questions of a run that may be asked beside others."""

    def __init__(self, tallies: t.Iterable[Tally], doubtful: t.Collection[Group]) -> None:
        """Prepare.

        Args:
            tallies: what the run's questions came to; all of one kind.
            doubtful: what may be at fault.
        """
        self._doubtful = frozenset(doubtful)
        calm_first = sorted(tallies, key=lambda tally: (tally.lost / tally.sent, tally.id))
        self._far = calm_first[:_FAR]
        self._near: dict[tuple[str, str], list[Tally]] = {}
        for tally in calm_first:
            for end in _ends(tally):
                self._near.setdefault(end, []).append(tally)

    def of(self, tally: Tally) -> list[Tally]:
        """Return the questions that differ from one in as little as can be, each in another respect.

        What is doubtful in a way that the question itself is not can show nothing.
        """

        def respect(other: Tally) -> tuple[bool, ...]:
            return (
                tally.source_node == other.source_node,
                tally.target_node == other.target_node,
                tally.target == other.target,
            )

        def rank(other: Tally) -> tuple[t.Any, ...]:
            return other.lost / other.sent, other.protocol != tally.protocol, other.id

        near = [other for end in _ends(tally) for other in self._near.get(end, ())]
        others = [other for other in (*near, *self._far) if not all(respect(other))]
        own = set(tally.groups)
        calm = [other for other in others if not self._doubtful.intersection(other.groups) - own]
        best: dict[tuple[bool, ...], Tally] = {}
        for other in sorted(calm or others, key=rank):
            best.setdefault(respect(other), other)
        return [best[key] for key in sorted(best, key=lambda key: (-sum(key), key))][:MOST]


def _ends(tally: Tally) -> list[tuple[str, str]]:
    ends = [("from", tally.source_node), ("to", tally.target_node), ("target", tally.target)]
    return [(what, name) for what, name in ends if name]


def apart(tallies: t.Iterable[Tally], most: int) -> list[Tally]:
    """Some questions that have as little in common as can be, those that lost something first."""
    left = sorted(tallies, key=lambda tally: (-tally.lost, tally.id))
    chosen = list[Tally]()
    while left and len(chosen) < most:
        used = {each for tally in chosen for each in (tally.source, tally.source_node, tally.target, tally.target_node)}
        own = [
            (sum(each in used for each in (one.source, one.source_node, one.target, one.target_node)), place)
            for place, one in enumerate(left)
        ]
        chosen.append(left.pop(min(own)[1]))
    return chosen
