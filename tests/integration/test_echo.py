# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""net_probe with echo: a cluster without workloads is probed, and nothing is left however the run ends."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import sys
import time
import typing as t

import pytest

from .conftest import COLLECTIONS, DEBUG_IMAGE, OPERATOR, Module, image, objects, until

#: Every model but the Internet, of which nothing is known.
MODELS = {
    *("container_to_container", "pod_to_pod_same_node", "pod_to_pod_cross_node", "pod_to_service"),
    *("pod_to_self_service", "pod_to_headless", "pod_to_nodeport", "pod_to_loadbalancer", "pod_to_ingress"),
    *("pod_to_apiserver", "pod_to_dns", "node_to_pod", "node_to_service", "node_to_node"),
    *("outside_to_nodeport", "outside_to_loadbalancer", "outside_to_ingress"),
}
ECHO = {"echo": True, "debug_image": DEBUG_IMAGE}
SILENT = "dead.outside.lab"  #: never answers
#: Makes a Namespace that lives 15 seconds, and is killed.
ABANDON = """
import os, signal
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.auth import AUTH_SPEC
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import runs
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.own_namespace import OwnNamespace
params = {name: spec.get("default") for name, spec in AUTH_SPEC.items()}
params["kubeconfig"] = os.environ["KUBECONFIG"]
namespace = OwnNamespace(Api(connect(params), 30.0), runs.run_id(), 15, "restricted")
namespace.make()
print(namespace.name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def left(word: str) -> list[str]:
    """What there is of a run, or of every run whose Namespace has a word in its name."""
    there = [*objects("namespaces"), *objects("persistentvolumes")]
    return [f"{each['kind']} {each['metadata']['name']}" for each in there if word in each["metadata"]["name"]]


def ours() -> set[str]:
    """The Namespaces of echo Pods."""
    return {each["metadata"]["name"] for each in objects("namespaces", "-l", "kubewire.io/run-id")}


def test_every_model_is_probed_and_nothing_is_left(net_probe: Module, tmp_path: pathlib.Path) -> None:
    foreseen = net_probe(check=True, **ECHO)
    created = {each["kind"]: each for each in foreseen["creates"] if each["namespace"].startswith("kubewire-")}
    assert {kind: each["most"] for kind, each in created.items()} == {
        "Namespace": 1,
        "PersistentVolume": 1,
        "Pod": 4,
        "Service": 5,
        "Ingress": 1,
    }
    assert all(each["allowed"] and "refusal" not in each for each in created.values())

    done = net_probe(dest=str(tmp_path), **ECHO)
    report = json.loads((tmp_path / "report.json").read_text())
    assert not done["failures"], done["failures"]
    assert {cell["model"] for cell in report["cells"]} == MODELS
    assert {cell["model"] for cell in report["cells"] if cell["verdict"] == "pass"} == MODELS
    assert done["plan"]["cells"] == foreseen["plan"]["cells"]
    assert done["left"] == []
    assert left(report["run"]["id"]) == []


@pytest.fixture
def started(tmp_path: pathlib.Path) -> t.Iterator[tuple[subprocess.Popen[str], str]]:
    """A run whose echo Pods are running, and their Namespace."""
    before = ours()
    arguments = tmp_path / "arguments.json"
    # It waits for who never answers, so that it goes on for as long as the test needs.
    silent = {"targets": [{"host": SILENT, "port": 9}], "probe_timeout": 60}
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**ECHO, **silent, "outside": []}}))
    module = "ansible_collections.kubewire.netdebug.plugins.modules.net_probe"
    # Tests that run in the background of a shell would have it ignore SIGINT.
    environment = ["env", "--default-signal=INT", f"PYTHONPATH={COLLECTIONS}"]
    command = [*OPERATOR, *environment, sys.executable, "-m", module, str(arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        (namespace,) = until("a Namespace", lambda: ours() - before)
        until("echo Pods", lambda: objects("pods", "-n", namespace))
        yield process, namespace
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_an_interrupt_leaves_nothing(started: tuple[subprocess.Popen[str], str]) -> None:
    process, namespace = started
    process.send_signal(signal.SIGINT)
    output, _errors = process.communicate(timeout=120)
    assert json.loads(output)["reason"] == "interrupted"
    assert left(namespace) == []


def test_what_kill_9_leaves_is_swept_before_its_end(
    started: tuple[subprocess.Popen[str], str], tmp_path: pathlib.Path
) -> None:
    process, namespace = started
    process.kill()
    process.communicate()
    sweep, run = Module("debug_sweep", tmp_path), namespace.removeprefix("kubewire-")
    foreseen = sweep(check=True, run_ids=[run])
    assert {each["kind"] for each in foreseen["removed"]} >= {"Namespace", "PersistentVolume", "Job"}
    assert sweep(run_ids=[run])["changed"]
    until("no Namespace", lambda: not left(namespace))


def test_a_namespace_ends_by_itself(tmp_path: pathlib.Path) -> None:
    script = tmp_path / "abandon.py"
    script.write_text(ABANDON)
    name = subprocess.run(
        [*OPERATOR, "env", f"PYTHONPATH={COLLECTIONS}", sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    ).stdout.strip()
    begun = time.monotonic()
    assert len(left(name)) == 2
    until("no Namespace", lambda: not left(name), 90)
    assert time.monotonic() - begun > 8


def test_an_image_that_cannot_answer_is_told(net_probe: Module) -> None:
    done = net_probe(echo=True, debug_image=image("bashful"))
    assert done["failed"]
    assert "nothing in it can answer" in done["msg"]
    assert "left" not in done
