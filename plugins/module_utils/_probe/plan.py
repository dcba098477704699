# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The plan: which source asks which target how. Pure: a selection and the models in, probes grouped by source out."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

from . import jobs
from .models import MODELS, Asked, Asker, Options, hosts
from .targets import NotTested, Selected
from .types import Probe, Source, Target


@dataclasses.dataclass
class Plan:
    """All probes of a run; C(probes) holds them by source, in the order of their ids."""

    sources: dict[str, Source] = dataclasses.field(default_factory=dict)
    targets: dict[str, Target] = dataclasses.field(default_factory=dict)
    probes: dict[str, list[Probe]] = dataclasses.field(default_factory=dict)
    not_tested: list[NotTested] = dataclasses.field(default_factory=list)

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


def make(facts: Facts, selected: Selected, models: t.Sequence[str], options: Options) -> Plan:
    """Lay out every probe of the models that were asked for.

    Raises:
        ValueError: a probe asks for something that cannot be asked, such as a host that is neither address nor name.
    """
    plan = Plan(not_tested=[*selected.not_tested, *_beyond_models(selected, models)])
    number = 0
    for source, pod, whole in selected.sources:
        asker = Asker(source, pod, facts, selected, options)
        for target, probe in _asked(asker, models, whole):
            number += 1
            plan.sources[source.id] = source
            plan.targets[target.id] = target
            plan.probes.setdefault(source.id, []).append(dataclasses.replace(probe, id=number))
    for _source, probes in plan.by_source():
        for probe in probes:
            jobs.job_line(probe)
    return plan


def _asked(asker: Asker, models: t.Sequence[str], whole: bool) -> t.Iterator[Asked]:
    """A container that does not stand for its Pod asks only its neighbours: their network is the same."""
    for model in models:
        if whole or model == "container_to_container":
            yield from MODELS[model](asker)
    if whole:
        yield from hosts(asker)


def _beyond_models(selected: Selected, models: t.Sequence[str]) -> t.Iterator[NotTested]:
    """Say what the chosen objects have that no model of this run asks."""
    for pod in selected.pods:
        ports = [port for container in pod.containers for port in container.ports]
        if not any(port.protocol == "TCP" for port in ports):
            what = "only UDP or SCTP ports, which are not probed yet" if ports else "no port"
            yield NotTested(f"ports of Pod {pod.id}", f"it declares {what}", "name host and port in targets")
    if "pod_to_service" not in models:
        return
    for service in selected.services:
        if service.type == "ExternalName":
            yield NotTested(f"Service {service.id}", f"it is an alias of {service.external_name} (ExternalName)")
        elif service.headless:
            yield NotTested(f"Service {service.id}", "it is headless: it has no address of its own")
        for port in service.ports:
            if port.protocol != "TCP":
                yield NotTested(f"Service {service.id} port {port.port}", f"{port.protocol} is not probed yet")
