# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects a way is about, and what its decisions look at; each decision is taken in the test of the chart."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.flowchart import looks as way_looks
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.flowchart.looks import Stretch
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail

from .. import scenes
from ..scenes import WEB


@pytest.mark.parametrize(
    ("container", "keeps"),
    [
        (ContainerDetail("wait", "init", state="running"), True),
        (ContainerDetail("wait", "init", state="waiting", reason="CrashLoopBackOff"), True),
        (ContainerDetail("wait", "init", state="terminated", reason="Completed", exit_code=0), False),
        (ContainerDetail("wait", "init", state="waiting", reason="ErrImagePull"), False),
    ],
)
def test_an_init_container_that_has_not_ended_well_keeps_the_others_waiting(container: ContainerDetail, keeps: bool):
    seen = scenes.snapshot(workloads=scenes.workloads(scenes.detail(WEB[0], container)))
    assert way_looks.init_keeps(Stretch.of(scenes.case(seen), [], None))[0] is keeps


def test_a_node_that_refuses_for_a_service_has_looked_for_no_listener():
    stretch = Stretch.of(scenes.case(report=scenes.broken_service(author="node")), [], None)
    assert way_looks.services_listen(stretch)[0] is True
    stretch = Stretch.of(scenes.case(report=scenes.broken_service(author="peer")), [], None)
    assert way_looks.services_listen(stretch) == (False, "web:80 refuses")
