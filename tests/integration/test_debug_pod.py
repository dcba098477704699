# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""debug_pod: where Pods land, that they are found again, what they may not touch, and that nothing is left."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.tests.hostile import STRINGS as HOSTILE

from .conftest import (
    PATIENCE,
    Module,
    create,
    enforce,
    image,
    kubectl,
    may,
    new_namespace,
    objects,
    settle,
    takes,
    until,
    wait_for_pods,
)


@pytest.fixture(scope="module")
def shared() -> t.Iterator[str]:
    """A namespace in which every test leaves nothing."""
    with new_namespace() as name:
        yield name


@pytest.fixture
def debug_pod(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> t.Callable[..., dict[str, t.Any]]:
    """The module, with an image that has the tools of busybox, in the test's own namespace or else the shared one."""
    module, tools = Module("debug_pod", tmp_path), image("ledger")
    namespace = request.getfixturevalue("namespace" if "namespace" in request.fixturenames else "shared")

    def call(check: bool = False, **params: t.Any) -> dict[str, t.Any]:
        return module(check=check, **{"namespace": namespace, "image": tools, **params})

    return call


@pytest.fixture
def tainted() -> t.Iterator[t.Callable[[str, str], None]]:
    """Taint or cordon w2 for the test."""
    done: list[list[str]] = []

    def taint(kind: str, value: str) -> None:
        if kind == "cordon":
            kubectl("cordon", "w2")
            done.append(["uncordon", "w2"])
        elif kind == "label":
            kubectl("label", "node", "w2", value)
            done.append(["label", "node", "w2", value.split("=", maxsplit=1)[0] + "-"])
        else:
            kubectl("taint", "node", "w2", f"kubewire.io/test=x:{value}")
            done.append(["taint", "node", "w2", f"kubewire.io/test=x:{value}-"])

    yield taint
    for command in done:
        kubectl(*command)
    if any("NoExecute" in word for command in done for word in command):
        settle()  # it drove Pods from w2


def ours(namespace: str) -> list[str]:
    return [f"{item['kind']} {item['metadata']['name']}" for item in objects("pods,jobs", "-n", namespace)]


def test_a_command_in_a_namespace_leaves_nothing(debug_pod, shared):
    done = debug_pod(argv=["id", "-u"])
    assert (done["rc"], done["stdout"], done["changed"], done["left"]) == (0, "65532\n", False, [])
    assert done["answers"][0]["level"] == "namespace"
    assert ours(shared) == []


def test_a_command_that_fails_fails_the_task_and_leaves_nothing(debug_pod, shared):
    done = debug_pod(commands=[{"argv": ["true"]}, {"name": "no", "argv": ["sh", "-c", "echo why >&2; exit 7"]}])
    assert (done["failed"], done["reason"]) == (True, "command_failed")
    assert "no in " in done["msg"]
    assert "exited with 7" in done["msg"]
    assert [answer["rc"] for answer in done["answers"]] == [0, 7]
    assert ours(shared) == []


def test_every_node_at_once_sees_itself(debug_pod):
    done = debug_pod(level="node", every_node=True, argv=["hostname"])
    assert [(answer["node"], answer["stdout"].strip()) for answer in done["answers"]] == [
        (n, n) for n in ("cp", "w1", "w2")
    ]


@pytest.mark.alone
@pytest.mark.parametrize(
    ("hindrance", "choice"),
    [
        (("taint", "NoSchedule"), {"node_selectors": ["kubernetes.io/hostname=w2"]}),
        (("taint", "NoExecute"), {"nodes": ["w2"]}),
        (("cordon", ""), {"node_selectors": ["kubernetes.io/hostname in (w2)"]}),
        (("label", "kubewire.io/disk=ssd"), {"node_selectors": ["kubewire.io/disk=ssd"]}),
    ],
    ids=["NoSchedule", "NoExecute", "cordoned", "KEY=VALUE"],
)
def test_it_lands_where_it_was_told(debug_pod, tainted, hindrance, choice):
    tainted(*hindrance)
    done = debug_pod(argv=["true"], **choice)
    assert [pod["node"] for pod in done["pods"]] == ["w2"]


def test_it_lands_on_the_control_plane(debug_pod):
    done = debug_pod(argv=["true"], node_selectors=["node-role.kubernetes.io/control-plane"])
    assert [pod["node"] for pod in done["pods"]] == ["cp"]


@pytest.mark.parametrize(
    ("choice", "reason", "why"),
    [
        ({"node_selectors": ["disk=tape"]}, "no_match", "no node has label disk"),
        ({"node_selectors": ["kubernetes.io/os=plan9"]}, "no_match", "label kubernetes.io/os is 'linux'"),
        ({"nodes": ["w9"]}, "no_such_node", "there is no node 'w9'; existing nodes are 'cp', 'w1', 'w2'"),
    ],
)
def test_no_node_is_refused_with_the_reason(debug_pod, shared, choice, reason, why):
    done = debug_pod(argv=["true"], **choice)
    assert (done["failed"], done["reason"]) == (True, reason)
    assert why in done["msg"]
    assert ours(shared) == []


def test_a_kept_pod_is_found_again_changed_and_removed(debug_pod, namespace):
    first = debug_pod(name="toolbox", lifetime=600)
    assert (first["changed"], [entry["name"] for entry in first["left"]]) == (True, ["toolbox"])
    again = debug_pod(name="toolbox", lifetime=600, argv=["true"], keep=True)
    assert (again["changed"], again["rc"], again["pods"][0]["created"]) == (False, 0, False)
    assert debug_pod(check=True, name="toolbox", lifetime=600)["changed"] is False

    another = debug_pod(name="toolbox", lifetime=600, env={"A": "b"})
    assert (another["changed"], another["pods"][0]["created"]) == (True, True)
    assert [line for line in ours(namespace) if line.startswith("Pod")] == ["Pod toolbox"]

    assert debug_pod(check=True, name="toolbox", state="absent")["changed"]
    assert debug_pod(name="toolbox", state="absent")["changed"]
    assert ours(namespace) == []
    assert not debug_pod(name="toolbox", state="absent")["changed"]


def test_without_a_name_the_same_wish_is_found_again(debug_pod, namespace):
    assert debug_pod(lifetime=600)["changed"]
    assert not debug_pod(lifetime=600)["changed"]
    assert debug_pod(lifetime=600, profile="baseline")["changed"]
    assert len([line for line in ours(namespace) if line.startswith("Pod")]) == 2


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_pod_of_somebody_else_is_left_alone(debug_pod, namespace, state):
    kubectl(
        "run", "mine", "-n", namespace, f"--image={image('ledger')}", "--labels=app.kubernetes.io/managed-by=kubewire"
    )
    done = debug_pod(name="mine", state=state)
    assert (done["failed"], done["reason"]) == (True, "conflict")
    assert [line for line in ours(namespace) if "mine" in line]


def test_check_mode_shows_the_pod_and_writes_nothing(debug_pod, shared):
    done = debug_pod(check=True, level="node", nodes=["w1"], profile="sysadmin")
    (manifest,) = done["manifests"]
    assert manifest["spec"]["hostPID"]
    assert manifest["spec"]["nodeName"] == "w1"
    assert (done["changed"], all(entry["allowed"] for entry in done["authorisation"])) == (True, True)
    assert ours(shared) == []


def test_pod_security_is_told_as_data_and_nothing_is_written(debug_pod, namespace):
    enforce(namespace, "baseline")
    done = debug_pod(level="node", nodes=["w1"], argv=["true"])
    assert (done["failed"], done["reason"], done["refusal"]["kind"]) == (True, "pod_security", "pod_security")
    assert {"host namespaces", "hostPath volumes"} <= {
        entry["message"].split(" (")[0] for entry in done["refusal"]["violations"]
    }
    assert ours(namespace) == []
    assert debug_pod(argv=["true"], profile="restricted")["rc"] == 0


def test_missing_rights_are_all_named(debug_pod, namespace):
    kubectl(
        "create", "rolebinding", "v", "-n", namespace, "--clusterrole=view", f"--serviceaccount={namespace}:default"
    )
    who = f"system:serviceaccount:{namespace}:default"
    may(who, "list", "pods", namespace)
    done = debug_pod(name="toolbox", argv=["true"], env={"PORT": 80}, impersonate_user=who)
    assert (done["failed"], done["reason"]) == (True, "rbac")
    assert {"create pods", "delete pods", "create jobs", "create pods/exec"} <= {
        entry["rule"] for entry in done["refusal"]["violations"]
    }


def test_small_requests_are_given_only_where_a_quota_wants_them(debug_pod, namespace):
    assert "resources" not in debug_pod(check=True)["manifests"][0]["spec"]["containers"][0]
    kubectl("create", "quota", "q", "-n", namespace, "--hard=requests.cpu=1,limits.cpu=1,requests.memory=1Gi")
    little = {"cpu": "1m", "memory": "1Mi"}
    sized = {"resources": {"requests": little, "limits": little}}
    # It holds, and what is used of it has been counted.
    until("the quota", lambda: not takes(namespace) and takes(namespace, sized))
    done = debug_pod(check=True)
    resources = done["manifests"][0]["spec"]["containers"][0]["resources"]
    assert resources["requests"] == resources["limits"] == {"cpu": "50m", "memory": "64Mi"}
    assert debug_pod(argv=["true"])["rc"] == 0


def test_host_files_are_seen_and_read_only(debug_pod):
    script = "test -d /host/etc/kubernetes && ! touch /host/tmp/x 2>/dev/null && grep -c . /etc/node-hosts"
    mounts = [{"path": "/etc/hosts", "mount_path": "/etc/node-hosts"}]
    done = debug_pod(level="node", nodes=["w1"], host_mounts=mounts, argv=["sh", "-c", script])
    assert done["rc"] == 0


def test_a_copy_leaves_the_original_alone(debug_pod, namespace):
    kubectl("run", "app", "-n", namespace, f"--image={image('ledger')}", "--labels=app=x")
    wait_for_pods(namespace, "app")
    before = objects("pods", "-n", namespace)
    done = debug_pod(copy_of="app", argv=["ps"])
    assert "shop-ledger" in done["stdout"]  # the application of the copy, seen by its neighbour
    assert done["answers"][0]["level"] == "pod"
    after = objects("pods", "-n", namespace)
    assert [pod["metadata"]["uid"] for pod in after] == [pod["metadata"]["uid"] for pod in before]


def test_what_does_not_start_is_removed_and_the_reason_told(debug_pod, shared):
    done = debug_pod(image="registry.lab:5000/nobody:1", argv=["true"], start_timeout=PATIENCE)
    assert done["failed"]
    assert done["troubles"][0]["permanent"]
    assert "registry.lab:5000/nobody:1" in done["msg"]
    assert ours(shared) == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"name": "A b"}, "name is 'A b'"),
        ({"nodes": ["-x"]}, "nodes is '-x'"),
        ({"lifetime": 1}, "lifetime: 1 is not allowed"),
        ({"level": "node"}, "level: 'node' needs nodes"),
        ({"custom": {"image": "x"}}, "image"),
        ({"argv": [""]}, "argv of command 1 is empty"),
        ({"node_selectors": ["a b"]}, "node_selectors: 'a b' is not a label selector"),
    ],
)
def test_a_wrong_option_is_named(debug_pod, params, message):
    done = debug_pod(**params)
    assert (done["failed"], done["reason"]) == (True, "bad_input")
    assert message in done["msg"]


