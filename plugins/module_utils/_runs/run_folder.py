# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A run's folder: big data travels by file, private to its owner, with its checksum in the result."""

from __future__ import annotations

import hashlib
import json
import typing as t

from .. import _files, _json
from .._bad_input import BadInput

SNAPSHOT = "snapshot.json"  #: name of the file that every run begins with
ANSWERS = "answers.json"
REPORT = "report.json"
FINDINGS = "findings.json"


def write(path: str, data: str | t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Write text or JSON, 0600, all of it or nothing, and return C(path), C(sha256) and C(size) in bytes."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"
    return write_pieces(path, (text,))


def write_pieces(path: str, pieces: t.Iterable[str]) -> dict[str, t.Any]:
    """Write a text that comes in pieces, as C(write) does."""
    digest, size = hashlib.sha256(), 0
    with _files.NewFile(path) as file:
        for piece in pieces:
            body = piece.encode()
            file.write(body)
            digest.update(body)
            size += len(body)
        file.finish()
    return {"path": path, "sha256": digest.hexdigest(), "size": size}


def read(path: str, option: str) -> dict[str, t.Any]:
    """Read a JSON object that an earlier stage wrote.

    Raises:
        BadInput: the file holds something else; the message names the option and the path.
        OSError: it cannot be read.
    """
    return json_of(_files.read(path), path, option)


def json_of(body: bytes, path: str, option: str) -> dict[str, t.Any]:
    """The JSON object of a file that was read; raises BadInput as C(read) does."""
    try:
        data = _json.loads(body)
    except ValueError as error:
        raise BadInput(f"{option}: {path!r} holds no JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadInput(f"{option}: {path!r} holds no JSON object")
    return data
