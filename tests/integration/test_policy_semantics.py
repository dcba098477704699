# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy engine against others: cyclonus' own evaluation (the lab's program policy-oracle), for made-up policies.

What cyclonus does not have is not asked: a Pod's own node and itself, ICMP, labels that were not read.
"""

from __future__ import annotations

import collections
import copy
import functools
import itertools
import json
import subprocess
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Container,
    ContainerPort,
    Namespace,
    NetworkPolicy,
    Pod,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policies import Peer, ruling
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policy_rules import NAMESPACE_NAME

from .conftest import OPERATOR
from .policy_cases import Call, World, calls, policy_set

Json = dict[str, t.Any]
SETS, CELLS = 1200, 60

SPACES = {"x": {"team": "red", "stage": "live"}, "y": {"team": "blue", "stage": ""}, "z": {"team": "red"}, "bare": {}}
LABELS = ({"app": "web", "tier": "front"}, {"app": "api", "tier": ""}, {"app": "db"})
HTTP, ADMIN, DNS = ContainerPort(8080, "http"), ContainerPort(9090, "admin"), ContainerPort(53, "dns", "UDP")
#: A name means another number, or another protocol, on another Pod.
PORTS = ((HTTP, DNS), (ContainerPort(8081, "http"), ADMIN), (ContainerPort(8080, "http", "SCTP"), ContainerPort(5432)))


def invented() -> World:
    pods = (
        Pod(
            namespace=space,
            name=f"pod-{number}",
            ips=(f"10.0.{row + 1}.{number + 1}", f"fd00:{row + 1}::{number + 1}"),
            labels={key: value for key, value in labels.items() if (row, key) != (3, "tier")},
            containers=(Container("app", ports=PORTS[(row + number) % 3]),),
        )
        for row, space in enumerate(SPACES)
        for number, labels in enumerate(LABELS)
    )
    spaces = (Namespace(name, labels={NAMESPACE_NAME: name, **labels}) for name, labels in SPACES.items())
    return World(tuple(spaces), tuple(pods), ("203.0.113.7", "198.51.100.20", "2001:db8::7", "2001:db8:1::20"))


WORLD = invented()


def our_answer(world: World, policies: t.Sequence[NetworkPolicy], asked: t.Iterable[Call]) -> list[str]:
    facts = Facts(Snapshot("", "", namespaces=world.namespaces, pods=world.pods, network_policies=tuple(policies)))
    return [
        ruling(facts, *(Peer((_address(world, end, call.version),)) for end in call[:2]), call.protocol, call.port).word
        for call in asked
    ]


def _address(world: World, end: str, version: int) -> str:
    ips = next((pod.ips for pod in world.pods if pod.id == end), (end,))
    return next(ip for ip in ips if (":" in ip) == (version == 6))


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


@functools.cache
def case(number: int) -> tuple[list[NetworkPolicy], list[Call]]:
    return policy_set(WORLD, number), calls(WORLD, number, CELLS)


@pytest.fixture(scope="module")
def ours() -> list[list[str]]:
    return [our_answer(WORLD, *case(number)) for number in range(SETS)]


def _theirs(explained: t.Sequence[t.Callable[[Json], bool]]) -> list[list[str]]:
    questions = [question(WORLD, *case(number)) for number in range(SETS)]
    for asked, explain in itertools.product(questions, explained):
        explain(asked)
    return cyclonus(questions)


def test_cyclonus_agrees_on_every_cell(ours):
    theirs = _theirs(EXPLAINED)
    disagreements = [
        (number, call, ruled, said)
        for number, (mine, other) in enumerate(itertools.zip_longest(ours, theirs))
        for call, ruled, said in itertools.zip_longest(case(number)[1], mine, other)
        if ruled != said
    ]
    assert not disagreements, disagreements[:3]
    words = collections.Counter(itertools.chain.from_iterable(ours))
    assert sum(words.values()) == SETS * CELLS
    assert set(words) == {"allow", "deny"}
    assert min(words.values()) > SETS * CELLS / 5, "both words are common"


@pytest.mark.parametrize("explain", EXPLAINED)
def test_each_departure_of_cyclonus_is_one_and_explains_what_it_is_said_to(explain, ours):
    theirs = _theirs([other for other in EXPLAINED if other is not explain])
    concerned = [explain(question(WORLD, *case(number))) for number in range(SETS)]
    differing = [mine != other for mine, other in zip(ours, theirs, strict=True)]
    assert any(differing), "cyclonus reads this as the API does: no need to explain it"
    assert all(itertools.compress(concerned, differing)), "something else is behind a disagreement"


#: What the sets must have in them -> how it is seen in a policy's spec.
FEATURES: dict[str, t.Callable[[Json], bool]] = {
    "no policyTypes": lambda spec: "policyTypes" not in spec,
    "no policyTypes, egress rules": lambda spec: "policyTypes" not in spec and bool(spec.get("egress")),
    "no policyTypes, egress empty": lambda spec: "policyTypes" not in spec and spec.get("egress") == [],
    "egress only": lambda spec: spec.get("policyTypes") == ["Egress"],
    "no rules": lambda spec: "Ingress" in spec.get("policyTypes", ()) and not spec.get("ingress"),
    "empty podSelector": lambda spec: spec["podSelector"] == {},
    "a rule for all": lambda spec: {} in spec.get("ingress", ()),
    "empty lists": lambda spec: {"from": [], "ports": []} in spec.get("ingress", ()),
    "peer: empty selector of Pods": lambda spec: '{"podSelector": {}}' in json.dumps(spec.get("ingress")),
    "peer: all namespaces": lambda spec: '{"namespaceSelector": {}}' in json.dumps(spec),
    "peer: both selectors": lambda spec: any({"namespaceSelector", "podSelector"} <= set(p) for p in _peers(spec)),
    "peer: a block without others": lambda spec: any("except" in p.get("ipBlock", ()) for p in _peers(spec)),
    "peer: IPv6": lambda spec: any(":" in p.get("ipBlock", {}).get("cidr", "") for p in _peers(spec)),
    "peer: everything, IPv4": lambda spec: any(p.get("ipBlock", {}).get("cidr") == "0.0.0.0/0" for p in _peers(spec)),
    "port: every one of a protocol": lambda spec: {"protocol": "SCTP"} in _all(spec, "ports"),
    "port: all of the default": lambda spec: {} in _all(spec, "ports"),
    "port: a name": lambda spec: any(isinstance(port.get("port"), str) for port in _all(spec, "ports")),
    "port: a range": lambda spec: any(
        "endPort" in port and port["endPort"] > port["port"] for port in _all(spec, "ports")
    ),
    **{
        f"operator {word}": lambda spec, word=word: f'"{word}"' in json.dumps(spec)
        for word in ("In", "NotIn", "Exists", "DoesNotExist")
    },
}


def _all(spec: Json, field: str) -> list[Json]:
    return [item for rules in ("ingress", "egress") for rule in spec.get(rules, ()) for item in rule.get(field, ())]


def _peers(spec: Json) -> list[Json]:
    return _all(spec, "from") + _all(spec, "to")


def test_the_sets_use_every_field():
    specs = [policy.spec for number in range(SETS) for policy in case(number)[0]]
    assert {name: count for name, seen in FEATURES.items() if (count := sum(map(seen, specs))) < 10} == {}
