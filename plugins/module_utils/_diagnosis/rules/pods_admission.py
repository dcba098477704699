# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: Pods that were never made, because the API server refused them.

There is no Pod to describe. The reason is in condition ReplicaFailure of a ReplicaSet, and in event FailedCreate
of every controller of Pods.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from .. import fixes
from ..case import Case, condition
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..reach import to_workload
from ..rule import Candidate, Rule
from .unwell import UnwellContainer, cause_of, containers, is_recent

_NEEDS = ("pods", "owners", "events")
_STANDARD = re.compile(r'violates PodSecurity "(?P<level>[\w-]+):(?P<version>[\w.]+)": (?P<what>.+)')
_ADMISSION = re.compile(
    r"ValidatingAdmissionPolicy '(?P<policy>[\w.-]+)' with binding '(?P<binding>[\w.-]+)' denied request: (?P<says>.+)"
)
_WEBHOOK = re.compile(r'admission webhook "(?P<webhook>[\w.-]+)" denied the request:? ?(?P<says>.*)')
_ACCOUNT = re.compile(r'serviceaccount "(?P<name>[\w.-]+)" not found')
#: What the kubelet says where it starts no container as root (pkg/kubelet/kuberuntime/security_context.go).
_ROOT = re.compile(r"runAsNonRoot and image|breaks non-root policy|runAsNonRoot and runAsUser")
_USER = 65532  #: one that nobody is
#: A clause of a violation of PodSecurity -> the field of a Pod that it is about.
_FIELDS = (
    (re.compile(r"seccompProfile"), "securityContext.seccompProfile"),
    (re.compile(r"runAsNonRoot"), "securityContext.runAsNonRoot"),
    (re.compile(r"allowPrivilegeEscalation"), "containers[0].securityContext.allowPrivilegeEscalation"),
    (re.compile(r"unrestricted capabilities|non-default capabilities"), "containers[0].securityContext.capabilities"),
    (re.compile(r"privileged"), "containers[0].securityContext.privileged"),
    (re.compile(r"hostPort"), "containers[0].ports[0].hostPort"),
    (re.compile(r"host namespaces"), "hostNetwork"),
    (re.compile(r"hostPath|restricted volume types"), "volumes"),
    (re.compile(r"runAsUser"), "securityContext.runAsUser"),
)

#: Of these, those that a container without special needs can be given.
_PATCHED = {field for said, field in _FIELDS[:4]}


@dataclasses.dataclass(frozen=True)
class Refused:
    """A workload whose Pods the API server refuses.

    Attributes:
        case: that it is of.
        owner: the workload, up to the top.
        template: the start of its Pods' fields.
        message: of the API server.
        where: the object that says it.
        missing: how many Pods are missing, of how many.
    """

    case: Case
    owner: ObjectRef
    template: str
    message: str
    where: Evidence
    missing: tuple[int, int]

    def candidate(self, sentence: str, **more: t.Any) -> Candidate:
        """What keeps the Pods from being made."""
        other = more.get("object", self.owner)
        own = {
            "object": self.owner,
            "victims": () if other == self.owner else (self.owner,),
            "explains": to_workload(self.case, self.owner),
            "stands_alone": True,
            "scope": Scope(*self.missing, "Pods"),
            "evidence": (self.where,),
            "mechanism": "The API server refuses each Pod that the controller makes, so there is none to look at",
        }
        if "fix" in more and other != self.owner:
            more["fix"] = fixes.then_restart(more["fix"], self.owner)
        return Candidate(sentence=f"{other}: {sentence}", **{**own, **more})


def refused(case: Case, said: re.Pattern[str]) -> t.Iterator[tuple[Refused, re.Match[str]]]:
    """Yield the workloads whose Pods are refused for a reason, each once."""
    found: set[ObjectRef] = set()
    for owner in case.workloads.owners:
        one = _of(case, owner)
        match = said.search(one.message) if one else None
        if one and match and one.owner not in found:
            found.add(one.owner)
            yield one, match
    for one in _without_owner(case):
        match = said.search(one.message)
        if match and one.owner not in found:
            found.add(one.owner)
            yield one, match


def _without_owner(case: Case) -> t.Iterator[Refused]:
    """Jobs, which C(depth: workloads) does not read: their events tell it as well."""
    known = {(owner.namespace, owner.kind, owner.name) for owner in case.workloads.owners}
    for event in case.workloads.events:
        is_recent_one = event.reason == "FailedCreate" and is_recent(case, event.last)
        if event.kind == "Job" and is_recent_one and (event.namespace, event.kind, event.name) not in known:
            ref = ObjectRef(event.kind, event.name, event.namespace)
            said = Evidence("event", f"{ref} FailedCreate", event.message, key=True)
            yield Refused(case, ref, "spec.template.spec.", event.message, said, (1, 1))


def _of(case: Case, owner: Owner) -> Refused | None:
    ref = ObjectRef(owner.kind, owner.name, owner.namespace)
    lacks = (owner.desired or 0) - owner.current
    if lacks <= 0 or owner.kind in ("Deployment", "CronJob"):  # their ReplicaSets and Jobs are looked at
        return None
    failed = condition(owner.conditions, "ReplicaFailure")
    events = case.events(ref, "FailedCreate")
    message = failed.message if failed and failed.status == "True" else events[0].message if events else ""
    if not message:
        return None
    top = case.top(ref)
    template = "spec.jobTemplate.spec.template.spec." if top.kind == "CronJob" else "spec.template.spec."
    kind = "api" if failed and failed.status == "True" else "event"
    said = Evidence(kind, f"{ref} {'condition ReplicaFailure' if kind == 'api' else 'FailedCreate'}", message, key=True)
    return Refused(case, top, template, message, said, (lacks, owner.desired or 0))


