# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ephemeral_attach on real Pods: added, used again, ended by itself, refused before anything is written."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import keepalive
from ansible_collections.kubewire.netdebug.tests import hostile

from .conftest import (
    COLLECTIONS,
    OPERATOR,
    PATIENCE,
    ROOT,
    Module,
    enforce,
    image,
    kubectl,
    new_namespace,
    objects,
    pod,
    role,
    until,
)

SLEEP = ["python3", "-c", "import time; time.sleep(3600)"]
#: what a namespace of the level restricted wants of a container
QUIET = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}

Attach = t.Callable[..., dict[str, t.Any]]


@pytest.fixture(scope="module")
def shared() -> t.Iterator[str]:
    """A namespace with a Pod C(web): container C(app) runs, C(over) has ended. Words in names keep tests apart."""
    over = {"name": "over", "image": image("frontend"), "command": ["python3", "-c", "pass"]}
    with new_namespace() as name:
        pod(name, "web", ("app", SLEEP), initContainers=[over])
        yield name


@pytest.fixture
def attach(tmp_path: pathlib.Path, shared: str) -> Attach:
    """The module, with the shared namespace and an image that has the tools of busybox."""
    module, tools = Module("ephemeral_attach", tmp_path), image("ledger")

    def call(check: bool = False, **params: t.Any) -> dict[str, t.Any]:
        result = module(check=check, **{"namespace": shared, "image": tools, **params})
        assert module.seconds < 120
        return result

    return call


def read(namespace: str, name: str) -> dict[str, t.Any]:
    found: dict[str, t.Any] = json.loads(kubectl("get", "pod", "-n", namespace, name, "-o", "json"))
    return found


def added(namespace: str, name: str, word: str = "") -> list[str]:
    names = [each["name"] for each in read(namespace, name)["spec"].get("ephemeralContainers", [])]
    return sorted(name for name in names if name.startswith(f"kubewire-{word}"))


def ended(namespace: str, name: str, container: str) -> bool:
    """Whether an ephemeral container has ended by itself, and the API knows."""
    statuses = read(namespace, name)["status"]["ephemeralContainerStatuses"]
    return any(each["name"] == container and "terminated" in each["state"] for each in statuses)


def application(namespace: str, name: str) -> list[tuple[str, int]]:
    """Of each container of the Pod's own, its ID and how often it was started again."""
    statuses = read(namespace, name)["status"]["containerStatuses"]
    return [(status["containerID"], status["restartCount"]) for status in statuses]


#: What the module does, nineteen times in one process: loading it is what takes long.
AGAIN = """
import json, sys
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import auth
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import connection, rest
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import command_answers, command_options
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import ephemeral_attach as runs
from ansible_collections.kubewire.netdebug.plugins.modules import ephemeral_attach
spec = ephemeral_attach.argument_spec()
params = {**{name: option.get("default") for name, option in spec.items()}, **json.loads(sys.argv[1])}
api = rest.Api(connection.connect(auth.auth_params(params)))
for number in range(19):
    run = runs.AttachRun(params, api, command_options.read_commands(params))
    run.prepare()
    run.authorise()
    run.attach()
    run.run_commands()
    print(json.dumps({**run.result(), **command_answers.result(run.answers)}))
"""


