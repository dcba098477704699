# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a task that ran commands has failed, when it has changed something, and what it says."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import command_task
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import CommandAnswer, OutputFile


class Ended(Exception):
    pass


class Module:
    """Keeps what the module would have printed."""

    def __init__(self, changes):
        self.params = {"changes": changes}

    def exit_json(self, **result):
        self.result = {"failed": False, **result}
        raise Ended

    def fail_json(self, **result):
        self.result = {"failed": True, **result}
        raise Ended


def finish(*answers, changes=False, **more):
    module = Module(changes)
    with pytest.raises(Ended):
        command_task.finish(module, answers, **more)
    return module.result


def answer(exit_class="exited", rc=0, **more):
    return CommandAnswer("container", "shop/web-1/web", "w1", ("prog", "-x"), exit_class=exit_class, rc=rc, **more)


def test_one_answer_is_also_at_the_top():
    result = finish(answer(stdout="out", stderr="err"))
    assert {key: result[key] for key in ("failed", "changed", "rc", "stdout", "stderr", "exit_class")} == {
        "failed": False,
        "changed": False,
        "rc": 0,
        "stdout": "out",
        "stderr": "err",
        "exit_class": "exited",
    }
    assert "rc" not in finish(answer(), answer())


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (answer(rc=7), "prog in shop/web-1/web: exited with 7"),
        (answer(rc=1, stderr="a\nprog: no\n"), "exited with 1: prog: no"),
        (answer("signalled", 137, name="oom"), "oom in shop/web-1/web: signalled (137)"),
        (answer("lost", None, message="cut"), "lost: cut"),
        (answer("deadline", None, message="slow"), "deadline: slow"),
    ],
)
def test_a_command_that_does_not_exit_with_0_fails_the_task(bad, words):
    result = finish(answer(), bad)
    assert (result["failed"], result["reason"], len(result["answers"])) == (True, "command_failed", 2)
    assert result["msg"].startswith("1 of 2 commands failed: ")
    assert words in result["msg"]


def test_the_message_is_bounded_and_steers_no_terminal():
    noisy = answer(rc=1, stderr="\x1b[2J\x1b]0;owned\x07" + "x" * 100_000)
    message = finish(*[noisy] * 100)["msg"]
    assert message.isprintable()
    assert "\\x1b" in message
    assert len(message) < 5000
    assert "and 95 more" in message


@pytest.mark.parametrize(
    ("exit_class", "rc", "changed"),
    [
        ("exited", 0, True),
        ("exited", 1, True),
        ("deadline", None, True),
        ("lost", None, True),
        ("not_found", None, False),
        ("forbidden", None, False),
    ],
)
def test_changed_is_what_the_user_says_of_what_ran(exit_class, rc, changed):
    assert finish(answer(exit_class, rc), changes=True)["changed"] is changed
    assert finish(answer(exit_class, rc))["changed"] is False
    assert finish(answer(exit_class, rc), changed=True)["changed"] is True


def test_a_failed_command_says_why_where_its_output_went_to_a_file(tmp_path):
    path = tmp_path / "001-prog.stderr"
    path.write_text("much\n" * 5000 + "cannot open /etc/none\n")
    file = OutputFile(str(path), path.stat().st_size, "")
    message = finish(answer(rc=2, stderr_file=file))["msg"]
    assert message.endswith("exited with 2: cannot open /etc/none")
    path.unlink()
    assert finish(answer(rc=2, stderr_file=file))["msg"].endswith("exited with 2")
