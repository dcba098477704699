# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Service that is named is asked in every way that leads to it."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.question.asking import (
    ASKER,
    BY_SERVICE,
    SNAPSHOT,
    asked,
    ways,
)


@pytest.mark.parametrize(
    "target",
    [
        "ledger.shop:7000",
        "ledger.shop",
        "shop/ledger",
        "svc/ledger",
        "svc/ledger.shop:tcp-ledger",
        "shop/svc/ledger:7000/tcp",
        "ledger.shop.svc",
        "ledger.shop.svc.cluster.local.:7000",
        "ledger",
    ],
)
def test_a_service_is_asked_by_its_names_its_address_and_its_endpoints_in_both_families(target: str):
    layout = asked(ASKER, target)
    assert ways(layout) == BY_SERVICE
    assert len(ways(layout, "IPv6")) == len(BY_SERVICE)
    assert layout.not_tested == []


def test_the_outside_asks_a_service_through_what_leads_to_it():
    models = {way.split(" ")[0] for way in ways(asked("outside", "shop/frontend"))}
    assert models == {"outside_to_ingress"}
    assert len(ways(asked("outside", "shop/frontend-lb"))) == 1
    assert len(ways(asked("outside/controller", "shop/frontend-nodeport"))) == 3


def test_endpoints_that_are_not_ready_are_asked_where_no_other_is():
    slices = [
        dataclasses.replace(part, endpoints=tuple(dataclasses.replace(each, ready=False) for each in part.endpoints))
        for part in SNAPSHOT.endpoint_slices
    ]
    assert ways(asked(ASKER, "shop/ledger", dataclasses.replace(SNAPSHOT, endpoint_slices=tuple(slices)))) == BY_SERVICE
