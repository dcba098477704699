# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question, planned on the recorded facts: what is asked, and in which ways."""

from __future__ import annotations

import json
import pathlib

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import matrix, plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.bounds import Bounds
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question.plan import DirectQuestion
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import check
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

ROOT = pathlib.Path(__file__).resolve().parents[6]


SNAPSHOT = check.read(json.loads((ROOT / "lab" / "recording" / "snapshot.json").read_text()))


UNSET = dict.fromkeys(("sources", "targets"), None) | {"internet": []}


CONTROLLER = Source("outside/controller", kind="outside", addresses=("198.18.0.1", "fd00:198:18::1"))


SERVICE = SNAPSHOT.services[[service.name for service in SNAPSHOT.services].index("ledger")]


LEDGER = next(pod for pod in SNAPSHOT.pods if pod.name.startswith("ledger-"))


NODE_PORT = next(service for service in SNAPSHOT.services if service.name == "frontend-nodeport")


STORE = next(pod for pod in SNAPSHOT.pods if pod.name == "store-0")


API = [pod for pod in SNAPSHOT.pods if pod.name.startswith("api-")]


ASKER = "shop/bashful"


def asked(source: str, target: str, snapshot=SNAPSHOT, namespace: str = "shop") -> plan.Plan:
    """The plan of a question."""
    facts = Facts(snapshot)
    question = DirectQuestion(source, target, "cluster.local", namespace)
    selected = question.choose(facts, UNSET, {question.kind}, [CONTROLLER])
    options = Options(protocols=question.protocols(tuple(_words.PROTOCOLS)))
    layout = plan.make(facts, selected, question.models(list(MODELS)), options, Bounds(narrow=question.narrow))
    question.assert_asked(layout)
    return layout


def ways(layout: plan.Plan, family: str = "IPv4") -> set[str]:
    """What its first source asks in one family: model, protocol and what a person would type."""
    probes = next(iter(layout.probes.values()))
    shown = (f"{probe.model} {probe.protocol} {matrix.asked(probe)}" for probe in probes if probe.family == family)
    return {one.removeprefix("pod_to_") for one in shown}


NAMES = ("ledger", "ledger.shop", "ledger.shop.svc.cluster.local", "ledger.shop.svc.cluster.local.")


BY_SERVICE = {
    *(f"service dns {name} A" for name in NAMES),
    *(f"service tcp {host}:7000" for host in (NAMES[0], NAMES[-1], SERVICE.cluster_ips[0])),
    f"pod_same_node tcp {LEDGER.ips[0]}:7000",
}


HOSTS = ("https://shop.lab:443/v1/x?y=1", "https://198.18.0.200:443/v1/x?y=1")
