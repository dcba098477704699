# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshot, held against what kubectl says of the same cluster."""

from __future__ import annotations

import collections
import hashlib
import json
import re
import stat

import pytest

from .conftest import kubectl, objects

#: Of each kind one list, of the version and the groups one request each, three for the API server's Service and the
#: Pods of the DNS, one for the Services of that; the ConfigMaps of kube-proxy, NodeLocal DNSCache and flannel;
#: and six lists of the Gateway API: the lab serves the versions of its gateways and of five kinds of routes.
REQUESTS = 8 + 2 + 3 + 1 + 3 + 6
#: The DNS' endpoints and policies; the load balancers, and endpoints, Pods and policies of the one that Ingresses have.
BEYOND = 2 + 1 + 3


KINDS = ("pods", "services", "endpoint_slices", "ingresses", "network_policies")
#: What tests make is in namespaces of theirs, and in the one where everybody may leave things.
THEIRS = re.compile("test-.*|default")
#: What runs beside them makes elsewhere, and removes again.
PASSING = ("kubewire-", "molecule-")


def listed(kind):
    """The objects of a kind that kubectl lists in the whole cluster, as a snapshot knows them."""
    items = objects(kind.replace("_", ""), "-A")
    if kind == "endpoint_slices":  # by their Service and family: there may be several of them
        labels = [item["metadata"].get("labels", {}) for item in items]
        names = [
            (each.get("kubernetes.io/service-name", ""), item["addressType"])
            for item, each in zip(items, labels, strict=True)
        ]
    else:
        names = [(item["metadata"]["name"], "") for item in items]
    return collections.Counter((item["metadata"]["namespace"], *name) for item, name in zip(items, names, strict=True))


def stays(namespace, name):
    return not THEIRS.fullmatch(namespace) and not name.startswith(PASSING)


def read(content, kind):
    """The same of a snapshot."""
    name = "service" if kind == "endpoint_slices" else "name"
    return collections.Counter((item["namespace"], item[name], item.get("address_type", "")) for item in content[kind])


def test_reads_what_kubectl_reads_in_a_request_for_each_kind(net_info):
    before = {kind: listed(kind) for kind in KINDS}
    result = net_info()
    assert (result["requests"], result["changed"], result["missing"]) == (REQUESTS, False, [])
    counts, content = result["snapshot"]["counts"], result["snapshot"]["content"]
    for kind, earlier in before.items():
        later, found = listed(kind), read(content, kind)
        assert counts[kind] == len(content[kind]), kind
        # Other tests make and remove some meanwhile; what was there all the time was read, and nothing else.
        assert sorted((earlier & later) - found) == [], kind
        assert [each for each in found - (earlier | later) if stays(*each[:2])] == [], kind
    assert counts["nodes"] == len(objects("nodes"))
    assert counts["ingress_classes"] == len(objects("ingressclasses"))
    assert (
        content["version"]
        == result["cluster"]["version"]
        == json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"]
    )
    assert "v1" in content["api_groups"]["apps"]


def test_pages_give_the_same_as_one_list(net_info):
    whole = net_info(namespaces=["shop", "kube-system"])["snapshot"]["content"]
    paged = net_info(namespaces=["shop", "kube-system"], page_size=1)
    content = paged["snapshot"]["content"]
    pages, list_ = ([pod["name"] for pod in each["pods"] if stays("", pod["name"])] for each in (content, whole))
    assert pages == list_
    assert paged["requests"] > 10


@pytest.mark.parametrize(
    ("count", "most"),
    [(3, 2 + 3 + 1 + 3 + 3 + 1 + 3 * (5 + 5) + BEYOND), (7, REQUESTS + BEYOND), (8, REQUESTS + BEYOND)],
)
def test_requests_stay_bounded_with_many_namespaces(net_info, count, most):
    names = [name for item in objects("namespaces") if not THEIRS.fullmatch(name := item["metadata"]["name"])]
    chosen = (names + ["default"] * 8)[:count]
    assert net_info(namespaces=chosen)["requests"] <= most


def test_selectors_choose_pods(net_info):
    pods = net_info(namespaces=["shop"], label_selectors=["app=frontend"])["snapshot"]["content"]["pods"]
    assert {pod["labels"]["app"] for pod in pods} == {"frontend"}
    pods = net_info(namespaces=["shop"], field_selectors=["spec.nodeName=w1"])["snapshot"]["content"]["pods"]
    assert {pod["node"] for pod in pods} == {"w1"}


def test_the_table_is_kubectls(net_info):
    table = net_info(namespaces=["shop"], show=True)["table"]
    for line in kubectl("get", "pods", "-n", "shop", "-o", "wide", "--no-headers").splitlines():
        name, _ready, status = line.split()[:3]
        assert not stays("shop", name) or any(
            row.split()[1] == name and row.split()[3] == status for row in table.splitlines() if name in row
        )
    assert "CONTAINER-RUNTIME" in table
    assert "80:30080/TCP" in table


def test_the_file_is_private_and_named_by_its_checksum(net_info, tmp_path):
    dest = tmp_path / "run" / "snapshot.json"
    snapshot = net_info(namespaces=["shop"], dest=str(dest))["snapshot"]
    assert snapshot["sha256"] == hashlib.sha256(dest.read_bytes()).hexdigest()
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    assert "content" not in snapshot


def test_check_mode_reads_and_writes_nothing(net_info, tmp_path):
    dest = tmp_path / "run" / "snapshot.json"
    result = net_info(check=True, namespaces=["shop"], dest=str(dest))
    assert result["snapshot"]["counts"]["pods"] > 0
    assert not dest.parent.exists()
