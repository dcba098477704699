# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which labels a surrogate Pod gets, and where there can be none."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Place
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Beyond,
    ClusterPolicy,
    ForeignPolicy,
    Missing,
    NetworkPolicy,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage import surrogates
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

WEB = Place("container", "shop", "web-1", "app", "w1")
OURS = ("app.kubernetes.io/managed-by", "kubewire.io/run-id")
LABELS = {"app": "web", "tier": "front", "zone": "a", "pod-template-hash": "5d4f"}


def facts(owner: str = "", policies: t.Sequence[t.Any] = (), **lists: t.Any) -> Facts:
    meta = {"ownerReferences": [{"kind": owner, "name": "web", "controller": True}]} if owner else {}
    pods = [cluster.pod("web-1", "w1", "10.0.1.1", labels=LABELS, meta=meta)]
    return Facts(cluster.snapshot(pods=pods, network_policies=policies, **lists))


def policy(**spec: t.Any) -> t.Any:
    return cluster.policy("p", **spec)


ISOLATES = policy(podSelector={"matchLabels": {"app": "web"}})
NAMES = policy(
    podSelector={"matchExpressions": [{"key": "absent", "operator": "DoesNotExist"}]},
    ingress=[{"from": [{"podSelector": {"matchLabels": {"tier": "front"}}}]}],
    egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}, {"podSelector": {"matchLabels": {"zone": "b"}}}]}],
)


@pytest.mark.parametrize(
    ("policies", "labels"),
    [
        ([], {}),
        ([ISOLATES], {"app": "web"}),
        ([NAMES], {"tier": "front", "zone": "a"}),
        ([ISOLATES, NAMES], {"app": "web", "tier": "front", "zone": "a"}),
    ],
)
@pytest.mark.parametrize("owner", ["", "ReplicaSet", "StatefulSet", "Job"])
def test_it_has_the_labels_that_policies_select_by_and_no_other(policies, labels, owner):
    assert surrogates.labels(facts(owner, policies), WEB, OURS) == labels


def test_it_has_the_labels_that_policies_of_a_namespace_that_was_not_selected_select_by():
    """Those of the cluster's DNS decide whether the Pod may ask it."""
    clients = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"tier": "front"}}}
    spec = {"podSelector": {}, "ingress": [{"from": [clients]}]}
    beyond = Beyond(network_policies=(NetworkPolicy("kube-system", "dns", spec),))
    known = Facts(dataclasses.replace(facts().snapshot, beyond=beyond, selected=("shop",)))
    assert surrogates.labels(known, WEB, OURS) == {"tier": "front"}


def test_it_has_the_labels_that_the_clusters_own_policies_select_by():
    pods = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"tier": "front"}}}
    rule = {
        "action": "Deny",
        "to": [{"pods": {"podSelector": {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}}}],
    }
    spec = {"tier": "Admin", "priority": 1, "subject": {"pods": pods}, "egress": [rule]}
    own = ClusterPolicy("ClusterNetworkPolicy", "top", spec)
    known = Facts(dataclasses.replace(facts().snapshot, cluster_policies=(own,)))
    assert surrogates.labels(known, WEB, OURS) == {"tier": "front", "zone": "a"}


@pytest.mark.parametrize(
    ("snapshot", "why"),
    [
        (facts("DaemonSet", [ISOLATES]), "DaemonSet/web could adopt a Pod"),
        (
            facts("ReplicaSet", [policy(podSelector={"matchLabels": {"pod-template-hash": "5d4f"}})]),
            "ReplicaSet/web could adopt a Pod",
        ),
        (facts("", [policy(podSelector={"matchLabels": {OURS[0]: "helm"}})]), f"by the label {OURS[0]}"),
        (
            facts(
                "",
                [ISOLATES],
                services=[
                    cluster.service("web", "10.96.0.1", ports=[{"port": 80}], publishNotReadyAddresses=True),
                ],
            ),
            "Service shop/web would send traffic to it",
        ),
    ],
)
def test_it_is_not_made_where_it_could_do_harm_or_would_be_treated_otherwise(snapshot, why):
    with pytest.raises(surrogates.NoSurrogate, match=why):
        surrogates.labels(snapshot, WEB, OURS)


def test_a_daemon_set_takes_no_pod_without_labels():
    assert surrogates.labels(facts("DaemonSet"), WEB, OURS) == {}


def test_it_is_not_made_where_policies_are_not_known():
    whole = facts("").snapshot
    unread = dataclasses.replace(whole, missing=(Missing("networkpolicies", "forbidden", ""),))
    with pytest.raises(surrogates.NoSurrogate, match="not all policies were read: forbidden"):
        surrogates.labels(Facts(unread), WEB, OURS)
    foreign = ForeignPolicy("CiliumNetworkPolicy", "shop", "c", {"endpointSelector": {}})
    with pytest.raises(surrogates.NoSurrogate, match="CiliumNetworkPolicy shop/c may select it"):
        surrogates.labels(Facts(dataclasses.replace(whole, foreign_policies=(foreign,))), WEB, OURS)
    odd = ClusterPolicy("ClusterNetworkPolicy", "top", {"subject": {"x": {}}, "ingress": [{}]})
    with pytest.raises(surrogates.NoSurrogate, match="ClusterNetworkPolicy top cannot be read"):
        surrogates.labels(Facts(dataclasses.replace(whole, cluster_policies=(odd,))), WEB, OURS)
    with pytest.raises(surrogates.NoSurrogate, match="the network of its node"):
        surrogates.labels(Facts(whole), dataclasses.replace(WEB, pod="gone"), OURS)
