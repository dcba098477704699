# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/rbac grants what the code asks for: no more, no less."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import sweep
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.admission import ATTACH, EXEC, MAKE, WATCH, Right
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.vantage_points import POINTS
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import (
    dns_access,
    gather,
    gather_beyond,
    gather_control_plane,
    kinds_workloads,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather_workloads import CONFIGURATIONS
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds import ADDONS, KINDS
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds_workloads import WORKLOAD_KINDS
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage import echo
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.node_pods import NodePods

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/rbac"
#: Those that ask none, and bundle, which asks by the role diagnose alone.
NO_CLUSTER = {"host_debug", "debug_image", "bundle"}

NODES: Right = ("list", "nodes", "", "")
API_SERVER: tuple[Right, ...] = (
    ("get", "services=kubernetes", "", ""),
    ("list", "endpointslices", "", "discovery.k8s.io"),
)
LISTED = {
    namespaced: tuple(
        ("list", kind.resource, "", kind.group) for kind in (*KINDS, *ADDONS) if kind.namespaced is namespaced
    )
    for namespaced in (True, False)
}
BEYOND: tuple[Right, ...] = tuple(("list", resource, "", group) for resource, group in gather_beyond.LISTS)


def configured(namespace: str) -> Right:
    names = "".join(f"={name}" for name in gather_beyond.CONFIG_MAPS[namespace])
    return "get", f"configmaps{names}", "", ""


def workloads(namespaced: bool, depth: str) -> tuple[Right, ...]:
    kinds = [kind for kind in WORKLOAD_KINDS if kind.namespaced is namespaced and kind.depth == depth]
    return tuple(
        ("list", kind.resource, "", kind.group)
        for kind in kinds
        if not kind.only_in and kind.resource != "secrets"  # a right of its own, which not everybody gives
    )


WORKLOADS = {namespaced: workloads(namespaced, kinds_workloads.WORKLOADS) for namespaced in (True, False)}
OF_ALL = {namespaced: workloads(namespaced, kinds_workloads.ALL) for namespaced in (True, False)}
SAID: tuple[Right, ...] = (("list", "events", "", ""), ("get", "pods", "log", ""))
DNS_RIGHTS: tuple[Right, ...] = tuple(
    ("get", f"{resource}={dns_access.NAME}", "", dns_access.GROUP) for resource, _read in dns_access.RESOURCES.values()
)
LEASES: tuple[Right, ...] = (("list", "leases", "", "coordination.k8s.io"),)
COMPONENTS: tuple[Right, ...] = (
    *(("list", kind.resource, "", kind.group) for kind in WORKLOAD_KINDS if kind.of_components),
    *LEASES,
)

#: What a controller that does not run is.
OF_CONTROLLERS = tuple(("list", kind.resource, "", kind.group) for kind in WORKLOAD_KINDS if kind.of_components)

SWEPT = tuple(
    (verb, path.rsplit("/", 1)[-1], "", path.split("/")[2] if path.startswith("/apis/") else "")
    for _one, path in sweep.KINDS.values()
    for verb in ("list", "delete")
)

#: The playbook -> kind/namespace/name of a document -> the rights that the code has a table or a request for.
WANTED: dict[str, dict[str, t.Iterable[Right]]] = {
    "connectivity": {
        "ClusterRole//kubewire-connectivity": LISTED[False],
        "Role/shop/kubewire-connectivity": (*LISTED[True], *EXEC),
        "Role/default/kubewire-connectivity-api-server": API_SERVER,
        "Role/kube-system/kubewire-connectivity-dns": (*BEYOND, configured("kube-system")),
        "Role/kube-flannel/kubewire-connectivity-flannel": (configured("kube-flannel"),),
        "ClusterRole//kubewire-connectivity-balancers": BEYOND,
        "ClusterRole//kubewire-connectivity-everywhere": (*LISTED[True], *EXEC, *API_SERVER),
        **{
            f"Role/{namespace}/kubewire-connectivity-{point.level}": (*point.creates.rights, *EXEC)
            for point in (*POINTS, NodePods)
            for namespace in point.namespaces(["shop"], "default")
        },
        "ClusterRole//kubewire-connectivity-echo": (*echo.RIGHTS, *EXEC),
    },
    "diagnose": {
        "ClusterRole//kubewire-diagnose": (*LISTED[False], *WORKLOADS[False], *DNS_RIGHTS),
        "ClusterRole//kubewire-diagnose-health": (
            ("get", "nodes", "proxy", ""),
            ("get", gather_control_plane.LEVELS_PATH, "", ""),
        ),
        "ClusterRole//kubewire-diagnose-bindings": (
            ("list", "clusterrolebindings", "", "rbac.authorization.k8s.io"),
            ("list", "rolebindings", "", "rbac.authorization.k8s.io"),
        ),
        "Role/shop/kubewire-diagnose": (*LISTED[True], *EXEC, *WORKLOADS[True], *SAID),
        "Role/shop/kubewire-diagnose-secrets": (("list", "secrets", "", ""),),
        "Role/default/kubewire-diagnose-api-server": API_SERVER,
        "Role/kube-system/kubewire-diagnose-dns": (*BEYOND, configured("kube-system")),
        "Role/kube-system/kubewire-diagnose-components": (
            *COMPONENTS,
            *SAID,
            ("list", "pods", "", ""),
            ("get", "configmaps" + "".join(f"={name}" for name in sorted(CONFIGURATIONS)), "", ""),
        ),
        "Role/kube-node-lease/kubewire-diagnose-node-leases": LEASES,
        "Role/kube-flannel/kubewire-diagnose-flannel": (configured("kube-flannel"),),
        "ClusterRole//kubewire-diagnose-balancers": (*BEYOND, *OF_CONTROLLERS),
        "ClusterRole//kubewire-diagnose-everywhere": (
            *(*LISTED[True], *EXEC, *API_SERVER),
            *(*WORKLOADS[True], *SAID),
        ),
        "Role/shop/kubewire-diagnose-all": OF_ALL[True],
        "ClusterRole//kubewire-diagnose-all": OF_ALL[False],
        **{
            f"Role/{namespace}/kubewire-diagnose-{point.level}": (*point.creates.rights, *EXEC)
            for point in (*POINTS, NodePods)
            for namespace in point.namespaces(["shop"], "default")
        },
    },
    "container_debug": {
        "Role/shop/kubewire-container-debug": (("get", "pods", "", ""), ("list", "pods", "", ""), *EXEC),
    },
    "namespace_debug": {
        "Role/shop/kubewire-namespace-debug": (*MAKE, *EXEC),
        "ClusterRole//kubewire-namespace-debug-nodes": (NODES,),
        "Role/shop/kubewire-namespace-debug-events": (("list", "events", "", ""),),
        "ClusterRole//kubewire-namespace-debug-node": (("get", "nodes", "", ""),),
    },
    "pod_debug": {
        "Role/shop/kubewire-pod-debug": (("get", "pods", "", ""), *WATCH, *ATTACH, *EXEC),
        "Role/shop/kubewire-pod-debug-events": (("list", "events", "", ""),),
        "ClusterRole//kubewire-pod-debug-node": (("get", "nodes", "", ""),),
    },
    "node_debug": {
        "Role/kube-system/kubewire-node-debug": (*MAKE, *EXEC),
        "ClusterRole//kubewire-node-debug": (NODES,),
        "Role/kube-system/kubewire-node-debug-events": (("list", "events", "", ""),),
        "ClusterRole//kubewire-node-debug-node": (("get", "nodes", "", ""),),
    },
    "sweep": {
        "ClusterRole//kubewire-sweep": SWEPT,
        "Role/shop/kubewire-sweep": SWEPT,
        "ClusterRole//kubewire-sweep-echo": tuple(
            (verb, path.rsplit("/", 1)[-1], "", "") for path in sweep.OF_CLUSTER.values() for verb in ("list", "delete")
        ),
    },
}


def granted(role: dict[str, t.Any]) -> list[Right]:
    """The rights of a Role; a name that restricts one stands behind its resource, and a URL in place of one."""
    paths = [
        (verb, path, "", "")
        for rule in role["rules"]
        for path in rule.get("nonResourceURLs", ())
        for verb in rule["verbs"]
    ]
    return paths + [
        (verb, resource + "".join(f"={name}" for name in rule.get("resourceNames", ())), part, group)
        for rule in role["rules"]
        for group in rule.get("apiGroups", ())
        for resource, _slash, part in (each.partition("/") for each in rule["resources"])
        for verb in rule["verbs"]
    ]


@pytest.mark.parametrize("name", WANTED)
def test_the_files_grant_what_the_code_asks_for(name: str) -> None:
    roles = list(yaml.safe_load_all((FOLDER / f"{name}.yml").read_text()))
    found = {
        f"{role['kind']}/{role['metadata'].get('namespace', '')}/{role['metadata']['name']}": granted(role)
        for role in roles
    }
    assert {key: sorted(rights) for key, rights in found.items()} == {
        key: sorted(set(rights)) for key, rights in WANTED[name].items()
    }


def test_every_playbook_that_asks_a_cluster_has_a_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} == set(WANTED)
    assert {path.stem for path in (ROOT / "playbooks").glob("*.yml")} == {*WANTED, *NO_CLUSTER}


def test_the_number_of_namespaces_that_are_listed_one_by_one_is_told() -> None:
    words = {6: "six", 7: "seven"}[gather.MAX_NAMESPACES]
    assert f"more than {words}" in (FOLDER / "connectivity.yml").read_text()
