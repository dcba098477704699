# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Commands that mend, each with the one that takes it back. Names and values are quoted for a shell. Pure."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import shlex
import typing as t

from .case import Case
from .finding import Fix, ObjectRef

#: Kinds whose earlier revisions the API server keeps.
_REVISIONS = ("Deployment", "StatefulSet", "DaemonSet")
#: Kinds that C(kubectl expose) takes.
EXPOSED = ("Deployment", "ReplicaSet", "ReplicationController", "Pod")
_RESOURCES = {
    "Ingress": "ingresses",
    "NetworkPolicy": "networkpolicies",
    "EndpointSlice": "endpointslices",
    "Endpoints": "endpoints",
}


def kubectl(ref: ObjectRef, *words: str) -> str:
    """Return a command of kubectl in the namespace of an object."""
    return shlex.join(["kubectl", *(["-n", ref.namespace] if ref.namespace else []), *words])


def right(verb: str, ref: ObjectRef) -> str:
    """Return the right that a command needs."""
    plural = _RESOURCES.get(ref.kind, f"{ref.kind.lower()}s")
    return f"{verb} {plural} in namespace {ref.namespace}" if ref.namespace else f"{verb} {plural}"


def command(
    ref: ObjectRef, text: str, do: t.Sequence[str], back: t.Sequence[str], risk: str = "low", needs: str = ""
) -> Fix:
    """Return a fix of one command of kubectl and the one that takes it back; without C(needs) it patches the object."""
    return Fix(text, kubectl(ref, *do), risk, kubectl(ref, *back), needs or right("patch", ref))


def scale_up(ref: ObjectRef, text: str) -> Fix:
    """Return a fix that gives a workload of no replicas one."""
    target = f"{ref.kind.lower()}/{ref.name}"
    one, none = (("scale", target, f"--replicas={number}") for number in (1, 0))
    return command(ref, text, one, none)


def patch(ref: ObjectRef, text: str, change: t.Any, back: t.Any, risk: str = "low") -> Fix:
    """Return a fix that merges a change into an object, with the change that takes it back."""
    return Fix(text, _patch(ref, "merge", change), risk, _patch(ref, "merge", back), right("patch", ref))


def json_patch(ref: ObjectRef, text: str, change: t.Any, back: t.Any, risk: str = "low") -> Fix:
    """Return a fix of some operations on an object (RFC 6902), with those that take them back."""
    return Fix(text, _patch(ref, "json", change), risk, _patch(ref, "json", back), right("patch", ref))


def replace(ref: ObjectRef, text: str, field: str, value: t.Any, old: t.Any, risk: str = "low") -> Fix:
    """Return a fix that gives one field another value: C(spec.ports[0].targetPort)."""
    commands = [_patch(ref, "json", [{"op": "replace", "path": pointer(field), "value": one}]) for one in (value, old)]
    return Fix(text, commands[0], risk, commands[1], right("patch", ref))


def _patch(ref: ObjectRef, kind: str, change: t.Any) -> str:
    return kubectl(ref, "patch", ref.kind.lower(), ref.name, f"--type={kind}", "-p", json.dumps(change))


def pointer(field: str) -> str:
    """Return a field as a JSON pointer (RFC 6901); a key in brackets may hold dots and slashes."""
    parts = (key or name for key, name in re.findall(r"\[([^\]]*)\]|([^.\[\]]+)", field))
    return "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


def in_template(ref: ObjectRef, text: str, field: str, *value: t.Any) -> Fix:
    """Return a fix that sets a field of a workload's template, or without a value takes it away.

    Its undo goes back to the revision before. Of other kinds than those that keep revisions, the template cannot be
    changed: there is no command.
    """
    if ref.kind not in _REVISIONS:
        return Fix(text)
    change: dict[str, t.Any] = {"op": "remove", "path": pointer(field)}
    if value:
        change = {"op": "add", "path": pointer(field), "value": value[0]}
    return Fix(text, _patch(ref, "json", [change]), "medium", _undo(ref), right("patch", ref))


def merge_template(ref: ObjectRef, text: str, spec: t.Any) -> Fix:
    """Return a fix that merges into the spec of a workload's Pods, where lists have their items by name."""
    if ref.kind not in _REVISIONS:
        return Fix(text)
    change = {"spec": {"template": {"spec": spec}}}
    return Fix(text, _patch(ref, "strategic", change), "medium", _undo(ref), right("patch", ref))


