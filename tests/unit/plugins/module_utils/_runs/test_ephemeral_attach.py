# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ephemeral_attach before anything is sent: what is refused, and what a result may show."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import keepalive
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.commands import Command
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.ephemeral_attach import AttachRun
from ansible_collections.kubewire.netdebug.tests import hostile

PARAMS: dict[str, t.Any] = {
    "namespace": "shop",
    "name": "web",
    "label_selectors": [],
    "image": "registry.example/debug:1",
    "target": None,
    "profile": "general",
    "custom": {},
    "env": {},
    "image_pull_policy": None,
    "container": None,
    "lifetime": 600,
    "keepalive": None,
    "deadline": 30.0,
    "start_timeout": 60.0,
    "start_grace": 10.0,
}
ONE = [Command(("true",))]


class NoServer:
    """An API server to which nothing may be sent."""

    def get(self, path: str, *_more: t.Any, **_options: t.Any) -> t.NoReturn:
        raise AssertionError(f"{path} was asked for")

    list = post = patch = get


class OnePod(NoServer):
    """An API server that knows one Pod."""

    def get(self, path: str, *_more: t.Any, **_options: t.Any) -> t.Any:
        assert path == "/api/v1/namespaces/shop/pods/web"
        return {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"nodeName": "w1", "containers": [{"name": "app"}]},
            "status": {"containerStatuses": [{"name": "app", "state": {"running": {}}}]},
        }


def run(api: t.Any = None, **params: t.Any) -> AttachRun:
    return AttachRun({**PARAMS, **params}, api or NoServer(), ONE)


@pytest.mark.parametrize("option", ["namespace", "name", "image", "container", "target"])
@pytest.mark.parametrize("text", hostile.STRINGS, ids=range(len(hostile.STRINGS)))
def test_a_hostile_name_is_refused_before_it_is_sent(option: str, text: str) -> None:
    if not text and option != "image":
        return  # the same as not said
    with pytest.raises(ValueError, match=f"^{option} is ") as caught:
        run(OnePod() if option in ("container", "target") else None, **{option: text}).prepare()
    assert len(str(caught.value)) < 11_000


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"lifetime": 9}, "lifetime: 9 is not allowed"),
        ({"lifetime": 86401}, "lifetime: 86401 is not allowed"),
        ({"lifetime": 29}, r"it must be at least 30 seconds, the O\(deadline\) times the number of O\(commands\)"),
        ({"start_timeout": 0}, "start_timeout: 0 is not allowed"),
        ({"start_grace": -1}, "start_grace: -1 is not allowed"),
        ({"keepalive": []}, "keepalive is empty"),
        ({"keepalive": [""]}, "keepalive is empty"),
        ({"custom": {"command": ["kill", "1"]}}, "custom has command"),
        ({"custom": {"env": "A=b"}}, "custom"),
    ],
)
def test_what_an_argument_spec_cannot_check(params: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run(**params)


def test_the_holder_ends_by_itself_whatever_it_is() -> None:
    assert run().wanted.command == (*keepalive.SHELL, "600")
    assert run(keepalive=["/bin/busybox", "sleep"], lifetime=60).wanted.command == ("/bin/busybox", "sleep", "60")
