# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what each task gave as a line of JSON, with the play that it stands in."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results_by_line
type: aggregate
short_description: What each task gave, as lines of JSON
description:
  - Appends to the file that KUBEWIRE_TEST_RESULTS names.
"""


class CallbackModule(CallbackBase):
    """The callback of this file."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "results_by_line"

    def __init__(self) -> None:
        super().__init__()
        self.play = ""

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self.play = play.get_name()

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._write("failed", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._write("unreachable", result)

    def _write(self, status: str, result: t.Any) -> None:
        file = os.environ.get("KUBEWIRE_TEST_RESULTS")
        if file:
            told = {"play": self.play, "task": result._task.get_name(), "action": result._task.action}
            with open(file, "a", encoding="utf-8") as stream:
                stream.write(json.dumps({**told, "status": status, "result": result._result}, default=str) + "\n")
