# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine is meant, what it says, and what of ours it still has."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._host import engines

DENIED = (
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "
    '"http://%2Fvar%2Frun%2Fdocker.sock/v1.24/version": dial unix /var/run/docker.sock: connect: permission denied'
)
DEAD = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"


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
    with pytest.raises(ClusterError, match=r"podman and docker both run a container") as error:
        engines.holding(both, "web")
    assert error.value.reason == "ambiguous"


def test_a_container_that_is_not_there_names_those_that_are(fake):
    podman = fake("podman")
    podman.has_no("web")
    podman.answers(["ps"], out="b\na\n")
    found = engines.answering("auto", "h", which(podman))
    with pytest.raises(ClusterError, match=r"container web of podman on h") as error:
        engines.holding(found, "web")
    assert (error.value.reason, error.value.remedy) == ("no_such_container", "running containers: a, b")
    podman.has("web", 0)
    with pytest.raises(ClusterError, match=r"it is not running: its state is exited"):
        engines.holding(found, "web")


@pytest.mark.parametrize("name", ["web", "a", "0.-_Z"])
def test_a_name_may_be_one(name):
    engines.check_name("container", name)


@pytest.mark.parametrize("name", ["", "-web", "--help", "web\n", "a b", "grün", "../x", "a/b", "$(id)"])
def test_a_name_that_none_can_have_is_refused_by_its_option(name):
    with pytest.raises(ValueError, match=r"^container is "):
        engines.check_name("container", name)
