# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Commands in running containers: many places at once, every answer in the same words."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import typing as t

from .._cluster import exec as exec_
from .._cluster.connection import Connection
from .._files import NewFile
from .._threads import Pool
from . import output
from .types import Command, CommandAnswer, OutputFile, Place

__all__ = ("LIMIT", "LIMIT_OF_FILES", "Command", "run")

LIMIT = output.LIMIT
LIMIT_OF_FILES = 1 << 30  #: bytes of each stream that a file holds


def run(
    connection: Connection,
    places: t.Sequence[Place],
    commands: t.Sequence[Command],
    *,
    stdin: bytes | None = None,
    deadline: float = 30.0,
    limit: int | None = None,
    concurrency: int = 16,
    dest: str = "",
    came: t.Callable[[CommandAnswer], t.Any] = lambda _answer: None,
) -> list[CommandAnswer]:
    """Run every command at every place: places side by side, the commands of one place one after the other.

    Args:
        connection: where and how.
        places: running containers, each once.
        commands: what to run; a command that fails does not keep the next one from running.
        stdin: what each of them gets to read.
        deadline: seconds that one command may take.
        limit: bytes to keep of standard output, and of standard error, of each command. Unset, 1 MiB, or 1 GiB where it
            goes to files: what comes out of a container is bounded always.
        concurrency: places at once.
        dest: folder to write output to, C(NAMESPACE/POD/CONTAINER/NUMBER-NAME.stdout) and C(.stderr), mode 0600, as it
            comes: memory does not grow with it.
        came: is called with each answer as it comes, for whoever is interrupted.

    Returns:
        One answer for each command at each place, ordered by place, then by command. What goes wrong on the way to the
        container is the answer's class, never an exception.

    Raises:
        OSError: a file cannot be written.
        ImportError: the C(websocket-client) package is not there.
    """
    most = limit if limit is not None else LIMIT_OF_FILES if dest else LIMIT

    def at(place: Place) -> list[CommandAnswer]:
        answers = []
        for number, command in enumerate(commands, 1):
            with contextlib.ExitStack() as stack:
                out = err = None
                if dest:
                    stem = _stem(dest, place, number, command)
                    out, err = (stack.enter_context(_File(f"{stem}.{stream}")) for stream in ("stdout", "stderr"))
                where = place.namespace, place.pod, place.container
                bounds = stdin, deadline, most
                result = exec_.run(connection, *where, command.argv, *bounds, stdout=out, stderr=err, node=place.node)
                files = [file.output() if file else None for file in (out, err)]
                answers.append(_answer(place, command, result, *files))
                came(answers[-1])
        return answers

    pool = Pool(concurrency)
    try:
        return [answer for answers in pool.map(at, places) for answer in answers]
    except BaseException:
        connection.cut()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _answer(
    place: Place, command: Command, result: exec_.ExecResult, out: OutputFile | None, err: OutputFile | None
) -> CommandAnswer:
    stdout, stdout_base64 = output.text(result.stdout, result.stdout_size)
    stderr, stderr_base64 = output.text(result.stderr, result.stderr_size)
    return CommandAnswer(
        level=place.level,
        object=place.object,
        node=place.node,
        argv=tuple(command.argv),
        name=command.name,
        exit_class=result.exit_class,
        rc=result.rc,
        stdout=stdout,
        stderr=stderr,
        stdout_base64=stdout_base64,
        stderr_base64=stderr_base64,
        stdout_size=result.stdout_size,
        stderr_size=result.stderr_size,
        stdout_file=out,
        stderr_file=err,
        truncated=result.truncated,
        may_run_on=result.exit_class == "deadline" or (result.exit_class == "lost" and bool(result.protocol)),
        message="; ".join(filter(None, (result.message, result.remedy))),
        seconds=round(result.seconds, 3),
    )


def _stem(dest: str, place: Place, number: int, command: Command) -> str:
    """Path of a command's files without their endings; no name leads out of the folder, whoever chose it."""
    name = command.name or os.path.basename(command.argv[0])
    parts = (place.namespace, place.pod, place.container, f"{number:03}-{name[:100]}")
    return os.path.join(dest, *(re.sub(r"[^A-Za-z0-9._-]|^\.+", "_", part) for part in parts))


class _File(NewFile):
    """The file of one stream, which takes bytes as they come."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.size, self.digest = 0, hashlib.sha256()

    def __call__(self, data: bytes) -> None:
        self.write(data)
        self.digest.update(data)
        self.size += len(data)

    def output(self) -> OutputFile:
        """Put it in its place, and say what it holds."""
        self.finish()
        return OutputFile(self.path, self.size, self.digest.hexdigest())
