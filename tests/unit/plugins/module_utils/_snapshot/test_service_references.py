# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which headless Services the Pods name with a port, and that nothing else of their environment is kept."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse, service_references
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import ServiceReference
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

PORTS = [{"port": 80, "targetPort": 8080}, {"port": 443, "targetPort": 8443, "name": "tls"}]
SERVICES = [
    parse.service(each)
    for each in (
        cluster.service("store", ports=PORTS, clusterIPs=["None"]),
        cluster.service("web", "10.96.0.5", ports=[{"port": 80}]),
    )
]


def found(*words, where="args", namespace="shop"):
    part = {"env": [{"name": "URL", "value": word} for word in words]} if where == "env" else {where: list(words)}
    pod = {"spec": {"containers": [{"name": "app", **part}]}}
    references = service_references.find({f"{namespace}/web-1": service_references.dialled(pod)}, SERVICES)
    assert {each.pod for each in references} <= {f"{namespace}/web-1"}
    return [(each.service, each.port) for each in references]


@pytest.mark.parametrize("where", ["args", "command", "env"])
@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("store:80", 80),
        ("http://store/items?page=2", 80),
        ("https://store.shop.svc.cluster.local./", 443),
        ("--upstream=store.shop:80", 80),
        ("postgres://user:5432@store:443/db", 443),
        ("wget -qO- 'http://store-0.store.shop.svc:80/'; sleep 1", 80),
        ("a=store.other:80,STORE:443", 443),
    ],
)
def test_a_service_by_its_name_and_a_port_that_it_declares(text, port, where):
    assert found(text, where=where) == [("shop/store", port)]


@pytest.mark.parametrize(
    "text",
    ["store", "store:8080", "store.other:80", "web:80", "http://store.example.com", "store:800000", "store:80:80", ""],
)
def test_anything_else_is_not_kept(text):
    assert found(text) == []


def test_a_bare_name_is_one_of_the_pods_own_namespace():
    assert found("store:80", namespace="other") == []
    assert found("store.shop:80", namespace="other") == [("shop/store", 80)]


@pytest.mark.parametrize("spec", [{"containers": [{"args": [7]}]}, {"containers": 7}, None])
def test_a_pod_that_cannot_be_read_names_nothing(spec):
    assert service_references.dialled({"spec": spec}) == frozenset()


def test_long_texts_end():
    assert found("a-" * 5_000_000) == []
    assert found("a.b" * 1000 + "_:80", "store:80") == [("shop/store", 80)]


def test_the_record():
    assert ServiceReference.from_dict(ServiceReference("shop/store", 80, "shop/web-1").to_dict()).port == 80
