# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer DNS: CoreDNS does not see the objects that it makes names of."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import AccessRules

from .. import fixes
from ..about import About
from ..case import Case
from ..closings import Connection, closings
from ..finding import Evidence, Fix, ObjectRef, RuledOut, Scope
from ..rule import Candidate, Predicate, Rule
from . import dns_view
from .dns_view import ClusterDns

_FORBIDDEN = re.compile(
    r"User \\?\"system:serviceaccount:(?P<namespace>[\w.-]+):(?P<account>[\w.-]+)\\?\" cannot (?P<verb>list|watch|get)"
    r" resource \\?\"(?P<resource>\w+)\\?\" in API group \\?\"(?P<group>[\w.]*)\\?\""
)
_NO_API = re.compile(
    r"(?:dial tcp|Get|https://)\S* ?(?P<address>[\d.:\[\]a-f]+:\d+)\S*: .*?"
    r"(?P<why>i/o timeout|connection refused|no route to host|network is unreachable|context deadline exceeded)"
)


def _cannot_watch(case: Case) -> t.Iterator[Candidate]:
    """DNS-10: CoreDNS may not read what it makes names of, or does not reach the API server."""
    dns = dns_view.of(case)
    ready = [pod for pod in dns.pods if pod.ready]
    common: dict[str, t.Any] = {
        "severity": "critical" if not ready else "error",
        "mechanism": "CoreDNS makes names of what it watches; what it never saw, it does not answer for",
        "victims": (dns.workload, *dns.pod_refs, dns.service_ref),
        "explains": dns.is_asked if not ready else dns.is_cluster_name,
        "predicts": _answered_cluster(dns),
        "stands_alone": not ready,
        "scope": Scope(len(dns.pods) - len(ready), len(dns.pods), "Pods"),
    }
    lines = list(dns.log())
    refused = ((pod, line, match) for pod, line in lines if (match := _FORBIDDEN.search(line)))
    forbidden = [each for each in refused if not _is_allowed_now(case, each[2])]
    if forbidden:
        account = ObjectRef("ServiceAccount", forbidden[0][2]["account"], forbidden[0][2]["namespace"])
        yield _forbidden(dns, forbidden[0], {**common, "victims": (*common["victims"], account)})
        return
    for pod, line in lines:
        match = (
            _NO_API.search(line)
            if re.search(r"plugin/kubernetes|Failed to watch|reflector|pkg/mod/k8s", line)
            else None
        )
        if match:
            yield _without_api(dns, pod, line, match, common)
            return


def _answered_cluster(dns: ClusterDns) -> Predicate:
    through = set(dns.case.snapshot.dns_addresses)

    def matches(about: About) -> bool:
        said = about.cell.evidence
        return bool(said.get("name")) and said.get("server") in through and dns_view.is_of_cluster(about)

    return matches


def _is_allowed_now(case: Case, match: re.Match[str]) -> bool:
    """Whether a role that is bound to the account allows what was refused.

    An API server that has just started refuses until it has read its roles, and who was refused asks again.
    """
    account = f"ServiceAccount {match['namespace']}/{match['account']}"
    bound = {
        one.role for one in case.workloads.bindings if one.kind == "ClusterRoleBinding" and account in one.subjects
    }
    rules = (rule for one in case.workloads.roles if f"{one.kind}/{one.name}" in bound for rule in one.rules)
    wanted = (("verbs", match["verb"]), ("resources", match["resource"]), ("apiGroups", match["group"]))
    return any(
        not rule.get("resourceNames") and all({"*", each} & set(rule.get(key) or ()) for key, each in wanted)
        for rule in rules
    )


