# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest policy that opens a connection, in either direction, within a namespace and across two."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis import closings
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import policy_fixes
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import NetworkPolicy

from .. import scenes
from ..scenes import CLIENT, WEB

FAR = dataclasses.replace(CLIENT, namespace="other")


def made(direction: str, client: t.Any, address: str = "") -> tuple[closings.Connection, dict[str, t.Any]]:
    deny = NetworkPolicy("shop", "deny", {"podSelector": {}, "policyTypes": [direction]})
    connection = closings.Connection(client, WEB[0], "TCP", 8080, address)
    fix = policy_fixes.open_it(scenes.case(), closings.Closing(deny, direction, connection))
    return connection, json.loads(fix.command.partition("'")[2].rpartition("'")[0])


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
@pytest.mark.parametrize("client", [CLIENT, FAR], ids=["same namespace", "another namespace"])
def test_the_policy_opens_the_connection_and_no_other_port(direction: str, client: t.Any):
    connection, data = made(direction, client)
    space = data["metadata"]["namespace"]
    isolated = NetworkPolicy(space, "deny", {"podSelector": {}, "policyTypes": [direction]})
    opens = NetworkPolicy(space, data["metadata"]["name"], data["spec"])
    seen = scenes.snapshot(network_policies=(isolated, opens))
    case = scenes.case(dataclasses.replace(seen, pods=(*WEB, client)))
    assert not closings.closings(case, connection)
    assert closings.closings(case, dataclasses.replace(connection, port=9090))


def test_an_end_outside_the_cluster_is_named_by_its_address():
    _connection, data = made("Ingress", None, "198.51.100.7")
    assert data["spec"]["ingress"][0]["from"] == [{"ipBlock": {"cidr": "198.51.100.7/32"}}]


def test_a_name_of_a_policy_is_no_longer_than_the_api_takes():
    long = dataclasses.replace(CLIENT, owner=f"StatefulSet/{'x' * 63}")
    assert len(made("Ingress", long)[1]["metadata"]["name"]) <= 63
