# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all vantage points share: an object for each container, Pod or node; a refusal stays in its namespace."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Place, Trouble
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.probe_pods import POD
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.vantage_point import (
    Declared,
    NoPlace,
    VantagePoint,
)

PLACES = [
    Place("container", "shop", "web-1", "app", "w1"),
    Place("container", "shop", "web-1", "side", "w1"),
    Place("container", "shop", "web-2", "app", "w2"),
    Place("container", "vault", "db-1", "app", "w1"),
]


class Point(VantagePoint):
    """Provides every container with itself, but for namespaces that refuse and Pods that have not started."""

    title, level, creates = "a point", "pod", POD
    refuses, troubled = "vault", "web-2"

    @classmethod
    def of_run(cls, needs: t.Any) -> Point:
        return cls(needs)

    def prepare(self, containers: t.Sequence[Place], seconds: float) -> None:
        def settle(namespace: str, own: t.Sequence[Place]) -> None:
            if namespace == self.refuses:
                raise ClusterError("forbidden", f"cannot create Pods in {namespace}", "grant it")
            for each in own:
                self._settle(each, Trouble("slow", False, "late", "wait") if each.pod == self.troubled else None, each)

        self._for_each_namespace(containers, settle)

    def preview(self, container: Place) -> None:
        """Nothing would be created."""


def point() -> Point:
    return Point(t.cast(t.Any, None))


def test_a_refusal_in_one_namespace_does_not_affect_the_others():
    made = point()
    made.prepare(PLACES, 5)
    assert [made.place_for(place) for place in PLACES] == [
        PLACES[0],
        PLACES[1],
        NoPlace("late", "wait"),
        NoPlace("cannot create Pods in vault", "grant it"),
    ]


def test_who_was_not_prepared_has_no_place():
    assert point().place_for(PLACES[0]) == NoPlace("the Pod is gone")


@pytest.mark.parametrize(("one_for", "shop"), [("container", 3), ("pod", 2), ("node", 2)])
def test_what_would_be_created_is_counted_for_each_container_pod_or_node(monkeypatch, one_for, shop):
    monkeypatch.setattr(Point, "one_for", one_for)
    found = point().objects(PLACES)
    assert {namespace: len(own) for namespace, own in found.items()} == {"shop": shop, "vault": 1}


def test_objects_are_in_the_namespace_of_who_asks_or_in_that_of_debug_pods(monkeypatch):
    assert Declared.namespaces(["shop", "ops"], "tools") == ("shop", "ops")
    monkeypatch.setattr(Point, "in_own_namespace", False)
    made = point()
    made.namespace = "tools"
    assert {namespace: len(own) for namespace, own in made.objects(PLACES).items()} == {"tools": 4}


def test_pods_of_one_name_in_two_namespaces_have_an_object_each_elsewhere(monkeypatch):
    monkeypatch.setattr(Point, "one_for", "pod")
    monkeypatch.setattr(Point, "in_own_namespace", False)
    alike = [Place("container", namespace, "web-1", "app", "w1") for namespace in ("shop", "ops")]
    assert point().objects(alike) == {"": alike}
