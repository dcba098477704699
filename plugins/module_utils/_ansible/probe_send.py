# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who sends the probes of a plan: containers, then what can ask for those that could not, and once more what failed."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import signal
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import Connection
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import execute, matrix
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.plan import Plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Cell, Probe, Source, SourceReport

from . import progress, toolboxes
from .node_boxes import NodeBoxes

Work = list[tuple[Source, list[Probe]]]

_MOST_CONFIRMED = 32  #: probes of one source that are asked a second time
_CALM = 8  #: of those at once
_MOST_BY_SHELL = 100  #: probes, where an ephemeral container can take over


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
        boxes: NodeBoxes,
        judge: t.Callable[[t.Iterable[SourceReport]], list[Cell]],
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server; the outside alone needs none.
            params: the options of M(kubewire.netdebug.net_probe).
            plan: what is asked.
            boxes: what asks for nodes.
            judge: says which answers are failures.

        Raises:
            ValueError: the file of C(progress) cannot be written.
        """
        self.api, self.params, self.plan, self.boxes, self.judge = t.cast(Api, api), params, plan, boxes, judge
        self.told = progress.Progress(params["progress"], len(list(plan.by_source())))
        limits = execute.Limits(
            concurrency=params["concurrency"],
            deadline=params["deadline"],
            most_by_shell=_MOST_BY_SHELL if params["debug_image"] else 0,
        )
        connection = t.cast(Connection, api.connection if api else None)
        self.prober = execute.Prober(connection, limits, self.told.tell)
        self.changed, self.left = False, list[dict[str, t.Any]]()
        self._reports: dict[str, SourceReport] = {}
        self._where: dict[str, Source] = {}  # id of a source -> where it is asked, if not in its own container

    def send(self) -> list[SourceReport]:
        """Probe from every source, and ask again what failed; what was made for nodes is removed, however it ends."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self._send_once()
            if self.params["debug_image"]:
                self._send_through()
            self._confirm()
        finally:
            self.left += [item.to_dict() for item in self.boxes.remove()]
            self.told.end()
        return list(self._reports.values())

    def _send_once(self) -> None:
        """The Pods that nodes ask from start while the others are already asking."""
        work = list(self.plan.by_source())
        nodes = [item for item in work if item[0].kind == "node"]
        others = [item for item in work if item[0].kind != "node"]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            making = pool.submit(self._make_boxes, [source for source, _probes in nodes])
            self._keep(self.prober.run(others))
            making.result()
        self._where = {source.id: self.boxes.inside(source) for source, _probes in nodes}
        asked = self.prober.run((self._where[source.id], probes) for source, probes in nodes)
        pairs = zip(nodes, asked)  # noqa: B905 - not in Python 3.9
        self._keep(self._from_node(source, report) for (source, _probes), report in pairs)

    def _make_boxes(self, sources: list[Source]) -> None:
        if sources and self.params["debug_image"]:
            self.boxes.make(sources, self.prober.seconds)

    def _from_node(self, source: Source, report: SourceReport) -> SourceReport:
        where = self._where[source.id]
        through = f"{where.namespace}/{where.pod}/{where.container}" if where.pod else ""
        why, way_out = self.boxes.trouble.get(source.node, (report.error, report.way_out))
        return dataclasses.replace(report, through=through, error=why, way_out=way_out)

    def _send_through(self) -> None:
        """Ask again what a container had no tool for, through ephemeral containers of the same Pods.

        A shell that was spared and gets no such help does all the work after all.
        """
        work = {
            source.id: (source, missing)
            for source, probes in self.plan.by_source()
            if (missing := self.prober.not_asked(source, probes))
        }
        if not work:
            return
        params = self.params
        boxes = toolboxes.Toolboxes(self.api, params["debug_image"], params["debug_profile"], params["deadline"])
        boxes.attach([source for source, _probes in work.values()], self.prober.seconds)
        inside = {name: (box, probes) for name, (source, probes) in work.items() if (box := boxes.inside(source))}
        for report in self.prober.run(inside.values()):
            box = inside[report.source][0]
            self._where[report.source] = box
            self._keep([execute.join(self._reports[report.source], report, box.container)])
        blind = [name for name in work if name not in inside and name in self.prober.without_runner]
        self._keep(boxes.explain(work[name][0], self._reports[name]) for name in blind)
        alone = [item for name, item in work.items() if name not in inside and name not in blind]
        for report in self.prober.run(alone, most_by_shell=0):
            self._keep([execute.join(self._reports[report.source], report, "")])
        self.changed, self.left = boxes.added, [item.to_dict() for item in boxes.left]

    def _confirm(self) -> None:
        """Ask a second time, and calmly, what failed."""
        failed = {cell.id for cell in self.judge(self._reports.values()) if cell.verdict == "fail"}
        work: Work = []
        for source, probes in self.plan.by_source():
            again = [probe for probe in probes if probe.id in failed][:_MOST_CONFIRMED]
            if again:
                work.append((self._where.get(source.id, source), again))
        for report in self.prober.run(work, parallel=_CALM) if work else ():
            self._keep([matrix.confirmed(self._reports[report.source], report)])

    def _keep(self, reports: t.Iterable[SourceReport]) -> None:
        self._reports.update((report.source, report) for report in reports)
