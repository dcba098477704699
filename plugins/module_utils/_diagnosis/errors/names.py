# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""An error that asks for a Service which does not exist: a cause by itself, whose evidence is the error. Pure."""

from __future__ import annotations

import difflib
import re
import typing as t

from ..case import Case
from ..finding import Evidence, Finding, Fix, ObjectRef
from ..rule import LAYERS
from .text import ErrorText

_SERVICE = LAYERS["SVC"]
#: C(SERVICE.NAMESPACE), alone or as a part of a longer name, an address with a port, or a URL.
_NAMED = re.compile(
    r"(?:https?://)?(?P<name>[a-z0-9-]{1,63})\.(?P<namespace>[a-z0-9-]{1,63})(?:\.svc(?:\.[a-z0-9.-]{1,200})?)?\.?"
    r"(?::\w{1,15})?(?:/.{0,512})?"
)


def with_missing(findings: t.Sequence[Finding], error: ErrorText, case: Case) -> tuple[Finding, ...]:
    """The findings, first the one about the Service that an error asks for and that does not exist.

    One that a rule found knows more, such as who else uses the name.
    """
    missing = missing_service(error, case)
    if not missing:
        return tuple(findings)
    same = [each for each in findings if each.object == missing.object or _is_same(each, missing)]
    return (*(same or [missing]), *(each for each in findings if each not in same))


def _is_same(found: Finding, missing: Finding) -> bool:
    return found.code == missing.code and bool(re.search(rf"\b{re.escape(missing.value)}\b", found.value))


def missing_service(error: ErrorText, case: Case) -> Finding | None:
    """The finding that the Service which an error asks for does not exist; none where it does, or nobody can tell."""
    found = _NAMED.fullmatch(error.target)
    namespaces = {each.name for each in case.snapshot.namespaces}
    if not found or found["namespace"] not in namespaces or case.unknown("services"):
        return None
    name, namespace = found["name"], found["namespace"]
    services = case.snapshot.services
    if any((each.name, each.namespace) == (name, namespace) for each in services):
        return None
    ref = ObjectRef("Service", name, namespace)
    elsewhere = sorted(each.namespace for each in services if each.name == name)
    near = difflib.get_close_matches(name, [each.name for each in services if each.namespace == namespace], 1)
    code = "SVC-11" if elsewhere else "SVC-01"
    instead = f"; one of that name is in namespace {', '.join(elsewhere)}" if elsewhere else ""
    instead = instead or (f"; the nearest name there is {near[0]}" if near else "")
    wanted = f"{name}.{elsewhere[0]}" if elsewhere else near[0] if near else ""
    return Finding(
        code=code,
        layer=_SERVICE,
        severity="error",
        certainty="strong",
        object=ref,
        sentence=f"{ref} does not exist, and the error asks for it{instead}",
        value=name,
        wanted=wanted,
        mechanism="A name without a Service does not exist in DNS, so that nothing is sent",
        evidence=(Evidence("log", error.tool or "the error", f"asks for {error.target}: {error.means}", key=True),),
        fix=Fix(f"Let the client ask for {wanted}" if wanted else "Correct the name, or create the Service"),
    )
