# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A program on this host, with a deadline, bounded output and no shell."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import selectors
import signal
import subprocess
import time
import typing as t

_CHUNK = 64 * 1024
_DRAIN_S = 0.2  #: seconds; how long output may still come after the program has ended, from children that hold it open
_POLL_S = 0.02  #: seconds between two looks at a program that has closed its outputs
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")  #: where host tools are that an ordinary user's PATH leaves out
_ENGINE_HOSTS = ("DOCKER_HOST", "CONTAINER_HOST")


@dataclasses.dataclass
class Finished:
    """What became of a program.

    Attributes:
        rc: its exit code, 128 + N where signal N ended it, None where it did not end in time or was never there.
        stdout: bytes of standard output, at most the limit.
        stderr: bytes of standard error, at most the limit.
        stdout_size: bytes that came, those beyond the limit included.
        stderr_size: the same of standard error.
        timed_out: whether it was ended at the deadline.
        message: why it could not be started.
        seconds: how long it took.
    """

    rc: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_size: int = 0
    stderr_size: int = 0
    timed_out: bool = False
    message: str = ""
    seconds: float = 0.0

    @property
    def said(self) -> str:
        """What it said, on one line: standard error, or else standard output."""
        return " ".join((self.stderr.strip() or self.stdout).decode("utf-8", "replace").split())


class _Output:
    """One of its streams: counted, and kept up to the limit."""

    def __init__(self, limit: int) -> None:
        self.kept, self.size, self.limit = bytearray(), 0, limit

    def take(self, data: bytes) -> None:
        self.kept += data[: max(0, self.limit - self.size)]
        self.size += len(data)


def run(
    argv: t.Sequence[str],
    stdin: bytes | None = None,
    deadline: float = 30.0,
    limit: int = 1 << 20,
    watch: t.Callable[[int], None] | None = None,
    alone: bool = False,
    hold: float = 0.0,
) -> Finished:
    """Run a program and wait for its end or for the deadline, when it and its process group are killed.

    Args:
        argv: the program's path and its arguments, UTF-8 text or bytes that Python has escaped.
        stdin: what it gets to read; nothing means that there is nothing to read.
        deadline: seconds.
        limit: bytes to keep of each of its streams; memory does not grow beyond.
        watch: is told its process group, and 0 when that is no more.
        alone: whether its children are to end with it. Not for an engine, whose monitors go on.
        hold: seconds before it gets anything to read; one that ends before does not.
    """
    begin = time.monotonic()
    words = [word.encode("utf-8", "surrogateescape") for word in argv]
    pipe = subprocess.PIPE
    source = subprocess.DEVNULL if stdin is None else pipe
    try:
        process = subprocess.Popen(  # pylint: disable=consider-using-with,ansible-bad-function
            words, stdin=source, stdout=pipe, stderr=pipe, env=environment(), start_new_session=True, bufsize=0
        )
    except OSError as error:
        return Finished(message=f"{argv[0]}: {error.strerror or error}")
    finished, outputs = Finished(), (_Output(limit), _Output(limit))
    try:
        if watch:
            watch(process.pid)
        finished.timed_out = not _Talk(process, stdin or b"", hold).until(begin + deadline, outputs)
    finally:
        if process.poll() is None or alone:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()
        code = process.wait()
        if watch:
            watch(0)
    finished.rc = None if finished.timed_out else code if code >= 0 else 128 - code
    (out, err) = outputs
    finished.stdout, finished.stderr = bytes(out.kept), bytes(err.kept)
    finished.stdout_size, finished.stderr_size = out.size, err.size
    finished.seconds = time.monotonic() - begin
    return finished


def environment() -> dict[str, str]:
    """Ours, with English messages, the folders of host tools on the PATH, and this host's engines, not another's."""
    path = os.environ.get("PATH", os.defpath)
    missing = [folder for folder in _SBIN if folder not in path.split(os.pathsep)]
    words = {"LC_ALL": "", "LANGUAGE": "", "LC_MESSAGES": "C", "PATH": os.pathsep.join([path, *missing])}
    away = [name for name in _ENGINE_HOSTS if not os.environ.get(name, "").startswith("unix:")]
    return {**{name: value for name, value in os.environ.items() if name not in away}, **words}


class _Talk:
    """What goes to a program and what comes from it."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes, hold: float) -> None:
        self.process, self.selector = process, selectors.DefaultSelector()
        self.open = 0  #: how many of its outputs
        self.rest, self.resume = memoryview(stdin), time.monotonic() + hold

    def until(self, deadline: float, outputs: tuple[_Output, _Output]) -> bool:
        """Feed it and read from it; tell whether it ended before the deadline."""
        process = self.process
        with self.selector:
            for stream, output in zip((process.stdout, process.stderr), outputs):  # noqa: B905 - not in Python 3.8
                self._register(stream, selectors.EVENT_READ, output)
                self.open += 1
            held = True
            while time.monotonic() < deadline:
                if held and time.monotonic() >= self.resume:
                    self._register(process.stdin, selectors.EVENT_WRITE)
                    held = False
                ended = process.poll() is not None  # asked first: what it wrote before is there to be read then
                if ended and not self.open:
                    return True
                events = self.selector.select(min(deadline - time.monotonic(), _DRAIN_S if self.open else _POLL_S))
                if ended and not events:
                    return True
                for key, _mask in events:
                    (self._read if key.data else self._write)(key)
        return False

    def _register(self, stream: t.IO[bytes] | None, event: int, output: _Output | None = None) -> None:
        if stream:
            os.set_blocking(stream.fileno(), False)
            self.selector.register(stream, event, output)

    def _read(self, key: selectors.SelectorKey) -> None:
        data = os.read(key.fd, _CHUNK)
        if data:
            key.data.take(data)
        else:
            self.selector.unregister(key.fileobj)
            self.open -= 1

    def _write(self, key: selectors.SelectorKey) -> None:
        """Write what the pipe takes; what a program does not read is no fault."""
        try:
            self.rest = self.rest[os.write(key.fd, self.rest[:_CHUNK]) if self.rest else 0 :]
        except BrokenPipeError:
            self.rest = self.rest[:0]
        if not self.rest:
            self.selector.unregister(key.fileobj)
            t.cast(t.IO[bytes], key.fileobj).close()
