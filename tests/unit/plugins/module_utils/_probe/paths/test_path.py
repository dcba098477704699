# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all kinds of paths share: the protocol of policies, and what is outside."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.paths import path
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe


@pytest.mark.parametrize(
    ("protocol", "port", "more", "word"),
    [
        ("tcp", 80, {}, "TCP"),
        ("https", 443, {}, "TCP"),
        ("udp", 53, {}, "UDP"),
        ("sctp", 80, {}, "SCTP"),
        ("icmp", 0, {}, "ICMP"),
        ("dns", 0, {}, "UDP"),
        ("dns", 0, {"transport": "tcp"}, "TCP"),
        ("mtu", 0, {}, "ICMP"),
        ("mtu", 80, {}, "TCP"),
    ],
)
def test_policies_see_the_transport_of_a_probe(protocol, port, more, word):
    assert path.transport(Probe(1, "s", "t", "pod_to_service", protocol, "IPv4", "10.0.0.1", port, **more)) == word
