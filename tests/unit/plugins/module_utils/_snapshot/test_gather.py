# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot of a cluster in trouble: each list fails in each way, as an API server misbehaves on purpose."""

from __future__ import annotations

import concurrent.futures
import importlib
import itertools
import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather import Scope, failed, gather
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds import ADDONS, CORE, KINDS, Kind
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

Json = dict[str, t.Any]

META = {"namespace": "shop", "name": "web"}
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
LISTS: dict[str, list[Json]] = {
    "pods": [cluster.pod("web-1", "w1", "10.0.1.1", ports=[cluster.HTTP]), cluster.pod("web-2", "w2", "10.0.2.1")],
    "services": [cluster.service("web", "10.96.0.5", ports=[{"port": 80, "nodePort": 30080}], type="NodePort")],
    "endpointslices": [cluster.endpoint_slice("web", "IPv4", {"port": 80}, ("10.0.1.1", "w1", "web-1", True))],
    "ingresses": [
        {"metadata": META, "spec": {"rules": [{"host": "a.lab", "http": {"paths": [{"backend": BACKEND}]}}]}}
    ],
    "networkpolicies": [cluster.policy("closed", podSelector={}, ingress=[{}])],
    "nodes": [cluster.node("w1", "198.18.0.11"), cluster.node("w2", "198.18.0.12")],
    "namespaces": [{"metadata": {"name": "shop"}}],
    "ingressclasses": [{"metadata": {"name": "traefik"}, "spec": {"controller": "traefik.io/ingress"}}],
    **{kind.resource: [{"metadata": META, "spec": {}}] for kind in ADDONS if kind.resource != "networkpolicies"},
}
GROUPS = [
    {"name": group, "versions": [{"version": kind.version} for kind in ADDONS if kind.group == group]}
    for group in sorted({kind.group for kind in ADDONS})
]


def refused(status: int, body: t.Any = None, *headers: str) -> t.Callable[[t.Any], None]:
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "message": f"it is {status}"}
    return lambda peer: peer.answer(status, said if body is None else body, *headers)


