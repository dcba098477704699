# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop behind an Ingress: its controller, and a check of its host and path."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Endpoint,
    EndpointSlice,
    ServicePort,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Ingress,
)

from . import entry_scenes, scenes
from .entry_scenes import CLASS, CONTROLLER, INGRESS, PATH, with_path

__all__ = ("CONTROLLER", "with_path")

#: The controller that listens to HTTP alone.
EDGE = dataclasses.replace(entry_scenes.EDGE, ports=entry_scenes.EDGE.ports[:1])


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
