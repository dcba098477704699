# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a snapshot of a greater depth says of workloads that do not run, with all rights and with some."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import net_diagnose

from .conftest import COLLECTIONS, OPERATOR, ROOT, create, image, kubectl, may, new_namespace, objects, until

MARKER = "MARKER" + "qx7v"  # in no name of an object and in no file
PULLS = ("ImagePullBackOff", "ErrImagePull")  #: by turns
MOST_REQUESTS, MOST_LOGS = 60, 40
#: What ClusterRole view may not read in one namespace: nothing of the cluster, and no Secrets.
NOT_FOR_VIEW = {
    *("nodes", "volumes", "storage_classes", "priority_classes", "webhooks", "api_services", "signing_requests"),
    *("leases", "node_leases", "namespace_details", "configurations", "components", "secrets"),
    *("dns_access", "mutating_policies", "priority_levels", "flow_schemas"),
}
ENV = [
    {"name": "PLAIN", "value": MARKER},
    {"name": "DATABASE", "value": f"postgres://bob:{MARKER}@db.shop:5432/{MARKER}?password={MARKER}"},
    {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "credentials", "key": "password"}}},
]


def container(name: str = "web", **more: t.Any) -> dict[str, t.Any]:
    return {"name": name, "image": image("frontend"), **more}


def made(kind: str, name: str, version: str = "v1", **more: t.Any) -> dict[str, t.Any]:
    annotations = {"note": MARKER}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "annotations": annotations}, **more}


