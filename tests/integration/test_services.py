# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides who reaches a Service, and where: all objects deployed at once, and asked in one run."""

from __future__ import annotations

import json
import pathlib
import time
import typing as t

import pytest

from .conftest import PATIENCE, Module, create, image, kubectl, new_namespace, objects, wait_for_pods

Json = dict[str, t.Any]

NEAR, MOVING = {"app": "near"}, {"app": "moving"}
NEAR_CLOSED = {"podSelector": {"matchLabels": {"closed": "yes"}}, "policyTypes": ["Ingress"]}
OLD_PORT = {"podSelector": {"matchLabels": MOVING}, "ingress": [{"ports": [{"port": 8080}]}]}
MODELS = [
    "pod_to_service",
    "pod_to_headless",
    "pod_to_loadbalancer",
    "pod_to_nodeport",
    "outside_to_loadbalancer",
    "outside_to_nodeport",
]


def pod(name: str, node: str, labels: dict[str, str], number: int = 8080, **spec: t.Any) -> Json:
    more = {name: spec.pop(name) for name in ("lifecycle", "env") if name in spec}
    container = {
        "name": "app",
        "image": image("frontend"),
        "command": ["python3", "-m", "http.server", str(number), "--bind", "::"],
        "ports": [{"name": "http", "containerPort": number}],
        "readinessProbe": {"tcpSocket": {"port": number}, "periodSeconds": 1},
        **more,
    }
    spec = {"terminationGracePeriodSeconds": 0, **spec}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {"nodeSelector": {"kubernetes.io/hostname": node}, "containers": [container], **spec},
    }


def service(name: str, selector: dict[str, str], **spec: t.Any) -> Json:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": selector, "ports": ports, "ipFamilies": ["IPv4"], **spec},
    }


def policy(name: str, spec: Json) -> Json:
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


CLIENT = {"app": "client"}
OBJECTS = (
    ("client-2", "w2", CLIENT),
    ("near-1", "w1", NEAR),
    ("near-2", "w2", {**NEAR, "closed": "yes"}),
    ("moving-1", "w1", MOVING),
)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[list[Json]]:
    folder = tmp_path_factory.mktemp("services")
    with new_namespace() as space:
        lasting = {"lifecycle": {"preStop": {"sleep": {"seconds": 120}}}, "terminationGracePeriodSeconds": 150}
        create(
            [
                *(pod(*each) for each in OBJECTS),
                pod("moving-2", "w2", MOVING, 9376),
                pod("client-1", "w1", CLIENT, env=[{"name": "UPSTREAM", "value": "http://used/items"}]),
                pod("lonely-1", "w1", {"app": "lonely"}),
                pod("control-1", "cp", {"app": "control"}, tolerations=[{"operator": "Exists"}]),
                service("used", CLIENT, clusterIP="None"),
                service("unused", CLIENT, clusterIP="None"),
                service("lonely", {"app": "lonely"}, internalTrafficPolicy="Local", sessionAffinity="ClientIP"),
                service("portless", CLIENT, type="LoadBalancer", allocateLoadBalancerNodePorts=False),
                service("excluded", {"app": "control"}, type="LoadBalancer", externalTrafficPolicy="Local"),
                pod("fading-1", "w1", {"app": "fading"}, **lasting),
                pod("fading-2", "w2", {"app": "fading"}),
                service("moving", MOVING, clusterIP="None"),
                service("moving-vip", MOVING),
                service("nearby", NEAR, trafficDistribution="PreferSameNode"),
                service("members-only", NEAR, type="LoadBalancer", loadBalancerSourceRanges=["198.18.0.50/32"]),
                service("fading", {"app": "fading"}, type="NodePort", externalTrafficPolicy="Local"),
                policy("close-one", NEAR_CLOSED),
                policy("old-port", OLD_PORT),
            ],
            "-n",
            space,
        )
        try:
            wait_for_pods(space)
            kubectl("delete", "pod", "fading-1", "-n", space, "--wait=false")
            wait_until_ready(space)
            yield asked(space, folder)
        finally:
            kubectl("delete", "pod", "fading-1", "-n", space, "--grace-period=0", "--force", check=False)


