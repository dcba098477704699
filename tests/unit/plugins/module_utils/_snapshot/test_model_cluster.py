# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of a cluster's components survive their file."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_cluster import (
    CiliumConfig,
    FlannelConfig,
    KubeProxy,
)


@pytest.mark.parametrize(
    "record",
    [
        KubeProxy("ipvs", ("198.18.0.0/16",), "10.244.0.0/16"),
        CiliumConfig("true", "tunnel", "geneve", 6081, True),
        FlannelConfig("vxlan", 4789),
    ],
)
def test_a_record_survives_its_file(record):
    assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record
