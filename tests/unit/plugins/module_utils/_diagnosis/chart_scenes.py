# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop behind an Ingress: its controller, and a check of its host and path."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Balancer,
    Endpoint,
    EndpointSlice,
    Service,
    ServicePort,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Ingress,
    IngressClass,
    IngressPath,
)

from . import scenes

ADDRESS = "198.18.0.200"
CLASS = IngressClass("edge", "example.com/edge")
PATH = IngressPath("shop.lab", "/", "web", "80", path_type="Prefix", field="spec.rules[0].http.paths[0]")
INGRESS = Ingress("shop", "web", "edge", (ADDRESS,), (PATH,), created="2026-11-01T00:00:00Z")
CONTROLLER = scenes.pod("edge-b975c9b8d-x", 50, app="edge", namespace="edge")
EDGE = Service(
    "edge",
    "edge",
    "LoadBalancer",
    ("10.96.0.50",),
    (ServicePort(80, target_port="8080"),),
    {"app": "edge"},
    balancers=(Balancer(ADDRESS),),
)


def with_path(**more: t.Any) -> Ingress:
    """The Ingress with its path changed."""
    return dataclasses.replace(INGRESS, paths=(dataclasses.replace(PATH, **more),))


def snapshot(*ingresses: Ingress) -> Snapshot:
    """The shop with Ingresses and their controller."""
    seen = scenes.snapshot(ingresses=ingresses or (INGRESS,), ingress_classes=(CLASS,))
    there = EndpointSlice("edge", "edge", "IPv4", (ServicePort(8080),), (Endpoint(CONTROLLER.ips),))
    seen = dataclasses.replace(seen, endpoint_slices=(*seen.endpoint_slices, there))
    return dataclasses.replace(seen, pods=(*seen.pods, CONTROLLER), services=(scenes.SERVICE, EDGE))


def asked(outcome: str, asked: str = "http://shop.lab:80/") -> scenes.Report:
    """A report in which the host and path fails."""
    name = f"{PATH.host}{PATH.path}"
    target = {"id": f"ingress/shop/web/{name}:80", "kind": "ingress", "name": "web"}
    target = {**target, "namespace": "shop", "port": 80, "port_name": name}
    report = scenes.Report()
    report.ask(target, outcome, "fail", model="pod_to_ingress", protocol="http", asked=asked)
    return report
