# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer control plane: requests that the API server refuses: rights, versions, load, aggregated APIs."""

from __future__ import annotations

import re
import shlex
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import (
    FlowSchema,
    PriorityLevel,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import (
    ApiService,
    NamespaceDetail,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, PodDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import AccessBinding

from ..case import Case, condition
from ..finding import Evidence, Fix, ObjectRef, RuledOut
from ..rule import Candidate, Rule
from .cluster_state import older
from .unwell import UnwellContainer, cause_of, containers, crashes

_FORBIDDEN = re.compile(
    r'User \\*"system:serviceaccount:(?P<namespace>[a-z0-9-]+):(?P<account>[a-z0-9.-]+)\\*" cannot '
    r"(?P<verb>\w+) resource "
    r'\\*"(?P<resource>[\w./-]+)\\*" in API group \\*"(?P<group>[\w.-]*)\\*"'
    r'(?: in the namespace \\*"(?P<where>[a-z0-9-]+)\\*")?'
)
_NO_ROLE = re.compile(r'(?P<kind>(?:cluster)?role)\.rbac\.authorization\.k8s\.io \\*"(?P<name>[\w:.-]+)\\*" not found')
_NO_KIND = re.compile(r'no matches for kind \\*"(?P<kind>\w+)\\*" in (?:version|group) \\*"(?P<version>[\w./-]+)\\*"')
_NO_PATH = re.compile(r"the server could not find the requested resource")
_TOO_MANY = re.compile(
    r"too many requests|\b429\b|client rate limiter Wait|the server has received too many requests", re.IGNORECASE
)
_LOG = 300  #: characters of a line
_ENDING_S = 5  #: how long a namespace may take to be deleted before its conditions count


def _said(case: Case, said: re.Pattern[str]) -> t.Iterator[tuple[UnwellContainer, re.Match[str], str]]:
    """Yield the containers that are in trouble and whose log says something, with the last line that does."""

    def trouble(pod: Pod, _detail: PodDetail, one: ContainerDetail) -> bool:
        if one.state == "running" and one.ready and not crashes(case, one):
            return False
        return any(said.search(line) for line in case.log(pod, one.name))

    for one in containers(case, trouble):
        lines = [line for line in one.log() if said.search(line)]
        match = said.search(lines[-1]) if lines else None
        if match:
            yield one, match, lines[-1]


def _log(one: UnwellContainer, line: str) -> Evidence:
    return Evidence("log", f"Pod {one.pod.id} container {one.container.name}", line.strip()[:_LOG], key=True)


def _forbidden(case: Case) -> t.Iterator[Candidate]:
    """CP-10: a ServiceAccount lacks a right, because nothing binds a role to it, or the role does not exist."""
    for one, match, line in _said(case, _FORBIDDEN):
        account = ObjectRef("ServiceAccount", match["account"], match["namespace"])
        resource = f"{match['resource']}.{match['group']}" if match["group"] else match["resource"]
        wants = f"{match['verb']} {resource}" + (
            f" in namespace {match['where']}" if match["where"] else " of the cluster"
        )
        missing = _NO_ROLE.search(line)
        binding = _binding(case, account, missing) if missing else None
        more: dict[str, t.Any] = {
            "victims": (one.owner, *one.refs),
            "mechanism": "The API server answers 403 where no Role that is bound to the account allows the request",
            "evidence": (_log(one, line), one.said()),
            "ruled_out": (RuledOut("CP-07", "the answer is 403: the token itself was accepted"),),
        }
        if binding and missing:
            ref = ObjectRef(binding.kind, binding.name, binding.namespace)
            kind = binding.role.partition("/")[0]
            yield cause_of(
                one,
                f"roleRef.name is {missing['name']}, a {kind} that does not exist, so that {account} may not {wants}",
                object=ref,
                field="roleRef.name",
                value=missing["name"],
                fix=_make_role(match, missing["name"], kind),
                **more,
            )
        else:
            gap = f"; {missing['kind']} {missing['name']} does not exist" if missing else ""
            yield cause_of(
                one,
                f"no role that is bound to it lets it {wants}, as container {one.container.name} of {one.owner} "
                f"tries{gap}",
                object=account,
                fix=_bind(match, account),
                **more,
            )


def _binding(case: Case, account: ObjectRef, missing: re.Match[str]) -> AccessBinding | None:
    """The binding of an account to a role that does not exist."""
    kind = "ClusterRole" if missing["kind"] == "clusterrole" else "Role"
    for one in case.workloads.bindings:
        is_its = any(subject == f"ServiceAccount {account.namespace}/{account.name}" for subject in one.subjects)
        if one.role == f"{kind}/{missing['name']}" and is_its:
            return one
    return next((one for one in case.workloads.bindings if one.role == f"{kind}/{missing['name']}"), None)


def _make_role(match: re.Match[str], name: str, kind: str) -> Fix:
    resource = f"{match['resource']}.{match['group']}" if match["group"] else match["resource"]
    plural = kind.lower()
    where = ["-n", match["where"]] if kind == "Role" and match["where"] else []
    make = ["kubectl", *where, "create", plural, name, f"--verb={match['verb']}", f"--resource={resource}"]
    drop = ["kubectl", *where, "delete", plural, name]
    text = f"Create the {kind} with the rights that are meant, or bind one that exists"
    return Fix(text, shlex.join(make), "medium", shlex.join(drop), f"create {plural}s")


def _bind(match: re.Match[str], account: ObjectRef) -> Fix:
    """A role of just what was refused, and its binding."""
    resource = f"{match['resource']}.{match['group']}" if match["group"] else match["resource"]
    name = f"{account.name}-{match['verb']}-{match['resource'].replace('/', '-')}"
    where = ["-n", match["where"]] if match["where"] else []
    role, binding = ("role", "rolebinding") if match["where"] else ("clusterrole", "clusterrolebinding")
    subject = f"--serviceaccount={account.namespace}:{account.name}"
    steps = (
        ["kubectl", *where, "create", role, name, f"--verb={match['verb']}", f"--resource={resource}"],
        ["kubectl", *where, "create", binding, name, f"--{role}={name}", subject],
    )
    back = ["kubectl", *where, "delete", f"{role}/{name}", f"{binding}/{name}"]
    return Fix(
        "Bind a role with that right to the account, if it is meant to have it",
        " && ".join(shlex.join(step) for step in steps),
        "medium",
        shlex.join(back),
        f"create {role}s and {binding}s",
    )


def _old_version(case: Case) -> t.Iterator[Candidate]:
    """CP-11: a program or a manifest uses an API version that this cluster does not serve."""
    for one, match, line in (*_said(case, _NO_KIND), *_said(case, _NO_PATH)):
        named = match.groupdict()
        group, _slash, version = named.get("version", "").rpartition("/")
        served = case.snapshot.api_groups.get(group, [])
        if named and group and version in served:
            continue
        what = f"{named['kind']} of {named['version']}" if named else "a resource"
        has = f"; of {group}, it serves {', '.join(served) or 'nothing'}" if named and group else ""
        yield cause_of(
            one,
            f"container {one.container.name} asks for {what}, which this cluster ({case.snapshot.version}) does "
            f"not serve{has}",
            certainty="certain" if named else "strong",
            field=one.field,
            value=named.get("version", ""),
            wanted=f"{group}/{served[-1]}" if served else "",
            victims=(*one.refs, one.owner),
            mechanism="Versions of an API are removed some releases after they were deprecated; who still uses one is "
            "answered 404",
            evidence=(_log(one, line), one.said()),
            ruled_out=(RuledOut("CP-10", "the answer is 404, and not 403"),),
            fix=Fix(
                "Use a version that is served (kubectl api-versions), and convert manifests: kubectl convert -f FILE"
            ),
        )


def _aggregated(case: Case) -> t.Iterator[Candidate]:
    """CP-09: an aggregated API is not available."""
    for one in case.workloads.api_services:
        found = condition(one.conditions, "Available")
        if found is None or found.status == "True":
            continue
        ref = ObjectRef("APIService", one.name)
        no_service = found.reason == "ServiceNotFound"
        field = "spec.service.name" if no_service else "spec.service"
        certificate = "x509" in found.message
        if certificate:
            field = "spec.caBundle"
        yield Candidate(
            ref,
            f"{ref}: {field} {'is' if no_service else 'leads to'} {one.service}:{one.port}, and the API is not "
            "available: "
            f"{found.reason}: {found.message[:160]}",
            field=field,
            value="" if certificate else one.service,
            mechanism="The API server passes requests for this API on to the Service; while it does not "
            "answer, discovery "
            "is incomplete, and namespaces that are deleted stay",
            victims=_without_discovery(case),
            parents=_behind(case, one),
            stands_alone=True,
            evidence=(Evidence("api", f"{ref} condition Available", f"{found.reason}: {found.message}", key=True),),
            fix=_mend(one, no_service),
        )


def _behind(case: Case, one: ApiService) -> tuple[ObjectRef, ...]:
    """The workloads behind the Service of an API: what keeps them from running keeps the API away."""
    service = case.facts.services.get(one.service)
    pods = case.pods_of(service) if service else ()
    return tuple(dict.fromkeys(case.owner(pod) for pod in pods if not pod.ready))


def _without_discovery(case: Case) -> tuple[ObjectRef, ...]:
    """The namespaces that are not deleted because an API does not say what it has."""
    return tuple(
        ObjectRef("Namespace", one.name)
        for one in case.workloads.namespace_details
        if (found := condition(one.conditions, "NamespaceDeletionDiscoveryFailure")) and found.status == "True"
    )


def _mend(one: ApiService, no_service: bool) -> Fix:
    if not no_service:
        return Fix(f"Let the Pods behind Service {one.service} answer on port {one.port}")
    command = shlex.join(["kubectl", "delete", "apiservice", one.name])
    text = f"Install what serves it as Service {one.service}, or delete the APIService that nothing serves"
    return Fix(text, command, needs="delete apiservices")


def _stuck(case: Case) -> t.Iterator[Candidate]:
    """CP-12: a namespace that was deleted stays."""
    for one in case.workloads.namespace_details:
        held = _held(one)
        if not held or not older(case, one.deletion, _ENDING_S):
            continue
        ref = ObjectRef("Namespace", one.name)
        kind, message = held
        in_scope = not case.snapshot.selected or one.name in case.snapshot.selected
        yield Candidate(
            ref,
            f"{ref}: was deleted at {one.deletion} and stays: {message[:200]}",
            severity="warning",
            field="status.conditions",
            value=kind,
            mechanism="A namespace goes when all that is in it has gone; a finalizer, or an API that does not answer, "
            "keeps that back",
            parents=tuple(ObjectRef("APIService", each.name) for each in case.workloads.api_services)
            if "Discovery" in kind
            else (),
            parent_codes=("CP-09",),
            stands_alone=in_scope,
            evidence=(Evidence("api", f"{ref} condition {kind}", message, key=True),),
            fix=Fix("Let the controller of what is left do its work; taking a finalizer away skips that for good"),
        )


def _held(one: NamespaceDetail) -> tuple[str, str] | None:
    kinds = (
        *("NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure"),
        *("NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure"),
    )
    for kind in kinds:
        found = condition(one.conditions, kind)
        if found and found.status == "True":
            return kind, found.message
    return None


def _overloaded(case: Case) -> t.Iterator[Candidate]:
    """CP-16: the API server rejects requests, because a priority level has no room for them."""
    slowed = list(_said(case, _TOO_MANY))
    for level in case.workloads.priority_levels:
        schemas = [one for one in case.workloads.flow_schemas if one.level == level.name]
        closed = level.type == "Limited" and level.shares == 0 and level.response == "Reject"
        if not (level.rejected or level.timed_out or (level.waiting and slowed)):
            continue
        ref = ObjectRef("PriorityLevelConfiguration", level.name)
        names = ", ".join(f"FlowSchema {one.name}" for one in sorted(schemas, key=lambda one: one.precedence)[:3])
        owners = tuple(dict.fromkeys(one.owner for one, _match, _line in slowed))
        share = "spec.limited.nominalConcurrencyShares"
        yield Candidate(
            ref,
            f"{ref}: {share} is {level.shares}, {_counted(level)}; {names or 'no FlowSchema'} leads there",
            certainty="certain" if slowed or closed else "strong",
            field=share,
            value=str(level.shares),
            mechanism="Each priority level has a share of the requests that the API server carries out at "
            "once; beyond it "
            "they wait in queues or are answered 429",
            victims=(*owners, *(ref for one, _match, _line in slowed for ref in one.refs)),
            explains=lambda about: any(one.reach(about) for one, _match, _line in slowed),
            stands_alone=bool(slowed) or (closed and _is_for_selected(case, schemas)),
            evidence=(
                Evidence("counter", f"{ref}", _counted(level), key=True),
                *(_plain(_log(one, line)) for one, _match, line in slowed[:1]),
            ),
            ruled_out=(RuledOut("CP-10", "the answer is 429, and not 403"),),
            fix=Fix("Give the level more shares or queues, or let the client that fills it ask less"),
        )


def _is_for_selected(case: Case, schemas: t.Iterable[FlowSchema]) -> bool:
    """Whether a level may take requests of the selected namespaces, not only of accounts of others."""
    selected = case.snapshot.selected
    return not selected or any(
        _namespace(subject) in ("", *selected) for schema in schemas for subject in schema.subjects
    )


def _namespace(subject: str) -> str:
    """The only namespace whose accounts a subject of a FlowSchema matches; empty where there is no such one."""
    kind, _space, name = subject.partition(" ")
    if kind == "ServiceAccount":
        return name.partition("/")[0]
    user = name.removeprefix("system:serviceaccount").removeprefix("s")  # the group of a namespace is in the plural
    return user.split(":")[1] if user.startswith(":") else ""


def _plain(one: Evidence) -> Evidence:
    return Evidence(one.kind, one.about, one.says)


def _counted(level: PriorityLevel) -> str:
    return f"{level.rejected} requests were rejected, {level.timed_out} timed out and {level.waiting} wait"


RULES = (
    Rule("CP-09", "An aggregated API is not available", ("api_services",), _aggregated),
    Rule("CP-10", "A ServiceAccount lacks a right", ("pods", "details", "logs"), _forbidden),
    Rule("CP-11", "An API version is used that the cluster does not serve", ("pods", "details", "logs"), _old_version),
    Rule("CP-12", "A namespace that was deleted stays", ("namespace_details",), _stuck),
    Rule(
        "CP-16", "The API server rejects requests of a priority level", ("priority_levels", "flow_schemas"), _overloaded
    ),
)
