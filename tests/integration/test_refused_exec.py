# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An exec that cannot be: the kubelet is out of reach, or a policy says no. Who says so is named, and what helps."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from .conftest import Module, create, kubectl, new_namespace, until
from .node_objects import registered, run_nowhere

pytestmark = [pytest.mark.alone, pytest.mark.everywhere]  # other tests ask all nodes

NOBODY = "198.18.0.77"  #: an address of the nodes' network that no machine has
IMAGE = "registry.lab:5000/shop-frontend:1"
TARGETS = [{"host": "198.18.0.2", "port": 6443}]


@pytest.fixture(scope="module")
def cut_off() -> t.Iterator[tuple[str, str]]:
    """A namespace with two running Pods, and their node, whose kubelet nobody can reach."""
    with new_namespace() as namespace:
        node = f"cut-off-{namespace[-8:]}"
        with registered(node, NOBODY):
            try:
                create([pod(name, namespace, node) for name in ("a", "b")])
                for name in ("a", "b"):
                    run_nowhere(namespace, name, IMAGE)
                yield namespace, node
            finally:
                kubectl("delete", "pod", "--all", "-n", namespace, "--force", "--grace-period=0")


def pod(name: str, namespace: str, node: str) -> dict[str, t.Any]:
    spec = {"nodeName": node, "tolerations": [{"operator": "Exists"}], "containers": [{"name": "app", "image": IMAGE}]}
    metadata = {"name": name, "namespace": namespace, "labels": {"app": "cut-off"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def probed(folder: pathlib.Path, namespace: str) -> tuple[list[dict[str, t.Any]], list[dict[str, t.Any]]]:
    """Probe from the Pods of the namespace; return the cells and what is said of the sources."""
    sources = [{"label_selector": "app=cut-off"}]
    Module("net_probe", folder)(namespaces=[namespace], sources=sources, targets=TARGETS, dest=str(folder / "run"))
    text = (folder / "run" / "report.json").read_text()
    assert "command=" not in text
    report = json.loads(text)
    assert len({cell["source"] for cell in report["cells"]}) == 2
    return report["cells"], [report["sources"][cell["source"]] for cell in report["cells"]]


def test_a_kubelet_out_of_reach_is_said_once_for_its_node(cut_off, tmp_path: pathlib.Path) -> None:
    namespace, node = cut_off
    cells, sources = probed(tmp_path, namespace)
    words = f"the API server cannot reach the kubelet of {node} at {NOBODY}:10250 (no route to host)"
    assert {(cell["verdict"], cell["reason"]) for cell in cells} == {("unknown", words)}
    assert {source["error"] for source in sources} == {words}
    assert all(f"port 10250 of node {node}" in source["remedy"] for source in sources)


def test_a_command_there_has_the_class(cut_off, tmp_path: pathlib.Path) -> None:
    namespace, node = cut_off
    result = Module("debug_exec", tmp_path)(namespace=namespace, name="a", argv=["true"])
    (answer,) = result["answers"]
    assert (answer["exit_class"], answer["rc"]) == ("kubelet_unreachable", None)
    assert f"the kubelet of {node} at {NOBODY}:10250" in answer["message"]


@pytest.fixture
def policy(cut_off) -> t.Iterator[str]:
    """A policy that closes exec in the namespace."""
    namespace, _node = cut_off
    name = f"no-exec-{namespace}"
    group = "admissionregistration.k8s.io/v1"
    rules = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CONNECT"], "resources": ["pods/exec"]}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "resourceRules": [rules],
        },
        "validations": [{"expression": "false", "message": "exec is closed here by order of the platform team"}],
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    kinds = {"ValidatingAdmissionPolicy": spec, "ValidatingAdmissionPolicyBinding": binding}
    try:
        create([{"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": kinds[kind]} for kind in kinds])
        yield name
    finally:
        for kind in kinds:
            kubectl("delete", kind, name, "--ignore-not-found")


def test_a_policy_that_says_no_is_quoted(cut_off, policy: str, tmp_path: pathlib.Path) -> None:
    namespace, _node = cut_off
    execute = Module("debug_exec", tmp_path)

    def closed() -> dict[str, t.Any] | None:
        (answer,) = execute(namespace=namespace, name="a", argv=["true"])["answers"]
        return answer if answer["exit_class"] == "forbidden" else None

    answer = until("the policy is in force", closed)
    cells, sources = probed(tmp_path, namespace)
    for said in [answer["message"], *(cell["reason"] for cell in cells)]:
        assert f"ValidatingAdmissionPolicy '{policy}'" in said
        assert "exec is closed here by order of the platform team" in said
    for said in [answer["message"], *(source["remedy"] for source in sources)]:
        assert f"the policy {policy} for an exemption" in said
        assert "Role" not in said
        assert "image" not in said
