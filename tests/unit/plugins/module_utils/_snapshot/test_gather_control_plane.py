# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking kubelets and the control plane how they are, of an API server that answers in all kinds of ways."""

from __future__ import annotations

import time
import typing as t
import urllib.parse

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import gather_control_plane
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather_control_plane import (
    MAX_NODES,
    ask_nodes,
    is_late,
    read_logs,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node, Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import Component
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Lease, NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition

NOW = "2026-12-01T04:00:00Z"
REFUSED = "error trying to reach service: dial tcp 198.18.0.12:10250: connect: connection refused"
Answer = tuple[int, t.Any]


@pytest.fixture
def api(bad_server: t.Any) -> t.Callable[[dict[str, Answer]], Api]:
    """Answers by the ends of paths; what is not among them takes too long."""

    def make(answers: dict[str, Answer]) -> Api:
        def answer(peer: t.Any) -> None:
            path = urllib.parse.urlsplit(peer.request.split(" ")[1]).path
            found = next((answers[end] for end in answers if path.endswith(end)), None)
            if found is None:
                time.sleep(2)
            else:
                peer.answer(*found)

        return Api(bad_server(answer).connection(), 10.0)

    return make


def status(code: int, message: str) -> Answer:
    return code, {"kind": "Status", "code": code, "message": message}


def test_kubelets_that_answer_and_those_that_do_not(api: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather_control_plane, "_ANSWER_S", 0.5)
    answers = {"w1/proxy/healthz": (200, b"ok"), "w2/proxy/healthz": status(503, REFUSED)}
    asked = ask_nodes(api(answers), [Node("w1", True), Node("w2"), Node("w3"), Node("gone")], [], [])
    found = {one.node: (one.status, one.says) for one in asked.fields["node_answers"]}
    assert found["w1"] == (200, "ok")
    assert found["w2"] == (503, REFUSED)
    assert found["w3"][0] == 0
    assert "no answer within" in found["w3"][1]


def test_a_right_that_is_missing_is_named_and_a_kubelet_that_refuses_is_an_answer(api: t.Any) -> None:
    denied = status(403, 'nodes "w1" is forbidden: User "bob" cannot get resource "nodes/proxy" in API group ""')
    asked = ask_nodes(api({"healthz": denied}), [Node("w1", True)], [], [])
    assert "resources: ['nodes/proxy']" in asked.unknown["node_answers"]
    own = (403, b"Forbidden (user=kube-apiserver-kubelet-client, verb=get, resource=nodes, subresource=healthz)")
    asked = ask_nodes(api({"healthz": own}), [Node("w1", True)], [], [])
    assert (asked.unknown, asked.fields["node_answers"][0].status) == ({}, 403)
    asked = ask_nodes(api({"healthz": (401, b"Unauthorized")}), [Node("w1", True)], [], [])
    assert [(one.status, one.says) for one in asked.fields["node_answers"]] == [(401, "Unauthorized")]


def test_of_many_nodes_those_that_are_not_ready_and_those_that_are_used_are_asked(api: t.Any) -> None:
    nodes = [Node(f"w{number:02}", number != 40) for number in range(50)]
    asked = ask_nodes(api({"healthz": (200, b"ok")}), nodes, [], [Pod("shop", "web", node="w30")])
    names = [one.node for one in asked.fields["node_answers"]]
    assert names[:2] == ["w40", "w30"]
    assert len(names) == MAX_NODES
    assert asked.unknown["further node_answers"] == f"{MAX_NODES} of 50 kubelets are asked"


def test_a_kubelet_under_pressure_is_asked_what_is_left(api: t.Any) -> None:
    config = {"kubeletconfig": {"evictionHard": {"nodefs.available": "99%"}}}
    summary = {"node": {"fs": {"availableBytes": 60, "capacityBytes": 100}}}
    answers = {"healthz": (200, b"ok"), "configz": (200, config), "summary": (200, summary)}
    details = [NodeDetail("w1", (Condition("DiskPressure", "True"),)), NodeDetail("w2")]
    found = ask_nodes(api(answers), [Node("w1", True), Node("w2", True)], details, []).fields["nodes"]
    assert found[0].eviction == {"evictionHard[nodefs.available]": "99%"}
    assert found[0].usage == {"nodefs.available": 60, "nodefs.available of": 100}
    assert found[1] == details[1]


def test_checks_of_readiness_that_fail(api: t.Any) -> None:
    failed = b"[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\nreadyz check failed\n"
    assert gather_control_plane.failed_checks(api({"/readyz": (500, failed)})) == ("etcd: reason withheld",)
    assert gather_control_plane.failed_checks(api({"/readyz": (200, b"ok")})) == ()
    assert gather_control_plane.failed_checks(api({"/readyz": status(404, "no such path")})) == ()


def test_an_api_server_that_is_slow_leaves_facts_unknown(api: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather_control_plane, "_ANSWER_S", 0.5)
    server = api({})
    readiness, levels = gather_control_plane.failed_checks(server), gather_control_plane.level_counts(server)
    assert all(isinstance(each, str) and "cannot read the" in each for each in (readiness, levels))
    said = read_logs(server, [Component("kube-apiserver", "kube-system", "kube-apiserver-cp")], [], NOW)
    assert (said.fields["logs"], "cannot read the log" in said.unknown["component_logs"]) == ((), True)


def test_of_the_api_servers_log_lines_about_faults_are_kept(api: t.Any) -> None:
    stamp = b"2026-12-01T04:00:00.123456789Z "
    said = (b'I1201 alloc.go] "allocated"', b'E1201 "Unable to authenticate the request" err="[invalid bearer token]"')
    lines = b"".join(stamp + line + b"\n" for line in said)
    server = Component("kube-apiserver", "kube-system", "kube-apiserver-cp")
    scheduler = Component("kube-scheduler", "kube-system", "kube-scheduler-cp")
    answers = {"apiserver-cp/log": (200, lines), "scheduler-cp/log": (200, stamp + b"starting\n" + stamp + b"lost\n")}
    well = read_logs(api(answers), [server, scheduler], [Lease("kube-scheduler", "cp", NOW, 15)], NOW)
    (kept,) = well.fields["logs"]
    assert (kept.pod, kept.lines, kept.times) == ("kube-apiserver-cp", (said[1].decode(),), (stamp.decode().strip(),))
    late = read_logs(
        api(answers), [server, scheduler], [Lease("kube-scheduler", "cp", "2026-12-01T03:00:00Z", 15)], NOW
    )
    assert [one.lines for one in late.fields["logs"]][1] == ("starting", "lost")
    refused = read_logs(api({"log": status(403, "forbidden")}), [server], [], NOW)
    assert "['pods/log']" in refused.unknown["component_logs"]


@pytest.mark.parametrize(
    ("lease", "late"),
    [
        (Lease("a", "cp", "2026-12-01T03:59:31Z", 15), False),
        (Lease("a", "cp", "2026-12-01T03:59:29Z", 15), True),
        (Lease("a", "", "2026-12-01T03:59:59Z", 1), True),
        (Lease("a", "cp", "", 15), False),
    ],
)
def test_leases_that_nobody_renews(lease: Lease, late: bool) -> None:
    assert is_late(lease, NOW) == late
