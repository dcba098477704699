# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample application as it was recorded: its facts, its plan and its answers."""

from __future__ import annotations

import json
import pathlib
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, recording, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import check
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

FOLDER = pathlib.Path(__file__).resolve().parents[5] / "lab" / "recording"
INTERNET = [{"host": "www.outside.lab", "port": 80, "protocol": "http"}]


def facts() -> Facts:
    """The snapshot."""
    return Facts(check.read(json.loads((FOLDER / "snapshot.json").read_text())))


def answers() -> dict[str, t.Any]:
    """What was answered then."""
    document: dict[str, t.Any] = json.loads((FOLDER / "answers.json").read_text())
    return document


def layout(known: Facts) -> plan.Plan:
    """The plan of everything, as the recorded run made it."""
    outside = recording.outside(answers())
    selected = selection.select(known, None, None, {"pod", "node", "outside"}, INTERNET, outside)
    return plan.make(known, selected, list(MODELS), Options(families=("IPv4",)))
