# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Service: names of Services that clients use, and that lead to none."""

from __future__ import annotations

import difflib
import json
import shlex
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service

from .. import fixes
from ..about import About
from ..case import Case, NotKnown
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Rule
from .named_addresses import NamedAddress, named_addresses, pod_of_application, suffering
from .names import service_of
from .services_asked import missing

_NEEDS = ("services", "pods", "details", "namespaces")
_DOMAIN = "cluster.local"
_NO_NAME = "The cluster's DNS has no name for a Service that does not exist, and answers NXDOMAIN at once"
_LIST_RULE = "grant a ClusterRole with apiGroups: [''], resources: ['services'], verbs: ['list']"
#: How alike two names have to be for one to be a slip of the other.
_ALIKE = 0.65


def _missing(case: Case) -> t.Iterator[tuple[NamedAddress, str, str]]:
    """Yield what workloads name of a Service that does not exist, with the namespace and name that it would have."""
    for named in named_addresses(case):
        namespace, name = ("", "") if named.is_ip else service_of(case, named.pods[0], named.host)
        if not name or any(one in case.facts.services for one in named.services):
            continue
        if not case.facts.unread_in("services", namespace) and not _is_known_otherwise(case, named):
            yield named, namespace, name


def _is_known_otherwise(case: Case, named: NamedAddress) -> bool:
    """Whether a name is no Service's, or leads to one by the search list of the Pod itself."""
    pod = named.pods[0]
    own = {pod.name, named.owner.name, "localhost", *case.facts.nodes}
    if named.host in own or pod.dns_policy in ("None", "Default") or (pod.host_network and not pod.dns_policy):
        return True
    searched = (domain.split(".")[0] for domain in (pod.dns_config.searches if pod.dns_config else ()))
    return any(f"{namespace}/{named.host}" in case.facts.services for namespace in searched)


def _no_service(case: Case) -> t.Iterator[Candidate]:
    """SVC-01: clients name a Service that does not exist, and the Pods that it would be for do."""
    yield from _misspelt(case)
    found: dict[ObjectRef, tuple[list[NamedAddress], Pod]] = {}
    for named, namespace, name in _missing(case):
        pod = pod_of_application(case, namespace, name)
        if pod and case.owner(pod) != named.owner:
            found.setdefault(ObjectRef("Service", name, namespace), ([], pod))[0].append(named)
    for ref, (clients, pod) in found.items():
        first, owner = clients[0], case.owner(pod)
        hosts = {named.host for named in clients}
        said = f"{first.field} is {first}"
        yield Candidate(
            ref,
            f"{ref} does not exist, and {first.owner} uses it: {said}; Pods of {owner} are there",
            certainty="strong",
            mechanism=_NO_NAME,
            victims=(*suffering(case, clients), *_entries(case, ref)),
            explains=_asks(hosts),
            stands_alone=True,
            evidence=(
                Evidence("api", str(ref), f"namespace {ref.namespace} has no Service {ref.name}", key=True),
                *(Evidence("api", str(named.owner), f"{named.field} is {named}") for named in clients[:3]),
                Evidence("api", str(owner), "its Pods have that name, and no Service of that name selects them"),
                *_quota(case, ref.namespace),
            ),
            fix=_expose(case, ref, owner, pod, first),
        )
    yield from (one for one in missing(case, elsewhere=False) if one.object not in found)


def _misspelt(case: Case) -> t.Iterator[Candidate]:
    """SVC-01: the name is nearly that of a Service of the namespace which has the port."""
    for named, namespace, name in _missing(case):
        if pod_of_application(case, namespace, name) or _elsewhere(case, named, name):
            continue
        there = [
            one.name
            for one in case.facts.services.values()
            if one.namespace == namespace and any(port.port == named.port for port in one.ports)
        ]
        near = difflib.get_close_matches(name, there, 2, _ALIKE)
        if len(near) == 1:
            yield Candidate(
                named.owner,
                f"{named.owner}: {named.field} is {named}, and Service {namespace}/{name} does not exist, "
                f"but {near[0]} has that port",
                certainty="strong",
                severity="warning",
                field=named.field,
                value=str(named),
                wanted=f"{near[0]}{named.host[len(name) :]}:{named.port}",
                mechanism=_NO_NAME,
                victims=tuple(suffering(case, [named])),
                explains=_asks({named.host}),
                stands_alone=True,
                evidence=(
                    Evidence("api", str(named.owner), f"{named.field} is {named}", key=True),
                    Evidence("api", f"Namespace {namespace}", f"has no Service {name}, and one {near[0]}"),
                ),
                fix=_alias(ObjectRef("Service", name, namespace), namespace, near[0]),
            )


def _asks(hosts: t.Collection[str]) -> t.Callable[[About], bool]:
    def matches(about: About) -> bool:
        return about.target.get("kind") == "host" and about.target.get("name") in hosts

    return matches


