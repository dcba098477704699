# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who is asked: from the options C(targets) and C(internet) and the snapshot to Pods, Services, nodes and hosts."""

from __future__ import annotations

import typing as t

from .._snapshot.entries import EntryPoint
from .._snapshot.facts import Facts
from .._snapshot.model import Pod, Service
from . import unfit
from .selected import Host, NotTested, OptionEntry, Selected, SelectionError, matching_pods
from .sources import matching_nodes


def choose(
    selected: Selected, facts: Facts, wanted: t.Sequence[OptionEntry] | None, internet: t.Sequence[OptionEntry]
) -> None:
    """Resolve the options C(targets) and C(internet); unset, C(targets) means everything in the snapshot.

    Raises:
        SelectionError: an entry matches nothing.
    """
    selected.internet += [_host(entry) for entry in internet]
    selected.everything = wanted is None
    if wanted is None:
        selected.pods = [pod for pod in facts.snapshot.pods if _can_be_asked(selected, facts, pod)]
        selected.services = list(facts.snapshot.services)
        selected.nodes = [node for node in facts.snapshot.nodes if unfit.can_be_asked(selected, node)]
        selected.entries = list(facts.entries)
        for missing in facts.snapshot.missing:
            selected.not_tested.append(NotTested(missing.subject, missing.reason, missing.remedy))
        return
    for entry in wanted:
        if entry.get("host"):
            selected.hosts.append(_host(entry))
        elif entry.get("service"):
            selected.services.append(_service(facts, entry))
        elif entry.get("ingress"):
            selected.entries += _entries(facts, entry)
        elif entry.get("node"):
            nodes = matching_nodes(facts, entry["node"], "targets")
            selected.nodes += [node for node in nodes if unfit.can_be_asked(selected, node)]
        else:
            selected.pods += [
                pod for pod in matching_pods(facts, entry, "targets") if _can_be_asked(selected, facts, pod)
            ]


def _host(entry: OptionEntry) -> Host:
    return Host(entry["host"], entry.get("port") or 0, entry.get("protocol") or "", entry.get("path") or "/")


def _can_be_asked(selected: Selected, facts: Facts, pod: Pod) -> bool:
    if not unfit.is_reachable(selected, facts, pod):
        return False
    reason = ""
    if pod.deleting:
        reason = "it is being deleted"
    elif pod.finished:
        reason = f"it has finished ({pod.status})"
    elif not pod.ips:
        reason = f"it has no address ({pod.status})"
    elif pod.host_network:
        reason = "it uses its node's network (hostNetwork): this is no Pod-to-Pod path"
    if reason:
        nothing = not pod.deleting and (pod.finished or bool(pod.ips))
        selected.not_tested.append(NotTested(f"to Pod {pod.id}", reason, not_applicable=nothing))
    return not reason


def _service(facts: Facts, entry: OptionEntry) -> Service:
    there = {(service.namespace, service.name): service for service in facts.snapshot.services}
    return there[_named(facts, entry, "service", there)]


def _entries(facts: Facts, entry: OptionEntry) -> list[EntryPoint]:
    """Every host and path of the Ingress, HTTPRoute or Route of a name."""
    there: dict[tuple[str, str], list[EntryPoint]] = {}
    for each in facts.entries:
        there.setdefault((each.namespace, each.name), []).append(each)
    return there[_named(facts, entry, "ingress", there)]


def _named(facts: Facts, entry: OptionEntry, kind: str, there: t.Collection[tuple[str, str]]) -> tuple[str, str]:
    """The namespace and name that an entry means.

    Without a namespace it is the only one that is selected, else that of the kubeconfig's context, as for kubectl;
    where that one has none of the name, the only one of the snapshot is meant.
    """
    name, selected = entry[kind], facts.snapshot.selected
    own = selected[0] if len(selected) == 1 else facts.snapshot.namespace or "default"
    key = (entry.get("namespace") or own, name)
    if key in there:
        return key
    alike = [] if entry.get("namespace") else sorted(each for each in there if each[1] == name)
    if len(alike) == 1:
        return alike[0]
    if alike:
        where = ", ".join(namespace for namespace, _name in alike)
        raise SelectionError(f"targets: {kind} {name!r} is in the namespaces {where}; give one of them as namespace")
    near = sorted(f"{namespace}/{each}" for namespace, each in there if kind != "service" or namespace == key[0])
    raise SelectionError(f"targets: there is no {kind} {'/'.join(key)!r}; there are {', '.join(near) or 'none'}")
