# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The one way to read and to write a file: it ends, and nothing but a regular file is read or replaced.

A file is written whole or not at all, and private to its owner.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import typing as t

F = t.TypeVar("F", bound="NewFile")

LARGEST = 1 << 31  #: bytes that a file may have to be read
_PIECE = 1 << 20


def read(path: str) -> bytes:
    """Return what a file holds.

    Raises:
        OSError: it cannot be read, there is something that is no regular file, such as a pipe, or it is too large.
    """
    with _opened(path) as handle:
        try:
            return b"".join(iter(lambda: os.read(handle, _PIECE), b""))
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from None


def assert_readable(path: str) -> None:
    """Raise as C(read) does, for a file that somebody else reads."""
    with _opened(path):
        pass


@contextlib.contextmanager
def _opened(path: str) -> t.Iterator[int]:
    _assert_path(path)
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # else a pipe waits until somebody writes to it
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file, and only those are read", path)
        if status.st_size > LARGEST:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        yield handle
    finally:
        os.close(handle)


def _assert_path(path: str) -> None:
    if "\0" in path:
        raise OSError(errno.EINVAL, "it holds a NUL character, and no path can", path)


class NewFile:
    """A file that takes the place of an older one only when it is whole; mode 0600.

    A link stays one, and what it leads to is written.
    """

    def __init__(self, path: str) -> None:
        """Begin it beside its place; its folder is made, 0700, where it is not there.

        Raises:
            OSError: it cannot be written, or there is something that is no regular file, such as a device.
        """
        _assert_path(path)
        self.path, self._place = path, os.path.realpath(path)
        if os.path.lexists(self._place) and not os.path.isfile(self._place):
            raise OSError(errno.EINVAL, "it is no regular file, and only those are written", path)
        folder = os.path.dirname(self._place)
        with self._named():
            os.makedirs(folder, mode=0o700, exist_ok=True)
            handle, self._temporary = tempfile.mkstemp(dir=folder, prefix=".kubewire-")
        self._file = os.fdopen(handle, "wb")

    def write(self, data: bytes) -> None:
        """Add to it.

        Raises:
            OSError: it cannot be written, as on a full disk; the error names the file.
        """
        with self._named():
            self._file.write(data)

    def finish(self) -> None:
        """Put it in its place; raises as C(write) does."""
        with self._named():
            self._file.close()
            os.replace(self._temporary, self._place)

    @contextlib.contextmanager
    def _named(self) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, self.path) from None

    def __enter__(self: F) -> F:
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._temporary)
