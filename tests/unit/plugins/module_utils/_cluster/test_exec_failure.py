# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an API server says in place of a running command; the words are those of Kubernetes 1.29 to 1.36."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec as exec_
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec_failure

URL = 'Post "https://198.18.0.77:10250/exec/shop/web/web?command=sh&command=-c&command=our+script&output=1"'
PREFIX = "Internal error occurred: "


@pytest.mark.parametrize(
    ("said", "message", "remedy"),
    [
        (
            f"error sending request: {URL}: dial tcp 198.18.0.77:10250: i/o timeout",
            "at 198.18.0.77:10250 (timeout)",
            "10250",
        ),
        (
            f"error sending request: {URL}: dial tcp 198.18.0.77:10250: connect: no route to host",
            "at 198.18.0.77:10250 (no route to host)",
            "InternalIP",
        ),
        (
            "error dialing backend: dial tcp [fd00:198:18::11]:10250: connect: connection refused",
            "at [fd00:198:18::11]:10250 (connection refused)",
            "kubelet runs",
        ),
        (
            f"error sending request: {URL}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            "at 198.18.0.77:10250 (timeout)",
            "10250",
        ),
        (
            "error dialing backend: remote error: tls: internal error",
            "(remote error: tls: internal error)",
            "kubectl get csr",
        ),
        (
            "error dialing backend: tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "(tls: failed to verify certificate: x509: certificate signed by unknown authority)",
            "kubectl get csr",
        ),
        ("error dialing backend: No agent available", "(No agent available)", "konnectivity"),
        (
            "error dialing backend: proxy error from 127.0.0.1:9345 while dialing 10.1.2.3:10250, code 502: bad",
            "at 10.1.2.3:10250 (proxy error from 127.0.0.1:9345 while dialing 10.1.2.3:10250, code 502: bad)",
            "k3s",
        ),
    ],
)
def test_a_kubelet_out_of_reach_is_named_with_its_node(said, message, remedy):
    failure = exec_failure.of_status(PREFIX + said, "w1")
    assert failure.exit_class == "kubelet_unreachable"
    assert failure.message.startswith("the API server cannot reach the kubelet of w1 ")
    assert failure.message.endswith(message)
    assert remedy in failure.remedy
    assert "our+script" not in str(failure)
    assert "image" not in str(failure)


def test_an_answer_of_401_that_is_no_status_is_the_kubelets():
    found = exec_failure.of_answer(401, b"Unauthorized", "shop", "web", "w2")
    assert found.exit_class == "kubelet_unreachable"
    assert found.message == "the kubelet of w2 does not accept the API server's request (Unauthorized)"
    assert "clientCAFile" in found.remedy


def test_a_kubelet_that_does_not_know_the_api_server_is_no_lost_stream():
    said = (
        'unable to upgrade connection: forbidden: User "kube-apiserver-kubelet-client" cannot post path "/exec/a/b/c"'
    )
    failure = exec_failure.of_status(said)
    assert failure.exit_class == "kubelet_unreachable"
    assert failure.message.startswith("the kubelet of the node of the Pod does not accept the API server's request")
    assert "system:kubelet-api-admin" in failure.remedy
    gone = exec_failure.of_status('unable to upgrade connection: container not found ("web")')
    assert gone.exit_class == "no_container"


POLICY = (
    "pods \"web\" is forbidden: ValidatingAdmissionPolicy 'no-exec' with binding 'no-exec' denied request: "
    "exec is closed here by order of the platform team"
)
WEBHOOK = 'admission webhook "validate.kyverno.svc-fail" denied the request: no exec into production'
DOWN = 'Internal error occurred: failed calling webhook "gate.example.com": no endpoints available for service "gate"'
RBAC = 'pods "web" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" in the namespace "shop"'


@pytest.mark.parametrize(
    ("code", "said", "remedy"),
    [
        (422, POLICY, "the policy no-exec for an exemption"),
        (403, POLICY, "the policy no-exec for an exemption"),
        (400, WEBHOOK, "the webhook validate.kyverno.svc-fail for an exemption"),
        (403, 'pods "web" is forbidden: [no-exec] not on Fridays', "an exemption"),
        (500, DOWN, "the webhook gate.example.com does not answer"),
        (403, RBAC, "pods/exec"),
        (401, "Unauthorized", "log in again"),
    ],
)
def test_a_refusal_names_who_refused(bad_server, code, said, remedy):
    body = {"kind": "Status", "status": "Failure", "message": said, "code": code}
    server = bad_server(lambda peer: peer.answer(code, body))
    result = exec_.run(server.connection(), "shop", "web", "web", ["sh"], deadline=60)
    assert (result.exit_class, result.rc) == ("forbidden", None)
    assert said in result.message
    assert remedy in result.remedy
    assert ("grant a Role" in result.remedy) is (said == RBAC)
    assert "image" not in result.remedy


@pytest.mark.parametrize(
    ("code", "exit_class"), [(404, "no_container"), (429, "refused"), (503, "refused"), (302, "refused")]
)
def test_another_answer_is_not_lost(code, exit_class):
    body = json.dumps({"kind": "Status", "message": "no"}).encode()
    failure = exec_failure.of_answer(code, body, "shop", "web")
    assert (failure.exit_class, failure.message) == (exit_class, "cannot exec into Pod shop/web: no")


@pytest.mark.parametrize(
    ("body", "exit_class"), [(b'container not found ("web")', "no_container"), (b"permission denied", "refused")]
)
def test_plain_text_is_the_kubelets_only_where_a_container_is_gone(body, exit_class):
    assert exec_failure.of_answer(500, body, "shop", "web").exit_class == exit_class


def test_silence_may_be_a_kubelet_out_of_reach(bad_server):
    """An API server says so after 30 s alone; until then nobody can tell it from a command that prints nothing."""

    def script(peer):
        peer.upgrade()
        time.sleep(60)

    result = exec_.run(bad_server(script).connection(), "shop", "web", "web", ["true"], deadline=0.5, node="w1")
    assert result.exit_class == "deadline"
    assert "or it did not start because the API server cannot reach the kubelet of w1" in result.message
    assert "more than 32 s" in result.remedy


def test_a_command_that_spoke_was_running(bad_server):
    def script(peer):
        peer.upgrade()
        peer.send(2, b"w")
        time.sleep(60)

    result = exec_.run(bad_server(script).connection(), "shop", "web", "web", ["true"], deadline=2, node="w1")
    assert (result.exit_class, result.message) == ("deadline", "the command was still running at the deadline")
