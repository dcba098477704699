# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_debug before anything is started: which options go together, and which names never reach an engine."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Command
from ansible_collections.kubewire.netdebug.plugins.module_utils._option_names import named
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.host_debug import HostRun
from ansible_collections.kubewire.netdebug.plugins.modules import host_debug
from ansible_collections.kubewire.netdebug.tests.hostile import STRINGS
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._host.fake import Fake

IMAGE = "registry.example.com/x:1"


@pytest.fixture
def engine(tmp_path: pathlib.Path) -> Fake:
    """An engine of a host, which has the image and a container that runs."""
    made = Fake(tmp_path, "podman")
    made.answers(["image", "inspect"], out="sha256:1234\n")
    made.answers(["container", "inspect"], out=made.container("any", os.getpid()))
    return made


def prepare(engine: Fake, **given: t.Any) -> HostRun:
    """Let the run check its options and look around, in this process."""
    params = {name: spec.get("default") for name, spec in host_debug.argument_spec().items()}
    run = HostRun({**params, **given}, [Command(("id",))], {"podman": str(engine.path)}.get)
    run.prepare()
    return run


@pytest.mark.parametrize("text", [text for text in STRINGS if text])
def test_what_cannot_be_a_name_never_reaches_the_engine(engine, text):
    for given in ({"image": text}, {"network": text}, {"network": f"container:{text}"}):
        with pytest.raises(ValueError, match=f"^{next(iter(given))} is "):
            prepare(engine, **{"image": IMAGE, **given})
    with pytest.raises(ValueError, match=r"^container is "):
        prepare(engine, mode="namespace", container=text)
    assert engine.calls() == []


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "mode: 'on_os' needs an image"),
        ({"mode": "within_os", "image": IMAGE, "network": "host"}, "network: is for mode on_os, and mode is within_os"),
        ({"image": IMAGE, "pid": 1}, "pid: is for mode namespace, and mode is on_os"),
        ({"image": IMAGE, "share_processes": True}, "share_processes: needs network to be container:NAME"),
        ({"image": IMAGE, "lifetime": 5}, "lifetime: 5 is not allowed"),
        ({"image": IMAGE, "start_timeout": 0}, "start_timeout: 0 is not allowed"),
        ({"mode": "namespace"}, "needs a target; set one of pid, process, container, path"),
        ({"mode": "namespace", "path": "/x", "namespaces": ["mnt"]}, "namespaces: path is one"),
        ({"mode": "namespace", "pid": 1, "image": IMAGE}, "image: is for mode on_os or within_os"),
    ],
)
def test_options_that_do_not_go_together_are_refused(engine, params, words):
    with pytest.raises(ValueError, match=r"^[a-z_]+: ") as caught:
        prepare(engine, **params)
    assert words in named(str(caught.value), {})
    assert engine.calls() == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, {"--net=bridge"}),
        ({"network": "host"}, {"--net=host"}),
        ({"network": "container:web"}, {"--net=container:id-of-any"}),
        (
            {"network": "container:web", "share_processes": True},
            {"--net=container:id-of-any", "--pid=container:id-of-any"},
        ),
        ({"capabilities": ["NET_RAW"], "user": "1000"}, {"--cap-add=NET_RAW", "--user=1000"}),
        ({"mode": "within_os"}, {"--privileged", "--net=host", "--pid=host", "--user=0"}),
    ],
)
def test_check_mode_tells_the_command_line_of_each_choice(engine, monkeypatch, given, words):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    start, command, removal = prepare(engine, image=IMAGE, **given).plan()["would_run"]
    assert words <= set(start)
    assert command[1:] == ["exec", start[4].removeprefix("--name="), "id"]
    assert removal[1:3] == ["rm", "--force"]
    assert not [call for call in engine.calls() if call[0] in ("run", "exec", "rm")]


def test_a_user_who_is_not_root_gets_the_network_that_podman_gives(engine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (start, *_others) = prepare(engine, image=IMAGE).plan()["would_run"]
    assert not [word for word in start if word.startswith("--net")]


def test_a_diff_is_the_command_line_that_makes_the_container(engine):
    run = prepare(engine, image=IMAGE, user="a b")
    after = run.diff()["diff"]["after"]
    assert "'--user=a b'" in after
    assert after.count(" \\\n  ") > 5


def test_the_namespaces_of_a_process_need_no_engine(engine):
    params = {name: spec.get("default") for name, spec in host_debug.argument_spec().items()}
    given = {**params, "mode": "namespace", "pid": os.getpid(), "namespaces": ["uts"]}
    run = HostRun(given, [Command(("id",))], {"nsenter": "/bin/true"}.get)
    run.prepare()
    assert run.plan()["would_run"] == [["/bin/true", f"--uts=/proc/{os.getpid()}/ns/uts", "--", "id"]]
    assert (run.result()["engine"], run.result()["target"]["pid"], run.diff()) == ("", os.getpid(), {})
    assert engine.calls() == []
