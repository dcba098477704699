# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One run of M(kubewire.netdebug.net_probe): the stages in their order, from the options to the report."""

from __future__ import annotations

import functools
import os
import typing as t

from .. import _files
from .._bad_input import BadInput
from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._diagnosis.follow_ups.records import FollowUpAnswers
from .._option_names import named_result, names_of
from .._probe import (
    changes,
    execute,
    expectation,
    intermittent,
    liveness,
    matrix,
    name_servers,
    other_certificates,
    own_domains,
    own_pages,
    plan,
    recording,
    rounds,
    series,
    slow_pages,
    sources,
    target_controls,
)
from .._probe.bounds import Bounds, Earlier
from .._probe.counting import Counting
from .._probe.intermittent import Intermittent
from .._probe.models.context import Options
from .._probe.question import read as question_read
from .._probe.question.plan import DirectQuestion
from .._probe.sample import Sample
from .._probe.selected import NotTested, Selected
from .._probe.types import Cell, SourceReport
from .._probe.user_expectations import UserExpectations
from .._report import document, phrases
from .._snapshot import check
from .._snapshot.facts import Facts
from .._snapshot.gather import Scope, gather, look_again
from .._snapshot.gather_workloads import TRAFFIC
from .._snapshot.model import Snapshot
from . import follow_up_rounds, kept_snapshot, probe_options, probe_session, run_folder, run_section, vantage_points
from .outside import Outside

SELECTION = ("namespaces", "label_selectors", "field_selectors")
_SHOWN = (
    *(*SELECTION, "from", "to", "sources", "targets", "models", "protocols", "families"),
    *("internet", "expectations", "sample", "limit", "rerun_failed", "tries", "probe_timeout", "deadline"),
    *("debug_image", "follow_up", "echo"),
)
_MOST_FAILURES = 50
R = t.TypeVar("R")


