# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Nodes, leases, webhooks, aggregated APIs and certificate requests: what tells of the control plane's health."""

from __future__ import annotations

import functools
import typing as t

from .fields import Json, boolean, int_or_string, integer, mapping, mappings, string, strings
from .model_control_plane import (
    ApiService,
    Configuration,
    Lease,
    MutatingPolicy,
    NamespaceDetail,
    NodeDetail,
    SigningRequest,
    Webhook,
)
from .parse import identity_of, meta_of, spec_of, status_of
from .parse_pods import conditions

_MAX_RULES = 50  #: of a webhook
_MAX_EXPRESSION = 2000  #: characters of a mutation
MAX_TEXT = 65536  #: of a configuration; a ConfigMap may hold 1 MiB


def node_detail(item: Json) -> NodeDetail:
    """Read a C(v1/Node); its lease is in another object."""
    allocatable = mapping(status_of(item), "allocatable")
    return NodeDetail(
        name=identity_of(item)["name"],
        conditions=conditions(status_of(item)),
        unschedulable=bool(boolean(spec_of(item), "unschedulable")),
        allocatable={name: int_or_string(allocatable, name) for name in allocatable},
    )


def namespace_detail(item: Json) -> NamespaceDetail | None:
    """Read a C(v1/Namespace); nothing where it is not being deleted."""
    meta = meta_of(item)
    if "deletionTimestamp" not in meta:
        return None
    return NamespaceDetail(
        name=identity_of(item)["name"],
        deletion=string(meta, "deletionTimestamp"),
        finalizers=(*strings(spec_of(item), "finalizers"), *strings(meta, "finalizers")),
        conditions=conditions(status_of(item)),
    )


def lease(item: Json) -> Lease:
    """Read a C(coordination.k8s.io/v1/Lease)."""
    spec = spec_of(item)
    return Lease(
        name=identity_of(item)["name"],
        holder=string(spec, "holderIdentity"),
        renewed=string(spec, "renewTime"),
        duration_seconds=integer(spec, "leaseDurationSeconds"),
        written=max((string(entry, "time") for entry in mappings(meta_of(item), "managedFields")), default=""),
    )


def webhooks(kind: str) -> t.Callable[[Json], tuple[Webhook, ...]]:
    """What reads a configuration of webhooks of a kind."""
    return functools.partial(_webhooks, kind)


def _webhooks(kind: str, item: Json) -> tuple[Webhook, ...]:
    return tuple(_webhook(kind, item, place, entry) for place, entry in enumerate(mappings(item, "webhooks")))


def _webhook(kind: str, item: Json, place: int, entry: Json) -> Webhook:
    client = mapping(entry, "clientConfig")
    service = mapping(client, "service")
    return Webhook(
        kind,
        identity_of(item)["name"],
        string(entry, "name"),
        place,
        failure_policy=string(entry, "failurePolicy") or "Fail",
        timeout_seconds=integer(entry, "timeoutSeconds") or 10,
        service=_service(service),
        port=integer(service, "port") or 443,
        url=_without_query(string(client, "url")),
        has_ca=bool(client.get("caBundle")),
        rules=tuple(mappings(entry, "rules")[:_MAX_RULES]),
        namespace_selector=mapping(entry, "namespaceSelector"),
        object_selector=mapping(entry, "objectSelector"),
    )


def _service(service: Json) -> str:
    return f"{string(service, 'namespace')}/{string(service, 'name')}" if service else ""


def _without_query(url: str) -> str:
    """A URL without what may be secret in it: user, password, query."""
    scheme, separator, rest = url.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"


def mutating_policy(item: Json) -> MutatingPolicy:
    """Read a C(admissionregistration.k8s.io/v1/MutatingAdmissionPolicy); C(patchType) says which of both it has."""
    said = (
        string(entry, "applyConfiguration", "expression") or string(entry, "jsonPatch", "expression")
        for entry in mappings(spec_of(item), "mutations")
    )
    return MutatingPolicy(identity_of(item)["name"], tuple(text[:_MAX_EXPRESSION] for text in said))


def api_service(item: Json) -> ApiService | None:
    """Read a C(apiregistration.k8s.io/v1/APIService); nothing where the API server itself serves it."""
    service = mapping(spec_of(item), "service")
    if not service:
        return None
    return ApiService(
        name=identity_of(item)["name"],
        service=_service(service),
        port=integer(service, "port") or 443,
        conditions=conditions(status_of(item)),
    )


def signing_request(item: Json) -> SigningRequest:
    """Read a C(certificates.k8s.io/v1/CertificateSigningRequest)."""
    spec, status = spec_of(item), status_of(item)
    return SigningRequest(
        name=identity_of(item)["name"],
        signer=string(spec, "signerName"),
        username=string(spec, "username"),
        created=string(meta_of(item), "creationTimestamp"),
        conditions=tuple(string(entry, "type") for entry in mappings(status, "conditions")),
        issued=bool(status.get("certificate")),
    )


def configurations(item: Json, keys: t.Iterable[str]) -> tuple[Configuration, ...]:
    """The texts of a ConfigMap of a component, of keys that hold no secret."""
    data = mapping(item, "data")
    return tuple(
        Configuration(**identity_of(item), key=key, text=string(data, key)[:MAX_TEXT]) for key in keys if data.get(key)
    )
