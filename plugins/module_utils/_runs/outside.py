# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who asks from outside the cluster: this machine, and hosts that have asked already and wrote down their answers."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._bad_input import BadInput
from .._probe import answers, local, recording
from .._probe.plan import Plan
from .._probe.types import Probe, Source, SourceReport
from .._snapshot.facts import Facts, family, is_address
from .._snapshot.model import Snapshot
from . import run_folder

OutsideEntry = t.Mapping[str, t.Any]

_NAME = re.compile(r"[A-Za-z0-9_.:@-]{1,253}")
_MOST_ADDRESSES = 16
_LONGEST_ERROR = 500
_NO_WAY = "it has no route to any address of the cluster that could be read (nodes, load balancers, Ingresses)"


def check(entries: t.Sequence[OutsideEntry]) -> None:
    """Check the option C(outside).

    Raises:
        BadInput: a name is none or occurs twice, or two entries are about this machine.
    """
    names = [entry["name"] for entry in entries]
    for name in names:
        if not _NAME.fullmatch(name):
            raise BadInput(f"outside: name {name!r} is not allowed; it must be 1 to 253 of A-Z a-z 0-9 _ . : @ -")
        if names.count(name) > 1:
            raise BadInput(f"outside: name {name!r} occurs twice; each machine needs a name of its own")
    own = [entry["name"] for entry in entries if not entry["answers"] and not entry["error"]]
    if len(own) > 1:
        both = " and ".join(own)
        raise BadInput(f"outside: {both} have neither answers nor error; that is for the one machine that this runs on")


class Outside:
    """The machines of the option C(outside).

    Attributes:
        sources: all of them; those that cannot ask say why.
    """

    def __init__(self, entries: t.Sequence[OutsideEntry], snapshot: Snapshot) -> None:
        """Find out their addresses.

        Raises:
            BadInput: a file is no recording of answers from outside.
        """
        self._snapshot, self._facts = snapshot, Facts(snapshot)
        self._recorded: dict[str, dict[str, t.Any]] = {}
        self.sources = [self._source(entry) for entry in entries]

    def _source(self, entry: OutsideEntry) -> Source:
        name = f"outside/{entry['name']}"
        if entry["error"]:
            words = " ".join(entry["error"].split())[:_LONGEST_ERROR]
            return Source(name, kind="outside", unusable=f"no probe can be sent from there: {words}")
        if entry["answers"]:
            return self._outside_of(self._read(name, entry["answers"]))
        found = self._outside_of(local.source(entry["name"], self._ways_in()))
        return found if found.addresses else dataclasses.replace(found, unusable=_NO_WAY)

    def _ways_in(self) -> list[str]:
        """An address of the cluster of each family, to learn the own address on the way there; nodes come first."""
        nodes = [address for addresses in self._facts.node_addresses.values() for address in addresses]
        services = [address for service in self._snapshot.services for address in service.external_addresses]
        ingresses = [address for entry in self._facts.entries for address in entry.addresses]
        known = [address for address in (*nodes, *services, *ingresses) if is_address(address)]
        return list({family(address): address for address in reversed(known)}.values())

    def _outside_of(self, source: Source) -> Source:
        """A node of the cluster is not outside of it, whatever it is called."""
        for node, addresses in self._facts.node_addresses.items():
            if set(addresses) & set(source.addresses):
                why = f"it is not outside the cluster: its address is that of node {node}"
                return dataclasses.replace(source, node=node, unusable=why)
        return source

    def _read(self, name: str, path: str) -> Source:
        try:
            document = run_folder.read(path, "outside")
            there = {source.id: source for source in recording.outside(document)}
            if name not in there:
                raise BadInput(f"it is of {', '.join(sorted(there)) or 'no host outside'}")
            said = _reread(document, name).to_dict()
        except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
            raise BadInput(
                f"outside: answers {path!r} cannot be taken for {name}: {_words(error)}; "
                "it must be the answers.json that net_probe wrote there under this name"
            ) from None
        self._recorded[name] = {**document, "sources": [said]}
        found = there[name]
        own = found.addresses[:_MOST_ADDRESSES]
        return Source(name, kind="outside", addresses=own, unusable="" if own else _NO_WAY)

    def unanswered(self, plan: Plan) -> Plan:
        """What of a plan is still to be sent."""
        return plan.part(name for name in plan.questions if name not in self._recorded)

    def answered(self, plan: Plan) -> list[SourceReport]:
        """What the hosts have answered of a plan; what they were not asked is said so."""
        return [
            report
            for name, document in self._recorded.items()
            if name in plan.questions
            for report in recording.replay(plan.part([name]), document)
        ]


def _reread(document: OutsideEntry, name: str) -> SourceReport:
    probes = [probe for probe in map(Probe.from_dict, recording.entries(document, "probes")) if probe.source == name]
    own = [entry for entry in recording.entries(document, "sources") if entry["source"] == name]
    return answers.reread(own[0], probes) if own else SourceReport(name, error="no probe was sent from it")


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return (
        str(error) if isinstance(error, ValueError) else f"it is not a recording ({error.__class__.__name__}: {error})"
    )