def cut(peer: t.Any) -> None:
    peer.socket.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n{"items": [')


#: How a list can fail, each with a part of what is said of it.
WAYS: dict[str, tuple[t.Callable[[t.Any], None], str]] = {
    "403": (refused(403), "it is 403"),
    "410": (refused(410), "it is 410"),
    "429": (refused(429), "it is 429"),
    "429 with a time": (refused(429, None, "Retry-After: 0"), "it is 429"),
    "500": (refused(500), "it is 500"),
    "500 of a proxy": (refused(502, b"<html>Bad Gateway</html>"), "Bad Gateway"),
    "503": (refused(503, b"service unavailable"), "service unavailable"),
    "504": (refused(504), "it is 504"),
    "redirect": (refused(302, b"", "Location: /login"), "without JSON"),
    "a page": (refused(200, b"<html>Please log in</html>"), "without JSON"),
    "a list of JSON": (refused(200, []), "without JSON"),
    "another object": (refused(200, {"kind": "Pod"}), "the answer holds no list of objects"),
    "items of another type": (refused(200, {"items": {"a": 1}}), "the answer holds no list of objects"),
    "cut": (cut, "cannot be reached"),
}
EVERY = [*KINDS, *ADDONS]
_SILENCE_S = 8.0  #: that no answer takes, however busy the machine is


class Cluster:
    """What an API server says, but for one list that fails."""

    def __init__(self, failing: str = "", way: t.Callable[[t.Any], None] | None = None, **lists: list[t.Any]) -> None:
        self.failing, self.way, self.lists = failing, way, {**LISTS, **lists}

    def __call__(self, peer: t.Any) -> None:
        url = urllib.parse.urlsplit(peer.request.split(" ")[1])
        query = urllib.parse.parse_qs(url.query)
        if self.way and url.path.startswith(self.failing) and "labelSelector" not in query:
            self.way(peer)
        elif url.path == "/version":
            peer.answer(200, {"gitVersion": "v1.36.0"})
        elif url.path == "/apis":
            # A kind that another group serves as well is read where that group is not served.
            instead = [kind.unless for kind in ADDONS if kind.unless and kind.base in self.failing]
            peer.answer(200, {"groups": [group for group in GROUPS if group["name"] not in instead]})
        elif url.path.endswith("/services/kubernetes"):
            peer.answer(200, {"spec": {"clusterIPs": ["10.96.0.1"]}})
        elif url.path in [base for kind in ADDONS for base in kind.bases]:
            peer.answer(200, {"resources": [{"name": kind.resource} for kind in ADDONS if url.path in kind.bases]})
        elif "/configmaps/" in url.path:
            refused(404)(peer)
        elif any(url.path in kind.bases for kind in ADDONS):
            peer.answer(200, {"resources": [{"name": kind.resource} for kind in ADDONS if url.path in kind.bases]})
        else:
            resource = url.path.rsplit("/", 1)[1]
            other = resource == "networkpolicies" and "/networking.k8s.io/" not in url.path
            found = [] if "labelSelector" in query or other else self.lists[resource]
            peer.answer(200, {"items": found, "metadata": {}})


@pytest.fixture
def read(bad_server):
    """Take a snapshot of a cluster, and plan on what comes back from its file."""

    def take(there: t.Callable[[t.Any], None], timeout: float = 60.0, **options: t.Any) -> Snapshot:
        api = Api(bad_server(there).connection(), timeout)
        snapshot = gather(api, Scope(**options))
        assert Snapshot.from_dict(json.loads(json.dumps(snapshot.to_dict()))) == snapshot
        return snapshot

    return take


def planned(snapshot: Snapshot) -> plan.Plan:
    facts = Facts(snapshot)
    outside = [Source("outside/controller", kind="outside", addresses=("198.18.0.100",))]
    selected = selection.select(facts, None, None, {"pod", "node", "outside"}, (), outside)
    return plan.make(facts, selected, list(MODELS), Options())


def missing(snapshot: Snapshot) -> dict[str, str]:
    return {item.subject: item.reason for item in snapshot.missing}


#: Each way with two or three kinds, and each kind with one way.
SOME = [(kind, list(WAYS)[number % len(WAYS)]) for number, kind in enumerate(EVERY)]
OTHERS = [pair for pair in itertools.product(EVERY, WAYS) if pair not in SOME]


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        pytest.param(kind, way, id=f"{kind.full_name}-{way}", marks=[pytest.mark.long] if pairs is OTHERS else [])
        for pairs in (SOME, OTHERS)
        for kind, way in pairs
    ],
)
def test_a_list_that_fails_is_not_the_end(read, kind: Kind, way: str):
    fails, said = WAYS[way]
    assert_goes_on(read(Cluster(f"{kind.base}/{kind.resource}", fails)), kind, said)


@pytest.mark.long
def test_a_list_that_is_never_answered_is_not_the_end(read):
    importlib.import_module("kubernetes.config")  # which cannot be imported by several threads at once

    def silent(kind: Kind) -> Snapshot:
        return read(Cluster(f"{kind.base}/{kind.resource}", lambda peer: peer.socket.recv(1)), _SILENCE_S)

    with concurrent.futures.ThreadPoolExecutor(len(EVERY)) as pool:
        for kind, snapshot in zip(EVERY, pool.map(silent, EVERY), strict=True):
            assert_goes_on(snapshot, kind, f"cannot be reached within {_SILENCE_S:g} s")


