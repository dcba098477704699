# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Echo Pods and Services of a run in a Namespace of its own: created, waited for, and removed with the Namespace."""

from __future__ import annotations

import dataclasses
import time
import typing as t
from urllib.parse import quote

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._debug import admission, names, own_namespace, placement
from .._debug.debug_spec import DebugSpec
from .._debug.pod_group import GroupPod
from .._debug.types import Left, Refused
from .._snapshot import node_kinds, parse
from . import echo_objects
from .created import ObjectKind, Preview
from .probe_pods import POD, START, PodRequest, ProbePods
from .vantage_point import Declared

Json = dict[str, t.Any]

MOST_NODES = 200  #: echo Pods at most, spread over the nodes where there are more
_READY_S = 15.0  #: seconds in which the endpoints of running Pods are ready
_ENTRY_S = 20.0  #: seconds in which a load balancer or an ingress controller gives an address
_ACCOUNT_S = 15.0  #: seconds in which the ServiceAccount of a Namespace is there
_LOOK_S = 0.3
_LIFE_S = 180  #: seconds that the Namespace lives beyond the deadline of the probes
_MOST_CLASSES = 4
#: In the whole cluster, since the Namespace is a new one in each run.
RIGHTS: tuple[admission.Right, ...] = (
    *own_namespace.RIGHTS,
    *(right for right in admission.MAKE if right not in own_namespace.RIGHTS),
    *((verb, "services", "", "") for verb in ("get", "create", "delete")),
    *((verb, "ingresses", "", "networking.k8s.io") for verb in ("get", "create", "delete")),
)
_END, _PURPOSE, _DEED = "removed at the end", "echo", "create echo Pods in a namespace of their own"


class _EchoObject(Declared):
    """A kind of objects that is created for C(echo)."""

    level = "namespace"


class _Namespace(_EchoObject):
    creates = ObjectKind("Namespace", "Namespace", "named", _END, RIGHTS, _PURPOSE, _DEED)


class _Volume(_EchoObject):
    creates = ObjectKind("PersistentVolume", "PersistentVolume", "without storage, named", _END, (), _PURPOSE, _DEED)


class _Pods(_EchoObject):
    creates = POD


class _Services(_EchoObject):
    creates = ObjectKind("Service", "Service", "in namespace", _END, (), _PURPOSE, _DEED)


class _Ingresses(_EchoObject):
    creates = ObjectKind("Ingress", "Ingress", "in namespace", _END, (), _PURPOSE, _DEED)


OBJECTS: tuple[type[Declared], ...] = (_Namespace, _Volume, _Pods, _Services, _Ingresses)


@dataclasses.dataclass(frozen=True)
class Planned:
    """The objects of one kind as they would be created.

    Attributes:
        what: the kind.
        objects: the manifests.
        nodes: of the Pods.
        preview: one of them, and what the API server says to it where it was asked.
    """

    what: Declared
    objects: tuple[Json, ...]
    nodes: tuple[str, ...] = ()
    preview: Preview | None = None


@dataclasses.dataclass(frozen=True)
class Omitted:
    """What the echo objects cannot show, and why."""

    what: str
    reason: str
    remedy: str = ""
    not_applicable: bool = False


