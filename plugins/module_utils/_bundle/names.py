# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The names of a run that may say whose cluster it is: namespaces, nodes, and the domains of hosts."""

from __future__ import annotations

import dataclasses
import typing as t
import urllib.parse

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import is_address
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot

from .pseudonyms import HOSTS, NAMESPACES, NODES

KINDS = (NAMESPACES, NODES, HOSTS)
#: Namespaces that every cluster has, or every one of a distribution, by how their names begin.
_OF_ALL = ("kube-", "openshift", "default")
_CLUSTER_DOMAINS = (".svc", ".cluster.local", ".local")
#: Fields of Kubernetes' objects, in paths such as C(spec.ports).
_FIELDS = frozenset(
    (
        *("apiVersion", "kind", "metadata", "spec", "status", "data", "template", "labels", "annotations", "selector"),
        *("ports", "containers", "rules", "backend", "ingress", "egress", "volumes", "conditions", "http", "paths"),
    )
)


def of(snapshot: Snapshot, report: t.Mapping[str, t.Any], kind: str) -> set[str]:
    """The names of a kind that are in a run.

    Args:
        snapshot: of the run.
        report: of the run; empty where there is none.
        kind: C(NAMESPACES), C(NODES) or C(HOSTS).
    """
    find = {NAMESPACES: _namespaces, NODES: _nodes, HOSTS: _domains}[kind]
    return {name for name in find(snapshot, report) if name}


def words() -> frozenset[str]:
    """Words that stay as they are, because the formats of the files use them, too."""
    found = set(_FIELDS)
    for record in Record.__subclasses__():
        found |= {field.name for field in dataclasses.fields(t.cast(t.Any, record))}
    for table in (_words.MODELS, _words.PROTOCOLS, _words.OUTCOMES, _words.DIAGNOSES):
        found |= set(table)
    found |= {*_words.VERDICTS, *_words.EXPECTATIONS, *_words.LEVELS, *_words.AUTHORS, *_words.WHOSE}
    found |= {"kubewire", "netdebug", "kubernetes", "k8s", "io", "v1", "report", "findings", "answers"}
    return frozenset(found | {"outside", "internet", "apiserver", "controller", "svc", "cluster", "local"})


def _namespaces(snapshot: Snapshot, _report: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    every = {namespace.name for namespace in snapshot.namespaces} | {pod.namespace for pod in snapshot.pods}
    every |= {*snapshot.selected, snapshot.namespace}
    yield from (name for name in every if not name.startswith(_OF_ALL))


def _nodes(snapshot: Snapshot, _report: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    yield from (node.name for node in snapshot.nodes)
    yield from (pod.node for pod in snapshot.pods)


def _domains(snapshot: Snapshot, report: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for host in _hosts(snapshot, report):
        name = host.lower().rstrip(".")
        labels = name.split(".")
        if len(labels) > 1 and not name.endswith(_CLUSTER_DOMAINS) and not is_address(name):
            yield ".".join(labels[1:]) if len(labels) > 2 else name


def _hosts(snapshot: Snapshot, report: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    yield urllib.parse.urlsplit(snapshot.server).hostname or ""
    for ingress in snapshot.ingresses:
        yield from (*ingress.tls_hosts, *ingress.addresses, *(path.host for path in ingress.paths))
    for gateway in snapshot.gateways:
        yield from (*gateway.addresses, *(listener.host for listener in gateway.listeners))
    for kind in ("http_routes", "grpc_routes", "tls_routes"):
        yield from (host for route in getattr(snapshot, kind) for host in route.hosts)
    yield from (route.path.host for route in snapshot.routes)
    yield from (service.external_name for service in snapshot.services)
    for pod in snapshot.pods:
        yield from (host for alias in pod.host_aliases for host in alias.hostnames)
    targets = (report.get("targets") or {}).values()
    yield from (target.get("name", "") for target in targets if target.get("kind") == "internet")
