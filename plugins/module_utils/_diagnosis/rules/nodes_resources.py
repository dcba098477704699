# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer node: what a node lacks for Pods: space, memory, process numbers, and security profiles."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import NodeDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import Condition, PodDetail

from .. import fixes
from ..case import Case, condition, ref_of
from ..finding import Evidence, Fix, ObjectRef, RuledOut, Scope
from ..reach import to_pods
from ..rule import Candidate, Rule
from .cluster_state import NEEDS_NODE, node_details
from .pods_scheduling import message_of
from .unwell import cause_of, pods

#: Condition of a Node -> signals of the kubelet's eviction that set it (kubelet C(eviction/helpers.go)).
_SIGNALS = {
    "MemoryPressure": ("memory.available",),
    "DiskPressure": ("nodefs.available", "nodefs.inodesFree", "imagefs.available", "imagefs.inodesFree"),
    "PIDPressure": ("pid.available",),
}
_TAINTS = {
    "MemoryPressure": "node.kubernetes.io/memory-pressure",
    "DiskPressure": "node.kubernetes.io/disk-pressure",
    "PIDPressure": "node.kubernetes.io/pid-pressure",
}
_FREE = {
    "MemoryPressure": "find what takes the memory, and end it or limit it",
    "DiskPressure": "free disk or inodes: crictl rmi --prune, logs, volumes of Pods",
    "PIDPressure": "find what has the many processes or threads, and end it",
}
_PLENTY = 0.2  #: of all there is: with so much left, it is the threshold that is odd
_UNITS = {
    "Ki": 1 << 10,
    "Mi": 1 << 20,
    "Gi": 1 << 30,
    "Ti": 1 << 40,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "": 1,
}
_PROFILE = re.compile(r"seccomp|apparmor|SELinux", re.IGNORECASE)


def _pressed(case: Case) -> t.Iterator[tuple[NodeDetail, Condition, tuple[str, str, int, int] | None]]:
    """Yield the conditions of pressure, each with the threshold that is met, its value, what is left, and the whole."""
    for name in sorted(node_details(case)):
        detail = node_details(case)[name]
        for kind, signals in _SIGNALS.items():
            found = condition(detail.conditions, kind)
            if found and found.status == "True":
                met = [one for signal in signals for one in _met(detail, signal)]
                yield detail, found, max(met, key=lambda one: one[2] / max(one[3], 1), default=None)


def _met(detail: NodeDetail, signal: str) -> t.Iterator[tuple[str, str, int, int]]:
    left, whole = detail.usage.get(signal), detail.usage.get(f"{signal} of")
    for kind in ("evictionHard", "evictionSoft"):
        value = detail.eviction.get(f"{kind}[{signal}]", "")
        limit = amount(value, whole or 0)
        if left is not None and whole and limit is not None and left < limit:
            yield f"{kind}[{signal}]", value, left, whole


def amount(value: str, whole: int) -> float | None:
    """A threshold as a number: C(10%) of the whole, or a quantity; nothing where it is none."""
    match = re.fullmatch(r"([\d.]+)(%|[KMGT]i?|k|)", value)
    if not match:
        return None
    return float(match[1]) * whole / 100 if match[2] == "%" else float(match[1]) * _UNITS[match[2]]


def _under_pressure(case: Case, detail: NodeDetail, found: Condition, sentence: str, **more: t.Any) -> Candidate:
    ref, taint = ObjectRef("Node", detail.name), _TAINTS[found.type]
    evicted = [
        pod
        for pod, own in case.details()
        if pod.node == detail.name
        and pod.phase == "Failed"
        and own.reason == "Evicted"
        and not own.message.startswith("Pod ")
    ]
    waiting = [pod for pod, own in case.details() if not pod.node and taint in message_of(own)]
    owners = dict.fromkeys(case.owner(pod) for pod in (*evicted, *waiting))
    own: dict[str, t.Any] = {
        "field": "status.conditions",
        "value": f"{found.type}=True",
        "wanted": f"{found.type}=False",
        "mechanism": "The kubelet takes no further Pods, evicts some, and the scheduler keeps others off by the taint "
        + taint,
        "victims": (*(ref_of(pod) for pod in (*evicted, *waiting)), *owners),
        "explains": to_pods(case, (*evicted, *waiting)),
        "stands_alone": True,
        "scope": Scope(1, len(case.snapshot.nodes), "nodes", (detail.name,), since=found.since),
    }
    return Candidate(ref, f"{ref}: {sentence}", **{**own, **more})


def _said(detail: NodeDetail, found: Condition) -> Evidence:
    text = f"{found.type} is True, {found.reason}: {found.message} (since {found.since})"
    return Evidence("api", f"Node {detail.name} condition {found.type}", text, key=True)


