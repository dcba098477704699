# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's probes replayed: what is asked, and what the answers say."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups import replays
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups.records import FollowUpAnswer
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules.unwell import (
    UnwellContainer,
    containers,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Container, ContainerPort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
    ContainerProbe,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Owner

from .. import scenes
from ..scenes import WEB

PROBE = ContainerProbe("readiness", "httpGet", port="http", path="/ready", scheme="HTTP")
EARLIER = Owner("ReplicaSet", "shop", "web-1", "Deployment/web", revision="0", template_images={"web": "old"})


def case_of(probe: ContainerProbe = PROBE, *others: ContainerProbe, **more: t.Any) -> Case:
    own = ContainerDetail("web", state="running", probes=(probe, *others))
    owners = (scenes.DEPLOYMENT, scenes.REPLICA_SET, *more.pop("owners", ()))
    return scenes.case(scenes.snapshot(workloads=scenes.workloads(scenes.detail(WEB[0], own), owners=owners)))


def one_of(case: Case) -> UnwellContainer:
    return next(containers(case, lambda _pod, _detail, _one: True))


def questions(case: Case) -> list[replays.FollowUp]:
    one = one_of(case)
    return list(replays.questions(case, case.snapshot.pods[0], one.container, one.container.probes[0]))


def replayed(
    case: Case, answers: t.Callable[[replays.FollowUp], str], latency_ms: float = 1.0
) -> tuple[Case, replays.Replay]:
    told = [
        FollowUpAnswer(each, "node/w1", each.host, answers(each), latency_ms=latency_ms).to_dict()
        for each in questions(case)
    ]
    seen = dataclasses.replace(case, report={"follow_ups": told})
    one = one_of(seen)
    return seen, replays.of(seen, one, one.container.probes[0])


def test_a_named_port_and_a_path_without_a_slash_are_asked_as_the_kubelet_does():
    first, *others = questions(case_of(dataclasses.replace(PROBE, path="ready", timeout=3)))
    assert (first.protocol, first.host, first.port, first.path) == ("http", "10.244.1.8", 8080, "/ready")
    assert (first.timeout_ms, first.field) == (4000, "spec.containers[0].readinessProbe")
    assert [each.field.rpartition(".")[2] for each in others] == ["scheme", "path"]


@pytest.mark.parametrize(
    ("probe", "protocol", "path", "transport"),
    [
        (ContainerProbe("liveness", "tcpSocket", port="9999"), "tcp", "", ""),
        (ContainerProbe("liveness", "grpc", port="9999"), "http", "/grpc.health.v1.Health/Check", "h2"),
    ],
)
def test_probes_of_other_kinds_are_connections_and_calls(
    probe: ContainerProbe, protocol: str, path: str, transport: str
):
    first, other = questions(case_of(probe))
    assert (first.protocol, first.port, first.path, first.transport) == (protocol, 9999, path, transport)
    assert (other.port, other.field) == (8080, f"spec.containers[0].livenessProbe.{probe.action}.port")


def test_a_command_cannot_be_replayed_nor_a_port_without_number():
    assert not questions(case_of(ContainerProbe("readiness", "exec")))
    assert not questions(case_of(dataclasses.replace(PROBE, port="metrics")))


def test_the_path_of_another_probe_is_tried_before_the_first_page():
    others = questions(case_of(PROBE, ContainerProbe("liveness", "httpGet", port="http", path="/healthz")))
    assert [each.value for each in others if each.field.endswith(".path")] == ["/healthz", "/"]


def test_what_is_answered_with_one_part_changed_names_that_part():
    _case, found = replayed(case_of(), lambda each: "http_200" if each.protocol == "https" else "reset")
    assert (found.part, found.wanted, found.succeeds) == ("scheme", "HTTPS", False)
    assert replays.part_at_fault(PROBE, found) == ("scheme", "HTTP")
    assert len(found.evidence) == 2


BESIDE = Container("proxy", scenes.IMAGE, ports=(ContainerPort(9000),), running=True)


def test_the_port_of_another_container_is_wanted_only_where_nothing_else_is_answered():
    both = dataclasses.replace(WEB[0], containers=(*WEB[0].containers, BESIDE))
    seen = dataclasses.replace(case_of(), snapshot=dataclasses.replace(case_of().snapshot, pods=(both, WEB[1])))
    _case, found = replayed(seen, lambda each: "http_200" if each.port == 9000 or each.path == "/" else "http_404")
    assert (found.part, found.wanted) == ("path", "/")
    _case, found = replayed(seen, lambda each: "http_200" if each.port == 9000 else "http_404")
    assert (found.part, found.wanted) == ("port", "9000")


def test_a_port_that_answers_http_with_something_else_is_no_success():
    _case, found = replayed(case_of(), lambda each: "open" if each.protocol == "https" else "http_404")
    assert (found.part, found.succeeds) == ("", False)
    _case, found = replayed(case_of(ContainerProbe("readiness", "tcpSocket", port="http")), lambda _each: "open")
    assert found.succeeds


def test_a_probe_that_is_answered_shows_that_it_succeeds_or_that_it_comes_too_late():
    _case, found = replayed(case_of(), lambda _each: "http_200")
    assert (found.part, found.succeeds) == ("", True)
    _case, late = replayed(case_of(), lambda _each: "http_200", latency_ms=1400)
    assert (late.part, late.wanted, late.succeeds) == ("timeoutSeconds", "4", False)


def test_without_an_answer_nothing_is_known():
    assert replays.of(case_of(), one_of(case_of()), PROBE) == replays.Replay()
    _case, found = replayed(case_of(), lambda _each: "probe_error")
    assert found == replays.Replay()
    assert replays.part_at_fault(PROBE, found) is None


def fix_of(case: Case, found: replays.Replay, part: str = "") -> str:
    """The command of the fix; empty where there is none."""
    fix = replays.fix(case, one_of(case), PROBE, found, part)
    assert fix is None or (fix.risk, bool(fix.undo)) == ("medium", True)
    return fix.command if fix else ""


def test_the_fix_writes_what_was_answered_and_can_be_taken_back():
    case, found = replayed(case_of(), lambda each: "http_200" if each.protocol == "https" else "reset")
    field = "/spec/template/spec/containers/0/readinessProbe/httpGet/scheme"
    assert f'"path": "{field}", "value": "HTTPS"' in fix_of(case, found)
    assert fix_of(case, found, ".httpGet.scheme")
    assert not fix_of(case, found, ".failureThreshold")


def test_another_page_is_the_fix_only_where_no_earlier_revision_tells_which_was_meant():
    def answers(each: replays.FollowUp) -> str:
        return "http_200" if each.path == "/" else "http_404"

    case, found = replayed(case_of(), answers)
    assert '"value": "/"' in fix_of(case, found)
    case, found = replayed(case_of(owners=(EARLIER,)), answers)
    assert not fix_of(case, found)
    assert not fix_of(case_of(), replays.Replay())
