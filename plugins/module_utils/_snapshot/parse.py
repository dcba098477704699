# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the API's JSON to the model: one function for each kind, none of them asks anything."""

from __future__ import annotations

from . import check, kept_annotations
from .fields import Json, boolean, int_or_string, mapping, mappings, port_of, string, string_map, strings
from .model import (
    Balancer,
    BalancerPort,
    DnsConfig,
    Endpoint,
    EndpointSlice,
    HostAlias,
    Namespace,
    NetworkPolicy,
    Node,
    Pod,
    Service,
    ServicePort,
    Taint,
)
from .model_entries import Ingress, IngressClass, IngressPath
from .parse_containers import containers, once, pod_status, restarts

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
    there = containers(spec, status)
    owner = next((ref for ref in mappings(meta, "ownerReferences") if ref.get("controller")), None)
    wanted = string(meta, "annotations", _DEFAULT_CONTAINER)
    names = [container.name for container in there]
    return Pod(
        **identity_of(item),
        uid=string(meta, "uid"),
        node=string(spec, "nodeName"),
        ips=_addresses(status, "podIPs"),
        # status.hostIPs is there from Kubernetes 1.30 on (KEP-2681).
        host_ips=_addresses(status, "hostIPs") or check.addresses(filter(None, [string(status, "hostIP")]), "hostIP"),
        phase=string(status, "phase"),
        ready=condition(status, "Ready").get("status") == "True",
        status=pod_status(meta, status),
        deleting="deletionTimestamp" in meta,
        host_network=bool(boolean(spec, "hostNetwork")),
        restarts=restarts(spec, status),
        created=string(meta, "creationTimestamp"),
        labels=string_map(meta, "labels"),
        owner=f"{string(owner, 'kind')}/{string(owner, 'name')}" if owner else "",
        default_container=wanted if wanted in names else (names[0] if names else ""),
        containers=there,
        init_containers=once(spec),
        dns_policy=dns_policy(spec),
        dns_config=_dns_config(mapping(spec, "dnsConfig")),
        host_aliases=tuple(
            HostAlias(string(entry, "ip"), strings(entry, "hostnames")) for entry in mappings(spec, "hostAliases")
        ),
        unmet_readiness_gates=tuple(
            gate
            for gate in (string(entry, "conditionType") for entry in mappings(spec, "readinessGates"))
            if condition(status, gate).get("status") != "True"
        ),
        annotations=kept_annotations.kept(meta, kept_annotations.POD),
    )


def dns_policy(spec: Json) -> str:
    """The policy of a Pod, or of a template; empty for C(ClusterFirst)."""
    policy = string(spec, "dnsPolicy")
    return "" if policy == "ClusterFirst" else policy


def _dns_config(found: Json) -> DnsConfig | None:
    if not found:
        return None
    options = ((string(entry, "name"), string(entry, "value")) for entry in mappings(found, "options"))
    return DnsConfig(
        check.addresses(strings(found, "nameservers"), "spec.dnsConfig.nameservers"),
        strings(found, "searches"),
        tuple(f"{name}:{value}" if value else name for name, value in options),
    )


def _addresses(status: Json, name: str) -> tuple[str, ...]:
    found = (string(entry, "ip") for entry in mappings(status, name))
    return check.addresses(filter(None, found), f"status.{name}")


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
            Balancer(
                string(entry, "ip"),
                string(entry, "hostname"),
                string(entry, "ipMode") or "VIP",
                tuple(
                    BalancerPort(port_of(port, "port"), string(port, "protocol") or "TCP", string(port, "error"))
                    for port in mappings(entry, "ports")
                ),
            )
            for entry in mappings(item, "status", "loadBalancer", "ingress")
            if entry.get("ip") or entry.get("hostname")
        ),
        external_traffic_policy=string(spec, "externalTrafficPolicy") or "Cluster",
        internal_traffic_policy=string(spec, "internalTrafficPolicy") or "Cluster",
        session_affinity=string(spec, "sessionAffinity") or "None",
        publish_not_ready_addresses=bool(boolean(spec, "publishNotReadyAddresses")),
        health_check_node_port=port_of(spec, "healthCheckNodePort"),
        ip_families=strings(spec, "ipFamilies"),
        ip_family_policy=string(spec, "ipFamilyPolicy"),
        # The API server allows blanks around a range (pkg/proxy/serviceport.go, newBaseServiceInfo).
        load_balancer_source_ranges=check.networks(
            (text.strip() for text in strings(spec, "loadBalancerSourceRanges")), "spec.loadBalancerSourceRanges"
        ),
        load_balancer_class=string(spec, "loadBalancerClass"),
        load_balancer_ip=string(spec, "loadBalancerIP"),
        allocate_load_balancer_node_ports=boolean(spec, "allocateLoadBalancerNodePorts") is not False,
        traffic_distribution=string(spec, "trafficDistribution"),
        annotations=kept_annotations.kept(meta_of(item), kept_annotations.SERVICE),
        created=string(meta_of(item), "creationTimestamp"),
    )


