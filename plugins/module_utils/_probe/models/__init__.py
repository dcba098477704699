# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The traffic models: for each, who asks and the one function that says what is asked.

Adding a model is adding its function to one of these files, a line to C(MODELS), its expectation, and its word to the
documentation of M(kubewire.netdebug.net_probe).
"""

from __future__ import annotations

import dataclasses
import typing as t

from . import hosts, infrastructure, ingresses, pods, services
from .asker import Asked, Asker


@dataclasses.dataclass(frozen=True)
class Model:
    """A traffic model."""

    asked_by: str  #: the kind of source: C(pod), C(node) or C(outside)
    ask: t.Callable[[Asker], t.Iterator[Asked]]


MODELS = {
    "container_to_container": Model("pod", pods.container_to_container),
    "pod_to_pod_same_node": Model("pod", pods.pod_to_pod_same_node),
    "pod_to_pod_cross_node": Model("pod", pods.pod_to_pod_cross_node),
    "pod_to_service": Model("pod", services.pod_to_service),
    "pod_to_self_service": Model("pod", services.pod_to_self_service),
    "pod_to_headless": Model("pod", services.pod_to_headless),
    "pod_to_nodeport": Model("pod", services.pod_to_nodeport),
    "pod_to_loadbalancer": Model("pod", services.pod_to_loadbalancer),
    "pod_to_ingress": Model("pod", ingresses.pod_to_ingress),
    "pod_to_internet": Model("pod", hosts.pod_to_internet),
    "pod_to_apiserver": Model("pod", infrastructure.pod_to_apiserver),
    "pod_to_dns": Model("pod", infrastructure.pod_to_dns),
    "node_to_pod": Model("node", pods.node_to_pod),
    "node_to_service": Model("node", services.node_to_service),
    "node_to_node": Model("node", infrastructure.node_to_node),
    "outside_to_nodeport": Model("outside", services.outside_to_nodeport),
    "outside_to_loadbalancer": Model("outside", services.outside_to_loadbalancer),
    "outside_to_ingress": Model("outside", ingresses.outside_to_ingress),
}
