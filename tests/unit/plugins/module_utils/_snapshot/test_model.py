# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot survives its file, and a file of another kind is refused."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Missing, Snapshot
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


def test_a_snapshot_survives_its_file():
    snapshot = cluster.snapshot()
    assert Snapshot.from_dict(json.loads(json.dumps(snapshot.to_dict()))) == snapshot


def test_a_foreign_file_is_refused_by_name():
    with pytest.raises(ValueError, match="Snapshot: unknown key 'kind'; allowed are antrea, api_addresses"):
        Snapshot.from_dict({"kind": "Pod"})


def test_what_was_not_read_is_told_for_its_namespace_and_for_all():
    missing = (Missing("pods", "no right", namespace="shop"), Missing("nodes", "no right at all"))
    snapshot = dataclasses.replace(cluster.snapshot(), missing=missing)
    assert [snapshot.unread("pods", name) for name in ("", "shop", "ops")] == ["no right", "no right", ""]
    assert [snapshot.unread("nodes", name) for name in ("", "shop")] == ["no right at all"] * 2
    assert snapshot.unread("services") == ""


@pytest.mark.parametrize(
    ("missing", "subject"),
    [
        (Missing("pods", ""), "everything that needs pods"),
        (Missing("pods", "", namespace="shop"), "everything that needs pods in namespace shop"),
        (Missing("routes", "", namespace="shop", name="web"), "routes shop/web"),
        (Missing("nodes", "", name="w1"), "nodes w1"),
    ],
)
def test_what_is_not_known_is_named(missing, subject):
    assert missing.subject == subject
