# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Ingress: hosts and paths that clients ask for, and that nothing or something else serves."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import ROOT
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    EntryReference,
    Ingress,
    IngressPath,
)

from .. import fixes
from ..about import About, named
from ..case import Case
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Predicate, Rule
from . import entries_gateways
from .entries_about import place_of, to_entries, to_entry
from .entries_about import ref_of as ref_of_entry

_RULE = re.compile(r"(spec\.rules\[\d+\])")
#: Annotations by which controllers change a path.
_REWRITES = (
    "nginx.ingress.kubernetes.io/rewrite-target",
    "traefik.ingress.kubernetes.io/router.middlewares",
    "haproxy.org/path-rewrite",
)
#: Pages that say that the application is well, and are beside all others.
_HEALTH = re.compile(r"health|ready|live|ping|status|metrics|actuator|probe", re.I)
_FOUND = re.compile(r"http_[23]\d\d")
_CANARY = "nginx.ingress.kubernetes.io/canary"


def _references(case: Case, below: bool) -> t.Iterator[tuple[tuple[EntryReference, ...], ObjectRef]]:
    """URLs of Pods that nothing serves, those of one workload and host together, with the way in next to them."""
    found: dict[tuple[t.Any, ...], list[EntryReference]] = {}
    for one in case.snapshot.entry_references:
        if bool(one.below) == below:
            found.setdefault((one.host, one.port, one.entry, one.field), []).append(one)
    for ones in found.values():
        ref = named(ones[0].entry)
        if ref:
            yield tuple(ones), ref


def _asked(ref: ObjectRef, one: EntryReference) -> Predicate:
    """Match what asks for the URL: its host, below its path."""
    whole = to_entry(ref)

    def matches(about: About) -> bool:
        host, path = place_of(about)
        above = one.below.rstrip("/") + "/"
        # With nothing behind the slash an Exact path is asked anyway, and need not be served.
        return whole(about) and host == one.host and path.startswith(above) and (not one.below or path != above)

    return matches


def _names_it(case: Case, ones: t.Sequence[EntryReference]) -> tuple[str, Evidence]:
    """Who names a URL, and what shows it."""
    pod = case.facts.pods.get(ones[0].pod)
    owner, field = case.origin(pod, ones[0].where) if pod else (ObjectRef("Pod", ones[0].pod), ones[0].where)
    return f"{field} of {owner}", Evidence("api", str(owner), f"{field} names a URL of {ones[0].host}")


def _other_host(case: Case) -> t.Iterator[Candidate]:
    """ING-09: a host that clients ask for, and that no rule has."""
    for ones, ref in _references(case, below=False):
        one = ones[0]
        who, shown = _names_it(case, ones)
        rule = _RULE.match(one.field)
        field = f"{rule[1]}.host" if rule and ref.kind == "Ingress" else "spec.hostnames" if rule else "spec.host"
        hosts = sorted({entry.host for entry in case.facts.entries if ref_of_entry(entry) == ref})
        yield Candidate(
            ref,
            f"{ref}: {field} is {', '.join(hosts)}, and {who} asks for {one.host}, which no rule has",
            field=field,
            value=", ".join(hosts),
            wanted=one.host,
            mechanism="A controller answers by HTTP 404 for a host that none of its rules has",
            explains=_asked(ref, one),
            predicts=_asked(ref, one),
            evidence=(
                Evidence("api", str(ref), f"its hosts are {', '.join(hosts)}", key=True),
                shown,
            ),
            fix=_add_host(case, ref, one) or Fix(f"Give the route the host {one.host}, or the client one that it has"),
        )
    yield from entries_gateways.no_common_host(case)


