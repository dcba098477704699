# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The plan: which source asks which target how. Pure.

A selection, models and bounds go in, and questions come out, grouped by source.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

from .. import _question_key as question_key
from .. import _words
from . import jobs, sample, unasked
from .bounds import UNBOUNDED, Bounds, Share
from .brief import brief, preferred_family
from .models import MODELS
from .models.context import Options, ProbeContext
from .models.hosts import named
from .models.ports import certificate
from .questions import Question
from .sample import Coverage
from .selected import Chosen, NotTested, Selected
from .types import Probe, Source, Target

_DENIED_MS = 2000  #: what a probe waits at most that needs no answer
_DESCRIBE = "kubectl describe {0} -n {1.namespace} {1.name}"
#: What tells two questions apart whose target was named in the same way, in the order in which C(via) says it.
_APART = ("host", "dns_server", "path", "server_name", "port")


@dataclasses.dataclass
class Plan:
    """All questions of a run, by the id of their source and in the order of their own ids."""

    questions: dict[str, list[Question]] = dataclasses.field(default_factory=dict)
    not_tested: list[NotTested] = dataclasses.field(default_factory=list)
    coverage: Coverage | None = None  #: of a sample
    last_id: int = 0  #: the highest id of all questions; a part of a plan keeps that of the whole

    def __iter__(self) -> t.Iterator[Question]:
        """All questions."""
        return itertools.chain.from_iterable(self.questions.values())

    @property
    def cells(self) -> int:
        """How many cells the matrix will have."""
        return sum(map(len, self.questions.values()))

    @functools.cached_property
    def sources(self) -> dict[str, Source]:
        """Who asks, by id."""
        return {name: asked[0].source for name, asked in self.questions.items()}

    @functools.cached_property
    def targets(self) -> dict[str, Target]:
        """What is asked, by id."""
        return {question.target.id: question.target for question in self}

    @functools.cached_property
    def probes(self) -> dict[str, list[Probe]]:
        """What travels, by the id of the source."""
        return {name: [question.probe for question in asked] for name, asked in self.questions.items()}

    @functools.cached_property
    def by_id(self) -> dict[int, Question]:
        """The questions by the ids of their probes."""
        return {question.probe.id: question for question in self}

    def by_source(self) -> t.Iterator[tuple[Source, list[Probe]]]:
        """Sources that something has to be sent from, with what they send."""
        for name, probes in self.probes.items():
            sent = [probe for probe in probes if not probe.skip]
            if sent:
                yield self.sources[name], sent

    def each(self, change: t.Callable[[Question], Question]) -> Plan:
        """The plan with each question changed."""
        return dataclasses.replace(
            self, questions={name: list(map(change, asked)) for name, asked in self.questions.items()}
        )

    def part(self, sources: t.Iterable[str]) -> Plan:
        """What some sources ask."""
        return dataclasses.replace(self, questions={name: self.questions[name] for name in sources})

    def updated(self, part: Plan) -> Plan:
        """The plan with what some of its sources were asked in further rounds."""
        return dataclasses.replace(self, questions={**self.questions, **part.questions}, last_id=part.last_id)


def make(
    facts: Facts, selected: Selected, models: t.Sequence[str], options: Options, bounds: Bounds = UNBOUNDED
) -> Plan:
    """Lay out what the bounds let pass of the questions of some models; nothing else is ever put into the plan.

    Raises:
        SelectionError: nothing of an earlier report can be asked again.
        ValueError: the user named something that cannot be asked, such as a host that is neither address nor name.
    """

    shared: dict[t.Hashable, t.Any] = {}

    def offered(chosen: Chosen, view: Selected) -> t.Iterable[Question]:
        context = ProbeContext(chosen.source, chosen.pod, facts, view, options, shared)
        questions = _offered(context, models, chosen.whole)
        if not view.brief:
            return questions
        return brief(questions, preferred_family(chosen.source.id, context.own_families(), bounds.sample))

    nodes = facts.snapshot.nodes
    count = sample.Count(offered)
    drawn = sample.draw(selected, bounds.sample, count, nodes)
    seen, keys = set[str](), dict[question_key.Key, Probe]()
    if bounds.earlier and drawn.mode == "auto":  # what failed may be no part of a new sample
        again = bounds.earlier.narrowed(selected)
        drawn, seen = sample.Drawn([(chosen, again) for chosen in again.sources], "all"), set(models)
    # The models say what there is to ask once for a limit, which is a share of it, and once to be asked.
    share = bounds.share(_wanted(drawn.views, offered, bounds, set(), {})) if bounds.limit else Share()
    plan = Plan(not_tested=[*selected.not_tested, *_beyond_models(facts, selected, models)])
    for question in _wanted(drawn.views, offered, bounds, seen, keys):
        if share.takes(question):
            own = plan.questions.setdefault(question.source.id, [])
            plan.last_id += 1
            own.append(_askable(question.but(id=plan.last_id)))
    if drawn.mode != "all":
        plan.coverage = sample.coverage(selected, drawn, plan.cells, nodes)
    plan.not_tested += unasked.models(facts, selected, models, seen)
    plan.not_tested += unasked.names(facts, selected, models)
    plan.not_tested += bounds.left_out(keys.keys(), share)
    return plan


