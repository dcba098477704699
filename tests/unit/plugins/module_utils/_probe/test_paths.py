# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every question has a path, whatever kind of target it asks."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import paths

from . import recorded
from .path_of import paths_of


def test_every_question_of_a_recorded_run_has_a_path_with_a_reason():
    facts = recorded.facts()
    kinds = set()
    for question in recorded.layout(facts):
        found = paths.find(facts, question)
        assert found.reason or found.defect, question.probe
        assert found.decided_by, question.probe
        kinds.add(question.target.kind)
    assert kinds <= set(paths._KINDS)
    assert len(kinds) >= 5


@pytest.mark.parametrize(
    ("model", "decided_by"),
    [
        ("pod_to_pod_same_node", "Pod shop/db-1"),
        ("pod_to_service", "Service shop/db"),
        ("pod_to_nodeport", "Service shop/web"),
        ("node_to_pod", "Pod shop/web-2"),
    ],
)
def test_a_path_is_found_by_the_kind_of_the_target(model, decided_by):
    assert decided_by in {
        path.decided_by for path in paths_of(model, "http" if "web" in decided_by else "tcp").values()
    }
