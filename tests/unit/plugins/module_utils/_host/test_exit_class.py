# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What engines and nsenter say when they fail, told from what programs say.

The texts are those of podman 4.3.1, docker 20.10, runc 1.1.5 and util-linux 2.38; crun's are from crun#1688, crun#511
and podman#22763.
"""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Command
from ansible_collections.kubewire.netdebug.plugins.module_utils._host import exit_class as classes
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.process import Finished

ID = "3a8b39f5eb5d"
RUNC = "exec failed: unable to start container process: exec: "
PODMAN, DOCKER = f"Error: runc: {RUNC}", f"OCI runtime exec failed: {RUNC}"
GONE = "OCI runtime attempted to invoke a command that was not found"


def finished(rc, out="", err="", **more):
    data = {"stdout": out.encode(), "stderr": err.encode(), "stdout_size": len(out), "stderr_size": len(err)}
    return Finished(rc=rc, **data, **more)


@pytest.mark.parametrize(
    ("rc", "text", "exit_class"),
    [
        (127, f'{PODMAN}"nosuch": executable file not found in $PATH: {GONE}', "not_found"),
        (127, f'{PODMAN}"/no/such/path": stat /no/such/path: no such file or directory: {GONE}', "not_found"),
        (
            127,
            f"Error: crun: executable file `nosuch` not found in $PATH: No such file or directory: {GONE}",
            "not_found",
        ),
        (126, f'{PODMAN}"/etc/passwd": permission denied: OCI permission denied', "not_executable"),
        (126, "Error: crun: open executable: Permission denied: OCI permission denied", "not_executable"),
        (126, "Error: crun: open executable: Operation not permitted: OCI permission denied", "not_executable"),
        (126, f'{PODMAN}"permission denied": executable file not found in $PATH: {GONE}', "not_found"),
        (126, f'{DOCKER}"nosuch": executable file not found in $PATH: unknown', "not_found"),
        (126, f'{DOCKER}"/etc/x": stat /etc/x: no such file or directory: unknown', "not_found"),
        (126, f'{DOCKER}"/etc": permission denied: unknown', "not_executable"),
        (126, f'{DOCKER}"/x": exec /x: exec format error: unknown', "not_executable"),
        (126, f"{DOCKER}something else: unknown", "lost"),
        (255, f"Error: container {ID} does not exist in database: no such container", "no_container"),
        (125, f'Error: no container with name or ID "{ID}" found: no such container', "no_container"),
        (1, f"Error: No such container: {ID}", "no_container"),
        (1, f"Error response from daemon: Container {ID} is not running", "no_container"),
    ],
)
@pytest.mark.parametrize("stream", ["out", "err"])
def test_an_engine_that_could_not_start_it(rc, text, exit_class, stream):
    done = finished(rc, **{stream: f"{text}\n"})
    assert classes.of_container(done, ID) == (exit_class, None, text)
    answer = classes.answer("h/c", "h", Command(("x",)), done, classes.of_container(done, ID), 10)
    assert (answer.stdout, answer.stderr, answer.stdout_size, answer.stderr_size) == ("", "", 0, 0)
    assert not answer.truncated


@pytest.mark.parametrize(
    "done",
    [
        finished(127, err="sh: nosuch: not found\n"),
        finished(126, out=f'{DOCKER}"x": permission denied: unknown\nmore\n'),
        finished(126, out=f'{DOCKER}"x": permission denied: unknown\n', err="more"),
        finished(125, err='Error: no container with name or ID "other" found: no such container\n'),
        finished(126, err="Error: permission denied\n"),
        finished(1, err="nsenter: failed to execute x: No such file or directory\n"),
    ],
)
def test_a_program_that_says_the_like_ended_by_itself(done):
    assert classes.of_container(done, ID) == ("exited", done.rc, "")


def test_one_that_ended_well_is_believed_whatever_it_says():
    done = finished(0, err=f'{PODMAN}"nosuch": executable file not found in $PATH: {GONE}')
    assert classes.of_container(done, ID) == ("exited", 0, "")


@pytest.mark.parametrize(
    ("rc", "text", "exit_class"),
    [
        (127, "nsenter: failed to execute nosuch: No such file or directory", "not_found"),
        (126, "nsenter: failed to execute /etc/passwd: Permission denied", "not_executable"),
        (127, "nsenter: can't execute 'nosuch': No such file or directory", "not_found"),
    ],
)
def test_nsenter_that_could_not_start_it(rc, text, exit_class):
    assert classes.of_namespace(finished(rc, err=f"{text}\n")) == (exit_class, None, text)


@pytest.mark.parametrize(
    ("rc", "exit_class"), [(0, "exited"), (128, "exited"), (129, "signalled"), (192, "signalled"), (255, "exited")]
)
def test_codes(rc, exit_class):
    assert classes.of_namespace(finished(rc, err="x")) == (exit_class, rc, "")


def test_what_has_no_code_never_exited():
    assert classes.of_container(finished(None, timed_out=True), ID)[:2] == ("deadline", None)
    assert classes.of_namespace(finished(None, message="gone")) == ("lost", None, "gone")


def test_an_answer_says_all_that_every_level_says():
    done = finished(0, out="ab\n" * 5, seconds=1.23456)
    done.stdout = b"ab\nab\n\xff"
    answer = classes.answer("h/pid/7", "h", Command(("ip", "a"), "addresses"), done, ("exited", 0, ""), 7).to_dict()
    assert answer == {
        **dict.fromkeys(("stderr",), ""),
        "level": "host",
        "object": "h/pid/7",
        "node": "h",
        "name": "addresses",
        "argv": ["ip", "a"],
        "exit_class": "exited",
        "rc": 0,
        "stdout": "ab\nab\n\ufffd",
        "stdout_base64": "YWIKYWIK/w==",
        "stdout_size": 15,
        "stderr_size": 0,
        "truncated": True,
        "may_run_on": False,
        "seconds": 1.235,
    }
