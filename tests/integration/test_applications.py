# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with applications, told apart from what is wrong with the network: Pods that listen elsewhere."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import text

from .conftest import Module, create, image, new_namespace, wait_for_pods, wait_for_service

Json = dict[str, t.Any]

FAILING = """
import http.server, socket
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(500)
Server(("::", 8000), Handler).serve_forever()
"""
TIMEOUT = 7  #: seconds of a probe: time enough to be connected on a busy machine, and less than LATE takes
LATE = """
import http.server, socket, time
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(10)
        self.send_response(204)
        self.end_headers()
Server(("::", 8000), Handler).serve_forever()
"""
ECHO = """
import socket
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.bind(("::", 7007))
while True:
    data, peer = server.recvfrom(65535)
    server.sendto(data, peer)
"""
SLEEP = ["python3", "-c", "import time; time.sleep(1e6)"]
MODELS = ["pod_to_pod_same_node", "pod_to_pod_cross_node", "pod_to_service"]


def pages(port: int, host: str) -> list[str]:
    """A web server at one address."""
    return ["python3", "-m", "http.server", str(port), "--bind", host, "--directory", "/app"]


def pod(name: str, command: list[str], *ports: tuple[str, int], app: str = "", runs: str = "frontend") -> Json:
    declared = [{"name": word, "containerPort": number} for word, number in ports]
    container = {"name": "app", "image": image(runs), "command": command, "ports": declared}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": app or name}}, "spec": spec}


def service(name: str, port: int) -> Json:
    ports = [{"name": "http", "port": 80, "targetPort": port}]
    spec = {"selector": {"app": name}, "ports": ports, "ipFamilyPolicy": "PreferDualStack"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def behind_a_policy(name: str) -> list[Json]:
    """A Pod that answers by UDP, and that nobody may connect to."""
    found = pod(name, ["python3", "-c", ECHO])
    found["spec"]["containers"][0]["ports"] = [{"name": "echo", "containerPort": 7007, "protocol": "UDP"}]
    spec = {"podSelector": {"matchLabels": {"app": name}}, "policyTypes": ["Ingress"]}
    closed = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "closed"}}
    return [found, {**closed, "spec": spec}]


PODS = [
    pod("asker", SLEEP),
    pod("shell", ["sh", "-c", "sleep 1000000"], runs="ledger"),
    pod("narrow", pages(8000, "0.0.0.0"), ("http", 8000), ("metrics", 9999)),
    pod("shy", pages(7001, "127.0.0.1"), ("http", 7001)),
    pod("failing-1", ["python3", "-c", FAILING], ("http", 8000), app="failing"),
    pod("late-1", ["python3", "-c", LATE], ("http", 8000), app="late"),
    pod("deaf-1", pages(8000, "::"), ("http", 8000), app="deaf"),
    pod("twins-1", pages(8000, "::"), ("http", 8000), app="twins"),
    pod("twins-2", pages(8001, "::"), ("http", 8000), app="twins"),
]
SERVICES = [
    service("failing", 8000),
    service("late", 8000),
    service("deaf", 9999),
    service("twins", 8000),
    service("asleep", 8000),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Json]:
    folder: pathlib.Path = tmp_path_factory.mktemp("applications")
    with new_namespace() as name:
        create([*SERVICES, *PODS, *behind_a_policy("hidden")], "-n", name)
        wait_for_pods(name)
        wait_for_service(name, "failing")
        result = Module("net_probe", folder)(namespaces=[name], models=MODELS, probe_timeout=TIMEOUT, dest=str(folder))
        assert result.get("reason", "") in ("", "checks_failed"), result
        found = json.loads((folder / "report.json").read_text())
        yield {**found, "text": text.render(found, width=200), "namespace": name}


def cells(report: Json, target: str, **fields: str) -> list[Json]:
    kind, _slash, name = target.partition("/")
    found = [
        cell
        for cell in report["cells"]
        if cell["target"] == f"{kind}/{report['namespace']}/{name}"
        and all(cell[key] == value for key, value in fields.items())
        and cell["outcome"] != "probe_error"
    ]
    assert found, target
    return found


def said(found: list[Json], *keys: str) -> set[tuple[t.Any, ...]]:
    return {tuple(cell.get(key, "") for key in keys) for cell in found}


