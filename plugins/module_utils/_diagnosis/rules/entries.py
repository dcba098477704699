# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Ingress: the class, the Gateway, and the controller that serves a way in."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Ingress

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..rule import Candidate, Rule
from . import entries_backends, entries_gateways, entries_hosts, entries_node_ports, entries_tls
from .entries_about import ref_of as ref_of_entry
from .entries_about import to_entries, to_entry

_CLASS = "spec.ingressClassName"


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
    """ING-03: the class or the Gateway that is named does not exist, or does not take it."""
    there = sorted(each.name for each in case.snapshot.ingress_classes)
    for ingress in case.snapshot.ingresses:
        name = ingress.ingress_class
        if name and name not in there and not ingress.addresses:
            close = difflib.get_close_matches(name, there, 1)
            others = there if len(there) == 1 else _served(case)
            wanted = close[0] if close else others[0] if len(others) == 1 else ""
            yield _of_class(ingress, f"is {name}, which does not exist", name, wanted, there)
    yield from entries_gateways.no_parent(case)


def _of_class(ingress: Ingress, said: str, value: str, wanted: str, there: t.Sequence[str]) -> Candidate:
    ref = ref_of_entry(ingress)
    exist = f"existing IngressClasses are {', '.join(there)}" if there else "the cluster has no IngressClass"
    change, back = {"spec": {"ingressClassName": wanted}}, {"spec": {"ingressClassName": value or None}}
    return Candidate(
        ref,
        f"{ref}: {_CLASS} {said}; {exist}",
        field=_CLASS,
        value=value,
        wanted=wanted,
        mechanism="No controller serves an Ingress whose class is not its own, so its hosts and paths are not known",
        explains=to_entry(ref),
        predicts=to_entry(ref),
        stands_alone=True,
        evidence=(
            Evidence("api", str(ref), f"{_CLASS} {said}; {exist}", key=True),
            Evidence("api", str(ref), "status.loadBalancer is empty: no controller has taken it"),
        ),
        fix=fixes.patch(ref, "Name an IngressClass that exists", change, back)
        if wanted
        else Fix("Name an IngressClass that exists, or make one the default"),
    )


def _no_controller(case: Case) -> t.Iterator[Candidate]:
    """ING-01: a class or a Gateway whose controller does not run."""
    yield from _controller_not_ready(case)
    yield from _class_of_nobody(case)
    yield from entries_gateways.not_programmed(case)


def _serving(case: Case) -> set[str]:
    """The controllers that have taken an Ingress."""
    classes = {each.name: each.controller for each in case.snapshot.ingress_classes}
    return {
        classes[each.ingress_class]
        for each in case.snapshot.ingresses
        if each.addresses and each.ingress_class in classes
    }


def _served(case: Case) -> list[str]:
    """The classes of controllers that have taken an Ingress, and the default one."""
    serving = _serving(case)
    return sorted(each.name for each in case.snapshot.ingress_classes if each.controller in serving or each.default)


def _class_of_nobody(case: Case) -> t.Iterator[Candidate]:
    """An IngressClass of a controller that has taken none of its Ingresses."""
    classes = {each.name: each for each in case.snapshot.ingress_classes}
    serving = _serving(case)
    waiting: dict[str, list[Ingress]] = {}
    for ingress in case.snapshot.ingresses:
        own = classes.get(ingress.ingress_class)
        if own and not ingress.addresses and own.controller not in serving:
            waiting.setdefault(own.name, []).append(ingress)
    for name, ingresses in waiting.items():
        ref, controller = ObjectRef("IngressClass", name), classes[name].controller
        others = [each for each in _served(case) if each != name]
        refs = [ref_of_entry(ingress) for ingress in ingresses]
        yield Candidate(
            ref,
            f"{ref}: spec.controller is {controller}, and no such controller has taken {refs[0]}"
            + (f" or {len(refs) - 1} more" if len(refs) > 1 else ""),
            certainty="strong",
            field="spec.controller",
            value=controller,
            mechanism="An Ingress is served by the controller that its class names, and no such controller answers",
            victims=tuple(refs),
            explains=to_entries((one, None) for one in refs),
            predicts=to_entries((one, None) for one in refs),
            stands_alone=True,
            scope=Scope(len(refs), len(refs), "Ingresses"),
            evidence=(
                Evidence("api", str(ref), f"spec.controller is {controller}", key=True),
                *(
                    Evidence("api", str(one), "status.loadBalancer is empty: no controller has taken it")
                    for one in refs[:2]
                ),
            ),
            fix=_other_class(refs[0], name, others)
            or Fix(f"Install the controller {controller}, or name the class of one that runs"),
        )


def _other_class(ref: ObjectRef, name: str, others: t.Sequence[str]) -> Fix | None:
    if len(others) != 1:
        return None
    change, back = ({"spec": {"ingressClassName": each}} for each in (others[0], name))
    return fixes.patch(ref, "Name the class of a controller that runs, or install this one", change, back, "medium")


def _controller_not_ready(case: Case) -> t.Iterator[Candidate]:
    """The Service of a controller has no Pod that is ready."""
    of_controllers: dict[str, tuple[Service, list[EntryPoint]]] = {}
    for entry in case.facts.entries:
        owner = case.facts.controller(entry)
        if owner and owner[0].selector:
            of_controllers.setdefault(owner[0].id, (owner[0], []))[1].append(entry)
    for service, entries in of_controllers.values():
        pods = case.pods_of(service)
        if any(pod.ready for pod in pods) or any(endpoint.ready for endpoint in case.endpoints(service)):
            continue
        behind = case.snapshot.beyond.services if case.snapshot.beyond else ()
        if not pods and service not in behind and case.facts.unread_in("pods", service.namespace):
            continue  # not selected: whether there is one is not known
        workload = _workload(case, service, pods)
        refs = {ref_of_entry(entry) for entry in entries}
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


RULES = (
    Rule(
        "ING-01",
        "No controller runs for the class or the Gateway",
        ("ingresses", "services", "pods", "ingress_classes", "gateways"),
        _no_controller,
    ),
    Rule("ING-02", "No class is named, and there is no default one", ("ingresses", "ingress_classes"), _class_unset),
    Rule(
        "ING-03",
        "The class or the Gateway that is named does not exist, or does not take it",
        ("ingresses", "ingress_classes", "gateways"),
        _class_missing,
    ),
    *entries_backends.RULES,
    *entries_tls.RULES,
    *entries_hosts.RULES,
    *entries_node_ports.RULES,
)
