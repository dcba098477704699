# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""debug_pod before anything is written: what is refused, which Pods it would be, and what a result tells of them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import runs
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.commands import Command
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import END, SPEC_HASH, Refused
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.debug_pod import SMALL, PodRun
from ansible_collections.kubewire.netdebug.plugins.modules.debug_pod import argument_spec
from ansible_collections.kubewire.netdebug.tests import hostile

DEFAULTS = {name: spec.get("default") for name, spec in argument_spec().items()}
PARAMS = {**DEFAULTS, "namespace": "shop", "image": "registry.example/debug:1"}
PODS = "/api/v1/namespaces/shop/pods"


class Api:
    """An API server with three nodes and the Pods that it is given; it takes dry runs and nothing else."""

    def __init__(self, *pods: t.Any, refuses: t.Sequence[ClusterError] = ()) -> None:
        self.pods, self.refuses = {pod["metadata"]["name"]: pod for pod in pods}, list(refuses)
        self.tried, self.warnings = list[t.Any](), list[str]()

    def list(self, path: str, params: t.Any = None, *_more: t.Any, **_options: t.Any) -> t.Any:
        if path == "/api/v1/nodes":
            ready = {"conditions": [{"type": "Ready", "status": "True"}]}
            return [{"metadata": {"name": name}, "spec": {}, "status": ready} for name in ("w1", "w2", "w3")]
        assert path == PODS, path
        return [pod for pod in self.pods.values() if "kubewire.io/name" in (pod["metadata"].get("labels") or {})]

    def get(self, path: str, *_more: t.Any, **_options: t.Any) -> t.Any:
        parent, _slash, name = path.rpartition("/")
        if parent == "/api/v1/nodes":
            return {"metadata": {"name": name}, "spec": {}, "status": {}}
        if name not in self.pods:
            raise ClusterError("not_found", f"cannot read {path}: not found", status=404)
        return self.pods[name]

    def post(self, path: str, body: t.Any, what: str = "", params: t.Any = None) -> t.Any:
        assert (path, params["dryRun"]) == (PODS, "All")
        self.tried.append(body)
        if self.refuses:
            raise self.refuses.pop(0)
        return body


def run(api: t.Any = None, **params: t.Any) -> PodRun:
    made = PodRun({**PARAMS, **params}, t.cast(t.Any, api or Api()), [Command(("true",))], diff=True)
    made.prepare()
    return made


@pytest.mark.parametrize("option", ["namespace", "name", "nodes", "image", "copy_of"])
@pytest.mark.parametrize("text", hostile.STRINGS, ids=range(len(hostile.STRINGS)))
def test_a_hostile_name_is_refused_before_it_is_sent(option: str, text: str) -> None:
    if not text and option != "image":
        return  # the same as not said
    with pytest.raises(ValueError, match=f"^{option} is "):
        run(**{option: [text] if option == "nodes" else text})


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"lifetime": 9}, "lifetime: 9 is not allowed"),
        ({"start_timeout": 0}, "start_timeout: 0 is not allowed"),
        ({"start_grace": -1}, "start_grace: -1 is not allowed"),
        ({"level": "node"}, "level: 'node' needs nodes"),
        ({"node_selectors": ["a=b=c"]}, "node_selectors"),
    ],
)
def test_what_an_argument_spec_cannot_check(params: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run(**params)


def test_a_pod_on_each_node_has_a_name_of_its_own_and_one_run() -> None:
    made = run(level="node", every_node=True)
    pods = [member.manifest for member in made.group.members]
    assert len({pod["metadata"]["name"] for pod in pods}) == 3
    assert {pod["metadata"]["labels"]["kubewire.io/run-id"] for pod in pods} == {made.run}
    assert all({END, SPEC_HASH} <= pod["metadata"]["annotations"].keys() for pod in pods)
    header = made.diff()["diff"]["after_header"]
    assert header.startswith("Pod shop/")
    assert header.count(",") == 2


def test_a_pod_that_stays_has_the_same_name_for_the_same_options_and_one_that_goes_a_new_one() -> None:
    def name(**params: t.Any) -> str:
        return str(run(**params).group.members[0].name)

    assert name(keep=True) == name(keep=True)
    assert name(keep=True) != name(keep=True, profile="netadmin")
    assert name() != name()
    assert name(name="toolbox") == "toolbox"


def test_a_pod_of_that_name_which_is_not_ours_is_refused() -> None:
    theirs = {"metadata": {"name": "web", "namespace": "shop", "uid": "u"}, "spec": {}, "status": {}}
    with pytest.raises(Refused, match="web") as refused:
        run(Api(theirs), name="web").look()
    assert refused.value.reason == "conflict"
    free = run(Api(), name="web")
    free.look()
    assert free.found == []


QUOTA = ClusterError(
    "forbidden",
    "cannot create Pod",
    status=403,
    said={"message": 'pods "x" is forbidden: failed quota: q: must specify limits.cpu for: debugger'},
)


def test_a_quota_that_wants_requests_gets_small_ones() -> None:
    api = Api(refuses=[QUOTA])
    made = run(api)
    made.look()
    made.forecast()
    (container,) = api.tried[1]["spec"]["containers"]
    assert container["resources"] == {"requests": {"cpu": SMALL["cpu"]}, "limits": {"cpu": SMALL["cpu"]}}
    told = run(Api(refuses=[QUOTA]), resources={"limits": {"memory": "1Gi"}})
    told.look()
    with pytest.raises(Refused):
        told.forecast()


def test_a_result_names_the_pods_and_removal_in_check_mode_writes_nothing() -> None:
    made = run(name="toolbox")
    (pod,) = made.result()["pods"]
    assert (pod["namespace"], pod["name"], pod["created"], pod["kept"]) == ("shop", "toolbox", False, False)
    ours = {"metadata": {"name": "toolbox", "labels": runs.labels("r1", "toolbox")}}
    gone = run(Api(ours), name="toolbox").absent(dry=True)
    assert (gone["changed"], gone["pods"]) == (True, [{"namespace": "shop", "name": "toolbox"}])
    assert run(Api(), name="toolbox").absent(dry=True)["changed"] is False
