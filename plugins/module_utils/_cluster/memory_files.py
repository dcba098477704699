# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Keys and certificates out of a kubeconfig, as files of this process's memory.

The C(kubernetes) package writes them to C(/tmp), since OpenSSL reads them from files alone, and removes them when the
process ends, unless that is killed. A file of memfd_create(2) has a path that only this process and its owner can
open, and goes with it.
"""

from __future__ import annotations

import functools
import os
import typing as t

_WRITER = "_create_temp_file_with_content"  #: the package's function; it has had that name since its first release


def use(kube_config: t.Any) -> None:
    """Let the package's module C(kubernetes.config.kube_config) write there, where the system has such files."""
    if hasattr(os, "memfd_create") and hasattr(kube_config, _WRITER):
        setattr(kube_config, _WRITER, _write)


def write(kube_config: t.Any, text: str) -> str:
    """Write as the package does; return the path."""
    return str(getattr(kube_config, _WRITER)(text))


def _write(content: str | bytes, _folder: str | None = None, force_recreate: bool = False) -> str:
    """Return the path of a file with this content."""
    del force_recreate  # it asks for a new file where somebody has removed the old one, which nobody can here
    return _path(content.encode() if isinstance(content, str) else content)


@functools.cache
def _path(content: bytes) -> str:
    handle = os.memfd_create("kubewire")
    with os.fdopen(os.dup(handle), "wb") as file:
        file.write(content)
    return f"/proc/self/fd/{handle}"