def _add_host(case: Case, ref: ObjectRef, one: EntryReference) -> Fix | None:
    """A rule for the host that leads where the one next to it leads."""
    ingress = next(
        (each for each in case.snapshot.ingresses if (each.namespace, each.name) == (ref.namespace, ref.name)), None
    )
    near = next((path for path in ingress.paths if path.field == one.field), None) if ingress else None
    if (
        ref.kind != "Ingress"
        or ingress is None
        or near is None
        or not near.service
        or not near.field.startswith("spec.rules")
    ):
        return None
    numbers = {int(path.field.partition("[")[2].partition("]")[0]) for path in ingress.paths if "rules[" in path.field}
    port = {"number": int(near.port)} if near.port.isdecimal() else {"name": near.port}
    paths = {
        "path": near.path,
        "pathType": near.path_type or "Prefix",
        "backend": {"service": {"name": near.service, "port": port}},
    }
    change = [{"op": "add", "path": "/spec/rules/-", "value": {"host": one.host, "http": {"paths": [paths]}}}]
    back = [{"op": "remove", "path": f"/spec/rules/{max(numbers) + 1}"}]
    return fixes.json_patch(ref, f"Serve {one.host} as well, or let the client ask for {near.host}", change, back)


def _other_path(case: Case) -> t.Iterator[Candidate]:
    """ING-10: a path that clients ask for does not fit, or the application does not know the path that it gets."""
    for ones, ref in _references(case, below=True):
        one = ones[0]
        who, shown = _names_it(case, ones)
        part = "pathType" if ref.kind == "Ingress" else "matches"
        field = f"{one.field}.{part}" if part == "pathType" else one.field.partition(".backendRefs")[0]
        said = f"is Exact for {one.below}, and {who} asks for a path below it"
        yield Candidate(
            ref,
            f"{ref}: {field} {said}",
            field=field,
            value="Exact",
            wanted="Prefix",
            mechanism="An Exact path is served alone: not what is below it, nor with a slash at its end",
            explains=_asked(ref, one),
            predicts=_asked(ref, one),
            evidence=(Evidence("api", str(ref), f"{field} is Exact, of {one.below}", key=True), shown),
            fix=fixes.replace(ref, "Serve what is below the path as well", field, "Prefix", "Exact", "medium")
            if part == "pathType"
            else Fix("Match the path by PathPrefix"),
        )
    yield from _not_rewritten(case)


def _not_rewritten(case: Case) -> t.Iterator[Candidate]:
    """A path that the application does not have, while it has others without that beginning."""
    told = set()
    for about in case.cells:
        entry = _served_at(case, about) if about.cell.outcome == "http_404" and about.cell.author == "peer" else None
        if entry is None or entry.path.path in ("", "/"):
            continue
        ref, path = ref_of_entry(entry), entry.path
        knows = _knows(case, entry)
        if (ref, path.field) in told or not knows or _is_rewritten(case, entry):
            continue
        told.add((ref, path.field))
        field = f"{path.field}.path" if ref.kind == "Ingress" else path.field.partition(".backendRefs")[0]
        ask = Evidence("probe", f"check {about.cell.id}", f"{about.cell.asked}: HTTP 404 by the application", key=True)
        yield Candidate(
            ref,
            f"{ref}: {field} is {path.path}, and its application answers HTTP 404 there: nothing rewrites the path",
            certainty="strong",
            severity="warning",
            field=field,
            value=path.path,
            mechanism="The controller hands the path on as it is, and the application has no page of this path",
            explains=to_entry(ref, path),
            stands_alone=True,
            evidence=(ask, knows),
            fix=Fix(
                f"Let the controller take {path.path} away (a rewrite), or the application serve its pages below it"
            ),
        )


def _served_at(case: Case, about: About) -> EntryPoint | None:
    """The way in that a check is for, of those that lead to a Service."""
    if about.target.get("kind") != "ingress" or not about.ports or about.asked is None:
        return None
    place = (about.asked, about.target.get("port"), *place_of(about))
    return case.once("entries by place", _by_place).get(place)


