# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ephemeral containers of a Pod are ours, which one serves again, and the two ways of adding one."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import ephemeral, lifetime
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec

WANTED = DebugSpec("registry.example/debug:1", style="ephemeral", command=("sleep", "600"))
STEM = ephemeral.stem(WANTED)


def running(seconds_ago=1.0):
    started = lifetime.now() - datetime.timedelta(seconds=seconds_ago)
    return {"running": {"startedAt": lifetime.stamp(started)}}


def ended(reason="Completed", code=0, message="why"):
    return {"terminated": {"reason": reason, "exitCode": code, "message": message}}


def pod(*ephemeral_containers, target=None, **metadata):
    """A Pod with these (name, state) ephemeral containers, each of which sleeps 600 s."""
    return {
        "metadata": {"name": "web", "namespace": "shop", **metadata},
        "spec": {
            "nodeName": "w1",
            "containers": [{"name": "app"}],
            "ephemeralContainers": [{"name": n, "command": ["sleep", "600"]} for n, _state in ephemeral_containers],
        },
        "status": {
            "phase": "Running",
            "containerStatuses": [{"name": "app", "state": {"running": {}} if target is None else target}],
            "ephemeralContainerStatuses": [
                {"name": name, "lastState": {}, "state": state, **(state.pop("status", {}))}
                for name, state in ephemeral_containers
                if state is not None
            ],
        },
    }


def test_the_name_is_the_digest_of_what_was_asked_for():
    assert ephemeral.stem(WANTED) == STEM
    others = [
        DebugSpec("registry.example/debug:2", style="ephemeral", command=("sleep", "600")),
        DebugSpec("registry.example/debug:1", style="ephemeral", command=("sleep", "601")),
        DebugSpec("registry.example/debug:1", style="ephemeral", command=("sleep", "600"), target="app"),
        DebugSpec("registry.example/debug:1", style="ephemeral", command=("sleep", "600"), env={"A": "b"}),
    ]
    assert len({STEM, *map(ephemeral.stem, others)}) == 5
    assert ephemeral.stem(WANTED, "mine") == STEM.replace("kubewire-", "kubewire-mine-")


@pytest.mark.parametrize("word", ["Mine", "a b", "a/b", "-a", "$(id)", "x" * 38])
def test_a_word_that_is_no_part_of_a_name(word):
    with pytest.raises(ValueError, match=r"^container is "):
        ephemeral.stem(WANTED, word)


def test_the_longest_name_still_is_one():
    name = ephemeral.next_name(
        pod((f"{ephemeral.stem(WANTED, 'x' * 37)}-999999", ended())), ephemeral.stem(WANTED, "x" * 37)
    )
    assert len(name) <= 63


@pytest.mark.parametrize(
    ("there", "serves", "following"),
    [
        ([], "", STEM),
        ([("debugger-abcde", running())], "", STEM),
        ([(STEM, running())], STEM, f"{STEM}-2"),
        ([(STEM, None)], STEM, f"{STEM}-2"),  # no kubelet has seen it yet
        ([(STEM, {"waiting": {"reason": "ErrImagePull"}})], STEM, f"{STEM}-2"),
        ([(STEM, ended())], "", f"{STEM}-2"),
        ([(STEM, ended()), (f"{STEM}-2", running())], f"{STEM}-2", f"{STEM}-3"),
        ([(STEM, ended()), (f"{STEM}-2", ended()), (f"{STEM}-11", ended(code=137))], "", f"{STEM}-12"),
        ([(STEM, 575)], "", f"{STEM}-2"),  # 25 s are too few for a command that may take 30 s
        ([(STEM, 565)], STEM, f"{STEM}-2"),
        # The newest stands first where the API server has merged a patch.
        ([(f"{STEM}-10", running()), (f"{STEM}-9", ended()), (STEM, running())], f"{STEM}-10", f"{STEM}-11"),
        ([(f"{STEM}x", running()), (f"{STEM}-two", running())], "", STEM),
    ],
)
def test_a_live_one_serves_again_and_no_name_is_used_twice(there, serves, following):
    # What is only a number of seconds is reckoned now: collecting the tests may have been long ago.
    found = pod(*((name, running(state) if isinstance(state, int) else state) for name, state in there))
    assert ephemeral.serving(found, STEM, 30) == serves
    assert ephemeral.next_name(found, STEM) == following


def test_what_could_not_start_is_not_tried_again():
    broken = ended("StartError", 128, 'exec: "sleep": executable file not found in $PATH')
    trouble = ephemeral.never_started(pod((STEM, broken)), STEM)
    assert trouble is not None
    assert (trouble.kind, trouble.permanent) == ("command", True)
    assert "executable file not found" in trouble.evidence
    assert "use a command that the image has; to try the same again, set another container" in trouble.remedy
    assert ephemeral.never_started(pod((f"{STEM}-2", ended()), (STEM, broken)), STEM) is None
    assert ephemeral.never_started(pod((STEM, ended("Error", 137))), STEM) is None
    assert ephemeral.never_started(pod((STEM, running())), STEM) is None
    assert ephemeral.never_started(pod(), STEM) is None