def _forbidden(dns: ClusterDns, seen: tuple[Pod, str, re.Match[str]], common: dict[str, t.Any]) -> Candidate:
    pod, line, match = seen
    case, account = dns.case, f"ServiceAccount {match['namespace']}/{match['account']}"
    what = f"{match['resource']}.{match['group']}" if match["group"] else match["resource"]
    log = Evidence("log", f"Pod {pod.id}", line, key=True)
    bound = [one for one in case.workloads.bindings if account in one.subjects and one.kind == "ClusterRoleBinding"]
    roles = {f"{one.kind}/{one.name}": one for one in case.workloads.roles}
    named = [one.role for one in bound] or ["ClusterRole/system:coredns"]
    knows = case.knows("dns_access") if case.workloads.depth != "all" else case.knows("roles")
    role = roles.get(named[0])
    if knows and not bound and role:
        ref = ObjectRef("ClusterRoleBinding", role.name)
        return Candidate(
            ref,
            f"{ref}: no binding gives {account} the {role.kind} {role.name}, so that CoreDNS may not list {what}",
            field="subjects",
            wanted=account,
            evidence=(
                log,
                Evidence("api", f"{role.kind} {role.name}", f"it is there, and {account} is not bound to it"),
            ),
            fix=Fix(
                "Bind the role to the account of CoreDNS",
                f"kubectl create clusterrolebinding {role.name}-restored --clusterrole={role.name}"
                f" --serviceaccount={match['namespace']}:{match['account']}",
                "medium",
                f"kubectl delete clusterrolebinding {role.name}-restored",
                "create clusterrolebindings",
            ),
            **common,
        )
    ref = ObjectRef(*named[0].split("/", 1))
    gone = knows and role is None
    return Candidate(
        ref,
        f"{ref} does not exist, so that CoreDNS may not list {what}"
        if gone
        else f"{ref}: rules does not allow CoreDNS to {match['verb']} {what}",
        certainty="certain" if knows else "strong",
        field="rules",
        value="" if gone else f"no rule for {what}",
        wanted=f"list and watch {what}",
        evidence=(log, *((Evidence("api", str(ref), _rules_of(role)),) if role else ())),
        fix=_allow(ref, role, match),
        **common,
    )


def _rules_of(role: AccessRules) -> str:
    return "; ".join(
        f"{'/'.join(rule.get('verbs') or ())} {','.join(rule.get('resources') or ())}" for rule in role.rules
    )


def _allow(ref: ObjectRef, role: AccessRules | None, match: re.Match[str]) -> Fix:
    if role is None:
        return Fix("Make the ClusterRole anew: list and watch services, endpoints, pods, namespaces and endpointslices")
    rule = {"apiGroups": [match["group"]], "resources": [match["resource"]], "verbs": ["list", "watch"]}
    change = [{"op": "add", "path": "/rules/-", "value": rule}]
    back = [{"op": "remove", "path": f"/rules/{len(role.rules)}"}]
    return fixes.json_patch(ref, "Allow it", change, back, "medium")


def _without_api(dns: ClusterDns, pod: Pod, line: str, match: re.Match[str], common: dict[str, t.Any]) -> Candidate:
    """What keeps CoreDNS from the API server: a policy, where one closes it; else what is on the way."""
    log = Evidence("log", f"Pod {pod.id}", line, key=True)
    for end in dns.case.snapshot.api_endpoints:
        closed = closings(dns.case, Connection(pod, None, "TCP", end.port, end.address))
        for closing in closed:
            ref = ObjectRef("NetworkPolicy", closing.policy.name, closing.policy.namespace)
            return Candidate(
                ref,
                f"{ref} isolates the Pods of the DNS, and no rule allows TCP {end.port} to the API server",
                field=f"spec.{closing.direction.lower()}",
                wanted=f"a rule for TCP {end.port} to {end.address}",
                evidence=(log, Evidence("api", str(ref), f"it selects Pod {pod.id}")),
                fix=Fix(f"Allow the Pods of the DNS to connect to {end.address}:{end.port} by TCP"),
                **common,
            )
    said = f"Pod {pod.id} on node {pod.node} gets no answer of the API server at {match['address']}: {match['why']}"
    return Candidate(
        dns.workload,
        f"{dns.workload}: {said}",
        certainty="strong",
        value=match["why"],
        parents=(ObjectRef("Service", "kubernetes", "default"),),
        parent_codes=("CP-04",),
        evidence=(log,),
        ruled_out=(RuledOut("POL-02", "no NetworkPolicy closes it"),),
        fix=Fix(f"Find out why node {pod.node} does not let Pods reach the API server; this needs node state"),
        **common,
    )


RULES = (Rule("DNS-10", "CoreDNS does not see the objects of the cluster", ("logs",), _cannot_watch),)
