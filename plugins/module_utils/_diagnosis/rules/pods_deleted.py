# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: what was deleted, and is still there."""

from __future__ import annotations

import datetime
import shlex
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail

from .. import fixes
from ..case import Case, condition, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Rule
from .unwell import age_of

#: Those of Kubernetes itself, whose controllers are part of it: they take their time.
_OF_KUBERNETES = ("kubernetes.io/", "k8s.io/", "foregroundDeletion", "orphan")
_THEIR_TIME = datetime.timedelta(minutes=5)
_AFTER_ITS_END = datetime.timedelta(seconds=60)  #: that a kubelet takes beyond the grace period of a Pod
_FINALIZER = "The API server removes an object only when whoever put a finalizer on it has taken it away"


def _pods(case: Case) -> t.Iterator[Candidate]:
    """POD-21: a deleted Pod stays, because of a finalizer, or because its node does not end it."""
    for pod, detail in case.details():
        finalizer = _waits_for(case, detail.deletion, detail.finalizers)
        age = age_of(case, detail.deletion)
        if finalizer:
            yield _kept(ref_of(pod), "pods", detail.deletion, detail.finalizers, finalizer)
        elif detail.deletion and not detail.finalizers and age is not None and age > _AFTER_ITS_END:
            yield _not_ended(case, pod, detail)


def _others(case: Case) -> t.Iterator[Candidate]:
    """POD-29: any other object that was deleted stays because of a finalizer."""
    for each in case.workloads.terminating:
        finalizer = _waits_for(case, each.deletion, each.finalizers)
        if finalizer:
            ref = ObjectRef(each.kind, each.name, each.namespace)
            yield _kept(ref, each.resource, each.deletion, each.finalizers, finalizer)
    yield from _namespaces(case)


def _namespaces(case: Case) -> t.Iterator[Candidate]:
    """A Namespace is gone only with all that is in it, which its controller tells in its conditions."""
    for each in case.workloads.namespace_details:
        ref = ObjectRef("Namespace", each.name)
        foreign = [name for name in each.finalizers if name != "kubernetes" and not _is_of_kubernetes(name)]
        if foreign:
            yield _kept(ref, "namespaces", each.deletion, foreign, foreign[0])
            continue
        age = age_of(case, each.deletion)
        said = condition(each.conditions, "NamespaceFinalizersRemaining")
        if said and said.status == "True" and age is not None and age > _AFTER_ITS_END:
            within = (one for one in case.workloads.terminating if one.namespace == each.name)
            yield Candidate(
                ref,
                f"{ref}: spec.finalizers is kubernetes, so that it stays though it was deleted: {said.message[:160]}",
                severity="warning",
                field="spec.finalizers",
                value="kubernetes",
                mechanism="The API server removes a Namespace only when nothing is left in it",
                stands_alone=True,
                parents=tuple(ObjectRef(one.kind, one.name, one.namespace) for one in within),
                evidence=(Evidence("api", f"{ref} condition {said.type}", said.message, key=True),),
                fix=Fix("Let the controllers of these finalizers do their work"),
            )


def _waits_for(case: Case, deletion: str, finalizers: t.Sequence[str]) -> str:
    """The finalizer that an object waits for too long; the time of a Pod's deletion has its grace period in it."""
    age = age_of(case, deletion) if deletion else None
    if age is None or age < datetime.timedelta(0):
        return ""
    foreign = [each for each in finalizers if not _is_of_kubernetes(each)]
    late = foreign or (finalizers if age > _THEIR_TIME else [])
    return next(iter(late), "")


def _is_of_kubernetes(finalizer: str) -> bool:
    domain = finalizer.partition("/")[0]
    return finalizer.startswith(_OF_KUBERNETES) or domain.endswith((".kubernetes.io", ".k8s.io"))


def _kept(ref: ObjectRef, resource: str, deletion: str, finalizers: t.Sequence[str], finalizer: str) -> Candidate:
    field = f"metadata.finalizers[{finalizers.index(finalizer)}]"
    return Candidate(
        ref,
        f"{ref}: {field} is {finalizer}, so that it stays though it was deleted",
        severity="warning",
        field=field,
        value=finalizer,
        mechanism=_FINALIZER,
        stands_alone=True,
        parents=(ObjectRef("Namespace", ref.namespace),) if ref.namespace else (),
        parent_codes=("CP-12",),
        evidence=(Evidence("api", str(ref), f"deleted at {deletion}, finalizer {finalizer}", key=True),),
        fix=_take_away(ref, resource, field, finalizer),
    )


def _take_away(ref: ObjectRef, resource: str, field: str, finalizer: str) -> Fix:
    """The object is kept in a file before: it is gone with its last finalizer, and nothing else brings it back."""
    file = shlex.quote(f"{ref.kind.lower()}-{ref.name}.json")
    save = f"{fixes.kubectl(ref, 'get', resource, ref.name, '-o', 'json')} > {file}"
    change = f'[{{"op": "remove", "path": "{fixes.pointer(field)}"}}]'
    take = fixes.kubectl(ref, "patch", resource, ref.name, "--type=json", "-p", change)
    text = (
        f"Let the controller of {finalizer} do its work; if it is gone for good, take the finalizer away, which skips "
        "that work"
    )
    back = fixes.kubectl(ref, "create", "-f", f"{ref.kind.lower()}-{ref.name}.json")
    return Fix(text, f"{save} && {take}", "high", back, fixes.right("patch", ref))


def _not_ended(case: Case, pod: Pod, detail: PodDetail) -> Candidate:
    ref, node = ref_of(pod), ObjectRef("Node", pod.node)
    known = next((each for each in case.snapshot.nodes if each.name == pod.node), None)
    failed = case.events(ref, "FailedKillPod")
    why = f"node {pod.node} has not ended it"
    if known and not known.ready:
        why = f"its node {pod.node} is {known.status or 'NotReady'}"
    elif failed:
        why = failed[0].message[:160]
    said = Evidence("event", str(ref), failed[0].message, key=True) if failed else None
    return Candidate(
        ref,
        f"{ref}: metadata.deletionTimestamp is {detail.deletion}, and it is still there: {why}",
        severity="warning",
        certainty="certain" if failed or (known and not known.ready) else "strong",
        field="metadata.deletionTimestamp",
        value=detail.deletion,
        mechanism="The kubelet of its node ends a Pod, and says so to the API server, which removes it only then",
        stands_alone=True,
        parents=(node,),
        evidence=(said or Evidence("api", str(ref), f"deleted at {detail.deletion}; {why}", key=True),),
        fix=Fix("Let the node answer again, or remove the node if it is gone for good: its Pods go with it"),
    )


RULES = (
    Rule("POD-21", "A deleted Pod stays", ("pods", "details", "events", "nodes"), _pods),
    Rule("POD-29", "A deleted object waits for a finalizer", ("terminating",), _others),
)
