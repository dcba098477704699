# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests on a cluster share.

Every command runs as the operator of the lab, which must be up; where KUBECONFIG is set, on that cluster instead.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / "build" / "collections"
#: Few tests each, and a minute or more.
LONG = ("test_outside_hosts", "test_ephemeral", "test_host_debug", "test_debug_levels", "test_leftovers")
sys.path.insert(0, str(COLLECTIONS))


OPERATOR = [] if os.environ.get("KUBECONFIG") else [str(ROOT / "lab" / "run")]


class Module:
    """A module, run as Ansible runs it: a process of its own, JSON in, JSON out."""

    def __init__(self, name: str, folder: pathlib.Path) -> None:
        self.name, self.folder = name, folder
        self.seconds = 0.0

    def __call__(
        self, check: bool = False, environ: t.Mapping[str, str] | None = None, **params: t.Any
    ) -> dict[str, t.Any]:
        arguments = self.folder / f"{uuid.uuid4()}.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**params, "_ansible_check_mode": check}}))
        code = f"ansible_collections.kubewire.netdebug.plugins.modules.{self.name}"
        start = time.monotonic()
        variables = [f"{key}={value}" for key, value in {"PYTHONPATH": COLLECTIONS, **(environ or {})}.items()]
        done = subprocess.run(
            [*OPERATOR, "env", *variables, sys.executable, "-m", code, str(arguments)],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        self.seconds = time.monotonic() - start
        assert done.stdout.strip(), done.stderr
        result: dict[str, t.Any] = json.loads(done.stdout)
        assert "Traceback" not in done.stderr, done.stderr
        return result


@pytest.fixture
def net_info(tmp_path: pathlib.Path) -> Module:
    return Module("net_info", tmp_path)


@pytest.fixture
def net_probe(tmp_path: pathlib.Path) -> Module:
    return Module("net_probe", tmp_path)


def kubectl(*words: str, stdin: t.Any = None, check: bool = True) -> str:
    """Run kubectl; C(stdin) is sent as JSON."""
    done = subprocess.run(
        [*OPERATOR, "kubectl", *words],
        input=None if stdin is None else json.dumps(stdin),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout


def objects(*words: str) -> list[dict[str, t.Any]]:
    """Return the items of a kubectl get."""
    return list(json.loads(kubectl("get", *words, "-o", "json"))["items"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, or one worker ends long after the other."""
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.fixture
def namespace() -> t.Iterator[str]:
    """A namespace of the test's own, gone afterwards."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def image(app: str) -> str:
    """The image of one of the sample application's Deployments: frontend has Python, ledger busybox, bashful bash."""
    return kubectl("get", "deployment", app, "-n", "shop", "-o", "jsonpath={.spec.template.spec.containers[0].image}")


def pod(namespace: str, name: str, *commands: tuple[str, list[str]], app: str = "frontend", **spec: t.Any) -> None:
    """Start a Pod with one container for each (name, command) and wait until it is Ready."""
    containers = [{"name": container, "image": image(app), "command": command} for container, command in commands]
    body = {"containers": containers, "terminationGracePeriodSeconds": 0, **spec}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": body}
    kubectl("create", "-f", "-", stdin=manifest)
    kubectl("wait", "-n", namespace, f"pod/{name}", "--for=condition=Ready", "--timeout=60s")
