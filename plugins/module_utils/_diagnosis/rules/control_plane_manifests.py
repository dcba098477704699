# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rule of the layer control plane: components that do not start from their manifests, or are missing on a node."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import Component
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail

from ..case import Case
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..rule import Candidate, Rule
from . import api_failures
from .cluster_state import NEEDS_NODE, component_log, component_ref, components

_SYSTEM = "kube-system"
_PARTS = ("kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager")
_COMMAND = "spec.containers[0].command"
#: The lines in which a program refuses its own flags or files.
_BAD_START = re.compile(
    r"unknown (?:shorthand )?flag|invalid argument|no such file or directory|failed to (?:load|read|parse)|unable to "
    r"(?:load|read|parse|open)|error (?:loading|reading|parsing)|yaml: |loading audit policy|ensureLogFile|must "
    r"be (?:set|specified)",
    re.IGNORECASE,
)
#: What a component says that ends because it could not renew its Lease.
_LOST = re.compile(r"leader ?election lost|failed to renew lease|lost lease", re.IGNORECASE)


def _manifest(case: Case) -> t.Iterator[Candidate]:
    """CP-06: a static Pod of the control plane does not start, or is missing on one of its nodes."""
    known = {(detail.namespace, detail.name): detail for detail in case.workloads.pods}
    for one in case.workloads.control_plane:
        detail = known.get((one.namespace, one.pod))
        if not one.ready and detail:
            yield from _not_started(case, one, detail)
    yield from _missing(case)


def _not_started(case: Case, one: Component, detail: PodDetail) -> t.Iterator[Candidate]:
    for each in detail.containers:
        if each.state == "running" or (
            each.state == "waiting" and each.reason in ("ContainerCreating", "PodInitializing")
        ):
            continue
        code = each.exit_code if each.state == "terminated" else each.last_exit_code
        lines = [line for owner, line in component_log(case, one.name) if owner == one]
        bad = [line for line in lines if _BAD_START.search(line)]
        if not bad and any(_LOST.search(line) for line in (*lines, each.last_message)):
            return  # it did start, and ended because it did not reach the API server: CP-01 and CP-02 tell of that
        why = (bad or lines or [each.last_message or each.message])[-1][:200]
        ref = component_ref(one)
        pulls = "Image" in each.reason
        field = "spec.containers[0].image" if pulls else _COMMAND
        ended = f"it ended with exit code {code}" if code is not None else each.reason
        yield Candidate(
            ref,
            f"{ref}: {field} does not work on {one.node}: {ended}{f': {why}' if why else ''}",
            certainty="certain" if bad or pulls else "strong",
            severity="critical",
            field=field,
            value=each.image if pulls else (bad[-1][:120] if bad else ""),
            mechanism=f"The kubelet of {one.node} runs the Pod from a manifest file, and starts it again and again",
            victims=(ref, ObjectRef("Lease", one.name, _SYSTEM)),
            stands_alone=True,
            scope=Scope(1, len(components(case, one.name)), "Pods", (one.node,)),
            evidence=(
                Evidence("log", f"{ref} container {each.name}", why, key=True)
                if why
                else Evidence("api", str(ref), ended, key=True),
                Evidence(
                    "api", f"{ref} container {each.name}", f"{each.state}, {each.reason}, {each.restarts} restarts"
                ),
            ),
            fix=Fix(
                f"On {one.node}, correct the file of {one.name} in /etc/kubernetes/manifests; the kubelet reads "
                "it again"
            ),
        )
        return


def _missing(case: Case) -> t.Iterator[Candidate]:
    """The components that one node of the control plane lacks and another one has."""
    nodes = {node.name: node for node in case.snapshot.nodes}
    there = sorted({one.node for one in case.workloads.control_plane if one.node in nodes})
    for name in _PARTS:
        have = {one.node for one in components(case, name)}
        for node in there:
            if have and node not in have and nodes[node].ready:
                ref = ObjectRef("Node", node)
                yield Candidate(
                    ref,
                    f"{ref}: runs a part of the control plane but no {name}, which {', '.join(sorted(have))} has: "
                    f"{NEEDS_NODE} to tell whether its manifest is refused",
                    certainty="hint",
                    severity="info",
                    evidence=(Evidence("api", str(ref), f"is Ready, and has no mirror Pod of {name}", key=True),),
                    fix=Fix(f"See /etc/kubernetes/manifests on {node}, and journalctl -u kubelet"),
                )


RULES = (
    Rule(
        "CP-06",
        "A component of the control plane does not start from its manifest",
        ("nodes",),
        _manifest,
        api_failures.of_server,
    ),
)
