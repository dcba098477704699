# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_debug as Ansible runs it on a host: a process of its own, with an old Python and an engine that we made up."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing as t

import ansible
import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import keepalive
from ansible_collections.kubewire.netdebug.plugins.modules import host_debug
from ansible_collections.kubewire.netdebug.tests.hostile import STRINGS
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._host.fake import Fake
from ansible_collections.kubewire.netdebug.tests.unit.pythons import oldest

NAME = "ansible_collections.kubewire.netdebug.plugins.modules.host_debug"
OLDEST = oldest("3.8")
IMAGE = "registry.example.com/x:1"


class Host:
    """A host that has one engine."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.engine = folder, Fake(folder, "podman")
        self.engine.answers(["image", "inspect"], out="sha256:1234\n")
        self.engine.answers(["container", "inspect"], out=self.engine.container("any", os.getpid()))

    def start(self, check: bool = False, python: str = sys.executable, **params: t.Any) -> subprocess.Popen[str]:
        """Start the module."""
        arguments = self.folder / "arguments.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**params, "_ansible_check_mode": check}}))
        roots = [pathlib.Path(host_debug.__file__).parents[5], pathlib.Path(ansible.__file__).parents[1]]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots)), "PYTHONDONTWRITEBYTECODE": "1"}
        environ["PATH"] = f"{self.folder}:/usr/bin:/bin"
        pipe = subprocess.PIPE
        return subprocess.Popen([python, "-m", NAME, str(arguments)], stdout=pipe, stderr=pipe, text=True, env=environ)

    def __call__(self, **params: t.Any) -> dict[str, t.Any]:
        """Run the module and return what it returns."""
        out, err = self.start(**params).communicate(timeout=60)
        assert out, err
        return dict(json.loads(out))

    def calls(self, *words: str) -> list[list[str]]:
        """What the engine was called with, where it begins with these words."""
        return [call for call in self.engine.calls() if call[: len(words)] == list(words)]


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize("version", [sys.executable, OLDEST], ids=["this", "oldest"])
def test_one_container_serves_all_commands_and_is_removed(host, version):
    host.engine.answers(["exec"], out="said\n")
    result = host(python=version, image=IMAGE, commands=[{"name": "one", "argv": ["a"]}, {"argv": ["b", "c"]}])
    assert [answer["stdout"] for answer in result["answers"]] == ["said\n"] * 2
    assert (result["changed"], result["engine"], result["left"]) == (False, "podman", [])
    (run,) = host.calls("run")
    program, *words = keepalive.command(600)
    assert run[-len(words) - 3 :] == ["--net=bridge", f"--entrypoint={program}", IMAGE, *words]
    assert {"--rm", f"--name={result['container']}", f"--label=kubewire.io/run-id={result['run_id']}"} < set(run)
    assert host.calls("exec") == [["exec", "id-of-any", "a"], ["exec", "id-of-any", "b", "c"]]
    assert host.engine.calls()[-1] == ["rm", "--force", "--volumes", result["container"]]


def test_words_of_users_are_words_of_the_command_line(host):
    result = host(
        image=IMAGE, user="0; id", capabilities=list(STRINGS), keepalive=["-x", *STRINGS], argv=["a", *STRINGS]
    )
    assert result["rc"] == 0
    (run,) = host.calls("run")
    assert {"--user=0; id", *(f"--cap-add={text}" for text in STRINGS)} < set(run)
    assert run[-len(STRINGS) - 2 :] == ["--entrypoint=-x", IMAGE, *STRINGS]
    assert host.calls("exec") == [["exec", "id-of-any", "a", *STRINGS]]


def test_a_bad_option_is_the_modules_to_tell(host):
    result = host(state="absent", older_than=-1)
    assert (result["failed"], result["reason"]) == (True, "bad_input")
    assert result["msg"] == "older_than: -1 is not allowed; it must be 0 or more"


def test_check_mode_starts_nothing(host):
    result = host(check=True, image=IMAGE, mode="within_os", protect=["/"], argv=["a"], stdin="x")
    assert {call[0] for call in host.engine.calls()} == {"version", "image"}
    run, command, remove = result["would_run"]
    assert {"/:/host:ro", "--privileged", "HOST=/host", f"IMAGE={IMAGE}", "--user=0"} < set(run)
    assert command[1:] == ["exec", "--interactive", result["container"], "a"]
    assert remove[1:] == ["rm", "--force", "--volumes", result["container"]]
    assert not result["changed"]


def test_what_cannot_be_removed_is_told(host):
    host.engine.answers(["rm"], 125, err="Error: device or resource busy\n")
    result = host(image=IMAGE, argv=["a"])
    assert len(host.calls("rm")) >= 3  # on a slow machine once more, when the module itself ends
    (left,) = result["left"]
    assert (left["kind"], left["name"], left["state"]) == ("Container", result["container"], "unknown")
    assert left["reason"] == "Error: device or resource busy"


def test_a_container_that_ends_at_once_is_no_container(host):
    host.engine.answers(["container", "inspect"], out=host.engine.container("any", 0))
    result = host(image=IMAGE, keepalive=["true"], argv=["a"])
    assert (result["failed"], result["reason"]) == (True, "ended")
    assert "Set keepalive to a program of the image that waits" in result["msg"]
    assert (host.calls("exec"), len(host.calls("rm"))) == ([], 1)


def test_a_module_that_is_told_to_end_removes_its_container(host, monkeypatch):
    monkeypatch.setenv("KUBEWIRE_TEST_SLEEP", "60")
    begin = time.monotonic()
    process = host.start(image=IMAGE, argv=["a"], deadline=60)
    while not host.calls("exec"):
        assert time.monotonic() - begin < 30
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode != 0
    assert len(host.calls("rm")) == 1
