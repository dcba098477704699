# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List calls: which are made for a selection, and what is shown of what they read; their failures are test_gather's."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import TABLE, Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import lists, parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds import CORE, Kind
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

PODS, NODES = Kind("pods", CORE, "pods", parse.pod), Kind("nodes", CORE, "nodes", parse.node, namespaced=False)


def calls(*namespaces: str) -> list[tuple[str, str, tuple[str, ...]]]:
    found = lists.calls((PODS, NODES), namespaces, 2, {"pods": {"labelSelector": "a=b"}})
    assert [each.params for each in found if each.kind is PODS] == [{"labelSelector": "a=b"}] * (len(found) - 1)
    return [(each.kind.resource, each.namespace, tuple(each.wanted)) for each in found]


def test_a_few_namespaces_are_listed_one_by_one_and_many_at_once() -> None:
    assert calls() == [("pods", "", ()), ("nodes", "", ())]
    assert calls("a", "b") == [("pods", "a", ()), ("pods", "b", ()), ("nodes", "", ())]
    assert calls("a", "b", "c") == [("pods", "", ("a", "b", "c")), ("nodes", "", ())]


def test_only_what_is_kept_is_shown_to_who_looks(bad_server: t.Any) -> None:
    items = [cluster.pod("web-1", "w1", "10.0.1.1"), cluster.pod("web-2", "w2", "10.0.2.1")]
    items[1]["metadata"]["namespace"] = "other"
    seen = []
    (call,) = lists.calls((PODS,), ("shop", "back", "side"), 2)
    api = Api(bad_server(lambda peer: peer.answer(200, {"items": items, "metadata": {}})).connection())
    lists.read(api, call, 500, lambda kind, item: seen.append((kind.field, item["metadata"]["name"])))
    assert [pod.name for pod in call.records] == ["web-1"]
    assert seen == [("pods", "web-1")]


def test_a_kind_says_how_it_is_represented(bad_server: t.Any) -> None:
    heads = []

    def answer(peer: t.Any) -> None:
        heads.append(str(peer.headers))
        peer.answer(200, {"items": [], "metadata": {}})

    kind = Kind("keys", CORE, "secrets", parse.namespace, accept=TABLE)
    lists.read(Api(bad_server(answer).connection()), lists.ListCall(kind, ""), 500)
    assert TABLE in heads[0]