def deployment(name: str, replicas: int, *containers: dict[str, t.Any]) -> dict[str, t.Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels, "annotations": {"note": MARKER}}, "spec": {"containers": [*containers]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return made("Deployment", name, "apps/v1", spec=spec)


def status(namespace: str, name: str, field: str) -> str:
    """What the container of the Pod of a Deployment has in its status."""
    path = f"{{.items[0].status.containerStatuses[0].{field}}}"
    return kubectl("get", "pods", "-n", namespace, "-l", f"app={name}", "-o", f"jsonpath={path}", check=False)


@pytest.fixture(scope="module")
def broken() -> t.Iterator[str]:
    """A namespace with Pods that do not run, each for a reason of its own, and texts that nobody may see again."""
    crash = ["sh", "-c", f"echo missing DB_HOST; echo password={MARKER}; exit 3"]
    reason = "state.waiting.reason"
    missing = [{"configMapRef": {"name": "nope"}}]
    with new_namespace() as namespace:
        create(
            [
                made("ResourceQuota", "few", spec={"hard": {"pods": "4"}}),
                made("Secret", "credentials", stringData={"password": MARKER}),
                made("ConfigMap", "settings", data={"color": MARKER}),
                made("PersistentVolumeClaim", "data", spec=claim()),
                deployment("image", 1, container(image="registry.lab:5000/nope:1", args=[MARKER, f"--key={MARKER}"])),
                deployment("crash", 1, container(command=crash, env=ENV)),
                deployment("config", 1, container(command=["sleep", "1000"], envFrom=missing)),
            ],
            "-n",
            namespace,
        )
        until("three Pods", lambda: len(objects("pods", "-n", namespace)) == 3)
        create([deployment("many", 5, container(command=["sleep", "1000"]))], "-n", namespace)
        until("an image that is not there", lambda: status(namespace, "image", reason) in PULLS)
        until("a missing ConfigMap", lambda: status(namespace, "config", reason) == "CreateContainerConfigError")
        # What it waits for is seen for moments only: the kubelet says of most of a pause that the container has ended.
        until("a crash", lambda: status(namespace, "crash", "restartCount") not in ("", "0"))
        events = ["get", "events", "-n", namespace, "--field-selector", "reason=FailedCreate", "-o", "name"]
        until("a Pod that the quota refuses", lambda: kubectl(*events))
        until("a Deployment that tells of it", lambda: refused(namespace))
        yield namespace


def refused(namespace: str) -> bool:
    """Whether the status of Deployment many has the one Pod that there is, and that others are refused."""
    status = json.loads(kubectl("get", "deployment", "many", "-n", namespace, "-o", "json"))["status"]
    failures = [each["type"] for each in status.get("conditions", ()) if each["type"] == "ReplicaFailure"]
    return bool(failures) and status.get("replicas") == 1


def claim() -> dict[str, t.Any]:
    wanted = {"requests": {"storage": "1Gi"}}
    return {"storageClassName": "nope", "accessModes": ["ReadWriteOnce"], "resources": wanted}


def read(net_info: t.Any, namespace: str, **params: t.Any) -> dict[str, t.Any]:
    result = net_info(**{"namespaces": [namespace], "depth": "workloads", **params})
    assert "snapshot" in result, result
    assert MARKER not in json.dumps(result)
    found: dict[str, t.Any] = result["snapshot"]["content"]["workloads"]
    assert result["unknown"] == found.get("unknown", {})
    return found


def of(records: list[dict[str, t.Any]], namespace: str, **fields: str) -> list[dict[str, t.Any]]:
    """The records of a namespace whose fields begin like this."""
    return [
        each
        for each in records
        if each.get("namespace") == namespace
        and all(each.get(name, "").startswith(text) for name, text in fields.items())
    ]


def test_why_pods_do_not_run(net_info, broken):
    found = read(net_info, broken)
    assert found.get("unknown", {}) == {}
    containers = {
        pod["name"].rsplit("-", 2)[0]: pod["containers"][0] for pod in of(found["pods"], broken) if pod["containers"]
    }
    # What crashes runs for moments, and has no reason then.
    states = {name: (each["state"], each.get("reason", "")) for name, each in containers.items()}
    assert states["image"] in [("waiting", reason) for reason in PULLS]
    assert states["config"] == ("waiting", "CreateContainerConfigError")
    assert 'configmap "nope" not found' in containers["config"]["message"]
    crash = containers["crash"]
    assert 3 in (crash.get("exit_code"), crash.get("last_exit_code"))
    assert crash["restarts"] >= 1
    assert crash["addresses"] == ["db.shop:5432"]
    assert crash["address_fields"] == ["spec.containers[0].env[1]"]
    (pod,) = of(found["pods"], broken, name="config-")
    (reference,) = [each for each in pod["references"] if each["name"] == "nope"]
    assert (reference["kind"], reference["field"]) == ("ConfigMap", "spec.containers[0].envFrom[0].configMapRef")


def test_what_is_said_of_them_elsewhere(net_info, broken):
    found = read(net_info, broken)
    pulls = of(found["events"], broken, name="image-", reason="Failed")
    assert pulls
    # What is used already differs from event to event where one comes before the last Pod is counted.
    refusals = of(found["events"], broken, kind="ReplicaSet", name="many-", reason="FailedCreate")
    assert refusals
    for each in refusals:
        assert "exceeded quota: few" in each["message"]
        assert each["count"] >= 1
    (quota,) = of(found["quotas"], broken)
    assert (quota["hard"]["pods"], quota["used"]["pods"]) == ("4", "4")
    owners = {f"{each['kind']}/{each['name']}": each for each in of(found["owners"], broken)}
    assert (owners["Deployment/many"]["desired"], owners["Deployment/many"]["current"]) == (5, 1)
    assert "ReplicaFailure" in {each["type"] for each in owners["Deployment/many"]["conditions"]}
    (data,) = of(found["claims"], broken)
    assert (data["name"], data["storage_class"], data["phase"]) == ("data", "nope", "Pending")
    logs = of(found["logs"], broken, pod="crash-")
    assert ["missing DB_HOST", "password=[redacted]"] in [each.get("lines") for each in logs]
    leases = {each["name"]: each.get("lease") for each in found["nodes"]}
    assert all(leases[name] for name in ("cp", "w1", "w2"))
    assert ("coredns", "Corefile") in {(each["name"], each["key"]) for each in found["configurations"]}
    keys = {(each["kind"], each["name"]): each for each in of(found["keys"], broken)}
    secret = keys["Secret", "credentials"]
    assert (secret["type"], secret["keys"], secret["partial"]) == ("Opaque", ["password"], False)
    assert keys["ConfigMap", "settings"]["keys"] == ["color"]


def test_depth_all_names_keys_and_who_may_do_what(net_info, broken):
    found = read(net_info, broken, depth="all")
    keys = {(each["kind"], each["name"]): each for each in of(found["keys"], broken)}
    assert (keys["Secret", "credentials"]["keys"], keys["Secret", "credentials"]["type"]) == (["password"], "Opaque")
    assert keys["ConfigMap", "settings"]["keys"] == ["color"]
    assert {"ClusterRole", "ClusterRoleBinding"} <= {each["kind"] for each in found["roles"] + found["bindings"]}


def test_nothing_that_is_secret_is_in_a_file_or_a_log(broken, tmp_path):
    dest, log = tmp_path / "run" / "snapshot.json", tmp_path / "ansible.log"
    params = {"namespaces": [broken], "depth": "all", "dest": str(dest), "show": True}
    environ = {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(ROOT / "build" / "ansible"),
        "ANSIBLE_LOG_PATH": str(log),
    }
    words = ["ansible", "localhost", "-vvv", "-m", "kubewire.netdebug.net_info", "-a", json.dumps(params)]
    done = subprocess.run(
        [*OPERATOR, *words], env={**os.environ, **environ}, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "workloads" in dest.read_text()
    for text in (done.stdout, done.stderr, log.read_text(), dest.read_text()):
        assert MARKER not in text


def test_who_may_only_view_is_told_what_is_not_known(net_info, broken):
    kubectl("create", "rolebinding", "viewer", "-n", broken, "--clusterrole=view", "--user=viewer")
    may("viewer", "list", "pods", broken)
    found = read(net_info, broken, impersonate_user="viewer")
    assert set(found["unknown"]) == NOT_FOR_VIEW
    assert all("grant a" in text for text in found["unknown"].values()), found["unknown"]
    assert "resources: ['secrets'], verbs: ['list']" in found["unknown"]["secrets"]
    assert of(found["logs"], broken, pod="crash-")
    assert of(found["quotas"], broken)
    assert of(found["events"], broken, reason="FailedCreate")


def test_what_view_does_not_read_is_unknown_to_the_rules_and_the_rest_is_told(net_info, broken, tmp_path):
    kubectl("create", "rolebinding", "seer", "-n", broken, "--clusterrole=view", "--user=seer")
    may("seer", "list", "pods", broken)
    found = []
    for user in ({}, {"impersonate_user": "seer"}):
        net_info(namespaces=[broken], depth="all", dest=str(tmp_path / "snapshot.json"), **user)
        found.append(net_diagnose.run(net_diagnose.Options(str(tmp_path), show_info=True)).findings)
    whole, viewed = found
    unknown = {each["code"]: each for each in viewed["unknown_rules"]}
    before = {each["code"] for each in whole["unknown_rules"]}
    for code, each in unknown.items():
        assert code in before or "grant a" in each["reason"], each
    told = {each["code"] for each in (*viewed["findings"], *viewed["suspicions"])}
    assert {each["code"] for each in whole["findings"]} <= told | set(unknown)
    assert viewed["outcome"] != "healthy"
    assert set(viewed["evaluated"]) == set(whole["evaluated"]) - set(unknown)
    assert viewed["evaluated"]


@pytest.mark.parametrize("depth", ["workloads", "all"])
def test_requests_stay_bounded(net_info, depth):
    assert net_info(depth=depth)["requests"] <= MOST_REQUESTS + MOST_LOGS


def test_a_wrong_depth_is_refused_with_those_that_there_are(net_info):
    result = net_info(depth="everything")
    assert result["failed"]
    assert "value of depth must be one of: traffic, workloads, all" in result["msg"]
