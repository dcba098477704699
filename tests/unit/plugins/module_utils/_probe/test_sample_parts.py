# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a target costs, by which a sample is made before it is planned."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_parts import Costs, Part
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import Count, Sample, Size
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

from .sampled import deployed


@pytest.mark.parametrize(("full", "pod", "service"), [(True, 3, 8), (False, 1, 1)])
def test_a_target_costs_what_is_asked_of_it_on_average(full, pod, service):
    selected = selection.select(Facts(deployed(4, 3, 4)), None, None)

    class Counted(Count):
        def __call__(self, _chosen, view, _most):
            each = (1, 1) if view.brief else (3, 8)
            return 2 + each[0] * len(view.pods) + each[1] * len(view.services)

        def both(self, chosen, view, most):
            cells = self(chosen, view, most)
            return cells, 2.5 * cells

    costs = Costs(selected, Size(Counted(lambda _chosen, _view: ()), Sample()), 100)
    part = Part(selected.sources[0], 0)
    assert costs.of(part, "pods", full) == (pod, 2.5 * pod)
    assert costs.of(part, "services", full) == (service, 2.5 * service)
    part.full = full
    part.pods[selected.pods[1].id] = selected.pods[1]
    assert costs.counted(part) == 2 + pod
