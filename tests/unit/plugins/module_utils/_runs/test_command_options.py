# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands may be."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import command_options

PARAMS = {
    "argv": None,
    "commands": None,
    "stdin": None,
    "deadline": 30.0,
    "limit": None,
    "concurrency": 16,
    "dest": None,
    "changes": False,
}


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"deadline": 0.0}, "^deadline: 0 "),
        ({"deadline": float("nan")}, "^deadline"),
        ({"limit": -1}, "^limit"),
        ({"concurrency": 33}, "^concurrency: 33 is not allowed; it must be from 1 to 32"),
        ({"argv": []}, "^argv of command 1 is empty"),
        ({"argv": [""]}, "^argv of command 1 is empty"),
        ({"argv": ["a", "b\0c"]}, "NUL"),
        ({"argv": ["x" * 4096]}, "^argv of command 1 begins with a name of more than 4095 bytes"),
        ({"argv": ["a", "\udcff"]}, "Unicode"),
        ({"argv": ["a"], "stdin": "\udcff"}, "^stdin"),
        ({"commands": [{"name": "x", "argv": ["a"]}, {"name": "y", "argv": []}]}, "^commands: argv of command 2"),
    ],
)
def test_what_no_program_can_be_given_is_refused(params, words):
    with pytest.raises(ValueError, match=words):
        command_options.read_commands({**PARAMS, **params})
