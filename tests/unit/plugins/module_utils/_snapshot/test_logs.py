# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which logs are read, and what of them is kept."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import logs
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.logs import Log
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, PodDetail


def pod(name: str, *containers: ContainerDetail, restart_policy: str = "Always") -> PodDetail:
    return PodDetail("shop", name, containers=containers, restart_policy=restart_policy)


RUNNING = ContainerDetail("web", state="running", ready=True)
AGAIN = ContainerDetail("web", state="running", ready=True, restarts=1, last_exit_code=137)
LOOP = ContainerDetail("web", state="waiting", reason="CrashLoopBackOff", restarts=3, last_exit_code=3)
ENDED = ContainerDetail("web", state="terminated", exit_code=1)
DONE = ContainerDetail("web", state="terminated", exit_code=0)
PULL = ContainerDetail("web", state="waiting", reason="ImagePullBackOff")
HANGS = ContainerDetail("wait", kind="init", state="running")
INIT_DONE = ContainerDetail("wait", kind="init", state="terminated", exit_code=0)
DEBUG = ContainerDetail("kubewire-1", kind="ephemeral", state="terminated", exit_code=1)


def chosen(*pods: PodDetail, **owners: str) -> list[tuple[str, str, bool]]:
    known = {("shop", name): owner for name, owner in owners.items()}
    return [(log.pod, log.container, log.previous) for log in logs.wanted(pods, known)]


def test_only_what_does_not_run_or_restarted_has_a_log_that_is_read() -> None:
    assert chosen(pod("a", RUNNING), pod("b", PULL), pod("c", INIT_DONE, RUNNING), pod("d", DEBUG)) == []
    assert chosen(pod("a", LOOP)) == [("a", "web", True)]
    assert chosen(pod("a", AGAIN)) == [("a", "web", True)]
    assert chosen(pod("a", ENDED)) == [("a", "web", False)]
    assert chosen(pod("a", HANGS)) == [("a", "wait", False)]
    assert chosen(pod("a", DONE)) == [("a", "web", False)], "it should run on"
    assert chosen(pod("a", DONE, restart_policy="Never")) == []


def test_what_does_not_run_comes_first_and_of_replicas_only_some() -> None:
    many = [pod(f"web-{number:02}", LOOP) for number in range(30)]
    owners = {each.name: "ReplicaSet/web" for each in many}
    assert chosen(pod("a", AGAIN), *many, **owners) == [
        ("web-00", "web", True),
        ("web-01", "web", True),
        ("a", "web", True),
    ]
    assert len(chosen(*many)) == 30
    assert len(chosen(*(pod(f"web-{number}", LOOP) for number in range(100)))) == logs.MAX_LOGS


def test_what_is_not_ready_may_say_why_and_the_clusters_dns_tells_of_others() -> None:
    waits = ContainerDetail("web", state="running")
    assert chosen(pod("a", waits)) == [("a", "web", False)]
    own = logs.wanted([pod("a", RUNNING), pod("b", RUNNING)], {}, {("shop", "b")})
    assert own == [Log("shop", "b", "web", False, 0, timed=True)]
    again = logs.wanted([pod("a", AGAIN)], {}, {("shop", "a")})
    assert [(log.previous, log.timed) for log in again] == [(False, True), (True, False)]


LOG = Log("shop", "web-1", "web", True, 0)


def read(bad_server: t.Any, answer: t.Callable[[t.Any], None], *asked: Log) -> tuple[list[t.Any], dict[str, str]]:
    return logs.read(Api(bad_server(answer).connection()), asked or (LOG,), 2)


def test_the_times_of_lines(bad_server: t.Any) -> None:
    requests = []

    def answer(peer: t.Any) -> None:
        requests.append(peer.request)
        peer.answer(
            200, b"2026-12-01T10:08:51.49Z [ERROR] plugin/errors: 2 a. A: i/o timeout\n2026-12-01T10:08:52Z .:53\n"
        )

    (tail,), _unknown = read(bad_server, answer, Log("kube-system", "coredns-1", "coredns", False, 0, timed=True))
    assert "tailLines=160&limitBytes=65536&timestamps=true" in requests[0]
    assert tail.times == ("2026-12-01T10:08:51.49Z", "2026-12-01T10:08:52Z")
    assert tail.lines == ("[ERROR] plugin/errors: 2 a. A: i/o timeout", ".:53")


