# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the API's JSON to the model, for kinds that not every cluster serves: Gateway API, OpenShift, other policies."""

from __future__ import annotations

import functools
import typing as t

from .fields import (
    Json,
    int_or_string,
    integer,
    mapping,
    mappings,
    mappings_but_null,
    port_of,
    string,
    string_map,
    strings,
)
from .model import ForeignPolicy, PeerAuthentication
from .model_entries import Gateway, GatewayRoute, IngressPath, Listener, Parent, Route, RouteBackend
from .parse import condition, identity_of, spec_of, status_of


def gateway(item: Json) -> Gateway:
    """Read a C(gateway.networking.k8s.io/v1/Gateway)."""
    spec, status = spec_of(item), status_of(item)
    own = string(item, "metadata", "namespace")
    states = {string(entry, "name"): entry for entry in mappings(status, "listeners")}
    reason, defect = _defect(status, "Accepted", "Programmed")
    return Gateway(
        **identity_of(item),
        gateway_class=string(spec, "gatewayClassName"),
        addresses=tuple(filter(None, (string(entry, "value") for entry in mappings(status, "addresses")))),
        listeners=tuple(
            _listener(entry, states.get(string(entry, "name"), {}), own)
            for entry in mappings(spec, "listeners")
            if entry.get("port")
        ),
        defect=defect,
        reason=reason,
    )


def _listener(entry: Json, state: Json, own: str) -> Listener:
    named = mappings(entry, "tls", "certificateRefs")
    reason, defect = _defect(state, "ResolvedRefs", "Accepted", "Programmed")
    return Listener(
        string(entry, "name"),
        port_of(entry, "port"),
        string(entry, "protocol"),
        string(entry, "hostname"),
        allows=string(entry, "allowedRoutes", "namespaces", "from") or "Same",
        certificates=tuple(f"{string(each, 'namespace') or own}/{string(each, 'name')}" for each in named),
        reason=reason,
        defect=defect,
    )


def gateway_route(item: Json) -> GatewayRoute:
    """Read a route of C(gateway.networking.k8s.io), whatever it is of: HTTP, gRPC, TLS, TCP or UDP.

    Each match is a path of its own. What it wants of a request beside host and path, which a plain GET has not, is
    kept in words. The first backend that gets requests stands for all; the others are named.
    """
    spec = spec_of(item)
    return GatewayRoute(
        **identity_of(item),
        hosts=strings(spec, "hostnames"),
        parents=tuple(_parents(item)),
        paths=tuple(
            path
            for place, rule in enumerate(mappings(spec, "rules"))
            for path in _route_paths(rule, f"spec.rules[{place}].backendRefs")
        ),
        created=string(item, "metadata", "creationTimestamp"),
    )


def _parents(item: Json) -> t.Iterator[Parent]:
    states = mappings(item, "status", "parents")
    for place, reference in enumerate(mappings(item, "spec", "parentRefs")):
        kind = string(reference, "kind") or "Gateway"
        state = next((entry for entry in states if entry.get("parentRef") == reference), None)
        name = string(reference, "name")
        reason, defect = "", f"no controller has taken it for {kind} {name}"
        if state is not None:
            reason, defect = _defect(state, "Accepted", "ResolvedRefs")
        yield Parent(
            f"{string(reference, 'namespace') or identity_of(item)['namespace']}/{name}",
            string(reference, "sectionName"),
            port_of(reference, "port"),
            defect,
            "" if kind == "Gateway" else kind,
            reason,
            f"spec.parentRefs[{place}]",
        )


def _route_paths(rule: Json, field: str) -> t.Iterator[IngressPath]:
    references = enumerate(mappings(rule, "backendRefs"))
    # A backend of weight 0 gets no request; without a weight, it is 1 (BackendRef).
    used = [(at, entry) for at, entry in references if entry.get("weight") is None or integer(entry, "weight") > 0]
    kind = next((string(entry, "kind") or "Service" for _at, entry in used), "")
    services = [
        _backend(entry, f"{field}[{at}]") for at, entry in used if (string(entry, "kind") or "Service") == "Service"
    ]
    first = services[0] if services and kind == "Service" else RouteBackend("")
    filters = {entry.get("type") for entry in mappings(rule, "filters")}
    for match in mappings(rule, "matches") or [{}]:
        path, path_type = _path_of(match)
        yield IngressPath(
            "",
            path,
            first.service,
            first.port,
            first.namespace,
            path_type=path_type,
            needs=tuple(_needs(match)),
            backend_kind="" if kind == "Service" else kind,
            redirect="RequestRedirect" in filters,
            rewrite="URLRewrite" in filters,
            others=tuple(each for each in services if each != first),
            field=first.field,
        )


