# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the API's JSON to the model: one function for each kind, none of them asks anything."""

from __future__ import annotations

from . import check
from .fields import Json, boolean, int_or_string, integer, mapping, mappings, port_of, string, string_map, strings
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

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_OLD_CLASS = "kubernetes.io/ingress.class"
_ROLE = "node-role.kubernetes.io/"


def meta_of(item: Json) -> Json:
    """The metadata of an object."""
    return mapping(item, "metadata")


def spec_of(item: Json) -> Json:
    """What is wanted of an object."""
    return mapping(item, "spec")


def status_of(item: Json) -> Json:
    """What became of an object."""
    return mapping(item, "status")


def identity_of(item: Json) -> dict[str, str]:
    """Namespace and name of an object."""
    return {"namespace": string(item, "metadata", "namespace"), "name": string(item, "metadata", "name")}


def pod(item: Json) -> Pod:
    """Read a C(v1/Pod)."""
    meta, spec, status = meta_of(item), spec_of(item), status_of(item)
    own, first = mappings(status, "containerStatuses"), mappings(status, "initContainerStatuses")
    statuses = {string(entry, "name"): entry for entry in (*own, *first)}
    # A native sidecar (KEP-753) is an init container that keeps running: traffic meets it like any other.
    sidecars = [entry for entry in mappings(spec, "initContainers") if entry.get("restartPolicy") == "Always"]
    containers = tuple(
        _container(entry, statuses.get(string(entry, "name"), {}))
        for entry in (*mappings(spec, "containers"), *sidecars)
    )
    owner = next((ref for ref in mappings(meta, "ownerReferences") if ref.get("controller")), None)
    wanted = string(meta, "annotations", _DEFAULT_CONTAINER)
    names = [container.name for container in containers]
    return Pod(
        **identity_of(item),
        uid=string(meta, "uid"),
        node=string(spec, "nodeName"),
        ips=_addresses(status, "podIPs"),
        # status.hostIPs is there from Kubernetes 1.30 on (KEP-2681).
        host_ips=_addresses(status, "hostIPs") or check.addresses(filter(None, [string(status, "hostIP")]), "hostIP"),
        phase=string(status, "phase"),
        ready=condition(status, "Ready").get("status") == "True",
        status=_pod_status(meta, status),
        deleting="deletionTimestamp" in meta,
        host_network=bool(boolean(spec, "hostNetwork")),
        restarts=sum(integer(entry, "restartCount") for entry in own),
        created=string(meta, "creationTimestamp"),
        labels=string_map(meta, "labels"),
        owner=f"{string(owner, 'kind')}/{string(owner, 'name')}" if owner else "",
        default_container=wanted if wanted in names else (names[0] if names else ""),
        containers=containers,
    )


def _addresses(status: Json, name: str) -> tuple[str, ...]:
    found = (string(entry, "ip") for entry in mappings(status, name))
    return check.addresses(filter(None, found), f"status.{name}")


