# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The kinds that depths C(workloads) and C(all) read beside those that carry traffic: one list call each."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import JSON, TABLE

from . import parse_access, parse_components, parse_control_plane, parse_limits, parse_storage, parse_workloads
from .fields import Json
from .kinds import CORE, Kind

WORKLOADS, ALL = "workloads", "all"


@dataclasses.dataclass(frozen=True)
class WorkloadKind(Kind):
    """A kind that fills a field of C(Workloads).

    Attributes:
        fact: the name under which C(Workloads.unknown) says that it could not be read.
        only_in: the one namespace that is listed, whatever the selection.
        depth: from which it is read.
        whole_from: the depth from which more than metadata and the columns of kubectl is read.
        of_components: whether it is also listed where the cluster's own components are.
    """

    fact: str = ""
    only_in: str = ""
    depth: str = WORKLOADS
    whole_from: str = WORKLOADS
    of_components: bool = False

    def at(self, depth: str) -> WorkloadKind:
        """The kind as it is read at a depth."""
        return dataclasses.replace(self, accept=TABLE if (self.whole_from, depth) == (ALL, WORKLOADS) else JSON)


def _kind(field: str, base: str, resource: str, read: t.Callable[[Json], t.Any], **more: t.Any) -> WorkloadKind:
    more.setdefault("fact", field)
    return WorkloadKind(field, base, resource, read, **more)


def _owner(base: str, resource: str, kind: str, **more: t.Any) -> WorkloadKind:
    return _kind("owners", base, resource, parse_workloads.owner(kind), **more)


def _cluster(field: str, base: str, resource: str, read: t.Callable[[Json], t.Any], **more: t.Any) -> WorkloadKind:
    return _kind(field, base, resource, read, namespaced=False, **more)


_APPS, _BATCH, _RBAC = "/apis/apps/v1", "/apis/batch/v1", "/apis/rbac.authorization.k8s.io/v1"
_ADMISSION, _COORDINATION = "/apis/admissionregistration.k8s.io/v1", "/apis/coordination.k8s.io/v1"
_STORAGE, _FLOW = "/apis/storage.k8s.io/v1", "/apis/flowcontrol.apiserver.k8s.io/v1"

WORKLOAD_KINDS = (
    _owner(_APPS, "deployments", "Deployment", of_components=True),
    _owner(_APPS, "replicasets", "ReplicaSet"),
    _owner(_APPS, "statefulsets", "StatefulSet"),
    _owner(_APPS, "daemonsets", "DaemonSet", of_components=True),
    _kind("quotas", CORE, "resourcequotas", parse_limits.quota),
    _kind("limit_ranges", CORE, "limitranges", parse_limits.limit_range),
    _kind("claims", CORE, "persistentvolumeclaims", parse_storage.claim),
    _kind("service_accounts", CORE, "serviceaccounts", parse_limits.service_account),
    _kind(
        "disruption_budgets",
        "/apis/policy/v1",
        "poddisruptionbudgets",
        parse_workloads.disruption_budget,
        older=("v1beta1",),
    ),
    _kind("keys", CORE, "secrets", parse_access.keys("Secret"), fact="secrets", whole_from=ALL),
    _kind("keys", CORE, "configmaps", parse_access.keys("ConfigMap"), fact="config_maps", whole_from=ALL),
    _cluster("volumes", CORE, "persistentvolumes", parse_storage.volume),
    _cluster("storage_classes", _STORAGE, "storageclasses", parse_storage.storage_class),
    _cluster("priority_classes", "/apis/scheduling.k8s.io/v1", "priorityclasses", parse_limits.priority_class),
    _cluster(
        "webhooks",
        _ADMISSION,
        "validatingwebhookconfigurations",
        parse_control_plane.webhooks("ValidatingWebhookConfiguration"),
    ),
    _cluster(
        "webhooks",
        _ADMISSION,
        "mutatingwebhookconfigurations",
        parse_control_plane.webhooks("MutatingWebhookConfiguration"),
    ),
    _cluster(
        "mutating_policies",
        _ADMISSION,
        "mutatingadmissionpolicies",
        parse_control_plane.mutating_policy,
        addon=True,
        older=("v1beta1", "v1alpha1"),
    ),
    _cluster("api_services", "/apis/apiregistration.k8s.io/v1", "apiservices", parse_control_plane.api_service),
    _cluster(
        "signing_requests",
        "/apis/certificates.k8s.io/v1",
        "certificatesigningrequests",
        parse_control_plane.signing_request,
    ),
    _cluster(
        "priority_levels",
        _FLOW,
        "prioritylevelconfigurations",
        parse_components.priority_level,
        older=("v1beta3", "v1beta2", "v1beta1"),
    ),
    _cluster(
        "flow_schemas", _FLOW, "flowschemas", parse_components.flow_schema, older=("v1beta3", "v1beta2", "v1beta1")
    ),
    _kind("leases", _COORDINATION, "leases", parse_control_plane.lease, only_in="kube-system"),
    _kind(
        "node_leases",
        _COORDINATION,
        "leases",
        parse_control_plane.lease,
        only_in="kube-node-lease",
    ),
    _owner(_BATCH, "jobs", "Job", fact="jobs", depth=ALL),
    _owner(_BATCH, "cronjobs", "CronJob", fact="jobs", depth=ALL, older=("v1beta1",)),
    _kind(
        "autoscalers",
        "/apis/autoscaling/v2",
        "horizontalpodautoscalers",
        parse_workloads.autoscaler,
        older=("v2beta2",),
    ),
    _kind("roles", _RBAC, "roles", parse_access.access_rules("Role"), depth=ALL),
    _kind("bindings", _RBAC, "rolebindings", parse_access.access_binding("RoleBinding"), depth=ALL),
    _cluster("roles", _RBAC, "clusterroles", parse_access.access_rules("ClusterRole"), depth=ALL),
    _cluster("bindings", _RBAC, "clusterrolebindings", parse_access.access_binding("ClusterRoleBinding"), depth=ALL),
)


def at_depth(depth: str) -> list[WorkloadKind]:
    """The kinds that are read at a depth."""
    return [kind.at(depth) for kind in WORKLOAD_KINDS if kind.depth == WORKLOADS or depth == ALL]
