# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A file of a bundle as it waits for the others: those of a large cluster are 20 times smaller when they are packed."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import typing as t

_LEVEL = 1  #: it is read once, and packed with the others then
_ITEMS = 2000  #: of a list that become text at a time


@dataclasses.dataclass(frozen=True)
class Packed:
    """The content of a file."""

    size: int
    sha256: str
    body: bytes  #: by gzip

    def open(self) -> t.IO[bytes]:
        """Read it from its begin."""
        return t.cast(t.IO[bytes], gzip.GzipFile(fileobj=io.BytesIO(self.body)))


def packed(pieces: t.Iterable[str]) -> Packed:
    """Pack a text that comes in pieces."""
    stream, digest, size = io.BytesIO(), hashlib.sha256(), 0
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=stream, mtime=0) as file:
        for piece in pieces:
            body = piece.encode()
            digest.update(body)
            size += len(body)
            file.write(body)
    return Packed(size, digest.hexdigest(), stream.getvalue())


def compact(data: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Yield the text that C(run_folder.write) makes of an object, a part of it at a time."""
    before = "{"
    for key, value in data.items():
        yield f"{before}{_text(key)}:"
        before = ","
        yield from _list(value) if isinstance(value, list) and len(value) > _ITEMS else (_text(value),)
    yield "{}\n" if before == "{" else "}\n"


def _list(items: t.Sequence[t.Any]) -> t.Iterator[str]:
    for start in range(0, len(items), _ITEMS):
        yield ("," if start else "[") + _text(items[start : start + _ITEMS])[1:-1]
    yield "]"


def _text(value: t.Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
