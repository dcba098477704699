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


@dataclasses.dataclass(frozen=True)
class Condition(Record):
    """One of C(status.conditions[])."""

    type: str
    status: str = ""  #: C(True), C(False) or C(Unknown)
    reason: str = ""
    message: str = ""
    since: str = ""  #: C(lastTransitionTime)


@dataclasses.dataclass(frozen=True)
class Writer(Record):
    """One of C(metadata.managedFields[]): who wrote which fields last."""

    manager: str
    time: str = ""
    operation: str = ""  #: C(Apply) or C(Update)
    fields: tuple[str, ...] = ()  #: C(spec.ports), C(spec.selector.app): paths without the keys of list items


@dataclasses.dataclass(frozen=True)
class Reference(Record):
    """What a Pod or an Ingress needs of another object."""

    kind: str  #: C(Secret), C(ConfigMap), C(PersistentVolumeClaim)
    name: str
    key: str = ""  #: empty for the whole object
    optional: bool = False
    field: str = ""  #: where it stands: C(spec.containers[0].env[2].valueFrom.secretKeyRef)


@dataclasses.dataclass(frozen=True)
class ContainerProbe(Record):
    """A liveness, readiness or startup probe."""

    kind: str  #: C(liveness), C(readiness) or C(startup)
    action: str  #: C(httpGet), C(tcpSocket), C(grpc) or C(exec)
    port: str = ""  #: number or name
    path: str = ""
    scheme: str = ""
    host: str = ""
    initial_delay: int = 0
    period: int = 10
    timeout: int = 1
    failure_threshold: int = 3


@dataclasses.dataclass(frozen=True)
class ContainerDetail(Record):
    """A container of any kind, as its spec and its status say."""

    name: str
    kind: str = "app"  #: C(app), C(init), C(sidecar) (a native one, KEP-753) or C(ephemeral)
    field: str = ""  #: where its spec stands: C(spec.containers[0])
    image: str = ""
    pull_policy: str = ""
    command: tuple[str, ...] = ()  #: the first word of C(command); never one of C(args), which may be a secret
    addresses: tuple[str, ...] = ()  #: C(HOST:PORT) of its environment and arguments
    address_fields: tuple[str, ...] = ()  #: where each of them stands: C(spec.containers[0].env[3])
    repeated_env: tuple[str, ...] = ()  #: names that its environment has more than once
    requests: dict[str, str] = dataclasses.field(default_factory=dict)
    limits: dict[str, str] = dataclasses.field(default_factory=dict)
    probes: tuple[ContainerProbe, ...] = ()
    host_ports: tuple[int, ...] = ()
    run_as_non_root: bool = False
    state: str = ""  #: C(waiting), C(running), C(terminated), or empty where the kubelet has not said
    reason: str = ""
    message: str = ""
    exit_code: t.Optional[int] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    since: str = ""  #: when it started, or ended
    last_reason: str = ""  #: C(lastState.terminated)
    last_exit_code: t.Optional[int] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    last_message: str = ""
    last_started: str = ""
    last_finished: str = ""
    restarts: int = 0
    ready: bool = False
    started: bool = False