class Echo:
    """The echo objects of one run.

    Attributes:
        namespace: its own.
        omitted: what could not be made.
    """

    def __init__(self, api: Api, image: str, deadline: float, run: str, profile: str, domain: str) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server.
            image: of the Pods: a shell, and what can answer.
            deadline: seconds that the probes of the run may take.
            run: the identity of the run.
            profile: of the Pods, and the Pod Security level that their Namespace enforces.
            domain: DNS domain of the cluster.
        """
        self.api, self.run, self.profile, self.domain = api, run, profile, domain
        self.pods = ProbePods(api, image, deadline + _LIFE_S, run, "echo-")
        self.namespace = own_namespace.OwnNamespace(api, run, self.pods.seconds, profile)
        self.omitted: list[Omitted] = []

    @property
    def name(self) -> str:
        """Of the Namespace."""
        return self.namespace.name

    def make(self) -> None:
        """Create all, and wait until it can be probed.

        Raises:
            ClusterError: no echo Pod runs, or the rest cannot be created; what was made is removed.
        """
        requests = self._requests(self._slots())
        self.namespace.make()
        begun = time.monotonic()
        made = [self._create(body) for body in echo_objects.services(self.name, self.run, self.domain)]
        entries = [made[-1], *self._ingresses()]
        self._make_pods(requests)
        self._wait_endpoints(made[0]["metadata"]["name"])
        self._settle(entries, begun + _ENTRY_S)

    def _slots(self) -> list[placement.Slot]:
        """Where the Pods go: a node each, without those that can run none."""
        every = placement.Choice(every=True)
        found = placement.slots(self.api, every, "echo Pods", _unfit)
        able = [slot for slot in found if not slot.trouble]
        for slot in found:
            if slot.trouble:
                self._omit(f"an echo Pod on node {slot.node}", slot.trouble.evidence, slot.trouble.remedy)
        if len(able) > MOST_NODES:
            step = len(able) / MOST_NODES
            left = len(able) - MOST_NODES
            able = [able[int(place * step)] for place in range(MOST_NODES)]
            self._omit(f"echo Pods on {left} nodes", f"there are at most {MOST_NODES} echo Pods")
        return able

    def _omit(self, what: str, reason: str, remedy: str = "", not_applicable: bool = False) -> None:
        self.omitted.append(Omitted(what, reason, remedy, not_applicable))

    def _requests(self, slots: t.Sequence[placement.Slot]) -> list[PodRequest]:
        """A Pod for each place, and one more at the last, so that there are two on one node."""
        spec = DebugSpec(
            self.pods.image, self.profile, tolerations=tuple(placement.TOLERATE_ALL), unprivileged_ping=True
        )

        def finish(number: int, word: str) -> t.Callable[[Json], None]:
            name = names.pod_name("echo", word, self.run)  # they share their Namespace with nobody
            return lambda manifest: echo_objects.complete(manifest, self.pods.seconds, name, f"echo-{number}")

        second = [(slots[-1], f"{slots[-1].node}-2")] if slots else []
        places = [*((slot, slot.node) for slot in slots), *second]
        return [PodRequest(slot, spec, word, finish(number, word)) for number, (slot, word) in enumerate(places)]

    def _make_pods(self, requests: t.Sequence[PodRequest]) -> None:
        made = self._started(requests) if requests else []
        for pod in made:
            if pod.trouble:
                self._omit(f"an echo Pod on node {pod.node}", pod.trouble.evidence, pod.trouble.remedy)
        if not any(pod.runs for pod in made):
            first = made[0].trouble if made else None
            raise ClusterError(
                first.kind if first else "no_match",
                f"no echo Pod runs: {first.evidence if first else 'the cluster has no node that can run one'}",
                first.remedy if first else "",
            )
        self.pods.remove_troubled()

    def _started(self, requests: t.Sequence[PodRequest]) -> list[GroupPod]:
        """Create the Pods; a Namespace that is new gets its ServiceAccount a moment later."""
        until = time.monotonic() + _ACCOUNT_S
        while True:
            try:
                return self.pods.make(self.name, requests, START)
            except Refused as refused:
                if refused.refusal.kind != "service_account" or time.monotonic() > until:
                    raise
            time.sleep(_LOOK_S)

    def _create(self, body: Json) -> Json:
        path = f"{_path(body, self.name)}"
        what = f"{body['kind']} {self.name}/{body['metadata']['name']}"
        return admission.write(what, lambda params: self.api.post(path, body, f"create {what}", params))

    def _ingress_manifests(self) -> list[Json]:
        """One Ingress for each class of the cluster, the default first."""
        try:
            found = list(self.api.list("/apis/networking.k8s.io/v1/ingressclasses", {}, "list IngressClasses"))
        except ClusterError as error:
            self._omit("an Ingress", f"the IngressClasses could not be read: {error}", error.remedy)
            return []
        classes = sorted(map(parse.ingress_class, found), key=lambda each: (not each.default, each.name))
        if not classes:
            self._omit("an Ingress", "the cluster has no IngressClass", not_applicable=True)
        return [echo_objects.ingress(self.name, self.run, each.name) for each in classes[:_MOST_CLASSES]]

    def _ingresses(self) -> list[Json]:
        made = []
        for body in self._ingress_manifests():
            try:
                made.append(self._create(body))
            except ClusterError as error:
                self._omit(f"an Ingress of class {body['spec']['ingressClassName']}", str(error), error.remedy)
        return made

    def plan(self) -> list[Planned]:
        """Say what C(make) would create; the API server is asked what it says to the Namespace, nothing is written.

        Raises:
            ClusterError: the nodes cannot be read.
        """
        requests = self._requests(self._slots())
        nodes = tuple(dict.fromkeys(request.slot.node for request in requests))
        pods = self.pods.planned(self.name, requests)
        services = echo_objects.services(self.name, self.run, self.domain)
        return [
            Planned(_Namespace(), (self.namespace.manifest,), preview=self._preview()),
            Planned(_Volume(), (self.namespace.volume,)),
            Planned(_Pods(), tuple(pods), nodes, _shown(pods)),
            Planned(_Services(), tuple(services), preview=_shown(services)),
            Planned(_Ingresses(), tuple(self._ingress_manifests())),
        ]

    def _preview(self) -> Preview:
        refusal = None
        try:
            self.namespace.forecast()
        except ClusterError as error:
            refusal = error
        return Preview(self.name, self.name, self.namespace.manifest, refusal)

    def _wait_endpoints(self, service: str) -> None:
        """Wait until every Pod that runs is a ready endpoint; what is not in time is for the probes to show."""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self.name}/endpointslices"
        own = {"labelSelector": f"kubernetes.io/service-name={service}"}
        until, wanted = time.monotonic() + _READY_S, self.pods.running
        while time.monotonic() < until:
            slices = list(map(parse.endpoint_slice, self.api.list(path, own, f"list endpoints of {service}")))
            ready = {endpoint.pod for part in slices for endpoint in part.endpoints if endpoint.ready}
            if len(ready) >= wanted:
                return
            time.sleep(_LOOK_S)

    def _settle(self, entries: t.Sequence[Json], until: float) -> None:
        """Wait for the addresses of what is served from outside; remove what got none, which nothing can probe."""
        waiting = list(entries)
        while waiting:
            waiting = [each for each in waiting if not self._has_address(each)]
            if not waiting or time.monotonic() > until:
                break
            time.sleep(_LOOK_S)
        for item in waiting:
            kind, name = item["kind"], item["metadata"]["name"]
            path = f"{_path(item, self.name)}/{quote(name, safe='')}"
            options = {"preconditions": {"uid": item["metadata"]["uid"]}}
            self.api.delete(path, options, f"delete {kind} {self.name}/{name}")
            who = "load balancer" if kind == "Service" else "ingress controller"
            what = "a load balancer" if kind == "Service" else f"an Ingress of class {item['spec']['ingressClassName']}"
            self._omit(what, f"no {who} gave {kind} {name} an address within {_ENTRY_S:.0f} s", not_applicable=True)

    def _has_address(self, item: Json) -> bool:
        path = f"{_path(item, self.name)}/{quote(item['metadata']['name'], safe='')}"
        now = self.api.get(path, what=f"read {item['kind']} {self.name}/{item['metadata']['name']}")
        return bool(((now.get("status") or {}).get("loadBalancer") or {}).get("ingress"))

    def remove(self) -> list[Left]:
        """Remove all; return what could not be, which the cluster ends."""
        left = self.pods.remove()
        of_namespace = self.namespace.remove()
        return [*left, *of_namespace] if of_namespace else []


def _shown(objects: t.Sequence[Json]) -> Preview | None:
    """The first of some objects, which the API server cannot be asked about: their Namespace is not there."""
    return Preview(objects[0]["metadata"]["namespace"], objects[0]["metadata"]["name"], objects[0]) if objects else None


def _path(body: Json, namespace: str) -> str:
    base = "/api/v1" if body["apiVersion"] == "v1" else f"/apis/{body['apiVersion']}"
    plural = {"Service": "services", "Ingress": "ingresses"}[body["kind"]]
    return f"{base}/namespaces/{quote(namespace, safe='')}/{plural}"


def _unfit(node: t.Mapping[str, t.Any]) -> str:
    return node_kinds.unfit(parse.node(t.cast(Json, node)))
