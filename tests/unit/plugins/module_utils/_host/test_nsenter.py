# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands in the namespaces of a process of this machine, by its nsenter or by one that fails as it does."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Command, Refused
from ansible_collections.kubewire.netdebug.plugins.module_utils._host import namespaces
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.namespaces import NamespaceTarget
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.nsenter import Nsenter

KINDS = ["net", "uts"]


@pytest.fixture
def sleeper():
    """A process whose namespaces commands enter."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


@pytest.fixture
def program(tmp_path: pathlib.Path):
    """Give a function that makes an nsenter of a few lines of sh."""

    def make(script: str) -> str:
        path = tmp_path / "nsenter"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


def way(pid: int, nsenter: str | None = "nsenter") -> Nsenter:
    return Nsenter("h", namespaces.by_pid("h", pid, KINDS), KINDS, nsenter)


def test_a_host_without_nsenter_is_refused():
    with pytest.raises(Refused, match=r"there is no nsenter on the host") as refused:
        way(os.getpid(), None)
    assert (refused.value.reason, refused.value.remedy) == ("no_program", "install util-linux")


def test_a_command_is_handed_over_as_it_is():
    argv = ("-x", "a b", "$(id)", "")
    words = ["nsenter", f"--net=/proc/{os.getpid()}/ns/net", f"--uts=/proc/{os.getpid()}/ns/uts", "--", *argv]
    assert way(os.getpid()).command(Command(argv)) == words
    assert way(os.getpid()).place == f"h/pid/{os.getpid()}"


def test_a_network_namespace_is_named_by_its_path():
    assert Nsenter("h", NamespaceTarget(path="/run/netns/blue"), ["net"], "nsenter").place == "h/run/netns/blue"


def test_the_hosts_own_network_is_a_warning():
    try:
        own = os.readlink("/proc/1/ns/net")
    except PermissionError:  # without that right the module's own one counts
        own = os.readlink("/proc/self/ns/net")
    (warning,) = Nsenter("h", NamespaceTarget(7, namespaces={"net": own, "uts": "x"}), KINDS, "nsenter").warnings
    assert warning == "h/pid/7 is in the host's own net namespace"
    assert Nsenter("h", NamespaceTarget(7, namespaces={"net": "net:[1]"}), KINDS, "nsenter").warnings == []


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nsenter"), reason="needs root and nsenter")
def test_commands_run_there_and_not_any_more_once_the_process_has_ended(sleeper):
    inside = way(sleeper.pid, shutil.which("nsenter"))
    inside.try_it()
    inside.open(60)
    try:
        answer = inside.ask(Command(("cat",)), b"said", 30, 1000)
        assert (answer.exit_class, answer.rc, answer.stdout, answer.object) == ("exited", 0, "said", inside.place)
        sleeper.kill()
        sleeper.wait()
        answer = inside.ask(Command(("cat",)), None, 30, 1000)
        assert (answer.exit_class, answer.rc) == ("no_container", None)
        assert answer.message == f"{inside.place} has ended"
    finally:
        inside.close()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'nsenter: reassociate to namespace failed: Operation not permitted' >&2; exit 1", "permission"),
        ("echo 'nsenter: cannot open /proc/7/ns/net: Permission denied' >&2; exit 1", "permission"),
        ("echo 'nsenter: cannot open /proc/7/ns/net: Invalid argument' >&2; exit 1", "other"),
    ],
)
def test_namespaces_that_cannot_be_entered_are_refused(program, script, reason):
    with pytest.raises(Refused) as refused:
        way(os.getpid(), program(script)).try_it()
    assert refused.value.reason == reason
    assert refused.value.refusal.message.startswith("nsenter: ")
    assert refused.value.remedy


def test_a_root_without_the_trial_program_was_entered_all_the_same(program):
    way(
        os.getpid(), program("echo 'nsenter: failed to execute true: No such file or directory' >&2; exit 127")
    ).try_it()