def test_what_could_not_start_is_over_though_the_kubelet_calls_it_waiting():
    """Recorded from Kubernetes 1.36."""
    words = 'failed to create containerd task: exec: "sleep": executable file not found in $PATH'
    seen = {
        "waiting": {"reason": "RunContainerError", "message": words},
        "status": {"lastState": {"terminated": {"reason": "StartError", "exitCode": 128, "message": words}}},
    }
    stuck = pod((STEM, seen))
    assert ephemeral.serving(stuck, STEM, 1) == ""
    assert ephemeral.dead(stuck) == 1
    assert [item.state for item in ephemeral.left(stuck)] == ["ended"]
    trouble = ephemeral.never_started(stuck, STEM)
    assert trouble is not None
    assert (trouble.kind, trouble.permanent) == ("command", True)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s"}}, "CrashLoopBackOff: back-off 20s"),
        ({"terminated": {"reason": "Error", "exitCode": 3}}, "it ended with exit code 3"),
        ({}, "the target app is not running"),
    ],
)
def test_a_target_that_does_not_run(state, words):
    trouble = ephemeral.unfit(pod(target=state), "app")
    assert trouble is not None
    assert trouble.kind == "no_target"
    assert words in trouble.evidence
    assert "leave O(target) out" in trouble.remedy
    assert ephemeral.unfit(pod(target=state), "") is None


def test_pods_that_take_none():
    assert ephemeral.unfit(pod(), "app") is None
    over, nowhere = pod(), pod()
    over["status"]["phase"] = "Succeeded"
    nowhere["status"]["conditions"] = [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes"}]
    seen = [ephemeral.unfit(one, "") for one in (over, nowhere, pod(deletionTimestamp="2026-11-21T12:00:00Z"))]
    assert [trouble and trouble.kind for trouble in seen] == ["ended", "unschedulable", "deleted"]


def test_what_is_left_and_what_is_dead():
    crowd = pod(("debugger-abcde", ended()), (STEM, ended()), (f"{STEM}-2", running(100)), (f"{STEM}-3", None))
    assert ephemeral.dead(crowd) == 2
    left = ephemeral.left(crowd)
    assert [(item.name, item.state) for item in left] == [
        (f"web/{STEM}", "ended"),
        (f"web/{STEM}-2", "running"),
        (f"web/{STEM}-3", "unknown"),
    ]
    assert [bool(item.until) for item in left] == [False, True, False]
    until = lifetime.read(ephemeral.until(crowd, f"{STEM}-2"))
    assert until is not None
    assert 497 < (until - lifetime.now()).total_seconds() < 501


class OneDialect:
    """The subresource as one API server has it: recorded answers, and what came in."""

    def __init__(self, *answers, conflicts=0):
        self.answers, self.conflicts, self.sent = list(answers), conflicts, []

    def patch(self, path, body, what="", params=None):
        self.sent.append(("PATCH", path, body, params))
        return self.answers[0]

    def get(self, path, params=None, what=""):
        self.sent.append(("GET", path, None, params))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def put(self, path, body, what="", params=None):
        self.sent.append(("PUT", path, body, params))
        if self.conflicts:
            self.conflicts -= 1
            raise ClusterError("conflict", "the object has been modified", "", 409)
        return body


PATH = "/api/v1/namespaces/shop/pods/web/ephemeralcontainers"
NEW = {"name": STEM, "image": "registry.example/debug:1"}
DRY = {"dryRun": "All"}


def old_list(*names, version="7"):
    """What a server before 1.22 answers to GET, and to a patch of a C(spec) that its kind does not have."""
    return {
        "kind": "EphemeralContainers",
        "apiVersion": "v1",
        "metadata": {"name": "web", "namespace": "shop", "resourceVersion": version},
        "ephemeralContainers": [{"name": name} for name in names] or None,
    }


def test_the_dialect_of_1_22_and_later():
    api = OneDialect({"kind": "Pod"})
    assert ephemeral.add(api, pod(), NEW, DRY) == "Pod"
    assert api.sent == [("PATCH", PATH, {"spec": {"ephemeralContainers": [NEW]}}, DRY)]


def test_the_dialect_before_1_22():
    api = OneDialect(old_list("theirs"))
    assert ephemeral.add(api, pod(), NEW, DRY) == "EphemeralContainers"
    method, path, body, params = api.sent[-1]
    assert (method, path, params) == ("PUT", PATH, DRY)
    assert body == {**old_list("theirs"), "ephemeralContainers": [{"name": "theirs"}, NEW]}
    assert body["metadata"]["resourceVersion"] == "7"


def test_the_first_one_before_1_22():
    api = OneDialect(old_list())
    ephemeral.add(api, pod(), NEW, {})
    assert api.sent[-1][2]["ephemeralContainers"] == [NEW]


def test_somebody_else_was_faster_before_1_22():
    """The list is read again; where our own container is in it by then, another controller added it."""
    api = OneDialect(old_list("theirs"), conflicts=1)
    ephemeral.add(api, pod(), NEW, {})
    assert [method for method, *_rest in api.sent] == ["PATCH", "GET", "PUT", "GET", "PUT"]
    api = OneDialect(old_list(), old_list(STEM, version="8"), conflicts=1)
    ephemeral.add(api, pod(), NEW, {})
    assert [method for method, *_rest in api.sent] == ["PATCH", "GET", "PUT", "GET"]
    api = OneDialect(old_list("theirs"), conflicts=99)
    with pytest.raises(ClusterError, match="modified"):
        ephemeral.add(api, pod(), NEW, {})


def test_hostile_names_stay_in_their_part_of_the_path():
    api = OneDialect({"kind": "Pod"})
    ephemeral.add(api, pod(name="web/../../x?y=z"), NEW, {})
    assert api.sent[0][1] == "/api/v1/namespaces/shop/pods/web%2F..%2F..%2Fx%3Fy%3Dz/ephemeralcontainers"
