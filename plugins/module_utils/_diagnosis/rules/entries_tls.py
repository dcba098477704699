# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Ingress: the TLS Secret of a host, and the certificate that its controller shows.

Of a Secret its name, its type and the names of its keys are known, never a value. Whether a controller uses it is seen
in what it shows: where that is what it shows for a host that nobody has, the certificate is its own default one.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import NOBODY, OTHER_NAME
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Keys

from .. import fixes
from ..about import About
from ..case import Case
from ..finding import Evidence, Fix, ObjectRef, RuledOut
from ..rule import Candidate, Rule
from . import entries_gateways
from .entries_about import place_of, ref_of, to_host
from .entries_gateways import ref_of_gateway

_TYPE = "kubernetes.io/tls"
_KEYS = ("tls.crt", "tls.key")
#: Subjects of certificates that controllers make for themselves.
_DEFAULTS = re.compile(r"TRAEFIK DEFAULT CERT|Kubernetes Ingress Controller Fake Certificate|CN=ingress\.local", re.I)
_WRONG = ("tls_wrong_name", "tls_expired")
_SHOWS_DEFAULT = "A controller that cannot use the Secret of a host shows a certificate of its own, which is not for it"


@dataclasses.dataclass(frozen=True)
class _Tls:
    """What serves some hosts by TLS.

    Attributes:
        ref: the way in that the hosts are of.
        owner: what names the Secret: the Ingress itself, or the Gateway of a route.
        field: of the owner.
        secret: the name of the Secret; empty where none is named.
        namespace: of the Secret.
        hosts: that it is for.
    """

    ref: ObjectRef
    owner: ObjectRef
    field: str
    secret: str
    namespace: str
    hosts: tuple[str, ...]

    @property
    def secret_ref(self) -> ObjectRef:
        return ObjectRef("Secret", self.secret, self.namespace)


def _all(case: Case) -> t.Iterator[_Tls]:
    """What Ingresses serve by TLS; an entry without hosts is for all hosts of its Ingress."""
    for ingress in case.snapshot.ingresses:
        every = tuple(dict.fromkeys(path.host for path in ingress.paths if path.host))
        for place, secret in enumerate(ingress.tls_secrets):
            own = tuple(host for host, at in zip(ingress.tls_hosts, ingress.tls_places, strict=False) if at == place)
            ref = ref_of(ingress)
            yield _Tls(ref, ref, f"spec.tls[{place}].secretName", secret, ingress.namespace, own or every)


def _of_gateways(case: Case) -> t.Iterator[_Tls]:
    """What routes serve by the one certificate of a listener; which of several a controller takes, nothing says."""
    hosts: dict[tuple[tuple[str, ...], int, ObjectRef], dict[str, None]] = {}
    for entry in case.facts.entries:
        if entry.tls and entry.host and entry.kind not in ("Ingress", "Route"):
            hosts.setdefault((entry.addresses, entry.port, ref_of(entry)), {})[entry.host] = None
    for gateway in case.snapshot.gateways:
        for place, listener in enumerate(gateway.listeners):
            if len(listener.certificates) != 1:
                continue
            namespace, _slash, name = listener.certificates[0].partition("/")
            field, owner = f"spec.listeners[{place}].tls.certificateRefs[0].name", ref_of_gateway(gateway)
            for (addresses, port, ref), own in hosts.items():
                if (addresses, port) == (gateway.addresses, listener.port):
                    yield _Tls(ref, owner, field, name, namespace, tuple(own))


def _secrets(case: Case) -> dict[tuple[str, str], Keys]:
    return case.once("secrets", _find_secrets)


def _find_secrets(case: Case) -> dict[tuple[str, str], Keys]:
    return {(each.namespace, each.name): each for each in case.workloads.keys if each.kind == "Secret"}


def _bad_secret(case: Case) -> t.Iterator[Candidate]:
    """ING-07: the Secret does not exist, is of another type or without its keys, or is not used by the controller."""
    there = _secrets(case)
    for one in _all(case):
        if not one.secret:
            continue
        secret = there.get((one.namespace, one.secret))
        if secret is None:
            yield _no_secret(case, one, sorted(name for space, name in there if space == one.namespace))
        elif secret.type and not secret.partial and (missing := [key for key in _KEYS if key not in secret.keys]):
            yield _no_keys(case, one, secret, missing)
        else:
            yield from _not_used(case, one, secret)
    yield from entries_gateways.wrong_certificates(case)


def _candidate(one: _Tls, ref: ObjectRef, said: str, evidence: t.Sequence[Evidence], **more: t.Any) -> Candidate:
    by_tls = to_host(one.ref, one.hosts, "tls")
    return Candidate(
        ref,
        said,
        mechanism=more.pop("mechanism", _SHOWS_DEFAULT),
        victims=() if ref == one.ref else tuple(dict.fromkeys((one.owner, one.ref))),
        explains=by_tls,
        predicts=by_tls,
        evidence=tuple(evidence),
        **more,
    )


