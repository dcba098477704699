# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""However an API server answers: one error in time, or a result that names what is missing and holds all the rest."""

from __future__ import annotations

import concurrent.futures
import json
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import rest
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather import Scope, gather
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds import CORE
from ansible_collections.kubewire.netdebug.tests.fuzz import faults, harness, server
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.test_gather import Cluster

Json = dict[str, t.Any]

SLOW_S = 6.0  #: that one request may take where the server does not come to its end
SLOW = {name: fault for name, fault in faults.WIRE.items() if name in faults.ENDLESS}
ENDLESS_LISTS = {name: fault for name, fault in faults.LIST.items() if name in faults.ENDLESS}
GROUPS = {"wire": faults.WIRE, "HTTP": faults.HTTP, "JSON": faults.JSON, "list": faults.LIST}
QUICK = {
    group: {name: fault for name, fault in found.items() if name not in faults.ENDLESS}
    for group, found in GROUPS.items()
}
MISSING = "everything that needs pods"


class Switch:
    """A server that speaks as the test wants it to."""

    def __init__(self, serve: t.Any) -> None:
        self.script: faults.Fault = faults.silent
        self.auth = {"host": serve(self).url, "api_key": "secret-token"}

    def __call__(self, peer: t.Any) -> None:
        self.script(peer)


@pytest.fixture(scope="module")
def switch(serve: t.Any) -> Switch:
    return Switch(serve)


@pytest.mark.parametrize("group", QUICK)
def test_a_list_that_fails_at_once(switch: Switch, group: str) -> None:
    """What is not there is named, and the rest is."""
    failures = harness.Failures()
    for name, fault in QUICK[group].items():
        switch.script = Cluster(f"{CORE}/pods", fault)
        with failures.of(name):
            assert_goes_on(harness.run("net_info", switch.auth))
    failures.check()


def assert_goes_on(result: Json) -> None:
    assert not result.get("failed"), result["msg"]
    assert result["snapshot"]["counts"]["services"] == 1
    (missing,) = result["missing"]
    assert missing["what"] == "pods"
    assert missing["reason"].startswith("cannot list pods: ")
    assert len(missing["reason"]) < 20_000


@pytest.mark.parametrize("group", [group for group in QUICK if group != "list"])
def test_a_server_that_never_answers_well(switch: Switch, group: str) -> None:
    failures = harness.Failures()
    for name, switch.script in QUICK[group].items():
        for module in ("net_info", "net_probe"):
            with failures.of((module, name)):
                assert_one_error(harness.run(module, switch.auth, check=True))
    failures.check()


def assert_one_error(result: Json) -> None:
    json.dumps(result)
    assert result.get("failed"), result
    assert result["msg"]
    assert result["reason"] not in ("", "bad_input")
    assert len(result["msg"]) < 25_000


