# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy engine against others, for made-up policies: cyclonus' own evaluation (the lab's program policy-oracle)
and what the cluster really lets through.

What cyclonus does not have is not asked: a Pod's own node and itself, ICMP, labels that were not read.
"""

from __future__ import annotations

import collections
import functools
import itertools
import json
import time
import typing as t
import uuid

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import (
    Container,
    ContainerPort,
    Namespace,
    NetworkPolicy,
    Pod,
    Snapshot,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policies import Peer, decide
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policy_rules import NAMESPACE_NAME

from .conftest import PATIENCE, create, image, kubectl, namespaces, objects, wait_for_pods
from .policy_cases import Call, World, calls, policy_set
from .policy_oracle import EXPLAINED, cyclonus, question

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
        decide(
            facts, *(Peer((_address(world, end, call.version),)) for end in call[:2]), call.protocol, call.port
        ).decision
        for call in asked
    ]


def _address(world: World, end: str, version: int) -> str:
    ips = next((pod.ips for pod in world.pods if pod.id == end), (end,))
    return next(ip for ip in ips if (":" in ip) == (version == 6))


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


# What the cluster really lets through

#: Sets that are tried, and how many of their cells must be denied at the least and at the most.
ENFORCED, SHARE = 3, (0.25, 0.75)
#: Accepts and closes on each TCP port, sends back what comes on each UDP port.
SERVER = """
import socket, sys, threading
def tcp(port):
    server = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    while True:
        server.accept()[0].close()
def udp(port):
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", port))
    while True:
        server.sendto(*server.recvfrom(2048))
for word in sys.argv[1:]:
    protocol, port = word.split("/")
    threading.Thread(target={"TCP": tcp, "UDP": udp}[protocol], args=(int(port),)).start()
"""
LIVE_PORTS = (
    (HTTP, ADMIN, ContainerPort(5353, "dns", "UDP")),
    (ContainerPort(8081, "http"), ContainerPort(8080), ContainerPort(5353, "feed", "UDP")),
)


def _manifest(space: str, number: int, node: str) -> Json:
    ports = LIVE_PORTS[number]
    container = {
        "name": "app",
        "image": image("frontend"),
        "command": ["python3", "-c", SERVER, *(f"{port.protocol}/{port.port}" for port in ports)],
        "ports": [
            {"containerPort": port.port, "protocol": port.protocol, **({"name": port.name} if port.name else {})}
            for port in ports
        ],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": space, "name": f"pod-{number}", "labels": LABELS[number]},
        "spec": {"containers": [container], "nodeName": node, "terminationGracePeriodSeconds": 0},
    }


@pytest.fixture
def live() -> t.Iterator[World]:
    """Three namespaces with a Pod on each of two nodes."""
    run = uuid.uuid4().hex[:6]
    spaces = {f"test-{run}-{name}": SPACES[name] for name in ("x", "y", "bare")}
    nodes = [node["metadata"]["name"] for node in objects("nodes") if not node["spec"].get("taints")][:2]
    with namespaces(spaces):
        create(_manifest(space, number, node) for space in spaces for number, node in enumerate(nodes))
        for space in spaces:
            wait_for_pods(space)
        pods = tuple(parse.pod(item) for space in spaces for item in objects("pods", "-n", space))
        known = tuple(parse.namespace(item) for item in objects("namespaces") if item["metadata"]["name"] in spaces)
        yield World(known, pods, ("203.0.113.7", "2001:db8::7"))


def _worth_trying(world: World) -> t.Iterator[list[NetworkPolicy]]:
    """Sets that deny some of it and not all."""
    every = [
        Call(client.id, server.id, version, port.protocol, port.port)
        for client, server in itertools.permutations(world.pods, 2)
        for port in server.containers[0].ports
        for version in (4, 6)
    ]
    for number in itertools.count():
        policies = policy_set(world, number)
        denied = our_answer(world, policies, every).count("deny") / len(every)
        if SHARE[0] <= denied <= SHARE[1]:
            yield policies


@pytest.mark.alone
def test_the_cluster_enforces_what_is_expected(live, net_probe):
    spaces = [space.name for space in live.namespaces]
    cells_of_all = len(live.pods) * (len(live.pods) - 1) * 3 * 2

    def probe() -> tuple[list[str], list[str]]:
        """Return what was expected of each cell, and where that is not what happened."""
        result = net_probe(
            namespaces=spaces,
            models=["pod_to_pod_same_node", "pod_to_pod_cross_node"],
            protocols=["tcp", "udp"],
            probe_timeout=1.0,
        )
        # What policies close to everybody is also asked by the Pod itself, to know whether it lives.
        cells = [cell for cell in result["cells"] if cell["via"] != "control"]
        assert len(cells) == cells_of_all
        wrong = [
            f"{cell['source']} {cell['protocol']} {cell['asked']}: {cell['outcome']}, but {cell['expectation_reason']}"
            for cell in cells
            if cell["outcome"] != {"allow": "open", "deny": "timeout"}.get(cell["expectation"])
        ]
        return [cell["expectation"] for cell in cells], wrong

    def settle(policies: t.Sequence[Json], times: int) -> list[str]:
        """Policies take a moment to be in force; then all must be right, several times in a row."""
        deadline, right = time.monotonic() + PATIENCE, 0
        while right < times:
            expected, wrong = probe()
            right = 0 if wrong else right + 1
            assert right or time.monotonic() < deadline, (policies, len(wrong), wrong)
        return expected

    # Before and after, everything answers: what is denied in between is denied by policies.
    assert set(settle([], times=1)) == {"allow"}
    words: collections.Counter[str] = collections.Counter()
    for policies in itertools.islice(_worth_trying(live), ENFORCED):
        head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
        manifests = [
            {**head, "metadata": {"namespace": policy.namespace, "name": policy.name}, "spec": policy.spec}
            for policy in policies
        ]
        create(manifests)
        words.update(settle(manifests, times=2))
        for space in spaces:
            kubectl("delete", "networkpolicies", "--all", "-n", space)
    assert set(settle([], times=1)) == {"allow"}
    assert sum(words.values()) >= 300
    assert min(words["allow"], words["deny"]) >= 100
