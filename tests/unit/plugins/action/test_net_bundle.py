# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of net_bundle: that of net_diagnose, for its own text."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.action import net_bundle, net_diagnose


def test_what_was_packed_is_shown():
    assert net_bundle.ActionModule is net_diagnose.ActionModule
