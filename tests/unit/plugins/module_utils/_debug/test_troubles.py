# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of the kubelet, the runtimes, registries and the scheduler, and the class that each is of."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import troubles
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.troubles import KINDS

OCI = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
NAMES = {"image": "registry.example/a:1", "registry": "registry.example", "node": "w1", "namespace": "shop"}

PULLS = [
    ("failed to resolve image: registry.example/a:1: not found", "image_not_found"),
    ("manifest unknown: manifest unknown", "image_not_found"),
    ("name unknown: repository name not known to registry", "image_not_found"),
    ("failed to fetch anonymous token: unexpected status from GET request: 401 Unauthorized", "image_denied"),
    ("unexpected status from HEAD request to https://registry.example/v2/a/manifests/1: 403", "image_denied"),
    ("pull access denied, repository does not exist or may require authorization", "image_denied"),
    ("no basic auth credentials", "image_denied"),
    ('Head "https://nope.invalid/v2/": dial tcp: lookup nope.invalid: no such host', "image_registry"),
    ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "image_registry"),
    ("http: server gave HTTP response to HTTPS client", "image_registry"),
    ("no match for platform in manifest: not found", "image_platform"),
    ("dial tcp: lookup no-such-host.lab on 198.18.0.254:53: server misbehaving", "image_pull"),
    ("dial tcp 10.0.0.1:443: i/o timeout", "image_pull"),
    ("dial tcp 10.0.0.1:443: connect: connection refused", "image_pull"),
    ("429 Too Many Requests", "image_pull"),
    ("write /var/lib/containerd/x: no space left on device", "image_pull"),
]


@pytest.mark.parametrize(("text", "kind"), PULLS)
def test_a_pull_that_failed(text: str, kind: str) -> None:
    assert troubles.pull(text) == kind


NON_ROOT = "container has runAsNonRoot and image"
CONFIGS = [
    ('configmap "nope" not found', "config", "create configmap nope in namespace shop, or leave it out"),
    ("couldn't find key a in Secret shop/keys", "config", "add key a to Secret shop/keys, or leave it out"),
    ("missing value for NOPE", "config", "create it in namespace shop, or leave it out"),
    ("failed to sync configmap cache: timed out waiting for the condition", "not_yet", "the kubelet of node w1"),
    (f"{NON_ROOT} will run as root (pod: x, container: debug)", "non_root", "set runAsUser to a number that is not 0"),
    (f"{NON_ROOT} has non-numeric user (app), cannot verify user is non-root (pod: x)", "non_root", "numeric USER"),
    ("container's runAsUser breaks non-root policy (pod: x)", "non_root", "or runAsNonRoot: false"),
]


@pytest.mark.parametrize(("text", "kind", "remedy"), CONFIGS)
def test_a_configuration_that_is_not_complete(text: str, kind: str, remedy: str) -> None:
    trouble = troubles.config(text, **NAMES)
    assert trouble.kind == kind
    assert remedy in trouble.remedy


#: Recorded from a node whose limit of processes was reached: neither the command nor the container is at fault.
CRASHED = (
    "unable to retrieve OCI runtime error (open /run/containerd/x/log.json: no such file or directory): "
    "runc did not terminate successfully: exit status 2"
)
STARTS = [
    (CRASHED, "not_yet", "run it again; if that fails, check the processes and the memory that w1 has left"),
    ('exec: "/no/such": stat /no/such: no such file or directory', "command", "use a command that the image has"),
    ('exec: "nope": executable file not found in $PATH', "command", "use a command that the image has"),
    ('exec: "/etc/passwd": permission denied', "command", "the container's user may execute"),
    ("exec /tool: exec format error", "image_platform", "node w1"),
    ("unable to setup user: unable to find user 65532", "command", "what the runtime rejects"),
]


@pytest.mark.parametrize(("text", "kind", "remedy"), STARTS)
def test_a_command_that_cannot_start(text: str, kind: str, remedy: str) -> None:
    trouble = troubles.start(OCI + text, **NAMES)
    assert trouble.kind == kind
    assert remedy in trouble.remedy


CREATES = [
    (CRASHED, "not_yet"),
    ('cannot load seccomp profile "/var/lib/kubelet/seccomp/nope.json": no such file or directory', "create"),
    ("failed to generate spec: no command specified", "command"),
    ("context deadline exceeded", "not_yet"),
    ('failed to reserve container name "x": name "x" is reserved for "y"', "not_yet"),
]


@pytest.mark.parametrize(("text", "kind"), CREATES)
def test_a_container_that_cannot_be_made(text: str, kind: str) -> None:
    assert troubles.create(text, **NAMES).kind == kind


TOLERATE, LABELS = "set tolerations to [{operator: Exists}], or name the taint", "change the node selector"
SCHEDULES = [
    (
        "1 node(s) had untolerated taint(s), 2 Insufficient cpu.",
        [f"1 node(s): {TOLERATE}", "2 node(s): request less cpu"],
    ),
    ("1 node(s) had untolerated taint {dedicated: db}, 2 node(s) were unschedulable.", [TOLERATE, "kubectl uncordon"]),
    ("3 node(s) didn't match Pod's node affinity/selector.", [f"3 node(s): {LABELS}"]),
    ("2 Insufficient example.com/gpu.", ["request less example.com/gpu (resources)"]),
    (
        "2 Too many pods, 1 node(s) didn't have free ports for the requested pod ports.",
        ["maximum number of Pods", "host port"],
    ),
    ("3 node(s) had volume node affinity conflict.", ["volume"]),
    ('persistentvolumeclaim "data" not found. not found', ["create persistentvolumeclaim data in namespace shop"]),
]


@pytest.mark.parametrize(("text", "ways"), SCHEDULES)
def test_a_pod_that_no_node_takes(text: str, ways: list[str]) -> None:
    preemption = "no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful."
    remedy = troubles.scheduler(f"0/3 nodes are available: {text} {preemption}", "shop")
    for way, said in zip(ways, remedy.split("; "), strict=True):
        assert way in said


def test_words_of_another_scheduler_fall_back_to_the_kinds_remedy() -> None:
    assert troubles.scheduler("quota of queue a is used up", "shop") == ""
    assert (
        troubles.trouble("unschedulable", "x", troubles.scheduler("x", "shop")).remedy == KINDS["unschedulable"].remedy
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_remedy_can_be_filled(kind: str) -> None:
    trouble = troubles.trouble(kind, "a  text\nof lines", image="i", registry="r", node="n", namespace="s")
    assert trouble.remedy
    assert trouble.evidence == "a text of lines"
    assert len(troubles.trouble(kind, "x" * 5000).evidence) < 700
