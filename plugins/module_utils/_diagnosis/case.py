# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A case: all that is known when causes are looked for, and what is not known."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing, Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    Condition,
    ContainerDetail,
    PodDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import FURTHER_FACTS

from .case_cells import Cells
from .finding import ObjectRef

#: Facts that the workloads of a snapshot call otherwise: both have Pods and Nodes.
_OF_WORKLOADS = {"details": "pods", "node_details": "nodes"}
#: Facts that only C(depth: all) reads.
_OF_ALL = frozenset({"jobs", "roles", "bindings"})
R = t.TypeVar("R")


class NotKnown(Exception):
    """A rule cannot tell without a fact.

    Attributes:
        fact: that is not known.
        reason: why it is not.
    """

    def __init__(self, fact: str, reason: str) -> None:
        super().__init__(f"{fact}: {reason}")
        self.fact, self.reason = fact, reason


@dataclasses.dataclass(frozen=True)
class Case(Cells):
    """A snapshot with its workloads, and the report of the probes, if any were sent."""

    def unknown(self, fact: str) -> str:
        """Why a fact is not known; empty where it is.

        Facts are the lists of a snapshot (C(pods), C(services), C(endpoint_slices), C(nodes)), those of its workloads
        (C(details) of Pods, C(owners), C(events), C(logs), C(quotas), C(node_details)), parts of these (C(secrets) and
        C(config_maps) of the keys, C(jobs) of the owners, C(node_leases)), and C(cells).

        Raises:
            KeyError: there is no such fact.
        """
        if fact == "cells":
            return "" if self.report else "nothing was probed"
        if self.snapshot.failure:
            return "nothing could be read"
        if fact not in _OF_WORKLOADS and hasattr(self.snapshot, fact):
            resource = fact.replace("_", "")
            said = (_said(each) for each in self.snapshot.missing if each.what.partition(".")[0] == resource)
            return "; ".join(dict.fromkeys(said))
        key = _OF_WORKLOADS.get(fact, fact)
        if key not in FURTHER_FACTS and not hasattr(self.workloads, key):
            raise KeyError(fact)
        if self.snapshot.workloads is None:
            return "the snapshot was taken with depth: traffic"
        if key in _OF_ALL and self.workloads.depth != "all":
            return f"the snapshot was taken with depth: {self.workloads.depth}"
        return self.workloads.unknown.get(key, "")

    def knows(self, fact: str) -> bool:
        """Whether a fact is known."""
        return not self.unknown(fact)

    def need(self, fact: str) -> None:
        """Raise C(NotKnown) where a fact is not known.

        A rule that can tell something without it, and not all, calls this behind its last candidate: it then counts as
        one that could not tell, with the candidates that it gave.
        """
        reason = self.unknown(fact)
        if reason:
            raise NotKnown(fact, reason)

    def once(self, what: str, find: t.Callable[[Case], R]) -> R:
        """What a function finds in this case, found once for all rules that use it."""
        if what not in self._found:
            self._found[what] = find(self)
        return t.cast(R, self._found[what])

    @functools.cached_property
    def _found(self) -> dict[str, t.Any]:
        return {}


def _said(missing: Missing) -> str:
    """Why a list could not be read, with the right that reads it."""
    return f"{missing.reason}; {missing.remedy}" if missing.remedy else missing.reason


def ref_of(thing: Pod | Service) -> ObjectRef:
    """The reference of a Pod or Service."""
    return ObjectRef(type(thing).__name__, thing.name, thing.namespace)


def map_key(name: str) -> str:
    """A key of a map as the end of a field: C(.memory), C([example.com/gpu])."""
    return f"[{name}]" if "/" in name or "." in name else f".{name}"


def condition(conditions: t.Iterable[Condition], kind: str) -> Condition | None:
    """The condition of a type."""
    return next((one for one in conditions if one.type == kind), None)


def container(detail: PodDetail, name: str) -> ContainerDetail | None:
    """The container of a name."""
    return next((one for one in detail.containers if one.name == name), None)