def test_a_port_that_nobody_uses_and_nothing_listens_at_is_a_note(report):
    found = cells(report, "pod/narrow:9999")
    assert len({cell["source"] for cell in found}) == len(PODS)  # without itself, and with the hidden one
    assert said(found, "verdict", "application", "author") == {("pass", "refused", "peer")}
    note = "port 9999 refuses connections: nothing listens there; no Service and no probe uses it"
    assert said(found, "note") == {(note,)}


def test_a_pod_that_listens_on_ipv4_alone_is_a_note(report):
    assert said(cells(report, "pod/narrow:8000", family="IPv6"), "verdict", "application") == {("pass", "ipv4_only")}
    assert said(cells(report, "pod/narrow:8000", family="IPv4"), "verdict", "application") == {("pass", "")}


def test_a_pod_that_listens_on_loopback_alone_says_so(report):
    assert said(cells(report, "pod/shy:7001"), "verdict", "application") == {("pass", "loopback_only")}


def test_an_application_that_answers_500_is_a_note_even_where_a_service_uses_it(report):
    for target in ("pod/failing-1:8000", "svc/failing:80"):
        assert said(cells(report, target), "verdict", "application") == {("pass", "http_5xx")}


def test_an_application_that_answers_late_is_a_note_and_no_failed_path(report):
    for target in ("pod/late-1:8000", "svc/late:80"):
        found = cells(report, target, protocol="http")
        assert said(found, "verdict", "application", "author", "whose") == {("pass", "slow", "peer", "")}
    note = re.compile(r"port 8000 answers a request only after \d+\.\d s, later than the probe waits for it \(7 s\)")
    assert all(note.fullmatch(cell["note"]) for cell in cells(report, "pod/late-1:8000", protocol="http"))


def test_a_service_whose_target_port_nothing_listens_at_fails_because_of_the_application(report):
    found = cells(report, "svc/deaf:80")
    assert said(found, "verdict", "whose", "application", "author") == {("fail", "application", "refused", "peer")}
    assert all("its only endpoint (" in cell["reason"] and "nothing listens there" in cell["reason"] for cell in found)


def test_a_service_without_endpoints_is_rejected_by_the_node_and_the_applications_failure(report):
    found = cells(report, "svc/asleep:80")
    assert said(found, "verdict", "whose", "application", "author") == {("fail", "application", "not_ready", "node")}
    by_python = [cell for cell in found if cell["evidence"]["tool"] == "python"]
    assert {cell["evidence"]["refusal"] for cell in by_python} == {"icmp"}
    of_a_pod = [cell for cell in cells(report, "pod/narrow:9999") if cell["evidence"]["tool"] == "python"]
    assert {cell["evidence"]["refusal"] for cell in of_a_pod} == {"rst"}


def test_of_two_endpoints_the_one_that_refuses_fails_because_of_the_application(report):
    assert said(cells(report, "pod/twins-1:8000"), "verdict") == {("pass",)}
    assert said(cells(report, "pod/twins-2:8000"), "verdict", "whose") == {("fail", "application")}
    for cell in cells(report, "svc/twins:80"):
        if cell["verdict"] != "pass":
            assert cell["whose"] == "application"
            counted = re.match(r"intermittent: \d+ of \d+ connections of target \S*/twins:80 failed", cell["reason"])
            assert counted or "1 of its 2 endpoints (" in cell["reason"]


def test_the_headline_counts_no_network_failure_and_each_note_is_said_once(report):
    summary = report["summary"]
    assert (summary["network"], summary["unexpected_open"]) == (0, 0)
    assert summary["application"] == summary["fail"] > 0
    assert f"FAILED: {summary['fail']} application" in " ".join(report["text"].split())
    name = report["namespace"]
    for each in ("narrow", "shy", "failing-1", "late-1"):
        assert report["text"].count(f"Pod {name}/{each}: ") == 1


def test_what_a_policy_closes_to_everybody_is_asked_by_its_own_pod(report):
    found = cells(report, "pod/hidden:7007/udp")
    control = [cell for cell in found if cell["via"] == "control"]
    assert {(cell["outcome"], cell["source"].split("/")[1]) for cell in control} == {("open", "hidden")}
    closed = f"closed by NetworkPolicy {report['namespace']}/closed, as it says"
    asked = [cell for cell in found if cell["via"] != "control" and "/shell/" not in cell["source"]]
    assert said(asked, "verdict", "reason") == {("pass", closed)}
