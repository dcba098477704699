# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the Gateway API and OpenShift say themselves of a Gateway, a route or a Route that does not work.

A condition that is not true is the word of the controller. Its reason says which field is at fault (Gateway API,
C(apis/v1/shared_types.go) and C(gateway_types.go)), and so which code it has: the one that an Ingress has for the same.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import shlex
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Gateway,
    GatewayRoute,
    Listener,
    Parent,
)

from .. import fixes
from ..case import Case
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate
from .entries_about import gateway_routes, named_backends, ref_of, to_entries, to_entry

_API = "gateway.networking.k8s.io/v1beta1"
_OF_CERTIFICATES = ("InvalidCertificateRef", "RefNotPermitted")
_NOT_SERVED = "Nobody serves the hosts and paths of the route at this Gateway"


@dataclasses.dataclass(frozen=True)
class _At:
    """A route, one of its parents, and the Gateway that this is, if there is one."""

    ref: ObjectRef
    route: GatewayRoute
    parent: Parent
    gateway: Gateway | None

    def field(self, part: str) -> str:
        return f"{self.parent.field}.{part}" if self.parent.field else ""

    def candidate(self, said: str, **more: t.Any) -> Candidate:
        """A cause that lies in the route itself, as the controller says."""
        ref = more.pop("object", self.ref)
        alone = all(each.defect for each in self.route.parents)
        evidence = more.pop("evidence", ())
        key = Evidence("api", str(self.ref), self.parent.defect or said, key=True)
        return Candidate(
            ref,
            f"{ref}: {said}",
            severity="error" if alone else "warning",
            explains=to_entry(self.ref),
            stands_alone=True,
            victims=() if ref == self.ref else (self.ref,),
            evidence=(key, *evidence),
            **{"mechanism": _NOT_SERVED, **more},
        )


def _parents(case: Case) -> t.Iterator[_At]:
    gateways = {gateway.id: gateway for gateway in case.snapshot.gateways}
    for ref, route in gateway_routes(case):
        for parent in route.parents:
            if not parent.kind:
                yield _At(ref, route, parent, gateways.get(parent.gateway))


def _gateways(case: Case) -> t.Iterator[Gateway]:
    """The Gateways in scope: all are read, and those of other namespaces are of concern where a route names them."""
    named = {parent.gateway for _ref, route in gateway_routes(case) for parent in route.parents if not parent.kind}
    for gateway in case.snapshot.gateways:
        if not case.snapshot.selected or gateway.namespace in case.snapshot.selected or gateway.id in named:
            yield gateway


def no_parent(case: Case) -> t.Iterator[Candidate]:
    """ING-03: the Gateway or the listener of a route does not exist, or takes no routes of its namespace."""
    names = sorted(gateway.id for gateway in case.snapshot.gateways)
    for at in _parents(case):
        parent, gateway = at.parent, at.gateway
        space, _slash, name = parent.gateway.partition("/")
        if gateway is None:
            near = [each.partition("/")[2] for each in names if each.startswith(f"{space}/")]
            elsewhere = [each for each in names if each.endswith(f"/{name}")]
            close = difflib.get_close_matches(name, near, 1) or (near if len(near) == 1 else [])
            exist = f"existing Gateways are {', '.join(names[:5])}" if names else "the cluster has no Gateway"
            if elsewhere:
                yield _wrong(at, "namespace", space, elsewhere[0].partition("/")[0], f"has no Gateway {name}; {exist}")
            else:
                yield _wrong(at, "name", name, close[0] if close else "", f"does not exist; {exist}")
            continue
        listeners = [each.name for each in gateway.listeners]
        if parent.listener and parent.listener not in listeners:
            close = difflib.get_close_matches(parent.listener, listeners, 1)
            wanted = close[0] if close else listeners[0] if len(listeners) == 1 else ""
            said = f"is no listener of Gateway {gateway.id}; it has {', '.join(listeners) or 'none'}"
            yield _wrong(at, "sectionName", parent.listener, wanted, said)
        elif parent.port and parent.port not in [each.port for each in gateway.listeners]:
            ports = [str(each.port) for each in gateway.listeners]
            said = f"is no port of Gateway {gateway.id}; it has {', '.join(ports) or 'none'}"
            yield _wrong(at, "port", str(parent.port), ports[0] if len(ports) == 1 else "", said)
        elif parent.reason == "NotAllowedByListeners":
            yield _not_allowed(at, gateway)
    yield from _not_admitted(case)


