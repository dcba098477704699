# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""POD-08: what keeps a container that runs from being ready is told by its probe or its gate."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods_ready, services
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    ContainerProbe,
)

from .. import scenes
from ..scenes import SERVICE, WEB


def found(seen: scenes.Snapshot, report: scenes.Report | None = None) -> Diagnosis:
    return diagnose(scenes.case(seen, report), (*pods_ready.RULES, *services.RULES))


def codes(seen: scenes.Snapshot, report: scenes.Report | None = None) -> list[str]:
    return [finding.code for finding in found(seen, report).findings]


PROBED = ContainerDetail(
    "web", state="running", probes=(ContainerProbe("readiness", "httpGet", "8080", "/nope"),), started=True
)


@pytest.mark.parametrize(
    ("message", "part", "value"),
    [
        ("HTTP probe failed with statuscode: 404", "path", "/nope"),
        ('Get "http://10.244.1.8:8080/nope": dial tcp 10.244.1.8:8080: connect: connection refused', "port", "8080"),
        ('Get "https://10.244.1.8:8080/nope": http: server gave HTTP response to HTTPS client', "scheme", "HTTP"),
        ('Get "https://10.244.1.8:8080/": tls: first record does not look like a TLS handshake', "scheme", "HTTP"),
        ('Get "http://10.244.1.8:8080/": malformed HTTP response "\\x15\\x03\\x01"', "scheme", "HTTP"),
        ('Get "http://10.244.1.8:8080/": malformed HTTP response "220 mail"', "port", "8080"),
    ],
)
def test_a_readiness_probe_that_fails_names_its_part_at_fault(message: str, part: str, value: str):
    events = [scenes.event(WEB[0], "Unhealthy", f"Readiness probe failed: {message}")]
    (finding,) = found(scenes.ill(PROBED, events), scenes.broken_service(author="node")).findings
    assert (finding.code, finding.value) == ("POD-08", value)
    assert finding.field == f"spec.template.spec.containers[0].readinessProbe.httpGet.{part}"
    assert [child.code for child in finding.children] == ["SVC-09"]


def test_a_readiness_gate_that_nothing_meets():
    there = tuple(dataclasses.replace(one, ready=False, unmet_readiness_gates=("lab/ready",)) for one in WEB)
    seen = scenes.snapshot(pods=there, workloads=scenes.workloads(*(scenes.detail(one) for one in there)))
    (finding,) = found(seen).findings
    assert (finding.code, finding.field) == ("POD-08", "spec.template.spec.readinessGates")


def test_a_container_that_is_ready_has_no_failing_probe():
    events = [scenes.event(WEB[0], "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")]
    assert codes(scenes.ill(dataclasses.replace(PROBED, ready=True), events)) == []


@pytest.mark.parametrize(
    ("others_ready", "published", "expected"), [(False, False, ["POD-08"]), (True, False, []), (False, True, [])]
)
def test_a_member_that_nobody_misses_may_stay_unready(others_ready: bool, published: bool, expected: list[str]):
    members = tuple(dataclasses.replace(one, owner="StatefulSet/web", ready=False) for one in WEB)
    members = (members[0], dataclasses.replace(members[1], ready=others_ready))
    events = [scenes.event(members[0], "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")]
    workloads = scenes.workloads(scenes.detail(members[0], PROBED), events=events, owners=())
    service = dataclasses.replace(SERVICE, publish_not_ready_addresses=published)
    assert codes(scenes.snapshot(pods=members, services=(service,), workloads=workloads)) == expected
