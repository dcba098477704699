# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at a Pod's own address."""

from __future__ import annotations

from ... import _words
from ..._snapshot import relying
from ..._snapshot.facts import Facts, of_family
from ..._snapshot.model import Pod
from ..._snapshot.policies import Peer
from ..questions import Question
from .path import Path, PathEnd, transport


def pod(facts: Facts, question: Question) -> Path:
    """A Pod, from another one, from a node, or from a container beside it."""
    asked, target = question.about.pod, question.target
    name, defect = f"Pod {target.namespace}/{target.name}", _defect(asked)
    addresses = of_family(asked.ips, question.probe.family) if asked else ()
    used = _relied_on(facts, question, addresses)
    if _words.MODELS[question.probe.model].over_loopback:
        return Path(name, "containers of one Pod share address and ports", defect=defect, relied_on=used)
    reason = "Pods reach each other without NAT (Kubernetes network model)"
    return Path(name, reason, (PathEnd(Peer(addresses, asked), target.port),), defect=defect, relied_on=used)


def _relied_on(facts: Facts, question: Question, addresses: tuple[str, ...]) -> str:
    """What uses the port that is asked, at these addresses."""
    asked, port, by = question.about.pod, question.target.port, transport(question.probe)
    for address in addresses:
        found = facts.relying.get((address, port, by))
        if found or (asked and (found := relying.by_probes(asked, address, port))):
            return found
    return ""


def _defect(pod: Pod | None) -> str:
    if pod is None or pod.ready:
        return ""
    broken = [f"{container.name}: {container.state}" for container in pod.containers if not container.running]
    return f"Pod {pod.id} is not Ready" + (f" ({'; '.join(broken)})" if broken else "")
