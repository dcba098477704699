# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Pods and containers a user means."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import pods
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Refused


def pod(name="web-1", phase="Running", annotations=None, states=None, **spec):
    spec.setdefault("containers", [{"name": "web"}, {"name": "side"}])
    statuses = [{"name": container, "state": state} for container, state in (states or {}).items()]
    return {
        "metadata": {"name": name, "namespace": "shop", "annotations": annotations or {}},
        "spec": {"nodeName": "w1", **spec},
        "status": {"phase": phase, "containerStatuses": statuses},
    }


class Api:
    """What the API server would answer, and what it was asked."""

    def __init__(self, *found):
        self.found, self.asked = found, []

    def get(self, path, params=None, what=""):
        self.asked.append(path)
        for each in self.found:
            if path.endswith("/" + each["metadata"]["name"]):
                return each
        raise ClusterError("not_found", f"cannot {what}: not found", "", 404)

    def list(self, path, params=None, what=""):
        self.asked.append((path, params))
        return iter(self.found)


def chosen(api, **selection):
    return [each["metadata"]["name"] for each in pods.choose(api, pods.PodSelector("shop", **selection))]


def test_a_name_is_one_get_and_its_state_does_not_matter():
    api = Api(pod("web-1", phase="Failed"))
    assert chosen(api, name="web-1") == ["web-1"]
    assert api.asked == ["/api/v1/namespaces/shop/pods/web-1"]


def test_labels_are_one_list_without_what_has_ended():
    api = Api(
        pod("web-2"), pod("web-1", phase="Pending"), pod("web-0", phase="Succeeded"), pod("web-3", phase="Failed")
    )
    assert chosen(api, label_selectors=("app=web", " ", "tier in (a, b)")) == ["web-1", "web-2"]
    assert api.asked == [("/api/v1/namespaces/shop/pods", {"labelSelector": "app=web,tier in (a, b)"})]


@pytest.mark.parametrize(
    ("selection", "kind", "words"),
    [
        ({"name": "none"}, "no_such_pod", r"O\(name\) 'none'"),
        (
            {"label_selectors": ("app=none",)},
            "no_match",
            r"selectors\) \['app=none'\].*, except for 1 that have ended",
        ),
    ],
)
def test_what_matches_nothing_names_the_option(selection, kind, words):
    with pytest.raises(Refused, match=words) as caught:
        chosen(Api(pod("web-0", phase="Failed")), **selection)
    assert caught.value.reason == kind
    assert "kubectl get pods -n shop" in caught.value.remedy


@pytest.mark.parametrize(
    ("selection", "option"),
    [
        ({"namespace": "../kube-system", "name": "a"}, "namespace"),
        ({"namespace": "shop", "name": "a,status.phase=Running"}, "name"),
        ({"namespace": "shop", "label_selectors": ("a==b==c",)}, "label_selectors"),
        ({"namespace": "shop", "label_selectors": ()}, r"O\(name\) or O\(label_selectors\)"),
        ({"namespace": "shop", "label_selectors": ("", " ,")}, r"O\(name\) or O\(label_selectors\)"),
    ],
)
def test_what_is_no_name_and_no_selector_is_never_sent(selection, option):
    api = Api(pod())
    with pytest.raises(ValueError, match=f"^{option}"):
        pods.choose(api, pods.PodSelector(**selection))
    assert not api.asked


def test_the_default_container_is_kubectls():
    annotated = {pods.DEFAULT_CONTAINER: "side"}
    assert pods.place(pod()).object == "shop/web-1/web"
    assert pods.place(pod(annotations=annotated)).container == "side"
    assert pods.place(pod(annotations={pods.DEFAULT_CONTAINER: "gone"})).container == "web"
    assert pods.place(pod(annotations=annotated), "web").container == "web"


def test_any_kind_of_container_will_do():
    whole = pod(initContainers=[{"name": "init"}], ephemeralContainers=[{"name": "debugger"}])
    assert [pods.place(whole, name).container for name in ("init", "debugger")] == ["init", "debugger"]
    with pytest.raises(
        ValueError, match="container: 'none' is not in Pod shop/web-1; it has web, side, init, debugger"
    ):
        pods.place(whole, "none")


@pytest.mark.parametrize(
    ("phase", "state", "words"),
    [
        ("Running", {"running": {}}, ""),
        (
            "Running",
            {"waiting": {"reason": "CrashLoopBackOff"}},
            "the Pod is Running, container web has not started (CrashLoopBackOff)",
        ),
        (
            "Succeeded",
            {"terminated": {"exitCode": 0, "reason": "Completed"}},
            "the Pod is Succeeded, container web ended with exit code 0 (Completed)",
        ),
    ],
)
def test_why_nothing_can_run_there(phase, state, words):
    assert pods.hindrance(pod(phase=phase, states={"web": state}), "web") == words


def test_why_nothing_can_run_in_a_pod_that_found_no_node():
    whole = pod(phase="Pending")
    whole["status"]["conditions"] = [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]
    assert pods.hindrance(whole, "web") == (
        "the Pod is Pending, container web has not started (0/3 nodes are available)"
    )
