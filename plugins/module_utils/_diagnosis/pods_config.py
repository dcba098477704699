# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: what a Pod needs before its containers start: images of registries, Secrets, ConfigMaps,
volumes, init containers.
"""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_limits import Claim
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, Reference

from . import fixes
from .case import Case, ref_of
from .finding import Evidence, Fix, ObjectRef
from .pods import PULLING, pull_message
from .rule import Candidate, Rule
from .unwell import UnwellPods, cause_of, containers, is_recent, pods

_NEEDS = ("pods", "details", "events")
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
_INIT_TAKES = datetime.timedelta(seconds=20)  #: before one that runs is suspected


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
                fix=Fix(f"Create Secret {absent.name} of type kubernetes.io/dockerconfigjson, or name one that exists"),
                **common,
            )
        elif secret:
            is_config = secret.type == "kubernetes.io/dockerconfigjson"
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
                wanted="" if is_config else "kubernetes.io/dockerconfigjson",
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
                fix=Fix("Name a Secret with a login for the registry, in the template or in its ServiceAccount"),
                **common,
            )


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
            fix=fixes.roll_back(case, one.owner, f"Let the node reach {registry}, or name a registry that it reaches"),
        )


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
        fix=_create(one, reference)
        or fixes.roll_back(case, one.owner, f"Make what is missing, or refer to what exists{like}"),
    )


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
    """An empty ConfigMap lets the Pod start; what a Secret or a key holds only its owner knows."""
    if reference.kind != "ConfigMap" or reference.key:
        return None
    ref = ObjectRef("ConfigMap", reference.name, one.pod.namespace)
    make, drop = ((verb, "configmap", ref.name) for verb in ("create", "delete"))
    text = "Make the ConfigMap, with what the application needs in it"
    return fixes.command(ref, text, make, drop, needs=fixes.right("create", ref))


def _init(case: Case) -> t.Iterator[Candidate]:
    """POD-10: an init container does not end, or ends with an error."""
    for one in containers(case, lambda pod, _detail, each: pod.phase == "Pending" and _is_stuck(case, each)):
        container = one.container
        lines = [line.strip() for line in one.log() if line.strip()]
        last = f": {lines[-1][:120]}" if lines else ""
        runs = container.state == "running"
        what = "runs and does not end" if runs else f"ends with exit code {_code(container)}"
        if container.kind == "sidecar":
            what = "has not started: its startup probe is not met"
        field = (
            f"{one.field}{'.startupProbe' if container.kind == 'sidecar' else '.command' if container.command else ''}"
        )
        log = (
            (Evidence("log", f"{ref_of(one.pod)} container {container.name}", lines[-1][:300], key=True),)
            if lines
            else ()
        )
        yield cause_of(
            one,
            f"init container {container.name} {what}{last}",
            field=field,
            value=container.name,
            mechanism="The containers of a Pod start only after each init container has ended well",
            evidence=(*log, one.said()),
            fix=fixes.roll_back(case, one.owner, f"Give init container {container.name} what it waits for"),
        )


def _is_stuck(case: Case, one: ContainerDetail) -> bool:
    if one.kind == "sidecar":
        return one.state == "running" and not one.started and any(each.kind == "startup" for each in one.probes)
    if one.kind != "init":
        return False
    failed = one.reason in ("CrashLoopBackOff", "Error") or (one.state == "terminated" and bool(one.exit_code))
    return failed or (one.state == "running" and (one.restarts > 0 or not is_recent(case, one.since, _INIT_TAKES)))


def _code(one: ContainerDetail) -> int | None:
    return one.exit_code if one.exit_code is not None else one.last_exit_code


def _claims(case: Case) -> t.Iterator[Candidate]:
    """POD-15: a PersistentVolumeClaim does not exist, or stays pending."""
    known = {(claim.namespace, claim.name): claim for claim in case.workloads.claims}
    for one in pods(case, lambda pod, detail: pod.phase == "Pending" and bool(detail.pvc_names)):
        for name in one.detail.pvc_names:
            claim = known.get((one.pod.namespace, name))
            if claim is None:
                yield _no_claim(case, one, name)
            elif claim.phase == "Pending":
                yield _pending(case, one, claim)


def _no_claim(case: Case, one: UnwellPods, name: str) -> Candidate:
    place = next(
        (each for each in one.detail.references if (each.kind, each.name) == ("PersistentVolumeClaim", name)), None
    )
    field = case.origin(one.pod, f"{place.field}.claimName" if place else "spec.volumes")[1]
    there = [each.name for each in case.workloads.claims if each.namespace == one.pod.namespace]
    close = difflib.get_close_matches(name, there, 1)
    return cause_of(
        one,
        f"{field} is {name}, and there is no PersistentVolumeClaim {one.pod.namespace}/{name}",
        field=field,
        value=name,
        wanted=close[0] if close else "",
        mechanism="A Pod is not scheduled before the claims that it names exist",
        evidence=(Evidence("api", f"PersistentVolumeClaim {one.pod.namespace}/{name}", "does not exist", key=True),),
        fix=Fix("Create the claim, or name one that exists"),
    )


def _pending(case: Case, one: UnwellPods, claim: Claim) -> Candidate:
    ref = ObjectRef("PersistentVolumeClaim", claim.name, claim.namespace)
    events = case.events(ref, "ProvisioningFailed", "FailedBinding", "ExternalProvisioning", "WaitForFirstConsumer")
    said = events[0].message if events else "it is pending"
    field, value, why, other = _why_pending(case, claim)
    return cause_of(
        one,
        f"{field} {f'is {value}' if value else 'is not set'}, and {why}",
        object=other or ref,
        field=field,
        value=value,
        mechanism="A Pod is not scheduled before its claims are bound to volumes",
        victims=(one.owner, *one.refs, *((ref,) if other else ())),
        evidence=(Evidence("event" if events else "api", str(ref), said, key=True),),
        fix=Fix("Create a volume or class that fits, or make the claim anew: most of its fields cannot be changed"),
    )


def _why_pending(case: Case, claim: Claim) -> tuple[str, str, str, ObjectRef | None]:
    """The field that keeps a claim from being bound, its value, why, and the object where it is another one."""
    classes = {each.name: each for each in case.workloads.storage_classes}
    default = next((each for each in classes.values() if each.default), None)
    name = claim.storage_class
    if name and name not in classes:
        like = [each for each in case.workloads.volumes if each.storage_class == name]
        if not like:
            exist = ", ".join(sorted(classes)) or "none"
            return "spec.storageClassName", name, f"there is no such StorageClass; existing ones: {exist}", None
    if name is None and default is None:
        return "spec.storageClassName", "", "the cluster has no default StorageClass", None
    free = [each for each in case.workloads.volumes if each.phase == "Available" and each.storage_class == (name or "")]
    if free:
        modes = [each for each in free if set(claim.access_modes) <= set(each.access_modes)]
        if not modes:
            have = ", ".join(sorted({mode for each in free for mode in each.access_modes}))
            return "spec.accessModes", ", ".join(claim.access_modes), f"the volumes that are free have {have}", None
        biggest = ", ".join(sorted({each.capacity for each in modes}))
        return "spec.resources.requests.storage", claim.requested, f"the volumes that are free have {biggest}", None
    owner = classes.get(name or "") or default
    if owner and owner.provisioner not in ("", "kubernetes.io/no-provisioner"):
        said = f"nothing that provisions volumes of StorageClass {owner.name} has done so"
        return "provisioner", owner.provisioner, said, ObjectRef("StorageClass", owner.name)
    return "spec.storageClassName", name or "", "no PersistentVolume of that class is free", None


RULES = (
    Rule("POD-02", "The registry refuses the pull", _NEEDS, _no_credentials),
    Rule("POD-03", "The node does not reach the registry", _NEEDS, _registry_unreached),
    Rule("POD-09", "A Secret, a ConfigMap or a key of one does not exist", _NEEDS, _absent),
    Rule("POD-10", "An init container does not end", (*_NEEDS, "logs"), _init),
    Rule("POD-15", "A PersistentVolumeClaim is not bound", (*_NEEDS, "claims", "volumes", "storage_classes"), _claims),
)
