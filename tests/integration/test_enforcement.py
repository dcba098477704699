# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab enforces NetworkPolicy: other tests of policies rest on it. In each case something else stays open."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import subprocess
import time
import typing as t

import pytest

from .conftest import OPERATOR, PATIENCE, create, image, is_true, kubectl, new_namespace, objects, wait_for_pods

#: Answers TCP on two ports and UDP on one, on both families; then waits.
SERVER = """
import socket, threading
def tcp(port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection = listener.accept()[0]
        threading.Thread(target=echo, args=(connection,), daemon=True).start()
def echo(connection):
    while said := connection.recv(99):
        connection.sendall(said)
for port in (8080, 8081):
    threading.Thread(target=tcp, args=(port,)).start()
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.bind(("::", 8080))
while True:
    udp.sendto(*udp.recvfrom(99))
"""
#: For each line, seconds and targets [protocol, address, port]: asks all of them at once, and prints for each what kept
#: it from answering within the seconds, or nothing. What is unreachable is asked again: a neighbour may be looked up.
CLIENT = """
import concurrent.futures, json, socket, sys, time
UDP = socket.SOCK_DGRAM
KINDS = {"tcp": (socket.SOCK_STREAM, 0), "udp": (UDP, 0), "icmp": (UDP, socket.IPPROTO_ICMP)}
def ask(protocol, address, port, end):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, *KINDS[protocol]) as s:
        s.settimeout(max(end - time.monotonic(), 0.01))
        s.connect((address, port))
        if protocol != "tcp":
            s.send(bytes([8, 0, 0xf7, 0xff, 0, 0, 0, 0]))
            s.recv(99)
def hindrance(target):
    seconds, protocol, address, port = target
    end = time.monotonic() + seconds
    while True:
        try:
            return ask(protocol, address, port, end)
        except OSError as error:
            if isinstance(error, TimeoutError) or time.monotonic() + 0.2 > end:
                return str(error)
        time.sleep(0.2)
with concurrent.futures.ThreadPoolExecutor(9) as pool:
    for line in sys.stdin:
        seconds, targets = json.loads(line)
        print(json.dumps(list(pool.map(hindrance, [(seconds, *target) for target in targets]))), flush=True)
"""
#: Talks over one connection until nothing comes back.
TALK = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], 8080), 30)
for number in range(3000):
    s.sendall(b"x")
    try:
        s.recv(1)
    except TimeoutError:
        sys.exit("cut" if number else "never heard")
    print("heard", flush=True)
    s.settimeout(5)
    time.sleep(0.1)
"""
Policy = dict[str, t.Any]
WEB = {"podSelector": {"matchLabels": {"app": "web"}}}
NEAR = {"podSelector": {"matchLabels": {"app": "near"}}}
FAR = {"podSelector": {"matchLabels": {"app": "far"}}}
ALL = {"near": "web other v6 udp icmp service", "far": "web other v6 udp icmp service"}


class Cell:
    """A server on w1; clients: near (w1), far (w2), node (w1 itself), elsewhere (w2 itself)."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        pods = [self._pod("web", "w1"), self._pod("near", "w1"), self._pod("far", "w2")]
        pods += [self._pod("node", "w1", hostNetwork=True), self._pod("elsewhere", "w2", hostNetwork=True)]
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
        }
        create([*pods, service])
        wait_for_pods(namespace)
        found = json.loads(kubectl("get", "-n", namespace, "pods,services", "-o", "json"))["items"]
        ips = {item["metadata"]["name"]: item["status"]["podIPs"] for item in found if item["kind"] == "Pod"}
        self.addresses = {name: [entry["ip"] for entry in entries] for name, entries in ips.items()}
        four, six = self.addresses["web"]
        service_address = next(item["spec"]["clusterIP"] for item in found if item["kind"] == "Service")
        self.targets = {
            "web": ("tcp", four, 8080),
            "other": ("tcp", four, 8081),
            "v6": ("tcp", six, 8080),
            "udp": ("udp", four, 8080),
            "icmp": ("icmp", four, 0),
            "service": ("tcp", service_address, 80),
            "outside": ("tcp", "198.18.1.80", 80),
        }
        self.clients = {name: self.python(name, CLIENT) for name in ("near", "far", "node", "elsewhere")}

    def close(self) -> None:
        """End the clients."""
        for process in self.clients.values():
            process.kill()
            process.communicate()

    def _pod(self, name: str, node: str, **spec: t.Any) -> dict[str, t.Any]:
        program = SERVER if name == "web" else "import time; time.sleep(3600)"
        container = {"name": name, "image": image("frontend"), "command": ["python3", "-c", program]}
        if name == "web":
            container["ports"] = [{"name": "main", "containerPort": 8080}]
            container["readinessProbe"] = {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": self.namespace, "labels": {"app": name}},
            "spec": {"nodeName": node, "containers": [container], "terminationGracePeriodSeconds": 0, **spec},
        }

    def apply(self, spec: Policy) -> None:
        """Make this the only policy."""
        meta = {"name": "only", "namespace": self.namespace}
        body = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}
        kubectl("apply", "-f", "-", stdin=body)

    def python(self, client: str, *arguments: str) -> subprocess.Popen[str]:
        """A program in a client."""
        command = [*OPERATOR, "kubectl", "exec", "-i", "-n", self.namespace, client, "--", "python3", "-c", *arguments]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def open_from(self, client: str, names: t.Iterable[str], seconds: float = 1.0) -> set[str]:
        """The names of the targets that answer so soon."""
        asked = sorted(names)
        process = self.clients[client]
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps([seconds, [self.targets[name] for name in asked]]) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        return {name for name, hindrance in zip(asked, json.loads(line), strict=True) if hindrance is None}

    def expect(self, wanted: dict[str, str], names: str = "web other v6 udp icmp service") -> None:
        """Soon, exactly these targets are open."""
        end = time.monotonic() + PATIENCE
        with concurrent.futures.ThreadPoolExecutor(len(wanted)) as pool:
            while True:
                late = time.monotonic() > end
                open_ = dict(
                    zip(wanted, pool.map(lambda name: self.open_from(name, names.split()), wanted), strict=True)
                )
                if open_ == {client: set(text.split()) for client, text in wanted.items()} or late:
                    break
        assert open_ == {client: set(text.split()) for client, text in wanted.items()}


