# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who asks and who is asked: from the user's selection and the snapshot to sources and targets."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors as selectors
from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Container, Node, Pod, Service

from .types import Source


class SelectionError(ValueError):
    """A selection that matches nothing or says nothing: the message names the option, the value and what is allowed."""


@dataclasses.dataclass(frozen=True)
class NotTested(Record):
    """Something that was left out, why, and what would help."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"what", "reason", "way_out"})

    what: str
    reason: str
    way_out: str = ""


@dataclasses.dataclass(frozen=True)
class Host:
    """An address or name of the user's own."""

    host: str
    port: int = 0
    protocol: str = ""
    path: str = "/"


@dataclasses.dataclass
class Selected:
    """What a run works on."""

    sources: list[tuple[Source, Pod, bool]] = dataclasses.field(default_factory=list)  #: True: asks for the whole Pod
    pods: list[Pod] = dataclasses.field(default_factory=list)
    services: list[Service] = dataclasses.field(default_factory=list)
    nodes: list[Node] = dataclasses.field(default_factory=list)
    hosts: list[Host] = dataclasses.field(default_factory=list)
    not_tested: list[NotTested] = dataclasses.field(default_factory=list)


def select(
    facts: Facts, sources: t.Sequence[t.Mapping[str, t.Any]] | None, targets: t.Sequence[t.Mapping[str, t.Any]] | None
) -> Selected:
    """Resolve the options C(sources) and C(targets) on a snapshot; unset, they mean everything in it.

    Raises:
        SelectionError: an entry matches nothing, or there is no source at all.
    """
    selected = Selected()
    _sources(selected, facts, sources)
    _targets(selected, facts, targets)
    return selected


def _sources(selected: Selected, facts: Facts, wanted: t.Sequence[t.Mapping[str, t.Any]] | None) -> None:
    chosen: dict[str, tuple[Pod, str]] = {}
    if wanted is None:
        chosen = {pod.id: (pod, "") for pod in facts.snapshot.pods}
    else:
        for entry in wanted:
            for pod in _matching_pods(facts, entry, "sources"):
                container = entry.get("container") or ""
                if container and container not in [item.name for item in pod.containers]:
                    raise SelectionError(
                        f"sources: Pod {pod.id} has no container {container!r}; "
                        f"it has {', '.join(item.name for item in pod.containers)}"
                    )
                chosen[f"{pod.id}/{container}"] = (pod, container)
    for pod, container in chosen.values():
        reason = _no_source(pod)
        if reason:
            selected.not_tested.append(NotTested(f"from Pod {pod.id}", *reason))
            continue
        first = container or pod.default_container
        for item in sorted(pod.containers, key=lambda item: item.name != first):
            if item.name == first or (not container and len(pod.containers) > 1):
                selected.sources.append((_source(facts, pod, item), pod, item.name == first))
    if not selected.sources:
        where = f"namespaces {', '.join(facts.snapshot.selected)}" if facts.snapshot.selected else "the cluster"
        skipped = "; ".join(f"{item.what}: {item.reason}" for item in selected.not_tested[:5])
        raise SelectionError(f"there is no running Pod in {where} to probe from" + (f" ({skipped})" if skipped else ""))


def _no_source(pod: Pod) -> tuple[str, str] | None:
    """Why nothing is sent from a Pod, and the way out; None when it can be a source."""
    if pod.finished:
        return f"it has finished ({pod.status})", ""
    if pod.deleting:
        return "it is being deleted", "run again when its successor is there"
    if pod.phase != "Running":
        return f"it is not running ({pod.status})", f"kubectl describe pod -n {pod.namespace} {pod.name}"
    if pod.host_network:
        return "it uses its node's network (hostNetwork), so its traffic is the node's", ""
    return None


