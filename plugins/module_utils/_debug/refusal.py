# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the API server means when it does not take an object: its words, read into data with the smallest remedy.

Each class is one row of C(_ROWS). The words are those of Kubernetes' admission plugins (C(plugin/pkg/admission),
C(staging/src/k8s.io/apiserver/pkg/admission)) and of its validation.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._cluster.errors import ClusterError
from . import pod_security
from .types import Refusal, Violation


@dataclasses.dataclass(frozen=True)
class _Denial:
    """One refusal: what the server said, and what a row's words found in it."""

    found: re.Match[str]
    namespace: str
    container: str


Read = tuple[str, tuple[Violation, ...]]  #: the remedy, and the violations


@dataclasses.dataclass(frozen=True)
class _Row:
    """A class of refusals.

    Attributes:
        kind: of C(Refusal).
        words: how it is known; its groups fill the texts below.
        remedy: the smallest change that would help.
        field: of its one violation.
        rule: of its one violation.
        reader: instead of the three texts, where there is more to read.
    """

    kind: str
    words: re.Pattern[str]
    remedy: str = ""
    field: str = ""
    rule: str = ""
    reader: t.Callable[[_Denial], Read] | None = None

    def read(self, case: _Denial) -> Read:
        """Return the remedy and the violations."""
        if self.reader:
            return self.reader(case)
        groups = {"namespace": case.namespace, **case.found.groupdict(default="")}
        text = groups.get("text") or case.found[0]
        violation = Violation(self.field, self.rule.format(**groups), text.strip())
        return self.remedy.format(**groups), (violation,)


def read(error: ClusterError, what: str, container: str = "") -> Refusal:
    """Read an error of a create or patch, dry run or not.

    Args:
        error: as the REST calls raise it.
        what: what was refused: C(Pod shop/debug), C(ephemeral container of Pod shop/web-1).
        container: the name of our container where it is added to a Pod, to tell its faults from those of the Pod.
    """
    message = str(error.said.get("message") or error)
    place = re.search(r"([^\s/]+)/[^\s/]+", what)
    for row in _ROWS:
        if found := row.words.search(message):
            remedy, violations = row.read(_Denial(found, place[1] if place else "", container))
            return Refusal(row.kind, what, message, remedy, violations)
    kind, remedy, violations = _by_status(error.status, message, error.said.get("details") or {})
    return Refusal(kind, what, message, remedy, violations)


def role_rule(verb: str, resource: str, group: str = "") -> str:
    """The line of a Role's C(rules) that grants one right."""
    return f'- {{apiGroups: ["{group}"], resources: ["{resource}"], verbs: ["{verb}"]}}'


def _rbac(case: _Denial) -> Read:
    user, verb, resource, group, namespace = case.found.group("user", "verb", "resource", "group", "namespace")
    role = f"a Role in namespace {namespace}" if namespace else "a ClusterRole"
    # On purpose: kubernetes/kubernetes#120909.
    note = " (the built-in roles edit and admin lack it)" if resource == "pods/ephemeralcontainers" else ""
    remedy = f"grant {user} {role} with {role_rule(verb, resource, group or '')}{note}"
    return remedy, (Violation(resource, f"{verb} {resource}", case.found[0]),)


def _pod_security(case: _Denial) -> Read:
    level, version, checks = case.found.group("level", "version", "checks")
    return pod_security.standards(level, version, checks, case.container)


def _constraints(case: _Denial) -> Read:
    return pod_security.constraints(case.found["objections"], case.namespace)


def _quota_must(case: _Denial) -> Read:
    # Since 1.24 "limits.cpu for: debug; limits.memory for: debug", before that "limits.cpu,limits.memory".
    named = ",".join(part.split(" for: ")[0] for part in case.found["names"].split(";"))
    names, quota = [name.strip() for name in named.split(",")], case.found["quota"]
    violations = tuple(Violation(_quota_field(name), quota, f"must specify {name}") for name in names)
    return f"set resources: the quota {quota} requires {', '.join(names)} for every Pod", violations


