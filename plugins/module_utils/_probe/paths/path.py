# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The record of a path, and what all kinds of paths share."""

from __future__ import annotations

import dataclasses

from ... import _words
from ..._snapshot.policies import Peer
from ..questions import Question
from ..types import Probe


@dataclasses.dataclass(frozen=True)
class PathEnd:
    """Where traffic can end, after Services and node ports were resolved."""

    peer: Peer
    port: int = 0


@dataclasses.dataclass(frozen=True)
class Path:
    """What lies between a source and whoever answers it."""

    decided_by: str  #: C(Kind namespace/name)
    reason: str
    ends: tuple[PathEnd, ...] = ()  #: any of them may be drawn
    closed: str = ""  #: why the object itself lets nothing through
    defect: str = ""  #: why it will fail although it should not
    meets: str = ""  #: the object that receives the traffic, if that is not the target
    doubt: str = ""  #: why it may have to fail: not all that decides it could be read
    relied_on: str = ""  #: what uses the port that is asked: C(Service shop/web port 80); empty if nothing does
    defect_whose: str = "application"  #: whose failure it is where C(defect) is the cause
    certain: bool = False  #: whether C(defect) counts although something answered
    behind: tuple[str, ...] = ()  #: C(ADDRESS#PORT) of each endpoint that a controller sends requests to
    barred: str = ""  #: which policies keep a controller from all that it sends requests to
    rewritten: bool = False  #: whether a node puts its own address in place of the source's
    handled_by: str = ""  #: the node whose kube-proxy sends it on; empty where it is not known, or only translates it
    #: what policies of the source see, where a node further on is the first to translate it
    met_first: PathEnd | None = None
    unjudged: str = ""  #: why whatever answers, or does not, is right
    unneeded: str = ""  #: who gets no answer where none comes; nobody is known to need one


def transport(probe: Probe) -> str:
    """What policies call the protocol of a probe."""
    protocol = _words.PROTOCOLS[probe.protocol]
    over_tcp = probe.transport == "tcp" or (protocol.port == "optional" and probe.port)
    return "TCP" if over_tcp else protocol.transport


def outside(question: Question) -> Peer:
    """What is outside the cluster: not known until its name is resolved."""
    return Peer((question.resolved,)) if question.resolved else Peer()
