# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The echo objects: a Pod that passes the Pod Security level restricted, a Service of each kind, an Ingress."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.spec import pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage import echo_objects


def echo_pod(profile: str = "restricted") -> dict[str, t.Any]:
    manifest = pod(DebugSpec("image:1", profile, labels={"a": "b"}), "own", "echo-0")
    echo_objects.complete(manifest, 60, "echo-w1", "echo-0")
    return manifest


def test_both_containers_have_the_security_context_of_the_profile() -> None:
    first, second = echo_pod()["spec"]["containers"]
    assert first["securityContext"] == second["securityContext"]
    assert first["securityContext"]["runAsNonRoot"] is True


def test_services_select_the_pods_and_name_their_ports() -> None:
    manifest = echo_pod()
    labels = manifest["metadata"]["labels"]
    ports = {port["containerPort"] for port in manifest["spec"]["containers"][0]["ports"]}
    services = echo_objects.services("own", "r", "cluster.local")
    kinds = {each["metadata"]["name"]: each["spec"] for each in services}
    assert [spec.get("type", "ClusterIP") for spec in kinds.values()] == [
        *("ClusterIP", "ClusterIP", "NodePort", "ExternalName", "LoadBalancer")
    ]
    for spec in kinds.values():
        assert spec.get("selector", {}).items() <= labels.items()
        assert {port["targetPort"] for port in spec.get("ports", ())} <= ports
    assert kinds["echo-alias"]["externalName"] == "echo.own.svc.cluster.local"
    headless = kinds[manifest["spec"]["subdomain"]]
    assert headless["clusterIP"] == "None"
    assert all(port["port"] == port["targetPort"] for port in headless["ports"])


def test_an_ingress_takes_a_path_that_nobody_else_has() -> None:
    (rule,) = echo_objects.ingress("kubewire-r", "r", "nginx")["spec"]["rules"]
    assert "host" not in rule
    assert [path["path"] for path in rule["http"]["paths"]] == ["/kubewire-r"]


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _number in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    found = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return found


def answers(port: int, sent: bytes, kind: int = socket.SOCK_STREAM) -> bytes:
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(5)
        client.connect(("127.0.0.1", port))
        client.sendall(sent)
        if kind == socket.SOCK_STREAM:
            client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b"")) if kind == socket.SOCK_STREAM else client.recv(65536)


@pytest.mark.parametrize("program", ["python3", "busybox"])
def test_what_the_image_has_answers(program: str, tmp_path: t.Any) -> None:
    """The command as the container runs it, with no other program than those named."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", program):
        (tools / name).symlink_to(sys.executable if name == "python3" else str(shutil.which(name)))
    page, echo = free_ports(2)
    ready = tmp_path / "ready"
    manifest = echo_pod()
    command = manifest["spec"]["containers"][0]["command"][:4]
    words = [*command, str(page), str(echo), "60", str(ready)]
    with subprocess.Popen(words, env={"PATH": str(tools)}, stdout=subprocess.DEVNULL, start_new_session=True) as server:
        try:
            until = time.monotonic() + 20
            while not ready.exists():
                assert server.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            time.sleep(0.3)
            assert answers(echo, b"echo 0a1b") == b"echo 0a1b"
            if program == "python3":  # BusyBox has no echo for UDP
                assert answers(echo, b"echo 0a1b", socket.SOCK_DGRAM) == b"echo 0a1b"
            page_text = answers(page, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert page_text.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"kubewire echo " in page_text.partition(b"\r\n\r\n")[2]
        finally:
            os.killpg(server.pid, signal.SIGKILL)


def test_an_image_with_nothing_that_answers_says_so(tmp_path: t.Any) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "sh").symlink_to(str(shutil.which("sh")))
    command = echo_pod()["spec"]["containers"][0]["command"][:4]
    words = [*command, "1", "2", "60", str(tmp_path / "ready")]
    done = subprocess.run(words, env={"PATH": str(tools)}, capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert "nothing in it can answer" in done.stderr
