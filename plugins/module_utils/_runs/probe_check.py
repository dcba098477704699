# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A run of M(kubewire.netdebug.net_probe) in check mode: its plan, its rights and what it would create."""

from __future__ import annotations

import collections
import functools
import typing as t

from .._cluster.errors import ClusterError
from .._debug import roles
from .._debug.types import Place
from .._probe import duration
from .._probe.selected import NotTested
from .._probe.types import Source
from .._report import untested
from .._snapshot.gather import Scope
from .._snapshot.model import Snapshot
from . import check_text, probe_creations, probe_echo, probe_rights
from .net_probe import SELECTION, ProbeRun
from .probe_creations import Creation
from .probe_rights import Right

Json = dict[str, t.Any]

_FOR_WANT_OF_RIGHTS = ("forbidden", "nothing_to_ask")
_MOST_NAMED = 3


class Check:
    """The state that moves through the steps; each method is one of them. No exec is opened, nothing is written."""

    def __init__(self, run: ProbeRun) -> None:
        self.run, self.api, self.image = run, run.api, str(run.params["debug_image"] or "")
        self.error: Exception | None = None  #: why there is no plan
        self.echo = probe_echo.Forecast(run) if run.params["echo"] else None
        self.rights: list[Right] = []
        self.creations: list[Creation] = []
        self._denied: set[tuple[str, str]] = set()  # namespace and purpose
        self._user = ""

    def make_plan(self) -> None:
        """Lay out the probes; where the rights for that are missing, go on to say which.

        Raises:
            ClusterError: it cannot be laid out for another reason.
            BadInput: an option is not allowed.
        """
        try:
            self.run.make_plan()
        except ClusterError as error:
            if not self.api or error.reason not in _FOR_WANT_OF_RIGHTS:
                raise
            self.error = error
        except ValueError as error:
            snapshot = self._snapshot
            if not self.api or not snapshot or not snapshot.unread("pods"):
                raise
            self.error = error

    def authorise(self) -> None:
        """Ask for every right of the run whether the API server allows it, and who we are where it does not.

        Raises:
            ClusterError: the question itself failed.
        """
        if self.api and not self.run.params["replay"]:
            rights, snapshot = probe_rights.review(self.api, self._needs()), self._snapshot
            self.rights = probe_rights.needed(rights, snapshot) if snapshot else rights
            self._denied = {(right.need.namespace, right.purpose) for right in self.missing}
            self._user = probe_rights.who(self.api) if self.missing else ""

    @property
    def _snapshot(self) -> Snapshot | None:
        """What was read of the cluster; nothing where that is forbidden."""
        return getattr(self.run, "snapshot", None)

    @property
    def missing(self) -> list[Right]:
        """The rights that are not allowed."""
        return [right for right in self.rights if not right.allowed]

    def _needs(self) -> t.Iterator[Right]:
        params, snapshot = self.run.params, self._snapshot
        version = snapshot.version if snapshot else ""
        own = self.echo.namespace if self.echo else None
        if not params["snapshot"]:
            selection = Scope(*(tuple(params[name]) for name in SELECTION))
            for right in probe_rights.to_read(selection, snapshot.api_groups if snapshot else {}):
                yield right.everywhere if right.need.namespace == own else right
        if self.echo:
            yield from probe_rights.of_echo(self.echo.rights, version)
        pods, nodes = self._senders["pod"], self._senders["node"]
        if self.error:
            pods = [Source("", namespace) for namespace in params["namespaces"] or [""]]
        pods = [source for source in pods if source.namespace != own]
        places = {self._place(source) for source in nodes}
        yield from probe_rights.of_run([*pods, *nodes], places, params, version)

    @functools.cached_property
    def _senders(self) -> dict[str, list[Source]]:
        """The sources that have something to send, by their kinds."""
        found: dict[str, list[Source]] = {kind: [] for kind in ("pod", "node", "outside")}
        for source, _probes in () if self.error else self.run.plan.by_source():
            if not source.unusable:
                found[source.kind].append(source)
        return found

    def _place(self, node: Source) -> str:
        """The namespace of the Pod that a node asks from."""
        if self.image:
            return str(self.run.params["debug_namespace"])
        place = self.run.vantage.nodes.place_for(node.node)
        return place.namespace if isinstance(place, Place) else ""

    def _may(self, namespace: str, *purposes: str) -> bool:
        if self.echo and namespace == self.echo.namespace:
            namespace, purposes = "", (*purposes, "echo")
        return not any((namespace, purpose) in self._denied for purpose in purposes)

    def _blocked(self) -> list[Source]:
        """The sources that could send nothing, since a right is missing or their Pods would be refused."""
        for_nodes = ("exec", self.run.vantage.nodes.creates.purpose) if self.image else ("exec",)
        refused = self._refusal() is not None
        pods = [source for source in self._senders["pod"] if not self._may(source.namespace, "exec")]
        nodes = [
            source for source in self._senders["node"] if refused or not self._may(self._place(source), *for_nodes)
        ]
        return [*pods, *nodes]

    def forecast(self) -> None:
        """Find out what would be created, and what the API server would say to it."""
        if not self.api or not self.image or self.error or self.run.params["replay"]:
            return
        blocked = {source.id for source in self._blocked()}
        own = self.echo.namespace if self.echo else None
        pods = [source for source in self._senders["pod"] if source.id not in blocked and source.namespace != own]

        def may(purpose: str, namespace: str) -> bool:
            return self._may(namespace, purpose, "exec")

        of_echo = self.echo.creations(self._may("", "echo")) if self.echo else []
        self.creations = [*of_echo, *probe_creations.forecast(self.run.vantage, pods, self._senders["node"], may)]

    def assert_asks(self) -> None:
        """Refuse a run that could ask nothing.

        Raises:
            ClusterError: it could not; the rights that are missing are named.
        """
        senders = sum(map(len, self._senders.values()))
        if self.run.params["replay"] or senders > len(self._blocked()):
            return
        if self.error:
            why = str(self.error)
        elif self._blocked():
            why = self._hindrance()
        else:
            left_out = (f"{item.what}: {item.reason}" for item in self.run.plan.not_tested[:_MOST_NAMED])
            why = "; ".join(["no source has a probe to send", *left_out])
        remedy = "grant the rights of 'role' in the result" if self.missing else ""
        raise ClusterError("nothing_to_ask", f"the run cannot send a probe: {why}", remedy)

    def _hindrance(self) -> str:
        """Why sources that have something to send could not."""
        places = sorted({right.need.namespace for right in self.missing if right.purpose == "exec"})
        if places:
            return f"exec is not allowed in namespace {untested.listing(places, _MOST_NAMED)}"
        return "the API server would refuse their Pods" if self._refusal() else "debug Pods are not allowed"

    def _refusal(self) -> ClusterError | None:
        """What the API server would say to the Pods of nodes."""
        said = [one.preview.refusal for one in self.creations if one.always and one.preview]
        return said[0] if said else None

    def result(self, diff: bool = False) -> Json:
        """What check mode returns."""
        told: Json = {} if self.error else self.run.result()
        if told:
            told["plan"]["seconds"] = duration.estimate(self.run.plan, self.run.params["concurrency"])
        told["authorisation"] = [right.to_dict() for right in self.rights]
        told["creates"] = [one.to_dict() for one in self.creations]
        told["role"] = roles.missing((right.need for right in self.missing), self._user)
        told["changed"] = bool(self.creations)
        told["text"] = check_text.render(told, self._summary())
        if diff:
            told["diff"] = [entry for one in self.creations if (entry := one.diff())]
        return told

    def _summary(self) -> check_text.Summary:
        plan = None if self.error else self.run.plan
        targets = sorted(target.kind for target in plan.targets.values()) if plan else []
        blocked = self._blocked()
        return check_text.Summary(
            error=str(self.error or ""),
            image=self.image,
            replayed=bool(self.run.params["replay"]),
            deadline=self.run.params["deadline"],
            coverage=self.run.plan.coverage.to_dict() if plan and self.run.plan.coverage else {},
            senders={kind: len(own) for kind, own in self._senders.items()},
            targets=dict(collections.Counter(targets).most_common()),
            blocked=tuple(source.id for source in blocked),
            hindrance=self._hindrance() if blocked else "",
            not_tested=tuple(item.to_dict() for item in self._not_tested()) if plan else (),
        )

    def _not_tested(self) -> t.Iterator[NotTested]:
        """What the plan leaves out, but for what the rights say."""
        forbidden = {each.subject for each in self.run.snapshot.missing if "forbidden" in each.reason}
        return (item for item in self.run.plan.not_tested if item.what not in forbidden)
