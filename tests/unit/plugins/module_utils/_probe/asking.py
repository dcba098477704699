# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the runners: on which images, and what came back."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe

IMAGES = ("python", "python-only", "python3.6", "dash", "bash", "busybox", "bash+no-setsid")


on_every_image = pytest.mark.parametrize("image", IMAGES, indirect=True)


on_shells = pytest.mark.parametrize("image", ["python", "dash", "busybox", "bash+no-setsid"], indirect=True)


on_main_images = pytest.mark.parametrize("image", ["python", "dash", "busybox"], indirect=True)


def probe(id_: int, protocol: str, host: str, port: int = 0, **fields: t.Any) -> Probe:
    family = fields.pop("family", "IPv6" if ":" in host else "IPv4")
    fields = {"timeout_ms": 4000, **fields}
    common = {"source": "s", "target": "t", "model": "m"}
    return Probe(id=id_, protocol=protocol, family=family, host=host, port=port, **common, **fields)


def outcomes(report: t.Any) -> list[str]:
    return [answer.outcome for answer in report.answers]
