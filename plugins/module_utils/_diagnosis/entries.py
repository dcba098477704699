# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Ingress: class, controller, backends, and what lies between controller and backend."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import entry_backends
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Ingress, IngressPath
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from . import closings, fixes, policy_fixes
from .case import Case, ref_of
from .finding import Evidence, Fix, ObjectRef, Scope
from .rule import Candidate, Predicate, Rule

_NEEDS = ("ingresses", "services")


def ref_of_ingress(ingress: Ingress | EntryPoint) -> ObjectRef:
    """The reference of an Ingress, or of another way in."""
    kind = ingress.kind if isinstance(ingress, EntryPoint) else "Ingress"
    return ObjectRef(kind, ingress.name, ingress.namespace)


def to_entries(ways: t.Iterable[tuple[ObjectRef, IngressPath | None]]) -> Predicate:
    """Match what asks one of several ways in."""
    each = [to_entry(*one) for one in ways]
    return lambda about: any(matches(about) for matches in each)


def to_entry(ref: ObjectRef, path: IngressPath | None = None) -> Predicate:
    """Match what asks a way in, or one host and path of it."""
    whole = f"{path.host}{path.path}" if path else ""

    def matches(about: t.Any) -> bool:
        target = about.target
        return about.is_for(ref) and target.get("kind") == "ingress" and (not path or target.get("port_name") == whole)

    return matches


def _class_unset(case: Case) -> t.Iterator[Candidate]:
    """ING-02: neither the field nor the annotation names a class, and no class is the default one."""
    if any(each.default for each in case.snapshot.ingress_classes):
        return
    there = sorted(each.name for each in case.snapshot.ingress_classes)
    for ingress in case.snapshot.ingresses:
        if not ingress.ingress_class and not ingress.addresses:
            wanted = there[0] if len(there) == 1 else ""
            yield _of_class(ingress, "is not set, and no IngressClass is the default one", "", wanted, there)


def _class_missing(case: Case) -> t.Iterator[Candidate]:
    """ING-03: the class that is named does not exist."""
    there = sorted(each.name for each in case.snapshot.ingress_classes)
    for ingress in case.snapshot.ingresses:
        name = ingress.ingress_class
        if name and name not in there and not ingress.addresses:
            close = difflib.get_close_matches(name, there, 1)
            wanted = close[0] if close else there[0] if len(there) == 1 else ""
            yield _of_class(ingress, f"is {name}, which does not exist", name, wanted, there)


def _of_class(ingress: Ingress, said: str, value: str, wanted: str, there: t.Sequence[str]) -> Candidate:
    ref, field = ref_of_ingress(ingress), "spec.ingressClassName"
    exist = f"existing IngressClasses are {', '.join(there)}" if there else "the cluster has no IngressClass"
    change, back = {"spec": {"ingressClassName": wanted}}, {"spec": {"ingressClassName": value or None}}
    return Candidate(
        ref,
        f"{ref}: {field} {said}; {exist}",
        field=field,
        value=value,
        wanted=wanted,
        mechanism="No controller serves an Ingress whose class is not its own, so its hosts and paths are not known",
        explains=to_entry(ref),
        predicts=to_entry(ref),
        stands_alone=True,
        evidence=(
            Evidence("api", str(ref), f"{field} {said}; {exist}", key=True),
            Evidence("api", str(ref), "status.loadBalancer is empty: no controller has taken it"),
        ),
        fix=fixes.patch(ref, "Name an IngressClass that exists", change, back)
        if wanted
        else Fix("Name an IngressClass that exists, or make one the default"),
    )


def _no_service(case: Case) -> t.Iterator[Candidate]:
    """ING-04: the Service of a path does not exist in the namespace of the Ingress."""
    for ingress, path in _paths(case):
        space = path.namespace or ingress.namespace
        if (
            not path.service
            or f"{space}/{path.service}" in case.facts.services
            or case.facts.unread_in("services", space)
        ):
            continue
        there = sorted(one.name for one in case.facts.services.values() if one.namespace == space)
        close = difflib.get_close_matches(path.service, there, 1)
        elsewhere = sorted(one.namespace for one in case.facts.services.values() if one.name == path.service)
        also = f"; there is one in namespace {elsewhere[0]}, and an Ingress cannot use it" if elsewhere else ""
        yield _of_backend(
            ingress,
            path,
            "service.name",
            path.service,
            close[0] if close else "",
            f"Service {space}/{path.service} does not exist{also}",
        )


def _no_port(case: Case) -> t.Iterator[Candidate]:
    """ING-05: the Service has no such port."""
    for ingress, path in _paths(case):
        service = case.facts.services.get(f"{path.namespace or ingress.namespace}/{path.service}")
        if service is None or service.type == "ExternalName" or not path.port:
            continue
        if any(path.port in (port.name, str(port.port)) for port in service.ports):
            continue
        part = "number" if path.port.isdecimal() else "name"
        there = [str(port.port) if part == "number" else port.name for port in service.ports]
        close = difflib.get_close_matches(path.port, there, 1)
        wanted = there[0] if len(there) == 1 else close[0] if close else ""
        has = ", ".join(f"{port.port} ({port.name})" if port.name else str(port.port) for port in service.ports)
        said = f"Service {service.id} has no such port; it has {has or 'none'}"
        yield _of_backend(ingress, path, f"service.port.{part}", path.port, wanted, said)


