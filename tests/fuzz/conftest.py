# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that stay for all tests of a file."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils.conftest import BadServer, servers


@pytest.fixture(scope="module")
def serve() -> t.Iterator[t.Callable[..., BadServer]]:
    """Start servers that follow scripts; they end with the file."""
    with servers() as start:
        yield start