def test_the_last_lines_are_asked_for_and_no_more(bad_server: t.Any) -> None:
    requests = []

    def answer(peer: t.Any) -> None:
        requests.append(peer.request)
        peer.answer(200, b"".join(b"line %d\n" % number for number in range(5000)))

    (tail,), unknown = read(bad_server, answer)
    assert requests[0].split()[1] == (
        "/api/v1/namespaces/shop/pods/web-1/log?container=web&tailLines=40&limitBytes=16384&previous=true"
    )
    assert (tail.pod, tail.container, tail.previous) == ("web-1", "web", True)
    assert tail.lines == tuple(f"line {number}" for number in range(4960, 5000))
    assert unknown == {}


def test_a_log_is_hostile() -> None:
    text = b"\xff\xfe bad bytes\r\n\x1b[2Jcleared\npassword=MARKER\n\n" + b"x" * 5000
    found = logs.lines(text)
    assert len(found) == 4
    assert all(line.isprintable() and len(line) <= 400 for line in found)
    assert "MARKER" not in " ".join(found)


def test_a_key_over_several_lines_is_not_kept_whole_or_cut() -> None:
    key = b"-----BEGIN RSA PRIVATE KEY-----\nMARKERMARKER\nMARKER==\n-----END RSA PRIVATE KEY-----\n"
    assert logs.lines(b"before\n" + key + b"after\n") == ("before", "[redacted]", "after")
    assert "MARKER" not in " ".join(logs.lines(key[40:] + b"after\n"))
    assert "MARKER" not in " ".join(logs.lines(b"before\n" + key[:50]))


def test_a_log_that_is_gone_says_nothing(bad_server: t.Any) -> None:
    gone = b"unable to retrieve container logs for containerd://075f4b84"
    assert logs.lines(gone) == ()
    status = {"kind": "Status", "code": 400, "message": 'previous terminated container "web" not found'}
    assert read(bad_server, lambda peer: peer.answer(400, status)) == ([], {})


def test_without_the_right_no_log_is_known(bad_server: t.Any) -> None:
    status = {"kind": "Status", "code": 403, "message": "pods/log is forbidden"}
    tails, unknown = read(bad_server, lambda peer: peer.answer(403, status))
    assert tails == []
    assert set(unknown) == {"logs"}
    assert "pods/log is forbidden" in unknown["logs"]
    assert "resources: ['pods/log'], verbs: ['get']" in unknown["logs"]


def test_a_kubelet_that_does_not_answer_is_named(bad_server: t.Any) -> None:
    status = {"kind": "Status", "code": 500, "message": "dial tcp 198.18.0.11:10250: connect: connection refused"}
    _tails, unknown = read(bad_server, lambda peer: peer.answer(500, status))
    assert set(unknown) == {"logs of shop/web-1 web"}
    assert "10250" in unknown["logs of shop/web-1 web"]


def test_all_logs_together_end_in_time(bad_server: t.Any, monkeypatch: t.Any) -> None:
    monkeypatch.setattr(logs, "_ALL_S", -1.0)
    asked = []
    tails, unknown = read(bad_server, lambda peer: asked.append(peer.request))
    assert (tails, asked) == ([], [])
    assert "was not read within" in unknown["logs of shop/web-1 web"]


def test_a_text_of_any_kind_takes_no_time() -> None:
    begun = time.process_time()
    for text in (b"-----BEGIN " * 1400, b"-----END KEY----" * 1000, b"-----BEGIN KEY-----\n" * 800, b"-" * 16000):
        logs.lines(text)
    assert time.process_time() - begun < 20
