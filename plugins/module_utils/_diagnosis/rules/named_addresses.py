# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The addresses that workloads name in their environment and arguments, and the Services that they mean. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_references import services_meant

from ..case import Case, ref_of
from ..finding import ObjectRef

_OF_ENV = re.compile(r"\.env\[\d+\]$")
#: Labels whose value is the name of an application, the most telling first.
APP_LABELS = ("app.kubernetes.io/name", "app", "k8s-app", "app.kubernetes.io/instance", "name")


@dataclasses.dataclass(frozen=True)
class NamedAddress:
    """A host and a port that the containers of a workload name.

    Attributes:
        owner: the workload.
        field: of the workload, where the address stands: C(spec.template.spec.containers[0].env[0].value).
        host: a name or an address of IP.
        port: its port.
        pods: of the workload, that have it.
    """

    owner: ObjectRef
    field: str
    host: str
    port: int
    pods: tuple[Pod, ...]

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_ip(self) -> bool:
        """Whether the host is an address."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def services(self) -> tuple[str, ...]:
        """The Services that the host may mean to these Pods, whether they exist or not, as C(namespace/name)."""
        return () if self.is_ip else tuple(services_meant(self.host, self.owner.namespace))


def service_of(case: Case, named: NamedAddress) -> Service | None:
    """The Service that exists for a host, by its name in any form or by its address."""
    if named.is_ip:
        owner = case.facts.owners.get(named.host)
        return owner if isinstance(owner, Service) else None
    return next((case.facts.services[one] for one in named.services if one in case.facts.services), None)


def needed_names(case: Case, pods: t.Container[str]) -> list[NamedAddress]:
    """The names of Services that some Pods, each as C(namespace/name), use.

    That of the API server is an issuer and an audience of tokens, too, and is named by who never looks it up.
    """
    found = []
    for named in named_addresses(case):
        service = None if named.is_ip or not any(pod.id in pods for pod in named.pods) else service_of(case, named)
        if service and service.id != "default/kubernetes":
            found.append(named)
    return found


def named_addresses(case: Case) -> tuple[NamedAddress, ...]:
    """What the workloads in scope name, each once, without what the Pods' own hostAliases answer."""
    return case.once("addresses that workloads name", _find)


def _find(case: Case) -> tuple[NamedAddress, ...]:
    found: dict[tuple[ObjectRef, str, str, int], list[Pod]] = {}
    for pod, detail in case.details():
        if pod.phase == "Succeeded" or pod.deleting:
            continue
        aliases = {name.lower() for alias in pod.host_aliases for name in alias.hostnames}
        for container in detail.containers:
            if container.kind == "ephemeral":
                continue
            for address, place in zip(container.addresses, container.address_fields):  # noqa: B905 - Python 3.9
                host, _colon, port = address.rpartition(":")
                host = host.strip("[]").rstrip(".")
                if host not in aliases:
                    owner, field = case.origin(pod, f"{place}.value" if _OF_ENV.search(place) else place)
                    found.setdefault((owner, field, host, int(port)), []).append(pod)
    return tuple(NamedAddress(*key, tuple(pods)) for key, pods in found.items())


def suffering(case: Case, clients: t.Iterable[NamedAddress]) -> t.Iterator[ObjectRef]:
    """The workloads whose logs name the host, or that run and are not well: what they end with is a symptom."""
    for named in clients:
        if any(_logs(case, pod, named.host) or _runs_badly(case, pod) for pod in named.pods):
            yield named.owner


def asked_services(case: Case, owner: ObjectRef, lines: t.Sequence[str]) -> tuple[ObjectRef, ...]:
    """The Services that a workload names and that its log names as well; the only one that it names, in any case."""
    named = {each.host: each for each in named_addresses(case) if each.owner == owner}
    told = [each for host, each in named.items() if len(named) == 1 or any(host in line for line in lines)]
    found = (service_of(case, each) for each in told)
    return tuple(dict.fromkeys(ref_of(service) for service in found if service))


def _logs(case: Case, pod: Pod, host: str) -> bool:
    detail = case.detail(pod)
    lines = (line for one in (detail.containers if detail else ()) for line in case.log(pod, one.name))
    return any(host in line for line in lines)


def _runs_badly(case: Case, pod: Pod) -> bool:
    """Whether a container started and is not ready or ended, other than by its memory: before, it asks nobody."""
    detail = None if pod.ready else case.detail(pod)
    containers = detail.containers if detail else ()
    return any(
        not one.ready and "OOMKilled" not in (one.reason, one.last_reason) and (one.state == "running" or one.restarts)
        for one in containers
    )


def pod_of_application(case: Case, namespace: str, name: str) -> Pod | None:
    """A Pod of the application of a name: of a workload that is called so, or with a label that says so."""
    there = [pod for pod in case.snapshot.pods if pod.namespace == namespace and not pod.finished]
    for pod in there:
        if case.owner(pod).name == name:
            return pod
    return next((pod for pod in there if name in {pod.labels.get(label) for label in APP_LABELS}), None)