def test_what_has_no_end_is_ended(serve: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it side by side, each against a server of its own."""
    monkeypatch.setattr(rest, "_LIST_TIMEOUT_FACTOR", 1)

    def one(fault: faults.Fault) -> tuple[str, int]:
        snapshot = gather(Api(serve(Cluster(f"{CORE}/pods", fault)).connection(), SLOW_S), Scope())
        (missing,) = snapshot.missing
        assert missing.subject == MISSING
        assert snapshot.services
        return missing.reason, len(snapshot.pods)

    def whole(fault: faults.Fault) -> str:
        with pytest.raises(ClusterError) as caught:
            gather(Api(serve(fault).connection(), SLOW_S), Scope())
        return str(caught.value)

    with concurrent.futures.ThreadPoolExecutor(len(SLOW) + len(ENDLESS_LISTS)) as pool, harness.watchdog():
        lists = dict(
            zip((*SLOW, *ENDLESS_LISTS), pool.map(one, (*SLOW.values(), *ENDLESS_LISTS.values())), strict=True)
        )
        servers = dict(zip(SLOW, pool.map(whole, SLOW.values()), strict=True))
    for name in SLOW:
        assert f"cannot be reached within {SLOW_S:g} s" in lists[name][0]
        assert f"cannot be reached within {SLOW_S:g} s" in servers[name]
    for name in ENDLESS_LISTS:
        assert "the list has not ended after" in lists[name][0]
        assert bool(lists[name][1]) == ("nothing else" not in name), "what came before it is kept"


class Faulty(server.Kube):
    """One on which some requests go wrong."""

    def __init__(self, begins: str, fault: faults.Fault) -> None:
        super().__init__()
        self.begins, self.fault = begins, fault

    def __call__(self, peer: t.Any) -> None:
        (self.fault if peer.request.startswith(self.begins) else super().__call__)(peer)


ASKED = {"argv": ["id"], "deadline": 5, "namespace": "shop", "start_timeout": 1, "start_grace": 0.01}
POD, PODS = "/api/v1/namespaces/shop/pods/web-1", "/api/v1/namespaces/shop/pods"
NAMED = {"argv": ["id"], "deadline": 5, "namespace": "shop", "name": "web-1"}
MADE = {**ASKED, "image": "x:1"}
#: A module, what it is given, and which of its requests goes wrong.
REQUESTS: dict[str, tuple[str, Json, str]] = {
    "debug_exec reads its Pod": ("debug_exec", NAMED, f"GET {POD}"),
    "debug_exec lists its Pods": (
        "debug_exec",
        {**NAMED, "name": None, "label_selectors": ["app=web"]},
        f"GET {PODS}?",
    ),
    "debug_exec opens its stream": ("debug_exec", NAMED, f"GET {POD}/exec"),
    "debug_pod asks for its rights": ("debug_pod", MADE, "POST /apis/authorization"),
    "debug_pod makes its Job": ("debug_pod", MADE, "POST /apis/batch"),
    "debug_pod makes its Pod": ("debug_pod", MADE, f"POST {PODS}?fieldManager"),
    "debug_pod asks what it would be": ("debug_pod", MADE, f"POST {PODS}?dryRun"),
    "debug_pod waits for its Pod": ("debug_pod", MADE, f"GET {PODS}?labelSelector"),
    "debug_pod reads the Pod that it copies": (
        "debug_pod",
        {**ASKED, "copy_of": "web-1", "image": "x:1"},
        f"GET {POD}",
    ),
    "debug_pod lists nodes": ("debug_pod", {**MADE, "every_node": True}, "GET /api/v1/nodes"),
    "debug_pod removes its Pod": ("debug_pod", MADE, "DELETE"),
    "ephemeral_attach adds its container": ("ephemeral_attach", {**MADE, "name": "web-1"}, f"PATCH {POD}"),
    "ephemeral_attach reads its Pod": ("ephemeral_attach", {**MADE, "name": "web-1"}, f"GET {POD}"),
    "debug_sweep lists Pods": ("debug_sweep", {}, "GET /api/v1/pods"),
    "debug_sweep lists Jobs": ("debug_sweep", {}, "GET /apis/batch"),
}
OBJECTS = {
    **{f"{name}, for the object": faults.body(json.dumps(odd).encode()) for name, odd in faults.ODD.items()},
    **{
        f"{name}, in a list": faults.body(json.dumps({"metadata": {"resourceVersion": "1"}, "items": [odd]}).encode())
        for name, odd in {**faults.ODD, "null": None, "text": "x"}.items()
    },
}
OTHERS = {**QUICK["HTTP"], **QUICK["JSON"], **{name: faults.WIRE[name] for name in ("cut body", "reset", "no HTTP")}}
OTHERS |= OBJECTS


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_that_goes_wrong(switch: Switch, request_: str) -> None:
    module, params, begins = REQUESTS[request_]
    failures = harness.Failures()
    for name in harness.some(request_, list(OTHERS)):
        switch.script = Faulty(begins, OTHERS[name])
        with failures.of(name):
            result = harness.run(module, {**switch.auth, "request_timeout": 5, **params})
            json.dumps(result)
            assert result["msg"] if result.get("failed") else True
    failures.check()
