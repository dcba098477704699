# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who asks: a source with all that its questions depend on."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ... import _words
from ..._snapshot import dns
from ..._snapshot.facts import Facts, family
from ..._snapshot.model import Pod
from ..questions import About, Question
from ..selected import Selected
from ..types import Probe, Source, Target

T = t.TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Options:
    """What of the models is wanted."""

    protocols: tuple[str, ...] = tuple(_words.PROTOCOLS)
    families: tuple[str, ...] = _words.FAMILIES
    cluster_domain: str = "cluster.local"
    timeout_ms: int = 4000
    tries: int = 1


@dataclasses.dataclass(frozen=True)
class ProbeContext:
    """A source with all that its questions depend on; C(pod) is None for a node and for the outside."""

    source: Source
    pod: Pod | None
    facts: Facts
    selected: Selected
    options: Options
    #: what the questions of all sources of a plan have in common, by what it is about
    shared: dict[t.Hashable, t.Any] = dataclasses.field(default_factory=dict, repr=False, compare=False)

    def once(self, key: t.Hashable, make: t.Callable[[], T]) -> T:
        """What depends on the facts and the options alone, so that it is worked out for the first source and kept."""
        if key not in self.shared:
            self.shared[key] = make()
        found: T = self.shared[key]
        return found

    def ask(
        self, model: str, target: Target, about: About, protocol: str, host: str, ip_family: str, **more: t.Any
    ) -> Question:
        """One question of this source; C(skip) in C(more) says why it is never sent."""
        if _words.PROTOCOLS[protocol].repeated:
            more.setdefault("tries", self.options.tries)
        probe = Probe(
            id=0,
            source=self.source.id,
            target=target.id,
            model=model,
            protocol=protocol,
            family=ip_family,
            host=host,
            timeout_ms=self.options.timeout_ms,
            **more,
        )
        return Question(self.source, self.pod, target, about, probe)

    @functools.cached_property
    def knows_services(self) -> bool:
        """Whether the source's name servers may have the names of Services; some Pods use others on purpose."""
        return self.pod is None or dns.of_pod(self.facts, self.pod).cluster is not False

    @functools.cached_property
    def cluster_domain(self) -> str:
        """The cluster's domain: as the Pod's own search list has it, where the API knows that, else of the options."""
        config = self.pod.dns_config if self.pod else None
        return dns.cluster_domain(config.searches if config else ()) or self.options.cluster_domain

    def wants(self, protocol: str) -> bool:
        """Whether the user wants a protocol."""
        return protocol in self.options.protocols

    def families(self, addresses: t.Iterable[str]) -> list[tuple[str, str]]:
        """Addresses with their family, where this source speaks it and the user wants it."""
        spoken = self._spoken
        return [(address, each) for address in addresses if (each := family(address)) in spoken]

    def own_families(self) -> list[str]:
        """The families that this source speaks and the user wants."""
        return list(self._spoken)

    @functools.cached_property
    def _spoken(self) -> tuple[str, ...]:
        own = {family(address) for address in self.source.addresses}
        return tuple(ip_family for ip_family in self.options.families if ip_family in own)
