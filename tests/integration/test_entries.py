# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts and paths of Ingresses and routes whose application could not have answered, each with its cause."""

from __future__ import annotations

import json
import pathlib
import subprocess
import typing as t

import pytest

from .conftest import OPERATOR, PROBE_TIMEOUT, Module, create, image, kubectl, new_namespace, until, wait_for_pods

Json = dict[str, t.Any]

HOST = "status.shop.lab"  # leads to Traefik
UNKNOWN = "kw.shop.lab"  # in no DNS
SECURE = "198.18.0.230"
#: As little of HTTP/2 as answers each call of gRPC by status 12, "there is no such method".
CALLS = """
import socket, threading
def frame(kind, flags, payload, stream=0):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
def text(word):
    return bytes([len(word)]) + word
ANSWER = b"\\x88\\0" + text(b"content-type") + text(b"application/grpc") + b"\\0" + text(b"grpc-status") + text(b"12")
def serve(connection):
    stream = connection.makefile("rb")
    stream.read(24)
    connection.sendall(frame(4, 0, b""))
    while head := stream.read(9):
        size, kind, flags, number = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
        payload = stream.read(size)
        if kind in (4, 6) and not flags & 1:
            connection.sendall(frame(kind, 1, payload if kind == 6 else b""))
        if kind in (0, 1) and flags & 1:
            connection.sendall(frame(1, 5, ANSWER, number))
server = socket.create_server(("::", 9000), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""
PAGES = ["python3", "-m", "http.server", "8000", "--bind", "::", "--directory", "/app"]


def pod(name: str, command: list[str], port: str, number: int) -> Json:
    container = {"name": "app", "image": image("frontend"), "command": command}
    container["ports"] = [{"name": port, "containerPort": number}]
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def service(name: str, port: int, app: str = "web", number: int = 80, **spec: t.Any) -> Json:
    ports = [{"name": "http", "port": number, "targetPort": port}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": app}, "ports": ports, **spec},
    }


#: Traefik serves no router whose middleware does not exist, and gives the Ingress an address all the same.
DROPPED = {"traefik.ingress.kubernetes.io/router.middlewares": "default-kw-none@kubernetescrd"}


def ingress(name: str, ingress_class: str, *paths: tuple[str, str, int], kind: str = "Prefix", **spec: t.Any) -> Json:
    host, annotations = spec.pop("host", {"host": HOST}), spec.pop("annotations", {})
    rules = [
        {"path": path, "pathType": kind, "backend": {"service": {"name": behind, "port": {"number": port}}}}
        for path, behind, port in paths
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"ingressClassName": ingress_class, "rules": [{**host, "http": {"paths": rules}}], **spec},
    }


def route(name: str, kind: str = "HTTPRoute", host: str = "beta.shop.lab", to: str = "web", **match: t.Any) -> Json:
    rules = [{"matches": [match], "backendRefs": [{"name": to, "port": 80}]}]
    parents = [{"name": "lab", "namespace": "traefik"}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"parentRefs": parents, "hostnames": [host], "rules": rules},
    }


def closed(app: str) -> Json:
    spec = {"podSelector": {"matchLabels": {"app": app}}, "policyTypes": ["Ingress"]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "closed"},
        "spec": spec,
    }


def method(service_name: str) -> Json:
    return {"service": service_name, "method": "Get"}


OBJECTS = [
    pod("web", PAGES, "http", 8000),
    pod("hidden", PAGES, "http", 8000),
    service("hidden", 8000, "hidden"),
    closed("hidden"),
    pod("calls", ["python3", "-c", CALLS], "grpc", 9000),
    service("calls", 9000, "calls"),
    service("web", 8000),
    service("deaf", 9999),
    service("asleep", 8000, "nobody"),
    service("only-443", 8000, number=443, type="LoadBalancer", loadBalancerClass="example.com/none"),
    ingress("lost", "nginx-internal", ("/kw-lost", "web", 80)),
    ingress(
        "paths",
        "traefik",
        ("/kw-page", "web", 80),
        ("/kw-gone", "gone", 80),
        ("/kw-asleep", "asleep", 80),
        ("/kw-port", "web", 81),
        ("/kw-deaf", "deaf", 80),
        ("/kw-hidden", "hidden", 80),
    ),
    ingress("exact", "traefik", ("/kw-exact", "web", 80), kind="Exact"),
    ingress("hostless", "traefik", ("/kw-hostless", "web", 80), host={}),
    ingress("dropped", "traefik", ("/kw-dropped", "web", 80), host={"host": UNKNOWN}, annotations=DROPPED),
    ingress("secure", "elsewhere", ("/kw-secure", "web", 80), tls=[{"hosts": [HOST]}]),
    route("calls", "GRPCRoute", UNKNOWN, "calls", method=method("kw.Calls")),
    route("calls-pages", "GRPCRoute", UNKNOWN, "web", method=method("kw.Pages")),
    route("by-header", headers=[{"name": "x-canary", "value": "always"}]),
    route("by-pattern", path={"type": "RegularExpression", "value": "/kw-[0-9]+"}),
]


def status(path: str) -> str:
    """What Traefik answers by now."""
    address = kubectl(
        "get", "service", "-n", "traefik", "traefik", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}"
    )
    words = (
        "curl",
        "-s",
        "-m",
        "5",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "-H",
        f"Host: {HOST}",
        f"http://{address}{path}",
    )
    return subprocess.run([*OPERATOR, *words], capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Json]:
    folder: pathlib.Path = tmp_path_factory.mktemp("entries")
    with new_namespace() as name:
        create(OBJECTS, "-n", name)
        given = json.dumps({"status": {"loadBalancer": {"ingress": [{"ip": SECURE}]}}})
        for kind in ("service/only-443", "ingress/secure"):
            kubectl("patch", "-n", name, kind, "--subresource=status", "--type=merge", "-p", given)
        wait_for_pods(name)
        until("Traefik has the paths", lambda: status("/kw-deaf") == "502")
        asked = {"namespaces": [name], "models": ["pod_to_ingress"], "probe_timeout": PROBE_TIMEOUT}
        result = Module("net_probe", folder)(dest=str(folder), **asked)
        assert result.get("reason", "") in ("", "checks_failed"), result
        found = json.loads((folder / "report.json").read_text())
        yield {**found, "namespace": name}


def cells(report: Json, path: str, host: str = HOST) -> list[Json]:
    http = [cell for cell in report["cells"] if f"/{host}{path}:" in cell["target"] and cell["protocol"] == "http"]
    found = [cell for cell in http if cell["via"] in ("name", "address")]
    assert found, path
    return found


def test_a_page_that_the_application_does_not_have_proves_the_path(report):
    found = cells(report, "/kw-page")
    assert {(cell["verdict"], cell["outcome"], cell["author"]) for cell in found} == {("pass", "http_404", "peer")}


@pytest.mark.parametrize(
    ("path", "whose", "cause"),
    [
        ("/kw-lost", "network", "there is no IngressClass nginx-internal; there is traefik"),
        ("/kw-gone", "network", "Service {}/gone does not exist"),
        ("/kw-port", "network", "Service {}/web has no port 81; it has 80 (http)"),
        ("/kw-asleep", "application", "Service {}/asleep port 80 has no ready endpoint"),
        ("/kw-deaf", "application", "Traefik answers HTTP 502 itself"),
    ],
)
def test_what_could_not_have_answered_fails_with_its_cause(report, path, whose, cause):
    found = cells(report, path)
    assert {(cell["verdict"], cell["whose"]) for cell in found} == {("fail", whose)}
    assert all(cause.format(report["namespace"]) in cell["reason"] for cell in found)


def test_a_controller_without_port_80_is_not_asked_there(report):
    secure = [cell for cell in report["cells"] if f"/{report['namespace']}/secure/" in cell["target"]]
    assert {cell["target"].rpartition(":")[2] for cell in secure} == {"443"}
    told = {item["what"]: item["reason"] for item in report["not_tested"]}
    reason = told[f"Ingress {report['namespace']}/secure port 80"]
    assert reason == f"Service {report['namespace']}/only-443, whose address it has, has no port 80"


def test_routes_that_want_more_than_a_path_are_named_with_what_they_want(report):
    told = {item["what"]: item["reason"] for item in report["not_tested"]}
    assert "header x-canary" in told[f"HTTPRoute {report['namespace']}/by-header path /"]
    assert "a regular expression" in told[f"HTTPRoute {report['namespace']}/by-pattern path /kw-[0-9]+"]


def test_an_exact_path_is_asked_with_the_other_slash_and_the_address_by_icmp(report):
    assert {cell["verdict"] for cell in (*cells(report, "/kw-exact"), *cells(report, "/kw-exact/"))} == {"pass"}
    pinged = [cell for cell in report["cells"] if cell["protocol"] == "icmp"]
    assert {cell["verdict"] for cell in pinged} == {"skipped"}


def test_a_route_that_the_controller_dropped_fails_by_its_own_page(report):
    found = [cell for cell in cells(report, "/kw-dropped", UNKNOWN) if cell["via"] == "address"]
    assert {(cell["verdict"], cell["author"], cell["whose"]) for cell in found} == {("fail", "controller", "network")}
    assert all("it has no route for this host and path" in cell["reason"] for cell in found)


def test_a_path_of_every_host_is_compared_as_well(report):
    found = cells(report, "/kw-hostless", "*")
    assert {(cell["verdict"], cell["outcome"], cell["author"]) for cell in found} == {("pass", "http_404", "peer")}


def test_it_is_asked_beside_whose_page_it_is_that_may_be_the_controllers(report):
    beside = ("host of nobody", "path of nobody", "endpoint itself")
    found = [cell for cell in report["cells"] if cell["via"] in beside]
    assert {cell["verdict"] for cell in found} == {"skipped"}
    # Another Ingress has every path of this host.
    assert {cell["via"] for cell in found if f"{HOST}/kw-page:" in cell["target"]} >= {beside[0], beside[2]}
    assert {cell["via"] for cell in found if "/*/kw-hostless:" in cell["target"]} == set(beside[1:])


def test_a_method_is_called_and_what_speaks_no_grpc_behind_its_route_fails(report):
    def of(path: str) -> list[Json]:
        found = [
            cell for cell in report["cells"] if f"/{UNKNOWN}{path}:" in cell["target"] and cell["via"] == "address"
        ]
        return [cell for cell in found if cell["protocol"] in ("http", "https")]

    calls = of("/kw.Calls/Get")
    assert {(cell["verdict"], cell["outcome"], cell["author"]) for cell in calls} == {("pass", "http_200", "peer")}
    assert {cell["evidence"]["headers"]["grpc-status"] for cell in calls} == {"12"}
    assert {cell["asked"].partition(":")[0] for cell in calls} == {"grpc", "grpcs"}
    pages = of("/kw.Pages/Get")
    assert {(cell["verdict"], cell["author"]) for cell in pages} == {("fail", "controller")}


def test_a_policy_that_keeps_the_controller_from_what_is_behind_it_is_the_cause(report):
    found = cells(report, "/kw-hidden")
    assert {(cell["verdict"], cell["whose"]) for cell in found} == {("fail", "network")}
    said = (
        f"its controller may not connect to what is behind it: NetworkPolicy {report['namespace']}/closed isolates Pod"
    )
    assert all(cell["reason"].startswith(said) for cell in found)
