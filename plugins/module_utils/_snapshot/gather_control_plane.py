# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Ask the control plane and the kubelets how they are: C(depth: workloads) of a snapshot. A bounded number of requests.

The API server is asked for C(/readyz) and for its priority levels, and to ask some kubelets for C(/healthz): those of
nodes that are not ready, then those of nodes that have Pods of the snapshot. A kubelet under pressure is also asked for
its thresholds and for what is left. Of the API server's log, lines about faults are kept, of another component that
does not renew its Lease the last lines.
"""

from __future__ import annotations

import dataclasses
import re
import time
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._threads import Pool

from . import logs, parse_components
from .clean_text import clean
from .fields import OddObject
from .kinds import CORE
from .model import Node, Pod
from .model_components import Component, NodeAnswer, PriorityLevel
from .model_control_plane import Lease, NodeDetail
from .model_workloads import LogTail
from .moments import seconds
from .node_kinds import virtual

MAX_NODES = 8  #: whose kubelets are asked
MAX_PRESSED = 3  #: of them, under pressure
MAX_COMPONENTS = 4  #: Pods whose logs are read, beside those of the API server
_MAX_SERVERS = 3  #: API servers whose logs are read
_ANSWER_S = 4.0  #: for one kubelet: the API server waits longer for one that does not answer
_PRESSURE = ("MemoryPressure", "DiskPressure", "PIDPressure")
_LOG_SINCE_S, _LOG_LINES, _LOG_BYTES = 120, 400, 1 << 18
_KEPT_LINES = 40
_SERVER = "kube-apiserver"
#: What of an API server's log tells of a fault of the cluster.
_TELLING = re.compile(
    r"Unable to authenticate the request|failing open|database space exceeded|etcdserver: |context deadline exceeded"
)
PROXY_RULE = "grant a ClusterRole with apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get']"
LEVELS_PATH = "/debug/api_priority_and_fairness/dump_priority_levels"
_LEVELS_RULE = f"grant a ClusterRole with nonResourceURLs: ['{LEVELS_PATH}'], verbs: ['get']"


@dataclasses.dataclass
class Asked:
    """What came of it: fields of C(Workloads), and why some are not known."""

    fields: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    unknown: dict[str, str] = dataclasses.field(default_factory=dict)


def failed_checks(api: Api) -> tuple[str, ...] | str:
    """The checks of the API server's own readiness that fail, or why that is not known."""
    try:
        api.text("/readyz", {"verbose": "true"}, "read the readiness of the API server", _ANSWER_S)
    except ClusterError as error:
        if error.status == 404:
            return ()  # older than its name
        if error.status < 500:
            return clean(f"{error}; {error.remedy}")
        found = re.findall(r"\[-\](\S+) failed: ([^\[]*)", str(error))
        return tuple(clean(f"{name}: {why.strip()}") for name, why in found)
    return ()


def level_counts(api: Api) -> dict[str, dict[str, int]] | str:
    """What the API server counts of its priority levels, or why that is not known."""
    try:
        return parse_components.counts(
            api.text(LEVELS_PATH, {}, "read the priority levels of the API server", _ANSWER_S).decode(
                "utf-8", "replace"
            )
        )
    except ClusterError as error:
        if error.status == 404:
            return {}  # it has none
        return clean(f"{error}; {_LEVELS_RULE if error.reason == 'forbidden' else error.remedy}")


def with_counts(
    levels: t.Iterable[PriorityLevel], counted: t.Mapping[str, t.Mapping[str, int]]
) -> tuple[PriorityLevel, ...]:
    """Priority levels with what is counted of them."""
    return tuple(
        dataclasses.replace(
            level,
            executing=own.get("ExecutingRequests", 0),
            waiting=own.get("WaitingRequests", 0),
            rejected=own.get("RejectedRequests", 0),
            timed_out=own.get("TimedoutRequests", 0),
        )
        for level in levels
        for own in [counted.get(level.name, {})]
    )


