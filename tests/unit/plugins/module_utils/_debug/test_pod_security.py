# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PodSecurity and OpenShift object to, as data, with the smallest remedy."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.pod_security import constraints, split, standards
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._debug.refusals import (
    FORBIDDEN,
    HOST,
    RESTRICTED,
    SCC,
    refused,
)


def test_an_ephemeral_container_of_ours_can_change_only_its_own_faults() -> None:
    what = "ephemeral container of Pod shop/web-1"
    ours = refused(FORBIDDEN + RESTRICTED, container="debug", what=what)
    assert ours.remedy.startswith("use O(profile): restricted")
    theirs = refused(
        FORBIDDEN + RESTRICTED.replace('container "debug"', 'containers "app", "debug"'), 403, "debug", what
    )
    assert theirs.remedy.startswith("no profile helps")
    assert "container app of it" in theirs.remedy
    whole = refused(FORBIDDEN + HOST, container="debug", what=what)
    assert "spec.hostNetwork" in whole.remedy.partition("already violates")[0]


def test_commas_in_brackets_and_quotes_do_not_split() -> None:
    assert split('a (b, c), d ("x, (y", z), e') == ["a (b, c)", 'd ("x, (y", z)', "e"]


def test_a_remedy_names_the_profile_of_the_level_and_what_no_profile_changes() -> None:
    checks = HOST.partition(": ")[2]
    remedy, violations = standards("baseline", "latest", checks)
    assert remedy.startswith("use O(profile): baseline without spec.hostNetwork, spec.hostPID, spec.volumes, or ")
    assert [violation.field for violation in violations] == [
        "securityContext.capabilities",
        "spec.hostNetwork",
        "spec.hostPID",
        "spec.volumes",
    ]
    assert {violation.rule for violation in violations} == {"baseline:latest"}
    remedy, _violations = standards("restricted", "v1.30", RESTRICTED.partition(": ")[2])
    assert remedy.startswith("use O(profile): restricted and an image whose user is not root, or ")


@pytest.mark.parametrize(
    ("namespace", "account"), [("shop", "-z SERVICE_ACCOUNT -n shop)"), ("", "-z SERVICE_ACCOUNT)")]
)
def test_each_constraint_of_openshift_is_a_violation(namespace: str, account: str) -> None:
    remedy, violations = constraints(SCC.partition(": ")[2], namespace)
    assert remedy.endswith(account)
    assert [(violation.rule, violation.field) for violation in violations] == [
        ("anyuid", ""),
        ("restricted-v2", "spec.securityContext.hostNetwork"),
        ("restricted-v2", "containers[0].privileged"),
    ]
