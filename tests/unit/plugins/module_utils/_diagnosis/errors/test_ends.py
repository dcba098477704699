# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom errors name: in the order of the rows."""

from __future__ import annotations

import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors import ends as error_ends
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse


@pytest.mark.parametrize(
    "pattern",
    [*error_ends.TARGETS, *error_ends.LOOKED_UP, *error_ends.GUESSED, *error_ends.OBJECTS],
    ids=lambda pattern: pattern.pattern[:40],
)
def test_a_pattern_captures_somebody(pattern: re.Pattern[str]):
    assert {"host", "name"} & pattern.groupindex.keys()


@pytest.mark.parametrize(
    ("text", "target"),
    [
        # a proxy asks its upstream, whatever it was asked itself
        (
            'connect() failed (111: x) client: 10.1.1.1, upstream: "http://10.2.2.2:80/", host: "a.example:81"',
            "http://10.2.2.2:80/",
        ),
        # what a client asked by name stands before the address that it became
        ('Get "http://web.shop:80/": dial tcp 10.96.1.2:80: connect: connection refused', "http://web.shop:80/"),
        ("Connection refused: web.shop/10.96.1.2:8080", "web.shop:8080"),
        # a query and a user are left out, they may hold secrets
        ('Get "http://user:pw@web/path?token=x": connection refused', "http://web/path"),
        ("postgresql://shop:pw@db.shop/shop: connection refused", "db.shop:5432"),
        # IPv6
        ("dial tcp [fd00::1]:80: connect: connection refused", "[fd00::1]:80"),
        ("Failed to connect to fd00::1 port 80: Connection refused", "[fd00::1]:80"),
        ("dial udp 10.96.0.10:53: connection refused", "10.96.0.10:53/udp"),
        # what was looked up stands before all others, with the port that another one names, and is no address
        ("Connection to 10.1.1.1:80 failed: getaddrinfo ENOTFOUND db", "db"),
        ("Error -2 connecting to redis:6379. Name or service not known.", "redis:6379"),
        ("dial tcp 10.1.1.1:5: Name or service not known", ""),
        # of one error inside another one, the innermost
        ('Get "http://a/": Get "http://b/": connection refused', "http://b/"),
        # an address that nothing names, unless its port is one that clients get
        ("ledger 10.1.1.1:5432 connection refused", "10.1.1.1:5432"),
        ("ledger 10.1.1.1:51234 connection refused", ""),
        ("localhost.localdomain/127.0.0.1:9042 connection refused", ""),
        ("connect to address 10.1.1.1 and port 81: Connection refused", "10.1.1.1:81"),
        ("error getting target 10.1.1.1: request timeout", "10.1.1.1"),
        # neither a topic, an exception, nor a port of one digit
        ("persistent://public/default: connection refused", ""),
        ("failed: java.io.IOException:80 connection refused", ""),
        ("Connecting to web.shop:8080 (retrying:9): connection refused", "web.shop:8080"),
        # documentation is no target
        ("certificate verify failed. More details here: https://curl.se/docs/sslcerts.html", ""),
        ("12:30:45: connection refused", ""),
    ],
)
def test_the_first_row_that_captures_somebody_decides(text: str, target: str):
    assert parse(text).target == target


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        ("CrashLoopBackOff -n shop", "shop"),
        ("no connection, namespace: shop", "shop"),
        ("no connection, namespace: shop.bus.example", ""),
        ("CrashLoopBackOff --namespace=shop", "shop"),
        ('pods is forbidden: User "a" cannot list resource "pods" in API group "" in the namespace "shop"', "shop"),
        ("Error creating: error looking up service account shop/x: x", "shop"),
    ],
)
def test_a_namespace_is_read(text: str, namespace: str):
    assert parse(text).namespace == namespace
