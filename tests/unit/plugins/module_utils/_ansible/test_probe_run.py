# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided of a plan before it is sent."""

from __future__ import annotations

import types
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.probe_run import ProbeRun
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.plan import Plan
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, Source, Target

WEB = Source("shop/web-1/app", "shop", "web-1", "app")


def test_what_needs_no_answer_is_waited_for_less() -> None:
    words = ("allow", "deny", "unknown", "not_applicable")
    probes = [
        Probe(number, WEB.id, "t", "pod_to_service", "tcp", "IPv4", "10.0.0.1", 80, timeout_ms=4000)
        for number in range(len(words))
    ]
    plan = Plan(sources={WEB.id: WEB}, targets={"t": t.cast(Target, None)}, probes={WEB.id: probes})
    expectations = types.SimpleNamespace(of=lambda _source, _target, probe: types.SimpleNamespace(word=words[probe.id]))
    ProbeRun._hurry(t.cast(t.Any, types.SimpleNamespace(plan=plan, expectations=expectations)))
    assert [probe.timeout_ms for probe in plan.probes[WEB.id]] == [4000, 2000, 4000, 2000]