def then_restart(fix: Fix, ref: ObjectRef) -> Fix:
    """Return a fix that then has the controller of a workload make its Pods at once.

    What was refused is tried again later and later, up to 1,000 s (client-go C(ItemExponentialFailureRateLimiter)); a
    new template is tried at once.
    """
    if not fix.command or ref.kind not in _REVISIONS:
        return fix
    restart = kubectl(ref, "rollout", "restart", f"{ref.kind.lower()}/{ref.name}")
    risk = fix.risk if fix.risk != "low" else "medium"
    undo = fix.undo or _undo(ref)
    return Fix(fix.text, f"{fix.command} && {restart}", risk, undo, f"{fix.needs}, {right('patch', ref)}")


def _undo(ref: ObjectRef) -> str:
    return kubectl(ref, "rollout", "undo", f"{ref.kind.lower()}/{ref.name}")


def roll_back(case: Case, ref: ObjectRef, text: str) -> Fix:
    """Return a fix that takes back the last change of a workload's template, where it has an earlier revision."""
    if ref.kind not in _REVISIONS or not has_earlier_revision(case, ref):
        return Fix(text)
    command = _undo(ref)
    return Fix(f"{text}, or go back to its previous revision", command, "medium", command, right("patch", ref))


def has_earlier_revision(case: Case, ref: ObjectRef) -> bool:
    """Tell whether a Deployment has an earlier ReplicaSet to go back to; of other kinds that is not read."""
    return len({owner.revision for owner in case.owned_by(ref) if owner.kind == "ReplicaSet"}) > 1


def earlier_image(case: Case, ref: ObjectRef, container: str, image: str) -> str:
    """Return the image that a container of a Deployment had in the latest revision with another one."""
    older = [
        (int(owner.revision), owner.template_images[container])
        for owner in case.owned_by(ref)
        if owner.revision.isdecimal() and owner.template_images.get(container, image) != image
    ]
    return max(older)[1] if older else ""


def nearest_image(case: Case, image: str) -> str:
    """Return the image that runs somewhere and is most like one that does not exist: another tag, registry or name."""
    there = sorted(
        {each.image for pod in case.snapshot.pods for each in pod.containers if each.running and each.image != image}
    )
    repository, path = _repository(image), _path(image)
    same = [one for one in there if _repository(one) == repository] or [one for one in there if _path(one) == path]
    if same:
        return same[-1]
    close = difflib.get_close_matches(image.lower(), there, 1, 0.85)
    return close[0] if close else ""


def _repository(image: str) -> str:
    """An image without its tag or digest."""
    head, slash, last = image.partition("@")[0].rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def _path(image: str) -> str:
    """An image without its registry."""
    first, slash, rest = image.partition("/")
    return rest if slash and re.search(r"[.:]|^localhost$", first) else image


def with_pods(case: Case, fix: Fix | None) -> Fix | None:
    """Return a fix that also deletes the Pods that a changed template does not replace.

    The controller of a StatefulSet waits until each Pod is ready before it goes on, with a Pod of a template that is
    mended meanwhile as well (kubernetes/kubernetes 67250; documentation of StatefulSets, "Forced rollback").
    """
    changed = _changed_workload(fix.command) if fix else ("", "", "")
    there = case.once("Pods that their controllers keep", _kept_pods).get(changed, [])
    if fix is None or not there:
        return fix
    ref = ObjectRef("Pod", there[0], changed[0])
    drop = kubectl(ref, "delete", "pod", *sorted(there), "--ignore-not-found", "--wait=false")
    which = f"Pod {there[0]}" if len(there) == 1 else f"its {len(there)} Pods that are not ready"
    return dataclasses.replace(
        fix,
        text=f"{fix.text}; its controller does not replace {which}, so delete {'it' if len(there) == 1 else 'them'}",
        command=f"{fix.command} && {drop}",
        risk="medium" if fix.risk == "low" else fix.risk,
        undo=f"{fix.undo} && {drop}" if fix.undo else "",
        needs=f"{fix.needs}, {right('delete', ref)}",
    )


def _changed_workload(text: str) -> tuple[str, str, str]:
    """The namespace, kind in small letters and name of the workload of which a command changes the template."""
    words = shlex.split(text)
    if len(words) < 6 or words[1] != "-n" or words[3] not in ("patch", "set", "rollout"):
        return "", "", ""
    kind, _slash, name = words[5].partition("/")
    return (words[2], kind, name) if name else (words[2], words[4], words[5])


def _kept_pods(case: Case) -> dict[tuple[str, str, str], list[str]]:
    """The Pods that are not ready and that stay when the template of their workload changes, by that."""
    keep = {ObjectRef(one.kind, one.name, one.namespace) for one in case.workloads.owners if one.keeps_unready}
    found: dict[tuple[str, str, str], list[str]] = {}
    for pod in case.snapshot.pods if keep else ():
        owner = case.owner(pod)
        if owner in keep and not (pod.ready or pod.finished):
            found.setdefault((owner.namespace, owner.kind.lower(), owner.name), []).append(pod.name)
    return found
