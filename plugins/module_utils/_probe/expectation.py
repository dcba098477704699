# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Expectation: what Services, traffic policies and topology say must happen to a probe."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    NetworkPolicy,
    Pod,
    Service,
    ServicePort,
)

from .types import Probe, Source, Target


@dataclasses.dataclass(frozen=True)
class Expectation:
    """What must happen, the object that decides it, and what is known to be wrong there already."""

    word: str  #: C(allow), C(deny) or C(not_applicable)
    reason: str
    defect: str = ""  #: why it will fail although it should not


def expect(facts: Facts, source: Source, target: Target, probe: Probe) -> Expectation:
    """Say what must happen to one probe."""
    if probe.skip:
        return Expectation("not_applicable", probe.skip)
    if probe.model == "container_to_container":
        return Expectation("allow", "containers of one Pod share address and ports", _pod_defect(facts, target))
    if target.kind == "pod":
        return Expectation(
            "allow", "Pods reach each other without NAT (Kubernetes network model)", _pod_defect(facts, target)
        )
    if target.kind == "service":
        return _service(facts, source, target, probe)
    if target.kind == "node":
        return _node(facts, source, target, probe)
    return Expectation("allow", "it was named as a target")


def _pod_defect(facts: Facts, target: Target) -> str:
    pod = facts.pods.get(f"{target.namespace}/{target.name}")
    if pod is None or pod.ready:
        return ""
    broken = [f"{container.name}: {container.state}" for container in pod.containers if not container.running]
    return f"Pod {pod.id} is not Ready" + (f" ({'; '.join(broken)})" if broken else "")


def _service(facts: Facts, source: Source, target: Target, probe: Probe) -> Expectation:
    service = facts.services[f"{target.namespace}/{target.name}"]
    if probe.protocol == "dns":
        return Expectation("allow", f"Service {service.id} has the address {', '.join(probe.answers)}")
    port = next(port for port in service.ports if port.port == target.port)
    ready = facts.endpoints(service, port, probe.family)
    if service.internal_traffic_policy == "Local" and not any(endpoint.node == source.node for endpoint in ready):
        return Expectation(
            "deny", f"Service {service.id} has internalTrafficPolicy: Local and no ready endpoint on {source.node}"
        )
    return _by_endpoints(facts, service, port, probe.family)


def _node(facts: Facts, source: Source, target: Target, probe: Probe) -> Expectation:
    node = facts.nodes.get(target.name)
    not_ready = "" if node is None or node.ready else f"Node {target.name} is NotReady ({node.reason})"
    if not target.port:
        return Expectation("allow", f"{target.name} is a node of the cluster", not_ready)
    service, port = next(
        (service, port)
        for service in facts.snapshot.services
        for port in service.ports
        if port.node_port == target.port and port.protocol == "TCP"
    )
    ready = facts.endpoints(service, port, probe.family)
    # Traffic of the node's own Pods counts as internal, so the policy spares it (KEP-3866, "externalTrafficPolicy").
    if (
        service.external_traffic_policy == "Local"
        and target.name != source.node
        and ready
        and not any(endpoint.node == target.name for endpoint in ready)
    ):
        return Expectation(
            "deny", f"Service {service.id} has externalTrafficPolicy: Local and no ready endpoint on {target.name}"
        )
    expected = _by_endpoints(facts, service, port, probe.family)
    return dataclasses.replace(expected, defect=expected.defect or not_ready)


def _by_endpoints(facts: Facts, service: Service, port: ServicePort, ip_family: str) -> Expectation:
    where = f"Service {service.id} port {port.port}"
    ready = facts.endpoints(service, port, ip_family)
    if ready:
        return Expectation("allow", f"{where} has {len(ready)} ready {'endpoint' if len(ready) == 1 else 'endpoints'}")
    unready = facts.endpoints(service, port, ip_family, ready=False)
    if unready:
        cause = f"none of its {len(unready)} endpoints is ready"
    elif service.selector:
        labels = ",".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
        cause = f"no Pod with an {ip_family} address and that port matches its selector {labels}"
    else:
        cause = "it has no selector and nobody made endpoints for it"
    return Expectation("allow", f"{where} is there to be used", f"{where} has no ready endpoint: {cause}")


def unread_policies(facts: Facts, source: Source, target: Target, probe: Probe) -> list[NetworkPolicy]:
    """Policies that isolate either end; their rules are not evaluated yet, so a failure under them is not judged."""
    found: list[NetworkPolicy] = []
    asking = facts.pods.get(f"{source.namespace}/{source.pod}")
    if probe.model == "container_to_container":
        return found
    if asking:
        found += facts.policies(asking, "Egress")
    for pod in _pods_behind(facts, target, probe):
        found += facts.policies(pod, "Ingress")
    return list({policy.id: policy for policy in found}.values())


def _pods_behind(facts: Facts, target: Target, probe: Probe) -> list[Pod]:
    if target.kind == "pod":
        names = [f"{target.namespace}/{target.name}"]
    elif target.kind == "host":
        owner = facts.owners.get(target.name)
        return [owner] if isinstance(owner, Pod) else []
    elif probe.protocol in ("dns", "icmp"):
        return []
    else:
        names = [
            f"{service.namespace}/{endpoint.pod}"
            for service in facts.snapshot.services
            for port in service.ports
            if target.port in (port.port if target.kind == "service" else -1, port.node_port or -1)
            and (target.kind == "node" or service.id == f"{target.namespace}/{target.name}")
            for endpoint in facts.endpoints(service, port, probe.family)
        ]
    return [facts.pods[name] for name in names if name in facts.pods]