def wait_until_ready(space: str) -> None:
    """Wait for what controllers add: the address of the load balancer, hints, and the end of the Pod that goes."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        services = {each["metadata"]["name"]: each for each in objects("services", "-n", space)}
        slices = objects("endpointslices", "-n", space)
        endpoints = [
            (part["metadata"]["labels"]["kubernetes.io/service-name"], each)
            for part in slices
            for each in part["endpoints"] or ()
        ]
        near = [each for name, each in endpoints if name == "nearby"]
        going = [each for name, each in endpoints if name == "fading" and each["conditions"].get("terminating")]
        if (
            all(services[name]["status"]["loadBalancer"].get("ingress") for name in ("members-only", "portless"))
            and len(near) == 2
            and all(each.get("hints", {}).get("forNodes") for each in near)
            and going
        ):
            return
        time.sleep(0.3)
    raise AssertionError(services, slices)


def asked(space: str, folder: pathlib.Path) -> list[Json]:
    snapshot = str(folder / "snapshot.json")
    facts = Module("net_info", folder)(namespaces=[space], dest=snapshot)
    assert not facts.get("failed"), facts
    result = Module("net_probe", folder)(
        namespaces=[space],
        snapshot=snapshot,
        dest=str(folder),
        models=MODELS,
        protocols=["tcp", "icmp", "dns"],
        families=["IPv4"],
        sources=[{"pod": "client-1"}, {"pod": "client-2"}, {"outside": True}],
        probe_timeout=6.0,  # what is closed waits for it, and what is open has to answer in it
    )
    assert result.get("reason", "") in ("", "checks_failed"), result
    return list(json.loads((folder / "report.json").read_text())["cells"])


def of(cells: list[Json], name: str, model: str, protocol: str = "tcp") -> list[Json]:
    found = [
        cell
        for cell in cells
        if f"/{name}" in cell["target"] and cell["model"] == model and cell["protocol"] == protocol
    ]
    assert found, sorted({(cell["model"], cell["target"]) for cell in cells})
    return found


def test_source_ranges_close_a_load_balancer_to_pods_and_to_the_outside(cells: list[Json]) -> None:
    for model in ("pod_to_loadbalancer", "outside_to_loadbalancer"):
        for cell in of(cells, "members-only", model):
            assert (cell["expectation"], cell["outcome"]) == ("deny", "timeout"), cell
            assert "loadBalancerSourceRanges" in cell["expectation_reason"]
            assert cell["decided_by"].endswith("/members-only")


def test_the_ping_of_a_load_balancer_is_asked_and_never_a_failure(cells: list[Json]) -> None:
    for model in ("pod_to_loadbalancer", "outside_to_loadbalancer"):
        for cell in of(cells, "members-only", model, "icmp"):
            assert cell["verdict"] == "skipped"
            # The operator of the lab may not send ICMP.
            assert cell["outcome"] != "probe_error" or cell["source"].startswith("outside/"), cell
            assert cell["outcome"] != "not_applicable", cell


def test_two_numbers_behind_one_name(cells: list[Json]) -> None:
    found = {
        (cell["asked"].rpartition(":")[2], cell["expectation"], cell["outcome"])
        for cell in of(cells, "moving", "pod_to_headless")
        if cell["target"].startswith("endpoint/")
    }
    assert found == {("8080", "allow", "open"), ("9376", "deny", "timeout")}
    for cell in of(cells, "moving-vip", "pod_to_service"):
        assert cell["expectation"] == "unknown"
        assert "depends on which endpoint is picked: 1 of 2" in cell["expectation_reason"]


def test_hints_decide_which_endpoint_a_node_uses(cells: list[Json]) -> None:
    found = {
        (cell["source"].split("/")[1], cell["expectation"], cell["outcome"])
        for cell in of(cells, "nearby", "pod_to_service")
    }
    assert found == {("client-1", "allow", "open"), ("client-2", "deny", "timeout")}


def test_an_endpoint_that_still_serves_while_it_terminates(cells: list[Json]) -> None:
    (cell,) = (
        each
        for each in cells
        if each["model"] == "outside_to_nodeport" and "/w1:" in each["target"] and "/fading" in each["decided_by"]
    )
    assert (cell["verdict"], cell["outcome"]) == ("pass", "open"), cell
    assert "1 terminating endpoint on node w1" in cell["expectation_reason"]


def test_a_port_that_a_headless_service_does_not_translate_is_a_failure_where_a_pod_names_it(cells: list[Json]) -> None:
    def at(name: str) -> list[Json]:
        return [cell for cell in of(cells, name, "pod_to_headless") if cell["target"].startswith("svc/")]

    for cell in at("unused"):
        assert (cell["verdict"], cell["outcome"], cell["application"]) == ("pass", "refused", "refused"), cell
        assert "its endpoints have port 8080, which its SRV records give" in cell["note"]
        assert cell["note"].endswith("clients that use unused:80 are not connected")
    for cell in at("used"):
        assert (cell["verdict"], cell["whose"]) == ("fail", "application"), cell
        assert "clients that use used:80 are not connected, such as Pod test-" in cell["reason"]
        assert "/client-1" in cell["reason"]


def test_a_load_balancer_without_node_ports(cells: list[Json]) -> None:
    for model in ("pod_to_loadbalancer", "outside_to_loadbalancer"):
        assert {cell["verdict"] for cell in of(cells, "portless", model)} == {"pass"}
    assert not [cell for cell in cells if "portless" in cell["target"] and "nodeport" in cell["model"]]


def test_an_internal_policy_closes_a_service_on_nodes_without_an_endpoint(cells: list[Json]) -> None:
    found = {
        cell["source"].split("/")[1]: (cell["expectation"], cell["outcome"], cell["verdict"])
        for cell in of(cells, "lonely", "pod_to_service")
        if cell["via"] == "address"
    }
    assert found["client-1"] == ("allow", "open", "pass")
    assert found["client-2"][::2] == ("deny", "pass")


def test_a_load_balancer_that_may_use_no_node_that_has_an_endpoint(cells: list[Json]) -> None:
    """kubeadm labels the control plane; MetalLB heeds that, and has no node then that could answer for the address."""
    if not any("/excluded" in cell["target"] and cell["model"] == "outside_to_loadbalancer" for cell in cells):
        pytest.skip("the load balancer gave it no address")
    (cell,) = of(cells, "excluded", "outside_to_loadbalancer")
    assert cell["verdict"] == "fail", cell
    assert "load balancers send nothing to cp (label node.kubernetes.io/exclude-from" in cell["reason"]
    assert {each["verdict"] for each in of(cells, "excluded", "pod_to_loadbalancer")} == {"pass"}