def _container(spec: Json, status: Json) -> Container:
    paths: dict[str, str] = {}
    https = []
    for probe in ("livenessProbe", "startupProbe", "readinessProbe"):
        http_get = mapping(spec, probe, "httpGet")
        if http_get:
            port = int_or_string(http_get, "port")
            paths[port] = string(http_get, "path") or "/"
            if http_get.get("scheme") == "HTTPS":
                https.append(port)
    state = mapping(status, "state")
    return Container(
        name=string(spec, "name"),
        image=string(spec, "image"),
        image_id=string(status, "imageID"),
        ports=tuple(
            ContainerPort(port_of(entry, "containerPort"), string(entry, "name"), string(entry, "protocol") or "TCP")
            for entry in mappings(spec, "ports")
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
        return f"{string(state, 'terminated', 'reason') or 'Terminated'} (exit code {_exit_code(state)})"
    return string(state, "waiting", "reason") or "not started"


def _exit_code(state: Json) -> int:
    return integer(state, "terminated", "exitCode")


def _pod_status(meta: Json, status: Json) -> str:
    """The STATUS column, as printers.go of kubectl derives it, for the cases that matter here."""
    if "deletionTimestamp" in meta:
        return "Terminating"
    for entry in (*mappings(status, "initContainerStatuses"), *mappings(status, "containerStatuses")):
        state = mapping(entry, "state")
        waiting = string(state, "waiting", "reason")
        if waiting and waiting not in ("PodInitializing", "ContainerCreating"):
            return waiting
        if _exit_code(state):
            return string(state, "terminated", "reason") or "Error"
    if status.get("phase") == "Succeeded":
        return "Completed"
    return string(status, "reason") or string(status, "phase") or "Unknown"


def condition(status: Json, kind: str) -> Json:
    """A condition of a status by its type; empty where it has none."""
    return next((entry for entry in mappings(status, "conditions") if entry.get("type") == kind), {})


def service(item: Json) -> Service:
    """Read a C(v1/Service)."""
    spec = spec_of(item)
    cluster_ips = strings(spec, "clusterIPs") or (string(spec, "clusterIP"),)
    return Service(
        **identity_of(item),
        type=string(spec, "type") or "ClusterIP",
        cluster_ips=check.addresses((each for each in cluster_ips if each not in ("", "None")), "spec.clusterIPs"),
        ports=tuple(
            ServicePort(
                port=port_of(entry, "port"),
                name=string(entry, "name"),
                protocol=string(entry, "protocol") or "TCP",
                target_port=int_or_string(entry, "targetPort") or str(port_of(entry, "port")),
                node_port=port_of(entry, "nodePort"),
                app_protocol=string(entry, "appProtocol"),
            )
            for entry in mappings(spec, "ports")
        ),
        selector=string_map(spec, "selector"),
        external_name=string(spec, "externalName"),
        external_ips=strings(spec, "externalIPs"),
        balancers=tuple(
            Balancer(string(entry, "ip"), string(entry, "hostname"), string(entry, "ipMode") or "VIP")
            for entry in mappings(item, "status", "loadBalancer", "ingress")
            if entry.get("ip") or entry.get("hostname")
        ),
        external_traffic_policy=string(spec, "externalTrafficPolicy") or "Cluster",
        internal_traffic_policy=string(spec, "internalTrafficPolicy") or "Cluster",
        session_affinity=string(spec, "sessionAffinity") or "None",
        publish_not_ready_addresses=bool(boolean(spec, "publishNotReadyAddresses")),
        health_check_node_port=port_of(spec, "healthCheckNodePort"),
        created=string(meta_of(item), "creationTimestamp"),
    )


def endpoint_slice(item: Json) -> EndpointSlice:
    """Read a C(discovery.k8s.io/v1/EndpointSlice); an unset C(ready) or C(serving) means yes."""
    endpoints = tuple(map(_endpoint, mappings(item, "endpoints")))
    if string(item, "addressType") != "FQDN":
        check.addresses((address for each in endpoints for address in each.addresses), "endpoints[].addresses")
    return EndpointSlice(
        namespace=identity_of(item)["namespace"],
        service=string(item, "metadata", "labels", "kubernetes.io/service-name"),
        address_type=string(item, "addressType"),
        ports=tuple(
            ServicePort(
                port=port_of(entry, "port"), name=string(entry, "name"), protocol=string(entry, "protocol") or "TCP"
            )
            for entry in mappings(item, "ports")
            if entry.get("port")
        ),
        endpoints=endpoints,
    )


def _endpoint(entry: Json) -> Endpoint:
    return Endpoint(
        addresses=strings(entry, "addresses"),
        ready=boolean(entry, "conditions", "ready") is not False,
        serving=boolean(entry, "conditions", "serving") is not False,
        terminating=bool(boolean(entry, "conditions", "terminating")),
        node=string(entry, "nodeName"),
        pod=string(entry, "targetRef", "name") if string(entry, "targetRef", "kind") in ("", "Pod") else "",
        hostname=string(entry, "hostname"),
    )


def node(item: Json) -> Node:
    """Read a C(v1/Node); of its addresses, those that are one: C(InternalIP) may hold a name."""
    meta, status = meta_of(item), status_of(item)
    info = mapping(status, "nodeInfo")
    readiness = condition(status, "Ready")
    ready = readiness.get("status") == "True"
    labels = string_map(meta, "labels")

    def addresses(kind: str) -> tuple[str, ...]:
        given = (string(entry, "address") for entry in mappings(status, "addresses") if entry.get("type") == kind)
        return tuple(filter(check.is_ip, given))

    words = ["Ready" if ready else "NotReady"]
    if boolean(spec_of(item), "unschedulable"):
        words.append("SchedulingDisabled")
    said = string(readiness, "message") or string(readiness, "reason")
    return Node(
        name=string(meta, "name"),
        ready=ready,
        status=",".join(words),
        reason="" if ready else said or "no Ready condition",
        roles=tuple(sorted(label[len(_ROLE) :] for label in labels if label.startswith(_ROLE))),
        internal_ips=addresses("InternalIP"),
        external_ips=addresses("ExternalIP"),
        pod_cidrs=strings(spec_of(item), "podCIDRs"),
        version=string(info, "kubeletVersion"),
        os_image=string(info, "osImage"),
        kernel=string(info, "kernelVersion"),
        runtime=string(info, "containerRuntimeVersion"),
        created=string(meta, "creationTimestamp"),
        labels=labels,
    )


def ingress(item: Json) -> Ingress:
    """Read a C(networking.k8s.io/v1/Ingress); the default backend is a path without a host."""
    meta, spec = meta_of(item), spec_of(item)
    paths = [
        _ingress_path(string(rule, "host"), string(entry, "path") or "/", mapping(entry, "backend"))
        for rule in mappings(spec, "rules")
        for entry in mappings(rule, "http", "paths")
    ]
    if mapping(spec, "defaultBackend"):
        paths.append(_ingress_path("", "/", mapping(spec, "defaultBackend")))
    tls = mappings(spec, "tls")
    balancer = mappings(item, "status", "loadBalancer", "ingress")
    return Ingress(
        **identity_of(item),
        ingress_class=string(spec, "ingressClassName") or string(meta, "annotations", _OLD_CLASS),
        addresses=tuple(filter(None, (string(entry, "ip") or string(entry, "hostname") for entry in balancer))),
        paths=tuple(paths),
        tls_hosts=tuple(host for entry in tls for host in strings(entry, "hosts")),
        tls=bool(tls),
        created=string(meta, "creationTimestamp"),
    )


def _ingress_path(host: str, path: str, backend: Json) -> IngressPath:
    port = mapping(backend, "service", "port")
    number = str(port_of(port, "number") or "")
    return IngressPath(host, path, string(backend, "service", "name"), string(port, "name") or number)


def ingress_class(item: Json) -> IngressClass:
    """Read a C(networking.k8s.io/v1/IngressClass)."""
    return IngressClass(
        name=identity_of(item)["name"],
        controller=string(spec_of(item), "controller"),
        default=string(meta_of(item), "annotations", _DEFAULT_CLASS) == "true",
    )


def network_policy(item: Json) -> NetworkPolicy:
    """Read a C(networking.k8s.io/v1/NetworkPolicy)."""
    return NetworkPolicy(**identity_of(item), spec=check.policy(spec_of(item)))


def namespace(item: Json) -> Namespace:
    """Read a C(v1/Namespace)."""
    return Namespace(identity_of(item)["name"], string(status_of(item), "phase"), string_map(meta_of(item), "labels"))
