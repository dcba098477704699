# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Read what runs, and what keeps it from running: depths C(workloads) and C(all) of a snapshot.

Fixed list calls beside those of C(gather.py), at the same time and in the same way. A list that is refused is named in
C(Workloads.unknown) with the right that reads it: it is never an empty list.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._threads import Pool

from . import dns_access, gather_control_plane, lists, logs
from .details import Details
from .fields import Json, OddObject
from .fold_events import Events
from .gather_beyond import DNS
from .kinds import CORE, Kind
from .kinds_workloads import ALL, WORKLOAD_KINDS, WORKLOADS, WorkloadKind, at_depth
from .lists import ListCall
from .managed_fields import history
from .model import Beyond, Missing, Pod, Snapshot
from .model_control_plane import Configuration, Lease, NodeDetail
from .model_workloads import AccessBinding, LogTail, Workloads
from .moments import of_header
from .parse_control_plane import configurations
from .parse_workloads import without_old

TRAFFIC = "traffic"
DEPTHS = (TRAFFIC, WORKLOADS, ALL)

_PARALLEL_LOGS = 8
_MAX_CONTROLLERS = 1  #: namespaces of controllers that do not run
#: ConfigMaps of the cluster's own components, whose texts are kept: name -> keys.
CONFIGURATIONS = {"coredns": ("Corefile",), "kube-proxy": ("config.conf",)}
_SYSTEM = "kube-system"
#: What the snapshot lists anyway, and which fact is unknown without it.
_FACTS = {"pods": "pods", "nodes": "nodes", "namespaces": "namespace_details"}


#: Whom the API server refused something, as it tells them.
_REFUSED = re.compile(r'User \\*"system:serviceaccount:(?P<namespace>[a-z0-9-]+):[a-z0-9.-]+\\*" cannot ')
_MAX_REFUSED = 2  #: namespaces whose bindings are read


