# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the API's JSON to the model, for kinds that not every cluster serves: Gateway API, OpenShift, other policies."""

from __future__ import annotations

import functools
import typing as t

from .fields import Json, int_or_string, mapping, mappings, port_of, string, strings
from .model import ForeignPolicy, Gateway, HttpRoute, IngressPath, Listener, Parent, Route
from .parse import condition, identity_of, spec_of, status_of


def gateway(item: Json) -> Gateway:
    """Read a C(gateway.networking.k8s.io/v1/Gateway)."""
    spec, status = spec_of(item), status_of(item)
    return Gateway(
        **identity_of(item),
        gateway_class=string(spec, "gatewayClassName"),
        addresses=tuple(filter(None, (string(entry, "value") for entry in mappings(status, "addresses")))),
        listeners=tuple(
            Listener(
                string(entry, "name"), port_of(entry, "port"), string(entry, "protocol"), string(entry, "hostname")
            )
            for entry in mappings(spec, "listeners")
            if entry.get("port")
        ),
        defect=_defect(status, "Programmed"),
    )


def http_route(item: Json) -> HttpRoute:
    """Read a C(gateway.networking.k8s.io/v1/HTTPRoute).

    Of matches, the path counts; those that also want headers, a method or parameters cannot be asked by a plain GET
    and are left out. Of several backends, the first stands for all.
    """
    spec = spec_of(item)
    return HttpRoute(
        **identity_of(item),
        hosts=strings(spec, "hostnames"),
        parents=tuple(_parents(item)),
        paths=tuple(path for rule in mappings(spec, "rules") for path in _route_paths(rule)),
    )


def _parents(item: Json) -> t.Iterator[Parent]:
    states = mappings(item, "status", "parents")
    for reference in mappings(item, "spec", "parentRefs"):
        if (string(reference, "kind") or "Gateway") == "Gateway":
            state = next((entry for entry in states if entry.get("parentRef") == reference), None)
            name = string(reference, "name")
            waiting = f"no controller has taken it for Gateway {name}"
            yield Parent(
                f"{string(reference, 'namespace') or identity_of(item)['namespace']}/{name}",
                string(reference, "sectionName"),
                port_of(reference, "port"),
                waiting if state is None else _defect(state, "Accepted") or _defect(state, "ResolvedRefs"),
            )


def _route_paths(rule: Json) -> t.Iterator[IngressPath]:
    backend: Json = next(iter(mappings(rule, "backendRefs")), {})
    service = string(backend, "name") if (string(backend, "kind") or "Service") == "Service" else ""
    for match in mappings(rule, "matches") or [{}]:
        path = mapping(match, "path")
        if not ({"headers", "method", "queryParams"} & match.keys()) and path.get("type") != "RegularExpression":
            port = str(port_of(backend, "port") or "")
            yield IngressPath("", string(path, "value") or "/", service, port, string(backend, "namespace"))


def route(item: Json) -> Route:
    """Read a C(route.openshift.io/v1/Route)."""
    spec = spec_of(item)
    admitted = [condition(entry, "Admitted") for entry in mappings(item, "status", "ingress")]
    refused = [entry for entry in admitted if entry.get("status") != "True"]
    port = int_or_string(spec, "port", "targetPort")
    return Route(
        **identity_of(item),
        path=IngressPath(string(spec, "host"), string(spec, "path") or "/", string(spec, "to", "name"), port),
        tls=string(spec, "tls", "termination"),
        insecure=string(spec, "tls", "insecureEdgeTerminationPolicy"),
        defect="no router has admitted it" if not admitted else _said(refused[0]) if refused else "",
    )


def _defect(status: Json, kind: str) -> str:
    """What a condition says while it is there and not true."""
    found = condition(status, kind)
    return _said(found) if found and found.get("status") != "True" else ""


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
