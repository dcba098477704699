# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rule of the layer Pod: admission has rewritten the Pods, and that is what fails.

Much is rewritten on purpose: registries, sidecars, limits. A difference between a Pod and its template is told only
beside a failure that it can be the reason of.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors, _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Webhook
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, PodDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from ..about import About
from ..case import Case, map_key, ref_of
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..reach import to_pods, to_service
from ..rule import Candidate, Predicate, Rule
from .pods import PULLING
from .pods_scheduling import message_of


@dataclasses.dataclass(frozen=True)
class Difference:
    """A field in which a Pod is another than its template.

    Attributes:
        field: of the Pod.
        word: that an expression has which writes it.
        wanted: the value of the template.
        value: that of the Pod.
        explains: the cells that it can make fail.
        is_felt: whether the state of the Pod itself shows it.
        by_hand: whether a person may have changed it since: then only what admission is known to write is told.
    """

    field: str
    word: str
    wanted: str
    value: str
    explains: Predicate
    is_felt: bool
    by_hand: bool = False


def _rewritten(case: Case) -> t.Iterator[Candidate]:
    """POD-34: a policy or webhook of admission has changed a field of the Pods, and they fail for it."""
    found: dict[tuple[ObjectRef, str, str], list[tuple[Pod, Difference]]] = {}
    for pod, detail in case.details():
        template = _template(case, pod)
        if template is None or pod.deleting or pod.finished:
            continue
        for each in _differences(case, pod, detail, template):
            if each.is_felt or any(each.explains(about) for about in case.failing):
                found.setdefault((case.owner(pod), each.field, each.value), []).append((pod, each))
    for (owner, _field, _value), group in found.items():
        if not group[0][1].by_hand or _who(case, group[0][0], owner, group[0][1])[0] != owner:
            yield _candidate(case, owner, group)


def _template(case: Case, pod: Pod) -> Owner | None:
    """The object that the Pod was made from, where its template is still the one that it was made from."""
    kind, _slash, name = pod.owner.partition("/")
    owner = case.owner_of(ObjectRef(kind, name, pod.namespace))
    if owner is None or kind == "ReplicaSet":
        return owner
    return owner if kind == "StatefulSet" and owner.revision == pod.labels.get("controller-revision-hash") else None


def _differences(case: Case, pod: Pod, detail: PodDetail, template: Owner) -> t.Iterator[Difference]:
    if pod.dns_policy != template.template_dns_policy:
        wanted, value = (each or "ClusterFirst" for each in (template.template_dns_policy, pod.dns_policy))
        # With Default, a Pod has the name servers of its node, and knows no Service: nobody means that of ClusterFirst.
        is_felt = (wanted, value) == ("ClusterFirst", "Default")
        yield Difference("spec.dnsPolicy", "dnsPolicy", wanted, value, _looks_up(ref_of(pod)), is_felt)
    reach = to_pods(case, [pod])
    for one in detail.containers:
        yield from _of_container(pod, detail, one, template, reach)
    for key, wanted in template.template_labels.items():
        value = pod.labels.get(key, "")
        if value != wanted:
            field, loses = f"metadata.labels{map_key(key)}", _selects(case, template, pod)
            yield Difference(field, "labels", wanted, value, loses, False, by_hand=True)
    for key, value in sorted(detail.node_selector.items()):
        wanted = template.template_node_selector.get(key, "")
        if value != wanted:
            waits = pod.phase == "Pending" and bool(message_of(detail))
            yield _of_state(f"spec.nodeSelector{map_key(key)}", "nodeSelector", wanted, value, reach, waits)


def _of_container(
    pod: Pod, detail: PodDetail, one: ContainerDetail, template: Owner, reach: Predicate
) -> t.Iterator[Difference]:
    image = template.template_images.get(one.name, one.image)
    if image != one.image:
        pulls = one.state == "waiting" and one.reason in PULLING
        yield _of_state(f"{one.field}.image", "image", image, one.image, reach, pulls)
    for part, wants, has in (
        ("limits", template.template_limits, one.limits),
        ("requests", template.template_requests, one.requests),
    ):
        for what, wanted in wants.get(one.name, {}).items():
            value = has.get(what, "")
            if value != wanted:
                killed = (part, what) == ("limits", "memory") and "OOMKilled" in (one.reason, one.last_reason)
                waits = part == "requests" and pod.phase == "Pending" and f"Insufficient {what}" in message_of(detail)
                field = f"{one.field}.resources.{part}{map_key(what)}"
                yield _of_state(field, part, wanted, value, reach, killed or waits)


