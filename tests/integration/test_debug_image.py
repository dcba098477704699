# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The debug image, as the lab builds it from the role's own files, in a Pod that may do as little as a Pod can."""

from __future__ import annotations

import json
import time
import typing as t

import pytest

from .conftest import kubectl, new_namespace, wait_for_pods

IMAGE = "registry.lab:5000/debug:1"
#: What OpenShift gives to a Pod: a user that no image knows, in the group of root.
ANYBODY = 1234567890
BUDGET = 400_000_000
HOME = "/usr/local/share/kubewire"
GRACE = 120  #: seconds that it would take to end if it were not told


@pytest.fixture(scope="module")
def somewhere() -> t.Iterator[str]:
    """A namespace that enforces the profile restricted."""
    with new_namespace({"pod-security.kubernetes.io/enforce": "restricted"}) as name:
        yield name


@pytest.fixture(scope="module")
def run(somewhere: str) -> t.Callable[..., str]:
    """Run a command in the image, in a Pod with a root that cannot be written."""
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    user = {"runAsNonRoot": True, "runAsUser": ANYBODY, "seccompProfile": {"type": "RuntimeDefault"}}
    containers = [{"name": "debug", "image": IMAGE, "securityContext": context}]
    spec = {"containers": containers, "securityContext": user, "terminationGracePeriodSeconds": GRACE}
    metadata = {"name": "debug", "namespace": somewhere}
    kubectl("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    wait_for_pods(somewhere, "debug")
    return lambda *words: kubectl("exec", "-n", somewhere, "debug", "--", *words)


def test_every_tool_starts(run):
    assert run("id", "-u").strip() == str(ANYBODY)
    rows = [line.split("\t") for line in run("kubewire-self-test").splitlines()]
    assert [row[0] for row in rows if row[1] != "ok"] == []
    assert {"ping", "tshark", "nmap", "conntrack", "nft", "strace", "python3"} <= {row[0] for row in rows}


def test_packets_go_out_without_a_capability(run):
    assert run("grep", "CapEff", "/proc/self/status").split()[1] == "0" * 16
    address = json.loads(kubectl("get", "nodes", "-o", "json"))["items"][0]["status"]["addresses"][0]["address"]
    assert " 0% packet loss" in run("ping", "-n", "-c", "1", "-W", "2", address)
    assert address in run("mtr", "--report", "--report-cycles=1", "--gracetime=1", "--no-dns", address)
    assert "reached" in run("tracepath", "-n", "-m", "5", address)


def test_no_file_gives_privileges(run):
    assert run("python3", f"{HOME}/privileges.py", "list") == ""


def test_its_size_is_within_the_budget(run):
    size = int(run("sh", "-c", "du -x -s --apparent-size --block-size=1 / 2>/dev/null || true").split()[0])
    assert 200_000_000 < size < BUDGET


def test_its_list_of_packages_is_true(run):
    document = json.loads(run("cat", f"{HOME}/sbom.cdx.json"))
    listed = {part["name"]: part["version"] for part in document["components"] if part["type"] == "library"}
    installed = run("dpkg-query", "-W", "-f", r"${Package}\t${Version}\n").splitlines()
    assert listed == dict(line.split("\t") for line in installed)


def test_it_ends_when_it_is_told_to(run, somewhere):
    start = time.monotonic()
    kubectl("delete", "pod", "debug", "-n", somewhere)
    assert time.monotonic() - start < GRACE / 2
