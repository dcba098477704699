# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What workloads name in their environment and arguments."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules.named_addresses import named_addresses
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import HostAlias, Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail

from .. import scenes
from ..scenes import CLIENT


def container(*addresses: str, kind: str = "app") -> ContainerDetail:
    fields = tuple(f"spec.containers[0].env[{place}]" for place in range(len(addresses)))
    return ContainerDetail("client", kind=kind, addresses=addresses, address_fields=fields)


def named(pod: Pod, *addresses: str, kind: str = "app") -> list[str]:
    workloads = scenes.workloads(scenes.detail(pod, container(*addresses, kind=kind)))
    seen = dataclasses.replace(scenes.snapshot(workloads=workloads), pods=(pod,))
    return [str(one) for one in named_addresses(scenes.case(seen))]


def test_an_address_with_the_workload_that_names_it():
    workloads = scenes.workloads(scenes.detail(CLIENT, container("web:80", "web.shop.svc:80")))
    first, second = named_addresses(scenes.case(scenes.snapshot(workloads=workloads)))
    assert (str(first.owner), first.field) == (
        "Deployment shop/client",
        "spec.template.spec.containers[0].env[0].value",
    )
    assert (first.services, second.services) == (("shop/web",), ("shop/web", "svc/shop"))
    assert first.pods == (CLIENT,)


def test_pods_of_one_workload_name_an_address_once():
    other = dataclasses.replace(CLIENT, name="client-55cd8fb856-zzzzz")
    details = [scenes.detail(one, container("web:80")) for one in (CLIENT, other)]
    seen = scenes.snapshot(workloads=scenes.workloads(*details))
    seen = dataclasses.replace(seen, pods=(*seen.pods, other))
    (one,) = named_addresses(scenes.case(seen))
    assert one.pods == (CLIENT, other)


@pytest.mark.parametrize("address", ["10.96.0.1:443", "[fd00::1]:443"])
def test_an_address_of_ip_means_no_service_by_name(address: str):
    workloads = scenes.workloads(scenes.detail(CLIENT, container(address)))
    (one,) = named_addresses(scenes.case(scenes.snapshot(workloads=workloads)))
    assert (one.services, str(one)) == ((), address)


def test_what_host_aliases_answer_is_no_question():
    pod = dataclasses.replace(CLIENT, host_aliases=(HostAlias("198.18.1.80", ("Web",)),))
    assert named(pod, "web:80", "api:80") == ["api:80"]


def test_what_has_ended_well_or_was_added_to_debug_names_nothing():
    assert named(dataclasses.replace(CLIENT, phase="Succeeded"), "web:80") == []
    assert named(CLIENT, "web:80", kind="ephemeral") == []
