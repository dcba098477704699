# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that may say whose cluster it is."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle import names
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Namespace, Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Gateway,
    GatewayRoute,
    Ingress,
    IngressPath,
    Listener,
    Route,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import scenes

SEEN = scenes.snapshot(
    server="https://api.prod.example.com:6443",
    selected=("shop",),
    namespaces=(Namespace("shop"), Namespace("kube-system"), Namespace("default"), Namespace("openshift-dns")),
    nodes=(Node("worker1.prod.example.com", True),),
    ingresses=(Ingress("shop", "web", paths=(IngressPath("*.apps.example.org"),), tls_hosts=("a.b.example.net",)),),
    gateways=(Gateway("shop", "g", listeners=(Listener("l", 80, host="shop.lab"),), addresses=("10.0.0.1",)),),
    http_routes=(GatewayRoute("shop", "r", hosts=("x.routes.example.com",)),),
    routes=(Route("shop", "o", IngressPath("www.example.info")),),
    services=(dataclasses.replace(scenes.SERVICE, external_name="db.corp.example."),),
)
REPORT = {
    "targets": {
        "a": {"kind": "internet", "name": "www.partner.example"},
        "b": {"kind": "service", "name": "web.shop.svc.cluster.local"},
    }
}


def test_namespaces_that_every_cluster_has_tell_nothing():
    assert names.of(SEEN, {}, names.NAMESPACES) == {"shop"}


def test_nodes_are_those_of_pods_as_well():
    assert names.of(SEEN, {}, names.NODES) == {"worker1.prod.example.com", "w1", "w2"}


def test_of_hosts_the_domain_tells():
    assert names.of(SEEN, REPORT, names.HOSTS) == {
        *("prod.example.com", "apps.example.org", "b.example.net", "shop.lab", "routes.example.com"),
        *("example.info", "corp.example", "partner.example"),
    }


def test_words_of_the_formats_stay():
    assert {"spec", "pods", "namespace", "tcp", "dns", "timeout", "fail", "cause", "svc"} <= names.words()
    assert not {"shop", "web", "vault"} & names.words()