def _path_of(match: Json) -> tuple[str, str]:
    """The path of a match and its type; a method of gRPC is C(/SERVICE/METHOD) (GRPCMethodMatch)."""
    if not isinstance(match.get("method"), dict):
        return string(match, "path", "value") or "/", string(match, "path", "type")
    service, method = string(match, "method", "service"), string(match, "method", "method")
    if not service or string(match, "method", "type") == "RegularExpression":
        return "/", ""
    return (f"/{service}/{method}", "Exact") if method else (f"/{service}", "PathPrefix")


def _backend(entry: Json, field: str) -> RouteBackend:
    port = str(port_of(entry, "port") or "")
    return RouteBackend(string(entry, "name"), port, string(entry, "namespace"), field)


def _needs(match: Json) -> t.Iterator[str]:
    """What a match wants beside its path; C(method) is a word of an HTTPRoute and an object of a GRPCRoute."""
    for header in mappings(match, "headers"):
        yield f"header {string(header, 'name')}"
    if isinstance(match.get("method"), dict):
        if string(match, "method", "type") == "RegularExpression":
            yield "a method that matches a regular expression"
        elif string(match, "method", "method") and not string(match, "method", "service"):
            yield f"method {string(match, 'method', 'method')} of any service"
    elif string(match, "method"):
        yield f"method {string(match, 'method')}"
    for parameter in mappings(match, "queryParams"):
        yield f"query parameter {string(parameter, 'name')}"
    if string(match, "path", "type") == "RegularExpression":
        yield "a path that matches a regular expression"


def route(item: Json) -> Route:
    """Read a C(route.openshift.io/v1/Route)."""
    spec = spec_of(item)
    admitted = [condition(entry, "Admitted") for entry in mappings(item, "status", "ingress")]
    refused = [entry for entry in admitted if entry.get("status") != "True"]
    port = int_or_string(spec, "port", "targetPort")
    others = enumerate(mappings_but_null(spec, "alternateBackends"))
    backends = [("spec.to", mapping(spec, "to")), *((f"spec.alternateBackends[{at}]", each) for at, each in others)]
    # A backend of weight 0 gets no request (RouteTargetReference); without any other, the router answers 503.
    used = [
        RouteBackend(string(entry, "name"), port, field=field)
        for field, entry in backends
        if entry.get("weight") is None or integer(entry, "weight") > 0
    ]
    return Route(
        **identity_of(item),
        path=IngressPath(
            string(spec, "host"),
            string(spec, "path") or "/",
            used[0].service if used else "",
            port,
            others=tuple(used[1:]),
            field=used[0].field if used else "",
        ),
        tls=string(spec, "tls", "termination"),
        insecure=string(spec, "tls", "insecureEdgeTerminationPolicy"),
        defect="no router has admitted it" if not admitted else _said(refused[0]) if refused else "",
        reason=string(refused[0], "reason") if refused else "",
    )


def _defect(status: Json, *kinds: str) -> tuple[str, str]:
    """The reason and the message of the first of some conditions that is there and not true."""
    for kind in kinds:
        found = condition(status, kind)
        if found and found.get("status") != "True":
            return string(found, "reason"), _said(found)
    return "", ""


def _said(found: Json) -> str:
    kind = f"{string(found, 'type') or 'a condition'} is {string(found, 'status') or 'not set'}"
    return string(found, "message") or string(found, "reason") or kind


def foreign_policy(kind: str) -> t.Callable[[Json], ForeignPolicy]:
    """Return what reads a policy of a kind whose rules are not evaluated."""
    return functools.partial(_foreign_policy, kind)


def _foreign_policy(kind: str, item: Json) -> ForeignPolicy:
    """Whatever its spec is: one that is no object could select anything, as an empty one."""
    spec = item.get("spec")
    return ForeignPolicy(kind, **identity_of(item), spec=spec if isinstance(spec, dict) else {})


def peer_authentication(item: Json) -> PeerAuthentication:
    """Read a C(security.istio.io/PeerAuthentication)."""
    spec = spec_of(item)
    ports = mapping(spec, "portLevelMtls")
    return PeerAuthentication(
        **identity_of(item),
        created=string(item, "metadata", "creationTimestamp"),
        match_labels=string_map(spec, "selector", "matchLabels"),
        mode=string(spec, "mtls", "mode"),
        port_modes={port: string(ports, port, "mode") for port in ports},
    )
