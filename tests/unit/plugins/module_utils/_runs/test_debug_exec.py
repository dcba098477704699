# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer says where a command could not run."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import CommandAnswer
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.debug_exec import _explained


@pytest.mark.parametrize(
    ("exit_class", "hindrance", "message"),
    [
        ("not_found", "", "no cat; pod_debug (ephemeral_attach) runs the tools of another image in the same Pod"),
        ("no_container", "it has ended", "it has ended; no cat"),
        ("no_container", "", "no cat"),
        ("exited", "it has ended", "no cat"),
    ],
)
def test_an_answer_names_what_would_help(exit_class: str, hindrance: str, message: str) -> None:
    answer = CommandAnswer("container", "shop/a/a", "w1", ("cat",), exit_class=exit_class, message="no cat")
    assert _explained(answer, hindrance).message == message
