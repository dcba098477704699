# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of a snapshot: how each is named, and which right lists it."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds import ADDONS, CORE, KINDS, Kind
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot

BY_NAME = {kind.full_name: kind for kind in (*KINDS, *ADDONS)}


@pytest.mark.parametrize(
    ("name", "group", "version"),
    [
        ("pods", "", "v1"),
        ("networkpolicies.networking.k8s.io", "networking.k8s.io", "v1"),
        ("networkpolicies.crd.projectcalico.org", "crd.projectcalico.org", "v1"),
        ("clusternetworkpolicies.policy.networking.k8s.io", "policy.networking.k8s.io", "v1beta1"),
    ],
)
def test_a_kind_is_named_so_that_kubectl_mistakes_it_for_no_other(name, group, version):
    assert (BY_NAME[name].group, BY_NAME[name].version) == (group, version)


def test_every_kind_is_listed_once_and_has_its_field():
    assert len(BY_NAME) == len(KINDS) + len(ADDONS)
    assert {kind.field for kind in BY_NAME.values()} <= {field.name for field in dataclasses.fields(Snapshot)}


def test_only_an_add_on_may_be_missing():
    assert {kind.addon for kind in KINDS} == {False}
    assert {kind.addon for kind in ADDONS} == {True}


def test_the_right_that_lists_a_kind_is_told():
    pods, nodes = BY_NAME["pods"], BY_NAME["nodes"]
    assert pods.rule == (
        "grant a Role in the namespace, or a ClusterRole with apiGroups: [''], resources: ['pods'], verbs: ['list']"
    )
    assert nodes.rule.startswith("grant a ClusterRole with ")
    assert Kind("x", CORE, "x", dict).rule != Kind("x", "/apis/a.example/v1", "x", dict).rule
