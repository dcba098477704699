# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at a host and path of an Ingress, an HTTPRoute or a Route."""

from __future__ import annotations

import typing as t

from ..._snapshot.entries import EntryPoint
from ..._snapshot.facts import Facts
from ..._snapshot.policies import Peer
from ..questions import Question
from .path import Path, PathEnd
from .services import ends_at


def entry(facts: Facts, question: Question) -> Path:
    """A host and path, by way of the controller that serves it."""
    asked = t.cast(EntryPoint, question.about.entry)
    backend = f"{asked.path.namespace or asked.namespace}/{asked.path.service}"
    reason = f"{asked.id} serves {question.target.port_name} from Service {backend}"
    controller = facts.controller(asked)
    if controller is None:
        return Path(asked.id, reason, (PathEnd(Peer(), asked.port),), defect=asked.defect, rewritten=True)
    service, port = controller
    ready = facts.endpoints(service, port, question.probe.family)
    return Path(
        asked.id,
        reason,
        ends_at(facts, service, port, question.probe, ready),
        defect=asked.defect,
        rewritten=question.source.kind == "outside",
    )
