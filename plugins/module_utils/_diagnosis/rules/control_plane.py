# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer control plane: scheduler, controller-manager, etcd, and whether writes reach the store.

They go by Leases: who leads renews its own every few seconds. Why a component ended is in the kubelet's state of it, in
its log, or on its node alone; then it is said to need node state.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather_control_plane import is_late
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import Component
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Lease
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.moments import seconds

from ..case import Case, condition, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..reach import to_pods, to_service, to_workload
from ..rule import Candidate, Rule
from . import api_failures
from .cluster_state import NEEDS_NODE, age, component_log, component_ref, components, lease, node_details, older

_SYSTEM = "kube-system"
_SCHEDULER, _CONTROLLERS, _SERVER, _STORE = "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"
_COMMAND = "spec.containers[0].command"
_ETCD = re.compile(
    r"etcdserver: (?:request timed out|no leader|leader changed|too many requests)|etcd.*context deadline"
)
_FULL = re.compile(r"database space exceeded")
_EMPTY = (
    "With etcdctl of the control plane: endpoint status, alarm list; compact and defrag, raise --quota-backend-bytes, "
    "then alarm disarm"
)
_LEADS = (_SCHEDULER, _CONTROLLERS)
_CONTROLLED = ("ReplicaSet/", "StatefulSet/", "DaemonSet/", "Job/")  #: whose Pods the controller-manager makes
_WORKS_S = 60  #: work that was done so long after the last renewal was not begun before it


def now_of(case: Case) -> str:
    """The time of the snapshot by the API server's clock."""
    return case.workloads.server_time or case.snapshot.taken


def leads_not(case: Case, name: str) -> Lease | None:
    """The Lease of a component that nobody renews; none of a component that works without one."""
    found = lease(case, name)
    return found if found and is_late(found, now_of(case)) and not _works(case, found) else None


def _works(case: Case, found: Lease) -> bool:
    """Whether a component has done its work since its Lease was renewed: it leads without, and the Lease is a rest."""
    if any(one.flags.get("leader-elect") == "false" for one in components(case, found.name)):
        return True
    if found.name == _SCHEDULER:
        bound = (condition(detail.conditions, "PodScheduled") for detail in case.workloads.pods)
        times = [one.since for one in bound if one and one.status == "True"]
    else:
        times = [pod.created for pod in case.snapshot.pods if pod.owner.startswith(_CONTROLLED)]
    return any((seconds(found.renewed, time) or 0) > _WORKS_S for time in times)


def is_gone(case: Case, name: str) -> bool:
    """Whether no Pod of a component is ready, in a cluster whose control plane are Pods."""
    return bool(components(case, _SERVER)) and not any(one.ready for one in components(case, name))


def _lease_says(case: Case, found: Lease) -> Evidence:
    old = age(case, found.renewed)
    says = (
        f"spec.renewTime is {found.renewed}, {old:.0f} s before the snapshot"
        if old is not None
        else "was never renewed"
    )
    holder = f", spec.holderIdentity is {found.holder}" if found.holder else ", and nobody holds it"
    return Evidence("api", f"Lease {_SYSTEM}/{found.name}", says + holder, key=True)


def _pods_say(case: Case, name: str) -> tuple[Evidence, ...]:
    there = components(case, name)
    if not components(case, _SERVER):
        return ()
    says = ", ".join(f"{one.pod} is {'ready' if one.ready else 'not ready'}" for one in there)
    return (Evidence("api", f"Pods of {name}", says or f"none is there, while {_SERVER} has one"),)