def _wrong(at: _At, part: str, value: str, wanted: str, said: str) -> Candidate:
    field = at.field(part)
    number: t.Callable[[str], t.Any] = int if part == "port" else str
    return at.candidate(
        f"{field} is {value}, which {said}",
        field=field,
        value=value,
        wanted=wanted,
        fix=fixes.replace(at.ref, "Name what exists", field, number(wanted), number(value))
        if wanted and field
        else Fix("Name a Gateway and a listener that exist, or create them"),
    )


def _listener_of(at: _At, gateway: Gateway) -> tuple[int, Listener] | None:
    """The first listener that the route would be at."""
    parent = at.parent
    for place, listener in enumerate(gateway.listeners):
        if parent.listener in ("", listener.name) and parent.port in (0, listener.port):
            return place, listener
    return None


def _not_allowed(at: _At, gateway: Gateway) -> Candidate:
    found = _listener_of(at, gateway)
    place, listener = found or (0, Listener("", 0))
    field, ref = f"spec.listeners[{place}].allowedRoutes.namespaces.from", ref_of_gateway(gateway)
    change = [{"op": "add", "path": f"/spec/listeners/{place}/allowedRoutes", "value": {"namespaces": {"from": "All"}}}]
    back = [{**change[0], "value": {"namespaces": {"from": listener.allows}}}]
    can = listener.allows == "Same" and found
    return at.candidate(
        f"{field} is {listener.allows}, and {at.ref} is in namespace {at.ref.namespace}",
        object=ref,
        field=field,
        value=listener.allows,
        wanted="All" if can else "",
        fix=fixes.json_patch(ref, "If routes of every namespace may use it, allow them", change, back, "medium")
        if can
        else Fix("Let the listener take routes of this namespace, or label the namespace as its selector wants"),
    )


def ref_of_gateway(gateway: Gateway) -> ObjectRef:
    """The reference of a Gateway."""
    return ObjectRef("Gateway", gateway.name, gateway.namespace)


def _not_admitted(case: Case) -> t.Iterator[Candidate]:
    """Routes of OpenShift that a router has refused for another reason than their host; the message says why."""
    for route in case.snapshot.routes:
        if route.defect and route.reason != "HostAlreadyClaimed":
            ref = ref_of(route)
            yield Candidate(
                ref,
                f"{ref}: it is not admitted: {route.defect}",
                field="spec.host",
                value=route.path.host,
                mechanism="A router serves only the Routes that it has admitted",
                explains=to_entry(ref),
                stands_alone=True,
                evidence=(
                    Evidence("api", str(ref), f"Admitted is not true: {route.reason or route.defect}", key=True),
                ),
                fix=Fix("Change the Route as the message says, or let a router admit Routes of its namespace"),
            )


def claimed_hosts(case: Case) -> t.Iterator[Candidate]:
    """ING-11: another Route has the host."""
    for route in case.snapshot.routes:
        if route.reason != "HostAlreadyClaimed":
            continue
        ref = ref_of(route)
        others = [each for each in case.snapshot.routes if each.path.host == route.path.host and not each.defect]
        by = f" by {ref_of(others[0])}" if others else " by a Route of another namespace"
        yield Candidate(
            ref,
            f"{ref}: spec.host is {route.path.host}, which is taken{by}",
            field="spec.host",
            value=route.path.host,
            mechanism="A router gives a host to the Route that had it first, and refuses it to other namespaces",
            explains=to_entry(ref),
            stands_alone=True,
            evidence=(Evidence("api", str(ref), f"Admitted is not true: {route.defect}", key=True),),
            fix=Fix("Give one of the two Routes another host"),
        )


def not_programmed(case: Case) -> t.Iterator[Candidate]:
    """ING-01: a Gateway that no controller serves."""
    for gateway in _gateways(case):
        if not gateway.defect or any(each.reason in _OF_CERTIFICATES for each in gateway.listeners):
            continue
        ref = ref_of_gateway(gateway)
        routes = [at.ref for at in _parents(case) if at.gateway is gateway]
        bad = next(((place, each) for place, each in enumerate(gateway.listeners) if each.reason), None)
        field, value = "spec.gatewayClassName", gateway.gateway_class
        said = f"no controller of {field} {value} serves it: {gateway.defect}"
        if bad:
            field, value = f"spec.listeners[{bad[0]}]", bad[1].name
            said = f"{field} ({value}) cannot be served: {bad[1].defect}"
        yield Candidate(
            ref,
            f"{ref}: {said}",
            field=field,
            value=value,
            mechanism="Nobody listens for a Gateway that is not programmed, whatever its routes are",
            victims=tuple(dict.fromkeys(routes)),
            explains=to_entries((one, None) for one in routes),
            stands_alone=True,
            evidence=(Evidence("api", str(ref), f"{gateway.reason or 'Programmed'}: {gateway.defect}", key=True),),
            fix=Fix("Change the listener as its controller says")
            if bad
            else Fix("Install a controller for this GatewayClass, or name the class of one that runs"),
        )