def _by_place(case: Case) -> dict[tuple[t.Any, ...], EntryPoint]:
    return {
        (ref_of_entry(entry), entry.port, entry.host or "*", entry.path.path): entry for entry in case.facts.entries
    }


def _is_rewritten(case: Case, entry: EntryPoint) -> bool:
    """Whether a controller is told to change the path; of Routes that is not read."""
    if entry.kind != "Ingress":
        return entry.kind == "Route" or entry.path.rewrite
    return any(
        one.annotations.get(name)
        for one in case.snapshot.ingresses
        if (one.namespace, one.name) == (entry.namespace, entry.name)
        for name in _REWRITES
    )


def _knows(case: Case, entry: EntryPoint) -> Evidence | None:
    """A page that the application has at a path of its own, outside of all that the way in leads there."""
    ref = ref_of_entry(entry)
    own = [other.path.path.rstrip("/") + "/" for other in case.facts.entries if ref_of_entry(other) == ref]
    services = {(f"{entry.path.namespace or entry.namespace}/{entry.path.service}")}
    for about in case.cells:
        path = urllib.parse.urlsplit(about.cell.asked).path
        is_its = (about.target.get("kind") == "service" or about.cell.via == ROOT) and any(
            service in services for service, _port in about.ports
        )
        is_page = _FOUND.fullmatch(about.cell.outcome) and not _HEALTH.search(path)
        if is_its and is_page and not any(f"{path}/".replace("//", "/").startswith(each) for each in own):
            said = f"{about.cell.asked}: {_words.outcome(about.cell.outcome).reason}"
            return Evidence("probe", f"check {about.cell.id}", f"{said}, without the controller")
    return None


def _same_path_twice(case: Case) -> t.Iterator[Candidate]:
    """ING-11: two ways in claim one host and path for different Services."""
    claims: dict[tuple[str, str, str], list[tuple[Ingress, IngressPath]]] = {}
    for ingress in case.snapshot.ingresses:
        for path in ingress.paths if ingress.annotations.get(_CANARY) != "true" else ():
            claims.setdefault((ingress.ingress_class, path.host, path.path), []).append((ingress, path))
    for (_class, host, below), claimed in claims.items():
        oldest, *later = sorted(claimed, key=lambda one: (one[0].created, one[0].namespace, one[0].name))
        for ingress, own in later:
            first, its = oldest
            same = (first.namespace, its.service, its.port) == (ingress.namespace, own.service, own.port)
            if ingress is not first and not same:
                yield _second(case, first, ingress, own, f"{host or 'any host'}{below}")
    yield from entries_gateways.claimed_hosts(case)


def _second(case: Case, first: Ingress, ingress: Ingress, path: IngressPath, what: str) -> Candidate:
    ref, older = ref_of_entry(ingress), ref_of_entry(first)
    matches = to_entries([(ref, path), (older, path)])
    has = "has as well" if first.created == ingress.created else "already has"
    return Candidate(
        ref,
        f"{ref}: {path.field}.path claims {what} for Service {path.service}, which {older} {has}",
        certainty="strong",
        severity="error" if any(matches(about) for about in case.failing) else "warning",
        field=f"{path.field}.path",
        value=path.path,
        mechanism="Of two Ingresses with the same host and path most controllers serve the older one alone",
        explains=matches,
        stands_alone=True,
        evidence=(
            Evidence("api", str(ref), f"{what}, created {ingress.created}", key=True),
            Evidence("api", str(older), f"{what}, created {first.created}"),
        ),
        fix=Fix(f"Give {ref} another host or path, or remove the path from one of the two"),
    )


RULES = (
    Rule("ING-09", "No rule has the host that clients ask for", ("ingresses", "gateways", "cells"), _other_host),
    Rule(
        "ING-10",
        "The path does not fit what clients ask for, or what the application has",
        ("ingresses", "services", "cells"),
        _other_path,
    ),
    Rule("ING-11", "Two ways in claim one host and path", ("ingresses", "cells"), _same_path_twice),
)
