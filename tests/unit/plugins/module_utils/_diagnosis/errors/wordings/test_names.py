# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What resolvers say of a name."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("getaddrinfo: Name or service not known", "dns_nxdomain"),
        ('could not translate host name "db" to address: Try again', "dns_servfail"),
        ("tcp connect: non-existing domain - :nxdomain", "dns_nxdomain"),
        ("C-ares status is not ARES_SUCCESS: Could not contact DNS servers", "dns_timeout"),
        ("The requested name is valid, but no data of the requested type was found", "dns_nodata"),
        ("*** Can't find web: No answer", "dns_nodata"),
        ("Failed to resolve 'kafka:9092': Try again (after 5004ms in state CONNECT)", "dns_servfail"),
        ("java.nio.channels.UnresolvedAddressException", "name_unresolved"),
        ("error trying to connect: dns error: failed to lookup address information: Invalid flags", "name_unresolved"),
        ("read udp 10.1.1.1:5->10.96.0.10:53: i/o timeout", "dns_timeout"),
        ("[ERROR] plugin/errors: 2 a. HINFO: unreachable backend: no upstream host", "dns_servfail"),
    ],
)
def test_a_name_is_told_by_the_words_of_every_resolver(text: str, kind: str):
    assert parse(text).kind == kind


@pytest.mark.parametrize("what", ["the instance version", "dependencies for project a:b:jar", "the image path"])
def test_other_things_than_names_are_resolved_too(what: str):
    assert parse(f"Could not resolve {what}").kind != "name_unresolved"