def _source(facts: Facts, pod: Pod, container: Container) -> Source:
    unusable = ""
    node = facts.nodes.get(pod.node)
    if node is not None and not node.ready:
        unusable = f"Node {node.name} is NotReady ({node.reason}), its kubelet cannot run an exec"
    elif not container.running:
        unusable = f"container {container.name} is not running: {container.state}"
    return Source(
        id=f"{pod.id}/{container.name}",
        namespace=pod.namespace,
        pod=pod.name,
        container=container.name,
        node=pod.node,
        addresses=pod.ips,
        image=container.image,
        unusable=unusable,
    )


def way_out(source: Source) -> str:
    """What helps against the reason that makes a source unusable."""
    if source.unusable.startswith("Node "):
        return f"kubectl describe node {source.node}; on the node: systemctl status kubelet"
    return f"kubectl logs -n {source.namespace} {source.pod} -c {source.container} --previous"


def _targets(selected: Selected, facts: Facts, wanted: t.Sequence[t.Mapping[str, t.Any]] | None) -> None:
    if wanted is None:
        selected.pods = [pod for pod in facts.snapshot.pods if _can_be_asked(selected, pod)]
        selected.services = list(facts.snapshot.services)
        selected.nodes = list(facts.snapshot.nodes)
        for missing in facts.snapshot.missing:
            what = f"everything that needs {missing.what}"
            selected.not_tested.append(NotTested(what, missing.reason, missing.way_out))
        return
    for entry in wanted:
        if entry.get("host"):
            selected.hosts.append(
                Host(entry["host"], entry.get("port") or 0, entry.get("protocol") or "", entry.get("path") or "/")
            )
        elif entry.get("service"):
            selected.services.append(_named(facts.services, entry, "service"))
        elif entry.get("node"):
            if entry["node"] not in facts.nodes:
                raise SelectionError(
                    f"targets: there is no node {entry['node']!r}; the cluster has {', '.join(sorted(facts.nodes))}"
                )
            selected.nodes.append(facts.nodes[entry["node"]])
        else:
            selected.pods += [pod for pod in _matching_pods(facts, entry, "targets") if _can_be_asked(selected, pod)]


def _can_be_asked(selected: Selected, pod: Pod) -> bool:
    reason = ""
    if pod.finished:
        reason = f"it has finished ({pod.status})"
    elif pod.deleting:
        reason = "it is being deleted"
    elif not pod.ips:
        reason = f"it has no address ({pod.status})"
    elif pod.host_network:
        reason = "it uses its node's network (hostNetwork): this is no Pod-to-Pod path"
    if reason:
        selected.not_tested.append(NotTested(f"to Pod {pod.id}", reason))
    return not reason


def _named(found: t.Mapping[str, Service], entry: t.Mapping[str, t.Any], kind: str) -> Service:
    namespace = entry.get("namespace") or "default"
    key = f"{namespace}/{entry[kind]}"
    if key not in found:
        near = sorted(name for name in found if name.startswith(f"{namespace}/"))
        raise SelectionError(f"targets: there is no {kind} {key!r}; there are {', '.join(near) or 'none'}")
    return found[key]


def _matching_pods(facts: Facts, entry: t.Mapping[str, t.Any], option: str) -> list[Pod]:
    """Pods of one entry: namespace, name, labels and node all have to match."""
    try:
        wanted = selectors.parse(entry.get("label_selector") or "")
    except ValueError as error:
        raise SelectionError(f"{option}: label_selector: {error}") from None
    found = [
        pod
        for pod in facts.snapshot.pods
        if (not entry.get("namespace") or pod.namespace == entry["namespace"])
        and (not entry.get("pod") or pod.name == entry["pod"])
        and (not entry.get("on_node") or pod.node == entry["on_node"])
        and selectors.matches(wanted, pod.labels)
    ]
    if not found:
        words = ", ".join(f"{key}={value}" for key, value in entry.items() if value)
        where = f" in namespaces {', '.join(facts.snapshot.selected)}" if facts.snapshot.selected else ""
        raise SelectionError(f"{option}: no Pod matches {words}{where}")
    return found
