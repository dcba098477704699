# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What TLS libraries say of a certificate, a handshake and the other end's protocol."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The SSL connection could not be established: The remote certificate is invalid", "tls_untrusted"),
        ("x509: certificate relies on legacy Common Name field, use SANs instead", "tls_wrong_name"),
        ("invalid peer certificate: Expired", "tls_expired"),
        ("net/http: TLS handshake timeout", "tls_timeout"),
        ("SSL_do_handshake() failed (SSL: error:1417A0C1:SSL routines:no shared cipher)", "tls_handshake"),
        ("received corrupt message of type InvalidContentType", "wrong_protocol"),
        ("Cannot determine the frame size or a corrupted frame was received.", "wrong_protocol"),
        ("SSL is not enabled on the server", "wrong_protocol"),
    ],
)
def test_a_certificate_is_told_before_the_handshake(text: str, kind: str):
    assert parse(text).kind == kind
