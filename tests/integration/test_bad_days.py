# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input and bad days: one clear error, or an unknown cell with its reason and the remedy, in time."""

from __future__ import annotations

import base64
import json
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from .conftest import (
    OPERATOR,
    PATIENCE,
    ROOT,
    image,
    kubectl,
    objects,
    pod,
    role,
    running,
    settle,
    until,
    wait_for_service,
)

API = "https://198.18.0.2:6443"
SLEEP = ["python3", "-c", "import time; time.sleep(3600)"]
#: One Service by TCP is question enough where only the fate of the answer matters.
ONE = {
    "models": ["pod_to_service"],
    "targets": [{"namespace": "shop", "service": "frontend"}],
    "protocols": ["tcp"],
    "families": ["IPv4"],
}


def fails(result, reason):
    assert result.get("failed"), result
    assert result["reason"] == reason, result["msg"]
    return result["msg"]


def reasons(result, source, verdict="unknown"):
    cells = [cell for cell in result["cells"] if cell["source"] == source]
    assert cells
    assert [(cell["verdict"], cell["reason"]) for cell in cells if cell["verdict"] != verdict] == []
    return " ".join({cell["reason"] for cell in cells})


def test_unknown_namespace(net_probe):
    message = fails(net_probe(namespaces=["shopp"]), "no_such_namespace")
    assert "namespaces: 'shopp' does not exist" in message
    assert "shop" in message.split("Existing namespaces are")[1]


def test_no_kubeconfig(net_info, tmp_path):
    message = fails(net_info(kubeconfig=str(tmp_path / "none")), "no_credentials")
    assert "does not exist" in message
    assert "K8S_AUTH_KUBECONFIG" in message
    message = fails(net_info(environ={"KUBECONFIG": "", "HOME": str(tmp_path)}), "no_credentials")
    assert "K8S_AUTH_HOST" in message


def test_unreachable_api_server(net_info):
    """Nobody has this address on the lab's network."""
    message = fails(net_info(host="https://198.18.0.250:6443", api_key="x", request_timeout=2), "unreachable")
    assert "https://198.18.0.250:6443 cannot be reached within 2 s" in message
    assert net_info.seconds < 60


def test_untrusted_api_server(net_info):
    message = fails(net_info(host=API, api_key="x"), "untrusted")
    assert "ca_cert" in message


def test_expired_token(net_info):
    """Signed with the cluster's own key and over since an hour: nothing but its time is wrong."""
    head, body, _signature = kubectl("create", "token", "default", "-n", "default").strip().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims.update(iat=int(time.time()) - 7200, nbf=int(time.time()) - 7200, exp=int(time.time()) - 3600)
    signed = f"{head}.{_base64(json.dumps(claims).encode())}"
    key = serialization.load_pem_private_key(_signing_key().encode(), None)
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    message = fails(net_info(host=API, api_key=f"{signed}.{_base64(signature)}", validate_certs=False), "unauthorized")
    assert "does not accept these credentials" in message
    assert "has expired" in message
    assert signed not in json.dumps(message)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signing_key() -> str:
    """The key that signs service account tokens, read from the control-plane node by a Pod."""
    spec = {
        "nodeName": "cp",
        "restartPolicy": "Never",
        "volumes": [{"name": "pki", "hostPath": {"path": "/etc/kubernetes/pki"}}],
        "containers": [
            {
                "name": "key",
                "image": image("frontend"),
                "command": ["python3", "-c", "print(open('/pki/sa.key').read())"],
                "securityContext": {"runAsUser": 0},
                "volumeMounts": [{"name": "pki", "mountPath": "/pki", "readOnly": True}],
            }
        ],
    }
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "signing-key"}, "spec": spec}
    kubectl("create", "-n", "default", "-f", "-", stdin=manifest)
    try:
        done = "--for=jsonpath={.status.phase}=Succeeded"
        kubectl("wait", "-n", "default", "pod/signing-key", done, f"--timeout={PATIENCE}s")
        return kubectl("logs", "-n", "default", "signing-key")
    finally:
        kubectl("delete", "pod", "-n", "default", "signing-key", "--wait=false")


def test_forbidden_list(net_info):
    message = fails(net_info(impersonate_user="nobody", namespaces=["shop"]), "forbidden")
    assert "cannot list pods in namespace shop" in message
    assert "resources: ['pods'], verbs: ['list']" in message


