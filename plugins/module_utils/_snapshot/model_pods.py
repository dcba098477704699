# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The model of a Pod and its containers, as far as it decides whether they run.

Of environment variables and arguments only what looks like a host and a port is kept.
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
class Mount(Record):
    """C(volumeMounts[]) of a container."""

    volume: str  #: its name among those of the Pod
    path: str
    read_only: bool = False


@dataclasses.dataclass(frozen=True)
class Proxy(Record):
    """A variable that names a proxy for requests of HTTP."""

    variable: str  #: C(http_proxy), as it is written
    address: str  #: C(HOST:PORT)
    field: str = ""  #: where it stands: C(spec.containers[0].env[3])


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
    repeated_env: tuple[str, ...] = ()  #: names that its environment has more than once, with different values
    repeated_fields: tuple[str, ...] = ()  #: where each of them stands last, which is what counts
    proxies: tuple[Proxy, ...] = ()  #: that its environment names
    no_proxy: tuple[str, ...] = ()  #: hosts, domains and blocks of C(NO_PROXY)
    requests: dict[str, str] = dataclasses.field(default_factory=dict)
    limits: dict[str, str] = dataclasses.field(default_factory=dict)
    probes: tuple[ContainerProbe, ...] = ()
    host_ports: tuple[int, ...] = ()
    mounts: tuple[Mount, ...] = ()
    run_as_non_root: bool = False
    run_as_user: t.Optional[int] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    read_only_root: bool = False  #: C(securityContext.readOnlyRootFilesystem)
    #: profiles on its node that it names: C(securityContext.seccompProfile.localhostProfile) -> C(profiles/web.json)
    profiles: dict[str, str] = dataclasses.field(default_factory=dict)
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
    volumes: tuple[dict[str, t.Any], ...] = ()  #: each with its C(name), its C(field), and of its kind what tells
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
    run_as_non_root: bool = False
    run_as_user: t.Optional[int] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    fs_group: t.Optional[int] = None  # noqa: UP045 - evaluated, and hosts outside may have Python 3.9
    profiles: dict[str, str] = dataclasses.field(default_factory=dict)  #: of the Pod, as those of a container
    sysctls: dict[str, str] = dataclasses.field(default_factory=dict)
    pvc_names: tuple[str, ...] = ()
    deletion: str = ""  #: C(metadata.deletionTimestamp)
    grace_seconds: int = 0
    finalizers: tuple[str, ...] = ()
