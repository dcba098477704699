# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: what a Pod needs before its containers start: images of registries, Secrets, ConfigMaps."""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, Reference

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Rule
from .pods import PULLING, pull_message, set_image
from .unwell import UnwellContainer, UnwellPods, cause_of, containers, pods

_NEEDS = ("pods", "details", "events")
_LOGIN = "kubernetes.io/dockerconfigjson"
_REFUSED = re.compile(r"authoriz|authentication|denied|\b401\b|\b403\b|basic auth credentials", re.IGNORECASE)
_UNREACHED = re.compile(
    r"no such host|connection refused|i/o timeout|x509|toomanyrequests|no route to host|network is unreachable"
    r"|deadline exceeded|server gave HTTP response to HTTPS client|connection reset|\bEOF\b",
    re.IGNORECASE,
)
#: What the kubelet says of what a Pod needs and is not there.
_ABSENT = re.compile(
    r"""(?P<kind>secret|configmap|persistentvolumeclaim) \\?"?(?P<name>[\w.-]+)\\?"? not found""", re.IGNORECASE
)
_NO_KEY = re.compile(
    r"couldn't find key (?P<key>[\w.-]+) in (?P<kind>Secret|ConfigMap) (?P<namespace>[\w.-]+)/(?P<name>[\w.-]+)"
)
_NO_ITEM = re.compile(r"references non-existent (?:config|secret) key: (?P<key>[\w.-]+)")
_KINDS = {"secret": "Secret", "configmap": "ConfigMap", "persistentvolumeclaim": "PersistentVolumeClaim"}


def _pulls(_pod: t.Any, _detail: t.Any, container: ContainerDetail) -> bool:
    return container.state == "waiting" and container.reason in PULLING


def _no_credentials(case: Case) -> t.Iterator[Candidate]:
    """POD-02: the registry refuses: no credentials, or wrong ones."""
    for one in containers(case, _pulls):
        message = pull_message(one)
        if not _REFUSED.search(message):
            continue
        named = [each for each in one.detail.references if each.field.startswith("spec.imagePullSecrets")]
        registry = host_of(one.container.image)
        key = Evidence("event", str(ref_of(one.pod)), message, key=True)
        common: dict[str, t.Any] = {
            "mechanism": f"The registry {registry} gives the image only to who logs in, so the container never starts",
        }
        there = {(each.namespace, each.name): each for each in case.workloads.keys if each.kind == "Secret"}
        secret = next(
            (there[one.pod.namespace, each.name] for each in named if (one.pod.namespace, each.name) in there), None
        )
        absent = next(
            (each for each in named if case.knows("secrets") and (one.pod.namespace, each.name) not in there), None
        )
        if absent:
            field = case.origin(one.pod, _leaf(absent))[1]
            yield cause_of(
                one,
                f"{field} is {absent.name}, and there is no such Secret in namespace {one.pod.namespace}",
                field=field,
                value=absent.name,
                evidence=(key, one.said()),
                fix=_log_in(
                    one, f"Create Secret {absent.name} of type {_LOGIN}, or name one that exists", field, absent.name
                ),
                **common,
            )
        elif secret:
            is_config = secret.type == _LOGIN
            ref = ObjectRef("Secret", secret.name, secret.namespace)
            field, value = ("data[.dockerconfigjson]", "") if is_config else ("type", secret.type)
            what = (
                f"has no login that registry {registry} takes" if is_config else f"is {secret.type}, which is no login"
            )
            yield cause_of(
                one,
                f"{field} {what}",
                object=ref,
                field=field,
                value=value,
                wanted="" if is_config else _LOGIN,
                victims=(one.owner, *one.refs),
                evidence=(key, Evidence("api", str(ref), f"type {secret.type}")),
                fix=Fix(f"Make the Secret anew with a login for {registry}; the type of a Secret cannot be changed"),
                **common,
            )
        else:
            field = f"{one.field.rpartition('spec.')[0]}spec.imagePullSecrets"
            yield cause_of(
                one,
                f"{field} {f'names {named[0].name}' if named else 'is empty'}, and registry {registry} refuses",
                field=field,
                value=named[0].name if named else "",
                evidence=(key, one.said()),
                fix=_log_in(
                    one, "Name a Secret with a login for the registry, in the template or in its ServiceAccount", field
                ),
                **common,
            )


