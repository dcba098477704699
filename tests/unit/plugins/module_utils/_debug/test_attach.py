# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several Pods at once: what each gets, what the others are told where one is refused, and whether the target shows."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import attach as attach_module
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.attach import Attachment
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import CommandAnswer, Refused, Trouble

RUNNING = {"running": {"startedAt": "2026-11-21T12:00:00Z"}}
HOLDER = ("sleep", "600")


def pod(name: str, state: t.Any = None, command: t.Sequence[str] = ("server",)) -> dict[str, t.Any]:
    return {
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"nodeName": "w1", "containers": [{"name": "app", "command": list(command)}]},
        "status": {"containerStatuses": [{"name": "app", "state": state or RUNNING}]},
    }


class Api:
    """Takes patches; refuses those for the Pods that are named."""

    connection = None

    def __init__(self, *refuses: str) -> None:
        self.refuses, self.written, self.lock = refuses, [], threading.Lock()

    def patch(self, path: str, body: t.Any, what: str = "", params: t.Any = None) -> dict[str, t.Any]:
        name = path.split("/")[-2]
        if name in self.refuses:
            raise ClusterError("refused", "no", "", 422, {"message": "static pods do not support ephemeral containers"})
        if "dryRun" not in params:
            with self.lock:
                self.written.append((name, body["spec"]["ephemeralContainers"][0]["name"]))
        return {"kind": "Pod"}

    def get(self, path: str, params: t.Any = None, what: str = "") -> dict[str, t.Any]:
        return {**pod(path.rpartition("/")[2]), "read": "again"}


def attachment(api: t.Any, *pods: t.Any, target: str = "", apart: bool = False) -> Attachment:
    wanted = DebugSpec("registry.example/debug:1", style="ephemeral", command=HOLDER, target=target)
    made = Attachment(api, "shop", pods, wanted, apart=apart)
    made.plan(30)
    return made


def test_one_refusal_is_told_and_then_nothing_is_written_anywhere() -> None:
    api = Api("two")
    group = attachment(api, pod("one"), pod("two"), pod("three"))
    with pytest.raises(Refused) as caught:
        group.forecast()
    assert caught.value.refusal.object == "ephemeral container of Pod shop/two"
    assert caught.value.refusal.kind == "static_pod"
    assert api.written == []


def test_a_refusal_may_be_the_trouble_of_its_pod_alone() -> None:
    api = Api("two")
    group = attachment(api, pod("one"), pod("two"), pod("three"), apart=True)
    group.forecast()
    group.add()
    assert sorted(name for name, _container in api.written) == ["one", "three"]
    assert [member.trouble and member.trouble.kind for member in group.members] == [None, "static_pod", None]


def test_a_pod_that_cannot_take_one_does_not_keep_the_others_from_it() -> None:
    api = Api()
    group = attachment(api, pod("one"), pod("two", {"terminated": {"exitCode": 1}}), target="app")
    assert [member.trouble and member.trouble.kind for member in group.members] == [None, "no_target"]
    group.forecast()
    group.add()
    assert [name for name, _container in api.written] == ["one"]
    one, two = group.result()
    assert (one.dialect, one.reused, one.container) == ("Pod", False, api.written[0][1])
    assert (two.dialect, two.reused, two.container, two.running) == ("", False, "", False)


def test_a_pod_where_it_does_not_start_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was added to it is in the list of what is left."""
    trouble = Trouble("image_absent", True, "why")
    started = pod("one")

    def until_running(*_what: t.Any) -> dict[str, t.Any]:
        return {"one": started, "two": trouble}

    monkeypatch.setattr(attach_module.wait, "until_running", until_running)
    group = attachment(Api(), pod("one"), pod("two"))
    group.wait({"labelSelector": "a=b"}, 1, 1)
    assert [member.trouble for member in group.members] == [None, trouble]
    assert group.members[0].pod is started
    assert group.members[1].pod["read"] == "again"
    assert [place.pod for place in group.places()] == ["one"]


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("command", "use a command that the image has; to try the same again, set another container"),
        ("image_pull", "check the network path"),  # it may start yet
    ],
)
def test_one_that_was_there_and_cannot_start_is_told_alike_before_its_state_shows_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, remedy: str
) -> None:
    """The event of a start that failed comes before the container's state."""
    trouble = Trouble(kind, True, "runc create failed", remedy.partition(";")[0])
    monkeypatch.setattr(attach_module.wait, "until_running", lambda *_what: {"one": trouble})
    found = pod("one")
    group = attachment(Api(), found)
    group.wait({"labelSelector": "a=b"}, 1, 1)
    assert group.members[0].trouble == trouble
    added = [{"name": group.stem, "command": list(HOLDER)}]
    waiting = [{"name": group.stem, "state": {"waiting": {"reason": "PodInitializing"}}}]
    found["spec"]["ephemeralContainers"], found["status"]["ephemeralContainerStatuses"] = added, waiting
    again = attachment(Api(), found)
    assert again.missing == []
    again.wait({"labelSelector": "a=b"}, 1, 1)
    assert again.members[0].trouble == Trouble(kind, True, "runc create failed", remedy)


@pytest.mark.parametrize(
    ("answer", "command", "shared"),
    [
        ({"rc": 0, "stdout": "server\0--port\x0080\0"}, ("server",), True),
        ({"rc": 0, "stdout": "/pause\0"}, ("server",), True),  # the Pod shares its processes
        ({"rc": 0, "stdout": "sleep\x00600\0"}, ("server",), False),
        ({"rc": 0, "stdout": "sleep\x00600\0"}, HOLDER, None),  # the target waits as ours does
        ({"rc": 0, "stdout": ""}, ("server",), None),  # hidden
        ({"rc": None, "exit_class": "not_found"}, ("server",), None),
    ],
)
def test_whether_the_target_shows(
    monkeypatch: pytest.MonkeyPatch, answer: t.Any, command: t.Sequence[str], shared: bool | None
) -> None:
    asked: list[t.Any] = []

    def run(connection: t.Any, places: t.Any, commands: t.Any, **_bounds: t.Any) -> list[CommandAnswer]:
        asked.extend((place.pod, command.argv) for place in places for command in commands)
        return [CommandAnswer("pod", place.object, place.node, commands[0].argv, **answer) for place in places]

    monkeypatch.setattr(attach_module.commands, "run", run)
    group = attachment(Api(), pod("one", command=command), target="app")
    group.look()
    assert asked == [("one", ("cat", "/proc/1/cmdline"))]
    assert group.result()[0].target_shared is shared
    assert ("target_shared" in group.result()[0].to_dict()) is (shared is not None)
    attachment(Api(), pod("two")).look()
    assert len(asked) == 1