def wrong_certificates(case: Case) -> t.Iterator[Candidate]:
    """ING-07: a listener names a Secret that it cannot use."""
    for gateway in _gateways(case):
        for place, listener in enumerate(gateway.listeners):
            if listener.reason not in _OF_CERTIFICATES:
                continue
            ref, named = ref_of_gateway(gateway), listener.certificates
            field = f"spec.listeners[{place}].tls.certificateRefs[0].name"
            value = named[0] if named else ""
            yield Candidate(
                ref,
                f"{ref}: {field} is {value.partition('/')[2]}, which cannot be used: {listener.defect}",
                field=field,
                value=value.partition("/")[2],
                mechanism="A listener without a certificate that it can use completes no TLS handshake",
                explains=_at_listener(case, gateway, listener),
                stands_alone=True,
                evidence=(Evidence("api", str(ref), f"{listener.reason}: {listener.defect}", key=True),),
                fix=Fix(f"Create Secret {value} of type kubernetes.io/tls, or name one that may be used from there"),
            )


def _at_listener(case: Case, gateway: Gateway, listener: Listener) -> t.Callable[[t.Any], bool]:
    refs = [at.ref for at in _parents(case) if at.gateway is gateway]
    return lambda about: about.target.get("port") == listener.port and any(to_entry(one)(about) for one in refs)


def no_common_host(case: Case) -> t.Iterator[Candidate]:
    """ING-09: no host of a route is one of its listener."""
    for at in _parents(case):
        if at.parent.reason == "NoMatchingListenerHostname" and at.gateway:
            hosts = sorted({each.host for each in at.gateway.listeners if each.host})
            value = ", ".join(at.route.hosts)
            yield at.candidate(
                f"spec.hostnames is {value}, and the listeners of Gateway {at.gateway.id} take {', '.join(hosts)}",
                field="spec.hostnames",
                value=value,
                fix=Fix("Give the route a host that the listener takes, or the listener this host"),
            )


def refused_backends(case: Case) -> t.Iterator[Candidate]:
    """ING-04: a backend of another namespace that no ReferenceGrant allows, or of a kind that is not supported."""
    for at in _parents(case):
        if at.parent.reason == "RefNotPermitted":
            for one in named_backends(case):
                if one.ref == at.ref and one.namespace != at.ref.namespace:
                    yield _not_granted(at, one.namespace, one.service, f"{one.field}.namespace")
        elif at.parent.reason == "InvalidKind":
            kind = next((path.backend_kind for path in at.route.paths if path.backend_kind), "")
            yield at.candidate(
                f"spec.rules[].backendRefs[].kind is {kind}, which its controller does not support",
                field="spec.rules",
                value=kind,
                wanted="Service",
                mechanism="A controller answers by HTTP 500 for a backend that it cannot use",
                fix=Fix("Name a Service in its place"),
            )


def _not_granted(at: _At, namespace: str, service: str, field: str) -> Candidate:
    name = f"{at.ref.kind.lower()}s-of-{at.ref.namespace}"[:63].rstrip("-.")
    made = {
        "apiVersion": _API,
        "kind": "ReferenceGrant",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": at.ref.kind, "namespace": at.ref.namespace}],
            "to": [{"group": "", "kind": "Service", "name": service}],
        },
    }
    grant = ObjectRef("ReferenceGrant", name, namespace)
    return at.candidate(
        f"{field} is {namespace}, and no ReferenceGrant there lets it use Service {namespace}/{service}",
        field=field,
        value=namespace,
        mechanism="A route may use a Service of another namespace only where a ReferenceGrant there allows it",
        fix=Fix(
            "If it may use this Service, grant it",
            f"echo {shlex.quote(json.dumps(made))} | kubectl apply -f -",
            "medium",
            fixes.kubectl(grant, "delete", "referencegrant", name),
            fixes.right("create", grant),
        ),
    )


def unnamed(case: Case) -> t.Iterator[Candidate]:
    """ING-04: the controller says that a backend cannot be used, and the objects do not show which."""
    missing = {one.ref for one in named_backends(case) if one.id not in case.facts.services}
    for at in _parents(case):
        known = at.parent.reason in ("RefNotPermitted", "InvalidKind") or at.ref in missing
        if at.parent.reason == "BackendNotFound" and not known:
            yield at.candidate(
                f"a backend in spec.rules cannot be used: {at.parent.defect}",
                field="spec.rules",
                parents=(at.ref,),
                parent_codes=("ING-05",),
                mechanism="A controller answers by HTTP 500 for a backend that it cannot use",
                fix=Fix("Name a Service and a port that exist"),
            )
