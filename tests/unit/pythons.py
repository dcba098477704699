# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Older Pythons of this machine: what runs in containers and on hosts must run with them."""

from __future__ import annotations

import os
import pathlib
import pwd
import shutil
import sys

from ansible.module_utils import basic


def python(version: str) -> str:
    """Return the Python of a version, C(3.6), from pyenv or PATH; pyenv's shims on PATH are no Python."""
    home = pathlib.Path(pwd.getpwuid(os.getuid()).pw_dir)  # ansible-test has a HOME of its own
    found = sorted(home.glob(f".pyenv/versions/{version}.*/bin/python3"))
    return str(found[0]) if found else f"python{version}"


def oldest(version: str) -> str:
    """Return the oldest Python that we promise, or the tests' own where that is missing or ansible-core refuses it."""
    allowed = tuple(int(part) for part in version.split(".")) >= basic._PY_MIN
    return python(version) if allowed and shutil.which(python(version)) else sys.executable
