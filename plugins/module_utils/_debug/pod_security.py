# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What PodSecurity and OpenShift's SecurityContextConstraints object to, as data, with the smallest remedy."""

from __future__ import annotations

import re
import typing as t

from .types import Violation

#: words of a check's reason -> the field that it is about (pod-security-admission, policy/check_*.go); first match
_FIELDS = (
    (r"host namespaces", "spec.hostNetwork"),
    (r"hostPath volumes|restricted volume types", "spec.volumes"),
    (r"hostPort", "ports.hostPort"),
    (r"hostProcess", "securityContext.windowsOptions.hostProcess"),
    (r"probe|lifecycle", "livenessProbe"),
    (r"allowPrivilegeEscalation", "securityContext.allowPrivilegeEscalation"),
    (r"AppArmor|apparmor", "securityContext.appArmorProfile"),
    (r"capabilities", "securityContext.capabilities"),
    (r"privileged", "securityContext.privileged"),
    (r"procMount", "securityContext.procMount"),
    (r"runAsNonRoot", "securityContext.runAsNonRoot"),
    (r"runAsUser", "securityContext.runAsUser"),
    (r"seccomp", "securityContext.seccompProfile"),
    (r"seLinux", "securityContext.seLinuxOptions"),
    (r"sysctls", "spec.securityContext.sysctls"),
)
#: what belongs to the Pod, or is asked for beside the profile: another profile does not change it
_BESIDE = ("spec.hostNetwork", "spec.hostPID", "spec.hostIPC", "spec.volumes", "ports.hostPort")
_ELSEWHERE = (
    "run it in a namespace whose label allows it "
    "(kubectl label namespace NAME pod-security.kubernetes.io/enforce=privileged)"
)


def standards(level: str, version: str, checks: str, container: str = "") -> tuple[str, tuple[Violation, ...]]:
    """Read C(violates PodSecurity "LEVEL:VERSION": CHECKS).

    Args:
        level: of the namespace, C(baseline) or C(restricted).
        version: of the standard.
        checks: C(reason (detail, detail), reason (detail)).
        container: ours, where it is added to a Pod: PodSecurity judges that whole Pod.

    Returns:
        The remedy, with the profile of the level (the one that may do most there), and the violations.
    """
    rule = f"{level}:{version}"
    violations = tuple(violation for part in split(checks) for violation in _check(part, rule))
    others = _others(violations, container) if container else []
    if others:
        remedy = (
            f"no profile helps: PodSecurity checks the whole Pod, and {', '.join(others)} of it already violates "
            f"{rule}: use a Pod of its own (O(profile): {level}), or {_ELSEWHERE}"
        )
        return remedy, violations
    beside = dict.fromkeys(violation.field for violation in violations if violation.field in _BESIDE)
    without = f" without {', '.join(beside)}" if beside else ""
    image = " and an image whose user is not root" if level == "restricted" else ""
    return f"use O(profile): {level}{image}{without}, or {_ELSEWHERE}", violations


def constraints(objections: str, namespace: str) -> tuple[str, tuple[Violation, ...]]:
    """Read OpenShift's C(unable to validate against any security context constraint: [...]); returns as C(standards).

    Every constraint that the user may use objects in its own words, and those that he may not use are named, too.
    """
    violations = []
    for part in split(objections.strip().removeprefix("[").removesuffix("]")):
        provider = re.search(r'provider "?([\w.-]+)"?', part)
        field = re.search(r"\.((?:spec|containers|initContainers)[\w.\[\]]*)", part)
        violations.append(Violation(field[1] if field else "", provider[1] if provider else "", part))
    account = f"-z SERVICE_ACCOUNT -n {namespace}" if namespace else "-z SERVICE_ACCOUNT"
    remedy = (
        "use O(profile): restricted, or let an admin grant a constraint to the Pod's service account "
        f"(oc adm policy add-scc-to-user privileged {account})"
    )
    return remedy, tuple(violations)


def split(text: str) -> list[str]:
    """Split at commas that stand in no brackets and no quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for index, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif not quoted and sign in "([{":
            depth += 1
        elif not quoted and sign in ")]}":
            depth -= 1
        elif sign == "," and not quoted and depth <= 0:
            parts.append(text[start:index].strip())
            start = index + 1
    return [part for part in (*parts, text[start:].strip()) if part]


def _check(part: str, rule: str) -> list[Violation]:
    """One check: C(reason (detail, detail)); each host namespace is a violation of its own."""
    reason, bracket, details = part.partition(" (")
    if reason == "host namespaces" and bracket:
        return [
            Violation(f"spec.{detail.split('=')[0]}", rule, f"{reason} ({detail})")
            for detail in split(details.removesuffix(")"))
        ]
    field = next((field for words, field in _FIELDS if re.search(words, reason)), "")
    return [Violation(field, rule, part)]


def _others(violations: t.Sequence[Violation], container: str) -> list[str]:
    """What violates and is not our container: other containers, and what belongs to the whole Pod."""
    names: dict[str, None] = {}
    for violation in violations:
        listed = re.search(r'containers? ("[^"]*"(?:, "[^"]*")*)', violation.message)
        if violation.field.startswith("spec."):
            names[violation.field] = None
        for name in re.findall(r'"([^"]*)"', listed[1]) if listed else ():
            if name != container:
                names[f"container {name}"] = None
    return list(names)
