# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wordings of errors: the more specific one decides."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors import patterns as error_patterns
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.classes import ERROR_CLASSES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse

#: Classes that the parser gives itself: by what is asked, and by a status code.
OWN = {"loopback", "no_kubeconfig", "http_4xx", "http_5xx"}


def test_every_class_has_a_wording():
    named = {name for name, _pattern in (*error_patterns.BEFORE_STATUS, *error_patterns.AFTER_STATUS)}
    assert named | OWN == ERROR_CLASSES.keys()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Failed to pull image: dial tcp: lookup registry: no such host", "image_pull"),
        ("lookup web on 10.96.0.10:53: read udp 10.1.1.1:5->10.96.0.10:53: i/o timeout", "dns_timeout"),
        ("read tcp 10.1.1.1:5->10.96.1.2:80: i/o timeout", "timeout"),
        ("Client.Timeout exceeded while awaiting headers", "answer_timeout"),
        ("request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)", "timeout"),
        ("('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))", "closed"),
        ("('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))", "reset"),
        ("Name or service not known", "dns_nxdomain"),
        ("curl: (6) Could not resolve host: web", "name_unresolved"),
        ("HTTP/1.1 503 Service Unavailable", "http_5xx"),
        ("no healthy upstream (503)", "no_endpoint"),
        ("ERROR 404: Not Found.", "http_4xx"),
    ],
)
def test_the_more_specific_wording_decides(text: str, kind: str):
    assert parse(text).kind == kind
