# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who asks: from the option C(sources) and the snapshot to containers, nodes and the outside."""

from __future__ import annotations

import typing as t

from .._snapshot.facts import Facts
from .._snapshot.model import Container, Node, Pod
from . import unfit
from .selected import Chosen, NotTested, OptionEntry, Selected, SelectionError, matching_pods, workload
from .types import Source


def choose(
    selected: Selected,
    facts: Facts,
    wanted: t.Sequence[OptionEntry] | None,
    kinds: t.Container[str],
    outside: t.Sequence[Source] = (),
) -> None:
    """Resolve the option C(sources); unset, it means everything of the kinds that the run's models are asked by.

    Args:
        selected: what takes the sources, and what cannot be one.
        facts: the snapshot.
        wanted: the option.
        kinds: of sources that the models need: C(pod), C(node), C(outside).
        outside: the machines that may ask from outside the cluster.

    Raises:
        SelectionError: an entry matches nothing, or there is no source at all.
    """
    pods, nodes = _wanted(facts, wanted)
    selected.named_sources = wanted is not None
    if "pod" in kinds:
        for pod, container in pods.values():
            if unfit.can_ask(selected, facts, pod):
                selected.sources += _of_pod(selected, facts, pod, container)
    if "node" in kinds:
        selected.sources += [Chosen(of_node(node)) for node in nodes.values() if unfit.can_be_asked(selected, node)]
    if "outside" in kinds:
        _choose_outside(selected, outside, wanted)
    if not selected.sources and (wanted or "pod" in kinds):
        if wanted is not None and not wanted:
            raise SelectionError("sources: it is empty; leave it out to probe from every Pod")
        where = f"namespaces {', '.join(facts.snapshot.selected)}" if facts.snapshot.selected else "the cluster"
        unread = [facts.unread_pods] if facts.unread_pods else []
        skipped = "; ".join([*unread, *(f"{item.what}: {item.reason}" for item in selected.not_tested[:5])])
        nobody = "no host outside" if wanted and all(map(is_outside, wanted)) else f"no running Pod in {where}"
        raise SelectionError(f"there is {nobody} to probe from" + (f" ({skipped})" if skipped else ""))


def _wanted(facts: Facts, wanted: t.Sequence[OptionEntry] | None) -> tuple[dict[str, tuple[Pod, str]], dict[str, Node]]:
    if wanted is None:
        return {pod.id: (pod, "") for pod in facts.snapshot.pods}, facts.nodes
    pods: dict[str, tuple[Pod, str]] = {}
    nodes: dict[str, Node] = {}
    for entry in wanted:
        if entry.get("node"):
            nodes.update((node.name, node) for node in matching_nodes(facts, entry["node"], "sources"))
        elif not is_outside(entry):
            for pod in matching_pods(facts, entry, "sources"):
                container = _container(pod, entry.get("container") or "")
                pods[f"{pod.id}/{container}"] = (pod, container)
    return pods, nodes


def matching_nodes(facts: Facts, name: str, option: str) -> list[Node]:
    """The node of a name; C(*) means all of them.

    Raises:
        SelectionError: there is none.
    """
    if name == "*":
        return list(facts.snapshot.nodes)
    if name not in facts.nodes:
        there = ", ".join(sorted(facts.nodes))
        raise SelectionError(f"{option}: there is no node {name!r}; the cluster has {there}")
    return [facts.nodes[name]]


def is_outside(end: OptionEntry) -> bool:
    """Tell whether an entry is about the outside, as a whole or one machine of it."""
    return bool(end.get("outside") or end.get("outside_host"))


def is_host(end: OptionEntry, source: Source) -> bool:
    """Tell whether an entry is about a machine of the outside."""
    return bool(end.get("outside")) or end.get("outside_host") in ("*", source.id.partition("/")[2])


def _choose_outside(selected: Selected, outside: t.Sequence[Source], wanted: t.Sequence[OptionEntry] | None) -> None:
    for entry in wanted or ():
        if is_outside(entry) and not any(is_host(entry, source) for source in outside):
            there = ", ".join(source.id.partition("/")[2] for source in outside)
            name = entry.get("outside_host") or "*"
            raise SelectionError(f"sources: there is no outside_host {name!r}; outside has {there or 'none'}")
    for source in outside:
        if wanted is not None and not any(is_host(entry, source) for entry in wanted):
            continue
        if source.unusable:
            selected.not_tested.append(NotTested(f"from {source.id}", source.unusable, remedy(source)))
        else:
            selected.sources.append(Chosen(source))


def of_pod(facts: Facts, pod: Pod) -> Source | None:
    """A Pod as a source: by the container that stands for it, or another one that runs; none where it cannot ask."""
    if _no_source(pod):
        return None
    there = sorted(pod.containers, key=lambda item: (not item.running, item.name != pod.default_container))
    found = _source(facts, pod, there[0]) if there else None
    return None if found is None or found.unusable else found


def _container(pod: Pod, wanted: str) -> str:
    if wanted and wanted not in [item.name for item in pod.containers]:
        there = ", ".join(item.name for item in pod.containers)
        raise SelectionError(f"sources: Pod {pod.id} has no container {wanted!r}; it has {there}")
    return wanted


def _of_pod(selected: Selected, facts: Facts, pod: Pod, container: str) -> t.Iterator[Chosen]:
    reason = _no_source(pod)
    if reason:
        nothing = pod.finished or (pod.host_network and pod.phase == "Running" and not pod.deleting)
        selected.not_tested.append(NotTested(f"from Pod {pod.id}", *reason, not_applicable=nothing))
        return
    first = container or pod.default_container
    for item in sorted(pod.containers, key=lambda item: item.name != first):
        if item.name == first or (not container and len(pod.containers) > 1):
            yield Chosen(_source(facts, pod, item), pod, item.name == first)


def _no_source(pod: Pod) -> tuple[str, str] | None:
    """Why nothing is sent from a Pod, and the remedy; None when it can be a source."""
    if pod.deleting:
        return "it is being deleted", "run again when its replacement runs"
    if pod.finished:
        return f"it has finished ({pod.status})", ""
    if pod.phase != "Running":
        return f"it is not running ({pod.status})", f"kubectl describe pod -n {pod.namespace} {pod.name}"
    if pod.host_network:
        return "it uses its node's network (hostNetwork), so its traffic is the node's", "use the models node_to_*"
    return None


def _source(facts: Facts, pod: Pod, container: Container) -> Source:
    unusable = ""
    node = facts.nodes.get(pod.node)
    if node is not None and not node.ready:
        unusable = _not_ready(node)
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
        workload=workload(pod),
        unusable=unusable,
    )


def of_node(node: Node) -> Source:
    """A node as a source."""
    return Source(
        id=f"node/{node.name}",
        kind="node",
        node=node.name,
        addresses=node.internal_ips,
        unusable="" if node.ready else _not_ready(node),
    )


def _not_ready(node: Node) -> str:
    return f"Node {node.name} is NotReady ({node.reason}), its kubelet cannot run an exec"


def remedy(source: Source) -> str:
    """What helps against the reason that makes a source unusable."""
    if source.unusable.startswith("Node "):
        return f"kubectl describe node {source.node}; on the node: systemctl status kubelet"
    if source.kind == "outside":
        return "use the models node_to_*" if source.node else "check that Ansible can run modules there"
    return f"kubectl logs -n {source.namespace} {source.pod} -c {source.container} --previous"
