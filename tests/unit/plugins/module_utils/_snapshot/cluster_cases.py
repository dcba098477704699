# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cases of the cluster's own policies share: policies on the cluster of the cases of NetworkPolicies."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ClusterPolicy, NetworkPolicy
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.policy_cluster import (
    Json,
    facts_of,
    team,
)

BLUE: Json = {"namespaces": team("blue")}  #: the Pods of shop
GREEN: Json = {"namespaces": team("green")}  #: the Pods of ops
PODS: Json = {"namespaces": {}}  #: all Pods
EVERYTHING: Json = {"networks": ["0.0.0.0/0", "::/0"]}


def into(action: str, *peers: Json, **more: object) -> Json:
    """An ingress rule."""
    return {"action": action, "from": list(peers or (PODS,)), **more}


def out(action: str, *peers: Json, **more: object) -> Json:
    """An egress rule."""
    return {"action": action, "to": list(peers or (PODS,)), **more}


def rules(*every: Json) -> dict[str, list[Json]]:
    """The fields of a spec that rules go to."""
    found = {"ingress": [each for each in every if "from" in each], "egress": [each for each in every if "to" in each]}
    return {field: each for field, each in found.items() if each}


def new(
    *every: Json, name: str = "p", tier: str = "Admin", priority: int = 10, subject: Json = BLUE, **more: object
) -> ClusterPolicy:
    """A ClusterNetworkPolicy, of shop unless it says otherwise."""
    spec = {"tier": tier, "priority": priority, "subject": subject, **rules(*every), **more}
    return ClusterPolicy("ClusterNetworkPolicy", name, spec)


def old(*every: Json, name: str = "p", priority: int = 10, subject: Json = BLUE) -> ClusterPolicy:
    """An AdminNetworkPolicy."""
    return ClusterPolicy("AdminNetworkPolicy", name, {"priority": priority, "subject": subject, **rules(*every)})


def baseline(*every: Json, subject: Json = BLUE) -> ClusterPolicy:
    """The BaselineAdminNetworkPolicy."""
    return ClusterPolicy("BaselineAdminNetworkPolicy", "default", {"subject": subject, **rules(*every)})


def cluster(*policies: ClusterPolicy | NetworkPolicy, **more: object) -> Facts:
    """The cluster with some policies of any kind."""
    plain = [each for each in policies if isinstance(each, NetworkPolicy)]
    own = tuple(each for each in policies if isinstance(each, ClusterPolicy))
    return facts_of(*plain, cluster_policies=own, **more)
