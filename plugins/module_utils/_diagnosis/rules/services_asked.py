# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Services that a check asks for by name, as a question of the user does, and that do not exist. Pure."""

from __future__ import annotations

import difflib
import typing as t

from .. import fixes
from ..about import About
from ..case import Case
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate
from .named_addresses import pod_of_application
from .names import service_of

_NO_NAME = "The cluster's DNS has no name for a Service that does not exist, and answers NXDOMAIN at once"


def asked_service(case: Case, about: About) -> ObjectRef | None:
    """The Service that a Pod means by the host it asks; none where it means none, or its namespace was not read."""
    pod = case.facts.pods.get(f"{about.source.get('namespace')}/{about.source.get('pod')}")
    if about.target.get("kind") != "host" or pod is None:
        return None
    namespace, name = service_of(case, pod, str(about.target.get("name", "")))
    if not name or case.facts.unread_in("services", namespace):
        return None
    return ObjectRef("Service", name, namespace)


def _is_missing(case: Case, ref: ObjectRef) -> bool:
    return f"{ref.namespace}/{ref.name}" not in case.facts.services


def missing(case: Case, elsewhere: bool) -> t.Iterator[Candidate]:
    """Yield the Services that failed lookups ask for: those that another namespace has, or those that none has."""
    found: dict[ObjectRef, list[About]] = {}
    for about in case.cells:
        ref = asked_service(case, about) if about.failed and about.cell.outcome == "dns_nxdomain" else None
        if ref and _is_missing(case, ref):
            found.setdefault(ref, []).append(about)
    for ref, cells in found.items():
        others = sorted(one.namespace for one in case.facts.services.values() if one.name == ref.name)
        if bool(others) is elsewhere:
            yield _candidate(case, ref, cells, others)


def _candidate(case: Case, ref: ObjectRef, cells: t.Sequence[About], others: t.Sequence[str]) -> Candidate:
    near = difflib.get_close_matches(
        ref.name, [one.name for one in case.facts.services.values() if one.namespace == ref.namespace], 1
    )
    wanted = f"{ref.name}.{others[0]}" if others else near[0] if near else ""
    instead = f"; one of that name is in namespace {', '.join(others[:3])}" if others else ""
    instead = instead or (f"; the nearest name there is {near[0]}" if near else "")
    names = {str(about.target.get("name")) for about in cells}
    first = cells[0]
    return Candidate(
        ref,
        f"{ref} does not exist{instead}",
        value=str(first.target.get("name")),
        wanted=wanted,
        mechanism=_NO_NAME,
        explains=lambda about: about.target.get("kind") == "host" and about.target.get("name") in names,
        evidence=(
            Evidence("api", str(ref), f"namespace {ref.namespace} has no Service {ref.name}", key=True),
            Evidence("probe", f"{first.cell.source} -> {first.cell.asked}", first.cell.reason or first.cell.outcome),
        ),
        fix=_fix(case, ref, cells, wanted),
    )


def _fix(case: Case, ref: ObjectRef, cells: t.Sequence[About], wanted: str) -> Fix:
    """An alias is no fix here: nobody but the one who asked has the name."""
    pod = pod_of_application(case, ref.namespace, ref.name)
    owner = case.owner(pod) if pod else None
    port = cells[0].target.get("port", 0)
    if owner and owner.kind in fixes.EXPOSED and port:
        ports = [each.port for container in pod.containers for each in container.ports] if pod else []
        target = [f"--target-port={ports[0]}"] if ports and port not in ports else []
        words = ("expose", owner.kind.lower(), owner.name, f"--name={ref.name}", f"--port={port}", *target)
        text = f"Create the Service: Pods of {owner} are there"
        return fixes.command(ref, text, words, ("delete", "service", ref.name), needs=fixes.right("create", ref))
    return Fix(f"Ask for {wanted}" if wanted else "Correct the name, or create the Service")
