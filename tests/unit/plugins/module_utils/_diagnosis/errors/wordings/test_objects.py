# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kubelet, controllers, the scheduler and kubectl say of objects."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            'Failed to create pod sandbox: plugin type="x" failed (add): dial tcp 10.1.1.1:1: connection refused',
            "sandbox",
        ),
        ("0/3 nodes are available: 3 Insufficient cpu", "unschedulable"),
        ("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims", "volume"),
        ('Error: secret "db" not found', "missing_reference"),
        ('persistentvolumeclaim "data" not found', "volume"),
        ('pods "web-1" not found', "not_found"),
        ('Operation cannot be fulfilled on deployments.apps "web": the object has been modified', "conflict"),
        ("Cannot evict pod as it would violate the pod's disruption budget.", "disruption_budget"),
        ("write /data/x: no space left on device", "no_space"),
        ("unable to get metrics for resource cpu: no metrics returned from resource metrics API", "metrics"),
        ("kubelet.service: Main process exited, code=exited, status=1/FAILURE", "unit_failed"),
        ('Error getting node err="node \\"w1\\" not found"', "node"),
        ('Failed to allocate IP for "shop/web": no available IPs', "load_balancer"),
    ],
)
def test_an_object_is_told_before_the_connection_that_it_quotes(text: str, kind: str):
    assert parse(text).kind == kind
