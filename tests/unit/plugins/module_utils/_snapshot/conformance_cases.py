# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstream's conformance cases of the cluster's own policies, as C(conformance) holds them."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node, Snapshot
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.parse_cluster_policies import cluster_policy

Json = dict[str, t.Any]
FOLDER = pathlib.Path(__file__).parent / "conformance"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
VERSIONS = {path.stem: yaml.load(path.read_text(), LOADER) for path in sorted(FOLDER.glob("*.yaml"))}
Key = tuple[str, str, str]


def pod_of(item: Json) -> Json:
    """A Pod as the API server has it."""
    address = {"podIP": item["ip"], "podIPs": [{"ip": item["ip"]}], "phase": "Running"}
    spec = {"nodeName": item["node"], "containers": [{"name": "app", "image": "app", "ports": item["ports"]}]}
    metadata = {key: item[key] for key in ("namespace", "name", "labels")}
    return {"metadata": metadata, "spec": {**spec, "hostNetwork": item.get("hostNetwork", False)}, "status": address}


def base_of(data: Json) -> dict[Key, Json]:
    found: dict[Key, Json] = {("Namespace", "", each["name"]): {"metadata": each} for each in data["namespaces"]}
    found.update({("Pod", each["namespace"], each["name"]): pod_of(each) for each in data["pods"]})
    return found


def facts_of(data: Json, state: dict[Key, Json]) -> Facts:
    def kind(name: str, read: t.Callable[[Json], t.Any]) -> tuple[t.Any, ...]:
        return tuple(read(item) for key, item in state.items() if key[0] == name)

    names = ("ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy")
    return Facts(
        Snapshot(
            "2026-12-01T00:00:00Z",
            "https://198.18.0.2:6443",
            namespaces=kind("Namespace", parse.namespace),
            pods=kind("Pod", parse.pod),
            nodes=tuple(
                Node(each["name"], internal_ips=(each["ip"],), labels=each["labels"]) for each in data["nodes"]
            ),
            network_policies=kind("NetworkPolicy", parse.network_policy),
            cluster_policies=tuple(policy for name in names for policy in kind(name, cluster_policy(name))),
        )
    )


def steps() -> t.Iterator[t.Any]:
    """Each step of each of upstream's tests, with the objects that are there in it."""
    for version, data in VERSIONS.items():
        for test in data["tests"]:
            state = base_of(data)
            for number, step in enumerate(test["steps"]):
                for item in step.get("apply", ()):
                    metadata = item["metadata"]
                    key = (item["kind"], metadata.get("namespace", ""), metadata["name"])
                    known = state.get(key, {})
                    state[key] = {**known, **item} if item["kind"] in ("Pod", "Namespace") else item
                for gone in step.get("delete", ()):
                    del state[gone["kind"], gone.get("namespace", ""), gone["name"]]
                yield pytest.param(data, dict(state), step["checks"], id=f"{version}-{test['test']}-{number}")
