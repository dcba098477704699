# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the API's JSON to the model: one function for each kind, none of them asks anything."""

from __future__ import annotations

import typing as t

from .model import (
    Balancer,
    Container,
    ContainerPort,
    Endpoint,
    EndpointSlice,
    Ingress,
    IngressClass,
    IngressPath,
    Namespace,
    NetworkPolicy,
    Node,
    Pod,
    Service,
    ServicePort,
)

Json = dict[str, t.Any]

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_OLD_CLASS = "kubernetes.io/ingress.class"
_ROLE = "node-role.kubernetes.io/"


def meta_of(item: Json) -> Json:
    """The metadata of an object."""
    return t.cast(Json, item.get("metadata") or {})


def spec_of(item: Json) -> Json:
    """What is wanted of an object."""
    return t.cast(Json, item.get("spec") or {})


def status_of(item: Json) -> Json:
    """What became of an object."""
    return t.cast(Json, item.get("status") or {})


def pod(item: Json) -> Pod:
    """Read a C(v1/Pod)."""
    meta, spec, status = meta_of(item), spec_of(item), status_of(item)
    statuses = {entry["name"]: entry for entry in status.get("containerStatuses") or []}
    # A native sidecar (KEP-753) is an init container that keeps running: traffic meets it like any other.
    sidecars = [entry for entry in spec.get("initContainers") or [] if entry.get("restartPolicy") == "Always"]
    statuses.update({entry["name"]: entry for entry in status.get("initContainerStatuses") or []})
    containers = tuple(
        _container(entry, statuses.get(entry["name"], {})) for entry in [*(spec.get("containers") or []), *sidecars]
    )
    owner = next((ref for ref in meta.get("ownerReferences") or [] if ref.get("controller")), None)
    wanted = (meta.get("annotations") or {}).get(_DEFAULT_CONTAINER, "")
    names = [container.name for container in containers]
    return Pod(
        namespace=meta.get("namespace", ""),
        name=meta.get("name", ""),
        node=spec.get("nodeName") or "",
        ips=tuple(entry["ip"] for entry in status.get("podIPs") or [] if entry.get("ip")),
        phase=status.get("phase", ""),
        ready=condition(status, "Ready").get("status") == "True",
        status=_pod_status(meta, status),
        deleting="deletionTimestamp" in meta,
        host_network=bool(spec.get("hostNetwork")),
        restarts=sum(entry.get("restartCount", 0) for entry in status.get("containerStatuses") or []),
        created=meta.get("creationTimestamp") or "",
        labels=meta.get("labels") or {},
        owner=f"{owner['kind']}/{owner['name']}" if owner else "",
        default_container=wanted if wanted in names else (names[0] if names else ""),
        containers=containers,
    )


def _container(spec: Json, status: Json) -> Container:
    paths: dict[str, str] = {}
    https = []
    for probe in ("livenessProbe", "startupProbe", "readinessProbe"):
        http_get = (spec.get(probe) or {}).get("httpGet")
        if http_get:
            paths[str(http_get.get("port"))] = http_get.get("path") or "/"
            if http_get.get("scheme") == "HTTPS":
                https.append(str(http_get.get("port")))
    state = status.get("state") or {}
    return Container(
        name=spec.get("name", ""),
        image=spec.get("image", ""),
        image_id=status.get("imageID") or "",
        ports=tuple(
            ContainerPort(entry["containerPort"], entry.get("name") or "", entry.get("protocol") or "TCP")
            for entry in spec.get("ports") or []
        ),
        http_paths=paths,
        https_ports=tuple(https),
        running="running" in state,
        state=_container_state(state),
    )


def _container_state(state: Json) -> str:
    if "running" in state:
        return ""
    if "terminated" in state:
        ended = state["terminated"]
        return f"{ended.get('reason') or 'Terminated'} (exit code {ended.get('exitCode')})"
    return t.cast(str, (state.get("waiting") or {}).get("reason") or "not started")


def _pod_status(meta: Json, status: Json) -> str:
    """The STATUS column, as printers.go of kubectl derives it, for the cases that matter here."""
    if "deletionTimestamp" in meta:
        return "Terminating"
    for entry in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        state = entry.get("state") or {}
        waiting = (state.get("waiting") or {}).get("reason")
        if waiting and waiting not in ("PodInitializing", "ContainerCreating"):
            return str(waiting)
        ended = state.get("terminated") or {}
        if ended.get("exitCode"):
            return str(ended.get("reason") or "Error")
    if status.get("phase") == "Succeeded":
        return "Completed"
    return str(status.get("reason") or status.get("phase") or "Unknown")


def condition(status: Json, kind: str) -> Json:
    """A condition of a status by its type; empty where it has none."""
    return next((entry for entry in status.get("conditions") or [] if entry.get("type") == kind), {})


def service(item: Json) -> Service:
    """Read a C(v1/Service)."""
    meta, spec = meta_of(item), spec_of(item)
    balancers = (status_of(item).get("loadBalancer") or {}).get("ingress") or []
    cluster_ips = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return Service(
        namespace=meta.get("namespace", ""),
        name=meta.get("name", ""),
        type=spec.get("type") or "ClusterIP",
        cluster_ips=tuple(address for address in cluster_ips if address and address != "None"),
        ports=tuple(
            ServicePort(
                port=entry["port"],
                name=entry.get("name") or "",
                protocol=entry.get("protocol") or "TCP",
                target_port=str(entry.get("targetPort") or entry["port"]),
                node_port=entry.get("nodePort") or 0,
                app_protocol=entry.get("appProtocol") or "",
            )
            for entry in spec.get("ports") or []
        ),
        selector=spec.get("selector") or {},
        external_name=spec.get("externalName") or "",
        external_ips=tuple(spec.get("externalIPs") or []),
        balancers=tuple(
            Balancer(entry.get("ip") or "", entry.get("hostname") or "", entry.get("ipMode") or "VIP")
            for entry in balancers
        ),
        external_traffic_policy=spec.get("externalTrafficPolicy") or "Cluster",
        internal_traffic_policy=spec.get("internalTrafficPolicy") or "Cluster",
        session_affinity=spec.get("sessionAffinity") or "None",
        publish_not_ready_addresses=bool(spec.get("publishNotReadyAddresses")),
        health_check_node_port=spec.get("healthCheckNodePort") or 0,
        created=meta.get("creationTimestamp") or "",
    )


