# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of the API are held to what the API says of them, and who asked learns what is wrong."""

from __future__ import annotations

import copy
import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import shapes
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

POD = cluster.pod("web-1", "w1", "10.0.1.1", meta={"uid": "u", "annotations": {"a": "b"}})
PODS = "/api/v1/namespaces/shop/pods"


@pytest.mark.parametrize(
    ("method", "path", "good"),
    [
        ("GET", f"{PODS}/web-1", POD),
        ("POST", PODS, POD),
        ("GET", PODS, {"metadata": {"resourceVersion": "1"}, "items": [POD]}),
        ("GET", "/api/v1/pods", {"metadata": {"resourceVersion": "1"}, "items": None}),
        ("PATCH", f"{PODS}/web-1/ephemeralcontainers", {"ephemeralContainers": [{"name": "a"}]}),
        ("GET", "/api/v1/nodes/w1", {"metadata": {"name": "w1"}, "status": None}),
        ("GET", "/api/v1/namespaces/shop", {"metadata": {"name": "shop"}}),
        ("POST", "/apis/batch/v1/namespaces/shop/jobs", {"metadata": {"name": "j", "namespace": "shop", "uid": "u"}}),
        ("DELETE", f"{PODS}/web-1", {"kind": "Status"}),
        ("GET", "/version", {"gitVersion": 7}),
        ("GET", "/apis/apps/v1/deployments", {}),
    ],
)
def test_what_is_right_passes(method, path, good):
    shapes.check(good, shapes.of_answer(method, path))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("metadata", "x", "metadata is a string where an object is expected"),
        ("metadata", None, "metadata is missing"),
        ("metadata.name", None, "metadata.name is missing"),
        ("metadata.uid", 7, "metadata.uid is a whole number where a string is expected"),
        ("metadata.annotations", {"a": []}, "metadata.annotations.a is a list where a string is expected"),
        ("metadata.ownerReferences", [{"name": "x"}], "metadata.ownerReferences[0].uid is missing"),
        ("spec", [], "spec is a list where an object is expected"),
        ("spec.containers", [None], "spec.containers[0] is null where an object is expected"),
        ("spec.containers", [{"name": "a", "command": "x"}], "spec.containers[0].command is a string where a list is"),
        (
            "spec.securityContext",
            {"runAsUser": True},
            "spec.securityContext.runAsUser is a boolean where a whole number",
        ),
        ("status.conditions", [{"type": 7}], "status.conditions[0].type is a whole number where a string"),
        ("status.containerStatuses", [{"name": "a", "state": {"waiting": 1}}], "containerStatuses[0].state.waiting is"),
    ],
)
def test_what_is_wrong_is_named(field, value, words):
    odd = copy.deepcopy(POD)
    *above, name = field.split(".")
    at = odd
    for part in above:
        at = at[part]
    at[name] = value
    with pytest.raises(ValueError, match=re.escape(words)):
        shapes.check(odd, shapes.of_answer("GET", f"{PODS}/web-1"))


def test_an_odd_answer_is_one_error(bad_server):
    api = Api(bad_server(lambda peer: peer.answer(200, {"metadata": 7, "items": [{}]})).connection(), 20.0)
    with pytest.raises(
        ClusterError, match=r"cannot read it: the answer of http\S+ cannot be read: metadata is"
    ) as caught:
        api.get(f"{PODS}/web-1", what="read it")
    assert caught.value.reason == "odd_answer"
    with pytest.raises(
        ClusterError, match=r"cannot read it: the answer of http\S+ cannot be read: metadata is missing"
    ):
        list(api.list(PODS, what="read it"))
    assert list(api.list(PODS, is_checked=False)) == [{}]
