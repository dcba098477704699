# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""API objects of a small cluster, as an API server gives them."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import KubeProxy

Json = dict[str, t.Any]


def pod(name: str, node: str, *ips: str, ports: t.Sequence[Json] = (), ready: bool = True, **more: t.Any) -> Json:
    """A running Pod with one container C(app); C(more) may hold labels, containers, spec, status, meta."""
    labels = more.get("labels", {"app": name.rsplit("-", 1)[0]})
    containers = more.get("containers") or [{"name": "app", "image": "image:1", "ports": list(ports)}]
    running = [{"name": entry["name"], "state": {"running": {}}, "ready": ready} for entry in containers]
    return {
        "metadata": {"namespace": "shop", "name": name, "labels": labels, **more.get("meta", {})},
        "spec": {"nodeName": node, "containers": containers, **more.get("spec", {})},
        "status": {
            "phase": "Running",
            "podIPs": [{"ip": ip} for ip in ips],
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": running,
            **more.get("status", {}),
        },
    }


def service(name: str, *ips: str, ports: t.Sequence[Json], **spec: t.Any) -> Json:
    return {
        "metadata": {"namespace": "shop", "name": name},
        "spec": {"clusterIPs": list(ips), "selector": {"app": name}, "ports": list(ports), **spec},
    }


def endpoint_slice(service_name: str, family: str, port: Json, *endpoints: tuple[str, str, str, bool]) -> Json:
    """Endpoints are address, node, Pod, ready."""
    return {
        "metadata": {"namespace": "shop", "labels": {"kubernetes.io/service-name": service_name}},
        "addressType": family,
        "ports": [port],
        "endpoints": [
            {"addresses": [ip], "nodeName": node, "targetRef": {"name": name}, "conditions": {"ready": ready}}
            for ip, node, name, ready in endpoints
        ],
    }


def node(name: str, *ips: str, ready: bool = True) -> Json:
    return {
        "metadata": {"name": name},
        "status": {
            "addresses": [{"type": "InternalIP", "address": ip} for ip in ips],
            "conditions": [{"type": "Ready", "status": str(ready), "message": "kubelet is posting ready status"}],
        },
    }


def policy(name: str, **spec: t.Any) -> Json:
    return {"metadata": {"namespace": "shop", "name": name}, "spec": spec}


HTTP = {"containerPort": 8080, "name": "http"}


def snapshot(kube_proxy: KubeProxy | None = None, **lists: t.Sequence[Json]) -> Snapshot:
    """Two web Pods and a database on two nodes, behind two Services; C(lists) replaces kinds."""
    objects: dict[str, t.Sequence[Json]] = {
        "nodes": [node("w1", "198.18.0.11"), node("w2", "198.18.0.12")],
        "pods": [
            pod("web-1", "w1", "10.0.1.1", ports=[HTTP]),
            pod("web-2", "w2", "10.0.2.1", ports=[HTTP]),
            pod("db-1", "w1", "10.0.1.2", ports=[{"containerPort": 5432}]),
        ],
        "services": [
            service("web", "10.96.0.5", ports=[{"port": 80, "targetPort": "http", "nodePort": 30080}], type="NodePort"),
            service("db", "10.96.0.6", ports=[{"port": 5432}]),
        ],
        "endpoint_slices": [
            endpoint_slice(
                "web", "IPv4", {"port": 8080}, ("10.0.1.1", "w1", "web-1", True), ("10.0.2.1", "w2", "web-2", True)
            ),
            endpoint_slice("db", "IPv4", {"port": 5432}, ("10.0.1.2", "w1", "db-1", True)),
        ],
        **lists,
    }
    readers = {"endpoint_slices": "endpoint_slice", "network_policies": "network_policy", "ingresses": "ingress"}
    readers |= {"dns_pods": "pod", "ingress_classes": "ingress_class"}
    return Snapshot(
        taken="2026-11-21T09:00:00Z",
        server="https://198.18.0.2:6443",
        kube_proxy=kube_proxy,
        **{
            kind: tuple(map(getattr(parse, readers.get(kind, kind.removesuffix("s"))), items))
            for kind, items in objects.items()
        },
    )