def _quota_exceeded(case: _Denial) -> Read:
    requested, used, limited = (
        dict(pair.split("=", 1) for pair in case.found[table].split(",") if "=" in pair)
        for table in ("requested", "used", "limited")
    )
    quota = case.found["quota"]
    violations = tuple(
        Violation(
            _quota_field(name),
            quota,
            f"{name}: requested {amount}, used {used.get(name)}, limited to {limited.get(name)}",
        )
        for name, amount in requested.items()
    )
    names = ", ".join(requested)
    smaller = "set smaller resources, " if all(violation.field for violation in violations) else ""
    return f"{smaller}free or raise {names} of the quota {quota}, or use another namespace", violations


def _quota_field(name: str) -> str:
    """C(limits.cpu) of a quota -> the container's field; the count of an object has none."""
    kind, dot, resource = name.partition(".")
    if dot and kind in ("requests", "limits"):
        return f"resources.{kind}.{resource}"
    return f"resources.requests.{name}" if name in ("cpu", "memory", "ephemeral-storage") else ""


_LIMIT = re.compile(
    r"(?P<bound>minimum|maximum) (?P<name>\S+) usage per (?P<type>\w+) is (?P<value>[^,\s]+?)"
    r"(?:, but (?:request|limit) is [^,\s\]]+|\.\s+No (?:request|limit) is specified)"
    r"|(?P<ratio>\S+) max limit to request ratio per (?P<of>\w+) is (?P<most>[^,\s]+)"
    r", but (?:provided ratio is [\d.]+|no (?:request|limit) is specified[^,\]]*)"
)


def _limit_range(case: _Denial) -> Read:
    violations, wants = [], []
    for found in _LIMIT.finditer(case.found.string):
        name = found["name"] or found["ratio"]
        if found["ratio"]:
            side, want = "limits", f"at most {found['most']} times its request"
        else:
            side, word = ("requests", "at least") if found["bound"] == "minimum" else ("limits", "at most")
            want = f"{word} {found['value']}"
        violations.append(
            Violation(f"resources.{side}.{name}", f"LimitRange, {found['type'] or found['of']}", found[0])
        )
        wants.append(f"{side}.{name} {want}")
    return f"set resources: {', '.join(wants)}", tuple(violations)


def _by_status(status: int, message: str, details: t.Mapping[str, t.Any]) -> tuple[str, str, tuple[Violation, ...]]:
    """No words that we know: what the HTTP status and the details of the Status say."""
    name = str(details.get("name") or "")
    violations = tuple(
        Violation(str(cause.get("field") or ""), str(cause.get("reason") or ""), str(cause.get("message") or ""))
        for cause in details.get("causes") or ()
    )
    if status == 404 and details.get("kind") == "namespaces":
        return "no_such_namespace", f"create the namespace {name}, or set another", violations
    if status == 404 and not name:
        # A Pod that is not there is named; a path that the server does not serve is not. kubectl debug does the same.
        remedy = (
            "use a copy of the Pod: before Kubernetes 1.23 ephemeral containers require the feature gate "
            "EphemeralContainers"
        )
        return "feature_off", remedy, violations
    if status == 404:
        return "no_such_pod", f"check name and namespace: {name} does not exist, or no longer exists", violations
    if status == 409:
        again = "choose another name" if "already exists" in message else "try again: it was changed at the same time"
        return "conflict", again, violations
    if status == 422:
        fields = ", ".join(dict.fromkeys(violation.field for violation in violations if violation.field))
        return "validation", f"change {fields}" if fields else "", violations
    return "other", "", violations


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


