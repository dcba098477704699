# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked before a write, and what counts as a verdict."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.admission import Need, authorise, forecast, write
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Refused

CREATE = Need("create", "pods", namespace="shop")
EXEC = Need("get", "pods", "exec", namespace="shop")
JOBS = Need("create", "jobs", group="batch", namespace="shop")
NODES = Need("list", "nodes")


class Reviewer:
    """An API server that allows some rights."""

    def __init__(self, *allowed: Need) -> None:
        self.allowed, self.asked, self.lock = allowed, [], threading.Lock()

    def may(self, verb: str, resource: str, namespace: str = "", subresource: str = "", group: str = "") -> bool:
        need = Need(verb, resource, subresource, group, namespace)
        with self.lock:
            self.asked.append(need)
        return need in self.allowed


def test_rights_are_asked_once_each_and_told_in_order() -> None:
    api: t.Any = Reviewer(CREATE, EXEC, NODES)
    assert authorise(api, [EXEC, CREATE, EXEC, NODES], "Pod shop/debug") == [
        {"verb": "get", "resource": "pods", "subresource": "exec", "namespace": "shop", "allowed": True},
        {"verb": "create", "resource": "pods", "namespace": "shop", "allowed": True},
        {"verb": "list", "resource": "nodes", "allowed": True},
    ]
    assert sorted(api.asked, key=str) == sorted([EXEC, CREATE, NODES], key=str)
    assert authorise(api, [], "nothing") == []


def test_all_missing_rights_are_named_with_their_roles() -> None:
    api: t.Any = Reviewer(CREATE)
    with pytest.raises(Refused) as caught:
        authorise(api, [CREATE, EXEC, JOBS, NODES], "Pod shop/debug")
    refusal = caught.value.refusal
    assert refusal.kind == "rbac"
    assert [violation.rule for violation in refusal.violations] == ["get pods/exec", "create jobs", "list nodes"]
    assert refusal.remedy == (
        'grant with a Role in namespace shop: - {apiGroups: [""], resources: ["pods/exec"], verbs: ["get"]} '
        '- {apiGroups: ["batch"], resources: ["jobs"], verbs: ["create"]}, and a ClusterRole: '
        '- {apiGroups: [""], resources: ["nodes"], verbs: ["list"]}'
    )
    assert caught.value.status == 403


def failing(status: int, message: str) -> t.Callable[[dict[str, str]], None]:
    def call(params: dict[str, str]) -> None:
        raise ClusterError("reason", f"cannot create Pod: {message}", "", status, {"message": message})

    return call


def test_a_forecast_stores_nothing_and_a_write_does() -> None:
    assert forecast("Pod shop/debug", dict) == {"dryRun": "All", "fieldManager": "kubewire"}
    assert write("Pod shop/debug", dict) == {"fieldManager": "kubewire"}


@pytest.mark.parametrize("ask", [forecast, write])
@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "bad"),
        (403, "no"),
        (422, "invalid"),
        (409, "exists"),
        (500, 'failed calling webhook "w": connection refused'),
    ],
)
def test_a_verdict_is_a_refusal(ask: t.Any, status: int, message: str) -> None:
    with pytest.raises(Refused) as caught:
        ask("Pod shop/debug", failing(status, message))
    assert caught.value.status == status
    assert caught.value.refusal.message == message


@pytest.mark.parametrize("ask", [forecast, write])
@pytest.mark.parametrize(("status", "message"), [(0, "unreachable"), (401, "expired"), (429, "later"), (503, "down")])
def test_no_answer_is_no_verdict(ask: t.Any, status: int, message: str) -> None:
    with pytest.raises(ClusterError) as caught:
        ask("Pod shop/debug", failing(status, message))
    assert not isinstance(caught.value, Refused)


def test_a_webhook_with_side_effects_leaves_the_forecast_open() -> None:
    call = failing(400, 'admission webhook "audit.example" does not support dry run')
    assert forecast("Pod shop/debug", call) is None
