# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The model of what the control plane says of itself: nodes, namespaces, leases, webhooks, APIServices."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

from .model_pods import Condition


@dataclasses.dataclass(frozen=True)
class NodeDetail(Record):
    """What a Node says of its health."""

    name: str
    conditions: tuple[Condition, ...] = ()
    unschedulable: bool = False
    allocatable: dict[str, str] = dataclasses.field(default_factory=dict)
    lease: str = ""  #: C(renewTime) of its Lease in C(kube-node-lease), by the clock of the node
    lease_written: str = ""  #: when that was written, by the clock of the API server (C(managedFields))
    lease_seconds: int = 0  #: C(leaseDurationSeconds)
    #: thresholds of its kubelet, of a node under pressure: C(evictionHard[nodefs.available]) -> C(10%)
    eviction: dict[str, str] = dataclasses.field(default_factory=dict)
    #: what is left there, C(nodefs.available), and what there is in all, C(nodefs.available of)
    usage: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class NamespaceDetail(Record):
    """A Namespace that is being deleted, and what keeps it."""

    name: str
    deletion: str = ""  #: C(metadata.deletionTimestamp)
    finalizers: tuple[str, ...] = ()  #: C(spec.finalizers) and C(metadata.finalizers)
    conditions: tuple[Condition, ...] = ()


@dataclasses.dataclass(frozen=True)
class Terminating(Record):
    """An object that was deleted, and that finalizers keep: any that is listed, but for Pods and Namespaces."""

    kind: str
    namespace: str
    name: str
    resource: str = ""  #: as kubectl takes it: C(services), C(ingresses.networking.k8s.io)
    deletion: str = ""  #: C(metadata.deletionTimestamp)
    finalizers: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class MutatingPolicy(Record):
    """C(admissionregistration.k8s.io/v1/MutatingAdmissionPolicy)."""

    name: str
    mutations: tuple[str, ...] = ()  #: the expression of each, cut


@dataclasses.dataclass(frozen=True)
class Lease(Record):
    """C(coordination.k8s.io/v1/Lease) of a component of the control plane, in C(kube-system)."""

    name: str
    holder: str = ""
    renewed: str = ""
    duration_seconds: int = 0
    written: str = ""  #: when it was written last, by the clock of the API server (C(managedFields))


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
