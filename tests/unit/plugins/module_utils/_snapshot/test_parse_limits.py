# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas, limits, accounts and priorities, as a cluster says them."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse_limits

META = {"namespace": "shop", "name": "few"}


def test_a_quota_before_and_after_its_controller_has_seen_it() -> None:
    spec = {"hard": {"pods": "6", "requests.cpu": 2}}
    status = {"hard": {"pods": "6"}, "used": {"pods": "6"}}
    new = parse_limits.quota({"metadata": META, "spec": spec})
    assert (new.hard, new.used) == ({"pods": "6", "requests.cpu": "2"}, {})
    seen = parse_limits.quota({"metadata": META, "spec": spec, "status": status})
    assert (seen.hard, seen.used) == (status["hard"], status["used"])


def test_limits_are_kept_as_they_are() -> None:
    limits = [{"type": "Container", "max": {"memory": "64Mi"}}]
    assert parse_limits.limit_range({"metadata": META, "spec": {"limits": limits}}).limits == tuple(limits)


def test_an_account_names_its_secrets_for_pulling() -> None:
    item = {"metadata": META, "imagePullSecrets": [{"name": "registry"}, {}], "secrets": [{"name": "MARKER"}]}
    found = parse_limits.service_account(item)
    assert found.image_pull_secrets == ("registry",)
    assert "MARKER" not in str(found)


def test_a_priority_class() -> None:
    meta = {"name": "high", "creationTimestamp": "T"}
    found = parse_limits.priority_class({"metadata": meta, "value": 1000, "globalDefault": True})
    assert (found.name, found.value, found.default, found.created) == ("high", 1000, True, "T")
