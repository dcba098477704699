# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts in words that nobody has listed."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("giving up: the ledger's hostname cannot be looked up", "name_unresolved"),
        ("the peer's certificate chain looks bad", "tls_handshake"),
        ("the broker does not accept this password", "authentication"),
        ("we never got to connect to the ledger", "no_connection"),
        ("the connection was dropped by somebody", "closed"),
        ("the pool of the ledger is exhausted", "overloaded"),
        ("LedgerConnectionFailedException", "no_connection"),
        ("LEDGER_LOOKUP_FAILED: host", "name_unresolved"),
        ("the region is unavailable", "application"),
        ("encountered too many errors talking to the ledger", "no_connection"),
        ("failed to invoke the ledger after 3 retries", "no_connection"),
        ("could not flush records to ledger.shop:3100", "no_connection"),
        ("the ledger is too busy", "overloaded"),
        ("none of the configured nodes were there", "no_connection"),
        ("limit of the ledger at 10.1.1.1 reached", "overloaded"),
        ("the ledger exceeded the time limit", "timeout"),
        # what it supposes is not what it saw
        ("the ledger failed. It may be overloaded, or its certificate is bad", ""),
        ("the weather is fine", ""),
    ],
)
def test_what_is_near_a_failure_tells_at_last(text: str, kind: str):
    assert parse(text).kind == kind