_ROWS = (
    _Row(
        "rbac",
        _words(
            r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)"'
            r'(?: in API group "(?P<group>[^"]*)")?(?: in the namespace "(?P<namespace>[^"]*)")?'
        ),
        reader=_rbac,
    ),
    _Row(
        "pod_security",
        _words(r'violates PodSecurity "(?P<level>\w+):(?P<version>[^"]+)": (?P<checks>.*)'),
        reader=_pod_security,
    ),
    _Row(
        "pod_security",
        _words(r"unable to validate against any security context constraint: (?P<objections>.*)"),
        reader=_constraints,
    ),
    _Row("quota", _words(r"failed quota: (?P<quota>[^:\s]+): must specify (?P<names>.*)"), reader=_quota_must),
    _Row(
        "quota",
        _words(
            r"exceeded quota: (?P<quota>[^,\s]+), requested: (?P<requested>\S+), used: (?P<used>\S+), "
            r"limited: (?P<limited>\S+)"
        ),
        reader=_quota_exceeded,
    ),
    _Row(
        "quota",
        _words(r"status unknown for quota: .*|insufficient quota to .*"),
        "contact the owner of the quotas of namespace {namespace}",
    ),
    _Row("limit_range", _LIMIT, reader=_limit_range),
    _Row(
        "webhook",
        _words(r'admission webhook "(?P<name>[^"]*)" does not support dry run'),
        "a dry run cannot call the webhook {name}; its owner can set sideEffects to None or NoneOnDryRun",
        rule="{name}",
    ),
    _Row(
        "webhook",
        _words(r'admission webhook "(?P<name>[^"]*)" denied the request(?:: (?P<text>.*))?'),
        "change what the webhook {name} rejects, or contact its owner",
        rule="{name}",
    ),
    _Row(
        "webhook",
        _words(r'failed calling webhook "(?P<name>[^"]*)": (?P<text>.*)'),
        "the webhook {name} does not answer and its failurePolicy is Fail: repair it, or exclude the "
        "namespace {namespace} in its namespaceSelector",
        rule="{name}",
    ),
    _Row(
        "webhook",
        _words(r"ValidatingAdmissionPolicy '(?P<name>[^']*)' with binding '[^']*' denied request: (?P<text>.*)"),
        "change what the ValidatingAdmissionPolicy {name} rejects, or contact its owner",
        rule="{name}",
    ),
    _Row(
        "static_pod",
        _words(r"static pods do not support ephemeral containers"),
        "its kubelet runs it from a file, so its spec cannot change: use the node level on its node, or the container "
        "level where its image has the tools",
        "spec.ephemeralContainers",
        "static Pod",
    ),
    _Row(
        "validation",
        _words(r"spec\.ephemeralContainers\[\d+\]\.securityContext: Forbidden: cannot be set"),
        "use O(profile): baseline: before Kubernetes 1.22 no ephemeral container has a security context",
        "spec.ephemeralContainers.securityContext",
        "ephemeral container",
    ),
    _Row(
        "service_account",
        _words(
            r"error looking up service account (?P<namespace>[^/\s]+)/(?P<name>[^:\s]+): "
            r'serviceaccount "[^"]*" not found'
        ),
        "create it (kubectl create serviceaccount {name} -n {namespace}), or set O(service_account) to one that "
        "exists; in a new namespace default takes a second to appear",
        "spec.serviceAccountName",
        "{name}",
    ),
    _Row(
        "validation",
        _words(r"no PriorityClass with name (?P<name>\S+) was found"),
        "set a priorityClassName that the cluster has",
        "spec.priorityClassName",
        "{name}",
    ),
    _Row(
        "validation",
        _words(r'RuntimeClass "(?P<name>[^"]*)" not found'),
        "set a runtimeClassName that the cluster has",
        "spec.runtimeClassName",
        "{name}",
    ),
    _Row(
        "no_such_namespace",
        _words(r"unable to create new content in namespace (?P<name>\S+) because it is being terminated"),
        "the namespace {name} is being deleted: use another",
        "metadata.namespace",
        "{name}",
    ),
)
