# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who sends the probes of a plan: containers and nodes, who can for those that cannot, and once more what failed."""

from __future__ import annotations

import dataclasses
import queue
import time
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import Connection
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Left
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import execute, matrix
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.pace import PER_SECOND, Pace, mixed
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.plan import Plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    Answer,
    Cell,
    Probe,
    Source,
    SourceReport,
    is_open,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._threads import Pool

from . import progress
from .boxes import Boxes
from .node_boxes import NodeBoxes
from .rungs import InsideNodes, Rung, StandIns
from .toolboxes import Toolboxes

Item = tuple[Source, list[Probe]]
Work = list[Item]

#: Where a container that cannot ask finds help, from the least level up.
LEVELS = ("pod", "namespace", "node")
_MOST_CONFIRMED = 32  #: probes of one source that are asked again in one go
_CALM = PER_SECOND // 2  #: of all sources together that begin in a second
_MOST_ASKINGS = 4  #: of one probe, the first included
_BREATH = 1.0  #: seconds before a third time: what was too busy twice may have an end
_FEW = 8  #: failures of a run that one more asking costs next to nothing
_MOST_BY_SHELL = 100  #: probes, where somebody else can take over
_SETTLE = 0.3  #: seconds in which others that cannot ask may turn up, to be helped together


@dataclasses.dataclass
class Helpers:
    """Who asks for nodes, and for containers that cannot.

    Attributes:
        nodes: the Pods that nodes ask from.
        in_pod: who asks for a container in its own Pod; none where there is no image for it.
        beyond: who asks for it elsewhere, from the least level up.
        boxes: all Pods that are made for them, and removed at the end.
    """

    nodes: NodeBoxes
    in_pod: list[Rung]
    beyond: list[Rung]
    boxes: Boxes

    @property
    def rungs(self) -> list[Rung]:
        """All who ask for containers."""
        return [*self.in_pod, *self.beyond]


def helpers(api: Api, facts: Facts, params: t.Mapping[str, t.Any]) -> Helpers:
    """Prepare those who ask for others, as the options C(debug_*) want them; nothing is sent."""
    image, deadline, levels = params["debug_image"] or "", params["deadline"], params["debug_levels"]
    profile, namespace = params["debug_profile"], params["debug_namespace"]
    made = Boxes(api, image, deadline)
    in_pod, beyond = list[Rung](), list[Rung]()
    if image and "pod" in levels:
        in_pod.append(Toolboxes(api, image, profile, deadline))
    if image and "namespace" in levels:
        beyond.append(StandIns(made, facts, profile))
    if image and "node" in levels:
        beyond.append(InsideNodes(made, namespace))
    return Helpers(NodeBoxes(made, namespace), in_pod, beyond, made)