def _paths(case: Case) -> t.Iterator[tuple[Ingress, IngressPath]]:
    for ingress in case.snapshot.ingresses:
        for path in ingress.paths:
            yield ingress, path


def _of_backend(ingress: Ingress, path: IngressPath, end: str, value: str, wanted: str, said: str) -> Candidate:
    ref = ref_of_ingress(ingress)
    field = f"{path.field}.{'' if path.field == 'spec.defaultBackend' else 'backend.'}{end}"
    value_of: t.Callable[[str], t.Any] = int if end.endswith("number") else str
    return Candidate(
        ref,
        f"{ref}: {field} is {value}, and {said}",
        field=field,
        value=value,
        wanted=wanted,
        mechanism="The controller has nothing to send requests of this host and path to, and answers with an error",
        explains=to_entry(ref, path),
        predicts=to_entry(ref, path),
        stands_alone=True,
        evidence=(Evidence("api", str(ref), f"{field} is {value}; {said}", key=True),),
        fix=fixes.replace(ref, "Name what exists", field, value_of(wanted), value_of(value))
        if wanted and path.field
        else Fix("Name a Service and port that exist, or create them"),
    )


def _backend_not_ready(case: Case) -> t.Iterator[Candidate]:
    """ING-06: the Service has no ready endpoint, for a reason of its own."""
    for entry in case.facts.entries:
        for backend in entry_backends.backends_of(case.facts, entry):
            if not backend.defect or not backend.service or not backend.port:
                continue
            ref = ref_of_ingress(entry)
            yield Candidate(
                ref,
                f"{ref}: {backend.defect}, so the controller answers for it with an error",
                field=f"{entry.path.field}.backend.service.name" if entry.path.field else "",
                value=backend.service.name,
                mechanism="A controller sends requests to the endpoints of the Service, and none of them is ready",
                explains=to_entry(ref, entry.path),
                predicts=to_entry(ref, entry.path),
                parents=(ref_of(backend.service), *_owners(case, backend.service)),
                evidence=(Evidence("api", str(ref), backend.defect, key=True),),
                fix=Fix(f"Find out why Service {backend.service.id} has no ready endpoint"),
            )


def _owners(case: Case, service: Service) -> tuple[ObjectRef, ...]:
    return tuple(dict.fromkeys(case.owner(pod) for pod in case.pods_of(service)))


def _no_controller(case: Case) -> t.Iterator[Candidate]:
    """ING-01: an IngressClass whose controller has no Pod that is ready."""
    of_controllers: dict[str, tuple[Service, list[EntryPoint]]] = {}
    for entry in case.facts.entries:
        owner = case.facts.controller(entry)
        if owner and owner[0].selector:
            of_controllers.setdefault(owner[0].id, (owner[0], []))[1].append(entry)
    for service, entries in of_controllers.values():
        pods = case.pods_of(service)
        if any(pod.ready for pod in pods) or any(endpoint.ready for endpoint in case.endpoints(service)):
            continue
        if not pods and case.facts.unread_in("pods", service.namespace):
            continue  # not selected: whether there is one is not known
        workload = _workload(case, service, pods)
        refs = {ref_of_ingress(entry) for entry in entries}
        states = ", ".join(dict.fromkeys(pod.status or pod.phase for pod in pods)) or "it has no Pod"
        known = case.owner_of(workload)
        scaled = known is not None and known.desired == 0
        yield Candidate(
            workload,
            f"{workload}, the controller behind {len(refs)} Ingresses and routes, has no Pod that is ready ({states})",
            severity="critical",
            field="spec.replicas" if scaled else "",
            value="0" if scaled else "",
            mechanism="Nobody answers at the address of the Ingresses: what they lead to may be well",
            victims=(ref_of(service), *sorted(refs, key=str)),
            explains=to_entries((ref, None) for ref in refs),
            stands_alone=True,
            scope=Scope(len(refs), len(refs), "Ingresses and routes"),
            evidence=(Evidence("api", str(workload), f"no Pod of Service {service.id} is ready: {states}", key=True),),
            fix=fixes.scale_up(workload, "Scale the controller up")
            if scaled
            else Fix("Find out why the Pods of the controller are not ready"),
        )


def _workload(case: Case, service: Service, pods: t.Sequence[Pod]) -> ObjectRef:
    if pods:
        return case.owner(pods[0])
    for owner in case.workloads.owners:
        is_its = owner.namespace == service.namespace and service.selector.items() <= owner.template_labels.items()
        if is_its and not owner.owner:
            return ObjectRef(owner.kind, owner.name, owner.namespace)
    return ref_of(service)