def _log_in(one: UnwellContainer, text: str, field: str, name: str = "") -> Fix:
    """Name the Secret with a login that the namespace has, where there is one that it can only be."""
    logins = sorted(
        each.name
        for each in one.case.workloads.keys
        if (each.kind, each.namespace, each.type) == ("Secret", one.pod.namespace, _LOGIN)
    )
    like = logins if len(logins) == 1 else difflib.get_close_matches(name, logins, 1)
    if not like:
        return Fix(text)
    value: t.Any = like[0] if name else [{"name": like[0]}]
    return fixes.in_template(one.owner, f"{text}: {like[0]}", field, value)


def host_of(image: str) -> str:
    """The registry of an image: C(docker.io) where it names none."""
    first, slash, _rest = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def _registry_unreached(case: Case) -> t.Iterator[Candidate]:
    """POD-03: the node does not reach the registry."""
    for one in containers(case, _pulls):
        message = pull_message(one)
        match = _UNREACHED.search(message)
        if not match or _REFUSED.search(message):
            continue
        nodes = sorted({pod.node for pod in one.pods if pod.node})
        registry, where = host_of(one.container.image), ", ".join(nodes)
        field = f"{one.field}.image"
        yield cause_of(
            one,
            f"{field} is {one.container.image}, and node {where} does not reach its registry: {match.group()}",
            field=field,
            value=one.container.image,
            mechanism=f"The kubelet of the node pulls the image, and gets no answer of {registry} that it can use",
            evidence=(Evidence("event", str(ref_of(one.pod)), message, key=True), one.said()),
            fix=_other_registry(case, one, f"Let the node reach {registry}, or name a registry that it reaches"),
        )


def _other_registry(case: Case, one: UnwellContainer, text: str) -> Fix:
    """The image that other Pods run, where it has the same name in another registry."""
    if fixes.has_earlier_revision(case, one.owner):
        return fixes.roll_back(case, one.owner, text)
    image = one.container.image
    like = fixes.nearest_image(case, image)
    return set_image(one, like if host_of(like) != host_of(image) else "", text)


def _absent(case: Case) -> t.Iterator[Candidate]:
    """POD-09: a Secret, a ConfigMap or a key of one does not exist."""
    for one in pods(case, lambda pod, _detail: not pod.ready and not pod.finished):
        texts = [each.message for each in one.events("FailedMount", "Failed")]
        texts += [each.message for each in one.detail.containers if each.state == "waiting" and each.message]
        for text in texts:
            missed = _reference(one, text)
            if missed and missed[0].kind in ("Secret", "ConfigMap") and not _is_there_now(case, one, missed[0]):
                yield _of_reference(case, one, *missed, text)
                break


def _is_there_now(case: Case, one: UnwellPods, reference: Reference) -> bool:
    """Whether what was missing has been made since: the kubelet tries again."""
    fact = "secrets" if reference.kind == "Secret" else "config_maps"
    if not case.knows(fact) or reference.key:
        return False
    return any(
        (each.kind, each.namespace, each.name) == (reference.kind, one.pod.namespace, reference.name)
        for each in case.workloads.keys
    )


