# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pods and ephemeral containers that we make; what kubectl makes is compared on the lab (test_parity)."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import spec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec, HostMount
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.profiles import TABLE

EXISTS = [{"operator": "Exists"}]
HOST = {"hostNetwork": True, "hostPID": True, "hostIPC": True}


def body(**fields):
    return spec.pod(DebugSpec("a:1", **fields), "ns", "p")["spec"]


def host(made):
    return {field: made[field] for field in ("hostNetwork", "hostPID", "hostIPC", "volumes") if field in made}


def test_a_plain_pod_is_small_and_has_no_token():
    assert spec.pod(DebugSpec("a:1"), "ns", "p") == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "ns"},
        "spec": {
            "containers": [{"name": "debugger", "image": "a:1", "terminationMessagePolicy": "File"}],
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "enableServiceLinks": False,
            "automountServiceAccountToken": False,
        },
    }


def test_every_option_has_its_field():
    term = {"matchExpressions": [{"key": "k", "operator": "Exists"}]}
    wanted = DebugSpec(
        "a:1",
        container="c",
        command=("x", "y"),
        env={"B": "2", "A": "1"},
        image_pull_policy="Never",
        image_pull_secrets=("s",),
        labels={"l": "1"},
        annotations={"n": "2"},
        service_account="sa",
        node_selector={"k": "v"},
        node_affinity=(term,),
        tolerations=tuple(EXISTS),
        resources={"cpu": "100m"},
        lifetime=60,
        unprivileged_ping=True,
        custom={"workingDir": "/w"},
    )
    made = spec.pod(wanted, "ns", "p")
    assert made["metadata"] == {"name": "p", "namespace": "ns", "labels": {"l": "1"}, "annotations": {"n": "2"}}
    required = {"nodeSelectorTerms": [term]}
    assert made["spec"] == {
        "containers": [
            {
                "name": "c",
                "image": "a:1",
                "command": ["x", "y"],
                "env": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
                "imagePullPolicy": "Never",
                "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "100m"}},
                "terminationMessagePolicy": "File",
                "workingDir": "/w",
            }
        ],
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "enableServiceLinks": False,
        "serviceAccountName": "sa",
        "imagePullSecrets": [{"name": "s"}],
        "nodeSelector": {"k": "v"},
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
        "tolerations": EXISTS,
        "securityContext": {"sysctls": [{"name": "net.ipv4.ping_group_range", "value": "0 2147483647"}]},
        "activeDeadlineSeconds": 60,
    }
    assert body(node="w1")["nodeName"] == "w1"


@pytest.mark.parametrize("profile", TABLE)
def test_a_namespace_pod_has_nothing_of_the_host_unless_asked(profile):
    assert host(body(profile=profile)) == {}
    assert "tolerations" not in body(profile=profile)
    asked = body(profile=profile, host_network=True, host_pid=True, host_ipc=True)
    assert host(asked) == HOST


@pytest.mark.parametrize("profile", TABLE)
def test_a_node_pod_has_of_the_host_what_its_profile_says(profile):
    made = body(profile=profile, style="node")
    assert host(made) == {
        **(HOST if TABLE[profile].host_namespaces else {}),
        **({"volumes": [{"name": "host-root", "hostPath": {"path": "/"}}]} if TABLE[profile].host_root else {}),
    }
    assert made["tolerations"] == EXISTS
    off = {"host_network": False, "host_pid": False, "host_ipc": False, "host_root": False, "tolerations": ()}
    bare = body(profile=profile, style="node", **off)
    assert host(bare) == {}
    assert "tolerations" not in bare


def test_host_paths_are_read_only_unless_asked():
    read_only = {"readOnly": True, "recursiveReadOnly": "IfPossible"}
    mounts = (HostMount("/etc", "/e"), HostMount("/var", "/v", read_only=False))
    made = body(style="node", host_mounts=mounts)
    assert made["volumes"] == [
        {"name": "host-root", "hostPath": {"path": "/"}},
        {"name": "host-0", "hostPath": {"path": "/etc"}},
        {"name": "host-1", "hostPath": {"path": "/var"}},
    ]
    assert made["containers"][0]["volumeMounts"] == [
        {"name": "host-root", "mountPath": "/host", **read_only},
        {"name": "host-0", "mountPath": "/e", **read_only},
        {"name": "host-1", "mountPath": "/v"},
    ]
    writable = body(style="node", host_root_read_only=False)
    assert writable["containers"][0]["volumeMounts"] == [{"name": "host-root", "mountPath": "/host"}]


def test_the_partial_container_comes_after_the_profile():
    made = body(profile="restricted", custom={"securityContext": {"runAsUser": 7, "runAsNonRoot": False}})
    context = made["containers"][0]["securityContext"]
    assert (context["runAsUser"], context["runAsNonRoot"], context["capabilities"]) == (7, False, {"drop": ["ALL"]})


