# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cyclonus says of connections, by the lab's program policy-oracle (lab/tools/cyclonus/policy-oracle)."""

from __future__ import annotations

import copy
import json
import subprocess
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import NetworkPolicy

from .conftest import OPERATOR
from .policy_cases import Call, World

Json = dict[str, t.Any]


def question(world: World, policies: t.Sequence[NetworkPolicy], asked: t.Sequence[Call]) -> Json:
    """Ask cyclonus the same."""
    spaces = {space.name: space.labels for space in world.namespaces}
    peers: list[Json] = [{"ip": address} for address in world.outside]
    places = {(address, 6 if ":" in address else 4): place for place, address in enumerate(world.outside)}
    names: dict[tuple[str, str, int], str] = {}
    for pod in world.pods:
        for ip in pod.ips:
            places[pod.id, 6 if ":" in ip else 4] = len(peers)
            labels = {"namespaceLabels": dict(spaces[pod.namespace]), "podLabels": dict(pod.labels)}
            peers.append({"ip": ip, "namespace": pod.namespace, **labels})
        names |= {(pod.id, port.protocol, port.port): port.name for part in pod.containers for port in part.ports}
    return {
        "policies": [
            {"metadata": {"namespace": policy.namespace, "name": policy.name}, "spec": copy.deepcopy(policy.spec)}
            for policy in policies
        ],
        "peers": peers,
        "traffic": [
            {
                "from": places[call.client, call.version],
                "to": places[call.server, call.version],
                "port": call.port,
                "portName": names.get((call.server, call.protocol, call.port), ""),
                "protocol": call.protocol,
            }
            for call in asked
        ],
    }


def cyclonus(questions: t.Iterable[Json]) -> list[list[str]]:
    lines = "\n".join(map(json.dumps, questions))
    done = subprocess.run(
        [*OPERATOR, "policy-oracle"], input=lines, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return [["allow" if one else "deny" for one in json.loads(line)["allowed"]] for line in done.stdout.splitlines()]


# Where cyclonus departs from the API. Each says the same in words that cyclonus reads as the API does, and returns
# whether it had to.


def absent_label_and_not_in(asked: Json) -> bool:
    """Labels and Selectors: C(tier notin (frontend)) selects "and all resources with no labels with the tier key"."""
    found = False
    for selector in _selectors(asked["policies"]):
        for requirement in selector.get("matchExpressions", ()):
            if requirement["operator"] == "NotIn":
                found, key = True, requirement["key"]
                requirement["key"] = f"always/{key}"
                for labels in _labels(asked):
                    labels.setdefault(f"always/{key}", labels.get(key, "(none)"))
    return found


def absent_label_and_empty_value(asked: Json) -> bool:
    """LabelSelector.matchLabels: each pair "is equivalent to an element of matchExpressions" with the operator In."""
    found = False
    for selector in _selectors(asked["policies"]):
        for key in [key for key, value in selector.get("matchLabels", {}).items() if not value]:
            found = True
            del selector["matchLabels"][key]
            selector.setdefault("matchExpressions", []).append({"key": key, "operator": "In", "values": [""]})
    return found


EXPLAINED = (absent_label_and_not_in, absent_label_and_empty_value)


def _selectors(part: t.Any) -> t.Iterator[Json]:
    if isinstance(part, list):
        for item in part:
            yield from _selectors(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("podSelector", "namespaceSelector"):
                yield value
            else:
                yield from _selectors(value)


def _labels(asked: Json) -> t.Iterator[Json]:
    for peer in asked["peers"]:
        yield from (peer[kind] for kind in ("podLabels", "namespaceLabels") if kind in peer)