def ask_nodes(api: Api, nodes: t.Sequence[Node], details: t.Sequence[NodeDetail], pods: t.Iterable[Pod]) -> Asked:
    """Have the API server ask kubelets how they are, those under pressure also for what is left."""
    used = {pod.node for pod in pods}
    ordered = sorted(
        (node for node in nodes if not virtual(node)), key=lambda node: (node.ready, node.name not in used, node.name)
    )
    chosen = ordered[:MAX_NODES]
    with Pool(MAX_NODES) as pool:
        answers = list(pool.map(lambda node: _healthz(api, node.name), chosen))
    refused = [error for error in answers if isinstance(error, str)]
    found = tuple(answer for answer in answers if isinstance(answer, NodeAnswer))
    asked = Asked({"node_answers": found, "nodes": tuple(details)})
    if refused:
        asked.unknown["node_answers"] = f"{refused[0]}; {PROXY_RULE}"
        return asked
    if len(ordered) > len(chosen):
        asked.unknown["further node_answers"] = f"{len(chosen)} of {len(ordered)} kubelets are asked"
    up = {answer.node for answer in found if answer.status == 200}
    pressed = [detail.name for detail in details if detail.name in up and _is_pressed(detail)][:MAX_PRESSED]
    more = {name: _thresholds(api, name) for name in pressed}
    asked.fields["nodes"] = tuple(
        dataclasses.replace(detail, **more[detail.name]) if detail.name in more else detail for detail in details
    )
    return asked


def _is_pressed(detail: NodeDetail) -> bool:
    return any(one.type in _PRESSURE and one.status == "True" for one in detail.conditions)


def _healthz(api: Api, node: str) -> NodeAnswer | str | None:
    """The answer, why we may not have it asked, or nothing where there is no such node."""
    start = time.monotonic()
    try:
        body = api.text(f"{CORE}/nodes/{node}/proxy/healthz", {}, f"have the kubelet of {node} asked", _ANSWER_S)
    except ClusterError as error:
        text = str(error).partition(": ")[2] or str(error)
        if error.status == 403 and "Forbidden (user=" not in text:
            return clean(str(error))
        if error.status == 404:
            return None
        if error.status == 401:
            text = "Unauthorized"  # says the kubelet to the API server, which has let us in
        says = clean(text) if error.status else f"no answer within {time.monotonic() - start:.0f} s"
        return NodeAnswer(node, error.status, says)
    return NodeAnswer(node, 200, clean(body[:100].decode("utf-8", "replace")))


def _thresholds(api: Api, node: str) -> dict[str, t.Any]:
    """The thresholds of a kubelet and what is left; without them, only the condition is known."""
    found: dict[str, t.Any] = {}
    for field, path, read in (
        ("eviction", "configz", parse_components.thresholds),
        ("usage", "stats/summary", parse_components.usage),
    ):
        try:
            found[field] = read(
                api.get(f"{CORE}/nodes/{node}/proxy/{path}", what=f"read {path} of the kubelet of {node}")
            )
        except (ClusterError, OddObject):
            continue
    return found


def read_logs(api: Api, components: t.Iterable[Component], leases: t.Iterable[Lease], now: str) -> Asked:
    """What logs of the control plane say of faults."""
    there = sorted(components, key=lambda one: (one.name, one.pod))
    late = {lease.name for lease in leases if is_late(lease, now)}
    silent = [one for one in there if one.name in late or (late and one.name == "etcd")][:MAX_COMPONENTS]
    wanted = [(one, _TELLING) for one in there if one.name == _SERVER][:_MAX_SERVERS] + [(one, None) for one in silent]
    tails, asked = [], Asked()
    with Pool(MAX_COMPONENTS) as pool:
        for found in pool.map(lambda each: _tail(api, *each), wanted):
            if isinstance(found, LogTail):
                tails.append(found)
            elif found.reason == "forbidden":
                asked.unknown["component_logs"] = f"{clean(str(found))}; {logs.RULE}"
            elif found.status not in (400, 404):
                asked.unknown["component_logs"] = clean(str(found))
    asked.fields["logs"] = tuple(tail for tail in tails if tail.lines)
    return asked


def is_late(lease: Lease, now: str) -> bool:
    """Whether nobody holds the Lease of a component, or its holder has not renewed it for twice its duration."""
    age = seconds(lease.renewed, now)
    return not lease.holder or (age is not None and age > 2 * (lease.duration_seconds or 15))


def _tail(api: Api, component: Component, telling: re.Pattern[str] | None) -> LogTail | ClusterError:
    path = f"{CORE}/namespaces/{component.namespace}/pods/{component.pod}/log"
    params: dict[str, t.Any] = {"tailLines": _LOG_LINES, "limitBytes": _LOG_BYTES, "container": component.name}
    params["timestamps"] = "true"
    if telling:
        params["sinceSeconds"] = _LOG_SINCE_S
    try:
        data = api.text(path, params, f"read the log of {component.namespace}/{component.pod}", _ANSWER_S)
    except ClusterError as error:
        return error
    kept = [line for line in data.decode("utf-8", "replace").splitlines() if not telling or telling.search(line)]
    found = logs.timed("\n".join(kept[-_KEPT_LINES:]).encode())
    return LogTail(component.namespace, component.pod, component.name, False, *found)
