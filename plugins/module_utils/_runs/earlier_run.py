# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The files of an earlier run: of its folder, or of the archive of a bundle, without unpacking it."""

from __future__ import annotations

import io
import os
import typing as t

from .. import _files
from .._bad_input import BadInput
from .._bundle import archive, manifest
from .run_folder import json_of


def files(path: str, names: t.Collection[str], option: str) -> dict[str, bytes]:
    """What the files have, by name; those that are not there are left out.

    Args:
        path: folder of the run, or the archive of a bundle.
        names: of the files.
        option: that has the path, for a message.

    Raises:
        BadInput: there is neither, or a file of a bundle is not what its manifest says.
    """
    try:
        if not os.path.isdir(path):
            return {name: body for name, body in _of_archive(path, option).items() if name in names}
        there = [name for name in names if os.path.lexists(os.path.join(path, name))]
        return {name: _files.read(os.path.join(path, name)) for name in there}
    except OSError as error:
        raise BadInput(f"{option}: cannot read {error.filename or path!r}: {error.strerror}") from None


def _of_archive(path: str, option: str) -> dict[str, bytes]:
    what = f"{option}: {path!r} is neither the folder of a run nor the archive of a bundle"
    try:
        found = archive.read(io.BytesIO(_files.read(path)))
    except ValueError as error:
        raise BadInput(f"{what}: {error}") from None
    if manifest.NAME not in found:
        raise BadInput(f"{what}: it has no {manifest.NAME}")
    wrong = manifest.damaged(json_of(found[manifest.NAME], f"{path}/{manifest.NAME}", option), found)
    if wrong:
        raise BadInput(f"{option}: {path!r} is damaged: {wrong} is not what its {manifest.NAME} says")
    return found
