# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The options C(from) and C(to) in the stages of a run: what is selected, and what of it is asked. Pure."""

from __future__ import annotations

import typing as t

from ... import _words
from ..._snapshot.facts import Facts, family
from .. import selection
from ..plan import Plan
from ..questions import Question
from ..selected import NotTested, OptionEntry, Selected, SelectionError
from ..types import Source
from . import find, syntax
from . import ways as all_ways
from .services import Asking, Ways


class DirectQuestion:
    """What the options C(from) and C(to) ask for; either may be unset, and is then what other options say.

    Attributes:
        source: the option C(from).
        target: the option C(to).
        namespace: where a name is looked up that has none.
    """

    def __init__(
        self,
        source: str | None,
        target: str | None,
        cluster_domain: str,
        namespace: str = "default",
        missing: bool = False,
    ) -> None:
        """Read the options; with C(missing), a Service or a port of it that does not exist is asked all the same.

        Raises:
            SelectionError: one of them is not allowed.
        """
        self.source = syntax.source(source) if source else None
        self.target = syntax.target(target) if target else None
        self.namespace = namespace
        self._cluster_domain = cluster_domain
        self._missing = missing
        self._ways: Ways | None = None
        self._left_out = 0

    @property
    def kind(self) -> str:
        """The kind of the sources; empty where C(from) is unset."""
        if self.source is None:
            return ""
        return self.source.kind if self.source.kind in ("outside", "node") else "pod"

    def look_up_in(self, named: t.Sequence[str], own: str) -> None:
        """Look up names that have no namespace in the one of the option C(namespaces), else in that of the context."""
        self.namespace = named[0] if len(named) == 1 else own

    def choose(
        self, facts: Facts, params: t.Mapping[str, t.Any], kinds: set[str], outside: t.Sequence[Source]
    ) -> Selected:
        """Select what the run works on: by C(from) and C(to), and by the other options where one of these is unset.

        Args:
            facts: the snapshot.
            params: the options C(sources), C(targets) and C(internet).
            kinds: of sources that are needed.
            outside: the machines that may ask from outside the cluster.

        Raises:
            SelectionError: there is no such source, or no such target.
        """
        try:
            selected = selection.select(
                facts,
                self._sources(facts) or params["sources"],
                [] if self.target else params["targets"],
                kinds,
                params["internet"],
                outside,
            )
        except SelectionError as error:
            raise self._about_source(error) from None
        if self.source and self._left_out:
            what = f"from {self._left_out} more Pods of {self.source.text}"
            reason = f"a connection is probed from at most {find.MAX_PODS} Pods of a workload"
            selected.not_tested.append(NotTested(what, reason, "name one of them, or use sources"))
        if self.target:
            asking = Asking(frozenset(kinds), self.namespace, self._cluster_domain)
            self._ways = ways = all_ways.ways(facts, self.target, asking, self._missing)
            selected.pods, selected.services, selected.nodes = ways.pods, ways.services, ways.nodes
            selected.entries, selected.hosts = ways.entries, ways.hosts
            selected.not_tested += ways.not_tested
        return selected

    def _sources(self, facts: Facts) -> list[OptionEntry] | None:
        if self.source is None:
            return None
        found, self._left_out = find.sources(facts, self.source, self.namespace)
        return found

    def _about_source(self, error: SelectionError) -> SelectionError:
        """An error about the sources, as one about C(from) where that is what they were chosen by."""
        words = str(error)
        if self.source is None or words.startswith("from: "):
            return error
        return self.source.refuse(words[len("sources: ") :] if words.startswith("sources: ") else words)

    def models(self, models: t.Sequence[str]) -> list[str]:
        """The traffic models that the target can be asked in."""
        return [model for model in models if self._ways is None or model in self._ways.models]

    def protocols(self, protocols: t.Sequence[str]) -> tuple[str, ...]:
        """Without what is about a whole Pod or node, where the question is about a port."""
        whole = self._ways is None or self._ways.whole
        return tuple(protocol for protocol in protocols if whole or not _words.PROTOCOLS[protocol].whole)

    def narrow(self, question: Question) -> Question | None:
        """A question as this one asks it, None where it is not about that."""
        if self._ways is None:
            return question
        return self._as_named(question, self._ways) if self._is_asked(question, self._ways) else None

    def assert_asked(self, plan: Plan) -> None:
        """Refuse a plan in which nothing of the question is left.

        Raises:
            SelectionError: nothing is.
        """
        if self._ways and self.target and not plan.cells:
            raise self.target.refuse(self._nothing(plan, self._ways))

    def _is_asked(self, question: Question, ways: Ways) -> bool:
        probe, scheme = question.probe, self.target.scheme if self.target else ""
        if _words.MODELS[probe.model].over_loopback and not _is_in(question, ways):
            return False
        if question.about.slash:  # another path than the one that was named
            return False
        if scheme and (scheme not in _words.PROTOCOLS[probe.protocol].url_schemes or probe.dns_server):
            return False
        asked = (probe.host, probe.endpoint, probe.dns_server.partition("#")[0])
        return not ways.addresses or not ways.addresses.isdisjoint(asked)

    def _as_named(self, question: Question, ways: Ways) -> Question:
        """A question as the user named it: by the scheme and the path of a URL, by the host that a wildcard covers."""
        probe, target = question.probe, t.cast(syntax.End, self.target)
        host, server = ways.renamed.get(probe.host, probe.host), ways.renamed.get(probe.server_name, probe.server_name)
        if target.scheme and _words.PROTOCOLS[probe.protocol].url_decides:
            by_name = target.kind == "host" and host != target.name
            server = server or (target.name.rstrip(".") if by_name else "")
            return question.but(host=host, server_name=server, protocol=target.scheme, path=target.path)
        return question.but(host=host, server_name=server)

    def _nothing(self, plan: Plan, ways: Ways) -> str:
        """Why nothing can be asked."""
        who = self.source.text if self.source else "any source"
        told = [f"{item.what}: {item.reason}" for item in plan.not_tested[:3]]
        families = sorted({family(address) for address in ways.addresses})
        if families:
            told.append(f"the source has no {families[0]} address, or families leaves that out")
        elif self.kind == "outside":
            told.append(
                "from outside, only node ports, load balancers, hosts of an Ingress and addresses can be probed"
            )
        elif ways.pods:
            told.append("a Pod is not probed from itself, and it declares no port; set a port, or another source")
        return f"{ways.what} cannot be probed from {who}: {'; '.join(told) or 'no selected model or protocol applies'}"


def _is_in(question: Question, ways: Ways) -> bool:
    return question.pod is not None and any(pod.id == question.pod.id for pod in ways.pods)


def assert_alone(params: t.Mapping[str, t.Any]) -> None:
    """Refuse C(from) and C(to) beside the options that they stand for.

    Raises:
        SelectionError: both are given.
    """
    for short, others in (("from", ("sources",)), ("to", ("targets", "internet"))):
        both = params["from"] and params["to"]
        for other in (*others, *(("label_selectors", "field_selectors") if both else ())):
            if params[short] and params[other]:
                raise SelectionError(f"{short}: {params[short]!r} cannot be given with {other}; leave one of them out")