def _of_state(field: str, word: str, wanted: str, value: str, reach: Predicate, is_felt: bool) -> Difference:
    """One that the state of the Pod shows, and that explains nothing where it does not."""
    return Difference(field, word, wanted, value, reach if is_felt else _no_cell, is_felt)


def _no_cell(_about: About) -> bool:
    return False


def _selects(case: Case, template: Owner, pod: Pod) -> Predicate:
    """What uses a Service that would select the Pods of the template, and does not select the Pod."""
    lost = [
        to_service(each)
        for each in case.facts.services.values()
        if each.namespace == pod.namespace
        and each.selector
        and each.selector.items() <= template.template_labels.items()
        and not each.selector.items() <= pod.labels.items()
    ]
    return lambda about: any(uses(about) for uses in lost)


def _looks_up(ref: ObjectRef) -> Predicate:
    return lambda about: about.asker == ref and _words.outcome(about.cell.outcome).is_name


def _candidate(case: Case, owner: ObjectRef, group: t.Sequence[tuple[Pod, Difference]]) -> Candidate:
    pods, first = [pod for pod, _each in group], group[0][1]
    origin, field, certainty = _who(case, pods[0], owner, first)
    whole = case.origin(pods[0], first.field)[1]
    is_known = origin != owner
    said = f"rewrites {whole} of {owner} from {first.wanted or 'nothing'} to {first.value or 'nothing'}"
    return Candidate(
        origin,
        f"{origin}: {field} {said}" if is_known else f"{origin}: admission {said}",
        certainty=certainty,
        severity="error" if _fails(case, group) else "warning",
        field=field,
        value=first.value,
        wanted=first.wanted,
        victims=((owner,) if is_known else ()) + tuple(ref_of(pod) for pod in pods),
        explains=lambda about: any(each.explains(about) for _pod, each in group),
        stands_alone=first.is_felt,
        scope=Scope(len(pods), case.number_of_pods(owner), "Pods"),
        mechanism="The API server lets webhooks and policies rewrite a Pod as it is made; its template stays",
        evidence=(
            Evidence("api", str(ref_of(pods[0])), f"{first.field} is {first.value or 'not set'}", key=True),
            Evidence("api", str(owner), f"{whole} is {first.wanted or 'not set'}"),
        ),
        fix=Fix("Change what the policy or webhook writes, or which Pods it is for, and start the Pods anew"),
    )


def _fails(case: Case, group: t.Sequence[tuple[Pod, Difference]]) -> bool:
    fails = any(each.explains(about) for _pod, each in group for about in case.failing)
    return fails or any(not pod.ready for pod, _each in group)


def _who(case: Case, pod: Pod, owner: ObjectRef, one: Difference) -> tuple[ObjectRef, str, str]:
    """The policy whose expression writes the field, or the only webhook that is asked about the Pod."""
    for policy in case.workloads.mutating_policies:
        for place, text in enumerate(policy.mutations):
            if one.word in text:
                return ObjectRef("MutatingAdmissionPolicy", policy.name), f"spec.mutations[{place}]", "certain"
    hooks = [each for each in case.workloads.webhooks if _is_asked(case, each, pod)]
    if len(hooks) == 1:
        return ObjectRef(hooks[0].kind, hooks[0].configuration), f"webhooks[{hooks[0].index}]", "strong"
    return owner, case.origin(pod, one.field)[1], "strong"


def _is_asked(case: Case, hook: Webhook, pod: Pod) -> bool:
    namespace = next((each for each in case.snapshot.namespaces if each.name == pod.namespace), None)
    if hook.kind != "MutatingWebhookConfiguration" or not any(_is_of_pods(rule) for rule in hook.rules):
        return False
    labels = {"kubernetes.io/metadata.name": pod.namespace, **(namespace.labels if namespace else {})}
    try:
        of_namespace, of_pod = (_selectors.of_object(each) for each in (hook.namespace_selector, hook.object_selector))
    except ValueError:
        return False
    return _selectors.matches(of_namespace, labels) and _selectors.matches(of_pod, pod.labels)


def _is_of_pods(rule: t.Mapping[str, t.Any]) -> bool:
    operations, resources = rule.get("operations") or (), rule.get("resources") or ()
    return bool({"CREATE", "*"}.intersection(operations) and {"pods", "*", "*/*"}.intersection(resources))


RULES = (Rule("POD-34", "Admission has rewritten the Pods", ("pods", "details", "owners", "webhooks"), _rewritten),)
