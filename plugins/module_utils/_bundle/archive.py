# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The archive of a bundle: one folder of regular files in a tar.gz.

It is read in memory and never unpacked: a path in it leads nowhere, links and devices are refused, and what it says of
its size is not believed. The same files give the same archive.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import typing as t
import zlib

from .packed import Packed

SUFFIX = ".tar.gz"
MOST_BYTES = 1 << 30  #: of all files together, as they are read
MOST_FILES = 100
_NAME = re.compile(r"(?:\./)?(?:(?P<folder>[A-Za-z0-9][\w.-]*)/)?(?P<name>[A-Za-z0-9][\w.-]*)")
_LEVEL = 6
_PIECE = 1 << 20
_MODE = 0o600


def write(stream: t.IO[bytes], folder: str, files: t.Mapping[str, bytes | Packed]) -> None:
    """Write an archive.

    Args:
        stream: that it is written to.
        folder: that its files are in.
        files: what each has, by name.
    """
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=stream, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, body in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.mode = _MODE
            entry.size = body.size if isinstance(body, Packed) else len(body)
            archive.addfile(entry, body.open() if isinstance(body, Packed) else io.BytesIO(body))


def read(stream: t.IO[bytes], most: int = MOST_BYTES) -> dict[str, bytes]:
    """What the files of an archive have, by name.

    Raises:
        ValueError: it is no archive of a bundle; the message says why.
    """
    found: dict[str, bytes] = {}
    folders = set()
    try:
        with (
            gzip.GzipFile(fileobj=stream) as packed,
            tarfile.open(fileobj=t.cast(t.Any, Bounded(packed, most)), mode="r|") as archive,
        ):
            for entry in archive:
                if entry.isdir():
                    continue
                folder, name = _place(entry)
                folders.add(folder)
                if name in found or len(found) >= MOST_FILES or len(folders) > 1:
                    raise ValueError(f"{entry.name!r}: the archive has more than the files of one bundle")
                body = archive.extractfile(entry)
                found[name] = body.read() if body else b""
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ValueError(f"it is no tar.gz: {error}") from None
    return found


def _place(entry: tarfile.TarInfo) -> tuple[str, str]:
    match = _NAME.fullmatch(entry.name)
    if not entry.isreg() or entry.issparse() or not match:
        raise ValueError(f"{entry.name!r} is no regular file of a bundle's folder")
    return match["folder"] or "", match["name"]


class Bounded(io.RawIOBase):
    """A stream that ends with an error behind so many bytes: a small archive may unpack to anything."""

    def __init__(self, stream: t.IO[bytes] | gzip.GzipFile, most: int) -> None:
        super().__init__()
        self._stream, self._most, self._left = stream, most, most

    def readable(self) -> bool:
        """As the stream."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or fail.

        Raises:
            ValueError: there are too many.
        """
        data = self._stream.read(_PIECE if size is None or size < 0 else size)
        self._left -= len(data)
        if self._left < 0:
            raise ValueError(f"it has more than {self._most:,} bytes")
        return data