def _as_root(case: Case) -> t.Iterator[Candidate]:
    """POD-18: the kubelet starts no container as root that must not run so."""
    for one in containers(
        case, lambda _pod, _detail, each: each.state == "waiting" and bool(_ROOT.search(each.message))
    ):
        container = one.container
        own = container.run_as_non_root or container.run_as_user is not None
        where = f"{one.field}." if own else f"{one.field.rpartition('spec.')[0]}spec."
        is_numeric = container.run_as_user == 0 or "runAsUser breaks" in container.message
        field, value = f"{where}securityContext.{'runAsUser' if is_numeric else 'runAsNonRoot'}", "true"
        if is_numeric:
            value = str(container.run_as_user if container.run_as_user is not None else one.detail.run_as_user or 0)
        yield cause_of(
            one,
            f"{field} is {value}, and container {container.name} would run as root: {container.message[:120]}",
            field=field,
            value=value,
            mechanism="With runAsNonRoot, the kubelet starts no container whose user is root or has only a name",
            evidence=(dataclasses.replace(one.said(), key=True),),
            fix=_as_user(case, one),
        )


def _as_user(case: Case, one: UnwellContainer) -> Fix:
    text = "Use an image that runs as another user than root, or give runAsUser one"
    if fixes.has_earlier_revision(case, one.owner) or one.container.kind != "app":
        return fixes.roll_back(case, one.owner, text)
    own = {"name": one.container.name, "securityContext": {"runAsUser": _USER}}
    return fixes.merge_template(one.owner, text, {"containers": [own]})


def _security(case: Case) -> t.Iterator[Candidate]:
    """POD-18: Pod security admission, an admission policy, a webhook or the kubelet refuses the Pod."""
    yield from _as_root(case)
    for one, match in refused(case, _STANDARD):
        clauses = re.split(r", (?=[a-zA-Z]+(?: [a-zA-Z]+)* ?[!(]?)", match["what"])
        fields = [field for clause in clauses for said, field in _FIELDS if said.search(clause)]
        field = f"{one.template}{fields[0] if fields else 'securityContext'}"
        yield one.candidate(
            f"{field} does not meet the Pod security standard {match['level']} of namespace "
            f"{one.owner.namespace}: {match['what'][:200]}",
            field=field,
            wanted=match["level"],
            fix=_meet(one, match["level"], len(fields) == len(clauses) and set(fields) <= _PATCHED),
        )
    for one, match in refused(case, _ADMISSION):
        yield one.candidate(
            f"spec.validations refuses the Pods of {one.owner}: {match['says'][:200]}",
            object=ObjectRef("ValidatingAdmissionPolicy", match["policy"]),
            field="spec.validations",
            value=match["says"][:200],
            fix=Fix(f"Make the Pods as the policy wants them, or change its binding {match['binding']}"),
        )
    for one, match in refused(case, _WEBHOOK):
        owner = next((each for each in case.workloads.webhooks if each.name == match["webhook"]), None)
        ref = ObjectRef(owner.kind, owner.configuration) if owner else one.owner
        says = match["says"][:200] or "it gives no reason"
        yield one.candidate(
            f"webhook {match['webhook']} refuses the Pods of {one.owner}: {says}",
            object=ref,
            field=f"webhooks[{owner.index}]" if owner else "",
            value=match["says"][:200],
            fix=Fix("Make the Pods as the webhook wants them"),
        )


def _meet(one: Refused, level: str, is_enough: bool) -> Fix:
    """What meets both standards for containers that need nothing special, where that is all that is wanted."""
    ref, target = one.owner, one.owner.kind.lower()
    if (
        not is_enough
        or level != "restricted"
        or ref.kind not in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
    ):
        return Fix(f"Give the Pods what the standard {level} wants")
    known = one.case.owner_of(ref)
    inits = known.template_init_containers if known else ()
    names = sorted(known.template_images) if known else []
    own = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    spec: dict[str, t.Any] = {"securityContext": pod}
    for part, there in (("containers", set(names) - set(inits)), ("initContainers", set(inits))):
        if there:
            spec[part] = [{"name": name, "securityContext": own} for name in sorted(there)]
    change = {"spec": {"template": {"spec": spec}}}
    fix = fixes.patch(
        ref,
        f"Give the {target} what the standard wants, if its image runs as another user than root",
        change,
        {},
        "medium",
    )
    undo = fixes.kubectl(ref, "rollout", "undo", f"{target}/{ref.name}")
    return dataclasses.replace(fix, undo=undo, command=fix.command.replace("--type=merge", "--type=strategic"))


def _no_account(case: Case) -> t.Iterator[Candidate]:
    """POD-19: the ServiceAccount does not exist."""
    for one, match in refused(case, _ACCOUNT):
        field = f"{one.template}serviceAccountName"
        account = ObjectRef("ServiceAccount", match["name"], one.owner.namespace)
        make, drop = ((verb, "serviceaccount", account.name) for verb in ("create", "delete"))
        fix = fixes.command(account, "Create the ServiceAccount", make, drop, needs=fixes.right("create", account))
        yield one.candidate(
            f"{field} is {match['name']}, which does not exist in namespace {one.owner.namespace}",
            field=field,
            value=match["name"],
            fix=fixes.then_restart(fix, one.owner),
        )


RULES = (
    Rule("POD-18", "Admission or the kubelet refuses the Pod", (*_NEEDS, "details"), _security),
    Rule("POD-19", "The ServiceAccount does not exist", _NEEDS, _no_account),
)