class WorkloadReader:
    """Reads what a depth adds, side by side with the lists of a snapshot."""

    def __init__(self, api: Api, depth: str, page_size: int) -> None:
        self._api, self._depth, self._page_size = api, depth, page_size
        self._details = Details()
        self._events = Events()
        self._reading: list[t.Any] = []
        self._components: list[t.Any] = []
        self._texts: list[t.Any] = []
        self._access: list[t.Any] = []
        self._checks: t.Any = None
        self._levels: t.Any = None

    def look(self, kind: Kind, item: Json) -> None:
        """Take what it keeps of an object of a list."""
        self._details.look(kind, item)

    def begin(self, pool: Pool, namespaces: t.Sequence[str], max_namespaces: int, served: t.Container[str]) -> None:
        """Begin with the lists.

        Args:
            pool: of threads.
            namespaces: that are selected; none for all.
            max_namespaces: up to how many are listed one by one.
            served: the API groups of the cluster.
        """
        take = {"events": self._events.take, "pods": self._details.take_pod}
        asked, of_components = _calls(self._depth, namespaces, max_namespaces, served, take)
        self._reading = [pool.submit(self._read, each) for each in asked]
        self._components = [pool.submit(self._read, each) for each in of_components]
        self._texts = [pool.submit(self._text, name) for name in CONFIGURATIONS]
        if self._depth != ALL:
            self._access = dns_access.begin(pool, self._api)
        self._checks = pool.submit(gather_control_plane.failed_checks, self._api)
        self._levels = pool.submit(gather_control_plane.level_counts, self._api)

    def _read(self, call: ListCall) -> ListCall:
        return lists.read(self._api, call, self._page_size, self.look)

    def _text(self, name: str) -> tuple[str, t.Any]:
        """A ConfigMap of a component, or why it could not be read."""
        path, what = f"{CORE}/namespaces/{_SYSTEM}/configmaps/{name}", f"read ConfigMap {_SYSTEM}/{name}"
        try:
            return name, self._api.get(path, what=what)
        except ClusterError as error:
            return name, error

    def end(self, snapshot: Snapshot, dns_pods: t.Sequence[Pod], behind: Beyond | None = None) -> Workloads:
        """Wait for the lists, read the logs, and put it all together.

        Args:
            snapshot: with the Pods that were selected.
            dns_pods: of the cluster's DNS.
            behind: what of other namespaces was read.
        """
        done = [each.result() for each in self._reading]
        unknown = _unknown(done)
        unknown.update(_of_components([each.result() for each in self._components]))
        unknown.update(_of_snapshot(snapshot.missing))
        texts, writers = self._configurations(unknown)
        found = lists.joined(done)
        owners = {(pod.namespace, pod.name): pod.owner for pod in (*snapshot.pods, *dns_pods)}
        of_controllers = self._controllers(behind)
        unknown.update(_of_components(of_controllers))
        components = lists.joined([*(each.result() for each in self._components), *of_controllers])
        pods = self._details.pods()
        of_dns = {(pod.namespace, pod.name) for pod in dns_pods}
        tails, unread = logs.read(self._api, logs.wanted(pods, owners, of_dns), _PARALLEL_LOGS)
        unknown.update(unread)
        for kind in self._details.unwritten:
            unknown[f"histories of {kind}"] = "there are too many of them"
        events = self._events.folded()
        if self._events.dropped:
            unknown["older events"] = f"{self._events.dropped} are left out, because there are too many"
        nodes = _with_leases(self._details.nodes(), found.pop("node_leases", ()))
        now = of_header(self._api.date) or snapshot.taken
        control_plane = self._details.components()
        answers = gather_control_plane.ask_nodes(self._api, snapshot.nodes, nodes, snapshot.pods)
        said = gather_control_plane.read_logs(self._api, control_plane, found.get("leases", ()), now)
        unknown.update({**answers.unknown, **said.unknown})
        counted, checks = self._levels.result(), self._checks.result()
        for fact, result in (("priority_levels", counted), ("failed_checks", checks)):
            if isinstance(result, str):
                unknown[fact] = result
        levels = gather_control_plane.with_counts(
            found.pop("priority_levels", ()), {} if isinstance(counted, str) else counted
        )
        found["webhooks"] = tuple(hook for hooks in found.get("webhooks", ()) for hook in hooks)
        found["api_services"] = tuple(filter(None, found.get("api_services", ())))
        found["owners"] = tuple(without_old((*found.get("owners", ()), *components.get("owners", ()))))
        found.pop("", None)  # events are folded as they are read
        found.update(dns_access.found(self._access, unknown))
        if self._depth == WORKLOADS:
            found["bindings"] = tuple(dict.fromkeys(found.get("bindings", ()) + self._bindings_of(tails, unknown)))
        ordered = {name: tuple(sorted(records, key=_place)) for name, records in found.items()}
        return Workloads(
            pods=pods,
            pods_without_details=self._details.without,
            events=events,
            logs=tuple(tails),
            nodes=answers.fields["nodes"],
            node_answers=answers.fields["node_answers"],
            control_plane=control_plane,
            component_logs=said.fields["logs"],
            priority_levels=levels,
            failed_checks=() if isinstance(checks, str) else checks,
            server_time=now,
            namespace_details=self._details.namespaces(),
            terminating=self._details.terminating(),
            configurations=texts,
            histories=self._details.histories(writers),
            unknown=dict(sorted(unknown.items())),
            depth=self._depth,
            **ordered,
        )

    def _controllers(self, behind: Beyond | None) -> list[ListCall]:
        """The workloads in the namespaces of controllers of which no endpoint is ready: what they are, nothing says."""
        ready = {
            f"{part.namespace}/{part.service}"
            for part in (behind.endpoint_slices if behind else ())
            if any(endpoint.ready for endpoint in part.endpoints)
        }
        lost = {
            each.namespace
            for each in (behind.services if behind else ())
            if each.external_addresses and each.id not in ready
        }
        kinds = [kind for kind in at_depth(self._depth) if kind.of_components]
        return [self._read(ListCall(kind, space)) for space in sorted(lost)[:_MAX_CONTROLLERS] for kind in kinds]

    def _bindings_of(self, tails: t.Iterable[LogTail], unknown: dict[str, str]) -> tuple[AccessBinding, ...]:
        """The bindings that may be for those who were refused something, as logs say."""
        refused = {match["namespace"] for tail in tails for line in tail.lines for match in _REFUSED.finditer(line)}
        places = sorted(refused)[:_MAX_REFUSED]
        kinds = [kind.at(ALL) for kind in WORKLOAD_KINDS if kind.field == "bindings"]
        asked = [(kind, place if kind.namespaced else "") for kind in kinds for place in places]
        done = [self._read(ListCall(*each)) for each in dict.fromkeys(asked)]
        for call in done:
            unknown.update({f"bindings of {call.namespace}": _said(each) for each in lists.missing(call)})
        return t.cast("tuple[AccessBinding, ...]", lists.joined(done).get("bindings", ()))

    def _configurations(self, unknown: dict[str, str]) -> tuple[tuple[Configuration, ...], list[t.Any]]:
        """The texts of the components' ConfigMaps, and who wrote them."""
        found: list[Configuration] = []
        writers = []
        for name, item in (each.result() for each in self._texts):
            if isinstance(item, ClusterError):
                if item.status != 404:
                    rule = f"grant a Role in {_SYSTEM} with apiGroups: [''], resources: ['configmaps'], verbs: ['get']"
                    unknown["configurations"] = f"{item}; {rule if item.reason == 'forbidden' else item.remedy}"
                continue
            try:
                found += configurations(item, CONFIGURATIONS[name])
                writers.append(history("ConfigMap", item))
            except OddObject as error:
                unknown["configurations"] = f"ConfigMap {_SYSTEM}/{name} cannot be read: {error}"
        return tuple(found), writers


