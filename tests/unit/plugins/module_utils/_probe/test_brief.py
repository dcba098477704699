# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question for each target."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import Sample

from .sampled import deployed, everything


def test_a_brief_question_is_of_the_application_and_by_address():
    layout = everything(deployed(60, 2, 60, services=60), Sample(max_cells=230))
    asked = [probe for probes in layout.probes.values() for probe in probes]
    pods = [probe for probe in asked if probe.model == "pod_to_pod_cross_node"]
    assert {probe.protocol for probe in pods} == {"http"}
    assert {probe.via for probe in asked if probe.model == "pod_to_service"} == {"address"}
