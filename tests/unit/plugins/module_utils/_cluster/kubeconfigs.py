# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeconfigs that lead nowhere."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError

SERVER = "https://127.0.0.1:1"


def config(*names: str) -> dict[str, t.Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": SERVER}}],
        "users": [{"name": "u", "user": {"token": "x"}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in names],
        "current-context": names[0] if names else "",
    }


def write(path: pathlib.Path, *names: str) -> str:
    path.write_text(json.dumps(config(*names)))
    return str(path)


def refused(**params: t.Any) -> str:
    with pytest.raises(ClusterError) as refusal:
        connect(params)
    assert refusal.value.reason == "no_credentials"
    return str(refusal.value)
