# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the host level share."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._host.fake import Fake


@pytest.fixture
def fake(tmp_path: pathlib.Path) -> t.Callable[[str], Fake]:
    """Give a function that makes an engine of a name."""
    return lambda name: Fake(tmp_path, name)


@pytest.fixture
def gone() -> t.Callable[[int], bool]:
    """Give a function that waits until a process has ended, and tells whether it did."""

    def has_gone(pid: int) -> bool:
        until = time.monotonic() + 5
        while time.monotonic() < until:
            try:
                if pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                    return True
            except OSError:
                return True
            time.sleep(0.05)
        return False

    return has_gone
