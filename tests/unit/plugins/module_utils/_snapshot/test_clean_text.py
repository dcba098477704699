# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of logs and messages, what looks like a secret is not kept, and what tells a cause is."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.clean_text import REDACTED, clean

KEPT = (
    "missing DB_HOST",
    'secret "web-tls" not found',
    "couldn't find key password in Secret shop/credentials",
    "FATAL: password authentication failed for user",
    "failed to authorize: failed to fetch anonymous token: unexpected status from GET request: 401 Unauthorized",
    "pull access denied, repository does not exist or may require authorization: server message: "
    "insufficient_scope: authorization failed",
    "0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 2 Insufficient cpu.",
    'Get "http://10.244.1.7:8080/health": dial tcp 10.244.1.7:8080: connect: connection refused',
    "image registry.lab:5000/shop-frontend@sha256:3b1f0e2d4c5b6a798081726354657687980a1b2c3d4e5f60718293a4b5c6d7e8f",
    "Back-off restarting failed container web in pod web-5cdd98b5bf-75vh4_shop(caf938ec-8888-4785-878f-cc3aa393b43a)",
    "volume pvc-6f1d8a5e-9c9f-4a6e-8d2b-1f6f3f0f7a11 is not bound",
)
SECRETS = (
    "DB_PASSWORD={}",
    "password: {}",
    '{{"apiToken": "{}"}}',
    "--access-key={} --verbose",
    "secret={}",
    "token: {}",
    "postgres://bob:{}@db:5432/shop",
    "Authorization: Bearer {}",
    "authorization: basic {}",
)


@pytest.mark.parametrize("text", KEPT)
def test_what_tells_a_cause_is_kept(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("form", SECRETS)
@pytest.mark.parametrize("value", ["hunter2-swordfish", "S3cr3t0Value/with+signs="])
def test_what_looks_like_a_secret_is_not_kept(form: str, value: str) -> None:
    line = clean(f"starting: {form.format(value)} (try 3)")
    assert value not in line
    assert REDACTED in line
    assert line.startswith("starting:")


@pytest.mark.parametrize(
    "text",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "wJalrXUtnFEMI7K7MDENGbPxRfiCYEXAMPLEKEY12",
        "-----BEGIN RSA PRIVATE KEY----- MIIEpAIBAAKCAQEA -----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY----- MIIEpAIBAAKCAQEA",
    ],
)
def test_tokens_and_keys_are_known_by_their_form(text: str) -> None:
    assert clean(f"got {text}") == f"got {REDACTED}"


def test_one_line_that_moves_no_cursor_and_has_an_end() -> None:
    assert clean("\x1b[31mred\x1b[0m\n\tnext\x07 line\u202e") == "red next line"
    assert clean("\x1b]0;title\x07text") == "text"
    assert len(clean("x " * 5000, 100)) == 100
    assert clean("x " * 5000, 100).endswith("\u2026")


def test_a_text_of_any_kind_takes_no_time() -> None:
    for text in ("password=" * 2000, "a" * 20000, "eyJ" * 5000, "=:" * 9000, '"' * 20000, "-----BEGIN " * 1500):
        assert len(clean(text)) <= 1024
