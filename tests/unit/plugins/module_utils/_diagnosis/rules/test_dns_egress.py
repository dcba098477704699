# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection that a policy opens by a name needs lookups as well."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import closings
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    dns_egress,
    dns_view,
    policy_fixes,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import NetworkPolicy

from .. import scenes, scenes_dns
from ..scenes import CLIENT, WEB
from .test_dns_policies import BOTH, DNS_PODS, NAMESPACES, TO_WEB, policy


def case_of(*own: NetworkPolicy) -> t.Any:
    return scenes.case(scenes_dns.snapshot(network_policies=own, namespaces=NAMESPACES))


POLICIES: dict[str, tuple[NetworkPolicy, ...]] = {
    "nothing": (policy(),),
    "dns": (policy({"to": [DNS_PODS], "ports": BOTH}),),
    "web": (policy(TO_WEB),),
}


@pytest.mark.parametrize(("name", "is_closed"), [("nothing", True), ("dns", False), ("web", True)])
def test_what_is_opened_holds_lookups_where_they_are_closed(name: str, is_closed: bool):
    own = POLICIES[name]
    case = case_of(*own)
    assert bool(dns_egress.closed(case, dns_view.of(case), CLIENT, "UDP")) == is_closed
    closing = closings.Closing(policy(), "Egress", closings.Connection(CLIENT, WEB[0], "TCP", 8080, ""))
    fix = policy_fixes.open_it(case, closing)
    spec = json.loads(fix.command.partition("'")[2].rpartition("'")[0])["spec"]
    assert ("lookups" in fix.text, len(spec["egress"])) == (is_closed, 1 + is_closed)
    opened = case_of(*own, NetworkPolicy("shop", "allow", spec))
    assert not dns_egress.closed(opened, dns_view.of(opened), CLIENT, "UDP")


def test_a_connection_to_the_dns_itself_needs_one_rule():
    case = case_of(policy())
    server = dns_view.of(case).pods[0]
    closing = closings.Closing(policy(), "Egress", closings.Connection(CLIENT, server, "UDP", 53, ""))
    command = policy_fixes.open_it(case, closing).command
    assert len(json.loads(command.partition("'")[2].rpartition("'")[0])["spec"]["egress"]) == 1
