# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who sends the probes of a plan: containers and nodes, who can for those that cannot, and once more what failed."""

from __future__ import annotations

import copy
import dataclasses
import queue
import time
import typing as t

from .._cluster.connection import Connection
from .._cluster.rest import Api
from .._debug.types import Left, Place
from .._probe import execute, retry, rounds
from .._probe.pace import PER_SECOND, Pace, mixed
from .._probe.plan import Plan
from .._probe.questions import Question
from .._probe.types import Answer, Cell, Probe, Source, SourceReport
from .._threads import Pool
from .._vantage.vantage_point import NoPlace, VantagePoint
from . import progress
from .vantage_points import VantagePoints, as_place, asked_at

Item = tuple[Source, list[Probe]]
Work = list[Item]

_RETRIES_PER_S = PER_SECOND // 2  #: of all sources together that begin in a second
_MAX_BY_SHELL = 100  #: probes, where somebody else can take over
_GATHER_S = 0.3  #: seconds in which others that cannot ask may turn up, to be helped together
#: Why a source is not asked from a place that it has.
_OWN_TRAFFIC = NoPlace("another Pod cannot see the traffic of a Pod to itself")


class ProbeSession:
    """One plan on its way.

    Attributes:
        prober: sends, and counts the execs.
        changed: whether an ephemeral container was added to a Pod.
        left: the ephemeral containers of ours that Pods carry now, and Pods of ours that could not be removed.
    """

    def __init__(
        self,
        api: Api | None,
        params: t.Mapping[str, t.Any],
        plan: Plan,
        vantage: VantagePoints,
        judge: t.Callable[[t.Iterable[SourceReport]], list[Cell]],
        stages: t.Sequence[rounds.Stage] = (),
        before: t.Sequence[rounds.Stage] = (),
        follow_up: t.Callable[[ProbeSession], None] | None = None,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server; the outside alone needs none.
            params: the options of M(kubewire.netdebug.net_probe).
            plan: what is asked.
            vantage: where sources ask that cannot ask in their own containers.
            judge: gives the answers so far their verdicts.
            stages: that may ask further, once failures were asked again.
            before: that may ask further before that.
            follow_up: is called at the end, and may ask further plans (C(ask_beside)).

        Raises:
            BadInput: the file of C(progress) cannot be written.
        """
        self.plan, self.vantage, self.judge, self.stages, self.before = plan, vantage, judge, stages, before
        self._follow_up = follow_up
        self.alone = api is None  #: so nobody but hosts outside asks
        self.concurrency = params["concurrency"]
        self.progress = progress.Progress(params["progress"], len(list(plan.by_source())))
        limits = execute.Limits(
            concurrency=self.concurrency,
            deadline=params["deadline"],
            most_by_shell=_MAX_BY_SHELL if vantage.in_pod else 0,
        )
        connection = t.cast(Connection, api.connection if api else None)
        self.prober = execute.Prober(connection, limits)
        self.prober.pace = Pace(list(plan.by_source()), plan.targets, self.concurrency)
        self.left = list[dict[str, t.Any]]()
        self._reports: dict[str, SourceReport] = {}
        self._first = frozenset(plan.by_id)
        self._where: dict[int, Source] = {}  # probe -> where it is asked, if not in its source's own container

    @property
    def changed(self) -> bool:
        """Whether an ephemeral container was added to a Pod; Pods of ours are gone at the end."""
        return any(point.added for point in self.vantage.points)

    def send(self) -> list[SourceReport]:
        """Probe from every source, and ask again what failed; what was made for it is removed, however it ends."""
        try:
            self._ask(list(self.plan.by_source()))
            for stage in (*self.before, retry.Retry(self.judge, self.alone), *self.stages):
                self._ask_further(stage)
            if self._follow_up:
                self._follow_up(self)
        finally:
            self.left += [item.to_dict() for item in self._end()]
            self.progress.end()
        return self.reports

    @property
    def reports(self) -> list[SourceReport]:
        """What came back so far, in the order of the plan."""
        error = "the run was interrupted before this source had answered"
        asked = [source.id for source, _probes in self.plan.by_source()]
        return [self._reports.get(name) or SourceReport(name, error=error, remedy="run it again") for name in asked]

    def ask_beside(self, plan: Plan, seconds: float) -> list[SourceReport]:
        """Ask one more plan, and keep its answers apart from the others; nothing is asked after it.

        Who asked before asks from where it did then; for others a place is found as for those of the first plan.

        Args:
            plan: what is asked.
            seconds: how long that may take.
        """
        self.prober.end_within(seconds)
        beside = copy.copy(self)
        beside.plan, beside._reports, beside._where, beside._first = plan, {}, {}, frozenset(plan.by_id)
        work = []
        for source, probes in plan.by_source():
            where = self._known_place(source)
            # Another Pod cannot see the traffic of a Pod to itself.
            itself = where.level == "namespace" and any(plan.by_id[probe.id].asks_itself for probe in probes)
            if not itself:
                work.append((where, probes))
        beside._ask(work)
        return beside.reports

    def _known_place(self, source: Source) -> Source:
        """Where a source asked before, if not in its own container."""
        asked = self.plan.questions.get(source.id, ())
        places = (self._where[question.probe.id] for question in asked if question.probe.id in self._where)
        return next(places, source)

    def _ask(self, asked: Work) -> None:
        work = mixed(asked)
        nodes = [item for item in work if item[0].kind == "node"]
        with Pool(1) as pool:
            asking = pool.submit(self._ask_nodes, nodes)
            try:
                self._ask_others([item for item in work if item[0].kind != "node"])
                asking.result()
            except BaseException:
                self.prober.stop()
                raise

    def _end(self) -> t.Iterator[Left]:
        for point in self.vantage.points:
            yield from point.left
        yield from self.vantage.pods.remove()

    def _ask_nodes(self, work: Work) -> None:
        nodes = self.vantage.nodes
        new = {source.node for source, _probes in work if nodes.place_for(source.node) is None}
        if new and self.vantage.pods.image:
            nodes.make(new, self.prober.seconds)
        found = {source.node: nodes.place_for(source.node) for source, _probes in work}
        places = {node: place for node, place in found.items() if isinstance(place, Place)}
        asked = [(asked_at(source, places.get(source.node)), probes) for source, probes in work]
        for (source, probes), report in zip(asked, self.prober.run(asked, self.progress.report)):  # noqa: B905 - not in Python 3.9
            self._where.update({probe.id: source for probe in probes})
            nowhere = found[source.node]
            why = (nowhere.reason, nowhere.remedy) if isinstance(nowhere, NoPlace) else (report.error, report.remedy)
            through = _through(source) if source.pod else ""
            self._keep(dataclasses.replace(report, through=through, error=why[0], remedy=why[1]))

    def _ask_others(self, work: Work) -> None:
        """Probe from containers and from outside; who cannot is helped while the others are still asking."""
        blind: queue.SimpleQueue[Item | None] = queue.SimpleQueue()

        def came(source: Source, probes: list[Probe], report: SourceReport) -> None:
            self._keep(report)
            missing = self.prober.not_asked(source, probes) if self.vantage.points else []
            self.progress.report(source, probes, report, missing)
            if missing:
                blind.put((source, missing))

        with Pool(1) as pool:
            helping = pool.submit(self._help, blind)
            try:
                self.prober.run(work, came)
            finally:
                blind.put(None)
            helping.result()

    def _help(self, blind: queue.SimpleQueue[Item | None]) -> None:
        with Pool() as pool:
            climbing = []
            while batch := _batch(blind):
                climbing.append(pool.submit(self._climb, batch))
            for each in climbing:
                each.result()

    def _climb(self, work: Work) -> None:
        """Ask for some containers from the least level that can.

        A shell that was spared and gets no ephemeral container does all that it can itself before a level further up.
        """
        blind = {source.id: self._reports[source.id].error for source, _probes in work}
        # An ephemeral container shares the limits of its Pod.
        crowded = [item for item in work if item[0].id in self.prober.without_room]
        work = [item for item in work if item not in crowded]
        for point in self.vantage.in_pod:
            work = self._through(point, work)
        work = [*self._by_shell(work), *crowded]
        for point in self.vantage.beyond:
            work = self._through(point, work)
        for source, probes in work:
            self._give_up(source, probes, blind[source.id])

    def _give_up(self, source: Source, probes: list[Probe], own: str) -> None:
        """Say of probes that could be sent from nowhere why not, the source's own reason first."""
        report = self._reports[source.id]
        asked = self.vantage.beyond if source.id in self.prober.without_room else self.vantage.points
        places = [(point.title, point.place_for(as_place(source))) for point in asked]
        reasons = [(title, place if isinstance(place, NoPlace) else _OWN_TRAFFIC) for title, place in places]
        error = "; ".join(filter(None, [own, *(f"{title}: {why.reason}" for title, why in reasons)]))
        known = {answer.id for answer in report.answers}
        missing = (Answer(probe.id, "probe_error", error=error) for probe in probes if probe.id not in known)
        report = dataclasses.replace(report, answers=(*report.answers, *missing))
        if not known:
            remedies = [why.remedy for _title, why in reasons if why.remedy]
            report = dataclasses.replace(report, error=error, remedy=next(iter(remedies), report.remedy))
        self._keep(report)

    def _by_shell(self, work: Work) -> Work:
        """Let shells that were spared ask after all; return what still was not asked."""
        spared = [item for item in work if self._was_spared(item[0])]
        probes = {source.id: probes for source, probes in work}
        for report in self.prober.run(spared, self.progress.report, most_by_shell=0):
            self._keep(retry.join(self._reports[report.source], report))
            asked = {answer.id for answer in report.answers if answer.outcome != "probe_error"}
            probes[report.source] = [probe for probe in probes[report.source] if probe.id not in asked]
        return [(source, probes[source.id]) for source, _probes in work if probes[source.id]]

    def _was_spared(self, source: Source) -> bool:
        asked = (answer.outcome != "probe_error" for answer in self._reports[source.id].answers)
        return source.id not in self.prober.without_runner and not any(asked)

    def _through(self, point: VantagePoint, work: Work) -> Work:
        """Ask from one vantage point; return what could not be asked there."""
        able = {
            source.id: (source, asked)
            for source, probes in work
            if (asked := [each for each in probes if point.own_network or not self.plan.by_id[each.id].asks_itself])
        }
        if able and self.prober.seconds > 0:
            point.prepare([as_place(source) for source, _asked in able.values()], self.prober.seconds)
        found = {name: (point.place_for(as_place(source)), source, asked) for name, (source, asked) in able.items()}
        there = {
            name: (asked_at(source, place), asked)
            for name, (place, source, asked) in found.items()
            if isinstance(place, Place)
        }
        for report in self.prober.run(there.values(), self.progress.report):
            source, asked = there[report.source]
            self._where.update({probe.id: source for probe in asked})
            through = source.container if point.in_pod else _through(source)
            self._keep(retry.join(self._reports[report.source], report, through))
        done = {probe.id for _source, asked in there.values() for probe in asked}
        rest = ((source, [probe for probe in probes if probe.id not in done]) for source, probes in work)
        return [(source, probes) for source, probes in rest if probes]

    def _ask_further(self, stage: rounds.Stage) -> None:
        """Send what a stage asks once it has seen the answers so far, calmly, until it asks nothing more."""
        last: list[SourceReport] = []
        for _round in range(rounds.MAX_ROUNDS):
            further = stage.further(self.plan, self.reports, last)
            if further is None:
                return
            time.sleep(further.delay_s)
            last = self._ask_round(further)

    def _ask_round(self, further: rounds.Round) -> list[SourceReport]:
        """Send one round, each question from where its source asked; return what came back of it alone."""
        self.plan, questions = rounds.extended(self.plan, further.questions)
        work: dict[Source, list[Probe]] = {}
        for question in questions:
            if not question.probe.skip:
                work.setdefault(self._place_of(question), []).append(question.probe)
        mixture = mixed(list(work.items()))
        pace = Pace(mixture, self.plan.targets, self.concurrency, _RETRIES_PER_S)
        last = self.prober.run(mixture, self.progress.report, pace, parallel=retry.MAX_AT_ONCE)
        for report in last:
            self._keep(further.combine(self._reports[report.source], report))
        return last

    def _place_of(self, question: Question) -> Source:
        """Where a question is asked: where it was before, or for a new one where others of its source were."""
        where = self._where.get(question.probe.id)
        if where is None and question.probe.id not in self._first:
            ids = (other.probe.id for other in self.plan.questions[question.source.id])
            where = next((self._where[number] for number in ids if number in self._where), None)
        return where or question.source

    def _keep(self, report: SourceReport) -> None:
        self._reports[report.source] = report


def _through(source: Source) -> str:
    return f"{source.namespace}/{source.pod}/{source.container}"


def _batch(blind: queue.SimpleQueue[Item | None]) -> Work:
    """Wait for the next that cannot ask, and for others that turn up with it; nothing where there are no more."""
    first = blind.get()
    if first is None:
        return []
    found = [first]
    until = time.monotonic() + _GATHER_S
    while (left := until - time.monotonic()) > 0:
        try:
            item = blind.get(timeout=left)
        except queue.Empty:
            break
        if item is None:
            blind.put(None)
            break
        found.append(item)
    return found
