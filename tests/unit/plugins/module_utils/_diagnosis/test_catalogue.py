# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: each code once."""

from __future__ import annotations

import collections
import re

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import LAYERS


def test_each_code_is_there_once():
    codes = collections.Counter(rule.code for rule in RULES)
    assert max(codes.values()) == 1


def test_each_code_is_one_of_a_layer():
    for rule in RULES:
        assert re.fullmatch(rf"({'|'.join(LAYERS)})-\d\d", rule.code)
        assert rule.layer in LAYERS.values()
