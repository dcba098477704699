# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the selectors of Services select, as a search of all Pods would find it."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.selections import Selections

PODS = [
    Pod(namespace, f"{app}-{number}", labels={"app": app, "tier": tier})
    for number, (namespace, app, tier) in enumerate(itertools.product(("shop", "bank"), ("web", "db"), ("a", "b")))
]
PODS.append(Pod("shop", "done", phase="Succeeded", labels={"app": "web"}))
PODS.append(Pod("shop", "bare"))
SELECTORS = [{}, {"app": "web"}, {"app": "web", "tier": "a"}, {"tier": "b"}, {"app": "none"}, {"app": "web", "x": "y"}]
SERVICES = [
    Service(namespace, f"s-{number}", selector=selector)
    for namespace in ("shop", "bank", "empty")
    for number, selector in enumerate(SELECTORS)
]
FOUND = Selections(PODS, SERVICES)


def selects(service: Service, pod: Pod) -> bool:
    there = service.namespace == pod.namespace and bool(service.selector)
    return there and all(pod.labels.get(key) == value for key, value in service.selector.items())


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.id)
def test_the_pods_of_a_service(service: Service):
    assert FOUND.pods_of(service) == [pod for pod in PODS if selects(service, pod)]
    other = dataclasses.replace(service, name="that was not there before")
    assert FOUND.pods_of(other) == FOUND.pods_of(service)


@pytest.mark.parametrize("pod", PODS, ids=lambda each: each.id)
def test_the_services_of_a_pod(pod: Pod):
    assert FOUND.services_of(pod) == [service for service in SERVICES if selects(service, pod)]


@pytest.mark.parametrize("namespace", ["shop", "bank", "empty", "none"])
def test_what_is_in_a_namespace(namespace: str):
    assert list(FOUND.pods_in(namespace)) == [pod for pod in PODS if pod.namespace == namespace]
    assert list(FOUND.services_in(namespace)) == [one for one in SERVICES if one.namespace == namespace]