def assert_goes_on(snapshot: Snapshot, kind: Kind, said: str) -> None:
    """What is missing is named, the rest is there, and something is asked."""
    name = kind.full_name if kind.addon else kind.resource
    assert list(missing(snapshot)) == [f"everything that needs {name}"]
    assert f"cannot list {kind.resource}: " in snapshot.missing[0].reason
    assert said in snapshot.missing[0].reason
    assert snapshot.missing[0].remedy
    others = {other.field for other in KINDS} - {kind.field}
    assert all(getattr(snapshot, field) for field in others)
    layout = planned(snapshot)
    assert layout.cells
    assert f"everything that needs {name}" in {item.what for item in layout.not_tested}


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.full_name)
def test_a_kind_that_is_not_served_is_named_only_where_every_cluster_serves_it(read, kind: Kind):
    snapshot = read(Cluster(f"{kind.base}/{kind.resource}", refused(404)))
    name = {} if kind.addon else {f"everything that needs {kind.resource}"}
    assert set(missing(snapshot)) == set(name)


@pytest.mark.parametrize("way", ["403", "500", "a page"])
def test_where_the_groups_cannot_be_read_every_kind_of_an_add_on_is_asked_for(read, way):
    snapshot = read(Cluster("/apis", lambda peer: groups_fail(peer, WAYS[way][0])))
    listed = [kind for kind in ADDONS if kind.field == "foreign_policies" and kind.resource != "networkpolicies"]
    assert len(snapshot.foreign_policies) == len(listed)
    assert snapshot.gateways
    assert not snapshot.missing
    kinds = [policy.kind for policy in snapshot.cluster_policies]
    assert kinds == ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"], "each once"


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("kind", ADDONS, ids=lambda kind: kind.full_name)
def test_what_may_not_be_listed_is_missing_only_where_the_cluster_serves_it(read, kind: Kind, served):
    """Who may not list a kind is refused before the API server looks whether it has it."""
    others = Cluster(f"{kind.base}/{kind.resource}")
    discovered: list[str] = []

    def there(peer: t.Any) -> None:
        path = peer.request.split(" ")[1].partition("?")[0]
        if path in kind.bases:
            discovered.append(path)
            peer.answer(200, {"resources": [{"name": kind.resource if served else "others"}]})
        elif path in [f"{base}/{kind.resource}" for base in kind.bases]:
            refused(403)(peer)
        else:
            others(peer)

    assert list(missing(read(there))) == ([f"everything that needs {kind.full_name}"] if served else [])
    assert len(discovered) == len(set(discovered)) >= 1


_SIG = "/apis/policy.networking.k8s.io"


@pytest.mark.parametrize("served", [["v1beta1", "v1alpha2"], ["v1alpha2"], ["v1beta1"], []])
@pytest.mark.parametrize("groups", ["known", "unknown"])
def test_cluster_policies_are_read_in_one_of_their_versions(read, served, groups):
    versions = [{"version": version} for version in served]
    asked = []

    def there(peer: t.Any) -> None:
        path = peer.request.split(" ")[1].partition("?")[0]
        asked.append(path)
        if path == "/apis":
            found = {"groups": [{"name": _SIG[6:], "versions": versions}]}
            peer.answer(200, found) if groups == "known" else refused(403)(peer)
        elif path.startswith(_SIG) and path.split("/")[3] not in served:
            refused(404)(peer)
        else:
            Cluster()(peer)

    snapshot = read(there)
    assert [policy.id for policy in snapshot.cluster_policies] == ["ClusterNetworkPolicy web"] * bool(served)
    assert not snapshot.missing
    if groups == "known":
        wanted = [f"{_SIG}/{version}/clusternetworkpolicies" for version in served[:1]]
        assert [path for path in asked if path.startswith(_SIG)] == wanted


def test_cluster_policies_are_read_page_by_page(read):
    def there(peer: t.Any) -> None:
        url = urllib.parse.urlsplit(peer.request.split(" ")[1])
        if url.path != f"{_SIG}/v1beta1/clusternetworkpolicies":
            return Cluster()(peer)
        number = int(urllib.parse.parse_qs(url.query).get("continue", ["0"])[0])
        items = [{"metadata": {"name": f"p{number}"}, "spec": {"tier": "Admin"}}]
        return peer.answer(200, {"items": items, "metadata": {"continue": str(number + 1) if number < 2 else ""}})

    kinds = [policy for policy in read(there).cluster_policies if policy.kind == "ClusterNetworkPolicy"]
    assert [policy.name for policy in kinds] == ["p0", "p1", "p2"]


