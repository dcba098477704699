# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What may be asked, decided before anything is laid out: a sample, one question, what failed before, how many cells.

Everything that makes a run smaller is a field of C(Bounds), and the plan holds nothing that they do not let pass.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .. import _question_key as question_key
from .._snapshot.model import Service
from .questions import Question
from .sample import Sample
from .selected import NotTested, Selected, SelectionError

_BAD = ("fail", "unexpected_open", "unknown")
Cell = t.Mapping[str, t.Any]


class Share:
    """An even share of what each source asks, spread over all of it; one question at least where the limit bears it."""

    def __init__(self, asked: t.Iterable[Question] = (), limit: int = 0) -> None:
        """Count what there is.

        Args:
            asked: everything that could be asked.
            limit: how much of it may be; 0 for all.
        """
        self.left: dict[str, int] = {}  #: model -> questions that are not taken
        self.offered: dict[str, int] = {}  #: source -> questions that it could ask
        for question in asked if limit else ():
            self.offered[question.source.id] = self.offered.get(question.source.id, 0) + 1
            self.left[question.probe.model] = self.left.get(question.probe.model, 0) + 1
        self.total = sum(self.offered.values())
        self.taken = _shares(self.offered, limit) if self.total > limit else {}  #: source -> questions; empty for all
        self._places: dict[str, int] = {}  # source -> questions that were offered

    @property
    def silent(self) -> int:
        """How many sources ask nothing."""
        return sum(not share for share in self.taken.values())

    def takes(self, question: Question) -> bool:
        """Tell whether a question is in the share; each is to be offered once, in the order of the count."""
        source, model = question.source.id, question.probe.model
        place = self._places.get(source, 0)
        self._places[source] = place + 1
        if source in self.taken:
            share, offered = self.taken[source], self.offered[source]
            if (place + 1) * share // offered == place * share // offered:
                return False
        if model in self.left:
            self.left[model] -= 1
        return True


def _shares(offered: t.Mapping[str, int], limit: int) -> dict[str, int]:
    """How many questions each source may ask: one, and an even part of the rest; one of some where there are more."""
    count = len(offered)
    if limit <= count:
        return {source: (place + 1) * limit // count - place * limit // count for place, source in enumerate(offered)}
    rest = sum(offered.values()) - count
    return {source: 1 + (own - 1) * (limit - count) // rest for source, own in offered.items()}


class Earlier:
    """What an earlier report says was not well, and the questions that were a positive control for those."""

    def __init__(self, report: t.Mapping[str, t.Any]) -> None:
        """Read the report.

        Raises:
            ValueError: it is none.
        """
        try:
            cells = {cell["id"]: cell for cell in report["cells"]}
            bad = [cell for cell in cells.values() if cell["verdict"] in _BAD]
            controls = [cells.get(cell["evidence"].get("control")) for cell in cells.values()]
            self.bad = list(map(question_key.of, bad))
            self.keys = {*self.bad, *map(question_key.of, filter(None, controls))}
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no report of net_probe: {error}") from None

    def narrowed(self, selected: Selected) -> Selected:
        """The selection without what it is not about, so that no sample is needed."""
        sources = {key[0] for key in self.keys}
        words = {key[1] for key in self.keys}
        # Of the ids of targets: KIND/NAMESPACE/NAME, and a node port that is asked at node/NAME:PORT.
        objects = {"/".join(re.split(r"[/:]", word)[1:3]) for word in words}
        ports = {int(found.group(1)) for word in words if (found := re.fullmatch(r"node/.*:(\d+)(?:/\w+)?", word))}
        nodes = {re.split(r"[/:]", word)[1] for word in words if word.startswith("node/")}

        def is_meant(service: Service) -> bool:
            return service.id in objects or not ports.isdisjoint(port.node_port for port in service.ports)

        return dataclasses.replace(
            selected,
            sources=[chosen for chosen in selected.sources if chosen.source.id in sources],
            pods=[pod for pod in selected.pods if pod.id in objects],
            services=[service for service in selected.services if is_meant(service)],
            nodes=[node for node in selected.nodes if node.name in nodes] or selected.nodes[:1],
        )

    def left_out(self, there: t.AbstractSet[question_key.Key]) -> t.Iterator[NotTested]:
        """Say what of it cannot be asked again, since its key is not there any more.

        Raises:
            SelectionError: that is all of it.
        """
        if there.isdisjoint(self.keys):
            reason = "nothing in it failed" if not self.bad else "the sources and targets that it is about are gone"
            raise SelectionError(f"rerun_failed: there is nothing to test again: {reason}")
        gone = sum(key not in there for key in self.bad)
        if gone:
            what = f"{gone} cells of the earlier run that did not pass"
            reason = "their source or target no longer exists"
            yield NotTested(what, reason, "run without O(rerun_failed)")


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What may be asked of all that the models offer.

    Attributes:
        sample: who asks whom.
        narrow: a question as it is asked, None where it is not wanted.
        earlier: what is asked again; None for everything.
        limit: how many cells there may be; 0 for as many as there are.
    """

    sample: Sample = dataclasses.field(default_factory=lambda: Sample("all"))
    narrow: t.Callable[[Question], Question | None] | None = None
    earlier: Earlier | None = None
    limit: int = 0

    def wanted(self, question: Question) -> Question | None:
        """The question as it is asked, None where it is not wanted."""
        return self.narrow(question) if self.narrow else question

    def is_again(self, question: Question) -> bool:
        """Whether it is to be asked for the sake of an earlier report, where only those are."""
        return self.earlier is None or question_key.key(question.probe) in self.earlier.keys

    def share(self, asked: t.Iterable[Question]) -> Share:
        """What C(limit) leaves of everything."""
        return Share(asked, self.limit)

    def left_out(self, there: t.AbstractSet[question_key.Key], share: Share) -> t.Iterator[NotTested]:
        """Say what the bounds kept out of a plan; raises as C(Earlier.left_out) does."""
        if self.earlier:
            yield from self.earlier.left_out(there)
        for model, count in share.left.items():
            if count:
                reason = f"O(limit) is {self.limit} and the run would have had {share.total} cells"
                yield NotTested(f"{count} cells of {model}", reason, "increase O(limit)")
        if share.silent:
            count = len(share.offered)
            reason = f"O(limit) is {self.limit}, less than one cell for each of the {count} sources"
            yield NotTested(f"anything from {share.silent} sources", reason, f"increase O(limit) to {count} or more")


UNBOUNDED = Bounds()