def _calls(
    depth: str,
    namespaces: t.Sequence[str],
    max_namespaces: int,
    served: t.Container[str],
    take: t.Mapping[str, t.Callable[[Json], t.Any]],
) -> tuple[list[ListCall], list[ListCall]]:
    """The lists of a depth, and those of the components' own namespace where that is not selected."""
    kinds = at_depth(depth)
    kinds.append(WorkloadKind("", CORE, "events", take["events"], fact="events"))
    asked = lists.calls([kind for kind in kinds if not kind.only_in], namespaces, max_namespaces)
    asked += [ListCall(kind, kind.only_in) for kind in kinds if kind.only_in]
    place = DNS["route.openshift.io" in served][0]
    if not namespaces or place in namespaces:
        return asked, []
    own = [*(kind for kind in kinds if kind.of_components), kinds[-1]]
    own.append(WorkloadKind("", CORE, "pods", take["pods"], fact="pods"))
    return asked, [ListCall(kind, place) for kind in own]


def reads(
    depth: str, namespaces: t.Sequence[str], max_namespaces: int, served: t.Container[str]
) -> t.Iterator[tuple[str, str, str, str, str]]:
    """What a depth reads, as the API server's authorizer sees it.

    Yields:
        Verb, resource with its part, API group, namespace (empty for the whole cluster), and name of the one object.
    """
    asked, of_components = _calls(depth, namespaces, max_namespaces, served, dict.fromkeys(("events", "pods"), len))
    for call in (*asked, *of_components):
        yield "list", call.kind.resource, call.kind.group, call.namespace, ""
        if call.kind.resource == "events":
            yield "get", "pods/log", "", call.namespace, ""
    for name in CONFIGURATIONS:
        yield "get", "configmaps", "", _SYSTEM, name


def _place(record: t.Any) -> tuple[str, ...]:
    """What orders the records of a field: several lists are read at once."""
    return tuple(str(getattr(record, name, "")) for name in ("kind", "namespace", "configuration", "index", "name"))


def _with_leases(nodes: t.Iterable[NodeDetail], leases: t.Iterable[Lease]) -> tuple[NodeDetail, ...]:
    by_name = {lease.name: lease for lease in leases}
    return tuple(
        dataclasses.replace(
            node, lease=lease.renewed, lease_written=lease.written, lease_seconds=lease.duration_seconds
        )
        for node in nodes
        for lease in [by_name.get(node.name, Lease(""))]
    )


def _unknown(done: t.Iterable[ListCall]) -> dict[str, str]:
    """Why a fact is not all known, by fact."""
    unknown: dict[str, list[str]] = {}
    for call in done:
        kind = t.cast(WorkloadKind, call.kind)
        unknown.setdefault(kind.fact, []).extend(_said(missing) for missing in lists.missing(call))
    return {fact: "; ".join(reasons) for fact, reasons in unknown.items() if reasons}


def _of_components(done: t.Iterable[ListCall]) -> dict[str, str]:
    """The components' own namespace was not selected, so that what is not known there is a fact of its own."""
    reasons = [_said(missing) for call in done for missing in lists.missing(call)]
    return {"components": "; ".join(reasons)} if reasons else {}


def _of_snapshot(missing: t.Iterable[Missing]) -> dict[str, str]:
    return {_FACTS[each.what]: _said(each) for each in missing if each.what in _FACTS}


def _said(missing: Missing) -> str:
    named = f"{missing.what} {missing.namespace}/{missing.name}: " if missing.name else ""
    return named + missing.reason + (f"; {missing.remedy}" if missing.remedy else "")
