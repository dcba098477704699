# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of a cluster net_info reads: a selection, or what a question is about."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import cluster_read
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.question.test_read import Kube

PARAMS: dict[str, t.Any] = {
    "namespaces": [],
    "label_selectors": [],
    "field_selectors": [],
    "from": None,
    "to": None,
    "page_size": 500,
    "depth": "traffic",
}


@pytest.fixture
def read(bad_server):
    """Read a cluster with some options, and return the snapshot and the paths that were asked."""

    def take(**given: t.Any) -> tuple[Snapshot, list[str]]:
        kube = Kube()
        return cluster_read.read(Api(bad_server(kube).connection(), 60.0), {**PARAMS, **given}), kube.asked

    return take


@pytest.mark.parametrize(
    ("given", "selected"),
    [
        ({}, ()),
        ({"namespaces": ["shop"]}, ("shop",)),
        ({"from": "shop/web-1", "to": "safe.vault:80"}, ("shop", "vault")),
        ({"from": "web-1", "to": "safe.vault:80", "namespaces": ["shop"]}, ("shop", "vault")),
        ({"to": "safe.vault:80", "namespaces": ["shop"]}, ("shop", "vault")),
        ({"to": "web", "namespaces": ["shop"]}, ("shop",)),
        ({"from": "shop/web-1", "namespaces": ["vault"]}, ("shop", "vault")),
        ({"to": "safe.vault:80"}, ()),
    ],
    ids=str,
)
def test_what_is_read_is_what_is_asked(read, given: dict[str, t.Any], selected: tuple[str, ...]):
    assert read(**given)[0].selected == selected


def test_the_rights_of_a_question_are_those_of_its_namespaces(read):
    _snapshot, asked = read(**{"from": "shop/web-1", "to": "vault/safe:80", "depth": "workloads"})
    everywhere = {path.rpartition("/")[2] for path in asked if "/namespaces/" not in path}
    assert not everywhere & {"pods", "services", "endpointslices", "networkpolicies", "events", "deployments"}


def test_workloads_of_a_question_are_read_to_its_depth(read):
    snapshot, _asked = read(**{"from": "shop/web-1", "to": "vault/safe:80", "depth": "workloads"})
    assert snapshot.workloads
    assert snapshot.workloads.depth == "workloads"


def test_selectors_are_not_for_a_question(read):
    with pytest.raises(BadInput, match="from: it cannot be given with label_selectors"):
        read(**{"from": "shop/web-1", "label_selectors": ["app=web"]})
