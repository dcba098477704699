# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of one Pod: a port that two want, and one that runs on beside work that is done."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import pods, pods_beside
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Container, ContainerPort, Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, PodDetail
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail

from .. import scenes
from ..scenes import WEB

TWO = (
    Container("web", "web:1", ports=(ContainerPort(8080, "http"),), running=True),
    Container("metrics", "web:1", ports=(ContainerPort(9000), ContainerPort(8080))),
)
RUNS = ContainerDetail("web", field="spec.containers[0]", state="running", ready=True)
ENDS = ContainerDetail(
    "metrics",
    field="spec.containers[1]",
    state="waiting",
    reason="CrashLoopBackOff",
    restarts=3,
    last_exit_code=1,
    last_reason="Error",
)


def beside(line: str, containers: t.Sequence[ContainerDetail] = (RUNS, ENDS), **more: t.Any) -> Diagnosis:
    there = tuple(dataclasses.replace(pod, ready=False, containers=TWO, **more) for pod in WEB)
    details = [PodDetail(pod.namespace, pod.name, containers=tuple(containers)) for pod in there]
    logs = tuple(LogTail("shop", pod.name, "metrics", True, (line,)) for pod in there)
    seen = scenes.snapshot(there, workloads=scenes.workloads(*details, logs=logs))
    return diagnose(scenes.case(seen, scenes.broken_service()), (*pods.RULES, *pods_beside.RULES))


def test_two_containers_want_one_port():
    (finding,) = beside("OSError: [Errno 98] Address already in use").findings
    assert (finding.code, finding.certainty, finding.value) == ("POD-26", "certain", "8080")
    assert finding.field == "spec.template.spec.containers[1].ports[1].containerPort"
    assert [child.code for child in finding.children] == ["POD-04"]


def test_the_log_names_the_port():
    (finding,) = beside("listen tcp :9000: bind: address already in use").findings
    assert finding.certainty == "strong"
    assert finding.field == "spec.template.spec.containers[1].ports[0].containerPort"


def test_one_container_alone_or_the_network_of_the_node_is_another_matter():
    assert beside("address already in use", containers=(ENDS,)).findings[0].code == "POD-04"
    assert beside("address already in use", host_network=True).findings[0].code == "POD-04"


def job(*containers: ContainerDetail, owner: str = "Job/import", phase: str = "Running") -> Diagnosis:
    pod = Pod("shop", "import-x", "w1", phase=phase, owner=owner, labels={"job-name": "import"})
    detail = PodDetail("shop", "import-x", containers=containers, restart_policy="Never")
    seen = scenes.snapshot((*WEB, pod), workloads=scenes.workloads(detail))
    return diagnose(scenes.case(seen), pods_beside.RULES)


DONE = ContainerDetail("import", field="spec.containers[0]", state="terminated", exit_code=0, since=scenes.TAKEN)
PROXY = ContainerDetail("proxy", field="spec.containers[1]", state="running", ready=True)


def test_a_container_runs_on_beside_work_that_is_done():
    (finding,) = job(DONE, PROXY).findings
    assert (finding.code, str(finding.object), finding.value) == ("POD-31", "Job shop/import", "proxy")
    assert finding.field == "spec.template.spec.containers[1]"


def test_work_that_goes_on_failed_or_has_a_native_sidecar_is_no_finding():
    assert not job(dataclasses.replace(DONE, state="running"), PROXY).findings
    assert not job(dataclasses.replace(DONE, exit_code=1), PROXY).findings
    assert not job(DONE, dataclasses.replace(PROXY, kind="sidecar")).findings
    assert not job(DONE, PROXY, owner="ReplicaSet/web-b975c9b8d").findings