def nineteen_runs(params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    command = [*OPERATOR, "env", f"PYTHONPATH={COLLECTIONS}", sys.executable, "-c", AGAIN, json.dumps(params)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_twenty_runs_leave_one_that_sees_the_target_and_ends_itself(attach, namespace):
    pod(namespace, "web", ("app", SLEEP))
    before = application(namespace, "web")
    there = {"namespace": namespace, "name": "web"}
    brief = attach(**there, lifetime=10, deadline=2, argv=["ps"])
    assert brief["changed"]
    assert "sleep 10" in brief["stdout"]
    assert SLEEP[-1] not in brief["stdout"]
    assert "target_shared" not in brief["ephemeral"][0]
    asked = {**there, "target": "app", "argv": ["cat", "/proc/1/cmdline"]}
    runs = [attach(**asked), *nineteen_runs({**asked, "image": image("ledger")})]
    assert [run["changed"] for run in runs] == [True] + [False] * 19
    assert {run["ephemeral"][0]["container"] for run in runs} == {runs[0]["ephemeral"][0]["container"]}
    assert {run["stdout"].split("\0")[0] for run in runs} == {"python3"}
    assert all(run["ephemeral"][0]["target_shared"] for run in runs)
    assert len(added(namespace, "web")) == 2
    until("the end of the first", lambda: ended(namespace, "web", brief["ephemeral"][0]["container"]))

    again = attach(**there, lifetime=10, deadline=2, argv=["true"])
    assert again["changed"]
    assert again["ephemeral"][0]["dead"] == 1
    assert again["ephemeral"][0]["container"] == brief["ephemeral"][0]["container"] + "-2"
    states = {item["name"]: item["state"] for item in again["left"]}
    assert states == {
        f"web/{brief['ephemeral'][0]['container']}": "ended",
        f"web/{brief['ephemeral'][0]['container']}-2": "running",
        f"web/{runs[0]['ephemeral'][0]['container']}": "running",
    }
    assert all(item["until"] for item in again["left"] if item["state"] == "running")
    assert application(namespace, "web") == before


def test_two_pods_without_a_shell_at_once(attach, namespace):
    for name in ("one", "two"):
        pod(namespace, name, ("api", []), app="api")
    kubectl("label", "pod", "-n", namespace, "one", "two", "app=api")
    here = {"namespace": namespace, "target": "api"}
    done = attach(**here, label_selectors=["app=api"], commands=[{"name": "who", "argv": ["hostname"]}])
    assert [answer["stdout"].strip() for answer in done["answers"]] == ["one", "two"]
    assert {answer["level"] for answer in done["answers"]} == {"pod"}
    assert [entry["target_shared"] for entry in done["ephemeral"]] == [True, True]
    assert {answer["object"] for answer in done["answers"]} == {
        f"{namespace}/{entry['pod']}/{entry['container']}" for entry in done["ephemeral"]
    }
    # One of them alone: the same container serves.
    assert attach(**here, name="two", argv=["true"])["ephemeral"][0]["reused"]


def test_two_controllers_at_once_add_one(attach, shared):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _number: attach(name="web", container="race", argv=["true"]), range(2)))
    assert [done.get("rc") for done in both] == [0, 0]
    assert len(added(shared, "web", "race-")) == 1


def test_pod_security_refuses_before_anything_is_written(attach, namespace):
    enforce(namespace, "restricted")
    pod(namespace, "web", ("app", SLEEP), securityContext={"runAsUser": 1000}, **_quiet("app"))
    before = read(namespace, "web")
    for check in (True, False):
        refused = attach(check=check, namespace=namespace, name="web", argv=["true"])
        assert refused["reason"] == "pod_security"
        assert "SYS_PTRACE" in json.dumps(refused["refusal"]["violations"])
        assert "profile: restricted" in refused["remedy"]
        assert not refused["changed"]
    assert read(namespace, "web") == before
    done = attach(namespace=namespace, name="web", profile="restricted", argv=["id", "-u"])
    assert (done["rc"], done["changed"]) == (0, True)


def _quiet(name: str) -> dict[str, t.Any]:
    own = {"name": name, "image": image("frontend"), "command": SLEEP, "securityContext": QUIET}
    return {"containers": [own]}


def test_check_mode_writes_nothing_and_shows_what_it_would_add(attach, shared):
    before = read(shared, "web")
    params = {"name": "web", "container": "check", "target": "app", "env": {"TOKEN": "hunter2"}, "argv": ["env"]}
    planned = attach(check=True, **params)
    assert read(shared, "web") == before
    assert planned["changed"]
    assert "answers" not in planned
    assert {entry["allowed"] for entry in planned["authorisation"]} == {True}
    done = attach(**params)
    assert "TOKEN=hunter2\n" in done["stdout"]
    (plan,) = planned["plan"]
    entries = read(shared, "web")["spec"]["ephemeralContainers"]
    (container,) = [entry for entry in entries if entry["name"] == plan["container"]]
    assert container.pop("env") == [{"name": "TOKEN", "value": "hunter2"}]
    assert plan["spec"].pop("env") == [{"name": "TOKEN", "value": "VALUE_NOT_SHOWN"}]
    assert plan["spec"].items() <= container.items()
    assert "hunter2" not in json.dumps(planned)
    again = attach(check=True, **params)
    assert not again["changed"]
    assert again["plan"][0]["reused"]


