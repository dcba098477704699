# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image of a helper container, and whether the container still runs."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import NotStarted
from ansible_collections.kubewire.netdebug.plugins.module_utils._host import helper_container
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.engine import Engine
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.helper_container import get_image
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._host.fake import NOBODY

DEAD = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"


IMAGE = "registry.example.com/x:1"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("reading manifest 1 in r/none: manifest unknown: manifest unknown", "image_not_found"),
        ('pinging container registry r: Get "https://r/v2/": dial tcp: lookup r: no such host', "image_registry"),
        ("unauthorized: authentication required", "image_denied"),
        ("i/o timeout", "image_pull"),
    ],
)
def test_a_pull_that_fails_says_why(fake, said, reason):
    podman = fake("podman")
    podman.answers(["image", "inspect"], 125, "[]", f"Error: inspecting object: {IMAGE}: image not known")
    podman.answers(["pull"], 125, err=f"Error: initializing source docker://{IMAGE}: {said}")
    with pytest.raises(NotStarted, match=r"container of registry\.example\.com/x:1 on h does not start") as error:
        get_image(Engine(str(podman.path), "h"), IMAGE, "missing", "", 5, dry=False)
    assert error.value.reason == reason
    assert error.value.remedy


def test_an_engine_that_stops_answering_is_no_missing_image(fake):
    docker = fake("docker")
    docker.answers(["image", "inspect"], 1, "[]", DEAD)
    with pytest.raises(ClusterError) as error:
        get_image(Engine(str(docker.path), "h"), IMAGE, "missing", "", 5, dry=False)
    assert error.value.reason == "no_engine"


def test_an_image_that_is_there_is_only_pulled_where_it_always_is(fake):
    podman = fake("podman")
    podman.answers(["image", "inspect"], out="sha256:1234\n")
    engine = Engine(str(podman.path), "h")
    assert [get_image(engine, IMAGE, pull, "", 5, dry=False) for pull in ("missing", "never", "always")] == [False] * 3
    assert [call for call in podman.calls() if call[0] == "pull"] == [["pull", "--quiet", IMAGE]]


def test_an_archive_that_does_not_hold_the_image_is_told(fake):
    podman = fake("podman")
    podman.answers(["image", "inspect"], 125, "[]", f"Error: {IMAGE}: image not known")
    podman.answers(["load"], out="Loaded image: other:2\n")
    engine = Engine(str(podman.path), "h")
    with pytest.raises(NotStarted, match="Loaded image: other:2") as error:
        get_image(engine, IMAGE, "never", "/tmp/x.tar", 5, dry=False)
    assert error.value.reason == "image_absent"
    assert get_image(engine, IMAGE, "never", "/tmp/x.tar", 5, dry=True)
    podman.answers(["load"], 125, err="Error: payload does not match any of the supported image formats")
    with pytest.raises(ClusterError, match=r"archive /tmp/x\.tar on h is refused: Error: payload"):
        get_image(engine, IMAGE, "never", "/tmp/x.tar", 5, dry=False)


@pytest.mark.parametrize(("pid", "user", "runs"), [(0, 0, False), (NOBODY, 0, False), (NOBODY, 1000, True)])
def test_a_container_has_ended_where_proc_says_so_and_may_be_asked(monkeypatch, pid, user, runs):
    monkeypatch.setattr(helper_container.os, "geteuid", lambda: user)
    assert helper_container._runs(pid) == runs
