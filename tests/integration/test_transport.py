# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exec transport and the ways to log in, against the real API server."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from .conftest import COLLECTIONS, OPERATOR, kubectl, may, running

RUN = """
import hashlib, json, sys, time
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import connection, exec
import os
where, cases = json.load(sys.stdin)
server = connection.connect({"kubeconfig": os.environ["KUBECONFIG"]})
for case in cases:
    stdin = case.pop("stdin", None)
    result = exec.run(server, *where, stdin=stdin and stdin.encode(), **case)
    print(json.dumps({
        "class": result.exit_class, "rc": result.rc, "out": result.stdout[:100].decode("latin-1"),
        "err": result.stderr[:100].decode("latin-1"), "bytes": len(result.stdout), "truncated": result.truncated,
        "protocol": result.protocol, "seconds": result.seconds, "message": result.message,
    }))
"""
PY = ["python3", "-c"]


def execute(app, *cases):
    """Run commands in a container of the sample application through our transport, as the operator."""
    where = ["shop", running(app)[0], app]
    done = subprocess.run(
        [*OPERATOR, "env", f"PYTHONPATH={COLLECTIONS}", sys.executable, "-c", RUN],
        input=json.dumps([where, cases]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("code", "exit_class", "rc"),
    [
        ("pass", "exited", 0),
        ("raise SystemExit(1)", "exited", 1),
        ("raise SystemExit(7)", "exited", 7),
        ("import os; os.kill(os.getpid(), 9)", "signalled", 137),
    ],
)
def test_exit_codes_are_true(code, exit_class, rc):
    (result,) = execute("frontend", {"argv": [*PY, code]})
    assert (result["class"], result["rc"]) == (exit_class, rc)
    assert result["protocol"] == "v5.channel.k8s.io"


def test_what_cannot_start_says_so():
    missing, directory = execute("frontend", {"argv": ["no-such-program"]}, {"argv": ["/"]})
    assert (missing["class"], missing["rc"]) == ("not_found", None)
    assert (directory["class"], directory["rc"]) == ("not_executable", None)


def test_streams_stay_apart_and_argv_is_no_shell():
    hostile = "$(id); `id` 'a' \"b\" \\ é\n&& true"
    code = "import sys; sys.stdout.write(ascii(sys.argv[1])); sys.stderr.write('err')"
    (result,) = execute("frontend", {"argv": [*PY, code, hostile]})
    assert result["out"] == ascii(hostile)
    assert result["err"] == "err"


def test_stdin_arrives_and_ends():
    (result,) = execute("frontend", {"argv": [*PY, "import sys; print(len(sys.stdin.read()))"], "stdin": "x" * 200_000})
    assert result["out"] == "200000\n"


def test_output_is_bounded_and_complete_below_the_bound():
    code = "import time; print('x' * 10_000_000, end='', flush=True); time.sleep(5)"  # kubernetes#124571
    cut, whole = execute("frontend", {"argv": [*PY, code]}, {"argv": [*PY, code], "limit": 20_000_000})
    assert (cut["bytes"], cut["truncated"], cut["rc"]) == (1 << 20, True, 0)
    assert (whole["bytes"], whole["truncated"], whole["rc"]) == (10_000_000, False, 0)


def test_a_deadline_ends_it_and_keeps_what_came():
    code = "import time; print('first', flush=True); time.sleep(100)"
    (result,) = execute("frontend", {"argv": [*PY, code], "deadline": 15})
    assert (result["class"], result["rc"], result["out"]) == ("deadline", None, "first\n")
    assert result["seconds"] < 90


def test_a_token_and_the_clusters_ca_log_in(net_info, net_probe, namespace, tmp_path):
    """The way of AWX: host, token and CA as environment variables."""
    kubectl("create", "serviceaccount", "probe", "-n", namespace)
    kubectl("create", "rolebinding", "probe", "-n", "shop", "--clusterrole=view", f"--serviceaccount={namespace}:probe")
    try:
        may(f"system:serviceaccount:{namespace}:probe", "list", "pods", "shop")
        config = json.loads(kubectl("config", "view", "--raw", "-o", "json"))
        ca = tmp_path / "ca.crt"
        ca.write_text(
            kubectl("get", "configmap", "kube-root-ca.crt", "-n", namespace, "-o", r"jsonpath={.data.ca\.crt}")
        )
        environ = {
            "K8S_AUTH_HOST": config["clusters"][0]["cluster"]["server"],
            "K8S_AUTH_API_KEY": kubectl("create", "token", "probe", "-n", namespace).strip(),
            "K8S_AUTH_SSL_CA_CERT": str(ca),
            "K8S_AUTH_VERIFY_SSL": "True",
            "KUBECONFIG": "/nonexistent",
        }
        assert net_info(environ=environ, namespaces=["shop"])["snapshot"]["counts"]["pods"] > 0
        # 'view' may look and not exec: forbidden shows that the stream carries the token and nobody else's right.
        target = [{"host": "198.18.0.2", "port": 6443}]
        probed = net_probe(
            environ=environ, namespaces=["shop"], sources=[{"label_selector": "app=frontend"}], targets=target
        )
        assert {cell["verdict"] for cell in probed["cells"]} == {"unknown"}
        assert "forbidden" in probed["cells"][0]["reason"]
    finally:
        kubectl("delete", "rolebinding", "probe", "-n", "shop")