def groups_fail(peer: t.Any, way: t.Callable[[t.Any], None]) -> None:
    (way if peer.request.split(" ")[1] == "/apis" else Cluster())(peer)


def test_where_every_list_fails_the_run_ends_with_the_first_reason(read):
    def fail(peer: t.Any) -> None:
        (Cluster() if peer.request.startswith("GET /version") else refused(403))(peer)

    with pytest.raises(ClusterError, match="cannot list pods: it is 403") as error:
        read(fail)
    assert error.value.reason == "forbidden"
    assert "resources: ['pods'], verbs: ['list']; or name the namespaces" in error.value.remedy


def test_a_version_that_is_forbidden_is_left_open(read):
    assert read(Cluster("/version", refused(403))).version == ""
    with pytest.raises(ClusterError, match="does not accept these credentials"):
        read(Cluster("/version", refused(401)))


def test_without_pods_the_outside_still_asks_and_policies_are_in_doubt(read):
    layout = planned(read(Cluster(f"{CORE}/pods", refused(500))))
    assert {probe.model for probes in layout.probes.values() for probe in probes} >= {"outside_to_nodeport"}


def test_an_expired_list_starts_anew_and_holds_every_object_once(read):
    pages = {"": ["web-1"], "next": None, "again": ["web-1"], "last": ["web-2"]}
    asked = []

    def paged(peer: t.Any) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(peer.request.split(" ")[1]).query)
        token = query.get("continue", ["again" if asked else ""])[0]
        asked.append(token)
        names = pages[token]
        if names is None:
            refused(410)(peer)
        else:
            following = {"": "next", "again": "last"}.get(token)
            items = [item for item in LISTS["pods"] if item["metadata"]["name"] in names]
            peer.answer(200, {"items": items, "metadata": {"continue": following}})

    snapshot = read(Cluster(f"{CORE}/pods", paged))
    assert asked == ["", "next", "again", "last"]
    assert [pod.name for pod in snapshot.pods] == ["web-1", "web-2"]
    assert not snapshot.missing


def test_what_came_before_a_later_page_failed_is_kept(read):
    def paged(peer: t.Any) -> None:
        if "continue=" in peer.request:
            refused(500)(peer)
        else:
            peer.answer(200, {"items": LISTS["pods"], "metadata": {"continue": "next"}})

    snapshot = read(Cluster(f"{CORE}/pods", paged))
    assert len(snapshot.pods) == 2
    assert list(missing(snapshot)) == ["everything that needs pods"]


def test_a_list_that_fails_in_one_namespace_leaves_the_others(read):
    both = [{"metadata": {"name": name}} for name in ("shop", "back")]
    there = Cluster(f"{CORE}/namespaces/back/services", refused(403), namespaces=both)
    snapshot = read(there, namespaces=("shop", "back"))
    assert list(missing(snapshot)) == ["everything that needs services in namespace back"]
    assert snapshot.services


