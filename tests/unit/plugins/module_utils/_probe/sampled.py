# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters of any size, and the plan of the default run on them."""

from __future__ import annotations

import dataclasses
import itertools

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.bounds import Bounds
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import Sample
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Ingress, IngressPath
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

TCP = Options(protocols=("tcp",))
ALL, AUTO = Options(), Sample()
FIELDS = ("source", "target", "model", "protocol", "family", "via")
OUTSIDE = Source("outside/controller", kind="outside", addresses=("198.18.0.100",))


def big(nodes, pods, services=20, node_ports=0):
    """A cluster of so many nodes with so many Pods each, and Services of which some have node ports."""
    names = [f"n{number}" for number in range(nodes)]
    address = itertools.count(1)
    return cluster.snapshot(
        nodes=[cluster.node(name, f"198.18.{number // 250}.{number % 250 + 1}") for number, name in enumerate(names)],
        pods=[
            cluster.pod(
                f"p{number}-{name}",
                name,
                f"10.{(at := next(address)) // 62500}.{at // 250 % 250}.{at % 250 + 1}",
                ports=[cluster.HTTP],
            )
            for name in names
            for number in range(pods)
        ],
        services=[
            cluster.service(
                f"s{number}",
                f"10.96.{number // 250}.{number % 250 + 1}",
                ports=[{"port": 80, "nodePort": 30000 + number if number < node_ports else 0}],
            )
            for number in range(services)
        ],
        endpoint_slices=[],
    )


def deployed(nodes, pods, workloads, services=20, ingresses=0):
    """The same whose Pods belong to Deployments."""
    seen = big(nodes, pods, services)

    def owned(number, pod):
        name = f"w{number % workloads}"
        labels = {**pod.labels, "pod-template-hash": "5d8c7b9f6d"}
        return dataclasses.replace(pod, owner=f"ReplicaSet/{name}-5d8c7b9f6d", labels=labels)

    def ingress(number):
        path = IngressPath(f"s{number}.shop.example", "/", f"s{number}", "80", field="spec.rules[0].http.paths[0]")
        return Ingress("shop", f"s{number}", "nginx", ("198.18.200.1",), (path,))

    return dataclasses.replace(
        seen,
        pods=tuple(owned(number, pod) for number, pod in enumerate(seen.pods)),
        ingresses=tuple(map(ingress, range(ingresses))),
    )


def everything(snapshot, wanted=AUTO, options=ALL, models=tuple(MODELS)):
    """The plan of a run without any option but these."""
    facts = Facts(snapshot)
    selected = selection.select(facts, None, None, {"pod", "node", "outside"}, (), [OUTSIDE])
    return plan.make(facts, selected, models, options, Bounds(wanted))