def endpoint_slice(item: Json) -> EndpointSlice:
    """Read a C(discovery.k8s.io/v1/EndpointSlice); an unset C(ready) or C(serving) means yes."""
    endpoints = tuple(map(_endpoint, mappings(item, "endpoints")))
    if string(item, "addressType") != "FQDN":
        check.addresses((address for each in endpoints for address in each.addresses), "endpoints[].addresses")
    return EndpointSlice(
        **identity_of(item),
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
        managed_by=string(item, "metadata", "labels", "endpointslice.kubernetes.io/managed-by"),
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
        zone=string(entry, "zone"),
        for_zones=tuple(string(hint, "name") for hint in mappings(entry, "hints", "forZones")),
        for_nodes=tuple(string(hint, "name") for hint in mappings(entry, "hints", "forNodes")),
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
        pod_cidrs=check.networks(strings(spec_of(item), "podCIDRs"), "spec.podCIDRs"),
        version=string(info, "kubeletVersion"),
        os_image=string(info, "osImage"),
        kernel=string(info, "kernelVersion"),
        runtime=string(info, "containerRuntimeVersion"),
        created=string(meta, "creationTimestamp"),
        labels=labels,
        operating_system=string(info, "operatingSystem"),
        architecture=string(info, "architecture"),
        taints=tuple(
            Taint(string(entry, "key"), string(entry, "value"), string(entry, "effect"))
            for entry in mappings(spec_of(item), "taints")
        ),
        kubelet_port=port_of(status, "daemonEndpoints", "kubeletEndpoint", "Port"),
        annotations=kept_annotations.kept(meta, kept_annotations.NODE),
    )


def ingress(item: Json) -> Ingress:
    """Read a C(networking.k8s.io/v1/Ingress); the default backend is a path without a host."""
    meta, spec = meta_of(item), spec_of(item)
    paths = [
        _ingress_path(
            string(rule, "host"), entry, mapping(entry, "backend"), f"spec.rules[{place}].http.paths[{index}]"
        )
        for place, rule in enumerate(mappings(spec, "rules"))
        for index, entry in enumerate(mappings(rule, "http", "paths"))
    ]
    if mapping(spec, "defaultBackend"):
        paths.append(_ingress_path("", {}, mapping(spec, "defaultBackend"), "spec.defaultBackend"))
    tls = mappings(spec, "tls")
    balancer = mappings(item, "status", "loadBalancer", "ingress")
    return Ingress(
        **identity_of(item),
        ingress_class=string(spec, "ingressClassName") or string(meta, "annotations", _OLD_CLASS),
        addresses=tuple(filter(None, (string(entry, "ip") or string(entry, "hostname") for entry in balancer))),
        paths=tuple(paths),
        tls_hosts=tuple(host for entry in tls for host in strings(entry, "hosts")),
        tls_places=tuple(place for place, entry in enumerate(tls) for _host in strings(entry, "hosts")),
        tls=bool(tls),
        tls_secrets=tuple(string(entry, "secretName") for entry in tls),
        created=string(meta, "creationTimestamp"),
        annotations=kept_annotations.kept(meta, kept_annotations.INGRESS),
    )


def _ingress_path(host: str, entry: Json, backend: Json, field: str) -> IngressPath:
    port = mapping(backend, "service", "port")
    number = str(port_of(port, "number") or "")
    return IngressPath(
        host,
        string(entry, "path") or "/",
        string(backend, "service", "name"),
        string(port, "name") or number,
        path_type=string(entry, "pathType"),
        backend_kind=string(backend, "resource", "kind"),
        field=field,
    )


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
