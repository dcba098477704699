# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of net_probe and the file that it follows."""

from __future__ import annotations

import os
import time
import types
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.action import net_probe
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.progress import Progress


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the terminal got."""
    lines: list[str] = []
    screen = types.SimpleNamespace(display=lines.append, vvv=lines.append)
    monkeypatch.setattr(net_probe, "display", screen)
    monkeypatch.setattr(net_probe, "_POLL_S", 0.01)
    return lines


def test_a_line_for_each_source_while_the_module_runs(shown: list[str]):
    follower = net_probe.Follower()
    progress = Progress(follower.path, 2)
    outcomes = ("open", "http_200", "timeout")
    report = SourceReport("shop/a/app", answers=tuple(Answer(id_, word) for id_, word in enumerate(outcomes)))
    probes = [Probe(id_, "shop/a/app", "t", "m", "tcp", "IPv4", "h") for id_ in range(4)]
    progress.report(Source("shop/a/app"), probes, report)
    ends = time.monotonic() + 5
    while not shown and time.monotonic() < ends:
        time.sleep(0.01)
    assert shown[0].endswith("1/2  shop/a/app: 2 open, 1 timeout")
    progress.report(Source("shop/b/app"), probes, report, probes[2:])
    progress.report(Source("shop/b/app"), probes, SourceReport("shop/b/app", error="it is gone"))
    progress.end()
    follower.stop()
    assert [line.lstrip().split("  ", 1)[1] for line in shown[1:]] == [
        "1/2  shop/b/app: 2 open, 2 of 4 to be probed from elsewhere",
        "2/2  shop/b/app: it is gone",
    ]
    assert not os.path.exists(follower.path)


def test_a_module_that_dies_leaves_no_file(shown: list[str]):
    follower = net_probe.Follower()
    follower.stop()
    assert shown == []
    assert not os.path.exists(follower.path)


@pytest.mark.parametrize(
    ("task", "arguments", "transport", "followed"),
    [
        ({}, {}, "local", True),
        ({"async_val": 60, "poll": 5}, {}, "local", True),
        ({"async_val": 60, "poll": 0}, {}, "local", False),
        ({"check_mode": True}, {}, "local", False),
        ({"no_log": True}, {}, "local", False),
        ({}, {"progress": "/var/tmp/p"}, "local", False),
        ({}, {"replay": "answers.json"}, "local", False),
        ({}, {}, "ssh", False),
    ],
)
def test_who_is_followed(task: dict[str, t.Any], arguments: dict[str, t.Any], transport: str, followed: bool):
    plugin = object.__new__(net_probe.ActionModule)
    plugin._task = types.SimpleNamespace(**{"async_val": 0, "poll": 0, "check_mode": False, "no_log": False, **task})
    plugin._connection = types.SimpleNamespace(transport=transport)
    assert plugin._is_followed(arguments) is followed


@pytest.mark.parametrize(
    ("hosts", "expected"), [(["east", "west"], "[west] a line"), (["west"], "a line"), (None, "a line")]
)
def test_a_line_names_the_cluster_where_several_are_asked(shown: list[str], hosts: t.Any, expected: str):
    follower = net_probe.Follower(net_probe._name({"ansible_play_hosts_all": hosts, "inventory_hostname": "west"}))
    with open(follower.path, "w", encoding="utf-8") as stream:
        stream.write("a line\n")
    follower.stop()
    assert shown == [expected]


def test_what_check_mode_found_is_one_piece_under_the_name_of_the_cluster(shown: list[str]):
    net_probe.show({"text": "READY\n\nPlan\n", "failed": True}, "west")
    net_probe.show({"msg": "it could not be reached", "failed": True}, "west")
    assert shown == ["\n[west]\nREADY\n\nPlan\n"]


SECRETS = {"kubeconfig": "/root/config", "api_key": "t", "password": "p", "proxy_headers": {"basic_auth": "u:p"}}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"snapshot": "s.json", "sources": [{"outside": True}]}, False),
        ({"snapshot": "s.json", "sources": [{"outside": True}, {"namespace": "shop"}]}, True),
        ({"snapshot": "s.json"}, True),
        ({"sources": [{"outside": True}]}, True),
    ],
)
def test_credentials_stay_here_where_no_api_server_is_needed(given, kept):
    arguments = {**SECRETS, "context": "prod", **given}
    assert net_probe.without_credentials(arguments) == (arguments if kept else {"context": "prod", **given})
    assert arguments.keys() >= SECRETS.keys()
