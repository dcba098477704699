# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a run works on: from the user's selection and the snapshot to sources and targets."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _selectors as selectors
from .._bad_input import BadInput
from .._record import Record
from .._snapshot.entries import EntryPoint
from .._snapshot.facts import Facts
from .._snapshot.model import Node, Pod, Service
from .types import Source

OptionEntry = t.Mapping[str, t.Any]


class SelectionError(BadInput):
    """A selection that matches nothing or says nothing: the message names the option, the value and what is allowed."""


@dataclasses.dataclass(frozen=True)
class NotTested(Record):
    """Something that was not asked, why, and what would help.

    Attributes:
        model: the traffic model that has no check for this reason, where it is about a whole one.
        not_applicable: whether there was nothing to ask, so that nothing is missing.
    """

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"what", "reason", "remedy"})

    what: str
    reason: str
    remedy: str = ""
    model: str = ""
    not_applicable: bool = False


@dataclasses.dataclass(frozen=True)
class Host:
    """An address or name of the user's own."""

    host: str
    port: int = 0
    protocol: str = ""
    path: str = "/"


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A source and what it stands for: C(whole) asks for its whole Pod, others only their neighbours in it."""

    source: Source
    pod: Pod | None = None
    whole: bool = True


@dataclasses.dataclass
class Selected:
    """What a run works on.

    Attributes:
        everything: whether all targets are wanted, the API server, the cluster's DNS and its nodes as well.
        named_sources: whether the sources were named one by one, nodes and the outside as well.
        brief: whether one question for each target is enough.
    """

    everything: bool = True
    named_sources: bool = False
    brief: bool = False
    sources: list[Chosen] = dataclasses.field(default_factory=list)
    pods: list[Pod] = dataclasses.field(default_factory=list)
    services: list[Service] = dataclasses.field(default_factory=list)
    nodes: list[Node] = dataclasses.field(default_factory=list)
    entries: list[EntryPoint] = dataclasses.field(default_factory=list)
    hosts: list[Host] = dataclasses.field(default_factory=list)
    internet: list[Host] = dataclasses.field(default_factory=list)
    not_tested: list[NotTested] = dataclasses.field(default_factory=list)


def matching_pods(facts: Facts, entry: OptionEntry, option: str) -> list[Pod]:
    """Pods of one entry of an option: namespace, name, owner, labels, node and query all have to match.

    Raises:
        SelectionError: no Pod does, or the selector is none.
    """
    try:
        wanted = selectors.parse(entry.get("label_selector") or "")
    except ValueError as error:
        raise SelectionError(f"{option}: label_selector: {error}") from None
    queried = _queried(facts, entry["query"], option) if entry.get("query") else None
    found = [
        pod
        for pod in facts.snapshot.pods
        if (not entry.get("namespace") or pod.namespace == entry["namespace"])
        and (not entry.get("pod") or pod.name == entry["pod"])
        and (not entry.get("owner") or entry["owner"].lower() in owners(pod))
        and (not entry.get("on_node") or pod.node == entry["on_node"])
        and selectors.matches(wanted, pod.labels)
        and (queried is None or pod.id in queried)
    ]
    if not found:
        words = ", ".join(f"{key}={value}" for key, value in entry.items() if value)
        where = f" in namespaces {', '.join(facts.snapshot.selected)}" if facts.snapshot.selected else ""
        raise SelectionError(f"{option}: no Pod matches {words}{where}")
    return found


def _queried(facts: Facts, query: str, option: str) -> set[str]:
    """The Pods that a JMESPath expression over the snapshot gives."""
    try:
        import jmespath  # type: ignore[import-untyped] # a dependency of this option alone
        from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]
    except ImportError:
        raise SelectionError(f"{option}: query needs the Python package jmespath where the module runs") from None
    try:
        found = jmespath.search(query, facts.plain)
    except JMESPathError as error:
        raise SelectionError(f"{option}: query {query!r} is no JMESPath expression: {error}") from None
    try:
        return {f"{pod['namespace']}/{pod['name']}" for pod in found}
    except (TypeError, KeyError):
        raise SelectionError(
            f"{option}: query {query!r} gives no list of Pods; it must select entries of 'pods', as in pods[?ready]"
        ) from None


def workload(pod: Pod) -> str:
    """What a Pod belongs to, as C(Kind/name), empty where it is alone.

    A Deployment owns through a ReplicaSet whose name is its own with the hash that the Pod's label holds.
    """
    kind, _slash, name = pod.owner.partition("/")
    template = pod.labels.get("pod-template-hash", "")
    if kind == "ReplicaSet" and template and name.endswith(f"-{template}"):
        return f"Deployment/{name[: -len(template) - 1]}"
    return pod.owner


def workload_id(pod: Pod) -> str:
    """What a Pod belongs to, unique in the cluster; itself where it is alone."""
    name = workload(pod)
    return f"{pod.namespace}/{name}" if name else f"{pod.namespace}/Pod/{pod.name}"


def owners(pod: Pod) -> set[str]:
    """Who owns a Pod, as C(kind/name) in small letters."""
    return {pod.owner.lower(), workload(pod).lower()}
