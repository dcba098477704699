# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths of planned questions."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import paths, plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.paths.path import Path
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

OUTSIDE = Source("outside/controller", kind="outside", addresses=("198.18.0.100",))


def paths_of(
    model: str,
    protocol: str = "tcp",
    asked: t.Any = None,
    source: str = "",
    snapshot: Snapshot | None = None,
    more: tuple[str, ...] = (),
) -> dict[str, Path]:
    """The path of each question of a model, by source and target; C(source) keeps those of one."""
    facts = Facts(snapshot or cluster.snapshot())
    selected = selection.select(facts, None, asked, plan.kinds([model]) or {"pod"}, (), (OUTSIDE,))
    layout = plan.make(facts, selected, [model], Options((protocol, *more)))
    return {
        f"{question.source.id} {question.target.id}": paths.find(facts, question)
        for question in layout
        if question.source.id.startswith(source)
    }
