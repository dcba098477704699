# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A question of the plan: the probe, who sends it, the objects of the snapshot that it is about, and what must happen.

The traffic models have those objects in their hands when they ask; every later stage takes them from here, so that none
is searched for again by a name or a number.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _words
from .._record import changed
from .._snapshot.entries import EntryPoint
from .._snapshot.model import ApiEndpoint, Balancer, Endpoint, Node, Pod, Service, ServicePort
from .component_ports import ComponentPort
from .types import Expectation, Probe, Source, Target

_UNDECIDED = Expectation("unknown", "nothing was said yet of what must happen")


@dataclasses.dataclass(frozen=True)
class About:
    """The objects that a question is about; what it is not about is None.

    Attributes:
        pod: that is asked at an address of its own.
        service: that is asked: at its own address, by its name, at a node, at its load balancer or at an endpoint.
        port: of the Service.
        endpoint: the one endpoint of the Service that is asked, where it is one.
        balancer: of the Service, whose address or name is asked.
        node: that is asked; None as well where nodes could not be listed.
        component_port: of a component of Kubernetes, that is asked there.
        entry: the host and path that is asked.
        slash: whether its Exact path is asked with a slash at the end that it has not, or without the one that it has.
        api_endpoint: the one instance of the API server that is asked, where it is one.
    """

    pod: Pod | None = None
    service: Service | None = None
    port: ServicePort | None = None
    endpoint: Endpoint | None = None
    balancer: Balancer | None = None
    node: Node | None = None
    component_port: ComponentPort | None = None
    entry: EntryPoint | None = None
    slash: bool = False
    api_endpoint: ApiEndpoint | None = None


NOTHING = About()


@dataclasses.dataclass(frozen=True)
class Question:
    """One probe with all that decides what must happen to it.

    Attributes:
        source: who sends it.
        pod: that of the source; None for a node and for the outside.
        target: what is asked.
        about: the objects behind the target.
        probe: what travels.
        expected: what must happen.
        resolved: the address that a name was resolved to, once that is known.
        resolv_conf: the lines of the source's resolv.conf, once they are known.
    """

    source: Source
    pod: Pod | None
    target: Target
    about: About
    probe: Probe
    expected: Expectation = _UNDECIDED
    resolved: str = ""
    resolv_conf: tuple[str, ...] = ()

    def but(self, **changes: t.Any) -> Question:
        """The question with another probe: this one with some fields changed."""
        return changed(self, probe=changed(self.probe, **changes))

    @property
    def asks_itself(self) -> bool:
        """Whether both ends are in the source's own Pod, so that no other Pod can ask in its place."""
        own = self.pod is not None and self.about.pod is not None and self.pod.id == self.about.pod.id
        return own or _words.MODELS[self.probe.model].within_pod
