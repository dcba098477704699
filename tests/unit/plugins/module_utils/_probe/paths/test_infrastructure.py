# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths to name servers and API servers."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import judged


def test_dns_must_give_the_address_that_the_api_gives():
    right = judged("open", protocol="dns", answers=("10.96.0.6",))
    assert {cell.verdict for cell in right} == {"pass"}
    wrong = judged("open", protocol="dns", answers=("10.96.0.99",))
    assert {(cell.outcome, cell.verdict) for cell in wrong} == {("wrong_peer", "fail")}
    assert "DNS says 10.96.0.99, the API says 10.96.0.6" in wrong[0].reason