@pytest.mark.parametrize(
    ("params", "reason", "words"),
    [
        ({"keepalive": ["/nowhere/sleep"]}, "command", "set another container"),
        (
            {"image": "registry.invalid/nothing:1", "image_pull_policy": "Never"},
            "image_absent",
            "set image_pull_policy",
        ),
    ],
)
def test_what_does_not_start_is_not_added_again(attach, shared, params, reason, words):
    word = reason.replace("_", "-")
    first, second = (attach(name="web", container=word, argv=["true"], **params) for _run in range(2))
    assert (first["reason"], first["changed"]) == (reason, True), first["msg"]
    assert (second["reason"], second["changed"]) == (reason, False), second["msg"]
    assert words in second["msg"]
    (container,) = added(shared, "web", f"{word}-")
    assert f"web/{container}" in [item["name"] for item in second["left"]]


def test_a_target_that_does_not_run(attach, shared):
    """The runtime would start it all the same, and it would end with 137 at once."""
    before = added(shared, "web")
    refused = attach(name="web", target="over", argv=["true"])
    assert (refused["reason"], refused["changed"]) == ("no_target", False)
    assert "exit code 0 (Completed)" in refused["msg"]
    unknown = attach(name="web", target="nobody", argv=["true"])
    assert unknown["reason"] == "bad_input"
    assert "it must be a container of the Pod: app, over" in unknown["msg"]
    assert added(shared, "web") == before


def test_no_such_pod_and_a_static_pod(attach):
    missing = attach(name="none", argv=["true"])
    assert (missing["reason"], missing["refusal"]["kind"]) == ("no_such_pod", "no_such_pod")
    none = attach(label_selectors=["app=none"], argv=["true"])
    assert none["reason"] == "no_match"
    static = objects("pods", "-n", "kube-system", "-l", "tier=control-plane")[0]["metadata"]["name"]
    refused = attach(namespace="kube-system", name=static, argv=["true"])
    assert (refused["reason"], refused["changed"]) == ("static_pod", False)
    assert "node level" in refused["remedy"]


def test_without_the_right_to_add_one(attach, shared):
    before = added(shared, "web")
    role(shared, "jane", ("pods", "get,list,watch"), ("pods/exec", "get,create"))
    refused = attach(name="web", argv=["true"], impersonate_user="jane")
    assert (refused["reason"], refused["changed"]) == ("rbac", False)
    assert "pods/ephemeralcontainers" in refused["remedy"]
    assert added(shared, "web") == before


def test_fifty_hostile_arguments_come_back_byte_for_byte(attach):
    # busybox's printf knows options and formats: each string goes as an argument of its own to a format of ours.
    echoed = attach(name="web", argv=["printf", "%s\\0", *hostile.STRINGS])
    assert "stdout" in echoed, echoed
    assert echoed["stdout"].split("\0")[:-1] == list(hostile.STRINGS)
    assert attach(name="web", argv=["ls", hostile.OWNED])["rc"] == 1
    assert not os.path.exists(hostile.OWNED)


