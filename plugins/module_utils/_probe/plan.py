# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The plan: which source asks which target how. Pure: a selection and the models in, probes grouped by source out."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

from .. import _words
from . import jobs, sample, unasked
from .models import MODELS
from .models.context import Asked, Options, ProbeContext
from .models.hosts import named
from .sample import Coverage, Sample
from .selected import Chosen, NotTested, Selected
from .types import Expectation, Probe, Source, Target

EVERYTHING = Sample("all")
_DENIED_MS = 2000  #: what a probe waits at most that needs no answer
_DESCRIBE = "kubectl describe {0} -n {1.namespace} {1.name}"


@dataclasses.dataclass
class Plan:
    """All probes of a run; C(probes) holds them by source, in the order of their ids."""

    sources: dict[str, Source] = dataclasses.field(default_factory=dict)
    targets: dict[str, Target] = dataclasses.field(default_factory=dict)
    probes: dict[str, list[Probe]] = dataclasses.field(default_factory=dict)
    not_tested: list[NotTested] = dataclasses.field(default_factory=list)
    coverage: Coverage | None = None  #: of a sample
    expected: dict[int, Expectation] = dataclasses.field(default_factory=dict)  #: what must happen, by the probe's id

    @property
    def cells(self) -> int:
        """How many cells the matrix will have."""
        return sum(map(len, self.probes.values()))

    def by_source(self) -> t.Iterator[tuple[Source, list[Probe]]]:
        """Sources that something has to be sent from, with what they send."""
        for name, probes in self.probes.items():
            sent = [probe for probe in probes if not probe.skip]
            if sent:
                yield self.sources[name], sent


def make(
    facts: Facts, selected: Selected, models: t.Sequence[str], options: Options, wanted: Sample = EVERYTHING
) -> Plan:
    """Lay out every probe of the models that were asked for, from the sources of a sample.

    Raises:
        ValueError: the user named something that cannot be asked, such as a host that is neither address nor name.
    """
    plan = Plan(not_tested=[*selected.not_tested, *_beyond_models(facts, selected, models)])

    def asked(chosen: Chosen, view: Selected) -> t.Iterator[Asked]:
        return _asked(ProbeContext(chosen.source, chosen.pod, facts, view, options), models, chosen.whole)

    drawn = sample.draw(selected, wanted, lambda chosen, view, most: _length(asked(chosen, view), most))
    number = 0
    for chosen, view in drawn.views:
        for target, probe in asked(chosen, view):
            number += 1
            plan.sources[chosen.source.id] = chosen.source
            plan.targets[target.id] = target
            plan.probes.setdefault(chosen.source.id, []).append(dataclasses.replace(probe, id=number))
    if drawn.mode != "all":
        plan.coverage = sample.coverage(selected, drawn, plan.cells, facts.snapshot.nodes)
    for probes in plan.probes.values():
        for place, probe in enumerate(probes):
            probes[place] = _askable(probe, plan.targets[probe.target])
    planned = {probe.model for probes in plan.probes.values() for probe in probes}
    plan.not_tested += unasked.models(facts, selected, models, planned)
    return plan


def shorten_denied(plan: Plan) -> Plan:
    """Return a plan that waits less for what needs no answer.

    An answer that comes late is found by those sources that may ask the same target.
    """

    def shorter(probe: Probe) -> Probe:
        needless = plan.expected[probe.id].decision in ("deny", "not_applicable")
        return dataclasses.replace(probe, timeout_ms=min(probe.timeout_ms, _DENIED_MS)) if needless else probe

    return dataclasses.replace(plan, probes={name: list(map(shorter, asked)) for name, asked in plan.probes.items()})


def _askable(probe: Probe, target: Target) -> Probe:
    """The probe, or one that is never sent where an object of the cluster holds what no host or path can be."""
    if not probe.skip:
        try:
            jobs.job_line(probe)
        except ValueError as error:
            if target.kind == "host":  # the user's own
                raise
            return dataclasses.replace(probe, skip=f"it cannot be asked: {error}")
    return probe


def _length(questions: t.Iterable[Asked], most: int) -> int:
    return sum(1 for _question in itertools.islice(questions, most))


def kinds(models: t.Iterable[str]) -> set[str]:
    """The kinds of source that ask in some models."""
    return {_words.MODELS[model].asked_by for model in models}


def _asked(context: ProbeContext, models: t.Sequence[str], whole: bool) -> t.Iterator[Asked]:
    """A container that does not stand for its Pod asks only its neighbours: their network is the same.

    Hosts of the user's own are asked by Pods, and by nodes and the outside where the user named those as sources.
    """
    for model in models:
        row = _words.MODELS[model]
        if row.asked_by == context.source.kind and (whole or row.every_container):
            yield from MODELS[model](context)
    if whole and (context.source.kind == "pod" or context.selected.named_sources):
        yield from named(context)


def _beyond_models(facts: Facts, selected: Selected, models: t.Sequence[str]) -> t.Iterator[NotTested]:
    """Say what the chosen objects have that no model of this run asks."""
    for pod in selected.pods:
        if not any(container.ports for container in pod.containers):
            name = f"ports of Pod {pod.id}"
            yield NotTested(name, "it declares no port", "name host and port in O(targets)", not_applicable=True)
    for service in selected.services:
        if service.headless and "pod_to_headless" not in models:
            name = f"Service {service.id}"
            yield NotTested(name, "it is headless", "add pod_to_headless to O(models)", not_applicable=True)
        if service.type == "LoadBalancer" and not service.balancers:
            reason = "no load balancer has given it an address"
            yield NotTested(f"load balancer of Service {service.id}", reason, _DESCRIBE.format("service", service))
    yield from dict.fromkeys(_ways_in(facts, selected))
    if not facts.snapshot.nodes and any(port.node_port for service in selected.services for port in service.ports):
        unread = "nodes could not be listed; those that run a selected Pod are known by its status.hostIPs"
        yield NotTested("node ports of nodes that run no selected Pod", unread, "grant list on nodes")


def _ways_in(facts: Facts, selected: Selected) -> t.Iterator[NotTested]:
    for entry in selected.entries:
        if not entry.addresses and not entry.host:
            yield NotTested(f"{entry.id} port {entry.port}", entry.defect or "it has neither host nor address", "")
    gateways = {gateway.id for gateway in facts.snapshot.gateways}
    for route in facts.snapshot.http_routes if selected.everything else ():
        for parent in route.parents:
            if parent.gateway not in gateways:
                unread = facts.snapshot.unread("gateways")
                reason = f"its Gateway {parent.gateway} " + ("could not be read" if unread else "is not there")
                yield NotTested(f"HTTPRoute {route.namespace}/{route.name}", reason)
