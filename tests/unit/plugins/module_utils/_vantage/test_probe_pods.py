# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Pods of a run carry."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.placement import Slot
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import run_section
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.probe_pods import PodRequest, ProbePods


class Api:
    """Takes whatever it is sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, t.Any]] = []

    def post(self, _path: str, body: dict[str, t.Any], *_more: t.Any) -> dict[str, t.Any]:
        self.sent.append(body)
        return body


def test_they_carry_the_run_id_of_the_report() -> None:
    api, run = Api(), run_section.start({}, "2.19")
    pods = ProbePods(t.cast(t.Any, api), "registry.example.com/debug:1", 60, run["id"])
    preview = pods.preview("shop", PodRequest(Slot("w1"), DebugSpec(pods.image), "web"))
    assert [body["metadata"]["labels"]["kubewire.io/run-id"] for body in api.sent] == [run["id"]]
    assert preview.name.startswith(f"kubewire-{run['id']}-0-web")
    assert len(preview.name) <= 63