def _entries(case: Case, ref: ObjectRef) -> t.Iterator[ObjectRef]:
    """The ways into the cluster that lead to a Service."""
    for entry in case.facts.entries:
        if (entry.path.namespace or entry.namespace, entry.path.service) == (ref.namespace, ref.name):
            yield ObjectRef(entry.kind, entry.name, entry.namespace)


def _quota(case: Case, namespace: str) -> t.Iterator[Evidence]:
    """A quota that lets no more Services be created."""
    for quota in case.workloads.quotas:
        for key in ("services", "count/services"):
            hard, used = quota.hard.get(key, ""), quota.used.get(key, "")
            if quota.namespace == namespace and hard.isdecimal() and used.isdecimal() and int(used) >= int(hard):
                ref = ObjectRef("ResourceQuota", quota.name, namespace)
                yield Evidence("api", str(ref), f"{key}: {used} of {hard} are used, so that none can be created")


def _expose(case: Case, ref: ObjectRef, owner: ObjectRef, pod: Pod, named: NamedAddress) -> Fix:
    text = "Create the Service, or let its clients use the name of one that exists"
    ports = [port.port for container in pod.containers for port in container.ports if port.protocol == "TCP"]
    if owner.kind not in fixes.EXPOSED:
        known = case.owner_of(owner)
        port = named.port if named.port in ports or not ports else ports[0]
        return _make(ref, text, known.selector, named.port, port) if known and known.selector else Fix(text)
    target = [f"--target-port={ports[0]}"] if ports and named.port not in ports else []
    words = ("expose", owner.kind.lower(), owner.name, f"--name={ref.name}", f"--port={named.port}", *target)
    back = ("delete", "service", ref.name)
    return fixes.command(ref, text, words, back, needs=fixes.right("create", ref))


def _make(ref: ObjectRef, text: str, selector: t.Mapping[str, str], port: int, target: int) -> Fix:
    """A Service of a workload that C(kubectl expose) does not take."""
    made = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {"selector": dict(selector), "ports": [{"port": port, "targetPort": target}]},
    }
    command = f"echo {shlex.quote(json.dumps(made))} | kubectl apply -f -"
    return Fix(text, command, "low", fixes.kubectl(ref, "delete", "service", ref.name), fixes.right("create", ref))


def _other_namespace(case: Case) -> t.Iterator[Candidate]:
    """SVC-11: a client uses the name of a Service of another namespace, without that or with a wrong one."""
    for named, namespace, name in _missing(case):
        there = _elsewhere(case, named, name)
        if not there or pod_of_application(case, namespace, name) or ("." in named.host and len(there) > 1):
            continue
        others = ", ".join(service.id for service in there[:3])
        wanted = f"{name}.{there[0].namespace}:{named.port}" if len(there) == 1 else ""
        yield Candidate(
            named.owner,
            f"{named.owner}: {named.field} is {named}, a name that means a Service of namespace {namespace}, "
            f"which has none; it is in another: {others}",
            certainty="strong",
            field=named.field,
            value=str(named),
            wanted=wanted,
            mechanism="The search list of a Pod completes a short name with the Pod's own namespace",
            victims=tuple(suffering(case, [named])),
            explains=_asks({named.host}),
            stands_alone=True,
            evidence=(
                Evidence("api", str(named.owner), f"{named.field} is {named}", key=True),
                Evidence("api", f"Namespace {namespace}", f"has no Service {name}; {others} has that port"),
            ),
            fix=_alias(ObjectRef("Service", name, namespace), there[0].namespace)
            if wanted
            else Fix("Use the name of the Service with that of its namespace"),
        )
    yield from missing(case, elsewhere=True)
    unread = case.snapshot.beyond.unread_names if case.snapshot.beyond else ()
    if unread:
        raise NotKnown("services", f"{', '.join(unread)} may not be looked for in other namespaces; {_LIST_RULE}")


def _elsewhere(case: Case, named: NamedAddress, name: str) -> list[Service]:
    """The Services of a name with the port, in any namespace."""
    services = (service for service in case.facts.services.values() if service.name == name)
    return [service for service in services if any(port.port == named.port for port in service.ports)]


def _alias(ref: ObjectRef, namespace: str, name: str = "") -> Fix:
    """An alias where the client looks: what else the value holds beside the host is not known."""
    meant = name or ref.name
    text = f"Use the name {meant}.{namespace}, or make an alias of it where the client looks"
    target = f"--external-name={meant}.{namespace}.svc.{_DOMAIN}"
    words = ("create", "service", "externalname", ref.name, target)
    return fixes.command(ref, text, words, ("delete", "service", ref.name), needs=fixes.right("create", ref))


RULES = (
    Rule("SVC-01", "Clients use a Service that does not exist", _NEEDS, _no_service),
    Rule("SVC-11", "A client uses the name of a Service of another namespace", _NEEDS, _other_namespace),
)