def _measured(detail: NodeDetail, met: tuple[str, str, int, int]) -> Evidence:
    field, value, left, whole = met
    share = f"{100 * left / whole:.0f} %"
    return Evidence("counter", f"kubelet of {detail.name}", f"{left} of {whole} left ({share}); {field} is {value}")


def _pressure(case: Case) -> t.Iterator[Candidate]:
    """NODE-05: the node runs short of disk, memory or process numbers."""
    for detail, found, met in _pressed(case):
        if met and met[2] >= _PLENTY * met[3]:
            continue
        left = f": {met[2]} of {met[3]} left, below {met[0]} {met[1]}" if met else f": {found.message}"
        yield _under_pressure(
            case,
            detail,
            found,
            f"condition {found.type} is True{left}",
            evidence=(_said(detail, found), *([_measured(detail, met)] if met else [])),
            ruled_out=(RuledOut("NODE-10", "the threshold is an ordinary one"),) if met else (),
            fix=Fix(f"On {detail.name}, {_FREE[found.type]} ({NEEDS_NODE} to tell what takes it)"),
        )


def _threshold(case: Case) -> t.Iterator[Candidate]:
    """NODE-10: the kubelet's threshold of eviction makes the pressure: there is plenty left."""
    for detail, found, met in _pressed(case):
        if not met or met[2] < _PLENTY * met[3]:
            continue
        field, value, left, whole = met
        yield _under_pressure(
            case,
            detail,
            found,
            f"its kubelet's {field} is {value}, so that condition {found.type} is True though "
            f"{100 * left / whole:.0f} % "
            "is left",
            field=field,
            value=value,
            wanted="",
            evidence=(_said(detail, found), _measured(detail, met)),
            ruled_out=(RuledOut("NODE-05", f"{left} of {whole} is left"),),
            fix=Fix(f"On {detail.name}, set {field} of the KubeletConfiguration to less, and restart the kubelet"),
        )


def _profile(case: Case) -> t.Iterator[Candidate]:
    """NODE-08: the node has no such profile of seccomp or AppArmor, or cannot enforce one."""
    for one in pods(case, lambda pod, detail: not pod.ready and bool(_message(case, pod, detail))):
        message = _message(case, one.pod, one.detail)
        kind = "appArmorProfile" if re.search("apparmor", message, re.IGNORECASE) else "seccompProfile"
        place, value = _place(one.detail, kind, message)
        nodes = ", ".join(sorted({pod.node for pod in one.pods if pod.node}))
        yield cause_of(
            one,
            f"{one.field}{place} is {value or 'set'}, which {nodes or 'its node'} does not have or cannot enforce: "
            f"{message[:140]}",
            field=f"{one.field}{place}",
            value=value,
            mechanism="The kubelet starts no container whose profile it cannot apply",
            evidence=(Evidence("api", str(ref_of(one.pod)), message, key=True),),
            ruled_out=(RuledOut("POD-05", "the command was never tried: the profile comes before it"),),
            fix=fixes.roll_back(case, one.owner, "Put the profile on every node, or use RuntimeDefault"),
        )


def _message(case: Case, pod: Pod, detail: PodDetail) -> str:
    """What the kubelet says of a profile that it cannot apply; empty where that is not the trouble."""
    texts = [each.message for each in detail.containers if each.state == "waiting" and each.reason.startswith("Create")]
    if detail.reason == "AppArmor":
        texts.append(detail.message)
    if texts or pod.phase == "Pending":
        texts += [event.message for event in case.events(ref_of(pod), "Failed", "AppArmor")]
    return next((text for text in texts if _PROFILE.search(text)), "")


def _place(detail: PodDetail, kind: str, message: str) -> tuple[str, str]:
    """Where the profile stands that a message names, and its value: of a container, else of the Pod."""
    places = [
        (f"{each.field}.{field}", value)
        for each in detail.containers
        for field, value in each.profiles.items()
        if field.endswith(f"{kind}.localhostProfile")
    ]
    places += [(f"spec.{field}", value) for field, value in detail.profiles.items() if f"{kind}." in field]
    named = [each for each in places if each[1] in message]
    return next(iter(named or places), (f"spec.containers[0].securityContext.{kind}", ""))


RULES = (
    Rule(
        "NODE-05", "A node runs short of disk, memory or process numbers", ("pods", "nodes", "node_details"), _pressure
    ),
    Rule("NODE-08", "A profile of seccomp or AppArmor is not on the node", ("pods", "details", "events"), _profile),
    Rule(
        "NODE-10",
        "The kubelet's threshold of eviction makes the pressure",
        ("pods", "nodes", "node_details", "node_answers"),
        _threshold,
    ),
)