def test_what_is_made_shares_nothing_with_the_table():
    body(profile="restricted")["containers"][0]["securityContext"]["capabilities"]["drop"].append("changed")
    body(unprivileged_ping=True)["securityContext"]["sysctls"][0]["value"] = "changed"
    body(host_root=True)["containers"][0]["volumeMounts"][0]["readOnly"] = "changed"
    fresh = body(profile="restricted", unprivileged_ping=True, host_root=True)
    assert "changed" not in str(fresh)


TARGET = {
    "spec": {
        "containers": [{"name": "app"}, {"name": "side"}],
        "initContainers": [{"name": "init"}],
        "ephemeralContainers": [{"name": "old"}],
    }
}


@pytest.mark.parametrize("target", ["", "app", "init"])
def test_an_ephemeral_container(target):
    wanted = DebugSpec("a:1", "restricted", "ephemeral", "dbg", command=("x",), target=target, custom={"tty": True})
    made = spec.ephemeral_container(wanted, TARGET)
    assert made.pop("targetContainerName", "") == target
    assert made.pop("securityContext")["runAsNonRoot"] is True
    assert made == {
        "name": "dbg",
        "image": "a:1",
        "command": ["x"],
        "terminationMessagePolicy": "File",
        "tty": True,
    }


@pytest.mark.parametrize("name", ["app", "init", "old"])
def test_a_name_that_the_pod_has_is_refused(name):
    with pytest.raises(ValueError, match=f"^container is '{name}'"):
        spec.ephemeral_container(DebugSpec("a:1", style="ephemeral", container=name), TARGET)


@pytest.mark.parametrize("target", ["old", "no-such"])
def test_a_target_that_is_no_container_of_the_pod_is_refused(target):
    with pytest.raises(ValueError, match=f"^target is '{target}'.*app, side, init"):
        spec.ephemeral_container(DebugSpec("a:1", style="ephemeral", target=target), TARGET)


def test_each_style_has_its_function():
    with pytest.raises(ValueError, match=r"^style is 'copy'"):
        spec.pod(DebugSpec("a:1", style="copy"), "ns", "p")
    with pytest.raises(ValueError, match=r"^style is 'node'"):
        spec.ephemeral_container(DebugSpec("a:1", style="node"), TARGET)


def target(context=None):
    return {"metadata": {}, "spec": {"containers": [{"name": "app"}], "securityContext": context or {}}}


POWERLESS, CANNOT_START = "does not run as root", "cannot start"


@pytest.mark.parametrize(
    ("profile", "of_pod", "of_container", "said"),
    [
        ("netadmin", {}, {}, ""),
        ("netadmin", {"runAsUser": 0}, {}, ""),
        ("netadmin", {"runAsUser": 1000}, {}, POWERLESS),
        ("sysadmin", {"runAsUser": 1000}, {}, POWERLESS),
        ("general", {"runAsNonRoot": True}, {}, POWERLESS),
        ("general", {"runAsUser": 1000}, {"runAsUser": 0}, ""),
        ("general", {"runAsUser": 1000, "runAsNonRoot": True}, {"runAsUser": 0, "runAsNonRoot": False}, ""),
        ("general", {"runAsUser": 1000, "runAsNonRoot": True}, {"runAsUser": 0}, CANNOT_START),
        ("restricted", {"runAsUser": 0}, {}, CANNOT_START),
        ("restricted", {"runAsUser": 1000}, {}, ""),
        ("baseline", {"runAsUser": 1000}, {}, ""),
    ],
)
def test_a_user_that_defeats_the_profile_is_told(profile, of_pod, of_container, said):
    wanted = DebugSpec("a:1", profile, "ephemeral", custom={"securityContext": of_container})
    warned = spec.warnings(wanted, target(of_pod))
    assert len(warned) == bool(said)
    assert said in "".join(warned)


@pytest.mark.parametrize(
    ("image", "policy", "warned"),
    [
        ("a", "", True),
        ("a:latest", "Always", True),
        ("a", "IfNotPresent", False),
        ("a:latest", "Never", False),
        ("a:1", "Always", False),
    ],
)
def test_an_image_that_is_asked_for_at_every_start_is_told(image, policy, warned):
    wanted = DebugSpec(image, image_pull_policy=policy)
    said = spec.warnings(wanted, spec.pod(wanted, "ns", "p"))
    assert [f"image {image} has no fixed tag" in text for text in said] == [True] * warned


def test_a_profile_that_kubectl_removes_is_told():
    wanted = DebugSpec("a:1", "legacy")
    assert ["legacy is deprecated" in text for text in spec.warnings(wanted, spec.pod(wanted, "ns", "p"))] == [True]