@dataclasses.dataclass(frozen=True)
class Toleration(Record):
    """C(spec.tolerations[])."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


@dataclasses.dataclass(frozen=True)
class PodDetail(Record):
    """What of a Pod decides whether it runs. Only Pods that are in scope, or not well, have one."""

    namespace: str
    name: str
    reason: str = ""  #: C(status.reason): C(Evicted), C(NodeLost)
    message: str = ""
    conditions: tuple[Condition, ...] = ()
    containers: tuple[ContainerDetail, ...] = ()
    references: tuple[Reference, ...] = ()  #: of volumes, environment and C(imagePullSecrets)
    volumes: tuple[dict[str, t.Any], ...] = ()  #: C(hostPath), C(persistentVolumeClaim), C(csi) and C(nfs) as they are
    service_account: str = ""
    scheduler: str = ""
    scheduling_gates: tuple[str, ...] = ()
    node_selector: dict[str, str] = dataclasses.field(default_factory=dict)
    affinity: dict[str, t.Any] = dataclasses.field(default_factory=dict)  #: C(spec.affinity) as it is
    spread: tuple[dict[str, t.Any], ...] = ()  #: C(spec.topologySpreadConstraints) as they are
    tolerations: tuple[Toleration, ...] = ()
    priority_class: str = ""
    priority: int = 0
    restart_policy: str = ""
    sysctls: dict[str, str] = dataclasses.field(default_factory=dict)
    pvc_names: tuple[str, ...] = ()
    deletion: str = ""  #: C(metadata.deletionTimestamp)
    grace_seconds: int = 0
    finalizers: tuple[str, ...] = ()


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
    conditions: tuple[Condition, ...] = ()
    created: str = ""
    is_behind: bool = False  #: C(status.observedGeneration) is older: its controller has not seen the last change


@dataclasses.dataclass(frozen=True)
class FoldedEvent(Record):
    """Events of one object with the same reason and nearly the same message."""

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
    """The last lines of the log of a container that does not run, or restarted."""

    namespace: str
    pod: str
    container: str
    previous: bool = False
    lines: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Quota(Record):
    """C(v1/ResourceQuota)."""

    namespace: str
    name: str
    hard: dict[str, str] = dataclasses.field(default_factory=dict)
    used: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class LimitRange(Record):
    """C(v1/LimitRange); C(spec.limits) is kept as it is."""

    namespace: str
    name: str
    limits: tuple[dict[str, t.Any], ...] = ()


@dataclasses.dataclass(frozen=True)
class Claim(Record):
    """C(v1/PersistentVolumeClaim)."""

    namespace: str
    name: str
    phase: str = ""
    storage_class: t.Optional[str] = None  # noqa: UP045 - none: the default class; evaluated, as above
    volume: str = ""
    access_modes: tuple[str, ...] = ()
    requested: str = ""


@dataclasses.dataclass(frozen=True)
class Volume(Record):
    """C(v1/PersistentVolume)."""

    name: str
    phase: str = ""
    storage_class: str = ""
    claim: str = ""  #: C(namespace/name)
    access_modes: tuple[str, ...] = ()
    capacity: str = ""
    node_affinity: dict[str, t.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class StorageClass(Record):
    """C(storage.k8s.io/v1/StorageClass)."""

    name: str
    provisioner: str = ""
    default: bool = False
    binding_mode: str = ""


@dataclasses.dataclass(frozen=True)
class ServiceAccount(Record):
    """C(v1/ServiceAccount)."""

    namespace: str
    name: str
    image_pull_secrets: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class PriorityClass(Record):
    """C(scheduling.k8s.io/v1/PriorityClass)."""

    name: str
    value: int = 0
    default: bool = False
    created: str = ""


@dataclasses.dataclass(frozen=True)
class DisruptionBudget(Record):
    """C(policy/v1/PodDisruptionBudget)."""

    namespace: str
    name: str
    selector: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    allowed: int = 0


@dataclasses.dataclass(frozen=True)
class NodeDetail(Record):
    """What a Node says of its health."""

    name: str
    conditions: tuple[Condition, ...] = ()
    unschedulable: bool = False
    allocatable: dict[str, str] = dataclasses.field(default_factory=dict)
    lease: str = ""  #: C(renewTime) of its Lease in C(kube-node-lease)


@dataclasses.dataclass(frozen=True)
class NamespaceDetail(Record):
    """A Namespace that is being deleted, and what keeps it."""

    name: str
    deletion: str = ""  #: C(metadata.deletionTimestamp)
    finalizers: tuple[str, ...] = ()  #: C(spec.finalizers) and C(metadata.finalizers)
    conditions: tuple[Condition, ...] = ()


@dataclasses.dataclass(frozen=True)
class Lease(Record):
    """C(coordination.k8s.io/v1/Lease) of a component of the control plane, in C(kube-system)."""

    name: str
    holder: str = ""
    renewed: str = ""
    duration_seconds: int = 0


@dataclasses.dataclass(frozen=True)
class Webhook(Record):
    """One of C(webhooks[]) of a ValidatingWebhookConfiguration or MutatingWebhookConfiguration."""

    kind: str
    configuration: str
    name: str
    index: int = 0
    failure_policy: str = ""
    timeout_seconds: int = 10
    service: str = ""  #: C(namespace/name)
    port: int = 443
    url: str = ""
    has_ca: bool = False
    rules: tuple[dict[str, t.Any], ...] = ()
    namespace_selector: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    object_selector: dict[str, t.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class ApiService(Record):
    """C(apiregistration.k8s.io/v1/APIService) that a Service of the cluster serves."""

    name: str
    service: str = ""  #: C(namespace/name)
    port: int = 443
    conditions: tuple[Condition, ...] = ()


@dataclasses.dataclass(frozen=True)
class SigningRequest(Record):
    """C(certificates.k8s.io/v1/CertificateSigningRequest)."""

    name: str
    signer: str = ""
    username: str = ""
    created: str = ""
    conditions: tuple[str, ...] = ()  #: types; none while it is pending
    issued: bool = False


@dataclasses.dataclass(frozen=True)
class Configuration(Record):
    """The text of a ConfigMap of a component: CoreDNS' Corefile, kube-proxy's configuration."""

    namespace: str
    name: str
    key: str
    text: str


@dataclasses.dataclass(frozen=True)
class Keys(Record):
    """A Secret or ConfigMap: its keys, never a value. Only names without C(depth: all)."""

    kind: str
    namespace: str
    name: str
    type: str = ""  #: of a Secret
    keys: tuple[str, ...] = ()
    changed: str = ""  #: when a field of it was written last, as C(metadata.managedFields) says


@dataclasses.dataclass(frozen=True)
class Autoscaler(Record):
    """C(autoscaling/v2/HorizontalPodAutoscaler)."""

    namespace: str
    name: str
    target: str = ""  #: C(Kind/name)
    conditions: tuple[Condition, ...] = ()


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


#: Facts that are a part of a field: of C(keys), of C(owners) and of C(nodes); and C(components), what runs in the
#: namespace of the cluster's own components where that is not selected.
FURTHER_FACTS = frozenset(("secrets", "config_maps", "jobs", "node_leases", "components"))


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
    leases: tuple[Lease, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    api_services: tuple[ApiService, ...] = ()
    signing_requests: tuple[SigningRequest, ...] = ()
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
