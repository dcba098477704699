# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The place of the default kubeconfig."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from kubernetes.config import kube_config


@pytest.fixture
def default(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> t.Callable[[str], None]:
    """Give a function that sets KUBECONFIG; the package reads it when it is imported."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return lambda value: monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", value)
