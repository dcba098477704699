# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Below urllib3: an answer is whole in time, and has an end.

The timeout of a socket begins anew with each byte, so a server that sends one every now and then outlives it.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import time
import typing as t

LARGEST = 1 << 30  #: bytes of one answer


def apply(manager: t.Any) -> None:
    """Let every answer that comes through a C(urllib3.PoolManager) take as long as its read timeout, in all."""
    manager.pool_classes_by_scheme = {
        scheme: type(pool.__name__, (pool,), {"ConnectionCls": _connection(pool.ConnectionCls)})
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _connection(connection: t.Any) -> t.Any:
    return type(connection.__name__, (connection,), {"response_class": _Answer})


class _Answer(http.client.HTTPResponse):
    """It is made when its request was sent, and the socket has its read timeout."""

    def __init__(self, sock: t.Any, *args: t.Any, **options: t.Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_InTime(sock, self.fp.detach()))


class _InTime(io.RawIOBase):
    """What comes from a socket until the time is over."""

    def __init__(self, sock: t.Any, stream: t.Any) -> None:
        self._sock, self._stream = sock, stream
        self._timeout = sock.gettimeout()
        self._until = time.monotonic() + (self._timeout or 0.0)
        self._left = LARGEST

    def readable(self) -> bool:
        """Say so, as C(io.BufferedReader) wants to know."""
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        """Read what is there, or wait for it.

        Raises:
            TimeoutError: the time is over.
            OSError: there is more than anybody could want.
        """
        if self._timeout is not None:
            # With nothing left, the socket itself says what it says at the end of a timeout, in its own class.
            self._sock.settimeout(max(1e-6, self._until - time.monotonic()))
        size: int | None = self._stream.readinto(buffer)
        self._left -= size or 0
        if self._left < 0:
            raise OSError(errno.EFBIG, f"the answer is larger than {LARGEST} bytes")
        return size

    def close(self) -> None:
        """Let the connection be used again, with the timeout that it had."""
        if not self.closed:
            with contextlib.suppress(OSError):  # it may be closed
                self._sock.settimeout(self._timeout)
            self._stream.close()
        super().close()
