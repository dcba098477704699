# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What lies between a source and whoever answers it: Services, node ports and load balancers, resolved to endpoints.

One file for each kind of what is asked. Adding a kind of target is adding a function here, found by the target's kind.
"""

from __future__ import annotations

import typing as t

from ..._snapshot.facts import Facts
from ..questions import Question
from . import entries, hosts, infrastructure, nodes, pods, services
from .path import Path

_KINDS: dict[str, t.Callable[[Facts, Question], Path]] = {
    "pod": pods.pod,
    "service": services.service,
    "node": nodes.node,
    "ingress": entries.entry,
    "apiserver": infrastructure.apiserver,
    "dns": infrastructure.dns,
    "host": hosts.host,
}


def find(facts: Facts, question: Question) -> Path:
    """The path of one question."""
    return _KINDS[question.target.kind](facts, question)