def _wanted(
    views: t.Iterable[sample.View],
    offered: t.Callable[[Chosen, Selected], t.Iterable[Question]],
    bounds: Bounds,
    seen: set[str],
    keys: dict[question_key.Key, Probe],
) -> t.Iterator[Question]:
    """What is offered and wanted, each question once and with a key of its own.

    C(seen) takes the models of all, and C(keys) the keys of those that are wanted.
    """
    for chosen, view in views:
        for question in offered(chosen, view):
            seen.add(question.probe.model)
            wanted = bounds.wanted(question)
            if question.target.kind == "host":
                _askable(question)
            distinct = _distinct(wanted, keys) if wanted else None
            if distinct and bounds.is_again(distinct):
                yield distinct


def _distinct(question: Question, keys: dict[question_key.Key, Probe]) -> Question | None:
    """The question with a key that none before it has; None where just this was asked before."""
    probe = question.probe
    other = keys.setdefault(question_key.key(probe), probe)
    if other is probe:
        return question
    apart = [str(getattr(probe, name)) for name in _APART if getattr(probe, name) != getattr(other, name)]
    if not apart:
        return None
    return _distinct(question.but(via=f"{probe.via} {apart[0]}"), keys)


def shorten_denied(plan: Plan) -> Plan:
    """Return a plan that waits less for what needs no answer.

    An answer that comes late is found by those sources that may ask the same target.
    """

    def shorter(question: Question) -> Question:
        needless = question.expected.decision in ("deny", "not_applicable")
        return question.but(timeout_ms=_DENIED_MS) if needless and question.probe.timeout_ms > _DENIED_MS else question

    return plan.each(shorter)


def _askable(question: Question) -> Question:
    """The question, or one that is never sent where an object of the cluster holds what no host or path can be."""
    if not question.probe.skip:
        try:
            jobs.assert_sendable(question.probe)
        except ValueError as error:
            if question.target.kind == "host":  # the user's own
                raise
            return question.but(skip=f"it cannot be probed: {error}")
    return question


def kinds(models: t.Iterable[str]) -> set[str]:
    """The kinds of source that ask in some models."""
    return {_words.MODELS[model].asked_by for model in models}


def _offered(context: ProbeContext, models: t.Sequence[str], whole: bool) -> t.Iterator[Question]:
    """A container that does not stand for its Pod asks only its neighbours: their network is the same.

    Hosts of the user's own are asked by Pods, and by nodes and the outside where the user named those as sources.
    """
    for model in models:
        row = _words.MODELS[model]
        if row.asked_by == context.source.kind and (whole or row.every_container):
            for question in MODELS[model](context):
                yield question
                yield from certificate(context, question)
    if whole and (context.source.kind == "pod" or context.selected.named_sources):
        yield from named(context)


def _beyond_models(facts: Facts, selected: Selected, models: t.Sequence[str]) -> t.Iterator[NotTested]:
    """Say what the chosen objects have that no model of this run asks."""
    headless = _words.models_that_ask("headless")
    for pod in selected.pods:
        if not any(container.ports for container in pod.containers):
            name = f"ports of Pod {pod.id}"
            yield NotTested(name, "it declares no port", "name host and port in O(targets)", not_applicable=True)
    for service in selected.services:
        if service.headless and headless.isdisjoint(models):
            name, remedy = f"Service {service.id}", f"add {', '.join(sorted(headless))} to O(models)"
            yield NotTested(name, "it is headless", remedy, not_applicable=True)
        if service.type == "LoadBalancer" and not service.balancers:
            reason = "no load balancer has given it an address"
            yield NotTested(f"load balancer of Service {service.id}", reason, _DESCRIBE.format("service", service))
    yield from dict.fromkeys(_ways_in(facts, selected))
    if not facts.snapshot.nodes and any(port.node_port for service in selected.services for port in service.ports):
        unread = "nodes could not be listed; those that run a selected Pod are known by its status.hostIPs"
        yield NotTested("node ports of nodes that run no selected Pod", unread, "grant list on nodes")


def _ways_in(facts: Facts, selected: Selected) -> t.Iterator[NotTested]:
    """The ways in that cannot be asked, or are closed on purpose."""
    for entry in selected.entries:
        if not entry.addresses and not entry.host:
            yield NotTested(f"{entry.id} port {entry.port}", entry.defect or "it has neither host nor address", "")
    named = {entry.id for entry in selected.entries}
    for each in facts.ways_in.unasked:
        if selected.everything or any(each.what.startswith(f"{name} ") for name in named):
            yield NotTested(each.what, each.reason, not_applicable=each.on_purpose)