def test_rights_in_one_namespace_give_a_partial_snapshot(net_info, net_probe, namespace):
    pod(namespace, "probe", ("main", SLEEP))
    readable = "pods,services,endpointslices.discovery.k8s.io,ingresses.networking.k8s.io"
    role(namespace, "jane", (readable, "list"))
    result = net_info(impersonate_user="jane", namespaces=[namespace])
    assert {item["what"] for item in result["missing"]} == {
        "nodes",
        "namespaces",
        "ingressclasses",
        "networkpolicies",
        "gateways.gateway.networking.k8s.io",
        "httproutes.gateway.networking.k8s.io",
        "grpcroutes.gateway.networking.k8s.io",
    }, "the lab serves no tlsroutes; the API server refuses to list them, as it refuses what there is"
    assert all("verbs: ['list']" in item["remedy"] for item in result["missing"])
    assert result["snapshot"]["counts"]["pods"] == 1
    # The exec is sent as jane too, and jane may not.
    probed = net_probe(impersonate_user="jane", namespaces=[namespace], targets=[{"host": "198.18.0.2", "port": 6443}])
    assert "forbidden" in reasons(probed, f"{namespace}/probe/main")
    checked = net_probe(check=True, impersonate_user="jane", namespaces=[namespace], targets=[{"host": "198.18.0.2"}])
    assert {entry["allowed"] for entry in checked["authorisation"] if entry["purpose"] == "exec"} == {False}
    wanted = {entry["resource"] for entry in checked["authorisation"]}
    assert "httproutes" in wanted
    assert "tlsroutes" not in wanted
    assert f"exec is not allowed in namespace {namespace}" in fails(checked, "nothing_to_ask")


def test_exec_with_the_rights_of_a_role_only(net_probe, namespace):
    pod(namespace, "probe", ("main", SLEEP))
    role(namespace, "jim", ("pods", "list"), ("pods/exec", "get,create"))
    role(namespace, "jim2", ("services,endpointslices.discovery.k8s.io,ingresses.networking.k8s.io", "list"))
    result = net_probe(impersonate_user="jim", namespaces=[namespace], targets=[{"host": "198.18.0.2", "port": 6443}])
    assert [cell["verdict"] for cell in result["cells"]] == ["pass"]
    assert "not all policies were read" in result["cells"][0]["reason"]


def test_selectors_that_match_nothing(net_info, net_probe):
    message = fails(net_info(namespaces=["shop"], label_selectors=["app=nope"]), "nothing_selected")
    assert "label_selectors" in message
    assert "'app=nope' matches no Pod in namespaces shop" in message
    message = fails(net_probe(namespaces=["shop"], sources=[{"label_selector": "app=nope"}]), "bad_input")
    assert "sources: no Pod matches label_selector=app=nope in namespaces shop" in message


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"concurrency": 33}, "concurrency: 33 is not allowed; it must be from 1 to 32"),
        ({"deadline": 0}, "deadline: 0 is not allowed; it must be from 1 to 86400"),
        ({"probe_timeout": -1}, "probe_timeout: -1 is not allowed; it must be from 0.1 to 60"),
        ({"targets": [{"host": "a", "port": 70000}]}, "targets: port 70000 is not allowed"),
        ({"targets": [{"host": "a; id", "port": 80}]}, "host 'a; id' is neither an address nor a DNS name"),
        ({"cluster_domain": "a b"}, "cluster_domain: 'a b' is not allowed; it must be a DNS name"),
        ({"snapshot": "/nonexistent/s.json"}, "/nonexistent/s.json: No such file or directory"),
        ({"request_timeout": 0}, "request_timeout: 0 is not allowed"),
    ],
)
def test_bad_options_are_named(net_probe, params, words):
    result = net_probe(namespaces=["shop"], **params)
    assert result["failed"]
    assert words in result["msg"]


def test_a_pod_without_any_tool(net_probe):
    name = running("api")[0]
    result = net_probe(namespaces=["shop"], sources=[{"pod": name}], **ONE)
    assert "neither a shell nor python3" in reasons(result, f"shop/{name}/api")


def test_a_container_that_died(net_probe, namespace):
    """It is dead when the snapshot is taken; its neighbour in the same Pod still asks."""
    mortal = ["python3", "-c", "import os, signal; signal.signal(15, lambda *_: os._exit(3)); signal.pause()"]
    pod(namespace, "half", ("alive", SLEEP), ("dead", mortal), restartPolicy="Never")
    kubectl(
        "exec", "-n", namespace, "half", "-c", "dead", "--", "python3", "-c", "import os; os.kill(1, 15)", check=False
    )
    ended = "--for=jsonpath={.status.containerStatuses[?(@.name=='dead')].state.terminated.exitCode}=3"
    kubectl("wait", "-n", namespace, "pod/half", ended, f"--timeout={PATIENCE}s")
    sources = [{"namespace": namespace, "pod": "half", "container": name} for name in ("dead", "alive")]
    result = net_probe(sources=sources, targets=[{"host": "198.18.0.2", "port": 6443}], families=["IPv4"])
    assert "container dead is not running: Error (exit code 3)" in reasons(result, f"{namespace}/half/dead")
    assert reasons(result, f"{namespace}/half/alive", "pass") == ""


def test_a_pod_that_is_gone_since_the_snapshot(net_info, net_probe, namespace, tmp_path):
    pod(namespace, "short", ("main", SLEEP))
    pod(namespace, "long", ("main", SLEEP))
    path = str(tmp_path / "snapshot.json")
    net_info(namespaces=[namespace, "shop"], dest=path)
    kubectl("delete", "pod", "-n", namespace, "short", "--now")
    sources = [{"namespace": namespace, "pod": name} for name in ("short", "long")]
    result = net_probe(snapshot=path, sources=sources, **ONE)
    assert "is gone or not running" in reasons(result, f"{namespace}/short/main")
    assert reasons(result, f"{namespace}/long/main", "pass") == ""
    target = [{"namespace": namespace, "pod": "short"}]
    asked = {"targets": target, "protocols": ["icmp"], "families": ["IPv4"], "probe_timeout": 1}
    result = net_probe(snapshot=path, sources=[{"namespace": "shop", "label_selector": "app=frontend"}], **asked)
    assert {cell["verdict"] for cell in result["cells"]} == {"unknown"}
    assert all(f"Pod {namespace}/short was deleted" in cell["reason"] for cell in result["cells"])


