# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The rules of all layers. Adding a layer is a line here; adding a rule is a row of its layer's file."""

from __future__ import annotations

from .rule import Rule
from .rules import (
    control_plane,
    control_plane_manifests,
    control_plane_requests,
    control_plane_trust,
    dns,
    dns_clients,
    dns_crash,
    dns_names,
    dns_policies,
    dns_transport,
    dns_watch,
    egress,
    egress_proxies,
    entries,
    nodes,
    nodes_resources,
    observability,
    pods,
    pods_admission,
    pods_autoscaled,
    pods_beside,
    pods_claims,
    pods_config,
    pods_deleted,
    pods_ended,
    pods_environment,
    pods_init,
    pods_limits,
    pods_preempted,
    pods_quotas,
    pods_ready,
    pods_rewritten,
    pods_scheduling,
    pods_volumes,
    policies,
    policies_kubelet,
    services,
    services_closing,
    services_kinds,
    services_listeners,
    services_names,
    services_proxy,
    services_selectors,
    services_too_broad,
    webhooks,
)

_LAYERS = (
    *(control_plane, control_plane_manifests, control_plane_trust, control_plane_requests, webhooks),
    *(nodes, nodes_resources),
    *(policies, policies_kubelet),
    *(pods, pods_ready, pods_config, pods_init, pods_claims, pods_volumes, pods_scheduling, pods_preempted),
    *(pods_quotas, pods_admission, pods_rewritten, pods_ended, pods_deleted, pods_environment),
    *(pods_beside, pods_limits, pods_autoscaled),
    *(services_names, services_selectors, services_too_broad, services, services_listeners),
    *(services_kinds, services_closing, services_proxy),
    *(dns, dns_crash, dns_watch, dns_names, dns_clients, dns_policies, dns_transport),
    entries,
    *(egress, egress_proxies),
    observability,
)
RULES: tuple[Rule, ...] = tuple(rule for layer in _LAYERS for rule in layer.RULES)