class ProbeRun:
    """The state that moves through the stages; each method is one of them."""

    def __init__(self, params: t.Mapping[str, t.Any], ansible_version: str) -> None:
        """Check the options that an argument spec cannot.

        Raises:
            BadInput: one is out of bounds; the message names it and what is allowed.
        """
        probe_options.check(params)
        self.params = params
        self.question = DirectQuestion(
            params["from"], params["to"], params["cluster_domain"], missing=params["probe_missing"]
        )
        self.api: Api | None = None
        self.writes = True  #: whether files may be written before the run is over
        self.taken: dict[str, t.Any] = {}  #: what the result of a run that fails says of the snapshot that it kept
        self.run = run_section.start({name: params[name] for name in _SHOWN if params[name]}, ansible_version)
        self.earlier: Earlier | None = None  #: what is asked again
        self.judge = matrix.Judge()
        self.take: t.Callable[[Api, Scope], Snapshot] = gather  #: the snapshot, where no file has one
        self.reports: list[SourceReport] = []
        self.faults: list[Intermittent] = []
        self.follow_ups: list[dict[str, t.Any]] = []
        self.cells: list[dict[str, t.Any]] = []
        self.execs = 0
        self.changed = False
        self.left: list[dict[str, t.Any]] = []
        self.omitted: list[NotTested] = []  #: that cannot be probed, whatever the plan
        self.interrupted = ""  #: by which signal

    @property
    def needs_api(self) -> bool:
        """Whether the run asks the API server or a Pod; the outside alone, with a snapshot, needs neither."""
        return not self.params["replay"] and not (self.params["snapshot"] and self._kinds() == {"outside"})

    def _kinds(self) -> set[str]:
        """The kinds of sources that the run needs."""
        wanted = self.params["sources"]
        if self.question.kind:
            return {self.question.kind}
        if wanted and all(sources.is_outside(entry) for entry in wanted):
            return {"outside"}
        kinds = plan.kinds(self.params["models"])
        if any(entry["host"] for entry in self.params["targets"] or ()):  # whoever is named asks them, in any model
            kinds |= {"pod", "node", "outside"} if wanted else {"pod"}
        return kinds

    def make_plan(self) -> None:
        """Read the snapshot, or take it, and lay out the probes."""
        params = self.params
        self.earlier = _read_earlier(params["rerun_failed"]) if params["rerun_failed"] else None
        self.question.look_up_in(params["namespaces"], (self.api.connection.namespace if self.api else "") or "default")
        if params["snapshot"]:
            self.snapshot = _read_snapshot(params["snapshot"])
            self._check_namespaces()
        elif params["depth"] != TRAFFIC:
            folder = params["dest"] if self.writes else ""
            self.snapshot, self.taken = kept_snapshot.take(t.cast(Api, self.api), params, folder or "")
        elif self.question.source and self.question.target:
            nodes_ask = not params["debug_image"]
            self.snapshot = question_read.read(
                t.cast(Api, self.api), self.question, params["cluster_domain"], nodes_ask
            )
        else:
            self.snapshot = self.take(t.cast(Api, self.api), Scope(*(tuple(params[name]) for name in SELECTION)))
        self.facts = Facts(self.snapshot)
        selected = self._select()
        models = self.question.models(params["models"])
        options = Options(
            self.question.protocols(params["protocols"]),
            tuple(params["families"]),
            params["cluster_domain"],
            int(params["probe_timeout"] * 1000),
            params["tries"],
        )
        try:
            self.plan = plan.make(self.facts, selected, models, options, self._bounds())
        except BadInput as error:
            raise self._nothing_read() or error from None
        except ValueError as error:  # of the user's own: what the cluster names is not asked where it cannot be
            named = any(repr(entry["host"]) in str(error) for entry in params["internet"])
            option = "internet" if named else "to" if self.question.target else "targets"
            raise BadInput(f"{option}: {error}") from None
        if not self.plan.cells and (nothing := self._nothing_read()):
            raise nothing
        self.question.assert_asked(self.plan)
        user = UserExpectations(params["expectations"])
        self.plan = plan.shorten_denied(self._expected(self.plan, user))
        self.domains = own_domains.OwnDomains(lambda asked: self._expected(asked, user))
        self.plan = series.planned(self.plan, self.facts, Sample(**params["sample"]).order)
        self.plan.not_tested += [*user.unmatched(), *self.omitted]
        self.run["cluster"] = {
            "server": self.snapshot.server,
            "version": self.snapshot.version,
            "nodes": len(self.snapshot.nodes),
        }

    def _expected(self, asked: plan.Plan, user: UserExpectations) -> plan.Plan:
        return expectation.assign(asked, self.facts, user, bool(self.question.target))

    def _bounds(self) -> Bounds:
        """What may be asked, whatever there is to ask."""
        params = self.params
        wanted = Sample(**params["sample"], seconds=params["deadline"], at_once=params["concurrency"])
        if wanted.mode == "auto" and self.question.source and self.question.target:
            wanted = Sample("all")  # a question names both of its ends, and each way between them is wanted
        return Bounds(wanted, self.question.narrow, self.earlier, params["limit"] or 0)

    def _check_namespaces(self) -> None:
        """Refuse a snapshot of something else, such as one that another run wrote to the same folder.

        That of a question has the namespaces of its ends.
        """
        wanted, has = set(self.params["namespaces"]), set(self.snapshot.selected)
        one_end = bool(self.question.source) != bool(self.question.target)
        fits = wanted == has or (one_end and wanted <= has) or bool(self.question.source and self.question.target)
        if wanted and not fits:
            raise BadInput(
                f"snapshot: {self.params['snapshot']!r} is of {_named(has)}, and O(namespaces) asks for "
                f"{_named(wanted)}; take one of these, or leave O(namespaces) unset"
            )

    def _nothing_read(self) -> ClusterError | None:
        """Why nothing can be asked where a list could not be read; a run goes on without one as long as it can."""
        pods = next((missing for missing in self.snapshot.missing if missing.what == "pods"), None)
        return ClusterError("nothing_to_ask", f"no probe can be sent: {pods.reason}", pods.remedy) if pods else None

    def _select(self) -> Selected:
        params = self.params
        self.outside = Outside(() if params["replay"] else params["outside"], self.snapshot)
        if params["replay"]:
            self.outside.sources = self._replayed(params["replay"], recording.outside)
        selected = self.question.choose(self.facts, params, self._kinds(), self.outside.sources)
        self.vantage = vantage_points.choose(t.cast(Api, self.api), self.facts, params, self.run["id"])
        asking = [chosen.source for chosen in selected.sources if chosen.source.kind == "node"]
        if params["replay"]:
            recorded = self._replayed(params["replay"], recording.sources)
            self._leave_out_nodes(selected, {source.id for source in asking} - recorded)
        elif not params["debug_image"]:
            nodes = self.vantage.nodes
            nodes.find(self.snapshot, {source.node for source in asking})
            self._leave_out_nodes(selected, {source.id for source in asking if not nodes.place_for(source.node)})
        return selected

    def _leave_out_nodes(self, selected: Selected, silent: set[str]) -> None:
        """Without an image, only nodes with a hostNetwork Pod can ask; say so of the others, once."""
        selected.sources = [chosen for chosen in selected.sources if chosen.source.id not in silent]
        if silent:
            what = f"from {', '.join(sorted(silent))}"
            selected.not_tested.append(NotTested(what, execute.NO_NODE_POD, execute.NODE_POD))

    def probe(self) -> None:
        """Send the probes, or take the answers of a recording, and judge them."""
        if self.params["replay"]:
            self._replayed(self.params["replay"], self._take_over)
        else:
            answered = self.outside.answered(self.plan)
            asking = self.outside.unanswered(self.plan)
            counting = Counting(self.facts)

            def judge(reports: t.Iterable[SourceReport]) -> list[Cell]:
                return self.judge(self.plan.updated(sent.plan), [*reports, *answered])

            controls = target_controls.TargetControls(self.facts, judge)
            beside = (own_pages.OwnPages(self.facts), other_certificates.OtherCertificates(self.facts))
            stages = (slow_pages.SlowPages(), controls, *beside, counting)

            def so_far(sent: probe_session.ProbeSession) -> dict[str, t.Any]:
                cells = intermittent.marked(judge(sent.reports), counting.faults)
                return follow_up_rounds.seen(self.run, self.plan.updated(sent.plan), sent.reports, cells)

            further = follow_up_rounds.FollowUpRounds(self.facts, so_far)
            last = further if self.params["follow_up"] else None
            ways = judge, stages, (self.domains,), last
            sent = probe_session.ProbeSession(self.api, self.params, asking, self.vantage, *ways)
            try:
                sent.send()
            except KeyboardInterrupt as error:
                self.interrupted = str(error)
            self.follow_ups = [answer.to_dict() for answer in further.answers]
            self.plan = self.plan.updated(sent.plan)
            self.reports, self.faults = [*sent.reports, *answered], counting.faults
            self.execs, self.changed, self.left = sent.prober.execs, sent.changed, sent.left
            run_section.end(self.run)
        self.plan.not_tested += name_servers.other_domains(self.plan, self.reports)
        judged = intermittent.marked(self.judge(self.plan, self.reports), self.faults)
        self.plan.not_tested += liveness.undecided(self.plan, judged)
        self.cells = [cell.to_dict() for cell in self._settled(judged)]

    def _settled(self, cells: list[Cell]) -> t.Iterable[Cell]:
        """Look at the cluster again where something failed: what has gone meanwhile was not broken."""
        failed = any(cell.verdict == "fail" for cell in cells) and not self.interrupted
        now = look_again(self.api, self.snapshot) if failed and self.api and not self.params["replay"] else None
        return changes.settle(cells, self.plan, self.facts, Facts(now)) if now else cells

    def _take_over(self, recorded: dict[str, t.Any]) -> None:
        self.reports = recording.replay(self.plan, recorded)
        controls = target_controls.TargetControls(self.facts, lambda reports: self.judge(self.plan, reports))
        beside = (own_pages.OwnPages(self.facts), other_certificates.OtherCertificates(self.facts))
        for stage in (self.domains, controls, *beside):
            if further := stage.further(self.plan, self.reports, ()):
                self.plan, _asked = rounds.extended(self.plan, further.questions)
                self.reports = recording.replay(self.plan, recorded)
        self.faults = recording.faults(self.plan, recorded)
        self.follow_ups = [answer.to_dict() for answer in FollowUpAnswers(recorded.get("follow_ups", ()))]
        start, end, self.execs = recording.times(recorded)
        self.run.update(start=start, end=end, replayed=True)

    def _replayed(self, path: str, use: t.Callable[[dict[str, t.Any]], R]) -> R:
        recorded = run_folder.read(path, "replay")
        try:
            return use(recorded)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"replay: {path!r} is no recording of answers: {error}") from None

    def keep(self) -> dict[str, t.Any]:
        """Write the run's files, or return the cells where there is no folder for them."""
        folder, coverage = self.params["dest"], self.plan.coverage
        not_tested = [item.to_dict() for item in self.plan.not_tested]
        counted = {"summary": self.summary, "not_tested": not_tested, "coverage": coverage and coverage.to_dict()}
        told = {"tally": phrases.tally(counted, loud=False)}
        if not folder:
            return {"cells": self.cells, **told}
        if not self.params["snapshot"] and not self.taken:
            run_folder.write(os.path.join(folder, run_folder.SNAPSHOT), self.snapshot.to_dict())
        if not self.params["replay"]:
            answers = recording.record(self.plan, self.reports, {**self.run, "execs": self.execs}, self.outside.sources)
            answers["intermittent"] = [fault.to_dict() for fault in self.faults]
            answers["follow_ups"] = self.follow_ups
            run_folder.write(os.path.join(folder, "answers.json"), answers)
        report = document.dumps(self._report(counted))
        return {"report": run_folder.write(os.path.join(folder, "report.json"), report), **told}

    @functools.cached_property
    def summary(self) -> dict[str, t.Any]:
        """How many cells have which verdict, once they have one."""
        return document.summarise(self.cells)

    def result(self) -> dict[str, t.Any]:
        """What every run returns, check mode's included."""
        failures = [
            f"{cell['source']} -> {cell['asked']} ({cell['model']}): {cell['reason']}"
            for cell in self.cells
            if cell["verdict"] in ("fail", "unexpected_open")
        ]
        senders = [
            source for source, _probes in self.plan.by_source() if not source.unusable and source.kind != "outside"
        ]
        sampled = self.plan.coverage.cells if self.plan.coverage else ()
        all_cells = {"all_cells": sampled[1]} if sampled else {}
        return {
            "summary": self.summary,
            "failures": failures[:_MOST_FAILURES],
            "not_tested": sum(not item.not_applicable for item in self.plan.not_tested),
            "plan": {
                "sources": len(self.plan.questions),
                "targets": len(self.plan.targets),
                "cells": self.plan.cells,
                "execs": len(senders),
                **all_cells,
            },
            "requests": self._requests(),
            "left": self.left,
            "changed": self.changed,
        }

    def _requests(self) -> dict[str, int]:
        own = self.api.requests if self.api else 0
        earlier = self.snapshot.requests if self.params["snapshot"] else 0
        return {"api": own + earlier, "exec": self.execs}

    def _report(self, counted: dict[str, t.Any]) -> dict[str, t.Any]:
        gave = {report.source: report.to_dict() for report in self.reports}
        sources = [document.describe_source(item.to_dict(), gave.get(item.id)) for item in self.plan.sources.values()]
        names = names_of(self.params, probe_options.INNER_NAMES)
        return document.build(
            self.run,
            self.cells,
            named_result(sources, names),
            [target.to_dict() for target in self.plan.targets.values()],
            named_result(counted["not_tested"], names),
            self._requests(),
            counted["coverage"],
            self.left,
            counted["summary"],
            self.follow_ups,
        )


def _named(namespaces: set[str]) -> str:
    return f"namespace {', '.join(sorted(namespaces))}" if namespaces else "all namespaces"


def _read_earlier(path: str) -> Earlier:
    body = _files.read(path)
    try:
        return Earlier(document.loads(body))
    except ValueError as error:
        raise BadInput(f"rerun_failed: {path!r} is no report of net_probe: {error}") from None


def _read_snapshot(path: str) -> Snapshot:
    data = run_folder.read(path, "snapshot")
    try:
        return check.read(data)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"snapshot: {path!r} is no snapshot of net_info: {error}") from None