def _severity(case: Case, one: _Tls) -> str:
    """Where no handshake fails, nobody asked, or the controller has a certificate from elsewhere."""
    by_tls = to_host(one.ref, one.hosts, "tls")
    return "error" if any(by_tls(about) for about in case.failing) else "warning"


def _no_secret(case: Case, one: _Tls, there: t.Sequence[str]) -> Candidate:
    close = difflib.get_close_matches(one.secret, there, 1)
    like = f"; there is {close[0]}" if close else ""
    said = f"{one.field} is {one.secret}, and there is no such Secret in namespace {one.namespace}{like}"
    make = ("create", "secret", "tls", one.secret, "--cert=tls.crt", "--key=tls.key")
    fix = Fix(
        f"Create the Secret from a certificate for {', '.join(one.hosts) or 'its hosts'} and its key: "
        f"{fixes.kubectl(one.ref, *make)}"
    )
    return _candidate(
        one,
        one.ref,
        f"{one.ref}: {said}",
        [Evidence("api", str(one.ref), said, key=True)],
        field=one.field,
        value=one.secret,
        wanted=close[0] if close else "",
        severity=_severity(case, one),
        stands_alone=True,
        fix=fixes.replace(one.ref, "Name the Secret that exists, or create this one", one.field, close[0], one.secret)
        if close
        else fix,
    )


def _no_keys(case: Case, one: _Tls, secret: Keys, missing: t.Sequence[str]) -> Candidate:
    field = f"data[{missing[0]}]"
    has = f"it has {', '.join(secret.keys) or 'no key'}, and is of type {secret.type or 'unknown'}"
    said = f"{one.secret_ref}: {field} is missing, which {one.ref} needs for TLS; {has}"
    return _candidate(
        one,
        one.secret_ref,
        said,
        [
            Evidence("api", str(one.secret_ref), has, key=True),
            Evidence("api", str(one.ref), f"{one.field} is {one.secret}"),
        ],
        field=field,
        wanted=f"{_KEYS[0]} and {_KEYS[1]}, of type {_TYPE}",
        severity=_severity(case, one),
        stands_alone=True,
        fix=Fix(f"Make the Secret anew with {' and '.join(_KEYS)}; the type of a Secret cannot be changed"),
    )


@dataclasses.dataclass(frozen=True)
class _Shown:
    """A certificate that a controller shows for a host: the check, and what the certificate says."""

    about: About
    facts: t.Mapping[str, t.Any]

    @property
    def identity(self) -> tuple[str, ...]:
        return tuple(str(self.facts.get(key, "")) for key in ("subject", "issuer", "names", "not_before", "not_after"))

    @property
    def names(self) -> str:
        return ", ".join(self.facts.get("names") or ()) or "no name"

    def says(self) -> str:
        return f"shows a certificate for {self.names}, valid until {self.facts.get('not_after', 'an unknown day')}"


def _shown(case: Case, one: _Tls, via: str = "") -> _Shown | None:
    """The first certificate that is wrong for one of the hosts; or what was shown there for another name."""
    matches = to_host(one.ref, one.hosts, "tls")
    for shown in case.once("certificates", _certificates):
        about = shown.about
        wanted = about.cell.via.startswith(via) if via else about.failed and about.cell.outcome in _WRONG
        if wanted and matches(about):
            return shown
    return None


def _certificates(case: Case) -> list[_Shown]:
    """What was shown that is wrong, or for another name: next to nothing of all checks."""
    return [
        _Shown(about, about.cell.evidence["tls"])
        for about in case.cells
        if (about.cell.outcome in _WRONG or about.cell.via.startswith(OTHER_NAME))
        and (about.cell.evidence.get("tls") or {}).get("subject") is not None
    ]


def _is_default(case: Case, one: _Tls, shown: _Shown) -> bool | None:
    """Whether a certificate is the controller's own; None where that is not known."""
    nobody = _shown(case, one, NOBODY)
    if nobody:
        return nobody.identity == shown.identity
    return True if _DEFAULTS.search(str(shown.facts["subject"])) else None


def _of_secret(case: Case, one: _Tls, shown: _Shown) -> _Shown | None:
    """The certificate of the Secret, if the controller shows it, be it for another name."""
    default = _is_default(case, one, shown)
    if not default:
        return shown
    other = _shown(case, one, OTHER_NAME)
    return other if other and other.identity != shown.identity else None


