# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""debug_sweep as Ansible runs it: its rules, and no secret is shown."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.sweep import Rules
from ansible_collections.kubewire.netdebug.plugins.modules import debug_sweep
from ansible_collections.kubewire.netdebug.tests.unit.plugins.modules import secret_options


def test_no_secret_is_shown_and_no_sentence_is_blotted_out(tmp_path: pathlib.Path) -> None:
    secret_options.assert_hidden("debug_sweep", tmp_path)


PARAMS: dict[str, t.Any] = {"namespaces": ["shop"], "older_than": 0, "run_ids": ["r1"]}


def test_options_become_rules() -> None:
    assert debug_sweep.rules(PARAMS) == Rules(0, ("r1",), ("shop",))


@pytest.mark.parametrize(
    ("given", "words"),
    [({"older_than": -1}, "older_than: -1 is not allowed"), ({"namespaces": ["shop", "-x"]}, "namespaces is '-x'")],
)
def test_what_cannot_be_is_named_by_its_option(given: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        debug_sweep.rules({**PARAMS, **given})
