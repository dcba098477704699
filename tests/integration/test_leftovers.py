# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever ends a run, nothing of it is left: soon after its lifetime there is no object."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import time
import typing as t

import pytest

from .conftest import COLLECTIONS, OPERATOR, PATIENCE, ROOT, image, kubectl, objects, signal_all, until

LIFETIME = 45  #: seconds, within which the Pods of all nodes must have begun
LATE = 60  #: seconds after it, when nothing may be left: ten were measured, by kubelets that had little else to do


@dataclasses.dataclass
class Play:
    """A playbook with one debug_pod task on every node, and the namespace it works in."""

    process: subprocess.Popen[bytes]
    namespace: str

    def wait_for_pods(self) -> None:
        """Until the commands run, or are about to."""
        until("three Pods run", lambda: [pod["status"]["phase"] for pod in self.pods()] == ["Running"] * 3)

    def pods(self) -> list[dict[str, t.Any]]:
        return objects("pods", "-n", self.namespace)

    def end_by(self, number: int) -> None:
        """Signal all of its processes."""
        signal_all(self.process.pid, number)
        self.process.wait(timeout=120)

    def left(self) -> list[str]:
        return [f"{item['kind']} {item['metadata']['name']}" for item in objects("pods,jobs", "-n", self.namespace)]


def gone_in(left: t.Callable[[], list[str]], seconds: float) -> float:
    """Wait until nothing is left, and return how long that took."""
    start = time.monotonic()
    while found := left():
        assert time.monotonic() - start < seconds, f"left after {seconds} s: {found}"
        time.sleep(2)
    return time.monotonic() - start


@pytest.fixture
def play(tmp_path: pathlib.Path, namespace: str) -> t.Iterator[t.Callable[..., Play]]:
    started: list[Play] = []

    def start(**params: t.Any) -> Play:
        pod = {"level": "node", "every_node": True, "image": image("ledger"), "lifetime": LIFETIME, "deadline": 60}
        task = {"kubewire.netdebug.debug_pod": {"namespace": namespace, **pod, **params}}
        book = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]
        (tmp_path / "play.yml").write_text(json.dumps(book))
        environ = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(ROOT / "build/ansible"),
        }
        process = subprocess.Popen(
            [*OPERATOR, "ansible-playbook", str(tmp_path / "play.yml")],
            stdout=(tmp_path / "log").open("wb"),
            stderr=subprocess.STDOUT,
            env=environ,
            start_new_session=True,
        )
        started.append(Play(process, namespace))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.end_by(signal.SIGKILL)


def test_success_leaves_nothing(play):
    done = play(argv=["true"], lifetime=200, deadline=150)
    assert done.process.wait(timeout=180) == 0
    assert done.left() == []


def test_failure_leaves_nothing(play):
    done = play(argv=["false"], lifetime=200, deadline=150)
    assert done.process.wait(timeout=180) == 2
    assert done.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_an_interrupt_leaves_nothing_at_once(play, number):
    running = play(argv=["sleep", "100"], lifetime=200, deadline=150)
    running.wait_for_pods()
    running.end_by(number)
    gone_in(running.left, 60)  # long before the lifetime: the module tidied up


def test_ctrl_c_leaves_nothing_after_the_lifetime(play):
    running = play(argv=["sleep", "100"])
    running.wait_for_pods()
    os.killpg(running.process.pid, signal.SIGINT)  # as a terminal does: it does not reach the module
    gone_in(running.left, LIFETIME + LATE)


def test_kill_9_leaves_nothing_after_the_lifetime(play):
    running = play(argv=["sleep", "100"])
    running.wait_for_pods()
    running.end_by(signal.SIGKILL)
    assert running.left()  # else the test has nothing to wait for
    gone_in(running.left, LIFETIME + LATE)


@pytest.mark.alone
def test_a_restart_of_the_api_server_leaves_nothing_after_the_lifetime(play):
    lifetime = 30  # long enough for a controller manager that lost its lease meanwhile
    kept = play(keep=True, lifetime=lifetime)
    assert kept.process.wait(timeout=180) == 0
    start = time.monotonic()
    subprocess.run([str(ROOT / "lab" / "lab"), "apiserver", "restart"], check=True, timeout=180)
    while "ok" not in kubectl("get", "--raw", "/readyz", check=False):
        assert time.monotonic() - start < PATIENCE, "the API server does not come back"
        time.sleep(0.5)
    gone_in(kept.left, max(LATE, lifetime + LATE - (time.monotonic() - start)))
