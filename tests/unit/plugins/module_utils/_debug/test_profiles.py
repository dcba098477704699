# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of profiles against kubectl's own, and what it does to a security context that is there."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import profiles

RESTRICTED = {
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "allowPrivilegeEscalation": False,
    "seccompProfile": {"type": "RuntimeDefault"},
}
PTRACE = {"capabilities": {"add": ["SYS_PTRACE"]}}
NET = {"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}
PRIVILEGED = {"privileged": True}


@pytest.mark.parametrize(
    ("profile", "in_a_pod", "own_pod", "host"),
    [
        ("legacy", {}, {}, (True, True)),
        ("general", PTRACE, {}, (True, True)),
        ("baseline", {}, {}, (False, False)),
        ("restricted", RESTRICTED, RESTRICTED, (False, False)),
        ("netadmin", NET, NET, (True, False)),
        ("sysadmin", PRIVILEGED, PRIVILEGED, (True, True)),
    ],
)
def test_a_profile_gives_what_kubectl_gives(profile, in_a_pod, own_pod, host):
    for style in ("ephemeral", "copy"):
        assert profiles.security_context(profile, style) == in_a_pod
    for style in ("node", "namespace"):
        assert profiles.security_context(profile, style) == own_pod
    row = profiles.TABLE[profile]
    assert (row.host_namespaces, row.host_root) == host


@pytest.mark.parametrize(
    ("profile", "context"),
    [
        ("legacy", {"runAsUser": 1, "capabilities": {"add": ["KILL"], "drop": ["CHOWN"]}}),
        ("general", {"runAsUser": 1, "capabilities": {"add": ["KILL", "SYS_PTRACE"], "drop": ["CHOWN"]}}),
        ("baseline", {}),
        ("restricted", RESTRICTED),
        ("netadmin", {"runAsUser": 1, "capabilities": {"add": ["KILL", "NET_ADMIN", "NET_RAW"], "drop": ["CHOWN"]}}),
        ("sysadmin", {"runAsUser": 1, "capabilities": {"add": ["KILL"], "drop": ["CHOWN"]}, "privileged": True}),
    ],
)
def test_a_container_that_is_there_keeps_what_kubectl_keeps(profile, context):
    existing = {"runAsUser": 1, "capabilities": {"add": ["KILL"], "drop": ["CHOWN"]}}
    assert profiles.security_context(profile, "copy", existing) == context
    assert existing == {"runAsUser": 1, "capabilities": {"add": ["KILL"], "drop": ["CHOWN"]}}
    assert len(profiles.TABLE["restricted"].sets["capabilities"]) == 1
