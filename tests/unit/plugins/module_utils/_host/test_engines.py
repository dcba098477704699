# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine is meant, what it says, and what of ours it still has."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import runs
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import END, RUN_ID, NotStarted
from ansible_collections.kubewire.netdebug.plugins.module_utils._host import engines, helper_container, sweep
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.engine import Engine
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.helper_container import get_image
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._host.fake import NOBODY

DENIED = (
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "
    '"http://%2Fvar%2Frun%2Fdocker.sock/v1.24/version": dial unix /var/run/docker.sock: connect: permission denied'
)
DEAD = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
IMAGE = "registry.example.com/x:1"


def which(*fakes):
    return lambda name: next((str(each.path) for each in fakes if each.path.name == name), None)


def test_podman_comes_first_and_docker_where_it_is_meant(fake):
    podman, docker = fake("podman"), fake("docker")
    found = engines.answering("auto", "h", which(podman, docker))
    assert [(engine.name, engine.version) for engine in found] == [("podman", "4.3.1"), ("docker", "20.10.24")]
    assert [engine.name for engine in engines.answering("docker", "h", which(podman, docker))] == ["docker"]


def test_what_podman_installs_as_docker_is_podman(fake):
    podman, docker = fake("podman"), fake("docker")
    docker.answers(["version"], out='{"Client":{"APIVersion":"4.3.1","Version":"4.3.1"}}', err="Emulate Docker CLI")
    assert [engine.name for engine in engines.answering("auto", "h", which(podman, docker))] == ["podman"]
    assert engines.answering("docker", "h", which(docker))[0].name == "podman"


def test_no_engine_is_refused():
    with pytest.raises(ClusterError, match=r"there is no podman and no docker") as error:
        engines.answering("auto", "h", which())
    assert (error.value.reason, "mode: namespace" in error.value.remedy) == ("no_engine", True)


@pytest.mark.parametrize(
    ("said", "reason", "remedy"), [(DENIED, "permission", ""), (DEAD, "no_engine", "systemctl start docker")]
)
def test_a_docker_that_does_not_answer_is_left_out_or_refused(fake, said, reason, remedy):
    podman, docker = fake("podman"), fake("docker")
    docker.answers(["version"], 1, '{"Client":{"ApiVersion":"1.41","Version":"20.10.24"},"Server":null}', said)
    assert [engine.name for engine in engines.answering("auto", "h", which(podman, docker))] == ["podman"]
    with pytest.raises(ClusterError) as error:
        engines.answering("docker", "h", which(podman, docker))
    assert (error.value.reason, remedy in error.value.remedy) == (reason, True)


def test_an_engine_that_says_nothing_sensible_is_refused(fake):
    docker = fake("docker")
    docker.answers(["version"], 0, "[]")
    with pytest.raises(ClusterError, match=r"docker of h is refused: \[\]"):
        Engine(str(docker.path), "h")


def test_the_engine_that_runs_the_container_is_found(fake):
    podman, docker = fake("podman"), fake("docker")
    podman.has_no("web")
    docker.has("web", 77)
    both = engines.answering("auto", "h", which(podman, docker))
    engine, container = engines.holding(both, "web")
    assert (engine.name, container.name, container.id, container.pid) == ("docker", "web", "id-of-web", 77)
    podman.has("web", 0)
    assert engines.holding(both, "web")[0].name == "docker"
    podman.has("web", 78)
    with pytest.raises(ClusterError, match=r"podman and docker both run one") as error:
        engines.holding(both, "web")
    assert error.value.reason == "ambiguous"


def test_a_container_that_is_not_there_names_those_that_are(fake):
    podman = fake("podman")
    podman.has_no("web")
    podman.answers(["ps"], out="b\na\n")
    found = engines.answering("auto", "h", which(podman))
    with pytest.raises(ClusterError, match=r"container web of podman on h") as error:
        engines.holding(found, "web")
    assert (error.value.reason, error.value.remedy) == ("no_such_container", "containers that run: a, b")
    podman.has("web", 0)
    with pytest.raises(ClusterError, match=r"it does not run: it is exited"):
        engines.holding(found, "web")


@pytest.mark.parametrize("name", ["web", "a", "0.-_Z"])
def test_a_name_may_be_one(name):
    engines.check_name("container", name)


@pytest.mark.parametrize("name", ["", "-web", "--help", "web\n", "a b", "grün", "../x", "a/b", "$(id)"])
def test_a_name_that_none_can_have_is_refused_by_its_option(name):
    with pytest.raises(ValueError, match=r"^container is "):
        engines.check_name("container", name)


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


def test_leftovers_are_found_by_label_and_age_and_removed_by_id(fake):
    podman = fake("podman")
    podman.answers(["ps"], out="past\nyoung\nold\nedited\n")
    now, year = runs.stamp(runs.now()), "2099-01-01T00:00:00Z"
    for name, end, made in (
        ("past", "2026-11-21T12:30:00Z", now),
        ("young", year, now),
        ("old", year, "2026-01-01T12:00:00.123456789+01:00"),
        ("edited", "soon", now),
    ):
        podman.has(name, created=made, **{END: end, RUN_ID: f"run-{name}"})
    engine = Engine(str(podman.path), "h")
    swept = sweep.sweep([engine], 3600, [], dry=False)
    assert [entry.name for entry in swept.removed] == ["past", "old"]
    assert [entry.name for entry in swept.young] == ["young", "edited"]
    removed = [call for call in podman.calls() if call[0] == "rm"]
    assert removed == [["rm", "--force", "--volumes", f"id-of-{name}"] for name in ("past", "old")]
    filters = [word for call in podman.calls() if call[0] == "ps" for word in call if word.startswith("label=")]
    assert filters == ["label=app.kubernetes.io/managed-by=kubewire", "label=kubewire.io/run-id"]


def test_of_one_run_everything_goes_and_nothing_else(fake):
    podman = fake("podman")
    podman.answers(["ps"], out="a\nb\n")
    for name in ("a", "b"):
        podman.has(name, **{END: "2099-01-01T00:00:00Z", RUN_ID: f"run-{name}"})
    podman.answers(["rm"], 125, err="Error: device busy")
    swept = sweep.sweep([Engine(str(podman.path), "h")], 0, ["run-b"], dry=False)
    assert (swept.removed, swept.young) == ([], [])
    (left,) = swept.left
    assert (left.kind, left.namespace, left.name, left.reason) == ("Container", "h", "b", "Error: device busy")
    swept = sweep.sweep([Engine(str(podman.path), "h")], 0, ["run-b"], dry=True)
    assert [entry.name for entry in swept.removed] == ["b"]


@pytest.mark.parametrize(("pid", "user", "runs"), [(0, 0, False), (NOBODY, 0, False), (NOBODY, 1000, True)])
def test_a_container_has_ended_where_proc_says_so_and_may_be_asked(monkeypatch, pid, user, runs):
    monkeypatch.setattr(helper_container.os, "geteuid", lambda: user)
    assert helper_container._runs(pid) == runs
