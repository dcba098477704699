# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart of decisions: each is taken both ways, and each end is reached."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case, ref_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.flowchart import way
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.ranking import Suspect
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import Candidate, Rule
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail

from .. import chart_scenes, scenes
from ..chart_scenes import with_path
from ..scenes import SERVICE, WEB

Make = t.Callable[[], Case]


def suspect(code: str) -> Suspect:
    """A candidate about the Service and its Pods."""
    candidate = Candidate(ref_of(SERVICE), f"{code} is so", victims=tuple(map(ref_of, WEB)))
    return Suspect(Rule(code, "A fault", (), lambda _case: ()), candidate)


def healthy(*reports: tuple[t.Any, str], **pod: t.Any) -> Make:
    """The shop, with its Pods changed, and with checks of it."""

    def make() -> Case:
        report = scenes.Report()
        for target, outcome in reports:
            report.ask(target, outcome)
        return scenes.case(scenes.snapshot(pods=tuple(dataclasses.replace(one, **pod) for one in WEB)), report)

    return make


def container(**more: t.Any) -> Make:
    """The shop, with a container of its Pods changed."""

    def make() -> Case:
        idle = tuple(dataclasses.replace(each, running=False) for each in WEB[0].containers)
        there = tuple(dataclasses.replace(one, ready=False, containers=idle) for one in WEB)
        own = ContainerDetail("web", **{"state": "waiting", **more})
        return scenes.case(scenes.snapshot(pods=there, workloads=scenes.workloads(scenes.detail(there[0], own))))

    return make


def service(**more: t.Any) -> Make:
    return lambda: scenes.case(scenes.snapshot(service=dataclasses.replace(SERVICE, **more)))


def ingress(*made: t.Any, outcome: str = "", outside: bool = False) -> Make:
    def make() -> Case:
        seen = chart_scenes.snapshot(*made)
        report = chart_scenes.asked(outcome) if outcome else scenes.Report()
        if outside:
            report.sources[next(iter(report.sources))]["kind"] = "outside"
        return scenes.case(seen, report)

    return make


def no_pods() -> Case:
    seen = scenes.snapshot()
    return scenes.case(dataclasses.replace(seen, pods=(), endpoint_slices=()))


def no_workload_needs_them() -> Case:
    """Without Pods, and with nothing that would make any."""
    return dataclasses.replace(no_pods(), snapshot=dataclasses.replace(no_pods().snapshot, workloads=None))


def without_endpoints(**pod: t.Any) -> Case:
    case = healthy(**pod)()
    slices = tuple(dataclasses.replace(each, endpoints=()) for each in case.snapshot.endpoint_slices)
    return scenes.case(dataclasses.replace(case.snapshot, endpoint_slices=slices))