def _stopped(case: Case, name: str, does: str, **more: t.Any) -> Candidate:
    """A component that leads nothing any more."""
    found, there = lease(case, name), components(case, name)
    ref = ObjectRef("Lease", name, _SYSTEM)
    old = age(case, found.renewed) if found else None
    since = f"; spec.renewTime is {old:.0f} s old" if old is not None else ""
    unled = "" if found is None or found.holder else ", and nobody holds its Lease"
    absent = "" if there or not components(case, _SERVER) else f", and there is no Pod of it: {NEEDS_NODE} to tell why"
    # It ends where it does not reach the API server: one whose manifest was changed since may be the cause.
    servers = [
        one for one in components(case, _SERVER) if there and found and (seconds(found.renewed, one.created) or 0) > 0
    ]
    own: dict[str, t.Any] = {
        "severity": "critical",
        "field": "spec.renewTime",
        "value": found.renewed if found else "",
        "stands_alone": True,
        "parents": tuple(component_ref(one) for one in (*there, *servers, *components(case, _STORE))),
        "evidence": (*((_lease_says(case, found),) if found else ()), *_pods_say(case, name)),
        "fix": Fix(
            f"See the log of {name}; where it has no Pod, see its manifest in /etc/kubernetes/manifests of the control "
            "plane's node, and what journalctl -u kubelet says of it"
        ),
    }
    return Candidate(ref, f"{ref}: {name} does not run{since}{unled}{absent}; {does}", **{**own, **more})


def _scheduler(case: Case) -> t.Iterator[Candidate]:
    """CP-01: the scheduler does not run."""
    waiting = [pod for pod, detail in case.details() if _nobody_looked(case, pod, detail)]
    if not leads_not(case, _SCHEDULER) and not (waiting and is_gone(case, _SCHEDULER)):
        return
    owners = dict.fromkeys(case.owner(pod) for pod in waiting)
    some = (
        (Evidence("api", str(ref_of(waiting[0])), "Pending, without condition PodScheduled and events"),)
        if waiting
        else ()
    )
    one = _stopped(
        case,
        _SCHEDULER,
        f"{len(waiting)} Pods wait for a node" if waiting else "new Pods get no node",
        mechanism="Without a scheduler a new Pod stays Pending, without any event; Pods that have a node go on",
        victims=(*(ref_of(pod) for pod in waiting), *owners),
        explains=to_pods(case, waiting),
    )
    yield _with(one, some)


def _with(one: Candidate, more: tuple[Evidence, ...]) -> Candidate:
    evidence = (*one.evidence, *more)
    if evidence and not any(each.key for each in evidence):
        evidence = (dataclasses.replace(evidence[0], key=True), *evidence[1:])
    return dataclasses.replace(one, evidence=evidence)


def _nobody_looked(case: Case, pod: Pod, detail: PodDetail) -> bool:
    if pod.phase != "Pending" or pod.node or detail.scheduling_gates or pod.deleting:
        return False
    looked = condition(detail.conditions, "PodScheduled") or case.events(ref_of(pod), "FailedScheduling", "Scheduled")
    return not looked and detail.scheduler in ("", "default-scheduler")


def _controllers(case: Case) -> t.Iterator[Candidate]:
    """CP-02: the controller-manager does not run."""
    behind = [ObjectRef(one.kind, one.name, one.namespace) for one in case.workloads.owners if one.is_behind]
    stale = list(_stale_services(case))
    if not leads_not(case, _CONTROLLERS) and not ((behind or stale) and is_gone(case, _CONTROLLERS)):
        return
    uses = [*(to_service(service) for service in stale), *(to_workload(case, ref) for ref in behind)]
    seen = []
    if behind:
        seen.append(Evidence("api", str(behind[0]), "status.observedGeneration is behind metadata.generation"))
    if stale:
        seen.append(Evidence("api", str(ref_of(stale[0])), "its endpoints are not the ready Pods that it selects"))
    one = _stopped(
        case,
        _CONTROLLERS,
        "Deployments make no Pods, endpoints do not follow Pods, and nodes that are lost stay Ready",
        mechanism="Its controllers make ReplicaSets, Pods, endpoints, tokens and volumes; without them, "
        "everything stays "
        "as it was",
        victims=(*behind, *(ref_of(service) for service in stale)),
        explains=lambda about: any(use(about) for use in uses),
    )
    yield _with(one, tuple(seen))


def _stale_services(case: Case) -> t.Iterator[Service]:
    """The Services that lack a Pod that is ready among their endpoints, or have one that is gone."""
    if case.unknown("endpoint_slices") or case.unknown("pods"):
        return
    for service in case.snapshot.services:
        if not service.selector or service.type == "ExternalName":
            continue
        have = {endpoint.pod for endpoint in case.endpoints(service) if endpoint.pod}
        there = {pod.name for pod in case.pods_of(service)}
        ready = {pod.name for pod in case.pods_of(service) if pod.ready and pod.ips and not pod.deleting}
        if ready - have or have - there:
            yield service


