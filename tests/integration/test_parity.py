# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we make is what kubectl debug makes: kubectl itself runs on the lab, and the whole objects are compared.

Ours go through a server-side dry run, so that both sides carry the server's defaults and its admission's additions. No
Pod needs to start: what is copied is on a node that rejects it, since its labels are others. (On a node that does not
exist it would be removed after 40 s, by the controller of orphaned Pods.)
"""

from __future__ import annotations

import copy
import json
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import spec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.copy import copy_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.profiles import TABLE

from .conftest import create, documents, image, kubectl, new_namespace, objects

Json = dict[str, t.Any]

NODE = "w1"
STYLES = ("ephemeral", "copy", "node")
TCP = {"tcpSocket": {"port": 80}}

#: the Pod that is debugged: something of everything that a profile or a copy may touch
ORIGINAL: Json = {
    "nodeName": NODE,
    "nodeSelector": {"kubernetes.io/hostname": "nowhere"},
    "securityContext": {"fsGroup": 1000},
    "volumes": [{"name": "data", "emptyDir": {}}],
    "tolerations": [{"key": "only", "operator": "Exists"}],
    "initContainers": [{"name": "first", "command": ["true"]}],
    "containers": [
        {
            "name": "app",
            "command": ["sleep", "9"],
            "args": ["9"],
            "stdin": True,
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            "ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}],
            "securityContext": {"runAsUser": 1000, "capabilities": {"add": ["CHOWN"], "drop": ["KILL"]}},
            **dict.fromkeys(("livenessProbe", "readinessProbe", "startupProbe"), TCP),
        },
        {"name": "side", "livenessProbe": TCP},
    ],
}

KEEP = ("labels", "annotations", "liveness", "readiness", "startup")

#: what of a copy is not ORIGINAL's way: options of kubectl, and the same in our words
COPIES: dict[str, tuple[list[str], Json]] = {
    "kept": ([f"--keep-{what}" for what in KEEP], {f"keep_{what}": True for what in KEEP}),
    "bare": (
        ["--keep-init-containers=false", "--share-processes=false"],
        {"keep_init_containers": False, "share_processes": False},
    ),
    "shared": (["--share-processes=true", "--same-node"], {"share_processes": True, "same_node": True}),
}

#: partial containers
CUSTOMS: dict[str, Json] = {
    "env": {"env": [{"name": "C", "value": "4"}, {"name": "D", "value": "5"}, {"name": "A", "value": ""}]},
    "user": {
        "securityContext": {"runAsUser": 0, "runAsNonRoot": False, "capabilities": {"add": ["NET_RAW"], "drop": []}}
    },
    "mount": {
        "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
        "imagePullPolicy": "Never",
        "stdin": False,
        "workingDir": "/data",
        "terminationMessagePolicy": "FallbackToLogsOnError",
    },
}

#: profile, style, which copy, which partial container, which container
CASES = [
    *((profile, style, "", "", "") for profile in TABLE for style in STYLES),
    *((profile, "copy", "", "", "app") for profile in TABLE),
    *((profile, "copy", which, "", "") for profile in ("general", "legacy") for which in COPIES),
    *((profile, "ephemeral", "", custom, "") for profile in ("general", "restricted") for custom in CUSTOMS),
    *(("netadmin", "copy", "", custom, "app") for custom in CUSTOMS),
    *(("sysadmin", "node", "", custom, "") for custom in ("env", "user")),
]


class Case(t.NamedTuple):
    """One comparison."""

    profile: str
    style: str
    options: str
    custom: str
    container: str

    @property
    def name(self) -> str:
        return "-".join(word for word in self if word)

    @property
    def debugger(self) -> str:
        return self.container or f"c-{self.name}"

    @property
    def env(self) -> dict[str, str]:
        """Variables asked for; not where they would replace those that a partial container is merged into."""
        return {} if self.custom and self.container else {"A": "x"}

    def kubectl(self, namespace: str, image: str, folder: pathlib.Path) -> None:
        """Let kubectl make it."""
        words = ["debug", f"node/{NODE}" if self.style == "node" else "original", "-n", namespace, "--attach=false"]
        words += ["-q", f"--profile={self.profile}", f"--image={image}", f"--container={self.debugger}"]
        words += [f"--env={name}={value}" for name, value in self.env.items()]
        if self.style == "copy":
            words += [f"--copy-to=theirs-{self.name}", *(COPIES[self.options][0] if self.options else ())]
        if self.style == "ephemeral":
            words.append("--target=app")
        if self.custom:
            file = folder / f"{self.name}.json"
            file.write_text(json.dumps(CUSTOMS[self.custom]))
            words.append(f"--custom={file}")
        kubectl(*words, "--", "sh", "-c", "exit")

    def wanted(self, image: str) -> DebugSpec:
        return DebugSpec(
            image,
            self.profile,
            self.style,
            self.debugger,
            command=("sh", "-c", "exit"),
            env=self.env,
            custom=CUSTOMS[self.custom] if self.custom else {},
            target="app" if self.style == "ephemeral" else "",
            node=NODE if self.style == "node" else "",
            host_root_read_only=False,
        )

    def ours(self, namespace: str, image: str, original: Json) -> Json:
        """Make it ourselves: a Pod, or an ephemeral container."""
        wanted = self.wanted(image)
        if self.style == "ephemeral":
            return {**spec.ephemeral_container(wanted, original), "name": f"ours-{self.name}"}
        if self.style == "node":
            return spec.pod(wanted, namespace, f"ours-{self.name}")
        return copy_of(wanted, original, f"ours-{self.name}", **(COPIES[self.options][1] if self.options else {}))


ALL = [Case(*case) for case in CASES]


class Made(t.NamedTuple):
    """What kubectl made and what we would make, each by the name of its case."""

    theirs: dict[str, Json]
    ours: dict[str, Json]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Made]:
    with new_namespace() as namespace:
        yield make(namespace, tmp_path_factory.mktemp("custom"))


def make(namespace: str, folder: pathlib.Path) -> Made:
    used = image("ledger")
    body = copy.deepcopy(ORIGINAL)
    for container in body["containers"] + body["initContainers"]:
        container["image"] = used
    metadata = {"name": "original", "namespace": namespace, "labels": {"app": "a"}, "annotations": {"note": "b"}}
    create([{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body}])
    original = json.loads(kubectl("get", "pod", "original", "-n", namespace, "-o", "json"))
    for case in sorted(ALL, key=lambda case: STYLES.index(case.style)):
        case.kubectl(namespace, used, folder)
    pods = objects("pods", "-n", namespace)
    theirs = {pod["metadata"]["name"].removeprefix("theirs-"): pod for pod in pods}
    theirs |= {pod["spec"]["containers"][0]["name"].removeprefix("c-"): pod for pod in pods if is_of_node(pod)}
    debugged = theirs.pop("original")
    theirs |= {each["name"].removeprefix("c-"): each for each in debugged["spec"]["ephemeralContainers"]}
    return Made(theirs, dry_run(namespace, [case.ours(namespace, used, original) for case in ALL]))


def is_of_node(pod: Json) -> bool:
    return bool((pod["metadata"].get("labels") or {}).get("app.kubernetes.io/managed-by") == "kubectl-debug")


def dry_run(namespace: str, made: list[Json]) -> dict[str, Json]:
    """Return what the API server would store."""
    pods = {"apiVersion": "v1", "kind": "List", "items": [one for one in made if "spec" in one]}
    answer = documents(kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=pods))
    stored = {pod["metadata"]["name"].removeprefix("ours-"): pod for pod in answer}
    patch = {"spec": {"ephemeralContainers": [one for one in made if "spec" not in one]}}
    words = ["--subresource=ephemeralcontainers", "--type=strategic", "--dry-run=server", "-o", "json"]
    debugged = json.loads(kubectl("patch", "pod", "original", "-n", namespace, *words, "-p", json.dumps(patch)))
    for container in debugged["spec"]["ephemeralContainers"]:
        if container["name"].startswith("ours-"):
            stored[container["name"].removeprefix("ours-")] = container
    return stored


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_it_is_what_kubectl_debug_makes(made: Made, case: Case) -> None:
    ours, theirs = copy.deepcopy(made.ours[case.name]), copy.deepcopy(made.theirs[case.name])
    if case.style == "ephemeral":
        ours["name"] = theirs["name"]
        assert ours == theirs
        return
    if case.style == "node":
        without_what_is_ours_to_decide(ours["spec"], theirs["spec"])
    else:
        for key in ("labels", "annotations"):
            assert ours["metadata"].get(key) == theirs["metadata"].get(key)
    assert ours["spec"] == theirs["spec"]


def without_what_is_ours_to_decide(ours: Json, theirs: Json) -> None:
    """Take out where a node Pod differs on purpose: it has no API token, no Service variables, and ends at once."""
    assert ours.pop("automountServiceAccountToken") is False
    assert (ours.pop("enableServiceLinks"), theirs.pop("enableServiceLinks")) == (False, True)
    assert (ours.pop("terminationGracePeriodSeconds"), theirs.pop("terminationGracePeriodSeconds")) == (1, 30)
    for holder, key in ((theirs, "volumes"), (theirs["containers"][0], "volumeMounts")):
        token, kept = holder[key][-1], holder[key][:-1]
        assert token["name"].startswith("kube-api-access-")
        holder[key] = kept
        if not kept:
            del holder[key]


def test_parity_covers_every_profile_in_every_style_of_kubectl() -> None:
    assert len({(case.profile, case.style) for case in ALL}) == 18
