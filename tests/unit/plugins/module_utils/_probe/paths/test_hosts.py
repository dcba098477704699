# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths to a host of the user's own, which may be a Service, a Pod or a node after all."""

from __future__ import annotations

import pytest

from ..path_of import paths_of


@pytest.mark.parametrize(
    ("host", "decided_by", "owner"),
    [
        ("10.0.2.1", "the option targets", "shop/web-2"),
        ("198.18.0.12", "the option targets", "w2"),
        ("10.96.0.6", "Service shop/db", "shop/db-1"),
        ("192.0.2.1", "the option targets", ""),
        ("www.example.com", "the option targets", ""),
    ],
)
def test_an_address_is_what_has_it(host, decided_by, owner):
    port = 5432 if host == "10.96.0.6" else 8080
    found = paths_of("pod_to_internet", asked=[{"host": host, "port": port}], source="shop/web-1")
    (path,) = found.values()
    (end,) = path.ends
    assert path.decided_by == decided_by
    assert (end.peer.pod.id if end.peer.pod else end.peer.node) == owner
    assert end.port == port
    assert end.peer.addresses == (
        () if host.startswith("www") else (end.peer.pod.ips[0] if owner.startswith("shop/db") else host,)
    )
