# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials do not get into a bundle, and what is none stays as it is."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle.redaction import Redactor
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.clean_text import REDACTED

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMARKER\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "data",
    [
        "postgres://bob:MARKER@db:5432/x",
        "Authorization: Bearer MARKERMARKER",
        f"tls {{\n{KEY}\n}}",
        "-----BEGIN PRIVATE KEY-----\nMARKER",
        "route53 {\n  aws_secret_access_key = MARKER\n}",
        {"csi": {"driver": "x", "volumeAttributes": {"password": "MARKER"}}},
        {"client_secret": "MARKER"},
        {"headers": [{"X-Api-Key": "MARKER"}, {"authorization": "MARKER"}]},
        [["password=MARKER"]],
    ],
)
def test_a_credential_is_replaced(data: t.Any):
    redactor = Redactor()
    found = redactor.data(data)
    assert "MARKER" not in str(found)
    assert REDACTED in str(found)
    assert redactor.count
    again = Redactor()
    assert again.data(found) == found
    assert again.count == 0


@pytest.mark.parametrize(
    "data",
    [
        ".:53 {\n    errors\n    kubernetes cluster.local\n}\n",
        {"unknown": {"secrets": "cannot list secrets: forbidden; grant a Role"}},
        {"labels": {"token": "a", "secret-store": "vault"}, "selector": {"matchLabels": {"token": "a"}}},
        {"references": [{"kind": "Secret", "name": "db", "key": "password"}]},
        {"tls_secrets": ["web-tls"], "secret": "", "image": "web@sha256:0123456789abcdef0123456789abcdef"},
        {"ready": True, "count": 3, "none": None, "number": 1.5},
    ],
)
def test_what_is_none_stays(data: t.Any):
    redactor = Redactor()
    assert redactor.data(data) == data
    assert redactor.count == 0


def test_each_text_and_each_key_is_renamed():
    redactor = Redactor(lambda text: text.replace("shop", "namespace-1"))
    data = {"targets": {"svc/shop/web:80": {"namespace": "shop"}}, "asked": ["web.shop"], "labels": {"shop": "shop"}}
    assert redactor.data(data) == {
        "targets": {"svc/namespace-1/web:80": {"namespace": "namespace-1"}},
        "asked": ["web.namespace-1"],
        "labels": {"namespace-1": "namespace-1"},
    }
