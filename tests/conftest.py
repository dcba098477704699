# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ansible_collections.kubewire.netdebug importable under plain pytest; ansible-test sees to it itself."""

from __future__ import annotations

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).absolute()

if "ansible_collections" not in HERE.parts:
    root = HERE.resolve().parents[1]
    tree = root / "build" / "collections"
    collection = tree / "ansible_collections" / "kubewire" / "netdebug"
    collection.mkdir(parents=True, exist_ok=True)
    for part in ("meta", "plugins", "tests"):
        link = collection / part
        if not link.exists() and not os.path.lexists(link):
            link.symlink_to(root / part)
    sys.path.insert(0, str(tree))


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers of unit tests here: ansible-test reads no configuration of ours."""
    config.addinivalue_line("markers", "long: waits for what has to end by itself; not part of make check")
    config.addinivalue_line("markers", "statistic: minutes of draws or runs that are counted; only with -m statistic")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is counted over many draws, unless it is asked for."""
    if "statistic" not in config.option.markexpr:
        left = [item for item in items if item.get_closest_marker("statistic")]
        items[:] = [item for item in items if item not in left]
        config.hook.pytest_deselected(items=left)
