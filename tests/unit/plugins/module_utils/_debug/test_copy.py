# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of a Pod; what kubectl makes of the same Pod is compared on the lab (test_parity)."""

from __future__ import annotations

import copy
import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import spec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.copy import copy_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.profiles import TABLE
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import MANAGED_BY, RUN_ID

PROBES = {"livenessProbe": {"l": 1}, "readinessProbe": {"r": 1}, "startupProbe": {"s": 1}}
ORIGINAL = {
    "metadata": {
        "name": "web-1",
        "namespace": "shop",
        "uid": "u",
        "resourceVersion": "7",
        "ownerReferences": [{"uid": "o"}],
        "finalizers": ["f"],
        "labels": {"app": "web"},
        "annotations": {"a": "b"},
    },
    "spec": {
        "nodeName": "w1",
        "restartPolicy": "Always",
        "serviceAccountName": "web",
        "tolerations": [{"operator": "Exists"}],
        "imagePullSecrets": [{"name": "theirs"}],
        "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
        "initContainers": [{"name": "init", "image": "i:1", **PROBES}],
        "containers": [
            {"name": "app", "image": "b:1", "command": ["run"], "args": ["x"], "tty": True, "stdin": True, **PROBES},
            {"name": "side", "image": "c:1", **PROBES},
        ],
        "ephemeralContainers": [{"name": "old"}],
    },
    "status": {"phase": "Running"},
}


def make(profile="general", options=None, **fields):
    return copy_of(
        DebugSpec(fields.pop("image", "a:1"), profile, "copy", **fields), ORIGINAL, "copy", **(options or {})
    )


def test_a_copy_keeps_the_spec_and_drops_what_binds_the_original():
    before = copy.deepcopy(ORIGINAL)
    made = make()
    assert before == ORIGINAL
    assert made["metadata"] == {"name": "copy", "namespace": "shop"}
    assert "status" not in made
    body = made["spec"]
    assert not {"nodeName", "ephemeralContainers"} & set(body)
    for field in (
        "restartPolicy",
        "serviceAccountName",
        "tolerations",
        "imagePullSecrets",
        "volumes",
        "initContainers",
    ):
        assert body[field] == ORIGINAL["spec"][field]
    assert [container["name"] for container in body["containers"]] == ["app", "side", "debugger"]
    assert not any(set(PROBES) & set(container) for container in body["containers"])
    assert body["shareProcessNamespace"] is True
    made["spec"]["volumes"][0]["name"] = "changed"
    assert before == ORIGINAL


@pytest.mark.parametrize("profile", TABLE)
def test_what_is_to_be_kept_is_kept(profile):
    legacy = profile == "legacy"
    made = make(profile, {"keep_labels": True, "keep_annotations": True, "keep_readiness": True})
    assert ("labels" in made["metadata"]) is not legacy
    assert made["metadata"]["annotations"] == {"a": "b"}
    there = set(PROBES) & set(made["spec"]["containers"][1])
    assert there == (set(PROBES) if legacy else {"readinessProbe"})
    assert ("annotations" in make(profile)["metadata"]) is legacy


@pytest.mark.parametrize(
    ("profile", "of_pod", "asked", "shared"),
    [
        ("general", None, None, True),
        ("general", False, None, False),
        ("general", False, True, True),
        ("general", None, False, False),
        ("legacy", None, None, None),
        ("legacy", None, True, True),
    ],
)
def test_who_decides_whether_processes_are_shared(profile, of_pod, asked, shared):
    original = copy.deepcopy(ORIGINAL)
    if of_pod is not None:
        original["spec"]["shareProcessNamespace"] = of_pod
    made = copy_of(DebugSpec("a:1", profile, "copy"), original, "copy", share_processes=asked)
    assert made["spec"].get("shareProcessNamespace") is shared


def test_init_containers_and_the_node_go_by_their_options():
    made = make(options={"keep_init_containers": False, "same_node": True})
    assert "initContainers" not in made["spec"]
    assert made["spec"]["nodeName"] == "w1"
    assert "initContainers" in make("legacy", {"keep_init_containers": False})["spec"]


def test_a_container_that_is_there_is_changed():
    made = make(image="new:1", container="app", command=("sh",), env={"A": "1"}, custom={"workingDir": "/"})
    assert [container["name"] for container in made["spec"]["containers"]] == ["app", "side"]
    assert made["spec"]["containers"][0] == {
        "name": "app",
        "image": "new:1",
        "command": ["sh"],
        "env": [{"name": "A", "value": "1"}],
        "securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}},
        "workingDir": "/",
    }


def test_a_container_that_is_there_keeps_its_image_and_arguments_unless_told():
    container = make("baseline", image="", container="app")["spec"]["containers"][0]
    assert (container["image"], container["command"], container["args"]) == ("b:1", ["run"], ["x"])
    init = make("sysadmin", image="new:1", container="init")["spec"]["initContainers"][0]
    assert (init["image"], init["securityContext"]) == ("new:1", {"privileged": True})


def test_what_cannot_be_made_is_refused():
    with pytest.raises(ValueError, match=r"^image is empty, and the Pod has no container 'debugger'"):
        make(image="")
    with pytest.raises(ValueError, match=r"^custom is set, but container 'init' is an init container"):
        make(container="init", custom={"tty": True})
    with pytest.raises(ValueError, match=r"^style is 'node'"):
        copy_of(DebugSpec("a:1", style="node"), ORIGINAL, "copy")


def test_ours_comes_on_top():
    made = make(
        labels={"ours": "1", "app": "debug"},
        annotations={"n": "2"},
        lifetime=60,
        image_pull_secrets=("theirs", "ours"),
        resources={"cpu": "1"},
        options={"keep_labels": True, "keep_annotations": True},
    )
    assert made["metadata"]["labels"] == {"app": "debug", "ours": "1"}
    assert made["metadata"]["annotations"] == {"a": "b", "n": "2"}
    assert made["spec"]["activeDeadlineSeconds"] == 60
    assert made["spec"]["imagePullSecrets"] == [{"name": "theirs"}, {"name": "ours"}]
    assert made["spec"]["containers"][2]["resources"] == {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}


def test_what_a_copy_shares_with_its_original_is_told():
    wanted = DebugSpec("a:1", style="copy", labels={"ours": "1"})
    placed = dataclasses.replace(wanted, labels={"ours": "1", RUN_ID: "2", MANAGED_BY[0]: MANAGED_BY[1]})
    (data,) = spec.warnings(wanted, copy_of(placed, ORIGINAL, "copy"))
    assert data == "the copy uses the same volumes as its original: data"
    labels, _data = spec.warnings(wanted, copy_of(wanted, ORIGINAL, "copy", keep_labels=True))
    assert "a Service that selects the original" in labels
