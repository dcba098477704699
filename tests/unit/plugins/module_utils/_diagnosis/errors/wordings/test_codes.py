# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that are named by a code, whoever prints it."""

from __future__ import annotations

import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.classes import ERROR_CLASSES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.wordings import codes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # operating systems
        ("write failed: errno 104", "reset"),
        ("ledger: EHOSTUNREACH", "unreachable"),
        ("ledger said SocketException (10061)", "refused"),
        ("WinError 10060 of the ledger", "timeout"),
        ("ledger: os error 101", "no_route"),
        # databases
        ("ORA-12541", "refused"),
        ("ORA-12514: x", "application"),
        ("TNS-12535", "timeout"),
        ("ERROR 1045 (x): ledger", "authentication"),
        ("ledger: SQLSTATE[08006]", "closed"),
        ("ledger: SQLState: 08001", "no_connection"),
        # queues
        ("MQJE001: Completion Code 2, Reason 2009", "closed"),
        ("MQRC 2035", "authentication"),
        # browsers
        ("net::ERR_NAME_NOT_RESOLVED", "name_unresolved"),
        ("net::ERR_CERT_DATE_INVALID", "tls_expired"),
        ("NS_ERROR_CONNECTION_REFUSED", "refused"),
        ("net::ERR_FAILED", "no_connection"),
        # RPC
        ("ledger: 4 DEADLINE_EXCEEDED: x", "timeout"),
        ("grpc-status: 14", "no_connection"),
        ("StatusCode=ResourceExhausted", "overloaded"),
    ],
)
def test_a_code_tells_the_class(text: str, kind: str):
    assert parse(text).kind == kind


@pytest.mark.parametrize("text", ["ledger has 111 rows", "ORA-00942", "line 104 of the book", "14 unavailable seats"])
def test_another_number_tells_nothing(text: str):
    assert parse(text).kind == ""


def test_each_code_is_of_a_class():
    named = {name for name, _pattern in (*codes.OF_BROWSERS, *codes.OF_DATABASES, *codes.OF_STATES)}
    assert named <= ERROR_CLASSES.keys()


@pytest.mark.parametrize("name", ["refused", "timeout", "dns_servfail", "not_permitted"])
def test_a_class_of_the_system_has_a_pattern(name: str):
    re.compile(codes.system(name))
