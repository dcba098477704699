# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer observability: metrics that nobody serves, and agents that do not run where the logs are."""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node, Pod, Taint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import ApiService
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import PodDetail, Toleration
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Autoscaler

from .. import fixes
from ..case import Case, condition
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..rule import Candidate, Rule
from .unwell import is_recent

#: What serves CPU and memory of Pods.
_METRICS = "v1beta1.metrics.k8s.io"
_NO_METRICS = ("FailedGetResourceMetric", "FailedGetContainerResourceMetric")
#: What the autoscaler says where it is the Pods that lack something.
_OF_PODS = re.compile(
    r"missing request for|no metrics returned|did not receive metrics|no recommendation", re.IGNORECASE
)
_SCRAPE = re.compile(r"x509|Failed to scrape|unable to fetch metrics|no such host|i/o timeout|connection refused")
_LATELY = datetime.timedelta(minutes=5)
#: Where container runtimes and the system keep logs.
_LOGS = ("/var/log", "/var/lib/docker/containers", "/var/lib/containers", "/run/log/journal")
#: Taints that come and go with the state of a node.
_PASSING = "node.kubernetes.io/"


def _no_metrics(case: Case) -> t.Iterator[Candidate]:
    """OBS-01: autoscalers get no metrics of Pods, because nobody serves them."""
    blind = [(one, said) for one in case.workloads.autoscalers if (said := _is_blind(case, one))]
    if not blind:
        return
    service = next((one for one in case.workloads.api_services if one.name == _METRICS), None)
    ref = ObjectRef("APIService", _METRICS)
    hpas = tuple(ObjectRef("HorizontalPodAutoscaler", one.name, one.namespace) for one, _said in blind)
    names = f"{hpas[0]}" + (f" and {len(hpas) - 1} more autoscalers" if len(hpas) > 1 else "")
    log = _scraping(case, service) if service else None
    what = _of_service(service) if service else "does not exist: the cluster has no metrics-server"
    yield Candidate(
        ref,
        f"{ref} {what}, so that {names} cannot scale",
        certainty="certain" if service is None or log else "strong",
        severity="warning",
        value="" if service is None else "not available",
        wanted="served by a metrics-server that is ready",
        mechanism="An autoscaler asks the aggregated API metrics.k8s.io for the use of CPU and memory",
        victims=hpas,
        stands_alone=True,
        parents=(ref,) if service is not None else (),
        scope=Scope(len(hpas), len(case.workloads.autoscalers), "autoscalers"),
        evidence=(
            Evidence("api", str(hpas[0]), f"ScalingActive is False: {blind[0][1]}", key=True),
            Evidence("api", str(ref), what),
            *((log,) if log else ()),
        ),
        fix=Fix("Install metrics-server")
        if service is None
        else Fix("Let metrics-server reach the kubelets (--kubelet-preferred-address-types, --kubelet-insecure-tls)"),
    )


def _is_blind(case: Case, one: Autoscaler) -> str:
    """What an autoscaler says of metrics that it does not get; empty where it could not scale anyway."""
    if one.most and one.least == one.most:
        return ""
    active = condition(one.conditions, "ScalingActive")
    if active and active.status == "False" and active.reason in _NO_METRICS:
        return "" if _OF_PODS.search(active.message) else active.message
    if active is None:  # of a snapshot without conditions, its events tell
        for event in case.events(ObjectRef("HorizontalPodAutoscaler", one.name, one.namespace), *_NO_METRICS):
            if is_recent(case, event.last, _LATELY) and not _OF_PODS.search(event.message):
                return event.message
    return ""


def _of_service(service: ApiService) -> str:
    available = condition(service.conditions, "Available")
    if available and available.status == "True":
        return f"is served by Service {service.service}, which has no metrics"
    return f"is not available ({available.reason if available else 'unknown'})"


def _scraping(case: Case, service: ApiService) -> Evidence | None:
    """What the Pods behind the API log of kubelets that they do not reach."""
    namespace, _slash, name = service.service.partition("/")
    for tail in case.workloads.logs:
        if tail.namespace == namespace and tail.pod.startswith(name):
            line = next((line for line in reversed(tail.lines) if _SCRAPE.search(line)), "")
            if line:
                return Evidence("log", f"Pod {tail.namespace}/{tail.pod}", line)
    return None


