# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A snapshot that is kept before anything is probed, so that causes are found even if nothing can be."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._cluster.errors import ClusterError
from .._cluster.rest import PAGE_SIZE, Api
from .._snapshot.gather import failed
from .._snapshot.model import Failure, Snapshot
from . import cluster_read, run_folder


def take(api: Api, params: t.Mapping[str, t.Any], folder: str) -> tuple[Snapshot, dict[str, t.Any]]:
    """Take a snapshot with what runs, and write it to a folder, if there is one.

    Returns:
        The snapshot, and what a result says of it: C(snapshot), the path of its file.

    Raises:
        ClusterError: it could not be taken; the file says why, and C(data) has C(failure), and C(snapshot) as well.
    """
    try:
        found = cluster_read.read(api, {**params, "page_size": PAGE_SIZE})
    except ClusterError as error:
        empty = failed(api, error)
        error.data.update(_keep(folder, empty), failure=t.cast(Failure, empty.failure).to_dict())
        raise
    return found, _keep(folder, found)


def _keep(folder: str, snapshot: Snapshot) -> dict[str, t.Any]:
    """Write a snapshot; the report of an earlier run in its folder is not about it, and goes."""
    if not folder:
        return {}
    path = os.path.join(folder, run_folder.SNAPSHOT)
    run_folder.write(path, snapshot.to_dict())
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(folder, run_folder.REPORT))
    return {"snapshot": path}