def test_a_service_without_endpoints(net_probe, namespace):
    pod(namespace, "probe", ("main", SLEEP))
    kubectl("create", "service", "clusterip", "void", "--tcp=80:80", "-n", namespace)
    wait_for_service(namespace, "void", answer="refused")
    result = net_probe(namespaces=[namespace], models=["pod_to_service"], protocols=["tcp", "dns"], families=["IPv4"])
    refused = [cell for cell in result["cells"] if cell["protocol"] == "tcp"]
    assert {(cell["outcome"], cell["verdict"]) for cell in refused} == {("refused", "fail")}
    assert f"Service {namespace}/void port 80 has no ready endpoint: no Pod" in refused[0]["reason"]
    assert {cell["verdict"] for cell in result["cells"] if cell["protocol"] == "dns"} == {"pass"}
    assert result["summary"]["fail"] == len(refused) == len(result["failures"])


@pytest.mark.alone  # whoever lists everything meets it
def test_an_optional_api_that_does_not_answer(net_info, net_probe):
    """As when OpenShift's aggregated API server is down: the group is served, and every list of it fails."""
    name = "v1.route.openshift.io"
    backend = {"service": {"namespace": "default", "name": "nobody"}, "insecureSkipTLSVerify": True}
    spec = {"group": "route.openshift.io", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 15}
    service = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": name}}
    kubectl("create", "-f", "-", stdin={**service, "spec": {**spec, **backend}})
    try:
        until("the group is served", lambda: "route.openshift.io" in kubectl("get", "--raw", "/apis"))
        (missing,) = net_info(namespaces=["shop"])["missing"]
        assert missing["what"] == "routes.route.openshift.io"
        assert "cannot list routes in namespace shop: " in missing["reason"]
        assert f"kubectl get apiservice {name}" in missing["remedy"]
        result = net_probe(namespaces=["shop"], sources=[{"label_selector": "app=frontend"}], **ONE)
        assert {cell["verdict"] for cell in result["cells"]} == {"pass"}
    finally:
        kubectl("delete", "apiservice", name)


@pytest.mark.alone
def test_silence_ends_at_the_deadline_and_keeps_what_came(net_probe):
    """Addresses behind a router that nobody has: six turns of four seconds each, cut after six."""
    silent = [{"host": f"198.18.{net}.{number}", "port": 80} for net in (9, 10, 11) for number in range(1, 250)]
    good = {"host": "198.18.0.2", "port": 6443}
    asked = {
        "namespaces": ["shop"],
        "sources": [{"label_selector": "app=frontend"}],
        "models": [],
        "families": ["IPv4"],
    }
    net_probe(targets=[good], **asked)
    usual = net_probe.seconds  # of the start of the process and the snapshot, as busy as the machine is
    result = net_probe(targets=[good, *silent], deadline=6, **asked)
    assert net_probe.seconds < 6 + 2 + max(10, 2 * usual)
    verdicts = {cell["asked"]: cell["verdict"] for cell in result["cells"]}
    assert verdicts["198.18.0.2:6443"] == "pass"
    assert {cell["verdict"] for cell in result["cells"]} <= {"pass", "fail", "unknown"}
    assert any("deadline" in cell["reason"] for cell in result["cells"])
    assert all(cell["reason"] for cell in result["cells"] if cell["verdict"] != "pass")


def kubelet(action, node):
    subprocess.run([ROOT / "lab" / "lab", "kubelet", action, node], check=True, capture_output=True)


@pytest.mark.alone
@pytest.mark.skipif(not OPERATOR, reason="only the lab's kubelets can be stopped")
def test_a_node_that_is_not_ready(net_probe):
    kubelet("stop", "w2")
    try:
        kubectl("wait", "node/w2", "--for=condition=Ready=Unknown", f"--timeout={PATIENCE}s")
        result = net_probe(namespaces=["shop"], deadline=150)
        assert net_probe.seconds < 150
    finally:
        kubelet("start", "w2")
        settle()  # CoreDNS, too, comes back only after its node
    on_w2 = {item["metadata"]["name"] for item in objects("pods", "-n", "shop", "--field-selector=spec.nodeName=w2")}
    blind = [cell for cell in result["cells"] if cell["source"].split("/")[1] in on_w2]
    assert blind
    assert {cell["verdict"] for cell in blind} <= {"unknown", "skipped"}
    assert all("Node w2 is NotReady" in cell["reason"] for cell in blind if cell["verdict"] == "unknown")
    assert [cell for cell in result["cells"] if cell["verdict"] == "pass"]