def _misses_nodes(case: Case) -> t.Iterator[Candidate]:
    """OBS-02: an agent that reads the logs of nodes does not tolerate the taints of some."""
    agents: dict[ObjectRef, list[tuple[Pod, PodDetail]]] = {}
    for pod, detail in case.details():
        owner = case.owner(pod)
        if owner.kind == "DaemonSet" and not pod.finished and _reads_logs(detail):
            agents.setdefault(owner, []).append((pod, detail))
    for ref, pods in agents.items():
        there = {pod.node for pod in case.snapshot.pods if case.owner(pod) == ref}
        detail = pods[0][1]
        missed = [
            (node, taint)
            for node in case.snapshot.nodes
            if node.name not in there and _is_wanted(detail, node) and (taint := _not_tolerated(detail, node))
        ]
        if missed and there:
            yield _of_agent(case, ref, pods[0][0], missed)


def _reads_logs(detail: PodDetail) -> bool:
    paths = [str((one.get("hostPath") or {}).get("path", "")) for one in detail.volumes]
    return any(path == log or path.startswith(f"{log}/") for path in paths for log in _LOGS)


def _is_wanted(detail: PodDetail, node: Node) -> bool:
    """Whether the agent's own selection has the node; one that names its nodes by affinity is left alone."""
    required = ((detail.affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")) or {}
    fields = [one for term in required.get("nodeSelectorTerms") or () for one in term.get("matchExpressions") or ()]
    return not fields and detail.node_selector.items() <= node.labels.items()


def _not_tolerated(detail: PodDetail, node: Node) -> Taint | None:
    for taint in node.taints:
        repels = taint.effect in ("NoSchedule", "NoExecute") and not taint.key.startswith(_PASSING)
        if repels and not any(_tolerates(one, taint) for one in detail.tolerations):
            return taint
    return None


def _tolerates(one: Toleration, taint: Taint) -> bool:
    if one.effect and one.effect != taint.effect:
        return False
    if not one.key:
        return one.operator == "Exists"
    return one.key == taint.key and (one.operator == "Exists" or one.value == taint.value)


def _of_agent(case: Case, ref: ObjectRef, pod: Pod, missed: t.Sequence[tuple[Node, Taint]]) -> Candidate:
    field = case.origin(pod, "spec.tolerations")[1]
    nodes = tuple(node.name for node, _taint in missed)
    taints = list(dict.fromkeys(taint for _node, taint in missed))
    said = ", ".join(f"{one.key}{'=' + one.value if one.value else ''}:{one.effect}" for one in taints)
    detail = case.detail(pod)
    old = [_plain(one) for one in (detail.tolerations if detail else ()) if not one.key.startswith(_PASSING)]
    new = [*old, *({"key": one.key, "operator": "Exists", "effect": one.effect} for one in taints)]
    change, back = ({"spec": {"template": {"spec": {"tolerations": each or None}}}} for each in (new, old))
    return Candidate(
        ref,
        f"{ref} reads the logs of nodes, and {field} does not tolerate {said}: it does not run on {', '.join(nodes)}",
        severity="warning",
        field=field,
        value=f"{len(old)} tolerations" if old else "none",
        wanted=said,
        mechanism="The scheduler puts no Pod of a DaemonSet on a node with a taint that it does not tolerate",
        stands_alone=True,
        scope=Scope(len(nodes), len(case.snapshot.nodes), "nodes", nodes),
        evidence=(
            Evidence("api", f"Node {nodes[0]}", f"taint {said}; no Pod of {ref} is there", key=True),
            Evidence("api", str(ref), "it mounts the logs of its node (hostPath)"),
        ),
        fix=fixes.patch(ref, "Tolerate the taint", change, back),
    )


def _plain(one: Toleration) -> dict[str, t.Any]:
    found = {"key": one.key, "operator": one.operator, "value": one.value, "effect": one.effect}
    return {name: value for name, value in found.items() if value}


RULES = (
    Rule("OBS-01", "Autoscalers get no metrics", ("autoscalers", "api_services"), _no_metrics),
    Rule("OBS-02", "A log agent misses nodes", ("pods", "details", "nodes"), _misses_nodes),
)
