# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source and the target that a word means, and what is said where it means none."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question.plan import DirectQuestion
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.question.asking import (
    ASKER,
    BY_SERVICE,
    SNAPSHOT,
    asked,
    ways,
)

SOURCES = {
    "shop/bashful": {"shop/bashful"},
    "bashful": {"shop/bashful"},
    "shop/deployment/frontend": {"shop/frontend"},
    "sts/store": {"shop/store-0", "shop/store-1"},
    "shop/store-1": {"shop/store-1"},
    "pod/store-1": {"shop/store-1"},
    "node/w2": {"node/w2"},
}


@pytest.mark.parametrize("source", SOURCES)
def test_each_kind_of_source(source: str):
    found = asked(source, "ledger.shop:7000").probes
    for name in SOURCES[source]:
        assert any(each.startswith(name) for each in found), found
    assert len(found) == (2 if "frontend" in source else len(SOURCES[source]))


REFUSED = [
    ("shop/frontned", "x.y", "from: 'shop/frontned': namespace shop has no Pod or workload 'frontned'; "),
    ("shp/frontend", "x.y", "from: 'shp/frontend': there is no namespace 'shp'; the nearest is shop"),
    ("node/w3", "x.y", "from: 'node/w3': there is no node 'w3'; there are cp, w1, w2"),
    ("outside/other", "x.y", "from: 'outside/other': there is no outside_host 'other'; outside has controller"),
    ("job/stocktaking", "x.y", "from: 'job/stocktaking': there is no running Pod in namespaces shop"),
    (ASKER, "ledgr.shop", "to: 'ledgr.shop': namespace shop has no Service 'ledgr'; the nearest is ledger"),
    (ASKER, "ledger.shp", "to: 'ledger.shp': there is no namespace 'shp'; the nearest is ledger.shop"),
    (ASKER, "svc/leger", "to: 'svc/leger': namespace shop has no Service 'leger'; the nearest is ledger; "),
    (ASKER, "shop/leger", "the nearest are deployment/ledger, svc/ledger"),
    (ASKER, "leger", "a name of DNS that has no dot is leger."),
    (ASKER, "a.b.svc", "to: 'a.b.svc': there is no namespace 'b'; there are "),
    (ASKER, "a.svc.cluster.local", "it names no namespace"),
    (ASKER, "store-7.store.shop", "Service shop/store has no endpoint of the name 'store-7'; the nearest are "),
    (ASKER, "shop/ledger:7001", "Service shop/ledger has no port 7001; it has 7000/tcp (tcp-ledger)"),
    (ASKER, "shop/ledger:7000/udp", "Service shop/ledger has no port 7000/udp; it has 7000/tcp (tcp-ledger)"),
    (ASKER, "sts/store:web", "has no port of the name web; it declares 7007/udp (udp-echo), 7007/tcp (tcp-echo)"),
    (ASKER, "ingress/shp", "namespace shop has no ingress 'shp'; the nearest is shop"),
    (ASKER, "ingress/shop:81", "has no port 81; it is served at 80, 443"),
    (ASKER, "node/w1:https", "ports of nodes have none"),
    (ASKER, "www.example.com:https", "only ports of Services and Pods have one"),
    ("outside", "shop/ledger", "Service shop/ledger cannot be probed from outside: from outside, only node ports"),
    ("outside", "sts/store", "StatefulSet shop/store cannot be probed from outside: from outside, only node ports"),
    ("pod/store-0", "pod/store-0", "a Pod is not probed from itself"),
]


@pytest.mark.parametrize(("source", "target", "said"), REFUSED)
def test_what_matches_nothing_is_refused_with_what_there_is(source: str, target: str, said: str):
    with pytest.raises(SelectionError) as refusal:
        asked(source, target)
    assert said in str(refusal.value)
    assert str(refusal.value).startswith(
        tuple(f"{name}: {text!r}: " for name, text in (("from", source), ("to", target)))
    )


def test_workloads_of_two_kinds_are_refused_with_both():
    twin = next(pod for pod in SNAPSHOT.pods if pod.name == "store-0")
    twin = dataclasses.replace(twin, name="ledger-0", owner="StatefulSet/ledger")
    snapshot = dataclasses.replace(SNAPSHOT, pods=(*SNAPSHOT.pods, twin))
    with pytest.raises(SelectionError, match="set one of shop/deployment/ledger and shop/statefulset/ledger"):
        asked("shop/ledger", "x.y", snapshot)
    assert ways(asked(ASKER, "shop/ledger", snapshot)) == BY_SERVICE, "a Service goes before both"


@pytest.mark.parametrize(("namespaces", "looked_up"), [((), "team"), (("shop",), "shop"), (("shop", "vault"), "team")])
def test_a_name_without_a_namespace_is_looked_up_in_the_one_that_is_selected_or_that_of_the_context(
    namespaces, looked_up
):
    question = DirectQuestion("frontend", "ledger", "cluster.local")
    question.look_up_in(namespaces, "team")
    assert question.namespace == looked_up
