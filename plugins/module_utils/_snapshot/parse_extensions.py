# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the API's JSON to the model, for kinds that not every cluster serves: Gateway API, OpenShift, other policies."""

from __future__ import annotations

import functools
import typing as t

from .model import ForeignPolicy, Gateway, HttpRoute, IngressPath, Listener, Parent, Route
from .parse import Json, condition, meta_of, spec_of, status_of


def gateway(item: Json) -> Gateway:
    """Read a C(gateway.networking.k8s.io/v1/Gateway)."""
    meta, spec, status = meta_of(item), spec_of(item), status_of(item)
    return Gateway(
        namespace=meta.get("namespace", ""),
        name=meta.get("name", ""),
        gateway_class=spec.get("gatewayClassName") or "",
        addresses=tuple(entry["value"] for entry in status.get("addresses") or [] if entry.get("value")),
        listeners=tuple(
            Listener(entry.get("name") or "", entry["port"], entry.get("protocol") or "", entry.get("hostname") or "")
            for entry in spec.get("listeners") or []
            if entry.get("port")
        ),
        defect=_defect(status, "Programmed"),
    )


def http_route(item: Json) -> HttpRoute:
    """Read a C(gateway.networking.k8s.io/v1/HTTPRoute).

    Of matches, the path counts; those that also want headers, a method or parameters cannot be asked by a plain GET
    and are left out. Of several backends, the first stands for all.
    """
    meta, spec = meta_of(item), spec_of(item)
    namespace = meta.get("namespace", "")
    return HttpRoute(
        namespace=namespace,
        name=meta.get("name", ""),
        hosts=tuple(spec.get("hostnames") or []),
        parents=tuple(_parents(item, namespace)),
        paths=tuple(path for rule in spec.get("rules") or [] for path in _route_paths(rule)),
    )


def _parents(item: Json, namespace: str) -> t.Iterator[Parent]:
    states = status_of(item).get("parents") or []
    for reference in spec_of(item).get("parentRefs") or []:
        if (reference.get("kind") or "Gateway") == "Gateway":
            state = next((entry for entry in states if entry.get("parentRef") == reference), None)
            waiting = f"no controller has taken it for Gateway {reference['name']}"
            yield Parent(
                f"{reference.get('namespace') or namespace}/{reference['name']}",
                reference.get("sectionName") or "",
                reference.get("port") or 0,
                waiting if state is None else _defect(state, "Accepted") or _defect(state, "ResolvedRefs"),
            )


def _route_paths(rule: Json) -> t.Iterator[IngressPath]:
    backend: Json = next(iter(rule.get("backendRefs") or []), {})
    service = backend.get("name") or "" if (backend.get("kind") or "Service") == "Service" else ""
    for match in rule.get("matches") or [{}]:
        path = match.get("path") or {}
        if not ({"headers", "method", "queryParams"} & match.keys()) and path.get("type") != "RegularExpression":
            port = str(backend.get("port") or "")
            yield IngressPath("", path.get("value") or "/", service, port, backend.get("namespace") or "")


def route(item: Json) -> Route:
    """Read a C(route.openshift.io/v1/Route)."""
    meta, spec, status = meta_of(item), spec_of(item), status_of(item)
    tls = spec.get("tls") or {}
    admitted = [condition(entry, "Admitted") for entry in status.get("ingress") or []]
    refused = [entry for entry in admitted if entry.get("status") != "True"]
    port = str((spec.get("port") or {}).get("targetPort") or "")
    return Route(
        namespace=meta.get("namespace", ""),
        name=meta.get("name", ""),
        path=IngressPath(spec.get("host") or "", spec.get("path") or "/", (spec.get("to") or {}).get("name", ""), port),
        tls=tls.get("termination") or "",
        insecure=tls.get("insecureEdgeTerminationPolicy") or "",
        defect="no router has admitted it" if not admitted else _said(refused[0]) if refused else "",
    )


def _defect(status: Json, kind: str) -> str:
    """What a condition says while it is there and not true."""
    found = condition(status, kind)
    return _said(found) if found and found.get("status") != "True" else ""


def _said(found: Json) -> str:
    return str(found.get("message") or found.get("reason") or f"{found.get('type')} is {found.get('status')}")


def foreign_policy(kind: str) -> t.Callable[[Json], ForeignPolicy]:
    """Return what reads a policy of a kind whose rules are not evaluated."""
    return functools.partial(_foreign_policy, kind)


def _foreign_policy(kind: str, item: Json) -> ForeignPolicy:
    meta = meta_of(item)
    return ForeignPolicy(kind, meta.get("namespace") or "", meta.get("name", ""), spec_of(item))
