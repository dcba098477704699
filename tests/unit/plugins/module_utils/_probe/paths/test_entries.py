# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths to a host and path of an Ingress, by way of the controller that serves it."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Ingress, IngressPath
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

from ..path_of import paths_of

INGRESS = Ingress("shop", "web", "nginx", addresses=("198.18.0.200",), paths=(IngressPath("a.lab", "/", "web", "80"),))


EXACT = dataclasses.replace(INGRESS, paths=(IngressPath("a.lab", "/x", "web", "80", path_type="Exact"),))


def of_ingress(balanced: bool, source: str = "shop/web-1", ingress: Ingress = INGRESS):
    services = [
        cluster.service("db", "10.96.0.6", ports=[{"port": 5432}]),
        cluster.service("web", "10.96.0.5", ports=[{"port": 80, "targetPort": "http"}], type="LoadBalancer"),
    ]
    if balanced:
        services[1]["status"] = {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}}
    snapshot = dataclasses.replace(cluster.snapshot(services=services), ingresses=(ingress,))
    model = "pod_to_ingress" if source.startswith("shop") else "outside_to_ingress"
    return list(paths_of(model, "http", source=source, snapshot=snapshot).values())


def test_the_service_that_has_the_address_of_an_ingress_is_its_controller():
    for path in of_ingress(balanced=True):
        assert path.decided_by == "Ingress shop/web"
        assert path.reason == "Ingress shop/web serves a.lab/ from Service shop/web"
        assert {(end.peer.pod.id, end.port) for end in path.ends} == {("shop/web-1", 8080), ("shop/web-2", 8080)}
        assert not path.rewritten
    assert of_ingress(balanced=True)
    assert all(path.rewritten for path in of_ingress(balanced=True, source="outside/"))


def test_an_exact_path_is_asked_at_the_same_controller_with_the_other_slash():
    """Policies decide both alike, and nobody relies on the other one."""
    found = of_ingress(balanced=True, ingress=EXACT)
    assert {path.relied_on for path in found} == {"Ingress shop/web", ""}
    for path in found:
        assert {(end.peer.pod.id, end.port) for end in path.ends} == {("shop/web-1", 8080), ("shop/web-2", 8080)}


def test_a_controller_that_is_not_known_may_be_anybody():
    found = of_ingress(balanced=False)
    assert found
    for path in found:
        assert [(end.peer.addresses, end.port) for end in path.ends] == [((), 80)]
        assert path.rewritten


def test_the_address_itself_is_never_judged():
    snapshot = dataclasses.replace(cluster.snapshot(), ingresses=(INGRESS,))
    found = list(paths_of("pod_to_ingress", "icmp", snapshot=snapshot).values())
    assert found
    assert all(path.unjudged.startswith("whether 198.18.0.200 answers ICMP is its own matter") for path in found)


def test_what_is_behind_it_is_known_with_its_defects():
    gone = dataclasses.replace(INGRESS, paths=(IngressPath("a.lab", "/", "gone", "80"),))
    for item, defect in ((INGRESS, ""), (gone, "Service shop/gone does not exist")):
        snapshot = dataclasses.replace(cluster.snapshot(), ingresses=(item,))
        for path in paths_of("pod_to_ingress", "http", snapshot=snapshot).values():
            assert (path.defect, path.defect_whose, path.relied_on) == (defect, "network", "Ingress shop/web")
            assert path.certain
            assert bool(path.behind) is not bool(defect)
