# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications whose limits leave little are asked from, and live on.

C(KUBEWIRE_ROUNDS) says how often.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import typing as t

import pytest

from .conftest import DEBUG_IMAGE, Module, image, kubectl, new_namespace, objects, on, wait_for_pods

Json = dict[str, t.Any]
ROUNDS = int(os.environ.get("KUBEWIRE_ROUNDS", "1"))
#: What each image serves with; bashful has nothing to serve with.
SERVES = {"ledger": "mkdir /fill/www && cd /fill/www && exec httpd -f -p 8080", "bashful": "exec sleep infinity"}
#: Holds its memory itself, where everybody who sees its processes can count it.
HOLDER = "import http.server; held = bytearray({mib} << 20); http.server.test(port=8080, bind='::')"


@dataclasses.dataclass(frozen=True)
class Application:
    """A Pod that listens at 8080 and has so many MiB of its limit in use, and may have no more processes than that."""

    app: str
    memory: int
    used: int
    processor: str = "1"
    processes: int = 0

    @property
    def name(self) -> str:
        return f"{self.app}-{self.memory}-{self.used}-{self.processor}-{self.processes}"

    def manifest(self, namespace: str) -> Json:
        fill = f"dd if=/dev/zero of=/fill/it bs=1048576 count={self.used} 2>/dev/null"
        container = {
            "name": "app",
            "image": image(self.app),
            "command": ["sh", "-c", f"{fill}; {SERVES[self.app]}"],
            "volumeMounts": [{"name": "fill", "mountPath": "/fill"}],
        }
        return self._pod(namespace, container, [{"name": "fill", "emptyDir": {"medium": "Memory"}}])

    def _pod(self, namespace: str, container: Json, volumes: list[Json]) -> Json:
        limits = {"memory": f"{self.memory}Mi", "cpu": self.processor}
        resources = {"limits": limits, "requests": {"memory": "1Mi", "cpu": "1m"}}
        container = {**container, "resources": resources}
        if self.app != "bashful":
            ready = {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "timeoutSeconds": 5}
            container.update(ports=[{"containerPort": 8080}], readinessProbe=ready)
        spec = {"containers": [container], "volumes": volumes, "terminationGracePeriodSeconds": 0}
        metadata = {"name": self.name, "namespace": namespace}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


class Blind(Application):
    """One that has no program to ask with: nobody finds its Python."""

    def manifest(self, namespace: str) -> Json:
        container = {
            "name": "app",
            "image": image("frontend"),
            "command": ["/usr/bin/python3", "-c", HOLDER.format(mib=self.used)],
            "env": [{"name": "PATH", "value": "/nowhere"}],
        }
        return self._pod(namespace, container, [])


SMALL = (
    Application("ledger", 20, 10),
    Application("ledger", 20, 16),
    Application("ledger", 24, 14),
    Application("bashful", 32, 24),
    Application("ledger", 64, 50),
    Application("ledger", 64, 10, "10m"),
    Application("ledger", 64, 10, "20m"),
    Application("ledger", 64, 10, "50m"),
    Application("ledger", 64, 10, processes=12),
    Application("bashful", 64, 10, processes=20),
    Application("ledger", 64, 10, processes=30),
)
SLOW = ("10m", "20m")  #: of a processor; what gets one millisecond in a hundred may not be done by the deadline
CROWDED = 12  #: processes; the server forks for each who asks it, and there may be no room for one who asks
FULL, ROOMY = Blind("full", 88, 62), Blind("roomy", 160, 62)
BLIND = (FULL, ROOMY)


def ask(folder: pathlib.Path, namespace: str, **options: t.Any) -> Json:
    """A run over the whole namespace."""
    facts = Module("net_info", folder)(namespaces=[namespace], dest=str(folder / "snapshot.json"))
    assert not facts.get("failed"), facts
    options = {
        "namespaces": [namespace],
        "snapshot": str(folder / "snapshot.json"),
        "dest": str(folder),
        "deadline": 40,
        **options,
    }
    result = Module("net_probe", folder)(**options)
    assert result.get("reason", "") in ("", "checks_failed"), result
    return dict(json.loads((folder / "report.json").read_text()))


def killed(namespace: str) -> dict[str, Json]:
    """The Pods one of whose containers began again, or was killed."""
    found = {}
    for pod in objects("pods", "-n", namespace):
        for status in pod["status"]["containerStatuses"]:
            if status["restartCount"] or "running" not in status["state"]:
                found[pod["metadata"]["name"]] = status
    return found


def limit_processes(namespace: str) -> None:
    """Set the limits of processes where container runtimes set them: the API of Pods has no field for it."""
    limits = {each.name: each.processes for each in SMALL if each.processes}
    for pod in objects("pods", "-n", namespace):
        if most := limits.get(pod["metadata"]["name"]):
            container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
            file = f"/sys/fs/cgroup/pids/kubepods/burstable/pod{pod['metadata']['uid']}/{container}/pids.max"
            on(pod["spec"]["nodeName"], "sh", "-c", f"echo {most} >{file}")


@pytest.fixture(scope="module")
def room() -> t.Iterator[str]:
    with new_namespace() as name:
        for each in (*SMALL, *BLIND):
            kubectl("create", "-f", "-", stdin=each.manifest(name))
        wait_for_pods(name)
        limit_processes(name)
        yield name


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_application_dies_of_a_run_and_none_is_told_to_have_failed(tmp_path, room, number):
    report = ask(tmp_path, room)
    assert killed(room) == {}
    failed = [cell for cell in report["cells"] if cell["verdict"] == "fail"]
    assert [(cell["source"], cell["asked"], cell["reason"]) for cell in failed] == []
    passed = {cell["source"].split("/")[1] for cell in report["cells"] if cell["verdict"] == "pass"}
    slow = {each.name for each in SMALL if each.processor in SLOW or each.processes == CROWDED}
    assert {each.name for each in SMALL if each.memory - each.used >= 10} <= passed | slow
    spared = f"{room}/{SMALL[1].name}/app"
    assert "its memory limit leaves" in report["sources"][spared]["error"]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_an_ephemeral_container_takes_no_more_than_its_pod_has_left(tmp_path, room, number):
    report = ask(tmp_path, room, debug_image=DEBUG_IMAGE, debug_levels=["pod"], debug_profile="baseline")
    assert killed(room) == {}
    full, roomy = (report["sources"][f"{room}/{each.name}/app"] for each in BLIND)
    assert "its memory limit leaves" in full["error"]
    assert (roomy.get("error", ""), roomy["level"]) == ("", "pod")
    by_full = {cell["verdict"] for cell in report["cells"] if cell["source"] == full["id"]}
    by_roomy = {cell["verdict"] for cell in report["cells"] if cell["source"] == roomy["id"]}
    assert "fail" not in by_full | by_roomy
    assert ("pass" in by_full, "pass" in by_roomy) == (False, True)
