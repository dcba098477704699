# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may go wrong in a module, as the one message that a person reads."""

from __future__ import annotations

import errno

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import ladder
from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput


class Ended(BaseException):
    pass


class Module:
    """Keeps what the module would have printed."""

    def __init__(self, **params):
        self.params = params

    def fail_json(self, **result):
        self.result = result
        raise Ended


def fail(error):
    if error:
        raise error


def said(module, error=None):
    with pytest.raises(Ended), ladder.reported(module):
        fail(error)
    return module.result["reason"], module.result["msg"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/run/answers.json", "replay: /run/answers.json: Permission denied"),
        ("/run/out/report.json", "dest: /run/out/report.json: Permission denied"),
        ("/run/outside", "/run/outside: Permission denied"),
        (None, "file: Permission denied"),
        (7, "file: Permission denied"),
    ],
)
def test_a_file_is_named_after_the_option_that_led_to_it(path, words):
    module = Module(snapshot=None, replay="/run/answers.json", dest="/run/out", name="")
    assert said(module, OSError(errno.EACCES, "Permission denied", path)) == ("file", words)


def test_what_no_option_may_hold_is_refused_before_anything_is_done():
    assert said(Module(name="a\0b")) == ("bad_input", "name: a NUL character is not allowed")


@pytest.mark.parametrize("error", [KeyError("pods"), ValueError("not enough values to unpack"), RecursionError("deep")])
def test_a_bug_is_one_line_with_the_traceback_at_hand(error):
    module = Module()
    reason, message = said(module, error)
    assert (reason, message) == (
        "bug",
        f"this is a bug of kubewire.netdebug, please report it: {type(error).__name__}: {error}",
    )
    assert "in fail\n    raise error" in module.result["exception"]


def test_what_a_user_did_wrong_is_no_bug():
    assert said(Module(), BadInput("limit: -1 is not allowed")) == ("bad_input", "limit: -1 is not allowed")
