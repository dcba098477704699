# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The cluster's DNS as the rules of its layer see it: what it is made of, what it logs, and the checks that need it."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import dns
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Configuration
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from .. import fixes
from ..about import About
from ..case import Case
from ..finding import Fix, ObjectRef
from . import corefile
from .unwell import is_recent

#: A line of a log that is older says what was, not what is.
NOW = datetime.timedelta(seconds=60)
_KEY = "Corefile"


@dataclasses.dataclass(frozen=True)
class ClusterDns:
    """The cluster's DNS.

    Attributes:
        case: that it is of.
        service: that every Pod asks; none where there is none, or it was not read.
        pods: of it, that have not ended.
        owner: the workload that makes these Pods, as far as it is known.
        configuration: with its Corefile.
    """

    case: Case
    service: Service | None
    pods: tuple[Pod, ...]
    owner: Owner | None
    configuration: Configuration | None

    @functools.cached_property
    def blocks(self) -> tuple[corefile.ServerBlock, ...]:
        """The server blocks of its Corefile."""
        return corefile.parse(self.configuration.text) if self.configuration else ()

    @property
    def namespace(self) -> str:
        """Where it is."""
        return self.service.namespace if self.service else self.pods[0].namespace if self.pods else "kube-system"

    @property
    def workload(self) -> ObjectRef:
        """What a person changes to change its Pods; the Service, where no workload is known."""
        if self.owner:
            return ObjectRef(self.owner.kind, self.owner.name, self.owner.namespace)
        if self.pods:
            return self.case.owner(self.pods[0])
        return self.service_ref

    @property
    def service_ref(self) -> ObjectRef:
        """The reference of its Service."""
        return ObjectRef("Service", self.service.name if self.service else "kube-dns", self.namespace)

    @property
    def map_ref(self) -> ObjectRef:
        """The reference of the ConfigMap with its Corefile."""
        found = self.configuration
        return ObjectRef("ConfigMap", found.name if found else "coredns", found.namespace if found else self.namespace)

    @property
    def pod_refs(self) -> tuple[ObjectRef, ...]:
        """The references of its Pods."""
        return tuple(ObjectRef("Pod", pod.name, pod.namespace) for pod in self.pods)

    @functools.cached_property
    def servers(self) -> frozenset[str]:
        """The addresses at which it is asked, with those of NodeLocal DNSCache and of its Pods."""
        snapshot = self.case.snapshot
        own = (address for pod in self.pods if not pod.host_network for address in pod.ips)
        return frozenset((*snapshot.dns_addresses, *snapshot.node_local_dns, *own))

    @property
    def domain(self) -> str:
        """The cluster's domain."""
        zones = corefile.cluster_zones(self.blocks)
        return zones[0] if zones else "cluster.local"

    def log(self, now: bool = True) -> t.Iterator[tuple[Pod, str]]:
        """What its Pods logged: of those that run well, only lines of just now; else all that was read."""
        named = {(pod.namespace, pod.name): pod for pod in self.pods}
        for tail in self.case.workloads.logs:
            pod = named.get((tail.namespace, tail.pod))
            if pod:
                for place, line in enumerate(tail.lines):
                    if not now or not tail.times or is_recent(self.case, tail.times[place], NOW):
                        yield pod, line

    def is_asked(self, about: About) -> bool:
        """Whether a check asks it for a name."""
        return about.is_lookup and self.serves(about)

    def is_answered(self, about: About) -> bool:
        """Whether it answered a check; NodeLocal DNSCache keeps names for a while, and tells nothing of it."""
        said = about.cell.evidence
        return bool(said.get("name")) and said.get("server") in self.case.snapshot.dns_addresses

    def serves(self, about: About) -> bool:
        """Whether names of a check are put to it."""
        server = str(about.cell.evidence.get("server") or "").partition("#")[0]
        if server:
            return server in self.servers
        lines = about.source.get("resolv_conf") or ()
        return any(one in self.servers for one in dns.resolv_conf(lines).nameservers)

    def is_cluster_name(self, about: About) -> bool:
        """Whether a check that asks it is for a name of the cluster."""
        return self.is_asked(about) and is_of_cluster(about)

    def is_outside_name(self, about: About) -> bool:
        """Whether a check that asks it is for a name that it has to ask others for."""
        return self.is_asked(about) and not is_of_cluster(about)

    def rewritten(self, text: str, new: str) -> Fix:
        """A fix that gives it another Corefile, and starts its Pods again, so that they take it at once."""
        if self.configuration is None or self.workload.kind == "Service":
            return Fix(text)
        return corefile_fix(self.map_ref, self.configuration, self.workload, text, new)


def is_of_cluster(about: About) -> bool:
    """Whether what a check asks for is a name of the cluster itself."""
    if about.target.get("kind") == "dns":
        return bool(about.cell.evidence.get("expected_addresses")) or about.cell.via.startswith("cluster name")
    return about.target.get("kind") in ("service", "apiserver", "pod")


def corefile_fix(ref: ObjectRef, configuration: Configuration, workload: ObjectRef, text: str, new: str) -> Fix:
    """Write a Corefile and start the Pods that read it again; the undo writes the old one."""
    restart = fixes.kubectl(workload, "rollout", "restart", f"{workload.kind.lower()}/{workload.name}")
    commands = []
    for each in (new, configuration.text):
        change = json.dumps({"data": {configuration.key: each}})
        written = fixes.kubectl(ref, "patch", "configmap", ref.name, "--type=merge", "-p", change)
        commands.append(f"{written} && {restart}")
    needs = f"patch configmaps and patch {workload.kind.lower()}s in namespace {ref.namespace}"
    return Fix(text, commands[0], "medium", commands[1], needs)


def of(case: Case) -> ClusterDns:
    """The cluster's DNS of a case."""
    return case.once("the cluster's DNS", _find)


def _find(case: Case) -> ClusterDns:
    snapshot = case.snapshot
    pods = tuple(pod for pod in snapshot.dns_pods if not pod.finished and not pod.deleting)
    addresses = {*snapshot.dns_addresses}
    service = next((one for one in case.facts.services.values() if addresses & {*one.cluster_ips}), None)
    found = next((one for one in case.workloads.configurations if one.key == _KEY and one.name == "coredns"), None)
    return ClusterDns(case, service, pods, _owner(case, service, pods), found)


def _owner(case: Case, service: Service | None, pods: t.Sequence[Pod]) -> Owner | None:
    """The workload of the Pods; where there are none, the one that would make Pods for the Service."""
    if pods:
        return case.owner_of(case.owner(pods[0]))
    wanted = service.selector if service else {}
    fits = (
        one
        for one in case.workloads.owners
        if service and wanted and one.namespace == service.namespace and one.kind != "ReplicaSet"
        if wanted.items() <= one.template_labels.items()
    )
    return next(fits, None)