ODD: dict[str, tuple[Json | None, str]] = {
    "null": (None, "it is no object"),
    "text": ("web", "it is no object"),  # type: ignore[dict-item]
    "spec": ({"metadata": META, "spec": "x"}, "spec is a string where an object is expected"),
    "status": ({"metadata": META, "status": [1]}, "status is a list where an object is expected"),
    "metadata": ({"metadata": 5}, "metadata is a whole number where an object is expected"),
    "name": ({"metadata": {"name": {}, "namespace": "shop"}}, "metadata.name is an object where a string is expected"),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("resource", ["gateways", "httproutes", "routes"])
def test_an_object_that_cannot_be_read_is_named_and_left_out(read, resource, odd):
    item, said = ODD[odd]
    good = {"metadata": {"namespace": "shop", "name": "good"}}
    snapshot = read(Cluster(**{resource: [item, good]}))
    assert [said in reason for reason in missing(snapshot).values()] == [True]
    (subject,) = missing(snapshot)
    assert subject.startswith(f"{resource}.")
    assert "kubectl get" in snapshot.missing[0].remedy
    field = next(kind.field for kind in ADDONS if kind.resource == resource)
    assert [record.name for record in getattr(snapshot, field)] == ["good"]
    assert subject in {item.what for item in planned(snapshot).not_tested}


@pytest.mark.parametrize(
    ("resource", "spec", "status"),
    [
        ("gateways", {"listeners": [None]}, {}),
        ("gateways", {"listeners": {"a": 1}}, {}),
        ("gateways", {"listeners": [{"port": "80"}]}, {}),
        ("gateways", {}, {"addresses": "198.18.0.200"}),
        ("gateways", {}, {"conditions": [["Programmed"]]}),
        ("httproutes", {"hostnames": "shop.lab"}, {}),
        ("httproutes", {"hostnames": [None]}, {}),
        ("httproutes", {"parentRefs": [{"name": 7}]}, {}),
        ("httproutes", {"rules": [{"matches": [{"path": "/"}]}]}, {}),
        ("httproutes", {"rules": [{"backendRefs": [None]}]}, {}),
        ("routes", {"to": []}, {}),
        ("routes", {"host": 7}, {}),
        ("routes", {"port": {"targetPort": {}}}, {}),
        ("routes", {"tls": "edge"}, {}),
        ("routes", {}, {"ingress": "x"}),
        ("routes", {}, {"ingress": [{"conditions": [{"type": "Admitted", "message": 5}]}]}),
    ],
)
def test_a_field_of_another_type_is_named(read, resource, spec, status):
    snapshot = read(Cluster(**{resource: [{"metadata": META, "spec": spec, "status": status}]}))
    ((subject, reason),) = missing(snapshot).items()
    assert subject.split()[1] == "shop/web"
    assert " where " in reason
    assert planned(snapshot).cells


def test_many_odd_objects_are_named_in_part_and_counted(read):
    odd = [{"metadata": {"namespace": "shop", "name": f"r{number}"}, "spec": 1} for number in range(50)]
    snapshot = read(Cluster(routes=odd))
    assert len(snapshot.missing) == 21
    assert snapshot.missing[-1].reason == "30 more of them cannot be read"


@pytest.mark.parametrize(
    "spec", [None, "x", [], {}, {"endpointSelector": "x"}, {"endpointSelector": {"matchLabels": []}}]
)
def test_a_policy_that_cannot_be_read_could_select_anything(read, spec):
    item = {"metadata": {"name": "all"}, "spec": spec}
    facts = Facts(read(Cluster(ciliumclusterwidenetworkpolicies=[item])))
    pod = facts.snapshot.pods[0]
    assert "CiliumClusterwideNetworkPolicy all" in facts.foreign_index.touching(pod, "")


def test_a_slice_of_no_service_and_names_in_place_of_addresses(read):
    stray = {**cluster.endpoint_slice("x", "FQDN", {"port": None}), "metadata": {"namespace": "shop", "name": "stray"}}
    named = cluster.node("w3", "ip-10-0-0-1.internal")
    snapshot = read(Cluster(endpointslices=[*LISTS["endpointslices"], stray], nodes=[*LISTS["nodes"], named]))
    assert not snapshot.missing
    assert snapshot.endpoint_slices[1].service == ""
    assert snapshot.nodes[2].internal_ips == ()
    assert planned(snapshot).cells


def test_a_cluster_that_could_not_be_read_is_a_snapshot_that_says_why(bad_server):
    api = Api(bad_server(lambda peer: peer.answer(200, {})).connection(), 1.0)
    snapshot = failed(api, ClusterError("unreachable", "cannot read the version: refused", "check host"))
    assert Snapshot.from_dict(json.loads(json.dumps(snapshot.to_dict()))) == snapshot
    assert snapshot.failure
    assert (snapshot.failure.reason, snapshot.failure.remedy) == ("unreachable", "check host")
    with pytest.raises(ClusterError, match="who are you"):
        failed(api, ClusterError("unauthorized", "who are you"))
