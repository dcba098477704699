# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Pod with a helper of ours in it is deleted as quickly as one without: no rollout and no drain waits for us."""

from __future__ import annotations

import time

import pytest

from .conftest import PATIENCE, Module, image, kubectl, pod

APP = "import os, signal, time; signal.signal(15, lambda *_: os._exit(0)); time.sleep(3600)"
GRACE = 60  #: seconds that a container which ignores SIGTERM would hold its Pod


def seconds_to_delete(namespace: str, name: str) -> float:
    begin = time.monotonic()
    kubectl("delete", "pod", "-n", namespace, name, f"--timeout={PATIENCE}s")
    return time.monotonic() - begin


@pytest.mark.parametrize(  # Python and dash, busybox, bash; and one whose first process is the application
    ("app", "target"), [("frontend", ""), ("ledger", ""), ("bashful", ""), ("ledger", "app")]
)
def test_a_helper_ends_with_its_pod(tmp_path, namespace, app, target):
    for name in ("with", "without"):
        pod(namespace, name, ("app", ["python3", "-c", APP]), terminationGracePeriodSeconds=GRACE)
    attach = Module("ephemeral_attach", tmp_path)
    done = attach(namespace=namespace, name="with", image=image(app), argv=["sh", "-c", "exit"], target=target or None)
    assert not done.get("failed"), done
    assert [item["state"] for item in done["left"]] == ["running"]
    assert seconds_to_delete(namespace, "with") < seconds_to_delete(namespace, "without") + GRACE / 3