def test_hostile_arguments_and_values_arrive_as_they_are(debug_pod):
    """No shell between us and the program: each string comes back byte for byte, as argument and as variable."""
    values = {f"H{number}": text for number, text in enumerate(HOSTILE) if "$" not in text}  # $(X) is the API's own
    commands = [*({"argv": ["printf", "%s", text]} for text in HOSTILE), {"argv": ["env", "-0"]}]
    done = debug_pod(commands=commands, env=values)
    *outputs, environ = [answer["stdout"] for answer in done["answers"]]
    assert outputs == list(HOSTILE)
    assert set(environ.split("\0")) >= {f"{name}={text}" for name, text in values.items()}


@pytest.mark.parametrize(
    ("option", "text"),
    list(zip(["name", "namespace", "nodes", "copy_of", "service_account", "container"], HOSTILE[::8], strict=False)),
)
def test_a_hostile_name_is_refused(debug_pod, shared, option, text):
    done = debug_pod(check=True, **{option: [text] if option == "nodes" else text})
    assert (done["failed"], done["reason"]) == (True, "bad_input")
    assert ours(shared) == []


@pytest.fixture
def jobs_stay(namespace: str) -> t.Iterator[None]:
    """The API server deletes no Job of the namespace."""
    group = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": namespace}}
    rule = {"operations": ["DELETE"], "apiGroups": ["batch"], "apiVersions": ["v1"], "resources": ["jobs"]}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "false", "message": "Jobs stay here"}],
    }
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    binding = {"policyName": namespace, "validationActions": ["Deny"], "matchResources": here}
    kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    try:
        create([{**group, "kind": kind, "spec": each} for kind, each in zip(kinds, (spec, binding), strict=True)])
        kubectl("create", "job", "probe", "-n", namespace, f"--image={image('ledger')}", "--", "true")
        words = ["delete", "job", "probe", "-n", namespace, "--dry-run=server", "-o", "name"]
        until("no Job is deleted", lambda: not kubectl(*words, check=False))
        yield
    finally:
        kubectl("delete", *(f"{kind}/{namespace}" for kind in reversed(kinds)))
        until("Jobs are deleted", lambda: kubectl(*words, check=False))


@pytest.mark.usefixtures("jobs_stay")
def test_what_cannot_be_removed_is_named_and_the_answers_are_kept(debug_pod, namespace):
    done = debug_pod(argv=["echo", "said"])
    assert (done["rc"], done["stdout"]) == (0, "said\n")
    (left,) = done["left"]
    assert (left["kind"], left["namespace"]) == ("Job", namespace)
    assert f"Job {left['name']}" in ours(namespace)
    assert "Jobs stay here" in left["reason"]
    assert left["until"]
    assert [name for name in ours(namespace) if name.startswith("Pod kubewire")] == []
    assert left["name"] in str(done["warnings"])
