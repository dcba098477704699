# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The model of what runs, and what keeps it from running: depths C(workloads) and C(all) of a snapshot.

It stands beside the model of what carries traffic (C(model.py)) and repeats nothing of it: a record here has the
namespace and name of the object that it tells more of. Each is cut down to what the diagnosis uses. Of environment
variables and arguments only what looks like a host and a port is kept; of Secrets and ConfigMaps never a value.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

from .model_components import Component, FlowSchema, NodeAnswer, PriorityLevel
from .model_control_plane import (
    ApiService,
    Configuration,
    Lease,
    MutatingPolicy,
    NamespaceDetail,
    NodeDetail,
    SigningRequest,
    Terminating,
    Webhook,
)
from .model_limits import (
    Claim,
    DisruptionBudget,
    LimitRange,
    PriorityClass,
    Quota,
    ServiceAccount,
    StorageClass,
    Volume,
)
from .model_pods import Condition, PodDetail


@dataclasses.dataclass(frozen=True)
class Writer(Record):
    """One of C(metadata.managedFields[]): who wrote which fields last."""

    manager: str
    time: str = ""
    operation: str = ""  #: C(Apply) or C(Update)
    fields: tuple[str, ...] = ()  #: C(spec.ports), C(spec.selector.app): paths without the keys of list items


@dataclasses.dataclass(frozen=True)
class Owner(Record):
    """A Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob or other controller of Pods."""

    kind: str
    namespace: str
    name: str
    owner: str = ""  #: C(Kind/name) of its own controller
    desired: t.Optional[int] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    current: int = 0
    ready: int = 0
    updated: int = 0
    available: int = 0
    paused: bool = False  #: C(spec.paused) or C(spec.suspend)
    revision: str = ""
    selector: dict[str, str] = dataclasses.field(default_factory=dict)  #: C(matchLabels)
    template_labels: dict[str, str] = dataclasses.field(default_factory=dict)
    template_images: dict[str, str] = dataclasses.field(default_factory=dict)  #: container -> image
    template_limits: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)  #: container -> limits
    template_requests: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)  #: container -> requests
    template_init_containers: tuple[str, ...] = ()  #: names
    template_node_selector: dict[str, str] = dataclasses.field(default_factory=dict)
    template_dns_policy: str = ""  #: empty for C(ClusterFirst)
    conditions: tuple[Condition, ...] = ()
    created: str = ""
    service: str = ""  #: C(spec.serviceName) of a StatefulSet: the headless Service that gives its Pods their names
    #: Whether its Pods that are not ready stay as they are when the template changes: of a StatefulSet with
    #: C(podManagementPolicy: OrderedReady), and with C(updateStrategy: OnDelete).
    keeps_unready: bool = False
    is_behind: bool = False  #: C(status.observedGeneration) is older: its controller has not seen the last change


@dataclasses.dataclass(frozen=True)
class FoldedEvent(Record):
    """Events of one object with the same reason whose messages differ in numbers and ids alone."""

    kind: str
    namespace: str
    name: str
    reason: str
    message: str = ""  #: the last
    type: str = ""  #: C(Normal) or C(Warning)
    count: int = 1
    first: str = ""
    last: str = ""
    source: str = ""  #: C(kubelet), C(default-scheduler)
    field: str = ""  #: C(involvedObject.fieldPath): C(spec.containers{web})


@dataclasses.dataclass(frozen=True)
class LogTail(Record):
    """The last lines of the log of a container that is not well, or restarted, or is the cluster's DNS."""

    namespace: str
    pod: str
    container: str
    previous: bool = False
    lines: tuple[str, ...] = ()
    times: tuple[str, ...] = ()  #: RFC 3339 of each line, of the cluster's DNS and of its control plane


@dataclasses.dataclass(frozen=True)
class Keys(Record):
    """A Secret or ConfigMap: its keys, never a value."""

    kind: str
    namespace: str
    name: str
    type: str = ""  #: of a Secret
    keys: tuple[str, ...] = ()
    #: whether it may have others: without C(depth: all) they are those of C(metadata.managedFields)
    partial: bool = False
    changed: str = ""  #: when who owns its data wrote last, as C(metadata.managedFields) says