CRASH = {"reason": "CrashLoopBackOff", "restarts": 4, "last_exit_code": 1}
PENDING = {"phase": "Pending", "ready": False}
PULL = {"reason": "ImagePullBackOff"}
IDLE = {"reason": "CreateContainerConfigError"}
UNREADY = {"ready": False}
REFUSED = ((SERVICE, 80), "refused")
#: What is so, the candidates, and where the way ends.
WAYS: tuple[tuple[Make, str, str], ...] = (
    (no_pods, "POD-22", "L2b"),
    (no_pods, "POD-17", "L2"),
    (healthy(), "POD-22", "L2b"),
    (healthy(**PENDING), "POD-11", "L1"),
    (healthy(**PENDING), "POD-15", "L3"),
    (healthy(**PENDING, node=""), "POD-12", "L5"),
    (healthy(**PENDING), "NODE-01", "L4"),
    (container(kind="init", exit_code=1, state="terminated"), "POD-10", "L6b"),
    (container(**PULL), "POD-01", "L8"),
    (container(**PULL), "POD-02", "L9"),
    (container(**PULL), "POD-03", "L10"),
    (container(**CRASH), "POD-04", "L11"),
    (container(**CRASH), "POD-05", "L12"),
    (container(**CRASH), "POD-07", "L13"),
    (container(**CRASH), "POD-06", "L14"),
    (container(**IDLE), "POD-09", "L15"),
    (healthy(**UNREADY), "POD-08", "L17"),
    (healthy(**UNREADY, unmet_readiness_gates=("x/y",)), "POD-08", "L18"),
    (healthy(((WEB[0], 8080), "refused")), "SVC-07", "L19"),
    (healthy(((WEB[0], 8080), "timeout")), "POL-01", "L20"),
    (service(selector={"app": "webb"}), "SVC-02", "L21"),
    (no_workload_needs_them, "SVC-02", "L21"),
    (healthy(ips=()), "NODE-03", "END"),  # its endpoint is as it was
    (lambda: without_endpoints(ips=()), "NODE-03", "L23"),
    (without_endpoints, "SVC-09", "L22"),
    (without_endpoints, "SVC-05", "L24"),
    (healthy(REFUSED), "SVC-04", "L24"),
    (healthy(REFUSED), "SVC-03", "L21"),
    (healthy(((SERVICE, 80), "timeout")), "POL-02", "L20"),
    (healthy(((SERVICE, 80), "timeout")), "SVC-13", "L25"),
    (healthy(((SERVICE, 80), "dns_nxdomain")), "DNS-01", "L26b"),
    (healthy(), "POD-25", "L26c"),
    (healthy(), "SVC-12", "L25"),
    (healthy(), "POD-21", "L2b"),
    (ingress(), "ING-03", "L27b"),
    (ingress(with_path(service="wed")), "ING-04", "L26"),
    (ingress(outcome="http_502"), "ING-12", "L27"),
    (ingress(outcome="timeout", outside=True), "SVC-14", "L28"),
    (healthy(((SERVICE, 80), "open")), "", "END"),
)


def walked(make: Make, code: str) -> way.Way:
    return way.walk(make(), [suspect(code)] if code else [], None)


@pytest.mark.parametrize(("make", "code", "leaf"), WAYS, ids=[f"{leaf}-{code}" for _make, code, leaf in WAYS])
def test_a_way_ends_where_the_cause_is(make: Make, code: str, leaf: str):
    found = walked(make, code)
    assert found.leaf == leaf, [f"{step.id} {step.answer} {step.says}" for step in found.steps]
    if leaf != "END" and code:
        assert found.codes == (code,)


def test_each_decision_is_taken_both_ways_and_each_end_is_reached():
    ways = [walked(make, code) for make, code, _leaf in WAYS]
    taken = {(step.id, step.answer) for one in ways for step in one.steps}
    assert taken >= {(name, answer) for name in way.DECISIONS for answer in ("yes", "no")}
    assert {one.leaf for one in ways} == {*way.LEAVES, way.END}


def test_the_chart_has_no_loose_ends():
    ends = {*way.DECISIONS, *way.LEAVES, way.END}
    led_to = {place for each in way.DECISIONS.values() for place in (each.yes, each.no)}
    assert led_to <= ends
    assert led_to == ends - {"P0"}
    assert all(leaf.codes for leaf in way.LEAVES.values())


def test_a_way_is_about_the_objects_of_the_finding():
    """A Pod of another application that is Pending is on no way to a Service with a wrong selector."""
    seen = scenes.snapshot(service=dataclasses.replace(SERVICE, selector={"app": "webb"}))
    other = scenes.pod("other-1", 30, app="other", **PENDING)
    case = scenes.case(dataclasses.replace(seen, pods=(*seen.pods, other)), scenes.broken_service())
    diagnosis = diagnose(case, RULES)
    assert (diagnosis.findings[0].code, diagnosis.way.leaf) == ("SVC-02", "L21")
    assert diagnosis.way.codes == ("SVC-02",)


def test_what_is_not_known_is_said_and_passed():
    case = Case(dataclasses.replace(scenes.snapshot(), workloads=None))
    (first, *_others) = way.walk(case, [], None).steps
    assert (first.id, first.answer) == ("P0", "unknown")
    assert "depth: traffic" in first.says


def test_a_healthy_cluster_has_no_way():
    report = scenes.Report()
    report.ask((SERVICE, 80))
    assert not diagnose(scenes.case(report=report), RULES).way.steps
