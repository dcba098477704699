# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where there can be no ephemeral container, the report of the source says why, and nothing is lost of the others."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import attach, lifetime
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Place, Trouble
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage import ephemeral_containers
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.vantage_point import NoPlace

IMAGE = "registry.example/debug:1"


def container(namespace: str, pod: str) -> Place:
    return Place("container", namespace, pod, "api", image="api:1")


class Api:
    """Namespace shop has one Pod, in namespace secret nobody may look, and patches are allowed."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def list(self, path: str, params: t.Any, what: str) -> t.Iterator[dict[str, t.Any]]:
        if "/secret/" in path:
            raise ClusterError("forbidden", f"cannot {what}: no", "grant it", 403)
        status = {"containerStatuses": [{"name": "api", "state": {"running": {}}}]}
        for name in ("web", "other"):
            metadata = {"name": name, "namespace": "shop"}
            yield {"metadata": metadata, "spec": {"containers": [{"name": "api"}]}, "status": status}

    def may(self, verb: str, resource: str, namespace: str, subresource: str, group: str) -> bool:
        self.asked.append(f"{verb} {resource}/{subresource} {namespace}")
        return True

    def patch(self, path: str, body: t.Any, what: str = "", params: t.Any = None) -> dict[str, t.Any]:
        self.asked.append(f"patch {path.split('/')[-2]} {params.get('dryRun', '')}".strip())
        return {"kind": "Pod"}


def running(_api: t.Any, _namespace: str, wanted: t.Mapping[str, str], *_bounds: t.Any) -> dict[str, t.Any]:
    now = lifetime.stamp(lifetime.now())
    return {
        pod: {
            "metadata": {"name": pod, "namespace": "shop"},
            "spec": {"ephemeralContainers": [{"name": container, "command": ["sleep", "600"]}]},
            "status": {
                "ephemeralContainerStatuses": [{"name": container, "state": {"running": {"startedAt": now}}}],
            },
        }
        for pod, container in wanted.items()
    }


def test_one_namespace_that_refuses_does_not_spoil_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attach.wait, "until_running", running)
    api = Api()
    points = ephemeral_containers.EphemeralContainers(t.cast(t.Any, api), IMAGE, "restricted", 120)
    web, secret, gone = container("shop", "web"), container("secret", "db"), container("shop", "gone")
    points.prepare([gone, web, secret], 5)
    # Nothing is sent for a Pod that nobody asked for.
    assert sorted(api.asked[:3]) == ["list pods/ shop", "patch pods/ephemeralcontainers shop", "watch pods/ shop"]
    assert api.asked[3:] == ["patch web All", "patch web"]
    place = points.place_for(web)
    assert isinstance(place, Place)
    assert (place.pod, place.image, place.container.startswith("kubewire-")) == ("web", IMAGE, True)
    assert points.added
    assert [(item.name, item.state) for item in points.left] == [(f"web/{place.container}", "running")]

    assert points.place_for(secret) == NoPlace("cannot list pods in namespace secret: no", "grant it")
    assert points.place_for(gone) == NoPlace("the Pod is gone")


def test_where_memory_is_bounded_it_sees_the_processes_that_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = {"resources": {"limits": {"memory": "88Mi"}}}
    whole = {"containers": [{"name": "api"}, {"name": "unbounded"}], **limit}

    class Limited(Api):
        def list(self, path: str, params: t.Any, what: str) -> t.Iterator[dict[str, t.Any]]:
            for pod in super().list(path, params, what):
                if pod["metadata"]["name"] == "other":
                    pod["spec"]["containers"][0].update(limit)
                yield pod
            yield {"metadata": {"name": "dark", "namespace": "shop"}, "spec": whole, "status": {}}

        def patch(self, path: str, body: t.Any, what: str = "", params: t.Any = None) -> dict[str, t.Any]:
            added = body["spec"]["ephemeralContainers"][-1]
            targets[path.split("/")[-2]] = added.get("targetContainerName")
            return super().patch(path, body, what, params)

    targets: dict[str, str | None] = {}
    monkeypatch.setattr(attach.wait, "until_running", running)
    api = Limited()
    points = ephemeral_containers.EphemeralContainers(t.cast(t.Any, api), IMAGE, "restricted", 120)
    web, other, dark = container("shop", "web"), container("shop", "other"), container("shop", "dark")
    points.prepare([web, other, dark], 5)
    assert targets == {"web": None, "other": "api"}
    free, bounded = points.place_for(web), points.place_for(other)
    assert isinstance(free, Place)
    assert isinstance(bounded, Place)
    assert (free.shared_kib, bounded.shared_kib) == (None, 88 << 10)
    nowhere = points.place_for(dark)
    assert isinstance(nowhere, NoPlace)
    assert "what the other containers leave of it is unknown" in nowhere.reason
    assert sum("ephemeralcontainers" in asked for asked in api.asked) == 1, "rights are asked for once"


def test_an_image_without_a_shell_gets_one_with_python(monkeypatch: pytest.MonkeyPatch) -> None:
    containers: list[str] = []

    def shell_is_missing(_api: t.Any, _namespace: str, wanted: t.Mapping[str, str], *bounds: t.Any) -> dict[str, t.Any]:
        containers.extend(wanted.values())
        if len(containers) > 1:
            return running(_api, _namespace, wanted, *bounds)
        return {pod: Trouble("command", True, 'exec: "sh": executable file not found in $PATH') for pod in wanted}

    monkeypatch.setattr(attach.wait, "until_running", shell_is_missing)
    api = Api()
    monkeypatch.setattr(api, "get", lambda *_words, **_more: {"metadata": {"name": "web"}, "spec": {}}, raising=False)
    points = ephemeral_containers.EphemeralContainers(t.cast(t.Any, api), IMAGE, "restricted", 120)
    web = container("shop", "web")
    points.prepare([web], 5)
    place = points.place_for(web)
    assert isinstance(place, Place)
    assert place.container == containers[1] != containers[0]


@pytest.mark.parametrize(
    ("deadline", "seconds"), [(1.0, "600"), (120.0, "600"), (540.5, "601"), (3600.0, "3660"), (86400.0, "86400")]
)
def test_the_lifetime_outlasts_the_run_and_is_the_same_for_most(deadline: float, seconds: str) -> None:
    points = ephemeral_containers.EphemeralContainers(t.cast(t.Any, Api()), IMAGE, "restricted", deadline)
    assert [wanted.command[-1] for wanted in points.programs] == [seconds, seconds]
    assert {wanted.profile for wanted in points.programs} == {"restricted"}
