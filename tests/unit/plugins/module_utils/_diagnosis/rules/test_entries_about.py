# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checks are for a way in, and which Services it names where."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.about import About
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import entries_about
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import IngressPath, RouteBackend

from .. import scenes
from ..entry_scenes import HTTP_ROUTE, INGRESS, PATH, ROUTE, RULE, entry

WEB = ObjectRef("Ingress", "web", "shop")
BETA = ObjectRef("HTTPRoute", "web", "shop")


def about(what: str, decided_by: str = "", **more: str) -> About:
    report = scenes.Report()
    report.ask(entry(what=what), "http_404", decided_by=decided_by, **more)
    (found,) = scenes.case(report=report).cells
    return found


@pytest.mark.parametrize(
    ("path", "what", "matches"),
    [
        (None, "shop.lab/x", True),
        (PATH, "shop.lab/", True),
        (PATH, "shop.lab/x", False),
        (PATH, "other.lab/", False),
        (IngressPath("", "/"), "*/", True),
        (IngressPath("", "/x/y"), "any.lab/x/y", True),
    ],
)
def test_what_asks_a_host_and_path(path: IngressPath | None, what: str, matches: bool):
    assert entries_about.to_entry(WEB, path)(about(what)) is matches


def test_another_way_in_of_the_name_and_another_object_are_not_it():
    assert not entries_about.to_entry(BETA)(about("shop.lab/"))
    assert entries_about.to_entry(BETA)(about("shop.lab/", "HTTPRoute shop/web"))
    assert not entries_about.to_entry(ObjectRef("Ingress", "api", "shop"))(about("shop.lab/"))


def test_a_connection_is_for_every_path():
    ref = ObjectRef("TCPRoute", "web", "shop")
    assert entries_about.to_entry(ref, IngressPath("", "/x"))(about("*/", "TCPRoute shop/web"))


def test_what_asks_a_host_by_a_protocol():
    asks = entries_about.to_host(WEB, ("shop.lab",), "tls")
    assert asks(about("shop.lab/", protocol="tls"))
    assert not asks(about("shop.lab/", protocol="http"))
    assert not asks(about("other.lab/", protocol="tls"))


def test_every_place_that_names_a_service():
    default = IngressPath("", "/", "web", "http", field="spec.defaultBackend")
    rest = RouteBackend("api", "81", "back", "spec.rules[0].backendRefs[1]")
    seen = scenes.snapshot(
        ingresses=(dataclasses.replace(INGRESS, paths=(PATH, default)),),
        http_routes=(dataclasses.replace(HTTP_ROUTE, paths=(dataclasses.replace(RULE, others=(rest,)),) * 2),),
        routes=(ROUTE,),
    )
    found = entries_about.named_backends(scenes.case(seen))
    assert [(str(one.ref), one.id, one.name_field, one.port_field, len(one.paths)) for one in found] == [
        (
            "Ingress shop/web",
            "shop/web",
            "spec.rules[0].http.paths[0].backend.service.name",
            "spec.rules[0].http.paths[0].backend.service.port.number",
            1,
        ),
        (
            "Ingress shop/web",
            "shop/web",
            "spec.defaultBackend.service.name",
            "spec.defaultBackend.service.port.name",
            1,
        ),
        (
            "HTTPRoute shop/beta",
            "shop/web",
            "spec.rules[0].backendRefs[0].name",
            "spec.rules[0].backendRefs[0].port",
            2,
        ),
        (
            "HTTPRoute shop/beta",
            "back/api",
            "spec.rules[0].backendRefs[1].name",
            "spec.rules[0].backendRefs[1].port",
            2,
        ),
        ("Route shop/legacy", "shop/web", "spec.to.name", "spec.port.targetPort", 1),
    ]
