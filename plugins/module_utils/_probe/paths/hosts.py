# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at an address or a name of the user's own."""

from __future__ import annotations

import dataclasses

from ..._snapshot.facts import Facts, is_address
from ..._snapshot.policies import Peer
from ..questions import Question
from .endpoints import at_node
from .path import Path, PathEnd, outside


def host(facts: Facts, question: Question) -> Path:
    """A host, which may be a Service, a Pod or a node after all."""
    about, probe = question.about, question.probe
    if about.service and about.port:
        return at_node(facts, question, about.service, about.port, question.source.node)
    peer = Peer((probe.host,))
    if not is_address(probe.host):
        peer = dataclasses.replace(outside(question), name=probe.host)
    if about.pod:
        peer = Peer((probe.host,), about.pod)
    elif about.node:
        peer = Peer((probe.host,), node=about.node.name)
    ends = (PathEnd(peer, probe.port),)
    return Path("the option targets", "it was named as a target", ends, relied_on="the option targets")
