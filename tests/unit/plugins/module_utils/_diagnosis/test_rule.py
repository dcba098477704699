# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules say what they need, and have a layer."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import Rule


@pytest.mark.parametrize(("code", "layer"), [("POD-01", "Pod"), ("CP-02", "control plane"), ("SVC-12", "Service")])
def test_the_layer_is_that_of_the_code(code: str, layer: str):
    assert Rule(code, "A fault", (), lambda _case: ()).layer == layer
