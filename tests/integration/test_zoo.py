# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on a cluster full of odd objects, as people start it: without a variable, for the whole cluster."""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import re
from collections import Counter

import jsonschema
import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report.schema import REPORT_SCHEMA
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds import ADDONS, KINDS
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot

from . import zoo_objects
from .conftest import connectivity

pytestmark = pytest.mark.alone

#: Where a snapshot holds what is of a kind.
FIELDS = {
    "Pod": "pods",
    "Service": "services",
    "EndpointSlice": "endpoint_slices",
    "Ingress": "ingresses",
    "NetworkPolicy": "network_policies",
    "Node": "nodes",
    "Namespace": "namespaces",
    "IngressClass": "ingress_classes",
    "Gateway": "gateways",
    "HTTPRoute": "http_routes",
    "GRPCRoute": "grpc_routes",
    "TLSRoute": "tls_routes",
    "TCPRoute": "tcp_routes",
    "UDPRoute": "udp_routes",
    "Route": "routes",
    "PeerAuthentication": "peer_authentications",
    **dict.fromkeys(("ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"), "cluster_policies"),
}
#: Where it holds objects of several kinds, each with its kind.
MIXED = ("foreign_policies", "cluster_policies")
#: Groups whose kinds a snapshot and a report name with their project, as others have kinds of the same names.
PROJECTS = {
    "crd.projectcalico.org": "Calico",
    "crd.antrea.io": "Antrea",
    "security.istio.io": "Istio",
    "policy.linkerd.io": "Linkerd",
}


def read(folder: pathlib.Path, name: str) -> dict:
    return json.loads((folder / name).read_text())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoo")
    zoo = zoo_objects.Zoo()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        try:
            zoo.put()
            done = connectivity(folder=folder)
            assert "Traceback" not in done.stdout + done.stderr
            assert done.returncode == 0, done.stdout + done.stderr
        finally:
            removed = pool.submit(zoo.remove)  # while the tests look at what was found
        run_folder = folder / "kubewire-run"
        yield run_folder, read(run_folder, "snapshot.json"), read(run_folder, "report.json")
        removed.result()


def identity(entry):
    return "/".join(filter(None, (entry.get("namespace"), entry.get("name"))))


def title(odd):
    """A kind, as a snapshot and a report name it."""
    plain = odd.kind in ("GlobalNetworkPolicy", "PeerAuthentication")
    return odd.kind if plain or odd.group not in PROJECTS else f"{PROJECTS[odd.group]} {odd.kind}"


def resource(odd):
    """The plural name and the group of a kind, as kubectl takes it."""
    plural = re.sub(r"ss$", "sse", re.sub(r"cy$", "cie", odd.kind.lower())) + "s"
    return f"{plural}.{odd.group}" if odd.group else plural


def test_it_has_every_kind_that_a_snapshot_holds():
    here = {(resource(odd), odd.manifest["apiVersion"].rpartition("/")[2]) for odd in zoo_objects.objects()}
    groups = {odd.group for odd in zoo_objects.objects()}
    read = {(kind.full_name, kind.version) for kind in (*KINDS, *ADDONS) if kind.unless not in groups - {""}}
    assert sorted(read - here) == []
    assert len(zoo_objects.objects()) >= 80


def test_the_report_keeps_its_contract(run):
    folder, _snapshot, report = run
    jsonschema.validate({**report, "cells": report["cells"][::10]}, REPORT_SCHEMA)  # each takes a millisecond
    assert (folder / "report.html").stat().st_size > 0
    assert (folder / "summary.txt").read_text()


def test_nothing_that_can_be_read_is_lost(run):
    _folder, snapshot, _report = run
    lost = []
    for odd in zoo_objects.objects():
        if odd.kind == "EndpointSlice" or odd.marks & {"unreadable", "goes"}:
            continue
        field = FIELDS.get(title(odd), "foreign_policies")
        entries = [entry for entry in snapshot[field] if field not in MIXED or entry["kind"] == title(odd)]
        if odd.id not in map(identity, entries):
            lost.append(f"{title(odd)} {odd.id}")
    assert lost == []


def test_no_slice_is_lost(run):
    """They have no name in a snapshot."""
    _folder, snapshot, _report = run
    found = Counter(
        (part.get("service", ""), part["address_type"])
        for part in snapshot["endpoint_slices"]
        if part["namespace"] == "zoo"
    )
    put = Counter(
        (odd.manifest["metadata"].get("labels", {}).get("kubernetes.io/service-name", ""), odd.manifest["addressType"])
        for odd in zoo_objects.objects()
        if odd.kind == "EndpointSlice"
    )
    assert sorted((put - found).elements()) == []


def test_what_cannot_be_read_is_named_and_nothing_else_is(run):
    _folder, snapshot, report = run
    unreadable = {f"{resource(odd)} {odd.id}" for odd in zoo_objects.objects() if "unreadable" in odd.marks}
    assert {f"{item['what']} {identity(item)}" for item in snapshot["missing"]} == unreadable
    told = {item["what"]: item for item in report["not_tested"]}
    assert sorted(unreadable - told.keys()) == []
    assert all("cannot be read" in told[name]["reason"] and told[name]["remedy"] for name in unreadable)


def inside_the_shop(report):
    """Cells that have the lab's own application on both ends."""
    ours = re.compile(r"(?:[a-z]+/)?shop/")
    return [cell for cell in report["cells"] if ours.match(cell["source"]) and ours.match(cell["target"])]


def short(cells):
    return [f"{cell['source']} -> {cell['asked']}: {cell['verdict']}: {cell['reason']}" for cell in cells]


def test_the_application_beside_it_does_not_fail(run):
    _folder, _snapshot, report = run
    cells = inside_the_shop(report)
    assert sum(cell["outcome"] in ("open", "http_200") for cell in cells) > 1000
    assert short(cell for cell in cells if cell["verdict"] in ("fail", "unexpected_open")) == []


def everybodys():
    """The policies that may select whatever there is, as a snapshot names them."""
    return {(title(odd), odd.id) for odd in zoo_objects.objects() if "everybody" in odd.marks}


def test_policies_that_may_select_everybody_are_what_puts_the_application_in_doubt(run):
    _folder, _snapshot, report = run
    doubted = [cell for cell in inside_the_shop(report) if cell["expectation"] == "unknown"]
    assert len(doubted) > 1000
    names = [" ".join(policy) for policy in everybodys()]
    assert short(cell for cell in doubted if not any(name in cell["expectation_reason"] for name in names)) == []


def test_no_other_policy_of_the_zoo_selects_the_application(run):
    _folder, snapshot, _report = run
    every = {field: snapshot[field] for field in MIXED}
    kept = {
        field: [each for each in policies if (each["kind"], identity(each)) not in everybodys()]
        for field, policies in every.items()
    }
    assert sum(map(len, kept.values())) == sum(map(len, every.values())) - len(everybodys())
    facts = Facts(Snapshot.from_dict({**snapshot, **kept}))
    touched = {pod.id: facts.foreign_index.touching(pod, pod.node) for pod in facts.pods.values()}
    assert len(touched["zoo/full"]) > 5
    selected = {
        pod.id for pod in facts.pods.values() for way in ("Ingress", "Egress") if facts.cluster_index.applied(pod, way)
    }
    assert "zoo/full" in selected
    selected.update(name for name, policies in touched.items() if policies)
    assert selected <= {name for name in touched if "zoo" in name}