def _store(case: Case) -> t.Iterator[Candidate]:
    """CP-03: etcd is full, slow or cannot be reached: nothing is written."""
    logs = _SERVER, _STORE, *_LEADS
    lines = component_log(case, *logs)
    # A Lease that was renewed since is written: there is room again.
    written = max((found.renewed for name in _LEADS if (found := lease(case, name))), default="")
    full = [each for each in component_log(case, *logs, since=written) if _FULL.search(each[1])]
    slow = [each for each in lines if _ETCD.search(each[1])]
    checks = [check for check in case.workloads.failed_checks if check.startswith("etcd")]
    if not (full or checks or _writes_nobody(case) or (len(slow) > 2 and any(leads_not(case, one) for one in _LEADS))):
        return
    there = components(case, _STORE)
    ref = component_ref(there[0]) if there else ObjectRef("Lease", _CONTROLLERS, _SYSTEM)
    quota = there[0].flags.get("quota-backend-bytes", "") if there else ""
    flag = f"--quota-backend-bytes={quota}" if quota else ""
    if full:
        what = f"its database is full{f' ({flag})' if flag else ''}, so that nothing can be written"
    elif checks:
        what = f"the API server does not reach it: /readyz says {', '.join(checks)}"
    else:
        what = "nobody has renewed a Lease, neither components nor nodes, though the API server answers: writes fail"
    yield Candidate(
        ref,
        f"{ref}: {what}",
        certainty="certain" if full or checks else "strong",
        severity="critical",
        field=_COMMAND if full else "",
        value=flag if full else "",
        mechanism="The API server keeps every object in etcd; without writes no Lease is renewed, no Pod is bound, and "
        "no endpoint changes",
        victims=(
            *(ObjectRef("Lease", name, _SYSTEM) for name in _LEADS),
            *(component_ref(one) for name in _LEADS for one in components(case, name)),
            *(ObjectRef("Node", node.name) for node in case.snapshot.nodes),
        ),
        stands_alone=True,
        evidence=_store_says(case, (full or slow)[-1:], checks),
        fix=Fix(
            _EMPTY if full else f"See the log of etcd and the disk below it ({NEEDS_NODE}): etcdctl endpoint health"
        ),
    )


def _store_says(case: Case, lines: t.Sequence[tuple[Component, str]], checks: t.Sequence[str]) -> tuple[Evidence, ...]:
    said = [Evidence("log", f"{_SYSTEM}/{one.pod}", line[:300]) for one, line in lines]
    said += [Evidence("api", "GET /readyz", check) for check in checks]
    said += [_lease_says(case, found) for name in _LEADS if (found := leads_not(case, name))]
    if _writes_nobody(case):
        known = ", ".join(sorted(node_details(case))[:3])
        said.append(Evidence("api", "Leases in kube-node-lease", f"of every node ({known}), none is renewed"))
    return tuple(dataclasses.replace(each, key=place == 0) for place, each in enumerate(said))


def _writes_nobody(case: Case) -> bool:
    """Whether all Leases are old, those of components and those of nodes."""
    leads = [found for name in _LEADS if (found := lease(case, name))]
    nodes = [detail for detail in case.workloads.nodes if detail.lease]
    if not leads or len(leads) + len(nodes) < 3:
        return False
    return all(is_late(found, now_of(case)) for found in leads) and all(
        older(case, detail.lease, max(30.0, 1.5 * (detail.lease_seconds or 40))) for detail in nodes
    )


RULES = (
    Rule("CP-01", "The scheduler does not run", ("leases", "pods", "details"), _scheduler),
    Rule("CP-02", "The controller-manager does not run", ("leases", "owners"), _controllers),
    Rule(
        "CP-03",
        "etcd is full, slow or not reached: nothing is written",
        ("leases", "node_leases"),
        _store,
        api_failures.of_store,
    ),
)