def _same_path_twice(case: Case) -> t.Iterator[Candidate]:
    """ING-11: two Ingresses of one class claim the same host and path for different Services."""
    claims: dict[tuple[str, str, str], list[tuple[Ingress, IngressPath]]] = {}
    for ingress, path in _paths(case):
        if ingress.annotations.get("nginx.ingress.kubernetes.io/canary") != "true":
            claims.setdefault((ingress.ingress_class, path.host, path.path), []).append((ingress, path))
    for (_class, host, below), claimed in claims.items():
        oldest, *later = sorted(claimed, key=lambda one: (one[0].created, one[0].namespace, one[0].name))
        for ingress, own in later:
            first, its = oldest
            same = (first.namespace, its.service, its.port) == (ingress.namespace, own.service, own.port)
            if ingress is not first and not same:
                yield _second(first, ingress, own, f"{host or 'any host'}{below}")


def _second(first: Ingress, ingress: Ingress, path: IngressPath, what: str) -> Candidate:
    ref, older = ref_of_ingress(ingress), ref_of_ingress(first)
    return Candidate(
        ref,
        f"{ref}: {path.field}.path claims {what} for Service {path.service}, which {older} already has",
        certainty="strong",
        field=f"{path.field}.path",
        value=path.path,
        mechanism="Of two Ingresses with the same host and path most controllers serve the older one alone",
        explains=to_entries([(ref, path), (older, path)]),
        evidence=(
            Evidence("api", str(ref), f"{what}, created {ingress.created}", key=True),
            Evidence("api", str(older), f"{what}, created {first.created}"),
        ),
        fix=Fix(f"Give {ref} another host or path, or remove the path from one of the two"),
    )


def _closed_to_controller(case: Case) -> t.Iterator[Candidate]:
    """ING-13: a NetworkPolicy that isolates the backend does not let the controller in."""
    found: dict[tuple[str, str], tuple[closings.Closing, list[EntryPoint]]] = {}
    for entry in case.facts.entries:
        for closing in _between(case, entry):
            found.setdefault((closing.policy.id, closing.direction), (closing, []))[1].append(entry)
    for closing, entries in found.values():
        ref, connection = policy_fixes.ref_of(closing.policy), closing.connection
        refs = [(ref_of_ingress(entry), entry.path) for entry in entries]
        isolated, other = closing.connection.ends(closing.direction)
        way = "from" if closing.direction == "Ingress" else "to"
        who = f"Pod {other.id}" if other else connection.address
        yield Candidate(
            ref,
            f"{ref} isolates Pod {isolated.id if isolated else ''} and allows no TCP {connection.port} {way} {who}, "
            f"the {'controller' if closing.direction == 'Ingress' else 'backend'} of {refs[0][0]}",
            field=f"spec.{closing.direction.lower()}",
            wanted=f"a rule for TCP {connection.port} {way} {who}",
            mechanism="The controller takes the request, and waits in vain for the application behind it",
            victims=tuple(dict.fromkeys(one for one, _path in refs)),
            explains=to_entries(refs),
            evidence=(Evidence("api", str(ref), f"no rule allows {way} {who}", key=True),),
            fix=policy_fixes.open_it(case, closing),
        )


def _between(case: Case, entry: EntryPoint) -> t.Iterator[closings.Closing]:
    """What closes the way from a controller's first ready Pod to each endpoint."""
    owner = case.facts.controller(entry)
    controllers = [pod for pod in case.pods_of(owner[0]) if pod.ready] if owner else []
    for backend in entry_backends.backends_of(case.facts, entry) if controllers else ():
        for one in backend.backends:
            pod = case.facts.pods.get(f"{backend.service.namespace}/{one.endpoint.pod}") if backend.service else None
            if pod and backend.port:
                number = port_in_pod(pod, backend.port)
                yield from closings.closings(case, closings.Connection(controllers[0], pod, "TCP", number))


RULES = (
    Rule("ING-01", "No Pod of the controller is ready", (*_NEEDS, "pods"), _no_controller),
    Rule("ING-02", "No class is named, and there is no default one", ("ingresses", "ingress_classes"), _class_unset),
    Rule("ING-03", "The class that is named does not exist", ("ingresses", "ingress_classes"), _class_missing),
    Rule("ING-04", "The Service of a path does not exist", _NEEDS, _no_service),
    Rule("ING-05", "The Service of a path has no such port", _NEEDS, _no_port),
    Rule(
        "ING-06",
        "The Service of a path has no ready endpoint",
        (*_NEEDS, "pods", "endpoint_slices"),
        _backend_not_ready,
    ),
    Rule("ING-11", "Two Ingresses claim one host and path", ("ingresses", "cells"), _same_path_twice),
    Rule(
        "ING-13",
        "A NetworkPolicy closes the backend to the controller",
        (*_NEEDS, "pods", "network_policies", "namespaces", "cells"),
        _closed_to_controller,
    ),
)