@dataclasses.dataclass(frozen=True)
class Autoscaler(Record):
    """C(autoscaling/v2/HorizontalPodAutoscaler)."""

    namespace: str
    name: str
    target: str = ""  #: C(Kind/name)
    conditions: tuple[Condition, ...] = ()
    least: int = 1  #: C(minReplicas)
    most: int = 0  #: C(maxReplicas)


@dataclasses.dataclass(frozen=True)
class AccessRules(Record):
    """A Role or ClusterRole, C(rules[]) as they are."""

    kind: str
    name: str
    namespace: str = ""
    rules: tuple[dict[str, t.Any], ...] = ()


@dataclasses.dataclass(frozen=True)
class AccessBinding(Record):
    """A RoleBinding or ClusterRoleBinding."""

    kind: str
    name: str
    namespace: str = ""
    role: str = ""  #: C(Kind/name)
    subjects: tuple[str, ...] = ()  #: C(Kind namespace/name)


@dataclasses.dataclass(frozen=True)
class History(Record):
    """Who wrote the fields of one object."""

    kind: str
    namespace: str
    name: str
    writers: tuple[Writer, ...] = ()


#: Facts that are a part of a field: of C(keys), of C(owners) and of C(nodes); C(components), what runs in the namespace
#: of the cluster's own components where that is not selected; and C(dns_access), the role of the cluster's DNS.
FURTHER_FACTS = frozenset(("secrets", "config_maps", "jobs", "node_leases", "components", "dns_access"))


@dataclasses.dataclass(frozen=True)
class Workloads(Record):
    """All that depths C(workloads) and C(all) add to a snapshot."""

    pods: tuple[PodDetail, ...] = ()
    pods_without_details: int = 0  #: that are well, or that are too many
    owners: tuple[Owner, ...] = ()
    events: tuple[FoldedEvent, ...] = ()
    logs: tuple[LogTail, ...] = ()
    quotas: tuple[Quota, ...] = ()
    limit_ranges: tuple[LimitRange, ...] = ()
    claims: tuple[Claim, ...] = ()
    volumes: tuple[Volume, ...] = ()
    storage_classes: tuple[StorageClass, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    priority_classes: tuple[PriorityClass, ...] = ()
    disruption_budgets: tuple[DisruptionBudget, ...] = ()
    nodes: tuple[NodeDetail, ...] = ()
    namespace_details: tuple[NamespaceDetail, ...] = ()  #: of those that are being deleted
    terminating: tuple[Terminating, ...] = ()
    leases: tuple[Lease, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    mutating_policies: tuple[MutatingPolicy, ...] = ()
    api_services: tuple[ApiService, ...] = ()
    signing_requests: tuple[SigningRequest, ...] = ()
    control_plane: tuple[Component, ...] = ()  #: its Pods, where kubelets run them from manifests
    component_logs: tuple[LogTail, ...] = ()  #: what they say of faults of the cluster, while they run
    node_answers: tuple[NodeAnswer, ...] = ()  #: of kubelets that the API server was made to ask
    priority_levels: tuple[PriorityLevel, ...] = ()
    flow_schemas: tuple[FlowSchema, ...] = ()
    failed_checks: tuple[str, ...] = ()  #: of the API server's C(/readyz)
    server_time: str = ""  #: of the API server's own clock, when the lists had been read
    configurations: tuple[Configuration, ...] = ()
    keys: tuple[Keys, ...] = ()
    autoscalers: tuple[Autoscaler, ...] = ()
    roles: tuple[AccessRules, ...] = ()
    bindings: tuple[AccessBinding, ...] = ()
    histories: tuple[History, ...] = ()
    #: fact -> why it is not known: a list that was refused is not a list that is empty. A fact has the name of a field
    #: above, or is one of C(FURTHER_FACTS).
    unknown: dict[str, str] = dataclasses.field(default_factory=dict)
    depth: str = "workloads"