def test_net_probe_asks_for_pods_without_a_shell_through_one(net_probe, namespace, tmp_path):
    asked: dict[str, t.Any] = {
        "namespaces": [namespace],
        "models": ["pod_to_service"],
        "protocols": ["tcp"],
        "targets": [{"host": "198.18.0.2", "port": 6443}],
    }
    tools = {"debug_image": image("ledger"), "debug_profile": "baseline", "debug_levels": ["pod"]}

    def cells(result: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
        return {cell["source"].split("/")[1]: cell for cell in result["cells"]}

    pod(namespace, "one", ("api", []), app="api")
    blind = net_probe(**asked)
    assert cells(blind)["one"]["verdict"] == "unknown"
    assert (blind["changed"], blind["left"]) == (False, [])
    checked = net_probe(check=True, **asked, **tools)
    purposes = {entry["purpose"]: entry["allowed"] for entry in checked["authorisation"]}
    assert purposes == {"snapshot": True, "exec": True, "ephemeral_container": True}
    assert added(namespace, "one") == []

    folder = str(tmp_path / "run")
    seeing = net_probe(**asked, **tools, dest=folder)
    assert seeing["summary"]["pass"] == seeing["summary"]["cells"] == 1
    assert seeing["changed"]
    (container,) = added(namespace, "one")
    assert [item["name"] for item in seeing["left"]] == [f"one/{container}"]
    report = json.loads(pathlib.Path(folder, "report.json").read_text())
    assert report["sources"][f"{namespace}/one/api"]["through"] == container
    replayed = net_probe(**asked, snapshot=f"{folder}/snapshot.json", replay=f"{folder}/answers.json")
    assert cells(replayed)["one"]["verdict"] == "pass"

    # The second Pod breaks the rule that its namespace has by now; the first one has its container already.
    pod(namespace, "two", ("api", []), app="api")
    enforce(namespace, "restricted")
    half = net_probe(**asked, **tools)
    assert {name: cell["verdict"] for name, cell in cells(half).items()} == {"one": "pass", "two": "unknown"}
    assert "neither a shell nor python3" in cells(half)["two"]["reason"]
    assert "violates PodSecurity" in cells(half)["two"]["reason"]
    assert not half["changed"]
    assert added(namespace, "two") == []


@pytest.fixture
def old_api() -> t.Iterator[dict[str, str]]:
    """Kubeconfigs of two real API servers of Kubernetes 1.20: the feature gate is on in one and off in the other."""
    command = [str(ROOT / "lab" / "lab"), "old-api"]
    subprocess.run([*command, "down"], check=True, timeout=PATIENCE)
    done = subprocess.run([*command, "up"], check=True, timeout=900, capture_output=True, text=True)
    yield {pathlib.Path(path).stem: path for path in done.stdout.split() if path.endswith(".kubeconfig")}
    subprocess.run([*command, "down"], check=True, timeout=PATIENCE)


def test_the_dialect_before_1_22(tmp_path, old_api):
    """No node is behind these servers: what was added can never start, and the wait ends with that reason."""
    module = Module("ephemeral_attach", tmp_path)
    legacy = {"namespace": "legacy", "name": "web", "image": "registry.invalid/debug:1", "argv": ["true"]}
    on = {**legacy, "kubeconfig": old_api["on"], "target": "app"}

    def there() -> list[dict[str, t.Any]]:
        answer = kubectl("--kubeconfig", old_api["on"], "get", "pod", "-n", "legacy", "web", "-o", "json")
        return list(json.loads(answer)["spec"].get("ephemeralContainers", []))

    refused = module(**on)
    assert refused["reason"] == "validation"
    assert "use profile: baseline" in refused["remedy"]
    planned = module(check=True, **on, profile="baseline")
    assert planned["plan"][0]["dialect"] == "EphemeralContainers"
    assert there() == []

    done = module(**on, profile="baseline", start_timeout=5)
    assert (done["reason"], done["changed"]) == ("no_node", True)
    assert module.seconds < 60
    assert done["ephemeral"][0]["dialect"] == "EphemeralContainers"
    (container,) = there()
    assert container["name"] == done["ephemeral"][0]["container"]
    assert (container["command"], container["targetContainerName"]) == ([*keepalive.SHELL, "600"], "app")
    assert [item["name"] for item in done["left"]] == [f"web/{container['name']}"]
    second = module(**on, profile="baseline", env={"A": "b"}, start_timeout=5)
    assert second["changed"]
    assert sorted(entry["name"] for entry in there()) == sorted(
        (container["name"], second["ephemeral"][0]["container"])
    )

    off = module(**{**legacy, "kubeconfig": old_api["off"]})
    assert (off["reason"], off["changed"]) == ("feature_off", False)
    assert "EphemeralContainers" in off["remedy"]
    assert module(**{**legacy, "kubeconfig": old_api["off"], "name": "none"})["reason"] == "no_such_pod"
