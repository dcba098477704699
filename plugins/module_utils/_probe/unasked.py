# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Why a traffic model that was asked for has no check, although there may be something to ask. Pure."""

from __future__ import annotations

import typing as t

from .. import _words
from .._snapshot import dns
from .._snapshot.facts import Facts
from .._snapshot.model import Pod
from .selected import NotTested, Selected, workload

#: Models that ask Services by their names.
_BY_SERVICE_NAME = frozenset(
    name
    for name in _words.models_that_ask("cluster_ip", "headless", "apiserver", "dns")
    if _words.MODELS[name].asked_by == "pod"
)
#: Why a model has no source, and what would help; nodes say it in the words of those that could not ask.
_NO_SOURCE = {
    "pod": ("no container can probe in this model", ""),
    "node": (
        "no Pod on a node can probe",
        "set O(debug_image), or select O(namespaces) with hostNetwork Pods",
    ),
    "outside": ("no machine outside the cluster can probe", "set one in O(outside)"),
}


def models(
    facts: Facts, selected: Selected, wanted: t.Iterable[str], planned: t.Container[str]
) -> t.Iterator[NotTested]:
    """Name each model of the run that has no probe although it could have some, with the reason.

    Where the user named targets, a model that does not ask them is not missing.

    Args:
        facts: the snapshot.
        selected: what the run works on.
        wanted: the models of the run.
        planned: those that have probes.
    """
    for model in wanted if selected.everything else ():
        if model not in planned:
            reason, remedy = _reason(facts, selected, model)
            if reason:
                yield NotTested(model, reason, remedy, model)


def names(facts: Facts, selected: Selected, wanted: t.Iterable[str]) -> t.Iterator[NotTested]:
    """Name the Pods that resolve no names of Services on purpose: what is asked by address is asked from them as well.

    Args:
        facts: the snapshot.
        selected: what the run works on.
        wanted: the models of the run.
    """
    if _BY_SERVICE_NAME.isdisjoint(wanted) or not (selected.everything or selected.services):
        return
    found: dict[tuple[str, str, str], list[Pod]] = {}
    for chosen in selected.sources:
        resolver = dns.of_pod(facts, chosen.pod) if chosen.pod and chosen.whole else None
        if chosen.pod and resolver and resolver.cluster is False:
            found.setdefault((chosen.pod.namespace, workload(chosen.pod), resolver.reason), []).append(chosen.pod)
    for (namespace, owner, reason), pods in found.items():
        whose = (
            f"Pod {pods[0].id}" if len(pods) == 1 else f"{len(pods)} Pods of {owner or 'no workload'} in {namespace}"
        )
        told = f"the Pod's {reason} does not use the cluster's DNS"
        yield NotTested(f"names of Services from {whose}", told, not_applicable=True)


def _reason(facts: Facts, selected: Selected, model: str) -> tuple[str, str]:
    """What keeps a model from being asked, and what would help; empty where there is nothing to ask."""
    row = _words.MODELS[model]
    if row.asks == "internet" and not selected.internet:
        return "no address or name of the Internet was given", "set O(internet)"
    if row.asks in ("apiserver", "dns") and not facts.snapshot.api_addresses:
        return "Service default/kubernetes could not be read", "grant get on services there"
    unread = [name for name in row.lists if facts.snapshot.unread(name)]
    if unread:
        return f"it needs {' and '.join(unread)}, which could not be listed", f"grant list on {', '.join(unread)}"
    kind = row.asked_by
    if not selected.named_sources and not any(chosen.source.kind == kind for chosen in selected.sources):
        return _NO_SOURCE[kind]
    return "", ""