class Sending:
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
        helpers: Helpers,
        judge: t.Callable[[t.Iterable[SourceReport]], list[Cell]],
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server; the outside alone needs none.
            params: the options of M(kubewire.netdebug.net_probe).
            plan: what is asked.
            helpers: who asks for those that cannot.
            judge: says which answers are failures.

        Raises:
            ValueError: the file of C(progress) cannot be written.
        """
        self.plan, self.helpers, self.judge = plan, helpers, judge
        self.concurrency = params["concurrency"]
        self.told = progress.Progress(params["progress"], len(list(plan.by_source())))
        limits = execute.Limits(
            concurrency=self.concurrency,
            deadline=params["deadline"],
            most_by_shell=_MOST_BY_SHELL if helpers.in_pod else 0,
        )
        connection = t.cast(Connection, api.connection if api else None)
        self.prober = execute.Prober(connection, limits)
        self.prober.pace = Pace(list(plan.by_source()), plan.targets, self.concurrency)
        self.left = list[dict[str, t.Any]]()
        self._reports: dict[str, SourceReport] = {}
        self._where: dict[int, Source] = {}  # probe -> where it is asked, if not in its source's own container

    @property
    def changed(self) -> bool:
        """Whether an ephemeral container was added to a Pod; Pods of ours are gone at the end."""
        return any(rung.added for rung in self.helpers.rungs if isinstance(rung, Toolboxes))

    def send(self) -> list[SourceReport]:
        """Probe from every source, and ask again what failed; what was made for it is removed, however it ends."""
        try:
            self._ask()
            self._confirm()
        finally:
            self.left += [item.to_dict() for item in self._end()]
            self.told.end()
        return self.reports

    @property
    def reports(self) -> list[SourceReport]:
        """What came back so far, in the order of the plan."""
        error = "the run was interrupted before this source had answered"
        asked = [source.id for source, _probes in self.plan.by_source()]
        return [self._reports.get(name) or SourceReport(name, error=error, way_out="run it again") for name in asked]

    def _ask(self) -> None:
        work = mixed(list(self.plan.by_source()))
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
        for rung in self.helpers.rungs:
            yield from rung.left
        yield from self.helpers.boxes.remove()

    def _ask_nodes(self, work: Work) -> None:
        nodes = self.helpers.nodes
        if work and self.helpers.boxes.image:
            nodes.make([source for source, _probes in work], self.prober.seconds)
        inside = [(nodes.inside(source), probes) for source, probes in work]
        for (source, probes), report in zip(inside, self.prober.run(inside, self.told.tell)):  # noqa: B905 - not in Python 3.9
            self._where.update({probe.id: source for probe in probes})
            why, way_out = nodes.trouble.get(source.node, (report.error, report.way_out))
            through = _through(source) if source.pod else ""
            self._keep(dataclasses.replace(report, through=through, error=why, way_out=way_out))

    def _ask_others(self, work: Work) -> None:
        """Probe from containers and from outside; who cannot is helped while the others are still asking."""
        blind: queue.SimpleQueue[Item | None] = queue.SimpleQueue()

        def came(source: Source, probes: list[Probe], report: SourceReport) -> None:
            self._keep(report)
            missing = self.prober.not_asked(source, probes) if self.helpers.rungs else []
            self.told.tell(source, probes, report, missing)
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
        for rung in self.helpers.in_pod:
            work = self._through(rung, work)
        work = [*self._by_shell(work), *crowded]
        for rung in self.helpers.beyond:
            work = self._through(rung, work)
        for source, probes in work:
            report = self._reports[source.id]
            asked = self.helpers.beyond if source.id in self.prober.without_room else self.helpers.rungs
            said = [(rung.title, *rung.why_not(source)) for rung in asked]
            error = "; ".join(filter(None, [blind[source.id], *(f"{title}: {why}" for title, why, _way_out in said)]))
            known = {answer.id for answer in report.answers}
            missing = (Answer(probe.id, "probe_error", error=error) for probe in probes if probe.id not in known)
            report = dataclasses.replace(report, answers=(*report.answers, *missing))
            if not known:
                ways_out = [way_out for _title, _why, way_out in said if way_out]
                report = dataclasses.replace(report, error=error, way_out=next(iter(ways_out), report.way_out))
            self._keep(report)

    def _by_shell(self, work: Work) -> Work:
        """Let shells that were spared ask after all; return what still was not asked."""
        spared = [item for item in work if self._was_spared(item[0])]
        probes = {source.id: probes for source, probes in work}
        for report in self.prober.run(spared, self.told.tell, most_by_shell=0):
            self._keep(execute.join(self._reports[report.source], report))
            asked = {answer.id for answer in report.answers if answer.outcome != "probe_error"}
            probes[report.source] = [probe for probe in probes[report.source] if probe.id not in asked]
        return [(source, probes[source.id]) for source, _probes in work if probes[source.id]]

    def _was_spared(self, source: Source) -> bool:
        asked = (answer.outcome != "probe_error" for answer in self._reports[source.id].answers)
        return source.id not in self.prober.without_runner and not any(asked)

    def _through(self, rung: Rung, work: Work) -> Work:
        """Ask through one rung; return what it could not be asked."""
        able = {
            source.id: (source, asked)
            for source, probes in work
            if (asked := [each for each in probes if rung.suits(source, self.plan.targets[each.target], each)])
        }
        if able and self.prober.seconds > 0:
            rung.provide([source for source, _asked in able.values()], self.prober.seconds)
        inside = {name: (box, asked) for name, (source, asked) in able.items() if (box := rung.inside(source))}
        for report in self.prober.run(inside.values(), self.told.tell):
            box, asked = inside[report.source]
            self._where.update({probe.id: box for probe in asked})
            through = box.container if box.level == "pod" else _through(box)
            self._keep(execute.join(self._reports[report.source], report, through))
        done = {probe.id for _box, asked in inside.values() for probe in asked}
        rest = ((source, [probe for probe in probes if probe.id not in done]) for source, probes in work)
        return [(source, probes) for source, probes in rest if probes]

    def _confirm(self) -> None:
        """Ask again, and calmly, what failed.

        What stays silent is asked a third time where only a little does, and on as long as most of it was no failure.
        """
        helped = False
        for asking in range(2, _MOST_ASKINGS + 1):
            doubtful = [cell for cell in self.judge(self._reports.values()) if matrix.doubtful(cell)]
            if asking > 2:
                doubtful = [cell for cell in doubtful if matrix.is_silence(cell.outcome)]
                if not helped and (asking > 3 or len(doubtful) > _FEW):
                    return
                time.sleep(_BREATH if doubtful else 0)
            if not doubtful:
                return
            helped = self._ask_again({cell.id for cell in doubtful}, asking)

    def _ask_again(self, failed: set[int], asking: int) -> bool:
        """Ask a part of what failed, and more while most of a part was no failure; tell whether most of it was none."""
        asked = answered = 0
        doubtful = {
            source: [probe for probe in probes if probe.id in failed] for source, probes in self.plan.by_source()
        }
        while doubtful := {source: probes for source, probes in doubtful.items() if probes}:
            work: dict[Source, list[Probe]] = {}
            for source, probes in doubtful.items():
                for probe in probes[:_MOST_CONFIRMED]:
                    work.setdefault(self._where.get(probe.id, source), []).append(probe)
            opened: set[int] = set()
            again = mixed(list(work.items()))
            pace = Pace(again, self.plan.targets, self.concurrency, _CALM)
            for report in self.prober.run(again, self.told.tell, pace, parallel=_MOST_CONFIRMED):
                whole = {probe.id for probe in self.plan.probes[report.source] if probe.every_try}
                self._keep(matrix.confirmed(self._reports[report.source], report, whole, asking))
                opened.update(answer.id for answer in report.answers if is_open(answer.outcome))
            asked += sum(len(probes) for probes in work.values())
            answered += len(opened)
            doubtful = {
                source: probes[_MOST_CONFIRMED:]
                for source, probes in doubtful.items()
                if sum(probe.id in opened for probe in probes[:_MOST_CONFIRMED]) > _MOST_CONFIRMED / 2
            }
        return answered > asked / 2

    def _keep(self, report: SourceReport) -> None:
        self._reports[report.source] = report


def _through(box: Source) -> str:
    return f"{box.namespace}/{box.pod}/{box.container}"


def _batch(blind: queue.SimpleQueue[Item | None]) -> Work:
    """Wait for the next that cannot ask, and for others that turn up with it; nothing where there are no more."""
    first = blind.get()
    if first is None:
        return []
    found = [first]
    until = time.monotonic() + _SETTLE
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
