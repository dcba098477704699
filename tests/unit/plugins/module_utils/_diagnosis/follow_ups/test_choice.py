# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked further: what tells the candidates that are left apart, within bounds."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import diagnose, suspects_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups import choice as follow_ups
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups.records import (
    FollowUp,
    FollowUpAnswer,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods_ready, services
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    ContainerProbe,
)

from .. import scenes
from ..scenes import CLIENT, SERVICE, WEB


def chosen(case: Case) -> list[FollowUp]:
    return follow_ups.choose(case, suspects_of(case, RULES))


def kinds(case: Case) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in chosen(case):
        found[one.kind] = found.get(one.kind, 0) + 1
    return found


def answered(case: Case, *answers: FollowUpAnswer) -> Case:
    told = [*case.report.get("follow_ups", ()), *(each.to_dict() for each in answers)]
    return dataclasses.replace(case, report={**case.report, "follow_ups": told})


def slip() -> Case:
    """The targetPort of the Service is 9999, and nobody has looked into its Pods."""
    wrong = dataclasses.replace(SERVICE, ports=(dataclasses.replace(SERVICE.ports[0], target_port="9999"),))
    seen = scenes.snapshot(service=wrong)
    slices = tuple(dataclasses.replace(each, ports=(scenes.ServicePort(9999),)) for each in seen.endpoint_slices)
    return scenes.case(dataclasses.replace(seen, endpoint_slices=slices), scenes.broken_service())


def test_nothing_is_asked_where_all_is_well():
    report = scenes.Report()
    report.ask((SERVICE, 80))
    assert chosen(scenes.case(report=report)) == []


def test_each_endpoint_and_the_sockets_of_its_pods_are_asked_where_a_service_refuses():
    case = slip()
    assert kinds(case) == {"endpoint": 2, "listeners": 2}
    endpoint, socket = chosen(case)[:2]
    assert (endpoint.host, endpoint.port, endpoint.askers[0]) == ("10.244.1.8", 9999, f"shop/{CLIENT.name}/client")
    assert (socket.host, socket.askers) == ("127.0.0.1", (WEB[0].id,))
    assert "SVC-04" in socket.codes


def test_what_came_back_is_not_asked_again_and_decides():
    case = slip()
    told = []
    for one in chosen(case):
        outcome = "refused"
        listens = ("0.0.0.0#8080",) if one.kind == "listeners" else ()
        told.append(FollowUpAnswer(one, one.askers[0], f"{one.host}:{one.port}", outcome, listens=listens))
    before = diagnose(case, services.RULES).findings[0]
    case = answered(case, *told)
    assert chosen(case) == []
    finding = diagnose(case, services.RULES).findings[0]
    assert (finding.code, finding.wanted, before.certainty, finding.certainty) == (
        "SVC-04",
        "8080",
        "strong",
        "certain",
    )
    assert [each for each in finding.evidence if each.kind == "probe" and "endpoint alone" in each.about]


def test_where_some_checks_of_a_port_are_answered_it_is_asked_twenty_times():
    case = slip()
    report = scenes.broken_service()
    report.ask((SERVICE, 80), source=WEB[0])
    case = scenes.case(case.snapshot, report)
    (repeated,) = [one for one in chosen(case) if one.kind == "repeated"]
    assert (repeated.host, repeated.port, repeated.tries) == ("10.96.119.196", 80, 20)


def test_who_gets_no_answer_has_a_neighbour_asked():
    report = scenes.Report()
    report.ask((WEB[1], 8080), "timeout", evidence={"address": "10.244.1.9"})
    (neighbour,) = [one for one in chosen(scenes.case(report=report)) if one.kind == "neighbour"]
    assert (neighbour.host, neighbour.port, neighbour.askers) == ("10.244.1.9", 8080, (WEB[0].id,))
    report.ask((WEB[1], 8080), "timeout", source=WEB[0])
    report.sources[f"shop/{WEB[0].name}/web"]["node"] = "w1"
    assert "neighbour" not in kinds(scenes.case(report=report))


def unready(**more: t.Any) -> Case:
    """A Pod whose readiness probe is refused."""
    probe = ContainerProbe("readiness", "httpGet", **{"port": "9999", "path": "/healthz", "scheme": "HTTP", **more})
    own = ContainerDetail("web", state="running", probes=(probe,))
    there = (dataclasses.replace(WEB[0], ready=False), WEB[1])
    said = scenes.event(WEB[0], "Unhealthy", "Readiness probe failed: Get http://10.244.1.8:9999: connection refused")
    details = scenes.workloads(scenes.detail(there[0], own), events=[said])
    return scenes.case(scenes.snapshot(pods=there, workloads=details))


def test_a_probe_that_fails_is_replayed_as_it_is_and_with_one_part_changed():
    asked = [one for one in chosen(unready()) if "probe" in one.kind]
    assert [(one.kind, one.protocol, one.port, one.path, one.value) for one in asked] == [
        ("kubelet_probe", "http", 9999, "/healthz", ""),
        ("changed_probe", "http", 8080, "/healthz", "8080"),
        ("changed_probe", "https", 9999, "/healthz", "HTTPS"),
        ("changed_probe", "http", 9999, "/", "/"),
    ]
    assert {one.askers for one in asked} == {("node/w1", WEB[0].id)}
    assert kinds(unready())["listeners"] == 1


def test_the_value_that_a_replay_was_answered_with_is_the_fix():
    case = unready()
    told = [
        FollowUpAnswer(
            one, "node/w1", f"{one.host}:{one.port}{one.path}", "http_200" if one.port == 8080 else "refused"
        )
        for one in chosen(case)
    ]
    (finding,) = diagnose(answered(case, *told), pods_ready.RULES).findings
    assert (finding.code, finding.wanted) == ("POD-08", "8080")
    assert finding.field == "spec.template.spec.containers[0].readinessProbe.httpGet.port"
    assert finding.fix is not None
    assert '"/spec/template/spec/containers/0/readinessProbe/httpGet/port", "value": 8080' in finding.fix.command


def test_a_probe_that_is_answered_when_it_is_replayed_is_no_certain_cause():
    case = unready()
    told = [FollowUpAnswer(one, "node/w1", one.host, "http_200", latency_ms=2.0) for one in chosen(case)]
    before = diagnose(case, pods_ready.RULES).findings[0]
    (finding,) = diagnose(answered(case, *told), pods_ready.RULES).findings
    assert (before.certainty, finding.certainty, finding.wanted) == ("certain", "strong", "")


def test_what_is_asked_is_bounded_whatever_fails():
    report = scenes.Report()
    there = tuple(scenes.pod(f"web-b975c9b8d-{number:05}", number) for number in range(10, 110))
    for one in there:
        report.ask((one, 8080), "refused")
    assert len(chosen(scenes.case(scenes.snapshot(pods=there), report))) == follow_ups.MOST
