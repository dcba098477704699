# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting against a server that cuts, forbids, forgets and falls silent; the real one is tested on the lab."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import wait
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Trouble

Json = dict[str, t.Any]


def pod(state: Json | None = None, name: str = "debug", conditions: t.Sequence[Json] = (), **status: t.Any) -> Json:
    if state is not None:
        status["containerStatuses"] = [{"name": "debug", "state": state}]
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": "7"},
        "spec": {"nodeName": "w1", "restartPolicy": "Never", "containers": [{"name": "debug", "image": "a/b:1"}]},
        "status": {"phase": "Pending", "conditions": list(conditions), **status},
    }


RUNS = {"running": {"startedAt": "now"}}
CREATING = {"waiting": {"reason": "ContainerCreating"}}
BAD_NAME = {"waiting": {"reason": "InvalidImageName", "message": "no"}}
BACK_OFF = {"waiting": {"reason": "ImagePullBackOff", "message": "i/o timeout"}}
ENDED = {"terminated": {"exitCode": 3, "reason": "Error"}}
GONE = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager"}


class Clock:
    """In place of the module C(time): a busy machine changes nothing."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        self.now += 1e-4  # nothing takes no time at all
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


CLOCK = Clock()


class Server:
    """Answers as told: each list and each watch takes the next of its answers, and the last one stays.

    A watch is a list of events; an error is raised; None is a watch that stays silent for as long as it may.
    """

    def __init__(self, *lists: t.Any, watches: t.Sequence[t.Any] = (None,)) -> None:
        self.lists, self.watches = list(lists), list(watches)
        self.events: t.Any = []
        self.node: t.Any = {"metadata": {"name": "w1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        self.paths: list[str] = []

    def get(self, path: str, params: t.Any = None, what: str = "") -> Json:
        self.paths.append(path)
        if path.endswith("/events"):
            return {"items": self._next([self.events])}
        if "/nodes/" in path:
            node: Json = self._next([self.node])
            return node
        return {"metadata": {"resourceVersion": "5"}, "items": self._next(self.lists)}

    def watch(self, path: str, params: Json, seconds: float, what: str = "") -> t.Iterator[tuple[str, Json]]:
        self.paths.append(f"watch {params['resourceVersion']}")
        events = self._next(self.watches)
        if events is None:
            CLOCK.sleep(seconds)
            return
        yield from events

    @staticmethod
    def _next(answers: list[t.Any]) -> t.Any:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, ClusterError):
            raise answer
        return answer() if callable(answer) else answer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "time", CLOCK)
    for name, seconds in (
        ("_WATCH_S", 0.05),
        ("_KUBELET_SILENCE_S", 0.03),
        ("_EVENTS_AFTER_S", 0.05),
        ("_RETRY_DELAY_S", 0.02),
    ):
        monkeypatch.setattr(wait, name, seconds)


def until_running(server: Server, deadline: float = 2.0, grace: float = 0.3, **more: t.Any) -> t.Any:
    wanted = more.pop("wanted", {"debug": "debug"})
    api: t.Any = server
    begun = CLOCK.monotonic()
    seen = wait.until_running(api, "shop", wanted, {"labelSelector": "a=b"}, deadline, grace, **more)
    assert CLOCK.monotonic() - begun < deadline + 0.1
    assert set(seen) == set(wanted)
    return seen["debug"] if len(wanted) == 1 else seen


def refused(status: int) -> ClusterError:
    return ClusterError("reason", "cannot watch Pods", "", status)


def test_one_list_is_enough_for_what_runs() -> None:
    server = Server([pod(RUNS), pod(RUNS, "other")])
    seen = until_running(server, wanted={"debug": "debug", "other": "debug"})
    assert seen["other"]["status"]["containerStatuses"][0]["state"] == RUNS
    assert server.paths == ["/api/v1/namespaces/shop/pods"]


def test_what_cannot_pass_ends_the_wait_at_once() -> None:
    begun = CLOCK.monotonic()
    trouble = until_running(Server([pod()], watches=[[("MODIFIED", pod(BAD_NAME))]]), 60, 60)
    assert trouble.kind == "image_name"
    assert CLOCK.monotonic() - begun < 0.1


def test_what_may_pass_is_given_time() -> None:
    assert until_running(Server([pod(BACK_OFF)], watches=[None, None, [("MODIFIED", pod(RUNS))]]), 10, 10)["status"]
    begun = CLOCK.monotonic()
    trouble = until_running(Server([pod(BACK_OFF)]), 60)
    assert trouble.kind == "image_pull"
    assert 0.3 <= CLOCK.monotonic() - begun < 0.4


def test_each_pod_gets_its_own_answer() -> None:
    server = Server([pod(BACK_OFF), pod(BAD_NAME, "bad"), pod(CREATING, "slow"), pod(RUNS, "good")])
    seen = until_running(server, 0.8, wanted=dict.fromkeys(("debug", "bad", "slow", "good"), "debug"))
    kinds = {name: seen[name].kind if isinstance(seen[name], Trouble) else "runs" for name in seen}
    assert kinds == {"debug": "image_pull", "bad": "image_name", "slow": "slow", "good": "runs"}


@pytest.mark.parametrize(
    "cut",
    [[], [("ERROR", {"kind": "Status", "code": 410})], refused(410), refused(0), refused(503)],
    ids=["cut", "too-old", "gone", "unreachable", "restarting"],
)
def test_a_watch_that_is_cut_begins_anew_with_a_list(cut: t.Any) -> None:
    server = Server([pod()], [pod(RUNS)], watches=[cut])
    assert until_running(server)["status"]
    assert len([path for path in server.paths if path.endswith("/pods")]) == 2


def later(events: list[tuple[str, Json]]) -> t.Callable[[], list[tuple[str, Json]]]:
    def answer() -> list[tuple[str, Json]]:
        CLOCK.sleep(0.06)
        return events

    return answer


def test_a_watch_goes_on_from_where_it_was() -> None:
    watches = [later([("MODIFIED", pod(CREATING))]), [("MODIFIED", pod(RUNS))]]
    server = Server([pod()], watches=watches)
    assert until_running(server)["status"]
    assert [path for path in server.paths if path.startswith("watch")] == ["watch 5", "watch 7"]


def test_a_server_that_cuts_everything_is_not_asked_in_a_busy_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_RETRY_DELAY_S", 0.1)
    server = Server([pod(CREATING)], watches=[[]])
    until_running(server, 0.5, 60)
    assert len([path for path in server.paths if path.endswith("/pods")]) <= 12


def test_an_api_server_that_comes_back_is_waited_for() -> None:
    assert until_running(Server(refused(0), refused(503), [pod(RUNS)]))["status"]


def test_the_time_without_a_pod_begins_with_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_EVENTS_AFTER_S", 1.0)
    server = Server(*[refused(0)] * 6, [pod(RUNS)])
    assert until_running(server)["status"]
    assert not [path for path in server.paths if path.endswith("/events")]


def test_an_api_server_that_stays_away_is_the_answer() -> None:
    with pytest.raises(ClusterError, match="cannot watch Pods"):
        until_running(Server(refused(0)), 0.3)


@pytest.mark.parametrize("status", [401, 403])
def test_no_right_to_look_is_the_answer_at_once(status: int) -> None:
    begun = CLOCK.monotonic()
    with pytest.raises(ClusterError):
        until_running(Server(refused(status)), 60)
    assert CLOCK.monotonic() - begun < 0.1


@pytest.mark.parametrize(
    ("last", "kind"), [(pod(CREATING, conditions=[GONE]), "taint"), (pod(CREATING), "deleted"), (pod(RUNS), "deleted")]
)
def test_a_pod_that_is_deleted_ends_the_wait(last: Json, kind: str) -> None:
    assert until_running(Server([pod()], watches=[[("DELETED", last)]]), 60).kind == kind


def test_a_pod_that_is_missing_in_a_new_list_is_gone() -> None:
    assert until_running(Server([pod()], [], watches=[[]]), 60).kind == "deleted"
    assert until_running(Server([]), 60).evidence == "the Pod does not exist (any more)"


def test_a_silent_pod_is_asked_about() -> None:
    server = Server([pod()])
    server.node = refused(404)
    begun = CLOCK.monotonic()
    trouble = until_running(server, 60, 60)
    assert (trouble.kind, trouble.permanent) == ("no_node", True)
    assert CLOCK.monotonic() - begun < 0.1


def test_a_node_that_is_not_ready_is_given_time() -> None:
    server = Server([pod()])
    server.node = {"metadata": {"name": "w1"}, "status": {}}
    assert until_running(server).kind == "node_not_ready"


def test_events_speak_where_the_pod_does_not() -> None:
    server = Server([pod(CREATING)])
    server.events = [{"reason": "FailedMount", "message": 'secret "nope" not found', "lastTimestamp": "1"}]
    trouble = until_running(server)
    assert trouble.kind == "mount"
    assert "create secret nope in namespace shop" in trouble.remedy
    assert not [path for path in server.paths if "/nodes/" in path]


def test_old_events_do_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_EVENTS_AFTER_S", 0.2)
    mount = {"reason": "FailedMount", "message": "not yet", "lastTimestamp": "1"}
    pulling = {"reason": "Pulling", "message": "Pulling image", "lastTimestamp": "2"}
    begun = CLOCK.monotonic()
    server = Server([pod(CREATING)])
    server.events = lambda: [mount, pulling] if CLOCK.monotonic() - begun > 0.27 else [mount]
    trouble = until_running(server, 0.7, 0.32)
    assert (trouble.kind, trouble.evidence[-31:]) == ("slow", "event is Pulling: Pulling image")


def test_a_new_trouble_has_a_grace_of_its_own() -> None:
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no"}
    server = Server([pod(conditions=[unscheduled])], [pod(BACK_OFF)], watches=[None, None, None, None, [], None])
    begun = CLOCK.monotonic()
    assert until_running(server, 10, 1).kind == "image_pull"
    assert CLOCK.monotonic() - begun >= 1.2


def test_what_we_may_not_read_is_said() -> None:
    server = Server([pod()])
    server.events = server.node = refused(403)
    assert until_running(server, 0.4).evidence.endswith("(no right to read events and nodes)")


def test_what_ended_is_as_good_where_that_is_wanted() -> None:
    assert until_running(Server([pod(ENDED, phase="Failed")])).kind == "ended"
    assert until_running(Server([pod(ENDED, phase="Failed")]), or_ended=True)["status"]["phase"] == "Failed"
