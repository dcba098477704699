# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of the ways in survive their file."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Gateway,
    GatewayRoute,
    Ingress,
    IngressPath,
    Listener,
    Parent,
    Route,
    RouteBackend,
)

PATH = IngressPath("a.lab", "/x", "web", "80", "back", "Exact", ("method GET",), others=(RouteBackend("new", "81"),))


@pytest.mark.parametrize(
    "record",
    [
        Ingress("shop", "web", paths=(PATH,), annotations={"kubernetes.io/ingress.allow-http": "false"}),
        Gateway("infra", "gw", listeners=(Listener("web", 80),)),
        GatewayRoute("shop", "r", ("a.lab",), (Parent("shop/web", kind="Service"),), (PATH,)),
        Route("shop", "r", PATH, "edge"),
    ],
)
def test_a_record_survives_its_file(record):
    assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record


def test_a_path_of_an_earlier_version_is_read():
    assert IngressPath.from_dict({"host": "a.lab", "service": "web", "port": "80"}) == IngressPath(
        "a.lab", "/", "web", "80"
    )
