# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is behind a way in, and why nothing is."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entry_backends import (
    backends_of,
    families,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import IngressPath, RouteBackend
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

PORTS = [{"name": "http", "port": 80, "targetPort": "web"}]
SERVICES = [
    cluster.service("web", "10.96.0.5", ports=PORTS),
    cluster.service("asleep", "10.96.0.6", ports=PORTS),
    cluster.service("none", "10.96.0.7", ports=PORTS),
    cluster.service("fading", "10.96.0.8", ports=PORTS),
    cluster.service("away", ports=[], type="ExternalName", externalName="far.example.com"),
]
HTTP = {"name": "http", "port": 8080}
FADING = cluster.endpoint_slice("fading", "IPv6", HTTP, ("fd00::1", "w1", "web-1", False))
FADING["endpoints"][0]["conditions"] |= {"serving": True, "terminating": True}
SLICES = [
    cluster.endpoint_slice("web", "IPv4", HTTP, ("10.0.1.1", "w1", "web-1", True), ("10.0.1.9", "w1", "x", False)),
    cluster.endpoint_slice("asleep", "IPv4", HTTP, ("10.0.1.1", "w1", "web-1", False)),
    FADING,
]
SNAPSHOT = cluster.snapshot(services=SERVICES, endpoint_slices=SLICES)


def entry(service: str, port: str = "http", kind: str = "Ingress", **path) -> EntryPoint:
    return EntryPoint(kind, "shop", "in", "a.lab", 80, False, IngressPath("a.lab", "/", service, port, **path))


@pytest.mark.parametrize(
    ("asked", "defect"),
    [
        (entry("web"), ""),
        (entry("web", "80"), ""),
        (entry("web", ""), ""),
        (entry("web", "web", kind="Route"), ""),
        (entry("fading"), ""),
        (entry("web", "web"), "Service shop/web has no port web; it has 80 (http)"),
        (entry("web", "8080"), "Service shop/web has no port 8080; it has 80 (http)"),
        (entry("gone"), "Service shop/gone does not exist"),
        (entry("web", namespace="back"), "Service back/web does not exist"),
        (entry("asleep"), "Service shop/asleep port 80 has no ready endpoint: its only endpoint is not ready"),
        (entry("none"), "Service shop/none port 80 has no ready endpoint"),
        (entry(""), "Ingress shop/in names no Service for /"),
    ],
)
def test_why_no_application_can_answer(asked, defect):
    found = backends_of(Facts(SNAPSHOT), asked)[0]
    assert (found.defect, found.doubt) == (defect, "")
    assert bool(found.backends) is not bool(defect)


@pytest.mark.parametrize(
    ("asked", "fields", "doubt"),
    [
        (
            entry("gone"),
            {"missing": (Missing("services", "no right"),)},
            "whether Service shop/gone exists is not known: no",
        ),
        (
            entry("web", namespace="back"),
            {"selected": ("shop",)},
            "whether Service back/web exists is not known: namespace",
        ),
        (
            entry("none"),
            {"missing": (Missing("endpointslices", "no right"),)},
            "which endpoints Service shop/none port 80",
        ),
        (entry("away"), {}, "Service shop/away is an alias of far.example.com"),
        (entry("", backend_kind="ServiceImport"), {}, "its backend is a ServiceImport, not a Service"),
    ],
)
def test_what_is_not_known_is_no_defect(asked, fields, doubt):
    found = backends_of(Facts(dataclasses.replace(SNAPSHOT, **fields)), asked)[0]
    assert found.doubt.startswith(doubt)
    assert not found.defect


def test_a_redirect_needs_no_application():
    found = backends_of(Facts(SNAPSHOT), entry("", redirect=True))[0]
    assert (found.redirects, found.defect, found.doubt) == (True, "", "")


def test_each_of_several_backends():
    found = backends_of(Facts(SNAPSHOT), entry("web", others=(RouteBackend("gone", "80"),)))
    assert [each.defect for each in found] == ["", "Service shop/gone does not exist"]


def test_the_families_of_an_entry():
    item = cluster.service("edge", "10.96.0.9", ports=[{"port": 80}], type="LoadBalancer", ipFamilies=["IPv4"])
    item["status"] = {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}
    facts = Facts(cluster.snapshot(services=[item]))
    asked = entry("web")
    assert families(facts, dataclasses.replace(asked, addresses=("198.18.0.9", "fd00::9"))) == ("IPv4", "IPv6")
    assert families(facts, dataclasses.replace(asked, addresses=("lb.example.com",))) == ("IPv4",)
    assert families(facts, dataclasses.replace(asked, addresses=("other.example.com",))) == ()
