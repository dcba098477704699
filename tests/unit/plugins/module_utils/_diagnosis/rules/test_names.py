# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host in a Pod's settings means."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules.names import service_of

from .. import scenes
from ..scenes import CLIENT


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("web", ("shop", "web")),
        ("web.shop", ("shop", "web")),
        ("WEB.shop.svc", ("shop", "web")),
        ("web.other.svc.cluster.local.", ("other", "web")),
        ("web.other", ("", "")),
        ("web.example.com", ("", "")),
        ("10.0.0.1", ("", "")),
        ("localhost", ("", "")),
        ("a_b", ("", "")),
    ],
)
def test_a_host(host: str, place: tuple[str, str]):
    assert service_of(scenes.case(), CLIENT, host) == place