def endpoint_slice(item: Json) -> EndpointSlice:
    """Read a C(discovery.k8s.io/v1/EndpointSlice); an unset C(ready) or C(serving) means yes."""
    meta = meta_of(item)
    return EndpointSlice(
        namespace=meta.get("namespace", ""),
        service=(meta.get("labels") or {}).get("kubernetes.io/service-name", ""),
        address_type=item.get("addressType", ""),
        ports=tuple(
            ServicePort(port=entry["port"], name=entry.get("name") or "", protocol=entry.get("protocol") or "TCP")
            for entry in item.get("ports") or []
            if entry.get("port")
        ),
        endpoints=tuple(
            Endpoint(
                addresses=tuple(entry.get("addresses") or []),
                ready=(entry.get("conditions") or {}).get("ready") is not False,
                serving=(entry.get("conditions") or {}).get("serving") is not False,
                terminating=bool((entry.get("conditions") or {}).get("terminating")),
                node=entry.get("nodeName") or "",
                pod=(entry.get("targetRef") or {}).get("name") or "",
                hostname=entry.get("hostname") or "",
            )
            for entry in item.get("endpoints") or []
        ),
    )


def node(item: Json) -> Node:
    """Read a C(v1/Node)."""
    meta, status = meta_of(item), status_of(item)
    info = status.get("nodeInfo") or {}
    readiness = condition(status, "Ready")
    ready = readiness.get("status") == "True"
    labels = meta.get("labels") or {}

    def addresses(kind: str) -> tuple[str, ...]:
        return tuple(entry["address"] for entry in status.get("addresses") or [] if entry.get("type") == kind)

    words = ["Ready" if ready else "NotReady"]
    if spec_of(item).get("unschedulable"):
        words.append("SchedulingDisabled")
    return Node(
        name=meta.get("name", ""),
        ready=ready,
        status=",".join(words),
        reason="" if ready else str(readiness.get("message") or readiness.get("reason") or "no Ready condition"),
        roles=tuple(sorted(label[len(_ROLE) :] for label in labels if label.startswith(_ROLE))),
        internal_ips=addresses("InternalIP"),
        external_ips=addresses("ExternalIP"),
        pod_cidrs=tuple(spec_of(item).get("podCIDRs") or []),
        version=info.get("kubeletVersion", ""),
        os_image=info.get("osImage", ""),
        kernel=info.get("kernelVersion", ""),
        runtime=info.get("containerRuntimeVersion", ""),
        created=meta.get("creationTimestamp") or "",
        labels=labels,
    )


def ingress(item: Json) -> Ingress:
    """Read a C(networking.k8s.io/v1/Ingress); the default backend is a path without a host."""
    meta, spec = meta_of(item), spec_of(item)
    balancer = (status_of(item).get("loadBalancer") or {}).get("ingress") or []
    paths = [
        _ingress_path(rule.get("host") or "", entry.get("path") or "/", entry.get("backend"))
        for rule in spec.get("rules") or []
        for entry in (rule.get("http") or {}).get("paths") or []
    ]
    if spec.get("defaultBackend"):
        paths.append(_ingress_path("", "/", spec["defaultBackend"]))
    tls = spec.get("tls") or []
    return Ingress(
        namespace=meta.get("namespace", ""),
        name=meta.get("name", ""),
        ingress_class=spec.get("ingressClassName") or (meta.get("annotations") or {}).get(_OLD_CLASS, ""),
        addresses=tuple(filter(None, (entry.get("ip") or entry.get("hostname") for entry in balancer))),
        paths=tuple(paths),
        tls_hosts=tuple(host for entry in tls for host in entry.get("hosts") or []),
        tls=bool(tls),
        created=meta.get("creationTimestamp") or "",
    )


def _ingress_path(host: str, path: str, backend: Json | None) -> IngressPath:
    target = (backend or {}).get("service") or {}
    port = target.get("port") or {}
    return IngressPath(host, path, target.get("name", ""), str(port.get("name") or port.get("number") or ""))


def ingress_class(item: Json) -> IngressClass:
    """Read a C(networking.k8s.io/v1/IngressClass)."""
    meta = meta_of(item)
    return IngressClass(
        name=meta.get("name", ""),
        controller=spec_of(item).get("controller", ""),
        default=(meta.get("annotations") or {}).get(_DEFAULT_CLASS) == "true",
    )


def network_policy(item: Json) -> NetworkPolicy:
    """Read a C(networking.k8s.io/v1/NetworkPolicy)."""
    meta = meta_of(item)
    return NetworkPolicy(meta.get("namespace", ""), meta.get("name", ""), spec_of(item))


def namespace(item: Json) -> Namespace:
    """Read a C(v1/Namespace)."""
    meta = meta_of(item)
    return Namespace(meta.get("name", ""), status_of(item).get("phase", ""), meta.get("labels") or {})
