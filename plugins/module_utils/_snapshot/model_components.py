# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The model of what the control plane and the kubelets say of themselves: a part of C(model_workloads.py)."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record


@dataclasses.dataclass(frozen=True)
class Component(Record):
    """A Pod of the control plane: one that a kubelet runs from a manifest of its own (a static Pod)."""

    name: str  #: label C(component): C(kube-scheduler)
    namespace: str
    pod: str
    node: str = ""
    addresses: tuple[str, ...] = ()  #: C(status.hostIPs)
    ready: bool = False
    created: str = ""
    #: of C(parse_components.FLAGS), those that its command has, without the dashes: no other word of it is kept
    flags: dict[str, str] = dataclasses.field(default_factory=dict)
    advertised: str = ""  #: C(ADDRESS:PORT) that kubeadm meant it to have, an annotation


@dataclasses.dataclass(frozen=True)
class NodeAnswer(Record):
    """What came of the API server asking the kubelet of a node for C(/healthz)."""

    node: str
    status: int = 0  #: of the answer, the kubelet's or the API server's about it; 0 where none came in time
    says: str = ""


@dataclasses.dataclass(frozen=True)
class PriorityLevel(Record):
    """C(flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration), with what the API server counts of it."""

    name: str
    type: str = ""  #: C(Limited) or C(Exempt)
    shares: int = 0  #: C(spec.limited.nominalConcurrencyShares)
    response: str = ""  #: C(spec.limited.limitResponse.type): C(Queue) or C(Reject)
    executing: int = 0
    waiting: int = 0
    rejected: int = 0  #: requests since the API server started
    timed_out: int = 0


@dataclasses.dataclass(frozen=True)
class FlowSchema(Record):
    """C(flowcontrol.apiserver.k8s.io/v1/FlowSchema): whose requests go to which priority level."""

    name: str
    level: str = ""
    precedence: int = 0
    subjects: tuple[str, ...] = ()  #: C(ServiceAccount NAMESPACE/NAME), C(User NAME), C(Group NAME)
