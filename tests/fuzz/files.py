# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a run that went well, and all that can become of a file."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, recording, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.fuzz import harness
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

Json = dict[str, t.Any]

OUTSIDE = Source("outside/controller", kind="outside", addresses=("198.51.100.7",))


@dataclasses.dataclass(frozen=True)
class Run:
    """Where they are."""

    folder: pathlib.Path

    @property
    def snapshot(self) -> pathlib.Path:
        return self.folder / "snapshot.json"

    @property
    def answers(self) -> pathlib.Path:
        return self.folder / "answers.json"

    @property
    def report(self) -> pathlib.Path:
        return self.folder / "report.json"


def write(folder: pathlib.Path) -> Run:
    """Write what net_info and net_probe would."""
    run = Run(folder)
    facts = Facts(SNAPSHOT)
    selected = selection.select(facts, None, None, {"pod", "node", "outside"}, (), [OUTSIDE])
    asked = plan.make(facts, selected, list(MODELS), Options())
    reports = [
        SourceReport(name, "container", runner="python", tools=("python3",), answers=tuple(map(_answer, probes)))
        for name, probes in asked.probes.items()
    ]
    times = {"start": "2026-11-21T09:00:01.000Z", "end": "2026-11-21T09:00:04.000Z", "execs": len(reports)}
    run.snapshot.write_text(json.dumps(SNAPSHOT.to_dict()))
    run.answers.write_text(json.dumps(recording.record(asked, reports, times, [OUTSIDE])))
    params = {"snapshot": str(run.snapshot), "replay": str(run.answers), "dest": str(folder)}
    result = harness.run("net_probe", params)
    assert run.report.exists(), result
    return run


def kubeconfig(folder: pathlib.Path, url: str) -> pathlib.Path:
    """Write one that leads to a server."""
    path = folder / "config"
    user = {
        "name": "u",
        "user": {"token": "secret-token", "as-groups": ["a"], "as-user-extra": {"a": ["b"]}, "as": "c"},
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "preferences": {},
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "shop"}}],
        "clusters": [{"name": "k", "cluster": {"server": url, "insecure-skip-tls-verify": True}}],
        "users": [user],
    }
    path.write_text(json.dumps(config))
    return path


def _answer(probe: Probe) -> Answer:
    outcome = "timeout" if probe.id % 3 == 0 else "open"
    return Answer(probe.id, outcome, 2.5, address="10.0.1.1", phases={"connect": 1.5}, tls={"days_left": 30})


_POLICY = cluster.policy("closed", podSelector={}, ingress=[{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}])
_PATHS = [{"path": "/", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]
SNAPSHOT = dataclasses.replace(
    cluster.snapshot(
        network_policies=[_POLICY],
        namespaces=[{"metadata": {"name": "shop", "labels": {"team": "a"}}}],
        ingresses=[
            {
                "metadata": {"namespace": "shop", "name": "web"},
                "spec": {"rules": [{"host": "shop.lab", "http": {"paths": _PATHS}}]},
                "status": {"loadBalancer": {"ingress": [{"ip": "198.18.0.200"}]}},
            }
        ],
    ),
    api_addresses=("10.96.0.1",),
)
