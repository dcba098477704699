# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine says of itself, and what it is where it says nothing sensible."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.engine import Engine


def test_an_engine_that_says_nothing_sensible_is_refused(fake):
    docker = fake("docker")
    docker.answers(["version"], 0, "[]")
    with pytest.raises(ClusterError, match=r"docker of h is refused: \[\]"):
        Engine(str(docker.path), "h")


@pytest.mark.parametrize("name", ["podman", "docker"])
def test_an_image_is_known_by_its_digest_or_not_there(fake, name):
    program = fake(name)
    program.answers(["image", "inspect"], out="sha256:1234\n")
    engine = Engine(str(program.path), "h")
    assert engine.image_id("x:1") == "1234"
    program.answers(["image", "inspect"], 125, "[]", "Error: inspecting object: x:1: image not known")
    assert engine.image_id("x:1") == ""
    program.answers(["image", "inspect"], 125, "[]", "Error: no space left on device")
    with pytest.raises(ClusterError, match="image x:1 on h is refused: Error: no space left on device"):
        engine.image_id("x:1")


def test_many_containers_that_run_are_named_in_part(fake):
    program = fake("podman")
    program.answers(["ps"], out="".join(f"c{number:02d}\n" for number in range(30)))
    refusal = Engine(str(program.path), "h").no_such_container("web")
    assert refusal.remedy.startswith("running containers: c00, c01,")
    assert refusal.remedy.endswith("c19, ...")


def test_a_container_that_is_gone_meanwhile_is_removed(fake):
    program = fake("podman")
    program.answers(["rm"], 1, err='Error: no container with name or ID "x" found')
    assert Engine(str(program.path), "h").remove("x") == ""
    assert len([call for call in program.calls() if call[0] == "rm"]) == 1