@pytest.fixture(scope="module")
def cell() -> t.Iterator[Cell]:
    with new_namespace() as name, contextlib.closing(Cell(name)) as opened:
        yield opened


def ingress(*rules: Policy) -> Policy:
    return {**WEB, "policyTypes": ["Ingress"], "ingress": list(rules)}


def test_deny_all_but_the_node_and_back(cell: Cell) -> None:
    cell.expect({**ALL, "node": "web v6 other udp icmp service", "elsewhere": "web v6 other udp icmp service"})
    cell.apply({"podSelector": {}})
    cell.expect({"near": "", "far": "", "node": "web v6 other udp icmp service", "elsewhere": ""})
    kubectl("wait", "-n", cell.namespace, "pod/web", "--for=condition=Ready", f"--timeout={PATIENCE}s")
    kubectl("delete", "networkpolicy", "only", "-n", cell.namespace)
    cell.expect(ALL)


@pytest.mark.parametrize(
    ("policy", "open_"),
    [
        pytest.param(ingress({"from": [NEAR]}), {**ALL, "far": ""}, id="podSelector"),
        pytest.param(
            ingress({"ports": [{"port": 8080}]}),
            {"near": "web v6 service", "far": "web v6 service", "elsewhere": "web v6 service"},
            id="port",
        ),
        pytest.param(
            ingress({"ports": [{"port": "main"}], "from": [FAR]}), {"near": "", "far": "web v6 service"}, id="name"
        ),
        pytest.param(ingress({"ports": [{"protocol": "UDP"}]}), {"near": "udp", "far": "udp"}, id="protocol"),
        pytest.param(
            ingress({"ports": [{"port": 8081, "endPort": 9000}]}), {"near": "other", "far": "other"}, id="endPort"
        ),
        pytest.param(
            {**NEAR, "policyTypes": ["Egress"], "egress": [{"to": [WEB], "ports": [{"port": "main"}]}]},
            {"near": "web v6 service", "far": ALL["far"]},
            id="egress",
        ),
    ],
)
def test_rules(cell: Cell, policy: Policy, open_: dict[str, str]) -> None:
    cell.apply(policy)
    cell.expect(open_)


def test_blocks_of_both_families(cell: Cell) -> None:
    def block(cidr: str, *names: str, family: int) -> Policy:
        width = "/128" if family else "/32"
        return {"ipBlock": {"cidr": cidr, "except": [cell.addresses[name][family] + width for name in names]}}

    cell.apply(
        ingress({"from": [block("10.244.0.0/16", "far", family=0), block("fd00:10:244::/56", "near", family=1)]})
    )
    cell.expect({"near": "web other udp icmp service", "far": "v6"})
    out = {"to": [{"ipBlock": {"cidr": "198.18.1.0/24"}}]}
    cell.apply({**FAR, "policyTypes": ["Egress"], "egress": [out]})
    cell.expect({"far": "outside", "near": "outside web v6"}, names="outside web v6")


def test_another_node_has_the_address_of_its_tunnel(cell: Cell) -> None:
    nodes = {node["metadata"]["name"]: node for node in objects("nodes")}
    tunnel = [
        {"ipBlock": {"cidr": cidr.split("/")[0] + width}}
        for cidr, width in zip(nodes["w2"]["spec"]["podCIDRs"], ("/32", "/128"), strict=True)
    ]
    cell.apply(ingress({"from": tunnel}))
    cell.expect({"elsewhere": "web v6 other udp icmp service", "far": ""})
    cell.apply(ingress({"from": [{"ipBlock": {"cidr": "198.18.0.0/24"}}, NEAR]}))
    cell.expect({"elsewhere": "", "near": ALL["near"]})


def test_what_stands_is_cut(cell: Cell) -> None:
    cell.apply(ingress({}))
    cell.expect(ALL)
    with cell.python("far", TALK, cell.addresses["web"][0]) as talking:
        assert talking.stdout
        assert talking.stderr
        assert talking.stdout.readline() == "heard\n"
        cell.apply(ingress({"from": [NEAR]}))
        assert talking.stderr.readline() == "cut\n"
    cell.expect({**ALL, "far": ""})


@pytest.mark.alone
def test_rules_stay_while_the_agent_is_away(cell: Cell) -> None:
    cell.apply(ingress({"from": [NEAR]}))
    cell.expect({**ALL, "far": ""})
    where = ("-n", "network-policy", "pods", "--field-selector=spec.nodeName=w1")
    (old,) = objects(*where)
    kubectl("delete", "pod", "-n", "network-policy", old["metadata"]["name"], "--wait=false")
    new = old
    while new["metadata"]["uid"] == old["metadata"]["uid"] or not is_true(new, "Ready"):
        assert cell.open_from("far", ["web"]) == set()
        assert cell.open_from("near", ["web"], seconds=30) == {"web"}
        new = max(objects(*where), key=lambda pod: pod["metadata"]["creationTimestamp"])
    cell.apply(ingress({"from": [FAR]}))
    cell.expect({**ALL, "near": ""})
