# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user asked for is refused where it cannot be, by the name of the option."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec, HostMount
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.profiles import STYLES


def test_it_survives_json():
    wanted = DebugSpec("a:1", tolerations=(), host_mounts=(HostMount("/a", "/b"),), host_root=False, command=("c",))
    assert DebugSpec.from_dict(wanted.to_dict()) == wanted
    assert DebugSpec.from_dict(DebugSpec("a:1").to_dict()).tolerations is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"profile": "root"}, "profile is 'root'; it must be one of general, "),
        ({"style": "host"}, "style is 'host'; it must be one of namespace, "),
        ({"image": "A"}, "image is 'A'"),
        ({"image": ""}, "image is ''"),
        ({"image_pull_policy": "always"}, "image_pull_policy is 'always'"),
        ({"image_pull_secrets": ("a_b",)}, "image_pull_secrets is 'a_b'"),
        ({"container": "A"}, "container is 'A'"),
        ({"target": "A", "style": "ephemeral"}, "target is 'A'"),
        ({"node": "w 1"}, "node is 'w 1'"),
        ({"service_account": "A"}, "service_account is 'A'"),
        ({"labels": {"a": "b c"}}, "labels\\['a'\\] is 'b c'"),
        ({"node_selector": {"a": "b c"}}, "node_selector\\['a'\\] is 'b c'"),
        ({"env": {"": "a"}}, "env has ''"),
        ({"env": {"A=B": "a"}}, "env has 'A=B'"),
        ({"env": {"A": 1}}, "env has 'A': 1"),
        ({"lifetime": -1}, "lifetime is -1"),
        ({"custom": {"image": "a"}}, "custom has image"),
        ({"node": "w1", "node_selector": {"a": "b"}}, "node is 'w1'; it excludes node_selector"),
        ({"node": "w1", "node_affinity": ({},)}, "node is 'w1'; it excludes node_selector"),
        ({"unprivileged_ping": True, "host_network": True}, "unprivileged_ping is set with the node's network"),
        ({"unprivileged_ping": True, "style": "node"}, "unprivileged_ping is set with the node's network"),
    ],
)
def test_what_cannot_be_is_refused(fields, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        DebugSpec(**{"image": "a:1", **fields})


SET = {
    "host_network": True,
    "host_pid": True,
    "host_ipc": True,
    "host_root": True,
    "host_mounts": (HostMount("/a", "/b"),),
    "service_account": "a",
    "node": "a",
    "node_selector": {"a": "b"},
    "node_affinity": ({},),
    "tolerations": ({},),
    "unprivileged_ping": True,
    "image_pull_secrets": ("a",),
    "resources": {"cpu": "1"},
    "target": "a",
}
TAKES = {
    "namespace": set(SET) - {"target"},
    "node": set(SET) - {"target", "unprivileged_ping"},
    "copy": {"image_pull_secrets", "resources"},
    "ephemeral": {"target"},
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("field", SET)
def test_what_a_style_cannot_honour_is_refused(style, field):
    if field in TAKES[style]:
        DebugSpec("a:1", style=style, **{field: SET[field]})
    else:
        with pytest.raises(ValueError, match=f"^{field} is set"):
            DebugSpec("a:1", style=style, **{field: SET[field]})


@pytest.mark.parametrize("style", STYLES)
def test_what_is_said_to_be_off_is_off_in_every_style(style):
    DebugSpec("a:1", style=style, host_network=False, host_pid=False, host_ipc=False, host_root=False, tolerations=())


@pytest.mark.parametrize(
    ("path", "mount_path"),
    [
        ("a", "/b"),
        ("/a", "b"),
        ("", "/b"),
        ("/a/../b", "/b"),
        ("/a", "/b/.."),
        ("/a", "/"),
        ("/a", "//"),
        ("/a", "/b:c"),
    ],
)
def test_a_host_path_is_absolute_and_goes_nowhere_else(path, mount_path):
    with pytest.raises(ValueError, match=r"^host_mounts: "):
        HostMount(path, mount_path)


@pytest.mark.parametrize("twice", ["/b", "/b/", "/./b", "/host"])
def test_two_things_are_never_seen_at_one_path(twice):
    mounts = (HostMount("/a", "/b"), HostMount("/c", twice))
    with pytest.raises(ValueError, match=r"^host_mounts: mount_path is "):
        DebugSpec("a:1", style="node", host_mounts=mounts)
    HostMount("/", "/host")


def test_a_path_with_two_dots_in_a_name_is_a_path():
    assert HostMount("/a..b", "/..c").path == "/a..b"