def _not_used(case: Case, one: _Tls, secret: Keys) -> t.Iterator[Candidate]:
    """A Secret that is there, while the controller shows its default certificate."""
    shown = _shown(case, one)
    if shown is None or not _is_default(case, one, shown) or _of_secret(case, one, shown):
        return
    host = place_of(shown.about)[0]
    has = f"it is of type {secret.type or 'unknown'}"
    has += "" if secret.partial or not secret.keys else f" with {' and '.join(_KEYS)}"
    said = f"{one.secret_ref}: data is not used by the controller of {one.ref} for {host}, which shows its own default"
    yield _candidate(
        one,
        one.secret_ref,
        f"{said} certificate: tls.key is not the key of tls.crt, or tls.crt is not for {host}",
        [
            Evidence(
                "probe",
                f"check {shown.about.cell.id}",
                f"for {host} the controller {shown.says()}, as for a host that nobody has",
                key=True,
            ),
            Evidence("api", str(one.secret_ref), has),
        ],
        certainty="strong",
        field="data[tls.key]",
        wanted=f"a certificate for {host} and its own key",
        fix=Fix(f"Make the Secret anew from a certificate for {host} and the key that belongs to it"),
    )


def _bad_certificate(case: Case) -> t.Iterator[Candidate]:
    """ING-08: the certificate of a host is not valid today, or for other names."""
    there = _secrets(case)
    for one in (*_all(case), *_of_gateways(case)):
        shown = _shown(case, one)
        if shown is None or not shown.facts.get("names"):
            continue
        named = there.get((one.namespace, one.secret)) if one.secret else None
        selected = not case.snapshot.selected or one.namespace in case.snapshot.selected
        if one.secret and named is None and case.knows("secrets") and selected:
            continue  # ING-07
        if shown.facts.get("name_matches") and not shown.facts.get("valid_now", True):
            yield _expired(one, shown)
        elif not one.secret:
            yield _no_own(case, one, shown)
        elif own := _of_secret(case, one, shown):
            yield _other_names(one, shown, own, _is_default(case, one, shown) is None)


def _certificate(one: _Tls, said: str, shown: _Shown, own: _Shown, **more: t.Any) -> Candidate:
    ref = one.secret_ref if one.secret else one.owner
    field = "data[tls.crt]" if one.secret else one.field
    host = place_of(shown.about)[0]
    key = Evidence("probe", f"check {own.about.cell.id}", f"the controller of {host} {own.says()}", key=True)
    named = Evidence("api", str(one.owner), f"{one.field} is {one.secret or 'not set'}, for {', '.join(one.hosts)}")
    return _candidate(one, ref, f"{ref}: {field} {said}", [key, named], field=field, **more)


def _expired(one: _Tls, shown: _Shown) -> Candidate:
    host = place_of(shown.about)[0]
    since, until = shown.facts.get("not_before", ""), shown.facts.get("not_after", "")
    return _certificate(
        one,
        f"is a certificate for {shown.names} that is valid from {since} to {until}",
        shown,
        shown,
        value=f"valid until {until}",
        wanted=f"a certificate for {host} that is valid today",
        mechanism="Clients refuse a certificate outside of the time for which it is valid",
        ruled_out=(RuledOut("ING-07", f"the controller uses the Secret for {host}", one.ref),),
        fix=Fix("Renew the certificate; cert-manager does it by 'cmctl renew' where it made the Secret"),
    )


def _other_names(one: _Tls, shown: _Shown, own: _Shown, unsure: bool) -> Candidate:
    host = place_of(shown.about)[0]
    return _certificate(
        one,
        f"is a certificate for {own.names}, and {one.ref} has it for {host}",
        shown,
        own,
        certainty="strong" if unsure or own is not shown else "certain",
        value=own.names,
        wanted=f"a certificate for {host}",
        mechanism="Clients refuse a certificate for other names than the one that they ask for",
        fix=Fix(f"Make the Secret anew from a certificate for {host}"),
    )


def _no_own(case: Case, one: _Tls, shown: _Shown) -> Candidate:
    host = place_of(shown.about)[0]
    return _certificate(
        one,
        f"is not set, and the certificate that the controller has for all hosts is for {shown.names}, not for {host}",
        shown,
        shown,
        wanted=f"a Secret with a certificate for {host}",
        certainty="certain" if _is_default(case, one, shown) else "strong",
        mechanism=_SHOWS_DEFAULT,
        fix=Fix(f"Name a Secret with a certificate for {host}, or give the controller a default one that is for it"),
    )


RULES = (
    Rule(
        "ING-07",
        "The TLS Secret is missing, of another type, without its keys, or not used",
        ("ingresses", "secrets", "gateways"),
        _bad_secret,
    ),
    Rule("ING-08", "The certificate is not valid today, or for other names", ("ingresses", "cells"), _bad_certificate),
)
