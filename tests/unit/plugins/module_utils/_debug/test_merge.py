# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A partial container, merged as kubectl debug --custom does it."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import merge


def env(*names):
    return [{"name": name, "value": name.lower()} for name in names]


@pytest.mark.parametrize(
    ("container", "custom", "merged"),
    [
        ({"image": "a"}, {"workingDir": "/"}, {"image": "a", "workingDir": "/"}),
        ({"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
        ({"envFrom": [{"prefix": "a"}]}, {"envFrom": [{"prefix": "b"}]}, {"envFrom": [{"prefix": "b"}]}),
        (
            {"securityContext": {"privileged": True, "capabilities": {"add": ["A"], "drop": ["B"]}}},
            {"securityContext": {"runAsUser": 0, "privileged": False, "capabilities": {"add": ["C"]}}},
            {
                "securityContext": {
                    "privileged": False,
                    "runAsUser": 0,
                    "capabilities": {"add": ["C"], "drop": ["B"]},
                }
            },
        ),
        (
            {"volumeMounts": [{"mountPath": "/a", "name": "a"}, {"mountPath": "/b", "name": "b"}]},
            {"volumeMounts": [{"mountPath": "/b", "name": "b", "readOnly": True}]},
            {"volumeMounts": [{"mountPath": "/a", "name": "a"}, {"mountPath": "/b", "name": "b", "readOnly": True}]},
        ),
        (
            {"ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}]},
            {"ports": [{"containerPort": 53, "name": "dns"}]},
            {
                "ports": [
                    {"containerPort": 53, "protocol": "UDP", "name": "dns"},
                    {"containerPort": 53, "protocol": "TCP"},
                ]
            },
        ),
    ],
)
def test_maps_are_merged_and_lists_by_their_key_or_replaced(container, custom, merged):
    before = copy.deepcopy((container, custom))
    result = merge.merge(container, custom)
    assert result == merged
    result.get("securityContext", {}).get("capabilities", {}).get("add", []).append("changed")
    assert (container, custom) == before


@pytest.mark.parametrize(
    ("was", "custom", "order"),
    [
        ("ABC", "", "ABC"),
        ("", "AB", "AB"),
        ("A", "B", "BA"),
        ("ABC", "B", "ABC"),
        ("ABC", "CA", "BCA"),
        ("ABCD", "BD", "ABCD"),
        ("ABCD", "DX", "ABCDX"),
        ("ABCD", "XB", "XABCD"),
    ],
)
def test_entries_stand_where_the_merge_patch_puts_them(was, custom, order):
    container = {"env": env(*was)} if was else {}
    merged = merge.merge(container, {"env": env(*custom)})
    assert "".join(entry["name"] for entry in merged["env"]) == order


@pytest.mark.parametrize(
    "custom",
    [
        {"workingDir": None, "args": [], "imagePullPolicy": ""},
        {"stdin": False, "tty": False, "stdinOnce": False},
        {"env": [{"name": "A", "value": ""}]},
        {"volumeMounts": [{"mountPath": "/a", "readOnly": False}]},
        {"securityContext": {"capabilities": {"add": [], "drop": None}}},
        {"name": "", "command": [], "image": None},
    ],
)
def test_what_go_would_leave_out_takes_nothing_away(custom):
    container = {
        "workingDir": "/",
        "args": ["a"],
        "imagePullPolicy": "Never",
        "stdin": True,
        "env": env("A"),
        "volumeMounts": [{"mountPath": "/a", "name": "a", "readOnly": True}],
        "securityContext": {"capabilities": {"add": ["A"], "drop": ["B"]}},
    }
    assert merge.merge(container, custom) == container


@pytest.mark.parametrize(
    ("custom", "said"),
    [
        ({"name": "a"}, "custom has name"),
        ({"command": ["a"]}, "custom has command"),
        ({"image": "a"}, "custom has image"),
        ({"lifecycle": {}}, "custom has lifecycle"),
        ({"volumeDevices": [{"devicePath": "/a"}]}, "custom has volumeDevices"),
        ({"env": [{"name": "A", "$patch": "delete"}]}, r"custom has custom\.env\[0\]\.\$patch"),
        ({"$retainKeys": ["a"]}, r"custom has custom\.\$retainKeys"),
        ({"env": {"A": "b"}}, "list of objects that each have name"),
        ({"env": [{"value": "b"}]}, "list of objects that each have name"),
        ({"volumeMounts": ["a"]}, "list of objects that each have mountPath"),
    ],
)
def test_what_a_partial_container_may_not_say_is_named(custom, said):
    with pytest.raises(ValueError, match=said):
        merge.merge({}, custom)
