# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""net_info as Ansible runs it."""

from __future__ import annotations

import pathlib

from ansible_collections.kubewire.netdebug.tests.unit.plugins.modules import secret_options


def test_no_secret_is_shown_and_no_sentence_is_blotted_out(tmp_path: pathlib.Path) -> None:
    secret_options.assert_hidden("net_info", tmp_path)