def _reference(one: UnwellPods, text: str) -> tuple[Reference, str] | None:
    """The reference of a Pod that a message is about, and what is wrong with it."""
    absent, no_key, no_item = _ABSENT.search(text), _NO_KEY.search(text), _NO_ITEM.search(text)
    for each in one.detail.references:
        if absent and (each.kind, each.name) == (_KINDS[absent["kind"].lower()], absent["name"]):
            whole = dataclasses.replace(each, key="", field=each.field.partition(".items[")[0])
            return whole, f"there is no {each.kind} {one.pod.namespace}/{each.name}"
        if no_key and (each.kind, each.name, each.key) == (no_key["kind"], no_key["name"], no_key["key"]):
            return each, f"{each.kind} {one.pod.namespace}/{each.name} has no key {each.key}"
        if no_item and each.key == no_item["key"]:
            return each, f"{each.kind} {one.pod.namespace}/{each.name} has no key {each.key}"
    return None


def _of_reference(case: Case, one: UnwellPods, reference: Reference, said: str, text: str) -> Candidate:
    field = case.origin(one.pod, _leaf(reference))[1]
    value = reference.key or reference.name
    there = [
        key if reference.key else each.name
        for each in case.workloads.keys
        if (each.kind, each.namespace) == (reference.kind, one.pod.namespace)
        for key in (
            each.keys if reference.key and each.name == reference.name else (each.name,) if not reference.key else ()
        )
    ]
    close = difflib.get_close_matches(value, sorted(set(there)), 1)
    like = f"; there is {close[0]}" if close else ""
    return cause_of(
        one,
        f"{field} is {value}, and {said}{like}",
        field=field,
        value=value,
        wanted=close[0] if close else "",
        mechanism="The kubelet starts no container of the Pod before all that its template refers to exists",
        evidence=(Evidence("event", str(ref_of(one.pod)), text[:300], key=True),),
        fix=_refer(case, one, field, close[0] if close else "")
        or _create(one, reference)
        or _do_without(one, reference),
    )


def _refer(case: Case, one: UnwellPods, field: str, close: str) -> Fix | None:
    """Go back to the revision before, or refer to what has nearly the same name."""
    text = f"Make what is missing, or refer to what exists{f': {close}' if close else ''}"
    if fixes.has_earlier_revision(case, one.owner):
        return fixes.roll_back(case, one.owner, text)
    fix = fixes.in_template(one.owner, text, field, close) if close else Fix("")
    return fix if fix.command else None


def _do_without(one: UnwellPods, reference: Reference) -> Fix:
    """Let the Pod start without a key, where it is one that only its owner can write."""
    text = f"Add key {reference.key} to {reference.kind} {reference.name}"
    if ".items[" in reference.field or not reference.key:
        return Fix(text if reference.key else "Make what is missing, or refer to what exists")
    field = f"{one.field}{reference.field}.optional"
    return fixes.in_template(one.owner, f"{text}, or let the container start without it", field, True)


#: The end of a field that names an object -> the field below it that has the name, where that is not C(name).
_NAMES = {"secret": "secretName"}


def _leaf(reference: Reference) -> str:
    """The field itself, where that of a reference is what holds it."""
    if reference.key:
        return f"{reference.field}.key"
    last = reference.field.rpartition(".")[2]
    name = "name" if ".projected." in reference.field else _NAMES.get(last, "name")
    return f"{reference.field}.{name}"


def _create(one: UnwellPods, reference: Reference) -> Fix | None:
    """An empty object lets the Pod start; what it holds only its owner knows."""
    if reference.key:
        return None
    ref = ObjectRef(reference.kind, reference.name, one.pod.namespace)
    is_secret = reference.kind == "Secret"
    make = ("create", "secret", "generic", ref.name) if is_secret else ("create", "configmap", ref.name)
    drop = ("delete", reference.kind.lower(), ref.name)
    text = f"Make the {reference.kind}, with what the application needs in it"
    return fixes.command(ref, text, make, drop, needs=fixes.right("create", ref))


RULES = (
    Rule("POD-02", "The registry refuses the pull", _NEEDS, _no_credentials),
    Rule("POD-03", "The node does not reach the registry", _NEEDS, _registry_unreached),
    Rule("POD-09", "A Secret, a ConfigMap or a key of one does not exist", _NEEDS, _absent),
)
